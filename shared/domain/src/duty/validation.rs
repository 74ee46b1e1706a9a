//! The validation notice of a debt collector to a consumer, the time to dispute, and what a dispute stops.

use std::sync::Arc;

use jiff::ToSpan as _;
use jiff::civil::Date;

use super::because::Because;
use super::period::Period;
use super::provision::{Bar, Lifts, Provision};
use crate::calendar::holidays::HolidayCalendar;
use crate::money::Money;

pub use super::notice::{NoticePart, ReferenceDate, ValidationNotice};

/// The law of validation (15 U.S.C. 1692g; 12 CFR 1006.34, 1006.38).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValidationLaw {
    /// That a notice is owed.
    pub notice: Provision,
    /// That a dispute stops collection.
    pub dispute: Provision,
    /// From the initial communication to the last day for the notice.
    pub notice_within: Period,
    /// From the day on which the notice is provided to the day on which receipt may be assumed.
    pub receipt: Period,
    /// From receipt to the last day to dispute.
    pub dispute_within: Period,
    /// The days that are not counted.
    pub holidays: Arc<HolidayCalendar>,
}

/// To whom a notice goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Addressee<'a> {
    /// The debtor, who lives.
    Debtor,
    /// The debtor has died: to whoever may act for the estate, where one is known by name (comment 34(a)(1)-1).
    Estate(Option<&'a str>),
}

/// How a dispute was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DisputeForm {
    /// In writing, also by e-mail or the portal where these are accepted.
    Written,
    /// By word of mouth, which stops nothing, but is told with the debt from then on (15 U.S.C. 1692e(8)).
    Oral,
}

/// How much of a debt is disputed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disputed {
    /// All of it.
    All,
    /// An amount of the whole.
    Part {
        /// What is disputed.
        amount: Money,
        /// The whole.
        of: Money,
    },
}

/// A dispute of the debt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ValidationDispute {
    /// When it came.
    pub received: Date,
    /// How it was made.
    pub form: DisputeForm,
    /// How much is disputed.
    pub disputed: Disputed,
    /// When a copy of the verification or judgment was sent.
    pub verified: Option<Date>,
}

/// A request in writing for the name and address of the original creditor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CreditorRequest {
    /// When it came.
    pub received: Date,
    /// When it was answered.
    pub answered: Option<Date>,
}

impl ValidationLaw {
    /// The last day for the notice (12 CFR 1006.34(a)(1)(i)(B)).
    #[must_use]
    pub fn notice_due(&self, initial: Date) -> Date {
        self.notice_within.last_day(initial, &self.holidays)
    }

    /// The last day to dispute, counted from the day on which the notice was provided (12 CFR 1006.34(b)(5)).
    #[must_use]
    pub fn period_end(&self, provided: Date) -> Date {
        let received = self.receipt.last_day(provided, &self.holidays);
        self.dispute_within.last_day(received, &self.holidays)
    }

    /// Whether a notice was in time.
    ///
    /// # Errors
    /// A [`Bar`] where it came after its last day.
    pub fn timely(&self, initial: Date, sent: Date) -> Result<(), Bar> {
        let due = self.notice_due(initial);
        if sent <= due { Ok(()) } else { Err(self.notice.bar(Because::NoticeLate(due), Lifts::Never)) }
    }

    /// Whether no notice is owed: the debt was paid before its last day.
    ///
    /// # Errors
    /// A [`Bar`] where one is owed.
    pub fn may_skip(&self, initial: Date, paid: Option<Date>) -> Result<(), Bar> {
        let due = self.notice_due(initial);
        if paid.is_some_and(|paid| paid <= due) {
            return Ok(());
        }
        Err(self.notice.bar(Because::NoticeOwed(due), Lifts::WhenMended))
    }

    /// Whether a notice may go to this person.
    ///
    /// # Errors
    /// A [`Bar`] where the debtor has died and nobody is named.
    pub fn may_address(&self, addressee: Addressee) -> Result<(), Bar> {
        match addressee {
            Addressee::Estate(name) if name.is_none_or(|name| name.trim().is_empty()) => {
                Err(self.notice.bar(Because::EstateUnnamed, Lifts::WhenMended))
            }
            Addressee::Debtor | Addressee::Estate(_) => Ok(()),
        }
    }

    /// What a dispute stops (12 CFR 1006.38(d)(2)): the demand of what is disputed, once it came in writing within the
    /// period and until verification is sent. A demand whose amount is not known is one of the whole.
    #[must_use]
    pub fn paused(&self, dispute: &ValidationDispute, end: Date, demand: Option<Money>, on: Date) -> Option<Bar> {
        let counts = dispute.form == DisputeForm::Written && dispute.received <= end && dispute.received <= on;
        let verified = dispute.verified.is_some_and(|sent| sent <= on);
        let undisputed = match (dispute.disputed, demand) {
            (Disputed::Part { amount, of }, Some(demand)) => {
                of.minus(amount).and_then(|rest| rest.minus(demand)).is_ok_and(|left| left.minor() >= 0)
            }
            (Disputed::All | Disputed::Part { .. }, _) => false,
        };
        (counts && !verified && !undisputed).then(|| self.dispute.bar(Because::Disputed, Lifts::WhenMended))
    }

    /// What a request for the original creditor stops: everything, until it is answered (12 CFR 1006.38(c)).
    #[must_use]
    pub fn asked(&self, request: &CreditorRequest, end: Date, on: Date) -> Option<Bar> {
        let open = request.received <= on && request.answered.is_none_or(|sent| sent > on);
        let bar = || self.dispute.bar(Because::OriginalCreditor, Lifts::WhenMended);
        (open && request.received <= end).then(bar)
    }

    /// What the period itself forbids: words or deeds at odds with the right to dispute (12 CFR 1006.38(b)(1)).
    #[must_use]
    pub fn overshadowed(&self, end: Date, on: Date) -> Option<Bar> {
        let after = Lifts::On(end.saturating_add(1.day()));
        (on <= end).then(|| self.dispute.bar(Because::Overshadows(end), after))
    }
}
