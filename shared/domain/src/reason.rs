//! Why something was decided.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::calendar::Zone;
use crate::contact::Channel;
use crate::gate::Refusal;
use crate::hold::HoldReason;
use crate::ids::{InvoiceNumber, PolicyRef, RuleName, StepName};
use crate::money::Money;

/// A rule that can speak for or against contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// Something is overdue.
    Overdue,
    /// What was settled, or planned, is owed again, and the ladder goes on where it was left.
    Resumed,
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
    /// It is held.
    OnHold,
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
    /// The law, or the tenant's policy, does not let a channel be used.
    NotPermitted,
    /// No channel of the step can be used.
    NoChannel,
    /// Less is open than the policy chases.
    BelowMinimum,
    /// A rule charges.
    ChargeDue,
    /// A rule would charge, and something stands against it.
    ChargeBarred,
    /// A rule has nothing to charge by.
    NotChargeable,
    /// More is charged first than one commit takes.
    Charging,
    /// The address could not be delivered to, and is left alone for a while.
    AddressRests,
    /// What the message would say may not be said, or says too little.
    MessageRefused,
}

impl Rule {
    /// Every rule.
    pub const ALL: [Self; 30] = [
        Self::Overdue,
        Self::Resumed,
        Self::StepReached,
        Self::CourtesyDue,
        Self::StepSuperseded,
        Self::NothingDue,
        Self::StepNotReached,
        Self::LadderEnded,
        Self::PaymentInFlight,
        Self::Chargeback,
        Self::Refunded,
        Self::OnHold,
        Self::CoveredByCredit,
        Self::Allocating,
        Self::MessageInFlight,
        Self::NotDispatched,
        Self::Changed,
        Self::NoLongerDue,
        Self::Weekend,
        Self::Holiday,
        Self::QuietHours,
        Self::NotPermitted,
        Self::NoChannel,
        Self::BelowMinimum,
        Self::ChargeDue,
        Self::ChargeBarred,
        Self::NotChargeable,
        Self::Charging,
        Self::AddressRests,
        Self::MessageRefused,
    ];

    /// The rule's id in decisions and the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Overdue => "overdue",
            Self::Resumed => "resumed",
            Self::StepReached => "step_reached",
            Self::CourtesyDue => "courtesy_due",
            Self::StepSuperseded => "step_superseded",
            Self::NothingDue => "nothing_due",
            Self::StepNotReached => "step_not_reached",
            Self::LadderEnded => "ladder_ended",
            Self::PaymentInFlight => "payment_in_flight",
            Self::Chargeback => "chargeback",
            Self::Refunded => "refunded",
            Self::OnHold => "on_hold",
            Self::CoveredByCredit => "covered_by_credit",
            Self::Allocating => "allocating",
            Self::MessageInFlight => "message_in_flight",
            Self::NotDispatched => "not_dispatched",
            Self::Changed => "changed",
            Self::NoLongerDue => "no_longer_due",
            Self::Weekend => "weekend",
            Self::Holiday => "holiday",
            Self::QuietHours => "quiet_hours",
            Self::NotPermitted => "not_permitted",
            Self::NoChannel => "no_channel",
            Self::BelowMinimum => "below_minimum",
            Self::ChargeDue => "charge_due",
            Self::ChargeBarred => "charge_barred",
            Self::NotChargeable => "not_chargeable",
            Self::Charging => "charging",
            Self::AddressRests => "address_rests",
            Self::MessageRefused => "message_refused",
        }
    }

    /// Whether it speaks of a charge, and not of contact.
    #[must_use]
    pub fn is_of_charges(self) -> bool {
        matches!(self, Self::ChargeDue | Self::ChargeBarred | Self::NotChargeable)
    }

    /// Reads what [`Rule::as_str`] writes.
    #[must_use]
    pub fn parse(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.as_str() == value)
    }
}

/// What a rule spoke about. It is put into words only when it is written down: most decisions are not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Detail {
    /// As it stands.
    Said(&'static str),
    /// As it was put together, or written down before.
    Written(String),
    /// The oldest debt's due date, and the days since.
    Due(Date, i32),
    /// An invoice.
    Invoice(InvoiceNumber),
    /// An invoice, until then.
    InvoiceUntil(InvoiceNumber, Timestamp),
    /// A step of the policy.
    Step(StepName),
    /// A step, and the days after the due date that it comes at.
    StepAt(StepName, i32),
    /// A step, and the one that is right in its place.
    StepBy(StepName, StepName),
    /// Until then, where the debtor is.
    ClosedUntil(Timestamp, Zone),
    /// A channel, the rule that refuses it, where that stands and why, perhaps until then.
    Refused(Channel, Box<Refusal>),
    /// Until then.
    Until(Timestamp),
    /// A payment under way, waited for until then.
    PaymentUntil(Timestamp),
    /// All, or an invoice, or so much of it is held, perhaps until then.
    Held(HoldReason, Option<(InvoiceNumber, Money)>, Option<Timestamp>),
    /// So much is open, and so much is the least that is chased.
    Below(Money, Money),
    /// So much on an invoice, by this rule of this policy.
    Charge(Money, InvoiceNumber, RuleName, PolicyRef),
    /// A rule on an invoice, what stands against it, perhaps until then.
    Barred(RuleName, InvoiceNumber, &'static str, Option<Timestamp>),
}

impl fmt::Display for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Said(text) => f.write_str(text),
            Self::Written(text) => f.write_str(text),
            Self::Due(date, 1) => write!(f, "due on {date}, yesterday"),
            Self::Due(date, days) => write!(f, "due on {date}, {days} days ago"),
            Self::Invoice(number) => write!(f, "{number}"),
            Self::InvoiceUntil(number, until) => write!(f, "{number}, until {until}"),
            Self::Step(step) => write!(f, "{step}"),
            Self::StepAt(step, days) => write!(f, "{step} comes at {days} days"),
            Self::StepBy(step, by) => write!(f, "{step} by {by}"),
            Self::Below(open, least) => write!(f, "{open} {} is open, the least is {least}", open.currency()),
            Self::Charge(amount, number, rule, policy) => {
                write!(f, "{amount} {} on {number} by {rule} of {policy}", amount.currency())
            }
            Self::Barred(rule, number, why, until) => {
                write!(f, "{rule} on {number}: {why}")?;
                until.map_or(Ok(()), |until| write!(f, ", until {until}"))
            }
            Self::ClosedUntil(open, zone) => write!(f, "until {open} in {}", zone.name()),
            Self::Refused(channel, refusal) => {
                let Refusal { rule, source, why, until } = &**refusal;
                write!(f, "{} by {rule} ({source}): {why}", channel.as_str())?;
                until.moment().map_or(Ok(()), |until| write!(f, ", until {until}"))
            }
            Self::Until(until) => write!(f, "until {until}"),
            Self::PaymentUntil(until) => write!(f, "a payment is under way until {until}"),
            Self::Held(reason, part, until) => {
                write!(f, "{}", reason.as_str())?;
                if let Some((number, amount)) = part {
                    write!(f, ", {amount} {} of {number}", amount.currency())?;
                }
                until.map_or(Ok(()), |until| write!(f, ", until {until}"))
            }
        }
    }
}

impl From<&'static str> for Detail {
    fn from(text: &'static str) -> Self {
        Self::Said(text)
    }
}

/// One rule's word in one decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// Which rule.
    pub rule: Rule,
    /// Whether it spoke for contact.
    pub speaks_for: bool,
    /// About what.
    pub detail: Detail,
}

impl Reason {
    /// The rule asks for contact.
    #[must_use]
    pub fn in_favour(rule: Rule, detail: impl Into<Detail>) -> Self {
        Self { rule, speaks_for: true, detail: detail.into() }
    }

    /// The rule asks for silence.
    #[must_use]
    pub fn against(rule: Rule, detail: impl Into<Detail>) -> Self {
        Self { rule, speaks_for: false, detail: detail.into() }
    }
}
