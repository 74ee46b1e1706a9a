//! By which channel a step may go now: the gate is asked for each in the order of the step.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::contact::Channel;
use crate::debtor::Debtor;
use crate::gate::{Attempt, ContactRules, Content, Facts, Gate, History, Medium, Refusal, Target, Verdict};
use crate::ids::PersonId;
use crate::message::Line;
use crate::money::Money;
use crate::reach::{Address, Way};

/// What the gate says of the channels of a step.
pub(super) struct Permitted {
    /// The first that may be used, and until when its address rests.
    pub(super) way: Option<(Channel, Option<Timestamp>)>,
    /// When the first of the others may be, if no fact changes.
    pub(super) earliest: Option<Timestamp>,
    /// Why those before it may not.
    pub(super) refusals: Vec<(Channel, Refusal)>,
}

/// Asks for each channel in turn, until one may be used.
pub(super) fn permitted<'a>(
    (debtor, rules, now): (&Debtor, &ContactRules, Timestamp),
    ways: impl Iterator<Item = (Channel, Way<'a>)>,
    (lines, amount_due): (&[Line], Money),
) -> Permitted {
    let about: BTreeSet<_> = lines.iter().map(|line| line.invoice.clone()).collect();
    let history = History::of(debtor);
    let mut facts = Facts::of(debtor, &about, &rules.book.atlas, now);
    facts.collector = Some(rules.collector);
    let gate = Gate::new(&rules.book.law, &facts, &history, &rules.policy);
    let mut permitted = Permitted { way: None, earliest: None, refusals: Vec::new() };
    for (channel, way) in ways {
        let (address, rests) = match way {
            Way::To(address) => (address, None),
            Way::Rests(address, until) => (address, Some(until)),
            Way::Closed => continue,
        };
        match gate.permit(&attempt((debtor, rules, now), (channel, address), amount_due), now) {
            Verdict::Allowed { .. } => {
                permitted.way = Some((channel, rests));
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

fn attempt(
    (debtor, rules, now): (&Debtor, &ContactRules, Timestamp),
    (channel, to): (Channel, &Address),
    amount_due: Money,
) -> Attempt {
    let medium = Medium::from(channel);
    let first = debtor.contacts.is_empty();
    Attempt {
        automated: true,
        to: debtor.profile.contacts.get(&to.id()).map_or(Target::Unknown, |point| point.target(now)),
        content: Content { first, demanded: Some(amount_due), ..Content::of_reminder(rules.collector) },
        ..Attempt::new(medium, PersonId::from(&debtor.id))
    }
}
