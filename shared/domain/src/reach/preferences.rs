//! What a debtor wants, whatever the address.

use jiff::Timestamp;

use crate::contact::Channel;
use crate::gate::facts::Inconvenient;
use crate::gate::medium::Family;

/// What a debtor asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Preferences {
    /// Times that do not suit (12 CFR 1006.6(b)(1)).
    pub inconvenient: Vec<Inconvenient>,
    /// Media that the debtor does not want, and since when; said by mouth is enough (12 CFR 1006.14(h)(1)).
    pub refused: Vec<(Family, Timestamp)>,
}

impl Preferences {
    /// Whether a medium was refused.
    #[must_use]
    pub fn refuses(&self, family: Family, now: Timestamp) -> bool {
        self.refused.iter().any(|(refused, since)| *refused == family && *since <= now)
    }

    /// Refuses these media and no others; one that was refused before keeps its day.
    pub fn refuse(&mut self, media: &[Family], now: Timestamp) {
        let since = |family: &Family| self.refused.iter().find(|(known, _)| known == family).map_or(now, |(_, at)| *at);
        self.refused = media.iter().map(|family| (*family, since(family))).collect();
    }
}

/// The medium of a channel's messages, as debtors tell them apart.
#[must_use]
pub fn family(channel: Channel) -> Family {
    match channel {
        Channel::Email => Family::Email,
        Channel::Sms => Family::Texts,
    }
}

/// The names of media as debtors tell them apart.
const FAMILIES: [(Family, &str); 5] = [
    (Family::Email, "email"),
    (Family::Texts, "texts"),
    (Family::Calls, "calls"),
    (Family::Post, "post"),
    (Family::Social, "social"),
];

/// The name of a medium.
#[must_use]
pub fn family_name(family: Family) -> &'static str {
    FAMILIES.iter().find(|(known, _)| *known == family).map_or("", |(_, name)| name)
}

/// The medium of that name.
#[must_use]
pub fn family_named(name: &str) -> Option<Family> {
    FAMILIES.iter().find(|(_, known)| *known == name).map(|(family, _)| *family)
}
