//! The gate under all the law that is kept: what must hold for any debtor, history and moment.

#![expect(clippy::unwrap_used, reason = "in tests a panic is the report")]

use dunlin_domain::calendar::Zone;
use dunlin_domain::collector::CollectorRole;
use dunlin_domain::contact::DebtorKind;
use dunlin_domain::gate::attempt::{OptOutLine, VoiceMessage};
use dunlin_domain::gate::facts::{Attorney, Cease, Consent, ConsentKind, Inconvenient, Weekdays};
use dunlin_domain::gate::history::{Initiator, Outcome};
use dunlin_domain::gate::medium::Family;
use dunlin_domain::gate::policy::Role;
use dunlin_domain::gate::target::{Line, MailBasis, Mailbox, Number};
use dunlin_domain::gate::{
    Attempt, Contact, ContactPolicy, Content, Evidence, Facts, History, Jurisdiction, Law, Loosened, Medium, Place,
    Purpose, Target, Verdict, permit,
};
use dunlin_domain::ids::{Citation, ParticularDebt, PersonId, RuleId};
use dunlin_packs::packs;
use jiff::civil::{Time, time};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

fn law() -> &'static Law {
    packs().unwrap().law()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn place(code: &str, zone: &str) -> Place {
    let zones = vec![Zone::parse(zone).unwrap()];
    Place { jurisdiction: Jurisdiction::parse(code).unwrap(), zones, evidence: Evidence::Address }
}

fn person() -> PersonId {
    PersonId::parse("P1").unwrap()
}

fn debt(number: u8) -> ParticularDebt {
    ParticularDebt::parse(&format!("D{number}")).unwrap()
}

/// An attempt that lacks nothing.
fn flawless(medium: Medium) -> Attempt {
    let mut attempt = Attempt::new(medium, person());
    attempt.debts = vec![debt(1)];
    attempt.to = match medium {
        Medium::Email => Target::Mailbox(Mailbox { basis: Some(MailBasis::DirectConsent), ..Mailbox::default() }),
        _ => Target::Number(Number { line: Some(Line::Wireless), last_text: None, ..Number::default() }),
    };
    let voice = VoiceMessage {
        business: "Northgate Services".to_owned(),
        person: Some("Ana Ruiz".to_owned()),
        number: Some("+13125550100".to_owned()),
        asks_reply: true,
        says_more: false,
    };
    attempt.content = Content {
        says_debt_collector: true,
        privacy_notice: true,
        opt_out: OptOutLine::Simple,
        one_click: true,
        voice: Some(voice),
        ..Content::default()
    };
    attempt
}

fn consumer(places: Vec<Place>, collector: CollectorRole) -> Facts {
    let unasked = |kind| Consent { kind, direct: true, given: None, ends: None };
    Facts {
        collector: Some(collector),
        kind: Some(DebtorKind::Consumer),
        places,
        consents: vec![unasked(ConsentKind::Electronic(None)), unasked(ConsentKind::PriorExpress)],
        ..Facts::default()
    }
}

fn any_place() -> impl Strategy<Value = Place> {
    prop::sample::select(vec![
        ("US-NY-NYC", "America/New_York"),
        ("US-MA", "America/New_York"),
        ("US-FL", "America/New_York"),
        ("US-IL", "America/Chicago"),
        ("US-CA", "America/Los_Angeles"),
        ("US-WA", "America/Los_Angeles"),
        ("US-AZ", "America/Phoenix"),
        ("GB-EAW", "Europe/London"),
        ("IE", "Europe/Dublin"),
        ("DE", "Europe/Berlin"),
    ])
    .prop_map(|(code, zone)| place(code, zone))
}

fn any_medium() -> impl Strategy<Value = Medium> {
    prop::sample::select(vec![Medium::Call, Medium::Email, Medium::Voicemail, Medium::Robotext, Medium::Letter])
}

/// Around both changes of clocks in spring and autumn, to the second.
fn any_moment() -> impl Strategy<Value = Timestamp> {
    let around = |day: &str| {
        let from = at(day).as_second();
        (from..from + 14 * 86_400).prop_map(|second| Timestamp::from_second(second).unwrap())
    };
    prop_oneof![around("2026-03-02T00:00:00Z"), around("2026-03-23T00:00:00Z"), around("2026-10-24T00:00:00Z")]
}

fn any_contact(now: Timestamp) -> impl Strategy<Value = Contact> {
    let outcome = prop::sample::select(vec![Outcome::Reached, Outcome::Conversation, Outcome::NotConnected]);
    (0_i64..10 * 86_400, any_medium(), outcome, prop::bool::ANY, 1_u8..3).prop_map(
        move |(ago, medium, outcome, ours, of)| Contact {
            at: now - SignedDuration::from_secs(ago),
            medium,
            purpose: Purpose::Collect,
            initiator: if ours { Initiator::Collector } else { Initiator::Debtor },
            person: person(),
            debts: vec![debt(of)],
            line: None,
            outcome,
        },
    )
}

#[derive(Debug, Clone)]
struct World {
    facts: Facts,
    history: History,
    attempt: Attempt,
    now: Timestamp,
}

impl World {
    fn ask(&self, now: Timestamp) -> Verdict {
        permit(&self.attempt, &self.facts, &self.history, law(), &ContactPolicy::default(), now)
    }
}

prop_compose! {
    fn any_world()(
        now in any_moment(),
        places in prop::collection::vec(any_place(), 1..3),
        third in prop::bool::ANY,
        medium in any_medium(),
        extra_calls in prop::option::of(0_i64..9 * 86_400),
        inconvenient in prop::option::of((0_i8..24, 0_i8..24)),
    )(
        contacts in prop::collection::vec(any_contact(now), 0..9),
        (now, places, third, medium, extra_calls, inconvenient) in
            Just((now, places, third, medium, extra_calls, inconvenient)),
    ) -> World {
        let role = if third { CollectorRole::ThirdParty } else { CollectorRole::FirstParty };
        let mut facts = consumer(places, role);
        facts.consents.extend(extra_calls.map(|ago| Consent {
            kind: ConsentKind::ExtraCalls { on: None },
            direct: true,
            given: Some(now - SignedDuration::from_secs(ago)),
            ends: None,
        }));
        facts.inconvenient.extend(inconvenient.map(|(from, to)| Inconvenient {
            days: Weekdays::ALL,
            from: time(from, 0, 0, 0),
            to: time(to, 30, 0, 0),
            zone: None,
            medium: None,
        }));
        let mut attempt = flawless(medium);
        if let Target::Number(number) = &mut attempt.to {
            number.last_text = Some(facts.places[0].zones[0].date(now));
        }
        World { facts, history: History(contacts), attempt, now }
    }
}

/// What may be added to a debtor.
#[derive(Debug, Clone)]
enum Burden {
    Place(Place),
    Contact(Contact),
    Cease,
    Attorney,
    Medium(Family),
    Address(Family),
    Insolvent,
}

fn any_burden() -> impl Strategy<Value = Burden> {
    let family = prop::sample::select(vec![Family::Calls, Family::Texts, Family::Email]);
    prop_oneof![
        any_place().prop_map(Burden::Place),
        any_contact(at("2026-03-09T12:00:00Z")).prop_map(Burden::Contact),
        Just(Burden::Cease),
        Just(Burden::Attorney),
        Just(Burden::Insolvent),
        family.clone().prop_map(Burden::Medium),
        family.prop_map(Burden::Address),
    ]
}

fn burdened(mut world: World, burden: Burden) -> World {
    let stops = &mut world.facts.stops;
    match burden {
        Burden::Place(place) => world.facts.places.push(place),
        Burden::Contact(contact) => world.history.0.push(contact),
        Burden::Cease => stops.ceases.push(Cease { received: world.now, written: true, debt: None }),
        Burden::Attorney => stops.attorneys.push(Attorney { debt: None, reachable: None, silent_since: None }),
        Burden::Insolvent => stops.insolvent_since = Some(Zone::utc().date(world.now)),
        Burden::Medium(family) => world.facts.refused.media.push((family, world.now)),
        Burden::Address(family) => world.facts.refused.addresses.push((family, world.now)),
    }
    world
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn what_is_allowed_lies_in_the_hours_of_every_place(world in any_world()) {
        if world.attempt.medium == Medium::Letter || !world.ask(world.now).is_allowed() {
            return Ok(());
        }
        for place in &world.facts.places {
            let local = place.zones[0].local(world.now).time();
            prop_assert!(local >= Time::constant(8, 0, 0, 0) && local < Time::constant(21, 0, 0, 0), "{local}");
        }
    }

    #[test]
    fn the_earliest_moment_passes_and_no_moment_before_it_does(
        world in any_world(),
        parts in prop::collection::vec(0_i64..1_000, 8),
    ) {
        let verdict = world.ask(world.now);
        let Some(earliest) = verdict.earliest() else { return Ok(()) };
        prop_assert!(world.now < earliest);
        prop_assert!(world.ask(earliest).is_allowed());
        let wait = earliest.duration_since(world.now).as_secs();
        let before = parts.iter().map(|part| wait * part / 1_000).chain([(wait - 60).max(0), wait - 1]);
        for seconds in before {
            let moment = world.now + SignedDuration::from_secs(seconds);
            prop_assert!(!world.ask(moment).is_allowed(), "{moment} passes before {earliest}: {verdict:?}");
        }
    }

    #[test]
    fn whatever_comes_on_top_allows_nothing_more(world in any_world(), burden in any_burden()) {
        let refused = !world.ask(world.now).is_allowed();
        let now = world.now;
        let more = burdened(world, burden);
        prop_assert!(!refused || !more.ask(now).is_allowed());
    }

    #[test]
    fn the_order_of_contacts_is_no_matter(world in any_world(), seed in 0_usize..9) {
        let mut other = world.clone();
        let by = seed.min(other.history.0.len());
        other.history.0.rotate_left(by);
        other.history.0.reverse();
        prop_assert_eq!(world.ask(world.now), other.ask(world.now));
    }
}

#[test]
fn every_rule_that_fails_is_named_in_the_order_of_questions() {
    let now = at("2026-03-11T03:00:00Z");
    let mut facts = consumer(vec![place("US-IL", "America/Chicago")], CollectorRole::ThirdParty);
    facts.stops.ceases.push(Cease { received: at("2026-03-10T12:00:00Z"), written: true, debt: None });
    facts.refused.media.push((Family::Email, at("2026-03-10T12:00:00Z")));
    let mut attempt = flawless(Medium::Email);
    attempt.content.opt_out = OptOutLine::Absent;
    let verdict = permit(&attempt, &facts, &History::default(), law(), &ContactPolicy::default(), now);
    let rules: Vec<&str> = verdict.refusals().iter().map(|refusal| refusal.rule.as_str()).collect();
    assert_eq!(
        rules,
        [
            "PLATFORM.STOP.CEASE",
            "US.REGF.CEASE",
            "PLATFORM.MEDIUM",
            "US.REGF.MEDIUM",
            "PLATFORM.US.HOURS",
            "US.REGF.HOURS",
            "US.REGF.EOPT.LINE"
        ]
    );
    assert_eq!(verdict.earliest(), None);
    let hours = verdict.refusals().iter().find(|refusal| refusal.rule.as_str() == "US.REGF.HOURS").unwrap();
    assert_eq!(hours.until.moment(), Some(at("2026-03-11T13:00:00Z")));
    assert!(hours.to_string().contains("hours for contact"), "{hours}");
}

#[test]
fn a_default_is_loosened_for_a_time_and_the_law_is_not() {
    let now = at("2026-03-11T03:00:00Z");
    let loosened = |rule: &str, expires: &str| {
        let basis = (Citation::parse("Opinion of counsel").unwrap(), "debtors on night shift");
        let rule = RuleId::parse(rule).unwrap();
        let times = (at("2026-01-01T00:00:00Z"), at(expires));
        Loosened::new(rule, basis, Role::ComplianceOfficer, times).unwrap()
    };
    let ask = |collector, loosened: Loosened| {
        let facts = consumer(vec![place("US-GA", "America/New_York")], collector);
        let policy = ContactPolicy { loosened: vec![loosened], ..ContactPolicy::default() };
        permit(&flawless(Medium::Call), &facts, &History::default(), law(), &policy, now)
    };
    let hours = RuleId::parse("PLATFORM.US.HOURS").unwrap();
    let own = ask(CollectorRole::FirstParty, loosened("PLATFORM.US.HOURS", "2026-12-31T00:00:00Z"));
    assert_eq!(own, Verdict::Allowed { loosened: vec![hours] });
    assert!(!ask(CollectorRole::FirstParty, loosened("PLATFORM.US.HOURS", "2026-03-11T03:00:00Z")).is_allowed());
    assert!(!ask(CollectorRole::ThirdParty, loosened("US.REGF.HOURS", "2026-12-31T00:00:00Z")).is_allowed());
}

fn contact(moment: &str, outcome: Outcome) -> Contact {
    Contact {
        at: at(moment),
        medium: Medium::Call,
        purpose: Purpose::Collect,
        initiator: Initiator::Collector,
        person: person(),
        debts: vec![debt(1)],
        line: None,
        outcome,
    }
}

/// Until when a rule refuses a call of an agency.
fn refused_until(rule: &str, facts: &Facts, contacts: &[Contact], now: &str) -> Option<Timestamp> {
    let history = History(contacts.to_vec());
    let verdict = permit(&flawless(Medium::Call), facts, &history, law(), &ContactPolicy::default(), at(now));
    let refusal = verdict.refusals().iter().find(|refusal| refusal.rule.as_str() == rule)?;
    Some(refusal.until.moment().unwrap())
}

#[test]
fn a_day_is_over_when_it_is_over_on_every_calendar() {
    let places = vec![place("US-NY", "America/New_York"), place("US-HI", "Pacific/Honolulu")];
    let facts = consumer(places, CollectorRole::ThirdParty);
    let spoke = [contact("2026-08-12T03:00:00Z", Outcome::Conversation)]; // 11 August on both
    let until = |now| refused_until("US.REGF.FREQ.TALK", &facts, &spoke, now);
    assert_eq!(until("2026-08-18T09:59:59Z"), Some(at("2026-08-18T10:00:00Z")));
    assert_eq!(until("2026-08-18T10:00:00Z"), None);
}

#[test]
fn a_call_that_was_asked_for_passes_on_its_day_and_no_more_once_they_spoke() {
    let mut facts = consumer(vec![place("US-IL", "America/New_York")], CollectorRole::ThirdParty);
    let on = Some("2026-06-03".parse().unwrap());
    let given = at("2026-06-01T14:00:00Z");
    let kind = ConsentKind::ExtraCalls { on };
    facts.consents.push(Consent { kind, direct: true, given: Some(given), ends: None });
    let monday = contact("2026-06-01T14:00:00Z", Outcome::Conversation);
    let wednesday = contact("2026-06-03T14:00:00Z", Outcome::Conversation);
    let until = |contacts: &[Contact], now| refused_until("US.REGF.FREQ.TALK", &facts, contacts, now);
    let once = std::slice::from_ref(&monday);
    assert_eq!(until(once, "2026-06-02T14:00:00Z"), Some(at("2026-06-03T04:00:00Z")));
    assert_eq!(until(once, "2026-06-03T14:00:00Z"), None);
    assert_eq!(until(once, "2026-06-04T14:00:00Z"), Some(at("2026-06-08T04:00:00Z")));
    assert_eq!(until(&[monday, wednesday], "2026-06-03T16:00:00Z"), Some(at("2026-06-10T04:00:00Z")));
}

#[test]
fn what_never_connected_counts_for_nothing_and_what_the_debtor_began_does_not_either() {
    let facts = consumer(vec![place("US-IL", "America/New_York")], CollectorRole::ThirdParty);
    let days = ["04", "05", "06", "07", "08", "09", "10"];
    let mut calls: Vec<Contact> =
        days.iter().map(|day| contact(&format!("2026-05-{day}T14:00:00Z"), Outcome::Reached)).collect();
    let until = |calls: &[Contact]| refused_until("US.REGF.FREQ", &facts, calls, "2026-05-10T18:00:00Z");
    assert_eq!(until(&calls), Some(at("2026-05-11T04:00:00Z")));
    calls[2].outcome = Outcome::NotConnected;
    assert_eq!(until(&calls), None);
    calls[2] = Contact { initiator: Initiator::Debtor, ..contact("2026-05-06T14:00:00Z", Outcome::Reached) };
    assert_eq!(until(&calls), None);
}

#[test]
fn windows_close_at_their_last_moment_whatever_the_clock_does() {
    let facts = consumer(vec![place("US-GA", "America/New_York")], CollectorRole::ThirdParty);
    for (now, open) in [
        ("2026-03-07T12:59:59Z", false), // 07:59:59, the day before clocks go forward
        ("2026-03-07T13:00:00Z", true),
        ("2026-03-08T11:59:59Z", false),
        ("2026-03-08T12:00:00Z", true), // 08:00 an hour earlier
        ("2026-03-09T00:59:59Z", true),
        ("2026-03-09T01:00:00Z", false), // 21:00
        ("2026-11-01T00:59:59Z", true),
        ("2026-11-01T01:00:00Z", false),
        ("2026-11-01T12:59:59Z", false), // clocks have gone back
        ("2026-11-01T13:00:00Z", true),
        ("2026-11-02T01:59:59Z", true),
        ("2026-11-02T02:00:00Z", false),
    ] {
        assert_eq!(refused_until("US.REGF.HOURS", &facts, &[], now).is_none(), open, "{now}");
    }
}
