//! What reduces a debt: a payment or a credit note, as its source reports it.
//!
//! Reports arrive late, twice and in any order. A remittance is the join of all that was said of it: joining is
//! commutative, associative and idempotent, and what it does to the debtor ([`Effect`]) follows from the joined
//! state alone. The difference between the effect before and after a report is what is booked (I2).

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::allocation::advice::Advice;
use crate::course::day_of;
use crate::ids::{DebtorId, IdError, InvoiceId, OutsideId, PortfolioId, SourceName};
use crate::ledger::EntryKind;
use crate::money::{Money, MoneyError};

/// Money, or a reduction of the debt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RemittanceKind {
    /// Money from the debtor.
    Payment,
    /// A credit note of the creditor.
    CreditNote,
}

impl RemittanceKind {
    /// `payment` or `credit_note`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Payment => "payment",
            Self::CreditNote => "credit_note",
        }
    }

    /// What its entries in the ledger are.
    #[must_use]
    pub fn entry(self) -> EntryKind {
        match self {
            Self::Payment => EntryKind::Payment,
            Self::CreditNote => EntryKind::Credit,
        }
    }

    /// Reads what [`RemittanceKind::as_str`] writes.
    #[must_use]
    pub fn parse(value: &str) -> Option<Self> {
        [Self::Payment, Self::CreditNote].into_iter().find(|kind| kind.as_str() == value)
    }
}

/// A remittance by its kind, its source and its id there. This is what makes it count once.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RemittanceId {
    /// Payment or credit note.
    pub kind: RemittanceKind,
    /// `api`, `csv`, `stripe`.
    pub source: SourceName,
    /// The id there, such as `pi_3Nq` or a bank's reference.
    pub outside_id: OutsideId,
}

impl RemittanceId {
    /// Reads what [`fmt::Display`] writes: `payment/stripe/pi_3Nq`.
    ///
    /// # Errors
    /// [`IdError`] of the part that is wrong.
    pub fn parse(value: &str) -> Result<Self, IdError> {
        let mut parts = value.splitn(3, '/');
        let mut part = || parts.next().unwrap_or_default();
        let kind = RemittanceKind::parse(part()).unwrap_or(RemittanceKind::Payment);
        Ok(Self { kind, source: SourceName::parse(part())?, outside_id: OutsideId::parse(part())? })
    }
}

impl fmt::Display for RemittanceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.kind.as_str(), self.source, self.outside_id)
    }
}

/// How far a remittance has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Only something about it is known, such as a refund; whether it settled is not.
    Unseen,
    /// Started, not settled.
    Pending,
    /// It will not come (a credit note: it was voided).
    Failed,
    /// It is there.
    Settled,
}

impl Stage {
    /// Every stage.
    pub const ALL: [Self; 4] = [Self::Unseen, Self::Pending, Self::Failed, Self::Settled];

    /// The stage's name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unseen => "unseen",
            Self::Pending => "pending",
            Self::Failed => "failed",
            Self::Settled => "settled",
        }
    }

    /// Reads what [`Stage::as_str`] writes.
    #[must_use]
    pub fn parse(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.as_str() == value)
    }
}

/// A stage, and when its source said so.
///
/// Ordered so that the larger one holds: what is final outranks what is not, then the later word counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Progress {
    last_word: bool,
    said: Timestamp,
    stage: Stage,
}

impl Progress {
    /// Nothing is known.
    pub const UNSEEN: Self = Self { last_word: false, said: Timestamp::UNIX_EPOCH, stage: Stage::Unseen };

    /// `stage`, as said at `said`. A settled payment is final; so is a voided credit note, which can't be unvoided,
    /// while a failed payment may be tried again.
    #[must_use]
    pub fn new(kind: RemittanceKind, stage: Stage, said: Timestamp) -> Self {
        let last = match kind {
            RemittanceKind::Payment => Stage::Settled,
            RemittanceKind::CreditNote => Stage::Failed,
        };
        Self { last_word: stage == last, said, stage }
    }

    /// The stage.
    #[must_use]
    pub fn stage(self) -> Stage {
        self.stage
    }

    /// When its source said so.
    #[must_use]
    pub fn said(self) -> Timestamp {
        self.said
    }
}

/// Where a contested payment has got to; a later one outranks an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Contest {
    /// The bank asks; the money is still here.
    Inquiry,
    /// The money is gone until it is decided.
    Open,
    /// Decided: the money stays (or came back).
    Won,
    /// Decided: the money is gone.
    Lost,
}

impl Contest {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Inquiry, Self::Open, Self::Won, Self::Lost];

    /// The state's name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Inquiry => "inquiry",
            Self::Open => "open",
            Self::Won => "won",
            Self::Lost => "lost",
        }
    }

    /// Reads what [`Contest::as_str`] writes.
    #[must_use]
    pub fn parse(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|contest| contest.as_str() == value)
    }
}

/// What a remittance is meant for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// An invoice by portfolio and number.
    Invoice(InvoiceId),
    /// An invoice by its id at a provider.
    OutsideInvoice(SourceName, OutsideId),
    /// A debtor's debts to one creditor, by what the payer says of them.
    Debtor(DebtorId, PortfolioId, Advice),
    /// A provider's customer, for what is not known: it is kept, and a payment under way still stops chasing.
    OutsideCustomer(SourceName, OutsideId),
}

/// One report of a source about a remittance: only what it knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Which remittance.
    pub id: RemittanceId,
    /// Its whole amount.
    pub amount: Option<Money>,
    /// How far it has come.
    pub progress: Option<Progress>,
    /// How much has been paid back so far.
    pub refunded: Option<Money>,
    /// A contest, by its id, and how much of it is contested; without an amount as much as is known, else all of it.
    pub contest: Option<(OutsideId, Contest, Option<Money>)>,
    /// What it is for.
    pub target: Option<Target>,
    /// The day the money counts from.
    pub on: Option<Date>,
    /// The day from which what it says went back, or came back, counts; else the day on which it is said.
    pub reversed_on: Option<Date>,
}

impl Report {
    /// A report that says nothing yet.
    #[must_use]
    pub fn about(id: RemittanceId) -> Self {
        Self {
            id,
            amount: None,
            progress: None,
            refunded: None,
            contest: None,
            target: None,
            on: None,
            reversed_on: None,
        }
    }
}

/// A payment that has been started and is not settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InFlight {
    /// How much is coming.
    pub amount: Money,
    /// When waiting for it ends; then the debt is chased again.
    pub until: Timestamp,
}

impl InFlight {
    /// When it was begun.
    #[must_use]
    pub fn begun(&self) -> Timestamp {
        let days = jiff::SignedDuration::from_hours(IN_FLIGHT_DAYS.saturating_mul(24));
        self.until.saturating_sub(days).unwrap_or(Timestamp::MIN)
    }
}

/// What a remittance does to a debtor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effect {
    /// What came in, before anything went back.
    pub received: Money,
    /// What the creditor paid back of it.
    pub refunded: Money,
    /// What the bank took back of it.
    pub charged_back: Money,
    /// What is under way.
    pub in_flight: Option<InFlight>,
    /// Whether the debtor contests it at the moment.
    pub contested: bool,
}

/// All that is known of one payment or credit note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remittance {
    /// Which one.
    pub id: RemittanceId,
    /// Its whole amount, once known.
    pub amount: Option<Money>,
    /// How far it has come.
    pub progress: Progress,
    /// How much had been paid back by which day; each day says more than the one before.
    pub refunds: BTreeMap<Date, Money>,
    /// Contests by their id.
    pub contests: BTreeMap<OutsideId, (Contest, Option<Money>)>,
    /// Since when a contest is in a state.
    pub contest_days: BTreeMap<(OutsideId, Contest), Date>,
    /// What it is for.
    pub target: Option<Target>,
    /// The day the money counts from.
    pub on: Option<Date>,
    /// Where it was booked: the debtor, and the invoice where it names one.
    pub booked: Option<(DebtorId, Option<InvoiceId>)>,
}

/// How long a payment under way is waited for. A SEPA debit may take 14 business days to fail or settle (Stripe,
/// "SEPA Direct Debit payments"); a day more covers holidays.
pub const IN_FLIGHT_DAYS: i64 = 21;

impl Remittance {
    /// Nothing is known yet.
    #[must_use]
    pub fn unseen(id: RemittanceId) -> Self {
        Self {
            id,
            amount: None,
            progress: Progress::UNSEEN,
            refunds: BTreeMap::new(),
            contests: BTreeMap::new(),
            contest_days: BTreeMap::new(),
            target: None,
            on: None,
            booked: None,
        }
    }

    /// Joins what a report says; the order of reports does not matter.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMismatch`] where the report is in another currency. Nothing is changed then.
    pub fn join(&mut self, report: &Report) -> Result<(), MoneyError> {
        let mut joined = self.clone();
        let progress = report.progress.unwrap_or(Progress::UNSEEN);
        joined.amount = match (self.amount, report.amount) {
            // What is captured may be less than what was started: the amount goes with the progress.
            (Some(known), Some(told)) if self.progress != progress => {
                known.minus(told)?;
                Some(if progress > self.progress { told } else { known })
            }
            (known, told) => larger(known, told)?,
        };
        joined.on = match progress.cmp(&self.progress) {
            Ordering::Greater => report.on,
            Ordering::Less => self.on,
            Ordering::Equal => self.on.into_iter().chain(report.on).min(),
        };
        joined.progress = self.progress.max(progress);
        joined.target = preferred(self.target.take(), report.target.clone());
        let reversed_on = report.reversed_on.unwrap_or_else(|| day_of(progress.said()));
        if let Some(so_far) = report.refunded {
            joined.note_refund(reversed_on, so_far)?;
        }
        if let Some((id, contest, amount)) = &report.contest {
            let known = joined.contests.entry(id.clone()).or_insert((*contest, *amount));
            *known = (known.0.max(*contest), larger(known.1, *amount)?);
            let since = joined.contest_days.entry((id.clone(), *contest)).or_insert(reversed_on);
            *since = (*since).min(reversed_on);
        }
        *self = joined;
        Ok(())
    }

    /// What it does to the debtor, or `None` while its amount is not known.
    ///
    /// # Errors
    /// [`MoneyError`] where sums overflow.
    pub fn effect(&self) -> Result<Option<Effect>, MoneyError> {
        Ok(self.course()?.map(|course| course.effect()))
    }

    /// How much has been paid back.
    #[must_use]
    pub fn refunded(&self) -> Option<Money> {
        self.refunds.last_key_value().map(|(_, so_far)| *so_far)
    }

    /// Notes that so much had been paid back by a day. What an earlier day says, a later one need not say again.
    fn note_refund(&mut self, day: Date, so_far: Money) -> Result<(), MoneyError> {
        self.refunded().map_or(Ok(so_far), |most| most.max(so_far))?;
        let known = self.refunds.entry(day).or_insert(so_far);
        *known = known.max(so_far)?;
        let mut most = None;
        self.refunds.retain(|_, so_far| {
            let more = most.is_none_or(|most| so_far.minor() > most);
            most = most.max(Some(so_far.minor()));
            more
        });
        Ok(())
    }

    /// Whether the debtor contests it at the moment.
    pub(crate) fn is_contested(&self) -> bool {
        self.contests.values().any(|(contest, _)| matches!(contest, Contest::Inquiry | Contest::Open))
    }

    /// What the payer said it is for.
    #[must_use]
    pub fn advice(&self) -> Advice {
        match &self.target {
            Some(Target::Debtor(_, _, advice)) => advice.clone(),
            Some(Target::Invoice(_) | Target::OutsideInvoice(..) | Target::OutsideCustomer(..)) | None => {
                Advice::none()
            }
        }
    }

    pub(crate) fn waited_for_until(&self) -> Timestamp {
        let from = self.on.and_then(|on| on.to_zoned(jiff::tz::TimeZone::UTC).ok()).map(|day| day.timestamp());
        let from = from.unwrap_or(self.progress.said()).max(self.progress.said());
        let days = jiff::SignedDuration::from_hours(IN_FLIGHT_DAYS.saturating_mul(24));
        from.saturating_add(days).unwrap_or(Timestamp::MAX)
    }
}

fn larger(known: Option<Money>, told: Option<Money>) -> Result<Option<Money>, MoneyError> {
    match (known, told) {
        (Some(known), Some(told)) => known.max(told).map(Some),
        (known, told) => Ok(known.or(told)),
    }
}

/// The more telling target; of two equally telling ones the smaller, so that the order of arrival does not matter.
fn preferred(known: Option<Target>, told: Option<Target>) -> Option<Target> {
    match (known, told) {
        (Some(known), Some(told)) => Some(known.min(told)),
        (known, told) => known.or(told),
    }
}
