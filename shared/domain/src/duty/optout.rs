//! By when it must be honoured that somebody wants no more messages, and when an address that a creditor passed on may be used.

use std::sync::Arc;

use jiff::ToSpan as _;
use jiff::civil::Date;

use super::because::Because;
use super::period::Period;
use super::provision::{Bar, Lifts, Provision};
use crate::calendar::holidays::HolidayCalendar;

/// The outer limits of the law. What is received is honoured at once; these are for proof that it was in time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptOutLaw {
    /// Revoking consent to calls and text messages (47 CFR 64.1200(a)(10)).
    pub revocation: Provision,
    /// Opting out of commercial e-mail (15 U.S.C. 7704(a)(4)).
    pub commercial_email: Provision,
    /// From the request to the last day on which something may still be sent.
    pub honour_within: Period,
    /// Using an e-mail address that the creditor passed on (12 CFR 1006.6(d)(4)(ii)).
    pub passed_on: Provision,
    /// From the creditor's notice to the earliest deadline that it may set for opting out.
    pub window: Period,
    /// The days that are not counted.
    pub holidays: Arc<HolidayCalendar>,
}

impl OptOutLaw {
    /// The last day of the limit. The day of the request is not counted.
    #[must_use]
    pub fn honour_by(&self, received: Date) -> Date {
        self.honour_within.last_day(received, &self.holidays)
    }

    /// Whether an address that the creditor passed on may be used on a day, as far as the time to opt out goes.
    ///
    /// # Errors
    /// A [`Bar`] where the deadline of the creditor's notice was too early, or has not passed.
    pub fn window_over(&self, notice_sent: Date, deadline: Date, on: Date) -> Result<(), Bar> {
        let earliest = self.window.last_day(notice_sent, &self.holidays);
        if deadline < earliest {
            return Err(self.passed_on.bar(Because::WindowTooShort(earliest), Lifts::WhenMended));
        }
        if on <= deadline {
            return Err(self.passed_on.bar(Because::WindowOpen(deadline), Lifts::On(deadline.saturating_add(1.day()))));
        }
        Ok(())
    }
}
