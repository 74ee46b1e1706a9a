//! A decision in plain words: "why did, or didn't, you contact me?"
//!
//! What the words are made of is what is kept of a decision, so a decision that was stored and one that was just made are
//! told alike.

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::contact::Channel;
use crate::decision::{AccountDecision, Action};
use crate::ids::{AccountKey, StepName};
use crate::message::Plan;
use crate::money::Money;
use crate::policy::TaskKind;
use crate::reason::{Detail, Reason, Rule};

/// What was done for one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Did {
    /// The debtor is written to.
    Write {
        /// The step that it is.
        step: StepName,
        /// By what.
        channel: Channel,
        /// How many invoices it names.
        invoices: usize,
        /// What it asks for.
        amount: Money,
    },
    /// A person is given something to do.
    Ask {
        /// What.
        kind: TaskKind,
        /// The step that asks for it.
        step: StepName,
    },
    /// Nothing.
    Nothing,
}

impl Did {
    /// What an action comes to.
    #[must_use]
    pub fn of(action: Option<&Action>) -> Self {
        match action {
            Some(Action::Send(Plan { step, channel, lines, amount_due, .. })) => {
                Self::Write { step: step.clone(), channel: *channel, invoices: lines.len(), amount: *amount_due }
            }
            Some(Action::OpenTask { task, .. }) => Self::Ask { kind: task.kind, step: task.step.clone() },
            None => Self::Nothing,
        }
    }
}

/// What one rule said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// Which rule.
    pub rule: Rule,
    /// Whether it spoke for contact.
    pub speaks_for: bool,
    /// About what, as it is put on record.
    pub detail: String,
    /// The rule of law or of the platform that refused, and where it stands.
    pub law: Option<(String, String)>,
}

impl Word {
    /// What is kept of a reason.
    #[must_use]
    pub fn of(reason: &Reason) -> Self {
        let law = match &reason.detail {
            Detail::Refused(_, refusal) => Some((refusal.rule.to_string(), refusal.source.to_string())),
            Detail::Said(_)
            | Detail::Written(_)
            | Detail::Due(..)
            | Detail::Invoice(_)
            | Detail::InvoiceUntil(..)
            | Detail::Step(_)
            | Detail::StepAt(..)
            | Detail::StepBy(..)
            | Detail::ClosedUntil(..)
            | Detail::Until(_)
            | Detail::PaymentUntil(_)
            | Detail::Held(..)
            | Detail::Below(..)
            | Detail::Charge(..)
            | Detail::Barred(..) => None,
        };
        Self { rule: reason.rule, speaks_for: reason.speaks_for, detail: reason.detail.to_string(), law }
    }

    /// Where the rule stands: the statute that the gate names, or what of the creditor's it is.
    #[must_use]
    pub fn source(&self) -> &str {
        self.law.as_ref().map_or_else(|| source(self.rule), |(_, source)| source)
    }

    /// What it said, as a part of a sentence.
    #[must_use]
    pub fn words(&self) -> String {
        let detail = plain(&self.detail);
        match self.rule {
            Rule::Overdue => format!("the oldest debt was {detail}"),
            Rule::Resumed => format!("it is owed again and the ladder goes on where it was left ({detail})"),
            Rule::StepReached => format!("the step '{detail}' has come"),
            Rule::CourtesyDue => format!("a due date is near and the note '{detail}' is in order"),
            Rule::StepSuperseded => format!("a later step is right and replaces an earlier one ({detail})"),
            Rule::StepNotReached => format!("the next step has not come ({detail})"),
            Rule::LadderEnded => format!("the policy has no further step ({detail})"),
            Rule::PaymentInFlight => format!("money is on its way ({detail})"),
            Rule::Chargeback => format!("a payment of {detail} is contested at the bank"),
            Rule::Refunded => format!("money was paid back on {detail}, and a person has to say what that means"),
            Rule::OnHold => format!("it is on hold ({detail})"),
            Rule::CoveredByCredit => format!("credit that is not applied yet covers {detail}"),
            Rule::MessageInFlight => format!("the message '{detail}' is on its way already"),
            Rule::Weekend => format!("it is a weekend where the debtor is ({detail})"),
            Rule::Holiday => format!("it is a public holiday where the debtor is ({detail})"),
            Rule::QuietHours => format!("it is outside the hours for contact where the debtor is ({detail})"),
            Rule::NotPermitted => format!("it is not permitted to write by {detail}"),
            Rule::NoChannel => format!("there is no way to reach the debtor ({detail})"),
            Rule::BelowMinimum => format!("too little is open ({detail})"),
            Rule::ChargeDue => format!("a charge is due ({detail})"),
            Rule::ChargeBarred => format!("a charge may not be made ({detail})"),
            Rule::NotChargeable => format!("a charge cannot be worked out ({detail})"),
            Rule::AddressRests => format!("mail to the address bounced, and it is left alone {detail}"),
            Rule::Changed => format!("what is owed has changed since it was planned ({detail})"),
            Rule::MessageRefused => format!("what it would say may not be said ({detail})"),
            Rule::NothingDue | Rule::Allocating | Rule::NotDispatched | Rule::NoLongerDue | Rule::Charging => detail,
        }
    }
}

/// What was decided for one account, as far as it is kept and told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Creditor and currency.
    pub account: AccountKey,
    /// What was done.
    pub did: Did,
    /// When to look again.
    pub wake: Option<Timestamp>,
    /// Every rule that spoke.
    pub words: Vec<Word>,
}

impl Told {
    /// What is told of a decision.
    #[must_use]
    pub fn of(decided: &AccountDecision) -> Self {
        Self {
            account: decided.account.clone(),
            did: Did::of(decided.action.as_ref()),
            wake: decided.wake,
            words: decided.reasons.iter().map(Word::of).collect(),
        }
    }

    /// What was done and why, in plain words. `withheld` is why a message that had been planned did not leave.
    #[must_use]
    pub fn summary(&self, withheld: Option<&[Word]>) -> String {
        if let Some(why) = withheld {
            let why = listed(why.iter().filter(|word| !word.speaks_for));
            return format!("A message that was planned did not leave: {why}.{}", self.again());
        }
        let why_for = || listed(self.of_contact().filter(|word| word.speaks_for));
        match &self.did {
            Did::Write { step, channel, invoices, amount } => {
                let channel = by(*channel);
                let number = if *invoices == 1 { "one invoice".to_owned() } else { format!("{invoices} invoices") };
                let currency = amount.currency();
                format!("Message '{step}' by {channel} about {number}, {currency} {amount}, because {}.", why_for())
            }
            Did::Ask { kind, step } => {
                let against = listed(self.against().filter(|word| word.rule != Rule::StepSuperseded));
                let but = if against.is_empty() { String::new() } else { format!(", and {against}") };
                format!("No message: the step '{step}' asks a person to {}, because {}{but}.", to_do(*kind), why_for())
            }
            Did::Nothing => {
                let mut text = format!("No message: {}.", listed(self.against()));
                text.push_str(&self.again());
                text
            }
        }
    }

    fn of_contact(&self) -> impl Iterator<Item = &Word> {
        self.words.iter().filter(|word| !word.rule.is_of_charges())
    }

    fn against(&self) -> impl Iterator<Item = &Word> {
        self.of_contact().filter(|word| !word.speaks_for)
    }

    fn again(&self) -> String {
        match self.wake {
            Some(wake) => format!(" Looked at again on {}.", moment(wake)),
            None => " Looked at again when something changes.".to_owned(),
        }
    }
}

/// What a rule that no statute names stands on.
fn source(rule: Rule) -> &'static str {
    match rule {
        Rule::Overdue
        | Rule::Resumed
        | Rule::NothingDue
        | Rule::PaymentInFlight
        | Rule::Chargeback
        | Rule::Refunded
        | Rule::CoveredByCredit
        | Rule::Allocating
        | Rule::Changed
        | Rule::NoLongerDue => "the creditor's books",
        Rule::StepReached
        | Rule::CourtesyDue
        | Rule::StepSuperseded
        | Rule::StepNotReached
        | Rule::LadderEnded
        | Rule::BelowMinimum
        | Rule::ChargeDue
        | Rule::ChargeBarred
        | Rule::NotChargeable
        | Rule::Charging => "the creditor's policy",
        Rule::OnHold => "what was agreed, ordered or disputed",
        Rule::Weekend | Rule::Holiday | Rule::QuietHours => "the calendar for contact",
        Rule::NotPermitted => "the rules of contact",
        Rule::NoChannel | Rule::AddressRests => "the debtor's addresses",
        Rule::MessageInFlight | Rule::NotDispatched => "the message under way",
        Rule::MessageRefused => "the rules for what messages say",
    }
}

fn by(channel: Channel) -> &'static str {
    match channel {
        Channel::Email => "e-mail",
        Channel::Sms => "text message",
    }
}

fn to_do(kind: TaskKind) -> &'static str {
    match kind {
        TaskKind::Call => "call the debtor",
        TaskKind::HandOver => "take the debt over",
        TaskKind::FindContact => "find a way to reach the debtor",
        TaskKind::MendMessage => "mend what the message says",
    }
}

fn listed<'a>(words: impl Iterator<Item = &'a Word>) -> String {
    let mut text = String::new();
    for said in words.map(Word::words) {
        if text.is_empty() {
            text = said;
        } else if !text.contains(&said) {
            // Writing to a string does not fail.
            let _ = write!(text, "; {said}");
        }
    }
    if text.is_empty() { "no rule spoke".to_owned() } else { text }
}

fn moment(at: Timestamp) -> String {
    at.strftime("%-d %B %Y, %H:%M UTC").to_string()
}

/// The same text with times and dates, hold reasons and channels as people write them.
fn plain(detail: &str) -> String {
    let word = |word: &str| {
        let core = word.trim_end_matches([',', ';', '.', ')']);
        let rest = word.get(core.len()..).unwrap_or_default();
        let said = if let Ok(at) = core.parse::<Timestamp>() {
            moment(at)
        } else if let Ok(day) = core.parse::<Date>() {
            day.strftime("%-d %B %Y").to_string()
        } else {
            core.replace('_', " ")
        };
        format!("{said}{rest}")
    };
    detail.split(' ').map(word).collect::<Vec<_>>().join(" ")
}
