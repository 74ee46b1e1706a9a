use std::collections::{BTreeMap, BTreeSet};

use dunlin_domain::ids::{AgreementId, InvoiceId, OutsideId, SourceName};
use dunlin_domain::invoice::{FirstSaid, Invoice, Movement, Settled, SnapshotStamp, Source, Standing, Sums};
use dunlin_domain::money::{Currency, Money};
use dunlin_domain::remittance::{InFlight, RemittanceId};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::collection::CollectionRecord;
use super::{Record, is_zero, known, read};
use crate::store::error::StoreError;

/// An invoice, live or closed. Amounts are minor units of `currency`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct InvoiceRecord {
    pub(crate) invoice: String,
    source: String,
    outside_id: String,
    pub(crate) issue_date: Date,
    pub(crate) due_date: Date,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    pub(crate) currency: String,
    pub(crate) total: i64,
    paid: i64,
    #[serde(default, skip_serializing_if = "is_zero")]
    paid_elsewhere: i64,
    reported_paid: i64,
    credited: i64,
    #[serde(default, skip_serializing_if = "is_zero")]
    credited_elsewhere: i64,
    refunded: i64,
    charged_back: i64,
    #[serde(default, skip_serializing_if = "is_zero")]
    fees: i64,
    #[serde(default, skip_serializing_if = "is_zero")]
    interest: i64,
    #[serde(default, skip_serializing_if = "is_zero")]
    written_off: i64,
    standing: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stamp: Option<StampRecord>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    paid_said: Option<Date>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    settled_said: Option<Date>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    in_flight: BTreeMap<String, InFlightRecord>,
    #[serde(default, skip_serializing_if = "is_zero")]
    refunds_reviewed: i64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    contested: Vec<String>,
    /// The keys of what was charged on top.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    charges: Vec<String>,
    /// By day: received, fees, interest, written off.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    dated: BTreeMap<Date, (i64, i64, i64, i64)>,
    /// By day: what unapplied credit covered when it was settled.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    covered: BTreeMap<Date, i64>,
    /// Whether interest may be left to charge though it is paid.
    #[serde(default, skip_serializing_if = "is_zero")]
    interest_waits: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    settled: Option<SettledRecord>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    collection: Option<CollectionRecord>,
    /// What is open, for readers of the table; the sums above are what counts.
    pub(crate) balance: i64,
    /// The word for its state, for readers of the table.
    pub(crate) status: String,
}

/// A settlement for less that was kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct SettledRecord {
    agreement: String,
    given_up: i64,
    spare: i64,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    with: BTreeSet<String>,
}

impl SettledRecord {
    fn of(settled: &Settled) -> Self {
        Self {
            agreement: settled.agreement.to_string(),
            given_up: settled.given_up.minor(),
            spare: settled.spare.minor(),
            with: settled.with.iter().map(ToString::to_string).collect(),
        }
    }

    fn read(&self, currency: Currency) -> Result<Settled, StoreError> {
        Ok(Settled {
            agreement: read("settled", AgreementId::parse(&self.agreement))?,
            given_up: Money::from_minor(self.given_up, currency),
            spare: Money::from_minor(self.spare, currency),
            with: self.with.iter().map(|id| read("settled", InvoiceId::parse(id))).collect::<Result<_, _>>()?,
        })
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct StampRecord {
    created: i64,
    standing: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct InFlightRecord {
    amount: i64,
    until: Timestamp,
}

impl InFlightRecord {
    pub(crate) fn of(in_flight: &InFlight) -> Self {
        Self { amount: in_flight.amount.minor(), until: in_flight.until }
    }

    pub(crate) fn read(&self, currency: Currency) -> InFlight {
        InFlight { amount: Money::from_minor(self.amount, currency), until: self.until }
    }
}

/// Payments under way, by the payment.
pub(crate) fn in_flight_records(all: &BTreeMap<RemittanceId, InFlight>) -> BTreeMap<String, InFlightRecord> {
    all.iter().map(|(id, one)| (id.to_string(), InFlightRecord::of(one))).collect()
}

pub(crate) fn read_in_flight(
    all: &BTreeMap<String, InFlightRecord>,
    currency: Currency,
) -> Result<BTreeMap<RemittanceId, InFlight>, StoreError> {
    let one =
        |(id, one): (&String, &InFlightRecord)| Ok((read("in_flight", RemittanceId::parse(id))?, one.read(currency)));
    all.iter().map(one).collect()
}

impl Record for InvoiceRecord {
    const SCHEMA: u32 = 1;
}

impl InvoiceRecord {
    pub(crate) fn of(invoice: &Invoice) -> Self {
        let sums = &invoice.sums;
        Self {
            invoice: invoice.id.to_string(),
            source: invoice.source.name.to_string(),
            outside_id: invoice.source.outside_id.to_string(),
            issue_date: invoice.issue_date,
            due_date: invoice.due_date,
            description: invoice.description.clone(),
            currency: invoice.currency().code().to_owned(),
            total: sums.total.minor(),
            paid: sums.paid.minor(),
            paid_elsewhere: sums.paid_elsewhere.minor(),
            reported_paid: sums.reported_paid.minor(),
            credited: sums.credited.minor(),
            credited_elsewhere: sums.credited_elsewhere.minor(),
            refunded: sums.refunded.minor(),
            charged_back: sums.charged_back.minor(),
            fees: sums.fees.minor(),
            interest: sums.interest.minor(),
            written_off: sums.written_off.minor(),
            standing: invoice.standing.as_str().to_owned(),
            stamp: invoice
                .stamp
                .map(|stamp| StampRecord { created: stamp.created, standing: stamp.standing.as_str().to_owned() }),
            paid_said: invoice.first_said.paid,
            settled_said: invoice.first_said.settled,
            in_flight: in_flight_records(&invoice.in_flight),
            refunds_reviewed: invoice.refunds_reviewed.minor(),
            contested: invoice.contested.iter().map(ToString::to_string).collect(),
            charges: invoice.charges.iter().map(ToString::to_string).collect(),
            dated: invoice
                .dated
                .iter()
                .map(|(on, one)| (*on, (one.received, one.fees, one.interest, one.written_off)))
                .collect(),
            covered: invoice.covered.days().clone(),
            interest_waits: invoice.interest_waits,
            settled: invoice.settled.as_ref().map(SettledRecord::of),
            collection: CollectionRecord::of(&invoice.collection),
            balance: invoice.balance().minor(),
            status: invoice.status().to_owned(),
        }
    }

    pub(crate) fn read(&self) -> Result<Invoice, StoreError> {
        let currency = read("currency", Currency::parse(&self.currency))?;
        let money = |minor| Money::from_minor(minor, currency);
        let standing = |value: &str| known("standing", value, Standing::parse(value));
        let stamp = self.stamp.as_ref().map(|stamp| {
            Ok::<_, StoreError>(SnapshotStamp { created: stamp.created, standing: standing(&stamp.standing)? })
        });
        let collection = self.collection.as_ref().map(CollectionRecord::read);
        let contested = self.contested.iter().map(|id| read("contested", RemittanceId::parse(id)));
        Ok(Invoice {
            id: read("invoice", InvoiceId::parse(&self.invoice))?,
            source: Source {
                name: read("source", SourceName::parse(&self.source))?,
                outside_id: read("outside_id", OutsideId::parse(&self.outside_id))?,
            },
            issue_date: self.issue_date,
            due_date: self.due_date,
            description: self.description.clone(),
            sums: Sums {
                total: money(self.total),
                paid: money(self.paid),
                paid_elsewhere: money(self.paid_elsewhere),
                reported_paid: money(self.reported_paid),
                credited: money(self.credited),
                credited_elsewhere: money(self.credited_elsewhere),
                refunded: money(self.refunded),
                charged_back: money(self.charged_back),
                fees: money(self.fees),
                interest: money(self.interest),
                written_off: money(self.written_off),
            },
            standing: standing(&self.standing)?,
            stamp: stamp.transpose()?,
            first_said: FirstSaid { paid: self.paid_said, settled: self.settled_said },
            in_flight: read_in_flight(&self.in_flight, currency)?,
            refunds_reviewed: money(self.refunds_reviewed),
            contested: contested.collect::<Result<_, _>>()?,
            charges: self.charges.iter().map(|key| read("charges", OutsideId::parse(key))).collect::<Result<_, _>>()?,
            dated: self
                .dated
                .iter()
                .map(|(on, (received, fees, interest, written_off))| {
                    let (received, fees, interest) = (*received, *fees, *interest);
                    (*on, Movement { received, fees, interest, written_off: *written_off })
                })
                .collect(),
            covered: self.covered.iter().map(|(on, minor)| (*on, *minor)).collect(),
            interest_waits: self.interest_waits,
            settled: self.settled.as_ref().map(|settled| settled.read(currency)).transpose()?,
            collection: collection.transpose()?.unwrap_or_default(),
        })
    }
}
