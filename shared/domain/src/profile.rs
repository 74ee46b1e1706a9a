//! Who a debtor is, and how to reach them.

use jiff::Timestamp;

use crate::calendar::Zone;
use crate::contact::{Channel, DebtorKind, EmailAddress, PhoneNumber};
use crate::gate::Facts;
use crate::policy::Stage;
use crate::reach::preferences::family;
use crate::reach::{Address, ContactPoints, Preferences, Way};

/// Who it is and how to reach them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// The name to write to.
    pub name: String,
    /// Consumer unless known to be a business.
    pub kind: DebtorKind,
    /// Where messages go, and what is known of each address.
    pub contacts: ContactPoints,
    /// What the debtor wants, whatever the address.
    pub preferences: Preferences,
    /// ISO 3166 country, two letters.
    pub country: Option<String>,
    /// State or region within the country.
    pub region: Option<String>,
    /// BCP 47 language, such as `en`.
    pub language: Option<String>,
    /// The debtor's own clock.
    pub zone: Zone,
}

/// What an input says of a debtor; what it does not say stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProfilePatch {
    /// See [`Profile::name`].
    pub name: Option<String>,
    /// See [`Profile::kind`].
    pub kind: Option<DebtorKind>,
    /// Where e-mail about invoices goes.
    pub email: Option<EmailAddress>,
    /// Where texts about invoices go.
    pub phone: Option<PhoneNumber>,
    /// Whether texts to that number were agreed to.
    pub sms_consent: Option<bool>,
    /// See [`Profile::country`].
    pub country: Option<String>,
    /// See [`Profile::region`].
    pub region: Option<String>,
    /// See [`Profile::language`].
    pub language: Option<String>,
    /// See [`Profile::zone`].
    pub zone: Option<Zone>,
}

impl Profile {
    /// A debtor of whom only this is known; `zone` is the tenant's, until the debtor's own is known.
    #[must_use]
    pub fn unknown(name: String, zone: Zone) -> Self {
        Self {
            name,
            kind: DebtorKind::Consumer,
            contacts: ContactPoints::default(),
            preferences: Preferences::default(),
            country: None,
            region: None,
            language: None,
            zone,
        }
    }

    /// Takes over what the patch says. A new address has opted out of nothing and agreed to nothing.
    pub fn apply(&mut self, patch: &ProfilePatch) {
        fn take<T: Clone>(field: &mut T, told: Option<&T>) {
            if let Some(value) = told {
                *field = value.clone();
            }
        }
        take(&mut self.name, patch.name.as_ref());
        take(&mut self.kind, patch.kind.as_ref());
        take(&mut self.zone, patch.zone.as_ref());
        let email = patch.email.clone().map(Address::Email);
        let phone = patch.phone.clone().map(Address::Phone);
        email.into_iter().chain(phone).for_each(|address| self.contacts.set(address));
        if let Some(consents) = patch.sms_consent {
            self.contacts.set_sms_consent(consents);
        }
        self.country = patch.country.clone().or(self.country.take());
        self.region = patch.region.clone().or(self.region.take());
        self.language = patch.language.clone().or(self.language.take());
    }

    /// Adds what is known of consents, refusals and times that do not suit to what the gate looks at.
    pub fn add_to(&self, facts: &mut Facts) {
        for point in self.contacts.iter() {
            let channel = point.address.channel();
            facts.consents.extend(point.consents.iter().filter_map(|consent| consent.fact(channel)));
            let refused = point.stopped.filter(|stopped| stopped.reason.is_refusal());
            facts.refused.addresses.extend(refused.map(|stopped| (family(channel), stopped.since)));
        }
        facts.refused.media.extend(&self.preferences.refused);
        facts.inconvenient.extend(self.preferences.inconvenient.iter().cloned());
    }

    /// How a message of a stage can go by a channel: not where the debtor does not want it.
    #[must_use]
    pub fn way(&self, channel: Channel, stage: Stage, now: Timestamp) -> Way<'_> {
        if self.preferences.refuses(family(channel), now) {
            Way::Closed
        } else {
            self.contacts.way(channel, stage, now)
        }
    }
}
