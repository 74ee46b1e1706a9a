//! An invoice as facts that only grow, and the position that follows from them.
//!
//! Providers repeat and reorder what they say. So an invoice keeps sums and the newest snapshot, never "the last
//! event", and its balance is computed: whatever the order of arrival, the end is the same (I2).

mod components;
mod settled;

pub(crate) use components::snapshot_day;
pub use components::{Components, Movement};
pub(crate) use settled::Moved;
pub use settled::Settled;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;

use crate::by_day::ByDay;
use crate::collection::Collection;
use crate::ids::{AccountKey, InvoiceId, OutsideId, SourceName};
use crate::money::{Currency, Money, MoneyError};
use crate::remittance::{InFlight, RemittanceId, RemittanceKind};

/// Where an invoice comes from, and its id there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// `api`, `csv`, `stripe`.
    pub name: SourceName,
    /// The id there; the number where the source has no other.
    pub outside_id: OutsideId,
}

/// What the creditor says of the debt as a whole; a later one outranks an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// It is owed.
    Open,
    /// It was given up; a payment is still welcome.
    Uncollectible,
    /// The provider says that it is settled.
    Paid,
    /// It should never have been: nothing is owed.
    Void,
}

impl Standing {
    /// Every standing.
    pub const ALL: [Self; 4] = [Self::Open, Self::Uncollectible, Self::Paid, Self::Void];

    /// The standing's name in the table.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Uncollectible => "uncollectible",
            Self::Paid => "paid",
            Self::Void => "void",
        }
    }

    /// Reads what [`Standing::as_str`] writes.
    #[must_use]
    pub fn parse(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|standing| standing.as_str() == value)
    }
}

/// Which of two snapshots of a provider's invoice is newer: the later event; of one second, the higher standing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SnapshotStamp {
    /// When the provider made the event, in seconds since 1970.
    pub created: i64,
    /// Its standing then.
    pub standing: Standing,
}

/// The first days on which a source said what it says of payments in all: it does not say when they came.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FirstSaid {
    /// That so much was paid.
    pub paid: Option<Date>,
    /// That it is settled.
    pub settled: Option<Date>,
}

/// Sums of what has been said about an invoice. Each only grows, but for reversals that are undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sums {
    /// What was invoiced.
    pub total: Money,
    /// Payments that we know one by one.
    pub paid: Money,
    /// Of these, what its source does not count in what it says was paid: told by others, or placed from an account.
    pub paid_elsewhere: Money,
    /// What its source says was paid; of that and of the payments that it tells one by one, the larger counts.
    pub reported_paid: Money,
    /// Credit notes.
    pub credited: Money,
    /// Of these, what its source does not know of.
    pub credited_elsewhere: Money,
    /// Paid back by the creditor.
    pub refunded: Money,
    /// Taken back through the debtor's bank.
    pub charged_back: Money,
    /// Fees charged on top.
    pub fees: Money,
    /// Interest charged on top.
    pub interest: Money,
    /// Given up, as far as it is not received after all.
    pub written_off: Money,
}

impl Sums {
    /// Nothing but a total.
    #[must_use]
    pub fn of_total(total: Money) -> Self {
        let zero = Money::zero(total.currency());
        Self {
            total,
            paid: zero,
            paid_elsewhere: zero,
            reported_paid: zero,
            credited: zero,
            credited_elsewhere: zero,
            refunded: zero,
            charged_back: zero,
            fees: zero,
            interest: zero,
            written_off: zero,
        }
    }

    /// Adds what a payment or a credit note brings; below nothing where it is withdrawn.
    pub(crate) fn receive(&mut self, kind: RemittanceKind, by: ToldBy, amount: Money) -> Result<(), MoneyError> {
        let (sum, elsewhere) = match kind {
            RemittanceKind::Payment => (&mut self.paid, &mut self.paid_elsewhere),
            RemittanceKind::CreditNote => (&mut self.credited, &mut self.credited_elsewhere),
        };
        *sum = sum.plus(amount)?;
        if by == ToldBy::Others {
            *elsewhere = elsewhere.plus(amount)?;
        }
        Ok(())
    }

    /// What its source tells of payments, one by one or in all.
    fn told(&self) -> Result<Money, MoneyError> {
        self.paid.minus(self.paid_elsewhere)?.max(self.reported_paid)
    }

    /// What is known to have been received and not gone back.
    pub(crate) fn known(&self) -> Result<Money, MoneyError> {
        self.paid.plus(self.credited)?.minus(self.refunded)?.minus(self.charged_back)
    }
}

/// Who tells that something was received for an invoice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ToldBy {
    /// Where the invoice comes from: what that says was paid has it in it.
    ItsSource,
    /// Anybody else, or we who placed it: it comes on top.
    Others,
}

/// Where an invoice stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// What was invoiced and charged on top, and not voided.
    pub owed: Money,
    /// What came in, by payment.
    pub paid: Money,
    /// What is still owed; never negative.
    pub balance: Money,
    /// What came in beyond what was owed: unapplied credit of the account.
    pub surplus: Money,
    /// What was given up and has not been received after all.
    pub written_off: Money,
}

/// Why an invoice that is open is not chased.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// A payment is under way until then.
    InFlight(Timestamp),
    /// The debtor contests a payment through the bank.
    Chargeback,
    /// The creditor paid money back: what that means for the debt is for a person to say.
    Refunded,
    /// The provider that collects it is left to it until then.
    ProviderRetry(Timestamp),
}

/// One invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invoice {
    /// Portfolio and number.
    pub id: InvoiceId,
    /// Where it comes from.
    pub source: Source,
    /// The day it was issued.
    pub issue_date: Date,
    /// The last day on which it can be paid in time.
    pub due_date: Date,
    /// What for.
    pub description: Option<String>,
    /// The sums behind the balance.
    pub sums: Sums,
    /// What the creditor says of it.
    pub standing: Standing,
    /// The newest snapshot taken from the provider, where it comes from one.
    pub stamp: Option<SnapshotStamp>,
    /// Since when its source says of payments what it says.
    pub first_said: FirstSaid,
    /// Payments under way, by the payment.
    pub in_flight: BTreeMap<RemittanceId, InFlight>,
    /// How much of what was refunded a person has looked at, who wants what is open chased.
    pub refunds_reviewed: Money,
    /// Payments that the debtor contests at the moment.
    pub contested: BTreeSet<RemittanceId>,
    /// The keys of what was charged on top: each is charged once.
    pub charges: BTreeSet<OutsideId>,
    /// What counts from which day.
    pub dated: BTreeMap<Date, Movement>,
    /// How much of it unapplied credit covered, by day, when it was settled.
    pub covered: ByDay,
    /// Whether something stood against charging when it was paid, so that interest may be left to charge.
    pub interest_waits: bool,
    /// The settlement for less that was kept on it.
    pub settled: Option<Settled>,
    /// What a provider that collects it by itself has said of that.
    pub collection: Collection,
}

impl Invoice {
    /// The currency of every amount on it.
    #[must_use]
    pub fn currency(&self) -> Currency {
        self.sums.total.currency()
    }

    /// The account it belongs to.
    #[must_use]
    pub fn account(&self) -> AccountKey {
        AccountKey { portfolio: self.id.portfolio.clone(), currency: self.currency() }
    }

    /// Where it stands.
    ///
    /// # Errors
    /// [`MoneyError`] where sums overflow.
    pub fn position(&self) -> Result<Position, MoneyError> {
        let sums = &self.sums;
        let zero = Money::zero(self.currency());
        let charged = sums.total.plus(sums.fees)?.plus(sums.interest)?;
        let owed = if self.standing == Standing::Void { zero } else { charged };
        let paid = self.paid()?;
        let received = self.received()?;
        let open = owed.minus(received)?.or_zero();
        let surplus = received.minus(owed)?.or_zero();
        let given_up = self.standing == Standing::Uncollectible;
        let written_off = if given_up { open } else { sums.written_off.min(open)? };
        let balance = open.minus(written_off)?;
        Ok(Position { owed, paid, balance, surplus, written_off })
    }

    /// What payments have settled of it, less what went back. A credit note is no payment: it makes the debt smaller.
    pub(crate) fn settled_by_payments(&self) -> Result<Money, MoneyError> {
        let Position { owed, balance, written_off, .. } = self.position()?;
        owed.minus(balance)?.minus(written_off)?.minus(self.sums.credited.min(owed)?)
    }

    /// What came in by payment: by its source, of what that tells one by one and what it says in all the larger; and
    /// from elsewhere.
    fn paid(&self) -> Result<Money, MoneyError> {
        let told = self.told()?;
        let by_its_source = if self.standing == Standing::Paid { told.max(self.settled_there()?)? } else { told };
        by_its_source.plus(self.sums.paid_elsewhere)
    }

    /// What its source tells of payments, one by one or in all.
    fn told(&self) -> Result<Money, MoneyError> {
        self.sums.told()
    }

    /// What has to have been paid where its source says that it is settled: all that was invoiced and that is not known
    /// to have come otherwise. What is charged on top its source knows nothing of, so what came otherwise clears that first.
    fn settled_there(&self) -> Result<Money, MoneyError> {
        let sums = &self.sums;
        let charges = sums.fees.plus(sums.interest)?;
        let elsewhere = sums.paid_elsewhere.plus(sums.credited_elsewhere)?.minus(charges)?.or_zero();
        sums.total.minus(sums.credited.minus(sums.credited_elsewhere)?)?.minus(elsewhere)
    }

    /// What came in and did not go back, known or not.
    fn received(&self) -> Result<Money, MoneyError> {
        self.sums.known()?.plus(self.paid()?.minus(self.sums.paid)?)
    }

    /// Who tells of a remittance that names this invoice.
    pub(crate) fn told_by(&self, remittance: &RemittanceId) -> ToldBy {
        if remittance.source == self.source.name { ToldBy::ItsSource } else { ToldBy::Others }
    }

    /// What a payment that names it may settle: what is owed, and what was given up.
    #[must_use]
    pub fn unpaid(&self) -> Money {
        let unpaid = self.position().and_then(|position| position.balance.plus(position.written_off));
        unpaid.unwrap_or(Money::zero(self.currency()))
    }

    /// What is still owed. Sums that overflow owe nothing: they are refused before they are stored.
    #[must_use]
    pub fn balance(&self) -> Money {
        self.position().map_or(Money::zero(self.currency()), |position| position.balance)
    }

    /// Whether it is late on the debtor's calendar.
    #[must_use]
    pub fn is_overdue(&self, today: Date) -> bool {
        self.due_date < today && self.balance().is_positive()
    }

    /// Whether anything can still come of it without a new event: it is owed, under way, contested, or interest is left.
    #[must_use]
    pub fn is_live(&self) -> bool {
        let under_way = !self.in_flight.is_empty() || !self.contested.is_empty();
        self.balance().is_positive() || under_way || self.interest_waits
    }

    /// Why it is not chased at `now`, if it is not.
    #[must_use]
    pub fn stop(&self, now: Timestamp) -> Option<Stop> {
        let in_flight = self.in_flight.values().map(|payment| payment.until).filter(|until| *until > now).max();
        if let Some(until) = in_flight {
            Some(Stop::InFlight(until))
        } else if !self.contested.is_empty() {
            Some(Stop::Chargeback)
        } else if self.has_unreviewed_refund() {
            Some(Stop::Refunded)
        } else {
            self.collection.left_until(now).map(Stop::ProviderRetry)
        }
    }

    /// Whether more was refunded than a person has looked at.
    #[must_use]
    pub fn has_unreviewed_refund(&self) -> bool {
        self.sums.refunded.minor() > self.refunds_reviewed.minor()
    }

    /// The word for its state: `open`, `paid`, `credited`, `void`, `written_off`.
    #[must_use]
    pub fn status(&self) -> &'static str {
        if self.standing == Standing::Void {
            "void"
        } else if self.balance().is_positive() {
            "open"
        } else if self.position().is_ok_and(|position| position.written_off.is_positive()) {
            "written_off"
        } else if self.paid().is_ok_and(Money::is_zero) && self.sums.credited.is_positive() {
            "credited"
        } else {
            "paid"
        }
    }
}
