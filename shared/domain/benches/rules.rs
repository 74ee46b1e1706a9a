//! How long the rules take: `cargo bench -p dunlin-domain`.

#![expect(clippy::unwrap_used, reason = "in benchmarks a panic is the report")]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use dunlin_domain::calendar::{Calendar, Zone};
use dunlin_domain::debtor::{Debtor, Journal};
use dunlin_domain::decide::decide;
use dunlin_domain::ids::{DebtorId, PortfolioId, SourceName, TenantId};
use dunlin_domain::intake::{Document, Intake, RawDocument};
use dunlin_domain::policy::Policies;
use dunlin_domain::profile::Profile;
use jiff::Timestamp;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn intake() -> Intake {
    Intake {
        default_portfolio: PortfolioId::parse("main").unwrap(),
        source: SourceName::parse("csv").unwrap(),
        now: at("2026-03-02T00:00:00Z"),
    }
}

const ROW: [(&str, &str); 12] = [
    ("debtor_ref", "C-10442"),
    ("debtor_name", "Example & Sons Ltd"),
    ("debtor_kind", "business"),
    ("email", "accounts@example.com"),
    ("country", "GB"),
    ("time_zone", "Europe/London"),
    ("invoice_number", "2026-00017"),
    ("issue_date", "2026-02-01"),
    ("due_date", "2026-03-02"),
    ("currency", "EUR"),
    ("amount", "1234.56"),
    ("description", "Goods delivered in January"),
];

fn document(number: usize) -> Document {
    let value = |name: &str| match name {
        "invoice_number" => Some(format!("2026-{number:05}")),
        name => ROW.iter().find(|(field, _)| *field == name).map(|(_, value)| (*value).to_owned()),
    };
    RawDocument::from_fields(value).parse(&intake()).unwrap()
}

/// A debtor with so many invoices, overdue since 3 March.
fn debtor(invoices: usize, policies: &Policies, now: Timestamp) -> Debtor {
    let (tenant, id) = (TenantId::parse("demo").unwrap(), DebtorId::parse("C-10442").unwrap());
    let profile = Profile::unknown("C-10442".to_owned(), Zone::parse("Europe/London").unwrap());
    let mut debtor = Debtor::new(tenant, id, profile);
    let mut journal = Journal::default();
    for number in 0..invoices {
        let Document::Invoice(draft) = document(number) else { continue };
        debtor.record_invoice(&draft, &mut journal).unwrap();
    }
    debtor.roll(policies, now, &mut journal).unwrap();
    debtor
}

fn rules(criterion: &mut Criterion) {
    let policies = Policies::built_in().unwrap();
    let calendar = Calendar::default();
    for (name, invoices, now) in [
        ("decide: one invoice, a reminder is right", 1, at("2026-03-03T08:00:00Z")),
        ("decide: one invoice, nothing to do yet", 1, at("2026-02-20T08:00:00Z")),
        ("decide: one invoice, at night", 1, at("2026-03-03T02:00:00Z")),
        ("decide: ten invoices, a reminder is right", 10, at("2026-03-03T08:00:00Z")),
    ] {
        let debtor = debtor(invoices, &policies, now);
        criterion.bench_function(name, |bench| bench.iter(|| decide(black_box(&debtor), &policies, &calendar, now)));
    }
    criterion.bench_function("a row of a file, read and checked", |bench| bench.iter(|| document(black_box(17))));
}

criterion_group!(benches, rules);
criterion_main!(benches);
