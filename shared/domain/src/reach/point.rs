//! One address of a debtor, and all that is known of it.

use jiff::{SignedDuration, Timestamp};

use super::address::Address;
use super::consent::{Consent, ConsentKind, ConsentSource, GivenTo, Withdrawn};
use super::suppression::StopReason;
use crate::contact::Channel;
use crate::gate::target::{MailBasis, Mailbox, Number, Target};
use crate::named::named;
use crate::policy::Stage;

/// After so many messages in a row that could not be delivered for the moment, an address counts as dead.
pub const SOFT_BOUNCES_MAX: u8 = 3;
/// How long an address rests after the first of them, and after the next.
const RESTS: [SignedDuration; 2] = [SignedDuration::from_hours(4), SignedDuration::from_hours(24)];

/// What an address is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ContactPurpose {
    /// Invoices and reminders.
    Billing,
    /// Whoever decides on payment: final notices.
    Escalation,
}

named!(ContactPurpose, Billing => "billing", Escalation => "escalation");

impl ContactPurpose {
    /// What a message of a stage is for.
    #[must_use]
    pub fn of(stage: Stage) -> Self {
        match stage {
            Stage::Upcoming | Stage::Early | Stage::Mid => Self::Billing,
            Stage::Late => Self::Escalation,
        }
    }
}

/// Why an address is not used any more, and since when; the earlier comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stopped {
    /// Since when.
    pub since: Timestamp,
    /// Why.
    pub reason: StopReason,
}

/// An address that could not be delivered to for the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rest {
    /// How often in a row.
    pub bounces: u8,
    /// Until when it is left alone.
    pub until: Timestamp,
}

/// Whether an address, or a channel, can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way<'a> {
    /// By this address.
    To(&'a Address),
    /// By this address, from then on.
    Rests(&'a Address, Timestamp),
    /// Not.
    Closed,
}

/// An address of a debtor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactPoint {
    /// The address.
    pub address: Address,
    /// What it is for.
    pub purpose: ContactPurpose,
    /// What was agreed to for it, in the order in which it became known.
    pub consents: Vec<Consent>,
    /// Whether it is left alone for a while.
    pub rest: Option<Rest>,
    /// Whether it is not used any more.
    pub stopped: Option<Stopped>,
}

impl ContactPoint {
    /// An address of which nothing else is known.
    #[must_use]
    pub fn new(address: Address, purpose: ContactPurpose) -> Self {
        Self { address, purpose, consents: Vec::new(), rest: None, stopped: None }
    }

    /// Whether a consent of a kind stands.
    #[must_use]
    pub fn has_consent(&self, kind: ConsentKind, now: Timestamp) -> bool {
        self.consents.iter().any(|consent| consent.kind == kind && consent.stands(now))
    }

    /// Whether a message can go there: never where it was stopped, and to a phone only with consent.
    #[must_use]
    pub fn way(&self, now: Timestamp) -> Way<'_> {
        let allowed = match self.address.channel() {
            Channel::Email => true,
            Channel::Sms => self.has_consent(ConsentKind::Messages, now),
        };
        match self.rest {
            _ if self.stopped.is_some() || !allowed => Way::Closed,
            Some(rest) if now < rest.until => Way::Rests(&self.address, rest.until),
            Some(_) | None => Way::To(&self.address),
        }
    }

    /// The address as the gate asks about it. What line a number belongs to, and why a mailbox may be used beyond a consent
    /// given directly, is not known here, and so reads restrictively.
    #[must_use]
    pub fn target(&self, now: Timestamp) -> Target {
        let opted_out = self.stopped.map(|stopped| stopped.since);
        match &self.address {
            Address::Phone(_) => Target::Number(Number { opted_out, ..Number::default() }),
            Address::Email(email) => {
                let direct = |one: &Consent| {
                    one.kind == ConsentKind::Messages && one.given_to == GivenTo::Collector && one.stands(now)
                };
                let basis = self.consents.iter().any(direct).then_some(MailBasis::DirectConsent);
                let domain = email.as_str().split_once('@').map(|(_, domain)| domain.to_lowercase());
                Target::Mailbox(Mailbox { basis, opted_out, domain, employer_provided: false })
            }
        }
    }

    /// Writes a consent down; one that says the same and stands is not written twice.
    pub fn agree(&mut self, consent: Consent) {
        let stands = |known: &Consent| {
            let same = (known.kind, known.given_to, known.expires) == (consent.kind, consent.given_to, consent.expires);
            same && known.withdrawn == Withdrawn::No && (consent.given.is_none() || known.given == consent.given)
        };
        if !self.consents.iter().any(stands) {
            self.consents.push(consent);
        }
    }

    /// Takes every consent of a kind back; whether there was one.
    pub fn withdraw(&mut self, kind: ConsentKind, when: Withdrawn) -> bool {
        let standing = self.consents.iter_mut().filter(|one| one.kind == kind && one.withdrawn == Withdrawn::No);
        standing.map(|consent| consent.withdrawn = when).count() > 0
    }

    /// What the tenant's books say of messages to it: yes or no, without a day.
    pub(super) fn told_by_books(&mut self, consents: bool) {
        let kind = ConsentKind::Messages;
        let known = self.consents.iter().any(|one| one.kind == kind && one.withdrawn == Withdrawn::No);
        match (consents, known) {
            (true, false) => self.consents.push(Consent {
                kind,
                source: ConsentSource::Books,
                given_to: GivenTo::Collector,
                given: None,
                expires: None,
                withdrawn: Withdrawn::No,
            }),
            (false, true) => {
                self.withdraw(kind, Withdrawn::Sometime);
            }
            (true, true) | (false, false) => {}
        }
    }

    /// Stops it. The earliest reason counts, whenever it became known; whether it was not stopped before.
    pub(crate) fn stop(&mut self, stopped: Stopped) -> bool {
        let is_new = self.stopped.is_none();
        let earliest = self.stopped.map_or(stopped, |known| known.min(stopped));
        self.stopped = Some(earliest);
        is_new
    }

    /// A message could not be delivered for the moment: it rests, until that was too often. Whether it is dead by now.
    pub(crate) fn bounced_softly(&mut self, now: Timestamp) -> bool {
        let bounces = self.rest.map_or(1, |rest| rest.bounces.saturating_add(1));
        let rest = RESTS.get(usize::from(bounces).saturating_sub(1)).copied().unwrap_or(SignedDuration::ZERO);
        self.rest = Some(Rest { bounces, until: now.saturating_add(rest).unwrap_or(Timestamp::MAX) });
        bounces >= SOFT_BOUNCES_MAX
    }
}
