//! Why something was decided.

/// A rule that can speak for or against contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// Something is overdue.
    Overdue,
    /// A step of the ladder has come.
    StepReached,
    /// A due date is near and a courtesy is in order.
    CourtesyDue,
    /// A step was passed over, because a later one is right today.
    StepSuperseded,
    /// Nothing is overdue, and no courtesy is in order.
    NothingDue,
    /// The next step has not come.
    StepNotReached,
    /// The ladder has no further step.
    LadderEnded,
    /// A payment is under way.
    PaymentInFlight,
    /// The debtor contests a payment through the bank.
    Chargeback,
    /// Money was paid back; what that means is for a person to say.
    Refunded,
    /// Unapplied credit covers what is due.
    CoveredByCredit,
    /// A payment is being allocated.
    Allocating,
    /// A message is under way.
    MessageInFlight,
    /// A planned message was not picked up.
    NotDispatched,
    /// What would be said now is not what was planned.
    Changed,
    /// Nothing is left to say.
    NoLongerDue,
    /// It is a weekend where the debtor is.
    Weekend,
    /// It is a public holiday where the debtor is.
    Holiday,
    /// It is outside contact hours where the debtor is.
    QuietHours,
    /// No channel of the step can be used.
    NoChannel,
}

impl Rule {
    /// Every rule.
    pub const ALL: [Self; 20] = [
        Self::Overdue,
        Self::StepReached,
        Self::CourtesyDue,
        Self::StepSuperseded,
        Self::NothingDue,
        Self::StepNotReached,
        Self::LadderEnded,
        Self::PaymentInFlight,
        Self::Chargeback,
        Self::Refunded,
        Self::CoveredByCredit,
        Self::Allocating,
        Self::MessageInFlight,
        Self::NotDispatched,
        Self::Changed,
        Self::NoLongerDue,
        Self::Weekend,
        Self::Holiday,
        Self::QuietHours,
        Self::NoChannel,
    ];

    /// The rule's id in decisions and the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Overdue => "overdue",
            Self::StepReached => "step_reached",
            Self::CourtesyDue => "courtesy_due",
            Self::StepSuperseded => "step_superseded",
            Self::NothingDue => "nothing_due",
            Self::StepNotReached => "step_not_reached",
            Self::LadderEnded => "ladder_ended",
            Self::PaymentInFlight => "payment_in_flight",
            Self::Chargeback => "chargeback",
            Self::Refunded => "refunded",
            Self::CoveredByCredit => "covered_by_credit",
            Self::Allocating => "allocating",
            Self::MessageInFlight => "message_in_flight",
            Self::NotDispatched => "not_dispatched",
            Self::Changed => "changed",
            Self::NoLongerDue => "no_longer_due",
            Self::Weekend => "weekend",
            Self::Holiday => "holiday",
            Self::QuietHours => "quiet_hours",
            Self::NoChannel => "no_channel",
        }
    }

    /// Reads what [`Rule::as_str`] writes.
    #[must_use]
    pub fn parse(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.as_str() == value)
    }
}

/// One rule's word in one decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// Which rule.
    pub rule: Rule,
    /// Whether it spoke for contact.
    pub speaks_for: bool,
    /// About what, in plain words.
    pub detail: String,
}

impl Reason {
    /// The rule asks for contact.
    #[must_use]
    pub fn in_favour(rule: Rule, detail: impl Into<String>) -> Self {
        Self { rule, speaks_for: true, detail: detail.into() }
    }

    /// The rule asks for silence.
    #[must_use]
    pub fn against(rule: Rule, detail: impl Into<String>) -> Self {
        Self { rule, speaks_for: false, detail: detail.into() }
    }
}
