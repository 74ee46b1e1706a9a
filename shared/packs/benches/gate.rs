//! How long the gate takes under all the law that is kept: `cargo bench -p dunlin-packs`.

#![expect(clippy::unwrap_used, reason = "in benchmarks a panic is the report")]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use dunlin_domain::calendar::Zone;
use dunlin_domain::collector::CollectorRole;
use dunlin_domain::contact::DebtorKind;
use dunlin_domain::gate::attempt::OptOutLine;
use dunlin_domain::gate::history::{Initiator, Outcome};
use dunlin_domain::gate::target::{MailBasis, Mailbox};
use dunlin_domain::gate::{
    Attempt, Contact, ContactPolicy, Content, Evidence, Facts, Gate, History, Jurisdiction, Medium, Place, Purpose,
    Target,
};
use dunlin_domain::ids::{ParticularDebt, PersonId};
use dunlin_packs::packs;
use jiff::{SignedDuration, Timestamp};

fn place(code: &str, zone: &str, evidence: Evidence) -> Place {
    let zones = vec![Zone::parse(zone).unwrap()];
    Place { jurisdiction: Jurisdiction::parse(code).unwrap(), zones, evidence }
}

/// A consumer with an address on one coast and a number of the other.
fn american() -> Facts {
    let places = vec![
        place("US-NY-NYC", "America/New_York", Evidence::Address),
        place("US-CA", "America/Los_Angeles", Evidence::AreaCode),
    ];
    facts(places, CollectorRole::ThirdParty, DebtorKind::Consumer)
}

fn british() -> Facts {
    let places = vec![place("GB-EAW", "Europe/London", Evidence::Address)];
    facts(places, CollectorRole::FirstParty, DebtorKind::Business)
}

fn facts(places: Vec<Place>, collector: CollectorRole, kind: DebtorKind) -> Facts {
    let mut facts = Facts { collector: Some(collector), kind: Some(kind), places, ..Facts::default() };
    facts.credit.data_from_creditor = Some(false);
    facts
}

fn attempt(medium: Medium) -> Attempt {
    let mut attempt = Attempt::new(medium, PersonId::parse("P1").unwrap());
    attempt.debts = vec![ParticularDebt::parse("D1").unwrap()];
    if medium == Medium::Email {
        attempt.to = Target::Mailbox(Mailbox { basis: Some(MailBasis::DirectConsent), ..Mailbox::default() });
    }
    attempt.content = Content {
        says_debt_collector: true,
        privacy_notice: true,
        opt_out: OptOutLine::Simple,
        one_click: true,
        ..Content::default()
    };
    attempt
}

/// So many calls, the last of them three days before, one every three days.
fn history(calls: i64, now: Timestamp) -> History {
    let contact = |number: i64| Contact {
        at: now.checked_sub(SignedDuration::from_hours(72 * number)).unwrap(),
        medium: Medium::Call,
        purpose: Purpose::Collect,
        initiator: Initiator::Collector,
        person: PersonId::parse("P1").unwrap(),
        debts: vec![ParticularDebt::parse("D1").unwrap()],
        line: None,
        outcome: Outcome::Reached,
    };
    History((1..=calls).map(contact).collect())
}

fn gate(criterion: &mut Criterion) {
    let law = packs().unwrap().law();
    let policy = ContactPolicy::default();
    let day: Timestamp = "2026-10-07T19:00:00Z".parse().unwrap();
    let night: Timestamp = "2026-10-07T04:00:00Z".parse().unwrap();
    let mut group = criterion.benchmark_group("gate");
    group.throughput(Throughput::Elements(1));
    for (name, facts, medium, now, allowed) in [
        ("allow: a call, two coasts, New York City, forty contacts", american(), Medium::Call, day, true),
        ("allow: a mail to a British business, forty contacts", british(), Medium::Email, day, true),
        ("refuse: a call at night on two coasts, with the earliest moment", american(), Medium::Call, night, false),
    ] {
        let history = history(40, day);
        let attempt = attempt(medium);
        let gate = Gate::new(law, &facts, &history, &policy);
        let verdict = gate.permit(&attempt, now);
        assert_eq!(verdict.is_allowed(), allowed, "{verdict:?}");
        group.bench_function(name, |bench| bench.iter(|| gate.permit(black_box(&attempt), black_box(now))));
    }
    let (facts, history) = (american(), history(40, day));
    group.bench_function("prepare: two coasts, forty contacts", |bench| {
        bench.iter(|| Gate::new(law, black_box(&facts), &history, &policy));
    });
    group.finish();
}

criterion_group!(benches, gate);
criterion_main!(benches);
