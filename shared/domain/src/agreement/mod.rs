//! Agreements: what a debtor and a creditor settled between them. Each stops chasing what it covers, or moves the days
//! on which it is due, for as long as it is kept; what it comes to follows from what was received and from the date.
//!
//! | agreement | while it stands | it ends |
//! | --- | --- | --- |
//! | [`Promise`] | its debts are not chased | kept, partly kept, or broken after days of grace |
//! | [`PaymentPlan`] | its debts are due as the instalments are | completed, or defaulted after too many were missed |
//! | [`Settlement`] | its debts are not chased | kept: the rest is given up; or lapsed: all is owed again |
//! | [`Dispute`] | what is contested is not chased | accepted, rejected or partly accepted by a person |
//!
//! What counts is what came, and was told, before the days of grace were over; and a payment under way that was begun by
//! then, for as long as it is waited for, if it would do. A promise or an instalment is not broken while holds and disputes forbid to ask for any of it. What fell due in such a
//! time counts as due on the day on which it can be asked for again, and its days of grace run from there.

mod dispute;
mod plan;
mod promise;
mod schedule;
mod settlement;

pub use dispute::{Dispute, DisputeReason, Resolution};
pub use plan::{Instalment, PaymentPlan};
pub use promise::Promise;
pub use schedule::{Count, Every, EveryError, Period, PeriodError, Schedule, ScheduleError};
pub use settlement::Settlement;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};

use crate::hold::SetBy;
use crate::ids::{AccountKey, AgreementId, InvoiceId};
use crate::money::{Money, MoneyError};

/// Days that a transfer may take after the day it was agreed for, where nothing else is said.
pub const GRACE_DAYS: u8 = 3;
/// The most days of grace.
pub const GRACE_DAYS_MAX: u8 = 30;
/// The most instalments that a plan may allow to be missed at a time.
pub const MISSES_MAX: u8 = 12;

/// What is wrong with what was to be agreed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AgreementError {
    /// An amount that is not more than nothing.
    #[error("{0} must be more than 0")]
    NothingPromised(&'static str),
    /// A date that is over.
    #[error("{what} {date} is before today, {today}")]
    InThePast {
        /// Which date.
        what: &'static str,
        /// The date.
        date: Date,
        /// The debtor's today.
        today: Date,
    },
    /// Instalments out of order, or none at all.
    #[error("instalments must be at least one and at most {max}, each due after the one before it", max = plan::INSTALMENTS_MAX)]
    Instalments,
    /// Instalments that come to something else than what is open.
    #[error("the instalments come to {told}, and {open} is open on what the plan covers")]
    NotTheBalance {
        /// Their sum.
        told: Money,
        /// What is open.
        open: Money,
    },
    /// More than there is.
    #[error("{told} is more than the {open} that is open")]
    MoreThanOpen {
        /// What was told.
        told: Money,
        /// What is open.
        open: Money,
    },
    /// More invoices than are given up together.
    #[error("{0} invoices are more than the {max} of one settlement; name fewer", max = Settlement::INVOICES_MAX)]
    TooManyInvoices(usize),
    /// Something is agreed on an invoice already.
    #[error("invoice {invoice} is covered by {agreement}; cancel that first")]
    Covered {
        /// The invoice.
        invoice: InvoiceId,
        /// What covers it.
        agreement: AgreementId,
    },
    /// An invoice that the account does not have, or on which nothing is open.
    #[error("nothing is open on an invoice {0} of this account")]
    NothingOpen(InvoiceId),
    /// Nothing is open on the account.
    #[error("nothing is open on the account {0}")]
    NothingOpenAtAll(AccountKey),
    /// Another thing has that id.
    #[error("the id {0} is taken")]
    IdTaken(AgreementId),
    /// No dispute of that id stands.
    #[error("there is no dispute {0} that stands")]
    NoDispute(AgreementId),
    /// Amounts do not add up.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

/// Which debts of an account an agreement is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cover {
    /// All that is owed on the account, also what comes later.
    Account,
    /// These invoices.
    Invoices(BTreeSet<InvoiceId>),
}

impl Cover {
    /// Whether an invoice of the account is among them.
    #[must_use]
    pub fn includes(&self, invoice: &InvoiceId) -> bool {
        match self {
            Self::Account => true,
            Self::Invoices(invoices) => invoices.contains(invoice),
        }
    }
}

/// What was agreed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Terms {
    /// To pay an amount by a date.
    Promise(Promise),
    /// To pay in instalments.
    Plan(PaymentPlan),
    /// To take less, if it is paid by a date.
    Settlement(Settlement),
    /// That something is contested: agreed only in that both know it.
    Dispute(Dispute),
}

impl Terms {
    /// The terms as they were when nothing had happened yet.
    pub(crate) fn as_agreed(&self) -> Self {
        match self {
            Self::Plan(plan) => Self::Plan(plan.clone().with_told_missed(BTreeSet::new()).with_told_paid(0)),
            Self::Promise(_) | Self::Settlement(_) | Self::Dispute(_) => self.clone(),
        }
    }

    /// `promise`, `plan`, `settlement`, `dispute`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Promise(_) => "promise",
            Self::Plan(_) => "plan",
            Self::Settlement(_) => "settlement",
            Self::Dispute(_) => "dispute",
        }
    }
}

/// One agreement that stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreement {
    /// Its id, unique within the debtor.
    pub id: AgreementId,
    /// The creditor and currency that it is with.
    pub account: AccountKey,
    /// The debts it is about.
    pub cover: Cover,
    /// When it was made.
    pub made_at: Timestamp,
    /// Through whom.
    pub made_by: SetBy,
    /// What payments have settled of its debts since, less what went back. A credit note is none: it makes the debts smaller,
    /// so that less has to be paid for nothing to be left, and a plan is shorter by its last instalments.
    pub received: Money,
    /// What was agreed.
    pub terms: Terms,
    /// Days agreed for that went by while nothing of what is due then could be asked for, with the day on which that
    /// ended: from there they count, and the days of grace run.
    pub rested: BTreeMap<Date, Date>,
    /// What else there is to say.
    pub note: Option<String>,
}

/// How an agreement ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AgreementEnd {
    /// What was promised came in time.
    Kept,
    /// A part came in time.
    PartlyKept,
    /// Nothing came in time.
    Broken,
    /// Every instalment was paid.
    Completed,
    /// Too many instalments were missed.
    Defaulted,
    /// The offer was not taken up in time.
    Lapsed,
    /// What was contested is paid or credited: nothing is left to decide.
    Settled,
    /// It was called off.
    Cancelled(SetBy),
    /// A person decided what was contested.
    Resolved(Resolution),
}

impl AgreementEnd {
    /// The end's name.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::PartlyKept => "partly_kept",
            Self::Broken => "broken",
            Self::Completed => "completed",
            Self::Defaulted => "defaulted",
            Self::Lapsed => "lapsed",
            Self::Settled => "settled",
            Self::Cancelled(_) => "cancelled",
            Self::Resolved(Resolution::Accepted) => "accepted",
            Self::Resolved(Resolution::Partly(_)) => "partly_accepted",
            Self::Resolved(Resolution::Rejected) => "rejected",
        }
    }
}

impl Agreement {
    /// Whether an invoice is among its debts.
    #[must_use]
    pub fn covers(&self, account: &AccountKey, invoice: &InvoiceId) -> bool {
        self.account == *account && self.cover.includes(invoice)
    }

    /// What it has come to by the end of the day before the one it is looked at, or by what was received, if it has come
    /// to anything.
    #[must_use]
    pub fn verdict(&self, seen: &Outlook) -> Option<AgreementEnd> {
        let settled = !seen.open.is_positive();
        // What was begun in time is waited for where it would do.
        let comes = |over, wanted: Money| self.with_what_comes(seen, over).minor() >= wanted.minor();
        let is_over = |wanted| self.over().is_some_and(|over| over <= seen.today && !comes(over, wanted));
        match &self.terms {
            Terms::Promise(promise) => {
                let is_over = is_over(promise.amount()) && !seen.at_rest.contains(&promise.by());
                promise.verdict(self.received, settled, is_over)
            }
            Terms::Plan(plan) => plan.verdict(self.received, settled, self.missed(seen).len()),
            Terms::Settlement(settlement) => settlement.verdict(self.received, settled, is_over(settlement.accepts())),
            Terms::Dispute(_) => settled.then_some(AgreementEnd::Settled),
        }
    }

    /// The instalments of a plan that are missed. One counts from its day, or from when it can be asked for again.
    #[must_use]
    pub fn missed(&self, seen: &Outlook) -> Vec<Instalment> {
        let Terms::Plan(plan) = &self.terms else { return Vec::new() };
        let is_missed = |one: &Instalment| {
            let from = plan.missed_from(self.counts_from(one.due));
            let is_left = || plan.unpaid(self.with_what_comes(seen, from)).any(|left| left.due == one.due);
            from <= seen.today && is_left()
        };
        let missed = plan.unpaid(self.received).filter(is_missed);
        missed.filter(|one| !seen.at_rest.contains(&one.due)).collect()
    }

    /// The first day on which a promise or an offer is over.
    #[must_use]
    pub fn over(&self) -> Option<Date> {
        match &self.terms {
            Terms::Promise(promise) => Some(promise.over(self.counts_from(promise.by()))),
            Terms::Settlement(settlement) => Some(settlement.over()),
            Terms::Plan(_) | Terms::Dispute(_) => None,
        }
    }

    /// The day on which time alone next changes what it comes to or what is due under it; `None` where none does.
    #[must_use]
    pub fn next_day(&self, today: Date) -> Option<Date> {
        let days: Vec<Date> = match &self.terms {
            Terms::Plan(plan) => {
                let missed_from = |due| plan.missed_from(self.counts_from(due));
                let days = |one: Instalment| [one.due.saturating_add(1.day()), missed_from(one.due)];
                plan.unpaid(self.received).flat_map(days).collect()
            }
            Terms::Promise(_) | Terms::Settlement(_) | Terms::Dispute(_) => self.over().into_iter().collect(),
        };
        days.into_iter().filter(|day| *day > today).min()
    }

    /// What was received, and what is under way since before a day.
    fn with_what_comes(&self, seen: &Outlook, day: Date) -> Money {
        let begun = seen.under_way.range(..day).map(|(_, minor)| *minor);
        let minor = begun.fold(self.received.minor(), i64::saturating_add);
        Money::from_minor(minor, self.received.currency())
    }

    fn counts_from(&self, due: Date) -> Date {
        self.rested.get(&due).copied().unwrap_or(due)
    }
}

/// What there is to see of an agreement's debts on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outlook {
    /// What is still owed on them.
    pub open: Money,
    /// The days agreed for of which nothing may be asked for.
    pub at_rest: BTreeSet<Date>,
    /// Payments under way that may be for them, in minor units, by the day on which they were begun.
    pub under_way: BTreeMap<Date, i64>,
    /// The debtor's today.
    pub today: Date,
}
