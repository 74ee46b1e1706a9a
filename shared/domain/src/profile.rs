//! Who a debtor is, and how to reach them.

use crate::calendar::Zone;
use crate::contact::{Channel, DebtorKind, EmailAddress, PhoneNumber};

/// Who it is and how to reach them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// The name to write to.
    pub name: String,
    /// Consumer unless known to be a business.
    pub kind: DebtorKind,
    /// Where e-mail goes.
    pub email: Option<EmailAddress>,
    /// Where text messages go.
    pub phone: Option<PhoneNumber>,
    /// Whether the debtor agreed to text messages.
    pub sms_consent: bool,
    /// Whether the debtor asked for no more e-mail.
    pub email_opted_out: bool,
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
    /// See [`Profile::email`].
    pub email: Option<EmailAddress>,
    /// See [`Profile::phone`].
    pub phone: Option<PhoneNumber>,
    /// See [`Profile::sms_consent`].
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
            email: None,
            phone: None,
            sms_consent: false,
            email_opted_out: false,
            country: None,
            region: None,
            language: None,
            zone,
        }
    }

    /// Takes over what the patch says. A new address has not opted out of anything.
    pub fn apply(&mut self, patch: &ProfilePatch) {
        fn take<T: Clone>(field: &mut T, told: Option<&T>) {
            if let Some(value) = told {
                *field = value.clone();
            }
        }
        if patch.email.is_some() && patch.email != self.email {
            self.email_opted_out = false;
        }
        take(&mut self.name, patch.name.as_ref());
        take(&mut self.kind, patch.kind.as_ref());
        take(&mut self.sms_consent, patch.sms_consent.as_ref());
        take(&mut self.zone, patch.zone.as_ref());
        self.email = patch.email.clone().or(self.email.take());
        self.phone = patch.phone.clone().or(self.phone.take());
        self.country = patch.country.clone().or(self.country.take());
        self.region = patch.region.clone().or(self.region.take());
        self.language = patch.language.clone().or(self.language.take());
    }

    /// Whether a channel may be used: there is an address, and consent where the channel needs it.
    #[must_use]
    pub fn reachable(&self, channel: Channel) -> bool {
        match channel {
            Channel::Email => self.email.is_some() && !self.email_opted_out,
            Channel::Sms => self.phone.is_some() && self.sms_consent,
        }
    }
}
