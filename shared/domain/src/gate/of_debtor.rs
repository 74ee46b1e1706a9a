//! What the books know of a debtor, as the gate asks about it.

use std::collections::BTreeSet;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use super::atlas::Atlas;
use super::facts::{Attorney, Cease, Contested, Credit, Facts, Respite, Stops};
use super::history::History;
use super::medium::{Family, Medium};
use super::place::{Evidence, Jurisdiction, Place};
use super::target::Target;
use crate::agreement::{Agreement, Dispute, Terms};
use crate::contact::Channel;
use crate::debtor::Debtor;
use crate::hold::{Hold, HoldReason, HoldScope};
use crate::ids::InvoiceId;
use crate::invoice::Invoice;
use crate::money::Money;
use crate::profile::Profile;
use crate::reach::Address;

impl Facts {
    /// What is known of a debtor, for a contact about these invoices; about all that is owed where none is named.
    ///
    /// `debtor` must have been [rolled](Debtor::roll) to `now`.
    #[must_use]
    pub fn of(debtor: &Debtor, about: &BTreeSet<InvoiceId>, atlas: &Atlas, now: Timestamp) -> Self {
        let profile = &debtor.profile;
        let places = places(profile, atlas);
        let addresses = || places.iter().filter(|place| place.evidence == Evidence::Address);
        let fits = addresses().all(|place| place.zones.iter().all(|zone| *zone == profile.zone));
        let known = Known { debtor, about, now };
        let mut facts = Self {
            kind: Some(profile.kind),
            calendar: fits.then(|| profile.zone.clone()),
            places,
            credit: known.credit(),
            stops: known.stops(),
            ..Self::default()
        };
        profile.add_to(&mut facts);
        facts
    }
}

impl History {
    /// The contacts with a debtor that are on record, whoever made them.
    #[must_use]
    pub fn of(debtor: &Debtor) -> Self {
        Self(debtor.contacts.iter().map(|recorded| recorded.contact().clone()).collect())
    }
}

impl Target {
    /// The address of a debtor that a contact by a medium goes to.
    #[must_use]
    pub fn of(profile: &Profile, medium: Medium, now: Timestamp) -> Self {
        let known = |channel| profile.contacts.first(channel).map(|point| point.target(now));
        let known = match medium.family() {
            Family::Email => known(Channel::Email),
            Family::Texts | Family::Calls => known(Channel::Sms),
            Family::Post | Family::Social => None,
        };
        known.unwrap_or_else(|| Self::nowhere_known(medium))
    }
}

/// Everywhere a debtor may be. Where only the country is known, every part of it that shares the debtor's clock; where not
/// even that, the law that holds anywhere.
fn places(profile: &Profile, atlas: &Atlas) -> Vec<Place> {
    let own = || vec![profile.zone.clone()];
    // A clock that the place does not have was not told of it: then each counts.
    let narrowed = |place: Place| {
        let zones = if place.zones.contains(&profile.zone) { own() } else { [own(), place.zones].concat() };
        Place { zones, ..place }
    };
    let mut places = Vec::new();
    match address(profile) {
        None => {
            let jurisdiction = Jurisdiction::anywhere();
            places.push(Place { jurisdiction, zones: own(), evidence: Evidence::Address });
        }
        Some(jurisdiction) => {
            let place = atlas.of_address(&jurisdiction);
            let shares_clock =
                |part: &Place| !place.zones.contains(&profile.zone) || part.zones.contains(&profile.zone);
            places.extend(atlas.parts(&jurisdiction).filter(shares_clock).map(narrowed));
            places.push(narrowed(place));
        }
    }
    let phones = profile.contacts.iter().filter_map(|point| match &point.address {
        Address::Phone(phone) => Some(phone),
        Address::Email(_) => None,
    });
    places.extend(phones.filter_map(|phone| atlas.of_number(phone)));
    places
}

/// The country, and the part of it where that is known by its code.
fn address(profile: &Profile) -> Option<Jurisdiction> {
    let country = profile.country.as_deref()?;
    let part = profile.region.as_deref().and_then(|region| Jurisdiction::parse(&format!("{country}-{region}")).ok());
    part.or_else(|| Jurisdiction::parse(country).ok())
}

/// A debtor, and what a contact is about.
struct Known<'a> {
    debtor: &'a Debtor,
    about: &'a BTreeSet<InvoiceId>,
    now: Timestamp,
}

impl Known<'_> {
    fn is_about(&self, invoice: &InvoiceId) -> bool {
        self.about.is_empty() || self.about.contains(invoice)
    }

    fn date(&self, moment: Timestamp) -> Date {
        self.debtor.profile.zone.date(moment)
    }

    fn invoices(&self) -> impl Iterator<Item = &Invoice> {
        self.debtor.invoices.values().filter(|invoice| self.is_about(&invoice.id) && invoice.balance().is_positive())
    }

    /// The oldest debt protects most: it is the longest overdue, and the first that is barred.
    fn credit(&self) -> Credit {
        let due = self.invoices().map(|invoice| invoice.due_date).min();
        let past = due.and_then(|due| due.until(self.date(self.now)).ok()).map(|span| span.get_days());
        Credit { due, days_past_due: past, ..Credit::default() }
    }

    fn stops(&self) -> Stops {
        let mut stops = Stops::default();
        let reached = |hold: &&Hold| hold.holds(self.now) && self.invoices().any(|invoice| hold.scope.reaches(invoice));
        // Where nothing is owed any more, what stops contact about anything still does.
        let everything = |hold: &&Hold| hold.holds(self.now) && hold.scope == HoldScope::Debtor;
        for hold in self.debtor.holds.values().filter(|hold| reached(hold) || everything(hold)) {
            self.stop(hold, &mut stops);
        }
        let disputes = self.debtor.agreements.values().filter_map(|agreement| match &agreement.terms {
            Terms::Dispute(dispute) => self.contested(agreement, dispute),
            Terms::Promise(_) | Terms::Settlement(_) | Terms::Plan(_) => None,
        });
        stops.contested.extend(disputes);
        stops
    }

    fn stop(&self, hold: &Hold, stops: &mut Stops) {
        match hold.reason {
            HoldReason::CeaseRequest => {
                stops.ceases.push(Cease { received: hold.since, written: true, debt: None });
            }
            HoldReason::Attorney => stops.attorneys.push(Attorney { debt: None, reachable: None, silent_since: None }),
            HoldReason::Deceased => stops.deceased = true,
            HoldReason::Insolvent => {
                let filed = self.date(hold.since);
                stops.insolvent_since = Some(stops.insolvent_since.map_or(filed, |known| known.min(filed)));
            }
            HoldReason::Moratorium => {
                let last = hold.until.and_then(|until| until.checked_sub(SignedDuration::from_nanos(1)).ok());
                stops.respites.push(Respite { first: self.date(hold.since), last: last.map(|last| self.date(last)) });
            }
            // What the creditor grants, and does not have to.
            HoldReason::Promise
            | HoldReason::Dispute
            | HoldReason::Settlement
            | HoldReason::ProviderRetry
            | HoldReason::Hardship
            | HoldReason::StaleSource
            | HoldReason::Manual => {}
        }
    }

    /// A dispute, where it is about what the contact is about; where only a part is contested, what is left to demand.
    fn contested(&self, agreement: &Agreement, dispute: &Dispute) -> Option<Contested> {
        let open = || self.invoices().filter(|invoice| invoice.account() == agreement.account);
        open().any(|invoice| agreement.cover.includes(&invoice.id)).then_some(())?;
        let currency = agreement.account.currency;
        let all = || Money::sum(currency, open().map(Invoice::balance)).ok();
        let undisputed = dispute.amount().and_then(|amount| all()?.minus(amount).ok());
        Some(Contested { received: Some(self.date(agreement.made_at)), undisputed, ..Contested::default() })
    }
}
