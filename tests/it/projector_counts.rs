//! Counters are exact, however the stream delivers.

use std::collections::BTreeMap;

use dunlin_testkit::build::{account, draft, tenant};
use serde_json::{Map, Value, json};

use crate::world::{World, number, stream_event, text};

type Counters = BTreeMap<(String, String, String), i64>;

/// The counters as they stand in the table: partition, sort key, name.
fn counted(items: &[Map<String, Value>]) -> Counters {
    let counters = |item: &&Map<String, Value>| !text(item, "SK").starts_with("UNKNOWN#");
    let metrics = items.iter().filter(|item| text(item, "PK").contains("#METRIC#")).filter(counters);
    let sums = metrics.flat_map(|item| {
        let numbers = item.iter().filter_map(|(name, value)| Some((name.clone(), value.as_i64()?)));
        numbers.map(|(name, sum)| ((text(item, "PK").to_owned(), text(item, "SK").to_owned(), name), sum))
    });
    sums.filter(|((_, _, name), sum)| *sum != 0 && name != "schema").collect()
}

/// The same from the invoices, entries and messages in the table.
fn recounted(items: &[Map<String, Value>]) -> Counters {
    let mut sums = Counters::new();
    for item in items {
        let (pk, sk) = (text(item, "PK"), text(item, "SK"));
        let Some(tenant) = pk.split('#').nth(1) else { continue };
        let metric = |portfolio: &str| format!("T#{tenant}#METRIC#{portfolio}#{}", text(item, "currency"));
        let mut add = |portfolio: &str, key: String, name: &str, amount: i64| {
            *sums.entry((metric(portfolio), key, name.to_owned())).or_default() += amount;
        };
        if item.contains_key("standing") && number(item, "balance") > 0 {
            let portfolio = text(item, "invoice").split('/').next().unwrap();
            add(portfolio, format!("DUE#{}", text(item, "due_date")), "minor", number(item, "balance"));
            add(portfolio, format!("DUE#{}", text(item, "due_date")), "invoices", 1);
        } else if sk.contains("#ENTRY#") {
            add(
                text(item, "portfolio"),
                format!("DAY#{}", text(item, "on")),
                text(item, "kind"),
                number(item, "amount"),
            );
        } else if sk.contains("#MESSAGE#") {
            let day = &text(item, "settled_at")[..10];
            add(text(item, "portfolio"), format!("DAY#{day}"), text(item, "status"), 1);
            if sk.ends_with(".proven") {
                add(text(item, "portfolio"), format!("DAY#{day}"), "unknown", -1);
            }
        }
    }
    sums.retain(|_, sum| *sum != 0);
    sums
}

impl World {
    /// Counters equal a recomputation from the table.
    pub(crate) async fn assert_counted(&self) {
        let items = self.table.items().await;
        assert_eq!(counted(&items), recounted(&items));
    }
}

fn pay(reference: &str, changes: &[(&str, &str)]) -> Value {
    let mut payment = json!({ "payment_ref": reference, "paid_on": "2026-03-02", "currency": "EUR" });
    for (field, value) in changes {
        payment[field] = json!(value);
    }
    json!([payment])
}

/// A busy week of three debtors.
async fn busy_week() -> World {
    let world = World::start().await;
    for n in 0..9 {
        let debtor = format!("C{}", n % 3);
        world
            .has([draft(&debtor, &format!("I{n}")).issued("2026-02-20").due(&format!("2026-03-0{}", 1 + n)).build()])
            .await;
    }
    world.post_payments(pay("P1", &[("invoice_number", "I1"), ("amount", "40")])).await;
    world.post_payments(pay("P2", &[("debtor_ref", "C0"), ("amount", "350")])).await;
    for hour in ["2026-03-03T08:00:00Z", "2026-03-09T08:00:00Z"] {
        world.scan_at(hour).await;
    }
    world
}

#[tokio::test]
async fn counters_equal_a_recomputation_from_the_table() {
    let world = busy_week().await;
    world.pump().await;
    world.assert_counted().await;
    let open = world.table.store().open_by_due_date(&tenant("demo"), &account("EUR")).await.unwrap();
    let sum: i64 = open.values().map(|open| open.minor).sum();
    assert_eq!(sum, 90_000 - 4_000 - 30_000);
    world.days("2026-03-10", "2026-04-20").await;
    world.assert_counted().await;
}

#[tokio::test]
async fn redelivery_overlap_and_bisect_count_once() {
    let world = busy_week().await;
    let heads = world.table.new_heads();
    assert!(heads.len() > 12, "{}", heads.len());
    let half = heads.len() / 2;
    // The first half fails at the bus, is halved, delivered, and delivered again; then all of it overlaps with the rest.
    *world.outside.bus_failures.lock().unwrap() = 1;
    assert!(world.projector.handle(stream_event(&heads[..half])).await.is_err());
    for batch in
        [&heads[..half / 2], &heads[half / 2..half], &heads[..half], &heads[half / 3..], &heads[..], &heads[half..]]
    {
        world.projector.handle(stream_event(batch)).await.unwrap();
    }
    world.pump().await;
    world.assert_counted().await;
}

#[tokio::test]
async fn commits_that_were_never_delivered_are_missed_and_counted_when_they_are() {
    let world = busy_week().await;
    let heads = world.table.new_heads();
    let of_one: Vec<Value> =
        heads.iter().filter(|head| head["dynamodb"]["Keys"]["PK"]["S"] == "T#demo#D#C0").cloned().collect();
    world.projector.handle(stream_event(&of_one[..1])).await.unwrap();
    assert!(world.projector.handle(stream_event(&of_one[3..])).await.is_err(), "a gap is no silent loss");
    world.projector.handle(stream_event(&of_one[3..])).await.unwrap();
    world.projector.handle(stream_event(&of_one[2..3])).await.unwrap();
    world.projector.handle(stream_event(&heads)).await.unwrap();
    world.assert_counted().await;
}

/// Covers: one debtor's commits in a batch touched more counters than a transaction takes.
#[tokio::test]
async fn a_debtor_with_many_due_dates_is_counted_in_steps() {
    let world = World::start().await;
    let day = |n: u32| format!("2026-{:02}-{:02}", 4 + n / 28, 1 + n % 28);
    let invoice = |n: u32| json!({ "debtor_ref": "C1", "invoice_number": format!("I{n}"), "issue_date": "2026-02-01", "due_date": day(n), "currency": "EUR", "amount": "10.00" });
    world.post_invoices(json!((0..200).map(invoice).collect::<Vec<_>>())).await;
    world.pump().await;
    world.assert_counted().await;
}

#[tokio::test]
async fn events_carry_an_id_that_is_the_same_at_every_delivery() {
    let world = busy_week().await;
    let heads = world.table.new_heads();
    world.projector.handle(stream_event(&heads)).await.unwrap();
    let first = world.outside.take_bus();
    world.projector.handle(stream_event(&heads)).await.unwrap();
    assert_eq!(first, world.outside.take_bus());
    let mut ids: Vec<String> = first.iter().map(|(_, detail)| detail["id"].to_string()).collect();
    let all = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), all, "and no two events share one");
    let (_, created) = first.iter().find(|(kind, _)| kind == "invoice.created").unwrap();
    assert_eq!(
        (&created["amount"], &created["currency"], &created["tenant"]),
        (&json!("100.00"), &json!("EUR"), &json!("demo"))
    );
}
