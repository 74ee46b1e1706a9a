//! What debtors read, word for word.

#![expect(clippy::unwrap_used, reason = "in tests a panic is the report")]

use std::collections::BTreeMap;

use dunlin_aws::mail::{Renderer, Sender};
use dunlin_domain::calendar::Zone;
use dunlin_domain::collection::{Attempts, PaymentPage};
use dunlin_domain::contact::Channel;
use dunlin_domain::debtor::{Debtor, Journal};
use dunlin_domain::ids::{
    AccountKey, DebtorId, InvoiceId, OutsideId, PolicyName, PolicyRef, PortfolioId, SourceName, StepName, TenantId,
};
use dunlin_domain::intake::{Due, InvoiceDraft};
use dunlin_domain::invoice::{SnapshotStamp, Source, Standing};
use dunlin_domain::message::{CycleRef, Line, MessageId, Plan};
use dunlin_domain::money::{Currency, Money};
use dunlin_domain::policy::Stage;
use dunlin_domain::profile::{Profile, ProfilePatch};
use jiff::civil::{Date, date};

const TODAY: Date = date(2026, 3, 9);

fn plan(stage: Stage, lines: &[(&str, Date, i64)], credit: i64) -> Plan {
    let currency = Currency::parse("EUR").unwrap();
    let money = |minor| Money::from_minor(minor, currency);
    let account = AccountKey { portfolio: PortfolioId::parse("main").unwrap(), currency };
    let policy = PolicyRef { name: PolicyName::parse("default").unwrap(), version: 1 };
    let (tenant, debtor) = (TenantId::parse("demo").unwrap(), DebtorId::parse("C1").unwrap());
    let (step, cycle) = (StepName::parse("reminder-7").unwrap(), CycleRef::Overdue(1));
    let total: i64 = lines.iter().map(|(_, _, balance)| balance).sum();
    let line = |(number, due_date, balance): &(&str, Date, i64)| Line {
        invoice: InvoiceId::parse(&format!("main/{number}")).unwrap(),
        due_date: *due_date,
        balance: money(*balance),
    };
    Plan {
        id: MessageId::derive(&tenant, &debtor, &account, &policy, &step, (&cycle, 0)),
        account,
        policy,
        step,
        stage,
        offset_days: 7,
        cycle: if stage == Stage::Upcoming { CycleRef::Upcoming(date(2026, 3, 12)) } else { cycle },
        tries: 0,
        channel: Channel::Email,
        lines: lines.iter().map(line).collect(),
        credit: money(credit),
        amount_due: money(total - credit),
        notes: BTreeMap::new(),
    }
}

fn sender(pay_url: Option<&'static str>) -> Sender<'static> {
    Sender {
        creditor: "Söhne & Töchter <GmbH>",
        pay_url,
        unsubscribe_url: "https://api.example/unsubscribe/token",
        today: TODAY,
    }
}

fn debtor() -> Debtor {
    let profile = Profile::unknown("O'Neill & <b>Co</b>".to_owned(), Zone::utc());
    Debtor::new(TenantId::parse("demo").unwrap(), DebtorId::parse("C1").unwrap(), profile)
}

#[test]
fn every_stage_has_its_tone() {
    let renderer = Renderer::new().unwrap();
    let several = [("R-1", date(2026, 2, 28), 123_456), ("R-2", date(2026, 3, 12), 5_000)];
    let cases = [
        ("upcoming", plan(Stage::Upcoming, &[("R-2", date(2026, 3, 12), 5_000)], 0)),
        ("early", plan(Stage::Early, &several, 0)),
        ("mid", plan(Stage::Mid, &several[..1], 3_456)),
        ("late", plan(Stage::Late, &several, 0)),
    ];
    for (name, plan) in cases {
        let letter = renderer.letter(&plan, &debtor(), &sender(Some("https://pay.example/1"))).unwrap();
        insta::assert_snapshot!(format!("{name}_text"), format!("{}\n\n{}", letter.subject, letter.text));
    }
}

/// Invoices that a provider tries to collect again in three days; the first has a page.
fn retried(page: Option<&str>) -> Debtor {
    let mut debtor = debtor();
    let stamp = Some(SnapshotStamp { created: 1_772_800_000, standing: Standing::Open });
    for (number, page) in [("R-1", page), ("R-2", None)] {
        let attempts = Attempts {
            made: 1,
            next: Some("2026-03-12T10:00:00Z".parse().unwrap()),
            page: page.map(|page| PaymentPage::parse(page).unwrap()),
        };
        let euros = |minor| Money::from_minor(minor, Currency::parse("EUR").unwrap());
        let draft = InvoiceDraft {
            debtor: debtor.id.clone(),
            profile: ProfilePatch::default(),
            id: InvoiceId::parse(&format!("main/{number}")).unwrap(),
            source: Source {
                name: SourceName::parse("stripe").unwrap(),
                outside_id: OutsideId::parse(number).unwrap(),
            },
            customer: None,
            issue_date: date(2026, 3, 2),
            due_date: Due::On(date(2026, 3, 2)),
            total: euros(10_000),
            description: None,
            standing: Standing::Open,
            reported_paid: euros(0),
            stamp,
            attempts: Some(attempts),
        };
        debtor.record_invoice(&draft, &mut Journal::default()).unwrap();
    }
    debtor
}

#[test]
fn a_failed_payment_is_told_in_plain_words() {
    let renderer = Renderer::new().unwrap();
    let debtor = retried(Some("https://invoice.stripe.com/i/1?a=b&c=d"));
    let recovery = |stage, lines: &[(&str, Date, i64)]| Plan { cycle: CycleRef::Recovery(1), ..plan(stage, lines, 0) };
    let one = [("R-1", date(2026, 3, 2), 10_000)];
    let first = recovery(Stage::Early, &one);
    let last = recovery(Stage::Mid, &[one[0], ("R-2", date(2026, 3, 2), 5_000)]);
    for (name, plan) in [("recovery_first", &first), ("recovery_last", &last)] {
        let letter = renderer.letter(plan, &debtor, &sender(Some("https://pay.example/1"))).unwrap();
        insta::assert_snapshot!(name, format!("{}\n\n{}", letter.subject, letter.text));
    }
    let html = renderer.letter(&first, &debtor, &sender(None)).unwrap().html;
    assert!(html.contains("a=b&amp;c=d\">Leave another card"), "{html}");
    let texts = [&first, &last].map(|plan| renderer.text_message(plan, &debtor, &sender(None)).unwrap());
    insta::assert_snapshot!("recovery_text_messages", texts.join("\n"));
}

#[test]
fn names_cannot_break_out_of_the_page() {
    let plan = plan(Stage::Early, &[("<script>alert(1)</script>", date(2026, 2, 28), 100)], 0);
    let letter = Renderer::new().unwrap().letter(&plan, &debtor(), &sender(None)).unwrap();
    assert!(!letter.html.contains("<script>") && !letter.html.contains("<b>Co"), "{}", letter.html);
    insta::assert_snapshot!("early_html", letter.html);
}

#[test]
fn a_text_message_is_one_line() {
    let renderer = Renderer::new().unwrap();
    let one = plan(Stage::Early, &[("R-1", date(2026, 2, 28), 123_456)], 0);
    let soon = plan(Stage::Upcoming, &[("R-2", date(2026, 3, 12), 5_000)], 0);
    let several = plan(Stage::Late, &[("R-1", date(2026, 2, 28), 100), ("R-2", date(2026, 3, 1), 100)], 0);
    let texts = [one, soon, several].map(|plan| renderer.text_message(&plan, &debtor(), &sender(None)).unwrap());
    assert!(texts.iter().all(|text| !text.contains('\n')));
    insta::assert_snapshot!("text_messages", texts.join("\n"));
}
