//! Trying a policy on the months that were: by parts, beside the one in use, and safe to repeat or to kill.

use std::collections::BTreeSet;
use std::time::SystemTime;

use aws_sdk_dynamodb::types::AttributeValue;
use dunlin_aws::store::{BacktestPart, StoreError};
use dunlin_domain::ids::{BacktestId, PolicyName};
use dunlin_testkit::build::{draft, tenant};
use dunlin_testkit::table::TABLE;
use serde_json::{Value, json};

use crate::world::{TENANT, World, call_to, far_from_now, killed_after, sqs};

const ROUTE: &str = "POST /v1/policies/{name}/backtest";

impl World {
    /// Asks for a backtest of the policy `trade`.
    async fn ask_for_trial(&self, key: &str, body: &Value) -> (i64, Value) {
        let mut call = call_to(ROUTE, Some(TENANT), &json!({ "name": "trade" }), &json!({}), &body.to_string());
        call["headers"]["idempotency-key"] = json!(key);
        self.call_api(call).await
    }

    /// How a backtest of the policy `trade` stands.
    pub(crate) async fn trial(&self, of: &str, id: &Value) -> (i64, Value) {
        let route = "GET /v1/policies/{name}/backtests/{id}";
        self.call_api(call_to(route, Some(of), &json!({ "name": "trade", "id": id }), &json!({}), "")).await
    }

    /// Delivers a message of the queue of backtests. Whether it is done.
    async fn trial_step(&self, body: &str, deadline: SystemTime) -> bool {
        let event = serde_json::from_value(sqs(&[body.to_owned()])).unwrap();
        self.invoke(self.backtesting.handle(event, deadline)).await.is_ok()
    }

    /// Delivers messages of the queue of backtests until none is left, and how many those were.
    pub(crate) async fn run_trials(&self, deadline: SystemTime) -> usize {
        let mut delivered = 0;
        loop {
            let bodies = self.outside.take_backtest_work();
            if bodies.is_empty() {
                return delivered;
            }
            for body in bodies {
                delivered += 1;
                assert!(self.trial_step(&body, deadline).await, "{body}");
            }
        }
    }

    /// What came of a backtest that has to work.
    async fn tried(&self, key: &str, body: Value) -> Value {
        let (status, asked) = self.ask_for_trial(key, &body).await;
        assert_eq!((status, &asked["status"]), (202, &json!("queued")), "{asked}");
        self.run_trials(far_from_now()).await;
        let (status, shown) = self.trial(TENANT, &asked["id"]).await;
        assert_eq!((status, &shown["status"]), (200, &json!("done")), "{shown}");
        shown["result"].clone()
    }
}

/// One e-mail a day after the due date, and one so many days after it.
fn candidate(second: i64) -> Value {
    let step = |name: &str, offset: i64| json!({ "name": name, "offset_days": offset, "stage": "early", "channels": ["email"] });
    json!({ "version": 7, "steps": [step("first", 1), step("second", second)], "months": 3, "prices": { "email": "0.0001" } })
}

/// Twelve debtors whose invoices were due in turn from January on; none has paid.
async fn owing() -> World {
    let world = World::start().await;
    world.has((0..12).map(debt)).await;
    world
}

fn debt(n: i64) -> dunlin_domain::intake::InvoiceDraft {
    let due = format!("2026-01-{:02}", 10 + n);
    draft(&format!("C{n:02}"), &format!("I{n}")).issued("2026-01-02").due(&due).build()
}

#[tokio::test]
async fn two_policies_stand_side_by_side() {
    let world = owing().await;
    let result = world.tried("k", candidate(10)).await;
    // The built-in ladder writes before the due date and up to 30 days after it; all of that lies before March.
    assert_eq!(result["in_use"]["debtors_contacted"], 12, "{result}");
    assert_eq!(result["in_use"]["messages_by_step"]["courtesy"], 12);
    let new = &result["candidate"];
    assert_eq!((&new["policy"], &new["messages"]), (&json!("trade@7"), &json!(24)), "{new}");
    assert_eq!(new["messages_by_step"], json!({ "first": 12, "second": 12 }));
    assert_eq!(new["messages_by_channel"], json!({ "email": 24 }));
    let by_month = new["messages_by_month"].as_object().unwrap();
    assert_eq!(by_month.values().map(|times| times.as_u64().unwrap()).sum::<u64>(), 24, "{by_month:?}");
    assert_eq!((&new["average"], &new["most"]), (&json!("2.00"), &json!(2)));
    assert_eq!(new["cost_usd"], json!({ "by_channel": { "email": "0.0024" }, "total": "0.0024" }));
    assert_eq!(new["tasks"], json!({}));
    assert_eq!(result["debtors"]["less"], 12);
    let most = &result["in_use"]["most"];
    assert_eq!(result["differences"][0], json!({ "debtor_ref": "C00", "in_use": most, "candidate": 2 }));
    assert_eq!(result["differences"].as_array().unwrap().len(), 12);
    let before = result["in_use"]["messages"].as_u64().unwrap();
    assert_eq!(result["summary"][0], format!("24 messages would have gone out instead of {before}"));
}

#[tokio::test]
async fn a_version_on_record_is_named_alone_and_trying_one_puts_none_on_record() {
    let world = owing().await;
    let settings = world.table.items().await.into_iter().filter(|item| item["PK"] == "T#demo").count();
    let by_steps = world.tried("k1", candidate(10)).await;
    assert_eq!(world.table.items().await.into_iter().filter(|item| item["PK"] == "T#demo").count(), settings);
    let (status, problem) = world.ask_for_trial("k2", &json!({ "version": 7 })).await;
    assert_eq!((status, &problem["errors"][0]["field"]), (400, &json!("version")), "{problem}");

    let mut policy = candidate(10);
    policy.as_object_mut().unwrap().retain(|field, _| field == "version" || field == "steps");
    policy["name"] = json!("trade");
    let put = world.call_api(call_to("POST /v1/policies", Some(TENANT), &json!({}), &json!({}), &policy.to_string()));
    assert_eq!(put.await.0, 201);
    let named = world.tried("k3", json!({ "version": 7, "months": 3, "prices": { "email": "0.0001" } })).await;
    assert_eq!(named, by_steps);
    let (status, problem) = world.ask_for_trial("k4", &candidate(10)).await;
    assert_eq!((status, &problem["errors"][0]["field"]), (400, &json!("version")), "it is on record: {problem}");
}

#[tokio::test]
async fn what_is_wrong_is_named_by_its_field_and_nothing_is_written() {
    let world = owing().await;
    let before = world.table.items().await;
    for (body, field) in [
        (json!({ "version": 7, "steps": [], "months": 3 }), "steps"),
        (json!({ "steps": candidate(3)["steps"] }), "version"),
        (json!({ "version": 1, "months": 0 }), "months"),
        (json!({ "version": 1, "months": 25 }), "months"),
        (json!({ "version": 1, "name": "other" }), "name"),
        (json!({ "version": 1, "use_for": "fun" }), "use_for"),
        (json!({ "version": 1, "portfolio": "No Slug" }), "portfolio"),
        (json!({ "version": 1, "prices": { "email": "-1" } }), "prices.email"),
        (json!({ "version": 1, "prices": { "pigeon": "1" } }), "prices.pigeon"),
        (json!({ "version": 1, "since": "ever" }), "since"),
    ] {
        let (status, problem) = world.ask_for_trial("k", &body).await;
        let fields: Vec<&str> =
            problem["errors"].as_array().unwrap().iter().map(|error| error["field"].as_str().unwrap()).collect();
        assert!(status == 400 && fields.contains(&field), "{body}: {problem}");
    }
    assert_eq!(world.table.items().await, before);
    assert!(world.outside.take_backtest_work().is_empty());
}

#[tokio::test]
async fn a_call_sent_again_is_the_same_backtest_and_sends_for_what_is_left() {
    let world = owing().await;
    let (_, first) = world.ask_for_trial("k", &candidate(10)).await;
    let sent = world.outside.take_backtest_work();
    assert_eq!(sent.len(), 8);
    for body in &sent[..3] {
        assert!(world.trial_step(body, far_from_now()).await);
    }
    let (_, shown) = world.trial(TENANT, &first["id"]).await;
    assert_eq!((&shown["status"], &shown["result"]), (&json!("running"), &Value::Null), "{shown}");
    let (status, again) = world.ask_for_trial("k", &candidate(10)).await;
    assert_eq!((status, &again["id"], &again["status"]), (202, &first["id"], &json!("running")));
    assert_eq!(world.outside.take_backtest_work(), sent[3..]);
    let (_, other) = world.ask_for_trial("other", &candidate(10)).await;
    assert_ne!(other["id"], first["id"]);
}

#[tokio::test]
async fn tenants_do_not_see_each_others_backtests() {
    let world = owing().await;
    world.table.add_tenant("other", &[]).await;
    let (_, asked) = world.ask_for_trial("k", &candidate(10)).await;
    assert_eq!(world.trial("other", &asked["id"]).await.0, 404);
    assert_eq!(world.trial(TENANT, &json!("none")).await.0, 404);
    assert_eq!(world.trial(TENANT, &json!("No Slug")).await.0, 404);
}

#[tokio::test]
async fn one_creditor_can_be_asked_about_alone() {
    let world = owing().await;
    let mut body = candidate(10);
    body["portfolio"] = json!("elsewhere");
    let result = world.tried("k1", body.clone()).await;
    assert_eq!(result["candidate"]["messages"], 0, "{result}");
    body["portfolio"] = json!("main");
    assert_eq!(world.tried("k2", body).await["candidate"]["messages"], 24);
}

#[tokio::test]
async fn a_debtor_whose_history_cannot_be_read_is_left_out_and_counted() {
    let world = owing().await;
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let put = world.table.client().put_item().table_name(TABLE).item("PK", text("T#demo#D#C03"));
    put.item("SK", text("PAST#2026-01-03T00:00:00.000000Z#ENTRY#000001")).send().await.unwrap();
    let (_, asked) = world.ask_for_trial("k", &candidate(10)).await;
    world.run_trials(far_from_now()).await;
    let (_, shown) = world.trial(TENANT, &asked["id"]).await;
    assert_eq!(shown["progress"], json!({ "debtors": 12, "done": 12, "left_out": 1 }), "{shown}");
    assert_eq!(shown["result"]["candidate"]["debtors_contacted"], 11);
}

#[tokio::test]
async fn a_part_whose_time_is_over_goes_on_where_it_was() {
    let world = owing().await;
    let whole = world.tried("k1", candidate(10)).await;
    let (_, asked) = world.ask_for_trial("k2", &candidate(10)).await;
    let delivered = world.run_trials(SystemTime::UNIX_EPOCH).await;
    assert!(delivered >= 12, "a debtor each, and a part without any: {delivered}");
    let (_, shown) = world.trial(TENANT, &asked["id"]).await;
    assert_eq!(shown["progress"], json!({ "debtors": 12, "done": 12, "left_out": 0 }));
    assert_eq!(shown["result"], whole);
}

#[tokio::test]
async fn partitions_of_more_than_a_page_are_gone_through_to_their_ends() {
    let world = World::start().await;
    world
        .has(
            (0..260)
                .map(|n| draft(&format!("C{n:03}"), &format!("I{n}")).issued("2026-01-02").due("2026-01-20").build()),
        )
        .await;
    let (_, asked) = world.ask_for_trial("k", &candidate(10)).await;
    assert_eq!(world.run_trials(far_from_now()).await, 8, "no part sends itself on while there is time");
    let (_, shown) = world.trial(TENANT, &asked["id"]).await;
    assert_eq!(shown["progress"], json!({ "debtors": 260, "done": 260, "left_out": 0 }));
    assert_eq!(shown["result"]["candidate"]["messages"], 520);
    let differences = shown["result"]["differences"].as_array().unwrap();
    assert_eq!((differences.len(), &differences[49]["debtor_ref"]), (50, &json!("C049")));
}

#[tokio::test]
async fn a_part_that_someone_else_has_taken_further_is_not_set_back() {
    let world = owing().await;
    let (_, asked) = world.ask_for_trial("k", &candidate(10)).await;
    let (policy, id) = (PolicyName::parse("trade").unwrap(), BacktestId::parse(asked["id"].as_str().unwrap()).unwrap());
    let (store, of) = (world.table.store(), tenant(TENANT));
    let backtest = store.backtest(&of, &policy, &id).await.unwrap().unwrap();
    world.run_trials(far_from_now()).await;
    let stale = store.put_backtest_part(&of, &backtest, &BacktestPart::new(0, 1)).await;
    assert!(matches!(stale, Err(StoreError::Conflict)), "{stale:?}");
    assert_eq!(world.trial(TENANT, &asked["id"]).await.1["status"], "done");
}

#[tokio::test]
async fn what_is_delivered_twice_or_to_two_at_once_is_counted_once() {
    let world = owing().await;
    let whole = world.tried("k1", candidate(10)).await;
    let (_, asked) = world.ask_for_trial("k2", &candidate(10)).await;
    loop {
        let waiting: BTreeSet<String> = world.outside.take_backtest_work().into_iter().collect();
        if waiting.is_empty() {
            break;
        }
        for body in waiting {
            let beside = world.beside();
            let late = SystemTime::UNIX_EPOCH;
            let (one, other) = tokio::join!(world.trial_step(&body, late), beside.trial_step(&body, late));
            assert!(one && other && world.trial_step(&body, late).await, "{body}");
        }
    }
    let (_, shown) = world.trial(TENANT, &asked["id"]).await;
    assert_eq!((&shown["progress"]["done"], &shown["result"]), (&json!(12), &whole), "{shown}");
}

#[tokio::test]
async fn a_worker_that_dies_anywhere_ends_in_the_same_sums() {
    let world = owing().await;
    let whole = world.tried("whole", candidate(10)).await;
    for polls in 1..200 {
        let mut interrupted = false;
        let asked = killed_after(polls, world.ask_for_trial(&polls.to_string(), &candidate(10))).await;
        interrupted |= asked.is_none();
        let (_, asked) = world.ask_for_trial(&polls.to_string(), &candidate(10)).await;
        loop {
            // What waits may be there several times, sent again by those that came after the dead.
            let waiting: BTreeSet<String> = world.outside.take_backtest_work().into_iter().collect();
            if waiting.is_empty() {
                break;
            }
            for body in waiting {
                let step = world.trial_step(&body, SystemTime::UNIX_EPOCH);
                interrupted |= killed_after(polls, step).await.is_none();
                assert!(world.beside().trial_step(&body, SystemTime::UNIX_EPOCH).await, "{body} after {polls} polls");
            }
        }
        let (_, shown) = world.trial(TENANT, &asked["id"]).await;
        assert_eq!((&shown["progress"]["done"], &shown["result"]), (&json!(12), &whole), "died after {polls} polls");
        if !interrupted {
            assert!(polls > 5, "{polls}");
            return;
        }
    }
    panic!("a step takes more polls");
}

#[tokio::test]
async fn a_message_that_is_none_of_ours_comes_back_and_one_of_no_backtest_is_dropped() {
    let world = owing().await;
    let work = |tenant: &str, shard: u32| {
        json!({ "tenant": tenant, "policy": "trade", "backtest": "none", "shard": shard }).to_string()
    };
    for (body, done) in [
        (work(TENANT, 0), true),
        (work("nobody", 0), true),
        (work(TENANT, 8), false),
        (work("No Slug", 0), false),
        ("{}".to_owned(), false),
    ] {
        assert_eq!(world.trial_step(&body, far_from_now()).await, done, "{body}");
    }
}
