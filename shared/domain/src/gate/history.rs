//! Contacts that were made, as far as rules count them.

use jiff::Timestamp;

use super::attempt::Purpose;
use super::medium::Medium;
use super::target::Line;
use crate::ids::{ParticularDebt, PersonId};
use crate::named::named;

/// What came of a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Someone was spoken to about the debt.
    Conversation,
    /// It rang, was answered and dropped, or a message was left or sent.
    Reached,
    /// Busy, or the number is out of service: it never connected (12 CFR 1006.14(b)(3)(ii)).
    NotConnected,
}

named!(Outcome, Conversation => "conversation", Reached => "reached", NotConnected => "not_connected");

/// Who began it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Initiator {
    /// This collector.
    Collector,
    /// The person.
    Debtor,
}

named!(Initiator, Collector => "collector", Debtor => "debtor");

/// One contact of this collector with a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// When.
    pub at: Timestamp,
    /// How.
    pub medium: Medium,
    /// What for.
    pub purpose: Purpose,
    /// Who began it.
    pub initiator: Initiator,
    /// With whom.
    pub person: PersonId,
    /// The debts it was about, whoever raised them; all where none is named.
    pub debts: Vec<ParticularDebt>,
    /// On what line, where that is known.
    pub line: Option<Line>,
    /// What came of it.
    pub outcome: Outcome,
}

impl Contact {
    /// Whether it counts as an attempt of the collector.
    #[must_use]
    pub fn counts(&self) -> bool {
        self.initiator == Initiator::Collector && self.outcome != Outcome::NotConnected
    }

    /// Whether it was about this debt.
    #[must_use]
    pub fn concerns(&self, debt: &ParticularDebt) -> bool {
        self.debts.is_empty() || self.debts.contains(debt)
    }
}

/// The contacts of one collector with a debtor and the people around them, in any order. Another collector's are never
/// among them: frequency is counted for each collector, and to share it would tell of the debt.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct History(pub Vec<Contact>);
