//! By which channel a step may go now: the gate is asked for each in the order of the step.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::contact::Channel;
use crate::debtor::Debtor;
use crate::gate::{Attempt, ContactRules, Content, Facts, Gate, History, Medium, Refusal, Target, Verdict};
use crate::ids::PersonId;
use crate::message::Line;
use crate::money::Money;

/// What the gate says of the channels of a step.
pub(super) struct Permitted {
    /// The first that may be used now.
    pub(super) channel: Option<Channel>,
    /// When the first of the others may be, if no fact changes.
    pub(super) earliest: Option<Timestamp>,
    /// Why those before it may not.
    pub(super) refusals: Vec<(Channel, Refusal)>,
}

/// Asks for each channel in turn, until one may be used.
pub(super) fn permitted(
    (debtor, rules, now): (&Debtor, &ContactRules, Timestamp),
    channels: impl Iterator<Item = Channel>,
    (lines, amount_due): (&[Line], Money),
) -> Permitted {
    let about: BTreeSet<_> = lines.iter().map(|line| line.invoice.clone()).collect();
    let history = History::of(debtor);
    let mut facts = Facts::of(debtor, &about, &rules.book.atlas, now);
    facts.collector = Some(rules.collector);
    let gate = Gate::new(&rules.book.law, &facts, &history, &rules.policy);
    let mut permitted = Permitted { channel: None, earliest: None, refusals: Vec::new() };
    for channel in channels {
        match gate.permit(&attempt(debtor, channel, amount_due), now) {
            Verdict::Allowed { .. } => {
                permitted.channel = Some(channel);
                return permitted;
            }
            Verdict::Refused { refusals, earliest } => {
                permitted.refusals.extend(refusals.into_iter().map(|refusal| (channel, refusal)));
                permitted.earliest = permitted.earliest.into_iter().chain(earliest).min();
            }
        }
    }
    permitted
}

fn attempt(debtor: &Debtor, channel: Channel, amount_due: Money) -> Attempt {
    let medium = Medium::from(channel);
    let first = debtor.contacts.is_empty();
    Attempt {
        automated: true,
        to: Target::of(&debtor.profile, medium),
        content: Content { first, demanded: Some(amount_due), ..Content::of_reminder() },
        ..Attempt::new(medium, PersonId::from(&debtor.id))
    }
}
