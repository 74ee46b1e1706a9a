//! What was agreed to for one address.

use jiff::Timestamp;

use super::preferences::family;
use crate::contact::Channel;
use crate::gate::facts;
use crate::named::named;

/// What a consent for an address allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ConsentKind {
    /// Messages to the address.
    Messages,
    /// Recorded calls and autodialled messages (47 U.S.C. 227(b)(1)).
    PriorExpress,
    /// Calls at work.
    AtWork,
}

named!(ConsentKind, Messages => "messages", PriorExpress => "prior_express", AtWork => "at_work");

/// How it became known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ConsentSource {
    /// The tenant's books said so, without a day.
    Books,
    /// Someone wrote it down.
    Staff,
    /// The debtor said so in writing, in a form of the tenant's or a message.
    Debtor,
}

named!(ConsentSource, Books => "books", Staff => "staff", Debtor => "debtor");

/// To whom it was given: some of the law counts only what was given to the collector itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum GivenTo {
    /// To this collector.
    Collector,
    /// To the creditor, or to a collector before this one.
    Other,
}

named!(GivenTo, Collector => "collector", Other => "other");

/// Whether a consent was taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Withdrawn {
    /// It was not.
    No,
    /// It was, and nobody said when.
    Sometime,
    /// It was, then.
    At(Timestamp),
}

/// A consent for one address. One that ended is kept: it is the proof for what was sent while it stood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    /// What it allows.
    pub kind: ConsentKind,
    /// How it became known.
    pub source: ConsentSource,
    /// To whom it was given.
    pub given_to: GivenTo,
    /// When, where that is known.
    pub given: Option<Timestamp>,
    /// When it ends by itself.
    pub expires: Option<Timestamp>,
    /// Whether it was taken back.
    pub withdrawn: Withdrawn,
}

impl Consent {
    /// Whether it stands at a moment.
    #[must_use]
    pub fn stands(&self, now: Timestamp) -> bool {
        let taken_back = match self.withdrawn {
            Withdrawn::No => false,
            Withdrawn::Sometime => true,
            Withdrawn::At(at) => at <= now,
        };
        !taken_back && self.given.is_none_or(|given| given <= now) && self.expires.is_none_or(|ends| now < ends)
    }

    /// The consent as the gate asks about it; `None` where it was taken back at a time that nobody knows.
    #[must_use]
    pub fn fact(&self, channel: Channel) -> Option<facts::Consent> {
        let kind = match self.kind {
            ConsentKind::Messages => facts::ConsentKind::Electronic(Some(family(channel))),
            ConsentKind::PriorExpress => facts::ConsentKind::PriorExpress,
            ConsentKind::AtWork => facts::ConsentKind::AtWork,
        };
        let ends = match self.withdrawn {
            Withdrawn::No => self.expires,
            Withdrawn::Sometime => return None,
            Withdrawn::At(at) => Some(self.expires.map_or(at, |expires| expires.min(at))),
        };
        Some(facts::Consent { kind, direct: self.given_to == GivenTo::Collector, given: self.given, ends })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hour: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH.checked_add(jiff::SignedDuration::from_hours(hour)).unwrap()
    }

    #[test]
    fn a_consent_stands_from_when_it_was_given_until_it_ends() {
        let consent = |given, expires, withdrawn| Consent {
            kind: ConsentKind::Messages,
            source: ConsentSource::Staff,
            given_to: GivenTo::Collector,
            given,
            expires,
            withdrawn,
        };
        for (one, stands) in [
            (consent(None, None, Withdrawn::No), true),
            (consent(Some(at(5)), None, Withdrawn::No), true),
            (consent(Some(at(6)), None, Withdrawn::No), false),
            (consent(None, Some(at(6)), Withdrawn::No), true),
            (consent(None, Some(at(5)), Withdrawn::No), false),
            (consent(None, None, Withdrawn::At(at(6))), true),
            (consent(None, Some(at(9)), Withdrawn::At(at(5))), false),
            (consent(None, None, Withdrawn::Sometime), false),
        ] {
            assert_eq!(one.stands(at(5)), stands, "{one:?}");
            let fact = one.fact(Channel::Sms);
            assert_eq!(fact.is_some_and(|fact| fact.direct && fact.stands(at(5))), stands, "{one:?}");
        }
    }
}
