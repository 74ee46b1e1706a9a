//! What is said of a debtor by itself, without an invoice: who it is, what it is granted, and whose child it is.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{Debtor, GroupError, Journal};
use crate::calendar::Zone;
use crate::contact::{Channel, DebtorKind, EmailAddress, PhoneNumber};
use crate::credit::{CreditLimit, PaymentDays};
use crate::event::{Event, EventKind};
use crate::ids::DebtorId;
use crate::money::Currency;
use crate::profile::Profile;
use crate::reach::Address;

/// What is said of one thing (RFC 7396).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Patch<T> {
    /// Nothing: it stays.
    #[default]
    Keep,
    /// It is as if nothing had ever been said of it.
    Clear,
    /// It is this.
    Set(T),
}

impl<T> Patch<T> {
    fn map<U>(self, into: impl FnOnce(T) -> U) -> Patch<U> {
        match self {
            Self::Keep => Patch::Keep,
            Self::Clear => Patch::Clear,
            Self::Set(value) => Patch::Set(into(value)),
        }
    }

    fn onto<U: From<T>>(self, field: &mut U, unsaid: U) {
        match self {
            Self::Keep => {}
            Self::Clear => *field = unsaid,
            Self::Set(value) => *field = value.into(),
        }
    }
}

/// What is said of a debtor.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DebtorPatch {
    /// See [`Profile::name`]; the reference where none is said.
    pub name: Patch<String>,
    /// See [`Profile::kind`].
    pub kind: Patch<DebtorKind>,
    /// See [`crate::reach::ContactPoints::email`].
    pub email: Patch<EmailAddress>,
    /// See [`crate::reach::ContactPoints::phone`].
    pub phone: Patch<PhoneNumber>,
    /// See [`crate::reach::ContactPoints::sms_consent`]. It was given for a number: a new one begins without.
    pub sms_consent: Patch<bool>,
    /// See [`Profile::country`].
    pub country: Patch<String>,
    /// See [`Profile::region`].
    pub region: Patch<String>,
    /// See [`Profile::language`].
    pub language: Patch<String>,
    /// See [`Profile::zone`]; the tenant's where none is said.
    pub zone: Patch<Zone>,
    /// Days to pay; the parent's where none are said.
    pub payment_days: Patch<PaymentDays>,
    /// Whether limits that are not named below are lifted.
    pub lifts_other_limits: bool,
    /// Limits by currency; `None` lifts one.
    pub limits: BTreeMap<Currency, Option<CreditLimit>>,
    /// The parent.
    pub parent: Patch<DebtorId>,
}

/// What a patch needs to know that the debtor does not.
#[derive(Debug, Clone, Copy)]
pub struct Around<'a> {
    /// The parent that the patch names, where it is known.
    pub parent: Option<&'a Debtor>,
    /// How many children the debtor has.
    pub children: u64,
    /// The tenant's own clock.
    pub zone: &'a Zone,
    /// When it is said.
    pub now: Timestamp,
}

/// One field that was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldChange {
    /// Its name in the API.
    pub field: &'static str,
    /// What it was and what it is; untold where it would say who somebody is or how to reach them.
    pub told: Option<(String, String)>,
}

impl Debtor {
    /// Takes over what a patch says. What it changed is on the journal, and told by the names of the fields.
    ///
    /// # Errors
    /// [`GroupError`]; nothing is changed then.
    pub fn amend(&mut self, patch: &DebtorPatch, around: Around<'_>, journal: &mut Journal) -> Result<(), GroupError> {
        let before = self.clone();
        self.change_parent(&patch.parent, around)?;
        self.amend_profile(patch.clone(), around.zone);
        self.amend_credit(patch);
        let changes = changes(&before, self, around.now);
        if !changes.is_empty() {
            let fields: Vec<&str> = changes.iter().map(|change| change.field).collect();
            journal.events.push(Event::new(EventKind::DebtorUpdated).detail(fields.join(",")));
            journal.changes.extend(changes);
        }
        Ok(())
    }

    fn change_parent(&mut self, parent: &Patch<DebtorId>, around: Around<'_>) -> Result<(), GroupError> {
        match parent {
            Patch::Keep => Ok(()),
            Patch::Set(parent) if self.membership.parent() == Some(parent) => Ok(()),
            Patch::Set(parent) => match around.parent.filter(|known| known.id == *parent) {
                Some(known) => self.join(known, around.children),
                None if *parent == self.id => Err(GroupError::Itself(parent.clone())),
                None => Err(GroupError::Unknown(parent.clone())),
            },
            Patch::Clear => self.leave(),
        }
    }

    fn amend_profile(&mut self, patch: DebtorPatch, zone: &Zone) {
        let unsaid = Profile::unknown(self.id.to_string(), zone.clone());
        let profile = &mut self.profile;
        patch.name.onto(&mut profile.name, unsaid.name);
        patch.kind.onto(&mut profile.kind, unsaid.kind);
        let email = patch.email.map(Address::Email);
        let phone = patch.phone.map(Address::Phone);
        for (channel, said) in [(Channel::Email, email), (Channel::Sms, phone)] {
            match said {
                Patch::Keep => {}
                Patch::Clear => profile.contacts.clear(channel),
                Patch::Set(address) => profile.contacts.set(address),
            }
        }
        patch.country.onto(&mut profile.country, unsaid.country);
        patch.region.onto(&mut profile.region, unsaid.region);
        patch.language.onto(&mut profile.language, unsaid.language);
        patch.zone.onto(&mut profile.zone, unsaid.zone);
        match patch.sms_consent {
            Patch::Keep => {}
            Patch::Clear => profile.contacts.set_sms_consent(false),
            Patch::Set(consents) => profile.contacts.set_sms_consent(consents),
        }
    }

    fn amend_credit(&mut self, patch: &DebtorPatch) {
        patch.payment_days.clone().onto(&mut self.credit.payment_days, None);
        let known: Vec<Currency> = self.credit.limits().keys().copied().collect();
        for currency in known.into_iter().filter(|_| patch.lifts_other_limits) {
            self.credit.lift_limit(currency);
        }
        for (currency, limit) in &patch.limits {
            match limit {
                Some(limit) => self.credit.set_limit(*limit),
                None => self.credit.lift_limit(*currency),
            }
        }
    }
}

/// The fields that differ.
fn changes(before: &Debtor, after: &Debtor, now: Timestamp) -> Vec<FieldChange> {
    let (was, is) = (&before.profile, &after.profile);
    let personal = [
        ("name", was.name != is.name),
        ("email", was.contacts.email() != is.contacts.email()),
        ("phone", was.contacts.phone() != is.contacts.phone()),
        ("country", was.country != is.country),
        ("region", was.region != is.region),
    ];
    let personal = personal.into_iter().filter(|(_, differs)| *differs);
    let personal = personal.map(|(field, _)| FieldChange { field, told: None });
    let told = ["kind", "sms_consent", "language", "time_zone", "payment_terms_days", "credit_limits", "parent_ref"];
    let told = told.into_iter().zip(plain(before, now).into_iter().zip(plain(after, now)));
    let told = told.filter(|(_, (was, is))| was != is).map(|(field, told)| FieldChange { field, told: Some(told) });
    personal.chain(told).collect()
}

/// What says nothing of who somebody is, as text.
fn plain(debtor: &Debtor, now: Timestamp) -> [String; 7] {
    let Debtor { profile, credit, membership, .. } = debtor;
    let limit = |(currency, limit): (&Currency, &CreditLimit)| format!("{} {currency}", limit.amount());
    [
        profile.kind.as_str().to_owned(),
        if profile.contacts.sms_consent(now) { "yes" } else { "no" }.to_owned(),
        profile.language.clone().unwrap_or_default(),
        profile.zone.name().to_owned(),
        credit.payment_days.map(|days| days.to_string()).unwrap_or_default(),
        credit.limits().iter().map(limit).collect::<Vec<_>>().join(", "),
        membership.parent().map(ToString::to_string).unwrap_or_default(),
    ]
}
