//! How long the rules take: `cargo bench -p dunlin-domain`.

#![expect(clippy::unwrap_used, reason = "in benchmarks a panic is the report")]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use dunlin_domain::backtest::{Fact, History, Report, Window, live};
use dunlin_domain::calendar::{Calendar, Zone};
use dunlin_domain::contact::EmailAddress;
use dunlin_domain::debtor::{Debtor, Journal};
use dunlin_domain::decide::decide;
use dunlin_domain::ids::{AccountKey, DebtorId, PortfolioId, SourceName, TenantId};
use dunlin_domain::intake::{Document, Due, Intake, InvoiceDraft, RawDocument};
use dunlin_domain::ledger::{Entry, EntryKind};
use dunlin_domain::policy::Policies;
use dunlin_domain::profile::Profile;
use dunlin_domain::reach::Address;
use jiff::civil::date;
use jiff::{Timestamp, ToSpan as _};

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

/// 24 months of 20,000 debtors with five invoices each, paid between 5 days early and 60 days late.
fn backtest(criterion: &mut Criterion) {
    let debtors = if std::env::args().any(|argument| argument == "--bench") { 20_000 } else { 20 };
    let histories: Vec<History> = (0..debtors).map(history).collect();
    let (policies, calendar) = (Policies::built_in().unwrap(), Calendar::default());
    let window = Window { from: at("2024-03-01T00:00:00Z"), to: at("2026-03-01T00:00:00Z") };
    let mut group = criterion.benchmark_group("backtest");
    group.sample_size(10);
    group.bench_function("24 months of 100,000 invoices under one policy", |bench| {
        bench.iter(|| {
            let mut report = Report::default();
            for history in &histories {
                report.add(&live(history, &policies, &calendar, window).unwrap());
            }
            report
        });
    });
    group.finish();
}

fn history(debtor: i64) -> History {
    let (tenant, id) = (TenantId::parse("demo").unwrap(), DebtorId::parse(&format!("C-{debtor}")).unwrap());
    let mut profile = Profile::unknown(id.to_string(), Zone::parse("Europe/London").unwrap());
    profile.contacts.set(Address::Email(EmailAddress::parse("ap@example.com").unwrap()));
    let mut facts = Vec::new();
    for n in 0..5 {
        let Document::Invoice(draft) = document(usize::try_from(n).unwrap()) else { continue };
        let issue_date = date(2024, 3, 1).saturating_add((n * 140 + debtor % 120).days());
        let due_date = issue_date.saturating_add(30.days());
        let draft = InvoiceDraft { debtor: id.clone(), issue_date, due_date: Due::On(due_date), ..*draft };
        let on = due_date.saturating_add(((debtor * 7 + n * 13) % 65 - 5).days());
        let account = AccountKey { portfolio: draft.id.portfolio.clone(), currency: draft.total.currency() };
        let (invoice, amount) = (Some(draft.id.clone()), draft.total.negated());
        let paid = Entry { kind: EntryKind::Payment, account, invoice, amount, on, reference: None, note: None };
        facts.push((issue_date, Fact::Invoice(Box::new(draft))));
        facts.push((on, Fact::Entry(paid)));
    }
    History::new(Debtor::new(tenant, id, profile), facts)
}

criterion_group!(benches, rules, backtest);
criterion_main!(benches);
