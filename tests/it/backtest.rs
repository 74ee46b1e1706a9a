//! What was done, done again from what the table remembers: the same messages on the same days.

use dunlin_domain::backtest::{History, Window, live};
use dunlin_domain::calendar::Calendar;
use dunlin_domain::policy::Policies;
use dunlin_testkit::build::{at, debtor, draft, eur, tenant};
use serde_json::{Value, json};

use crate::debtors::ask;
use crate::world::{World, text};

/// Steps that a replay of the debtor takes under the policy that was in force, and when.
async fn replayed(world: &World, id: &str, to: &str) -> Vec<(String, String)> {
    let books = world.table.store().remembered(&tenant("demo"), &debtor(id)).await.unwrap().unwrap();
    let window = Window { from: at("2026-01-01T00:00:00Z"), to: at(to) };
    let life = live(&History::remembered(books), &Policies::built_in().unwrap(), &Calendar::default(), window).unwrap();
    life.contacts.iter().map(|contact| (contact.step.to_string(), contact.at.to_string())).collect()
}

async fn sent(world: &World, id: &str) -> Vec<(String, String)> {
    let messages = world.past(id, "MESSAGE").await;
    let sent = messages.iter().filter(|message| message["status"] == "sent");
    sent.map(|message| (text(message, "step").to_owned(), text(message, "planned_at").to_owned())).collect()
}

async fn post(world: &World, route: &str, id: &str, body: Value) -> Value {
    let (status, answer) = ask(world, route, id, None, json!({}), body).await;
    assert_eq!(status, 201, "{answer}");
    answer
}

#[tokio::test]
async fn what_the_table_remembers_replays_what_was_sent() {
    let world = World::start().await;
    let paid = |reference: &str, invoice: &str, amount: &str, on: &str| json!([{ "payment_ref": reference, "invoice_number": invoice, "paid_on": on, "amount": amount, "currency": "EUR" }]);
    for (id, invoice) in [("C1", "A"), ("C2", "B"), ("C3", "C"), ("C4", "D")] {
        world.has([draft(id, invoice).issued("2026-03-02").due("2026-03-05").total(eur("100.00")).build()]).await;
    }
    for day in 2..=26 {
        let (midnight, morning) = (format!("2026-03-{day:02}T00:00:00Z"), format!("2026-03-{day:02}T08:00:00Z"));
        world.set_clock(&midnight);
        match day {
            // C1 pays a part, and then all; its invoice is closed.
            8 => drop(world.post_payments(paid("P1", "A", "40.00", "2026-03-08")).await),
            15 => drop(world.post_payments(paid("P2", "A", "60.00", "2026-03-15")).await),
            // C2 is held for a while, C3 promises and does not keep it.
            7 => drop(
                post(
                    &world,
                    "POST /v1/debtors/{id}/holds",
                    "C2",
                    json!({ "reason": "manual", "until": "2026-03-16T00:00:00Z" }),
                )
                .await,
            ),
            11 => {
                let promise = json!({ "currency": "EUR", "amount": "100.00", "by": "2026-03-18", "grace_days": 1 });
                post(&world, "POST /v1/debtors/{id}/promises", "C3", promise).await;
            }
            _ => {}
        }
        world.hour(&midnight).await;
        world.hour(&morning).await;
    }
    let mut all = Vec::new();
    for id in ["C1", "C2", "C3", "C4"] {
        let sent = sent(&world, id).await;
        assert_eq!(replayed(&world, id, "2026-03-27T00:00:00Z").await, sent, "{id}");
        all.push(sent);
    }
    assert!(
        all.iter().all(|sent| !sent.is_empty()) && all[0] != all[3] && all[1] != all[3] && all[2] != all[3],
        "{all:?}"
    );
}
