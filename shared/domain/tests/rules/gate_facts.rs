//! What the gate is told of a debtor of the books.

use std::collections::BTreeSet;

use dunlin_domain::agreement::{Agreement, Cover, Dispute, DisputeReason, Terms};
use dunlin_domain::calendar::Zone;
use dunlin_domain::contact::{Channel, PhoneNumber};
use dunlin_domain::debtor::RecordedContact;
use dunlin_domain::gate::atlas::Atlas;
use dunlin_domain::gate::{Evidence, Facts, History, Jurisdiction, Medium, Target};
use dunlin_domain::hold::{Hold, HoldReason, HoldScope, SetBy};
use dunlin_domain::ids::{AgreementId, HoldId, InvoiceId};
use dunlin_domain::reach::{Address, StopReason, Stopped};

use crate::history::{Book, account, at, day, eur, invoice_id};

const NOW: &str = "2026-03-04T12:00:00Z";

fn zones(names: &[&str]) -> Vec<Zone> {
    names.iter().map(|name| Zone::parse(name).unwrap()).collect()
}

fn atlas() -> Atlas {
    let mut atlas = Atlas::default();
    let code = |code: &str| Jurisdiction::parse(code).unwrap();
    atlas.place(code("US-NY"), zones(&["America/New_York"])).unwrap();
    atlas.place(code("US-CA"), zones(&["America/Los_Angeles"])).unwrap();
    atlas.place(code("US-TN"), zones(&["America/New_York", "America/Chicago"])).unwrap();
    atlas.place(code("DE"), zones(&["Europe/Berlin"])).unwrap();
    atlas.area_code(213, code("US-CA"), zones(&["America/Los_Angeles"])).unwrap();
    atlas
}

fn facts(book: &Book, about: &[&str]) -> Facts {
    let about: BTreeSet<InvoiceId> = about.iter().map(|number| invoice_id(number)).collect();
    Facts::of(&book.debtor, &about, &atlas(), at(NOW))
}

/// Places and their zones.
fn places(country: Option<&str>, region: Option<&str>, zone: &str, phone: Option<&str>) -> Vec<String> {
    let mut book = Book::new(zone);
    book.debtor.profile.country = country.map(str::to_owned);
    book.debtor.profile.region = region.map(str::to_owned);
    if let Some(phone) = phone {
        book.debtor.profile.contacts.set(Address::Phone(PhoneNumber::parse(phone).unwrap()));
    }
    let said = |place: &dunlin_domain::gate::Place| {
        let zones: Vec<&str> = place.zones.iter().map(Zone::name).collect();
        let sign = if place.evidence == Evidence::AreaCode { "#" } else { "" };
        format!("{sign}{} {}", place.jurisdiction, zones.join("+"))
    };
    facts(&book, &[]).places.iter().map(said).collect()
}

#[test]
fn a_debtor_is_wherever_address_clock_and_area_code_say() {
    let (berlin, new_york) = ("Europe/Berlin", "America/New_York");
    for (told, expected) in [
        ((None, None, berlin, None), vec!["ANY Europe/Berlin"]),
        ((Some("DE"), None, berlin, None), vec!["DE Europe/Berlin"]),
        // The clock was not told of the country: both count.
        ((Some("DE"), None, "UTC", None), vec!["DE UTC+Europe/Berlin"]),
        ((Some("US"), Some("NY"), new_york, None), vec!["US-NY America/New_York"]),
        // Without the state, each that has the clock.
        (
            (Some("US"), None, new_york, None),
            vec!["US-NY America/New_York", "US-TN America/New_York", "US America/New_York"],
        ),
        // A region by name is no code: each part counts.
        (
            (Some("US"), Some("New York"), new_york, None),
            vec!["US-NY America/New_York", "US-TN America/New_York", "US America/New_York"],
        ),
        (
            (Some("US"), Some("NY"), new_york, Some("+12135550100")),
            vec!["US-NY America/New_York", "#US-CA America/Los_Angeles"],
        ),
        ((Some("DE"), None, berlin, Some("+493012345678")), vec!["DE Europe/Berlin"]),
    ] {
        assert_eq!(places(told.0, told.1, told.2, told.3), expected, "{told:?}");
    }
}

#[test]
fn days_are_counted_on_the_debtors_clock_only_where_it_fits_the_address() {
    let mut book = Book::new("America/New_York");
    book.debtor.profile.country = Some("US".to_owned());
    book.debtor.profile.region = Some("NY".to_owned());
    assert_eq!(facts(&book, &[]).calendar, Zone::parse("America/New_York").ok());
    book.debtor.profile.zone = Zone::utc();
    assert_eq!(facts(&book, &[]).calendar, None);
}

fn hold(reason: HoldReason, scope: HoldScope) -> Hold {
    let (since, until) = (at("2026-03-01T00:00:00Z"), Some(at("2026-04-30T00:00:00Z")));
    Hold {
        id: HoldId::parse("h").unwrap(),
        reason,
        scope,
        since,
        until,
        ends_with: None,
        set_by: SetBy::Staff,
        note: None,
    }
}

fn held(reason: HoldReason, scope: HoldScope) -> Book {
    let mut book = Book::new("UTC");
    book.invoice("A", "2026-01-01", "2026-02-01", 10_000);
    book.invoice("B", "2026-01-01", "2026-02-11", 10_000);
    let hold = hold(reason, scope);
    book.debtor.holds.insert(hold.id.clone(), hold);
    book
}

#[test]
fn holds_that_the_law_knows_stop_what_they_are_about() {
    let stopped = |reason: HoldReason, scope: HoldScope, about: &[&str]| {
        let stops = facts(&held(reason, scope), about).stops;
        let all = [
            stops.insolvent_since.is_some(),
            !stops.respites.is_empty(),
            !stops.ceases.is_empty(),
            !stops.attorneys.is_empty(),
            stops.deceased,
        ];
        all.iter().filter(|stop| **stop).count()
    };
    for reason in HoldReason::ALL.into_iter().filter(|reason| reason.can_be_set()) {
        let is_law = match reason {
            HoldReason::Deceased
            | HoldReason::Insolvent
            | HoldReason::Moratorium
            | HoldReason::Attorney
            | HoldReason::CeaseRequest => 1,
            _ => 0,
        };
        assert_eq!(stopped(reason, HoldScope::Debtor, &[]), is_law, "{reason:?}");
        assert_eq!(stopped(reason, HoldScope::Debtor, &["B"]), is_law, "{reason:?}");
        assert_eq!(stopped(reason, HoldScope::Account(account()), &["B"]), is_law, "{reason:?}");
        assert_eq!(stopped(reason, HoldScope::Invoice(invoice_id("A")), &[]), is_law, "{reason:?}");
        assert_eq!(stopped(reason, HoldScope::Invoice(invoice_id("A")), &["A", "B"]), is_law, "{reason:?}");
        assert_eq!(stopped(reason, HoldScope::Invoice(invoice_id("A")), &["B"]), 0, "{reason:?}");
    }
}

#[test]
fn a_moratorium_ends_with_the_day_before_its_hold_does() {
    let stops = facts(&held(HoldReason::Moratorium, HoldScope::Debtor), &[]).stops;
    assert_eq!((stops.respites[0].first, stops.respites[0].last), (day("2026-03-01"), Some(day("2026-04-29"))));
}

#[test]
fn a_hold_that_is_over_or_about_what_is_paid_stops_nothing() {
    let mut book = held(HoldReason::Deceased, HoldScope::Debtor);
    for hold in book.debtor.holds.values_mut() {
        hold.until = Some(at(NOW));
    }
    assert!(!facts(&book, &[]).stops.deceased);
    let mut paid = held(HoldReason::CeaseRequest, HoldScope::Invoice(invoice_id("A")));
    paid.pay("A", 10_000, "2026-03-02");
    assert!(facts(&paid, &[]).stops.ceases.is_empty());
}

#[test]
fn what_is_contested_leaves_the_rest_of_what_is_asked_for() {
    let contested = |amount: Option<i64>, about: &[&str]| {
        let mut book = held(HoldReason::Manual, HoldScope::Debtor);
        let dispute = Dispute::new(amount.map(eur), DisputeReason::Defective, Vec::new()).unwrap();
        let id = AgreementId::parse("d").unwrap();
        let agreement = Agreement {
            id: id.clone(),
            account: account(),
            cover: Cover::Invoices(BTreeSet::from([invoice_id("A")])),
            made_at: at("2026-03-01T00:00:00Z"),
            made_by: SetBy::Staff,
            received: eur(0),
            terms: Terms::Dispute(dispute),
            rested: std::collections::BTreeMap::new(),
            note: None,
        };
        book.debtor.agreements.insert(id, agreement);
        let contested = facts(&book, about).stops.contested;
        contested.first().map(|one| one.undisputed)
    };
    assert_eq!(contested(None, &["A"]), Some(None));
    assert_eq!(contested(Some(4_000), &["A"]), Some(Some(eur(6_000))));
    assert_eq!(contested(Some(4_000), &["A", "B"]), Some(Some(eur(16_000))));
    assert_eq!(contested(Some(4_000), &[]), Some(Some(eur(16_000))));
    assert_eq!(contested(None, &["B"]), None);
}

#[test]
fn the_oldest_debt_that_is_asked_for_counts() {
    let book = held(HoldReason::Manual, HoldScope::Debtor);
    let of = |about: &[&str]| {
        let credit = facts(&book, about).credit;
        (credit.due, credit.days_past_due)
    };
    assert_eq!(of(&[]), (Some(day("2026-02-01")), Some(31)));
    assert_eq!(of(&["B"]), (Some(day("2026-02-11")), Some(21)));
    assert_eq!(of(&["C"]), (None, None));
}

fn message(book: &Book, channel: Channel) -> RecordedContact {
    RecordedContact::of_message((&book.debtor.id).into(), at(NOW), channel)
}

#[test]
fn contacts_and_refusals_of_the_books_are_told() {
    let mut book = Book::new("UTC");
    book.debtor.contacts = [Channel::Email, Channel::Sms].map(|channel| message(&book, channel)).to_vec();
    let history = History::of(&book.debtor);
    let media: Vec<Medium> = history.0.iter().map(|contact| contact.medium).collect();
    assert_eq!(media, [Medium::Email, Medium::Sms]);
    assert!(history.0.iter().all(|contact| contact.counts() && contact.person.as_str() == "C1"));

    let contacts = &mut book.debtor.profile.contacts;
    contacts.set(Address::Phone(PhoneNumber::parse("+12135550100").unwrap()));
    assert!(!facts(&book, &[]).accepts_electronic(Medium::Sms, at(NOW)));
    book.debtor.profile.contacts.set_sms_consent(true);
    assert!(facts(&book, &[]).accepts_electronic(Medium::Sms, at(NOW)));
}

#[test]
fn who_unsubscribes_speaks_for_all_addresses_and_one_that_is_dead_for_none() {
    let refused = |reason: StopReason| {
        let mut book = Book::new("UTC");
        let id = book.debtor.profile.contacts.first(Channel::Email).unwrap().address.id();
        let stopped = Some(Stopped { since: at(NOW), reason });
        book.debtor.profile.contacts.get_mut(&id).unwrap().stopped = stopped;
        assert!(Target::of(&book.debtor.profile, Medium::Email, at(NOW)).opted_out().is_some());
        assert!(Target::of(&book.debtor.profile, Medium::Call, at(NOW)).opted_out().is_none());
        facts(&book, &[]).refused.addresses.len()
    };
    for (reason, expected) in [
        (StopReason::Unsubscribed, 1),
        (StopReason::Complaint, 1),
        (StopReason::Stop, 1),
        (StopReason::Refused, 1),
        (StopReason::Manual, 1),
        (StopReason::HardBounce, 0),
        (StopReason::SoftBounces, 0),
    ] {
        assert_eq!(refused(reason), expected, "{reason:?}");
    }
}
