//! What a handler takes of a processor, with the real client and everything else of its function, less what the stand-in
//! for the table takes: `cargo bench -p dunlin-tests --bench handlers`.

#![expect(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "a benchmark reports so")]

#[path = "../it/world/mod.rs"]
#[expect(dead_code, unused_imports, reason = "tests use the rest of it")]
mod world;

use std::time::{Duration, Instant};

use dunlin_testkit::{AttributeValue, TestTable};
use serde_json::{Value, json};
use world::{World, call_to};

/// How often each is done; the figure is the mean. Among the tests it only has to work.
fn times() -> usize {
    if std::env::args().any(|argument| argument == "--bench") { 200 } else { 2 }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    println!("| what | milliseconds of a processor |\n| --- | ---: |");
    ingest().await;
    payments().await;
    reminders().await;
    reports().await;
    large_book().await;
}

async fn world() -> World {
    let world = World::start().await;
    world.post_invoices(json!([])).await;
    world.post_payments(json!([])).await;
    world
}

/// Adds up what is the function's own of one call after another.
struct Watch<'a> {
    world: &'a World,
    own: Duration,
}

impl<'a> Watch<'a> {
    fn new(world: &'a World) -> Self {
        Self { world, own: Duration::ZERO }
    }

    async fn time<F: Future>(&mut self, work: F) -> F::Output {
        let _ = self.world.table.dynamo().take_elsewhere();
        let since = Instant::now();
        let output = work.await;
        self.own += since.elapsed() - self.world.table.dynamo().take_elsewhere();
        output
    }

    fn report(&self, what: &str, times: usize) {
        let micros = self.own.as_micros() / u128::try_from(times).unwrap();
        println!("| {what} | {}.{:02} |", micros / 1_000, micros % 1_000 / 10);
    }
}

fn invoice(n: usize, debtors: usize) -> Value {
    json!({
        "debtor_ref": format!("C{}", n % debtors), "debtor_name": "Example & Sons Ltd", "email": "accounts@example.com",
        "invoice_number": format!("2026-{n:05}"), "issue_date": "2026-02-01", "due_date": "2026-03-02",
        "currency": "EUR", "amount": "1234.56", "description": "Goods delivered in January",
    })
}

async fn ingest() {
    let world = world().await;
    let mut watch = Watch::new(&world);
    for n in 0..times() {
        watch.time(world.post_invoices(json!([invoice(n, 100_000)]))).await;
    }
    watch.report("ingest of one invoice", times());
    let mut watch = Watch::new(&world);
    for half in [10_000..10_500, 10_500..11_000].into_iter().take(times()) {
        watch.time(world.post_invoices(half.map(|n| invoice(n, 200)).collect())).await;
    }
    watch.report("ingest of 1,000 invoices of 200 debtors", 1);
}

async fn payments() {
    let world = world().await;
    world.post_invoices((0..times()).map(|n| invoice(n, 100_000)).collect()).await;
    let payment = |n: usize| {
        let number = format!("2026-{n:05}");
        json!([{ "payment_ref": format!("P{n}"), "invoice_number": number, "paid_on": "2026-03-02", "amount": "1234.56", "currency": "EUR" }])
    };
    for what in ["one payment", "the same payment again"] {
        let mut watch = Watch::new(&world);
        for n in 0..times() {
            watch.time(world.post_payments(payment(n))).await;
        }
        watch.report(what, times());
    }
}

async fn reminders() {
    let world = world().await;
    world.post_invoices((0..times()).map(|n| invoice(n, 100_000)).collect()).await;
    world.project().await;
    let mut watch = Watch::new(&world);
    watch.time(world.scan_at("2026-03-03T08:00:00Z")).await;
    watch.report("one debtor of a scan: read, decided, planned", times());
    let mut watch = Watch::new(&world);
    watch.time(world.project()).await;
    watch.report("one plan told by the projector", times());
    let queue = world.take_queue();
    assert_eq!(queue.len(), times());
    let mut watch = Watch::new(&world);
    watch.time(world.deliver(&queue)).await;
    watch.report("one reminder: decided again, claimed, rendered, sent, recorded", times());
    assert_eq!(world.mails().len(), times());
}

async fn reports() {
    let world = world().await;
    world.post_invoices((0..500).map(|n| invoice(n, 100)).collect()).await;
    while world.project().await {}
    let aging = call_to("GET /v1/reports/aging", Some("demo"), &json!({}), &json!({}), "");
    let mut watch = Watch::new(&world);
    for _ in 0..times() {
        assert_eq!(watch.time(world.call_api(aging.clone())).await.0, 200);
    }
    watch.report("an aging report", times());
}

/// What an hour costs in a book of 100,000 debtors of which none is due.
async fn large_book() {
    let world = World::on(TestTable::start().await.for_many_writes(), false).await;
    world.post_invoices(json!([invoice(1, 1)])).await;
    let head = world.table.item("T#demo#D#C0", "LIVE#DEBTOR").unwrap();
    let debtors = if times() > 2 { 100_000 } else { 100 };
    world.table.fill(&head, debtors, |n, head| {
        head.insert("PK".to_owned(), AttributeValue::S(format!("T#demo#D#IDLE{n}")));
        head.insert("due_at".to_owned(), AttributeValue::S("2026-06-01T08:00:00Z".to_owned()));
    });
    let _ = world.table.dynamo().take_bill();
    world.scan_at("2026-03-02T01:00:00Z").await;
    let total = world.table.dynamo().take_bill().total();
    println!(
        "\nAn hour in a book of 100,000: {} requests, {} read units",
        total.requests,
        total.read_units.normalize()
    );
}
