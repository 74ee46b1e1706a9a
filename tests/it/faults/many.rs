//! A payment over a thousand invoices: the function dies right after each of its commits, and the end is exact.

use std::pin::pin;
use std::task::Poll;

use serde_json::{Value, json};

use super::scenario::{document, payment};
use crate::properties::invoices;
use crate::world::{World, number, text};

const INVOICES: usize = 1_000;
/// More commits than it takes.
const COMMITS_MAX: usize = 200;
const LATER: &str = "2026-03-04T08:00:00Z";

/// Runs until the first commit has been made, and dies; whether it came to an end before.
async fn until_a_commit<T>(world: &World, running: impl Future<Output = T>) -> bool {
    let _ = world.table.dynamo().take_asked();
    let mut running = pin!(running);
    std::future::poll_fn(|context| match running.as_mut().poll(context) {
        Poll::Ready(_) => Poll::Ready(true),
        Poll::Pending => {
            let asked = world.table.dynamo().take_asked();
            if asked.iter().any(|one| one == "TransactWriteItems") { Poll::Ready(false) } else { Poll::Pending }
        }
    })
    .await
}

/// Hands it in until it is through, dying after every commit; the scan may go on as well as the caller.
async fn die_after_every_commit(world: &World, paid: &Value) -> usize {
    for died in 0..COMMITS_MAX {
        let done = if died % 3 == 2 {
            until_a_commit(world, world.scan_at("2026-03-03T08:00:00Z")).await;
            false
        } else {
            until_a_commit(world, world.post_payments(json!([paid]))).await
        };
        world.outside.take_scan_work();
        if done {
            return died;
        }
    }
    panic!("it takes more than {COMMITS_MAX} commits");
}

/// How many invoices are open and what is open of them, in cents.
async fn open(world: &World) -> (usize, i64) {
    world.assert_ledger().await;
    let items = world.table.items().await;
    let balances: Vec<i64> = invoices(&items).map(|invoice| number(invoice, "balance")).collect();
    assert_eq!(balances.len(), INVOICES);
    (balances.iter().filter(|balance| **balance > 0).count(), balances.iter().sum())
}

#[tokio::test]
async fn a_payment_over_a_thousand_invoices_ends_exact_wherever_it_dies() {
    let world = World::start().await;
    let late = |n: usize| document("C1", &format!("I{n:04}"), "2026-03-02", &format!("{}.{:02}", 1 + n % 90, n % 100));
    for half in [0..INVOICES / 2, INVOICES / 2..INVOICES] {
        world.post_invoices(half.map(late).collect()).await;
    }
    let whole: i64 = (0..INVOICES).map(|n| i64::try_from(100 * (1 + n % 90) + n % 100).unwrap()).sum();
    let amount = whole - 1_234;
    let mut paid = payment("P1", "debtor_ref", "C1", &format!("{}.{:02}", amount / 100, amount % 100));
    paid["allocate_by"] = json!("largest_first");
    paid["allocations"] = (0..300).map(|n| json!({ "invoice_number": format!("I{n:04}"), "amount": "1.00" })).collect();
    assert!(die_after_every_commit(&world, &paid).await >= INVOICES / 20);
    assert_eq!(open(&world).await.1, 1_234);

    // The bank takes all but a part of it back, and then it is won.
    let (returned, kept) = (amount - 777, 777);
    paid["chargeback"] = json!("open");
    paid["chargeback_amount"] = json!(format!("{}.{:02}", returned / 100, returned % 100));
    assert!(die_after_every_commit(&world, &paid).await >= INVOICES / 20);
    assert_eq!(open(&world).await.1, whole - kept);
    let stopped = world.table.items().await;
    assert!(
        invoices(&stopped).all(|invoice| number(invoice, "charged_back") == 0 || invoice.contains_key("contested"))
    );
    paid["chargeback"] = json!("won");
    die_after_every_commit(&world, &paid).await;
    assert_eq!(open(&world).await.1, 1_234);

    world.pump().await;
    world.hour(LATER).await;
    world.assert_at_rest().await;
    world.assert_invariants().await;
    let heads = world.table.items().await;
    let head = heads.iter().find(|item| item["SK"] == "LIVE#DEBTOR").unwrap();
    assert_eq!(text(head, "debtor"), "C1");
    assert!(world.mails().iter().all(|mail| mail.text.contains("Total: EUR 12.34")), "{:?}", world.mails());
}
