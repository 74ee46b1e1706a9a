//! What has to pass between a letter of claim and a claim (Pre-Action Protocol for Debt Claims; Practice Direction on
//! Pre-Action Conduct).

use std::sync::Arc;

use jiff::ToSpan as _;
use jiff::civil::Date;

use super::because::Because;
use super::period::Period;
use super::provision::{Bar, Lifts, Provision};
use crate::calendar::holidays::HolidayCalendar;
use crate::obligor::Obligor;

/// Documents that the debtor may ask for with a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Documents {
    /// None were asked for.
    NotRequested,
    /// They were asked for, and are owed.
    Requested,
    /// They were provided on this day.
    Provided(Date),
}

/// The debtor's reply to a letter of claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reply {
    /// When the reply form came.
    pub received: Date,
    /// What it asked for.
    pub documents: Documents,
}

/// A letter of claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LetterOfClaim {
    /// The day it is dated, which is that of posting or the one before.
    pub dated: Date,
    /// The debtor's reply.
    pub reply: Option<Reply>,
}

/// How long a claim has to wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreActionLaw {
    /// The protocol, for individuals.
    pub protocol: Provision,
    /// From the letter's date to the last day to answer.
    pub answer_within: Period,
    /// From the reply, or the documents, to the last day of talks.
    pub talks: Period,
    /// The practice direction, for companies.
    pub direction: Provision,
    /// From the letter's date to the last day to answer, for companies.
    pub company_within: Period,
    /// The days that are not counted.
    pub holidays: Arc<HolidayCalendar>,
}

impl PreActionLaw {
    /// What stands against issuing a claim on a day.
    #[must_use]
    pub fn bars_claim(&self, obligor: Obligor, letter: Option<&LetterOfClaim>, on: Date) -> Option<Bar> {
        let provision = if obligor.is_natural() { &self.protocol } else { &self.direction };
        if !provision.in_force(on) {
            return None;
        }
        let Some(letter) = letter else { return Some(provision.bar(Because::NoLetterOfClaim, Lifts::WhenMended)) };
        let Some(last) = self.last_day_to_wait(obligor, letter, on) else {
            return Some(provision.bar(Because::DocumentsOwed, Lifts::WhenMended));
        };
        let after = Lifts::On(last.saturating_add(1.day()));
        (on <= last).then(|| provision.bar(Because::TimeToAnswer(last), after))
    }

    /// The last day on which no claim may be issued; none while documents are owed.
    fn last_day_to_wait(&self, obligor: Obligor, letter: &LetterOfClaim, on: Date) -> Option<Date> {
        let end = |period: Period, from: Date| period.last_day(from, &self.holidays);
        match letter.reply.filter(|reply| reply.received <= on) {
            _ if !obligor.is_natural() => Some(end(self.company_within, letter.dated)),
            None => Some(end(self.answer_within, letter.dated)),
            Some(reply) => {
                let from = match reply.documents {
                    Documents::NotRequested => reply.received,
                    Documents::Provided(day) if day <= on => reply.received.max(day),
                    Documents::Provided(_) | Documents::Requested => return None,
                };
                Some(end(self.talks, from).max(end(self.answer_within, letter.dated)))
            }
        }
    }
}
