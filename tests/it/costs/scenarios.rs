//! The things whose costs are counted. Settings and secrets are warm, as in any function that has run in the last
//! minute: what they cost cold has a row of its own.

use dunlin_testkit::bill::Bill;
use dunlin_testkit::build::{draft, tenant};
use dunlin_testkit::{AttributeValue, TestTable};
use serde_json::{Value, json};

use super::Costs;
use crate::debtors::{patch, put};
use crate::feedback::{bounced, delivered};
use crate::stripe::{NOON, event, intent, invoice};
use crate::world::{World, call_to, sqs};

/// As many shards as a deployment has.
const SHARDS: u32 = 8;
const MORNING: &str = "2026-03-03T08:00:00Z";

pub(super) async fn all() -> Costs {
    let mut costs = Costs::default();
    cold_settings(&mut costs).await;
    ingest(&mut costs).await;
    webhooks(&mut costs).await;
    payments(&mut costs).await;
    scans(&mut costs).await;
    reminders(&mut costs).await;
    agreements(&mut costs).await;
    groups(&mut costs).await;
    reports(&mut costs).await;
    costs
}

/// A deployment whose functions know their tenant.
async fn warm() -> World {
    let world = World::on(TestTable::start().await.spread_over(SHARDS), false).await;
    world.post_invoices(json!([])).await;
    world.post_payments(json!([])).await;
    world.stripe(&event("evt_warm", "customer.created", NOON, json!({ "id": "cus_9", "object": "customer" }))).await;
    // A message that is over by the time it is looked at.
    world.has([draft("WARM", "WARM").issued("2026-03-01").build()]).await;
    world.hour("2026-03-02T08:00:00Z").await;
    world.hour(MORNING).await;
    world.set_clock("2026-03-02T00:00:00Z");
    let _ = taken(&world);
    world
}

fn taken(world: &World) -> Bill {
    world.table.dynamo().take_bill()
}

async fn projected(world: &World) -> Bill {
    let _ = taken(world);
    world.project().await;
    taken(world)
}

async fn cold_settings(costs: &mut Costs) {
    let world = warm().await;
    world.table.store().tenancy(&tenant("demo")).await.unwrap();
    costs.add("a tenant's settings, once a minute and function", &taken(&world));
}

fn row(n: usize, debtors: usize) -> Value {
    json!({
        "debtor_ref": format!("C{}", n % debtors), "debtor_name": "Example & Sons Ltd", "email": "accounts@example.com",
        "country": "GB", "time_zone": "Europe/London", "invoice_number": format!("2026-{n:05}"),
        "issue_date": "2026-03-01", "due_date": format!("2026-03-{:02}", 15 + n % 14), "currency": "EUR",
        "amount": "1234.56", "description": "Goods delivered in February",
    })
}

async fn ingest(costs: &mut Costs) {
    let world = warm().await;
    world.post_invoices(json!([row(1, 10)])).await;
    costs.add("one invoice of a new debtor", &taken(&world));
    costs.add("- counted by the projector, one invoice", &projected(&world).await);
    world.post_invoices(json!([row(11, 10)])).await;
    costs.add("one more invoice of that debtor", &taken(&world));
    world.post_invoices(json!([row(11, 10)])).await;
    costs.add("the same invoice again", &taken(&world));
    let world = warm().await;
    for half in [0..500, 500..1000] {
        world.post_invoices(half.map(|n| row(n, 200)).collect()).await;
    }
    costs.add("1,000 invoices of 200 debtors", &taken(&world));
    costs.add("- counted by the projector, 1,000 invoices", &projected(&world).await);
}

async fn webhooks(costs: &mut Costs) {
    let world = warm().await;
    world.stripe(&event("evt_1", "invoice.finalized", NOON - 900, invoice(1, "open", 0))).await;
    costs.add("one invoice from a provider's webhook", &taken(&world));
    let paid = event("evt_2", "payment_intent.succeeded", NOON - 500, intent("pi_1", 1, 10_000, 10_000));
    world.project().await;
    let _ = taken(&world);
    world.stripe(&paid).await;
    costs.add("one payment, which settles the invoice", &taken(&world));
    costs.add("- counted by the projector, one payment", &projected(&world).await);
    world.stripe(&paid).await;
    costs.add("the same event of a provider again", &taken(&world));
}

/// A payment on account that settles so many invoices of its debtor.
async fn payments(costs: &mut Costs) {
    for (settled, name) in [(1, "one invoice"), (10, "10 invoices"), (1_000, "1,000 invoices")] {
        let world = warm().await;
        for from in (0..settled).step_by(500) {
            world.post_invoices((from..settled.min(from + 500)).map(|n| row(n, 1)).collect()).await;
        }
        let amount = format!("{}.{:02}", settled * 123_456 / 100, settled * 123_456 % 100);
        let mut paid = json!({
            "payment_ref": "BANK-1", "debtor_ref": "C0", "paid_on": "2026-03-01", "amount": amount, "currency": "EUR",
        });
        let _ = taken(&world);
        world.post_payments(json!([paid])).await;
        costs.add(format!("a payment on account over {name}"), &taken(&world));
        paid["status"] = json!("returned");
        world.post_payments(json!([paid])).await;
        costs.add(format!("- taken back by the bank, over {name}"), &taken(&world));
        assert_eq!(world.debtor("C0").await.invoices.len(), settled);
    }
}

/// Puts heads into the table that are due on a far day.
fn fill(world: &World, debtors: u32) {
    let head = world.table.item("T#demo#D#WARM", "LIVE#DEBTOR").unwrap();
    let text = |value: String| AttributeValue::S(value);
    world.table.fill(&head, debtors, |n, head| {
        head.insert("PK".to_owned(), text(format!("T#demo#D#IDLE{n}")));
        head.insert("due_shard".to_owned(), text(format!("DUE#{}", n % SHARDS)));
        head.insert("due_at".to_owned(), text("2026-06-01T08:00:00Z".to_owned()));
    });
}

async fn scans(costs: &mut Costs) {
    for (book, name) in [(1_000, "1,000"), (10_000, "10,000")] {
        let world = warm().await;
        fill(&world, book);
        world.scan_at("2026-03-02T01:00:00Z").await;
        scan_row(costs, "0", name, &taken(&world));
        world.post_invoices(json!([due(1)])).await;
        let _ = taken(&world);
        world.scan_at(MORNING).await;
        scan_row(costs, "1", name, &taken(&world));
        world.post_invoices((100..200).map(due).collect()).await;
        let _ = taken(&world);
        world.scan_at("2026-03-03T09:00:00Z").await;
        scan_row(costs, "100", name, &taken(&world));
    }
    let world = warm().await;
    costs.add("a day of a tenant with nothing due", &taken(&world));
}

fn scan_row(costs: &mut Costs, found: &str, book: &str, bill: &Bill) {
    costs.add(format!("scan that finds {found} debtors in a book of {book}"), bill);
}

/// An invoice that is late on 3 March.
fn due(n: usize) -> Value {
    let mut invoice = row(n, 1_000_000);
    invoice["due_date"] = json!("2026-03-02");
    invoice
}

async fn reminders(costs: &mut Costs) {
    let mut whole = Bill::default();
    let world = warm().await;
    world.post_invoices(json!([due(1)])).await;
    world.note().await;
    world.scan_event(json!({ "time": MORNING })).await.unwrap();
    let _ = taken(&world);
    // What the hour's look at all shards costs has a row of its own: it finds one reminder or a thousand.
    world.set_clock(MORNING);
    for body in world.outside.take_scan_work() {
        world.scan_event(sqs(&[body])).await.unwrap();
    }
    let scanned = taken(&world);
    let planned = projected(&world).await;
    world.deliver(&world.take_queue()).await;
    let sent = taken(&world);
    let counted = projected(&world).await;
    world.note().await;
    let noted = taken(&world);
    assert_eq!(world.mails().len(), 2, "one warm-up and one reminder");
    for part in [&scanned, &planned, &sent, &counted] {
        whole.merge(part);
    }
    costs.add("one reminder, from scan to counted", &whole);
    costs.add("- its shard is read, it is decided and planned", &scanned);
    costs.add("- the projector tells of the plan", &planned);
    costs.add("- claim, send, record", &sent);
    costs.add("- the projector counts it", &counted);
    costs.add("five minutes of the stream in which one log moved, noted for its anchor", &noted);
    hundred(costs).await;
    feedback(costs).await;
}

async fn feedback(costs: &mut Costs) {
    let world = warm().await;
    world.post_invoices(json!([due(1), due(2)])).await;
    world.hour(MORNING).await;
    let mails = world.mails();
    // The settings are known from then on.
    world.feed(&[delivered(&mails[0], MORNING)]).await;
    let _ = taken(&world);
    world.feed(&[delivered(&mails[1], MORNING)]).await;
    costs.add("a message was delivered", &taken(&world));
    world.feed(&[delivered(&mails[1], MORNING)]).await;
    costs.add("the same word again", &taken(&world));
    world.feed(&[bounced(&mails[2], "Permanent", MORNING)]).await;
    costs.add("a message bounced: its address is stopped, its step open", &taken(&world));
}

async fn hundred(costs: &mut Costs) {
    let world = warm().await;
    world.post_invoices((0..100).map(due).collect()).await;
    world.note().await;
    let _ = taken(&world);
    world.hour(MORNING).await;
    costs.add("100 reminders in one hour", &taken(&world));
    world.note().await;
    costs.add("- their logs, if told within five minutes, noted for their anchor", &taken(&world));
    world.anchor_at("2026-03-03T01:15:00Z").await.unwrap();
    let _ = taken(&world);
    world.anchor_at("2026-03-04T01:15:00Z").await.unwrap();
    costs.add("a day of a tenant is anchored, 100 logs", &taken(&world));
    assert_eq!(world.mails().len(), 101);
}

async fn agreements(costs: &mut Costs) {
    let world = warm().await;
    world.post_invoices(json!([due(1)])).await;
    world.project().await;
    let _ = taken(&world);
    let call = |route: &str, what: &Value, body: Value| {
        let mut parameters = json!({ "id": "C1" });
        parameters.as_object_mut().unwrap().extend(what.as_object().unwrap().clone());
        world.call_api(call_to(route, Some("demo"), &parameters, &json!({}), &body.to_string()))
    };
    let (_, set) = call("POST /v1/debtors/{id}/holds", &json!({}), json!({ "reason": "manual" })).await;
    costs.add("a hold is set", &taken(&world));
    let hold = json!({ "hold": set["hold"]["id"] });
    assert_eq!(call("DELETE /v1/debtors/{id}/holds/{hold}", &hold, json!({})).await.0, 200);
    costs.add("it is lifted", &taken(&world));
    let schedule = json!({ "total": "1234.56", "first": "2026-03-02", "every": "1 month", "count": 6 });
    let plan = json!({ "currency": "EUR", "schedule": schedule });
    assert_eq!(call("POST /v1/debtors/{id}/plans", &json!({}), plan).await.0, 201);
    costs.add("a plan of six instalments is made", &taken(&world));
    let paid = json!([{ "payment_ref": "P1", "debtor_ref": "C1", "paid_on": "2026-03-02", "amount": "205.76", "currency": "EUR" }]);
    world.post_payments(paid).await;
    costs.add("an instalment of it is paid", &taken(&world));
    let invoice = world.debtor("C1").await.invoices.into_keys().next().unwrap();
    let _ = taken(&world);
    let given_up =
        json!({ "invoice_number": invoice.number.as_str(), "currency": "EUR", "amount": "1.00", "reason": "goodwill" });
    let route = "POST /v1/debtors/{id}/write-offs";
    for what in ["a part of an invoice is written off, once for good", "- the same call again"] {
        let mut order = call_to(route, Some("demo"), &json!({ "id": "C1" }), &json!({}), &given_up.to_string());
        order["headers"]["idempotency-key"] = json!("order-1");
        assert_eq!(world.call_api(order).await.0, 201);
        costs.add(what, &taken(&world));
    }
}

/// What companies that belong together cost beyond what each does alone.
async fn groups(costs: &mut Costs) {
    let world = warm().await;
    world.post_invoices(json!([due(1)])).await;
    put(&world, "TOP", json!({ "credit_limits": { "EUR": "1500.00" } })).await;
    put(&world, "C2", json!({ "parent_ref": "TOP" })).await;
    world.pump().await;
    let _ = taken(&world);
    patch(&world, "C1", json!({ "name": "Example & Sons" })).await;
    costs.add("a debtor's name is changed", &taken(&world));
    world.project().await;
    let _ = taken(&world);
    patch(&world, "C1", json!({ "parent_ref": "TOP" })).await;
    costs.add("a debtor with one invoice joins a group", &taken(&world));
    costs.add("- counted by the projector, who joins", &projected(&world).await);
    world.pump().await;
    world.post_invoices(json!([due(2)])).await;
    costs.add("- counted by the projector, one invoice of a member", &projected(&world).await);
    costs.add("- the group's limit is found to be exceeded, and told", &projected(&world).await);
    world.pump().await;
    let _ = taken(&world);
    let group = call_to("GET /v1/debtors/{id}/group", Some("demo"), &json!({ "id": "TOP" }), &json!({}), "");
    assert_eq!(world.call_api(group).await.0, 200);
    costs.add("the page of a group of three", &taken(&world));
}

async fn reports(costs: &mut Costs) {
    let world = warm().await;
    // 10,000 invoices fall due on the working days of two years: so many counters does their report read.
    let counter = world.table.item("T#demo#METRIC#main#EUR", "DUE#2026-03-02").unwrap();
    world.table.fill(&counter, 520, |n, counter| {
        let days = i64::from(n) * 7 / 5;
        let day = jiff::civil::date(2025, 1, 1).saturating_add(jiff::Span::new().days(days));
        counter.insert("SK".to_owned(), AttributeValue::S(format!("DUE#{day}")));
        counter.insert("minor".to_owned(), AttributeValue::N("23456789".to_owned()));
    });
    let aging = call_to("GET /v1/reports/aging", Some("demo"), &json!({}), &json!({}), "");
    world.call_api(aging.clone()).await;
    let _ = taken(&world);
    assert_eq!(world.call_api(aging).await.0, 200);
    costs.add("aging of a book of 10,000 invoices", &taken(&world));
    let debtor = call_to("GET /v1/debtors/{id}", Some("demo"), &json!({ "id": "WARM" }), &json!({}), "");
    assert_eq!(world.call_api(debtor).await.0, 200);
    costs.add("a debtor's page", &taken(&world));
}
