//! Why somebody was, or was not, written to; and every decision on record made again, to the same bytes (I7).

use dunlin_aws::store::{DecisionFile, Replay, StoredDecision};
use dunlin_domain::calendar::Calendar;
use dunlin_domain::intake::InvoiceDraft;
use dunlin_testkit::build::{debtor, draft, eur, tenant};
use serde_json::{Value, json};

use crate::world::{TENANT, World, call_to, text};

const LIST: &str = "GET /v1/debtors/{id}/decisions";
const ONE: &str = "GET /v1/debtors/{id}/decisions/{decision}";
const REPLAY: &str = "POST /v1/decisions/replays";

impl World {
    /// I7: every decision on record, made again from what was kept, is the same.
    pub(crate) async fn assert_replayed(&self) {
        let policies = self.tenancy().await.policies;
        let heads = self.table.items().await.into_iter().filter(|item| item["SK"] == "LIVE#DEBTOR");
        for id in heads.map(|head| text(&head, "debtor").to_owned()) {
            let decisions = self.stored(&id, 100).await;
            assert_eq!(decisions.len(), self.past(&id, "DECISION").await.len(), "each is found");
            for decision in decisions {
                let replay = decision.file(&policies).unwrap().replay(&Calendar::default()).unwrap();
                assert_eq!(replay, Replay::Same, "I7: {} about {id}", decision.id);
            }
        }
    }

    /// Every decision about a debtor of the tenant `demo`, newest first, so many to a page.
    async fn stored(&self, id: &str, limit: usize) -> Vec<StoredDecision> {
        let store = self.table.store();
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let page = store.decisions(&tenant(TENANT), &debtor(id), limit, after.as_deref()).await.unwrap();
            all.extend(page.decisions);
            after = page.next;
            if after.is_none() {
                return all;
            }
        }
    }

    async fn asked(&self, route: &str, path: Value, query: Value) -> (i64, Value) {
        self.call_api(call_to(route, Some(TENANT), &path, &query, "")).await
    }

    /// What `C1` is told was done, oldest first, and what would be done now.
    async fn why(&self) -> (Vec<String>, String) {
        let (status, told) = self.asked(LIST, json!({ "id": "C1" }), json!({})).await;
        assert_eq!(status, 200, "{told}");
        let summary = |one: &Value| one["summary"].as_str().unwrap().to_owned();
        let told_of = told["decisions"].as_array().unwrap().iter().rev().map(summary).collect();
        (told_of, summary(&told["now"]))
    }

    /// The latest decision about `C1`, with all that it was made from.
    async fn latest(&self) -> Value {
        let (_, told) = self.asked(LIST, json!({ "id": "C1" }), json!({ "limit": "1" })).await;
        let id = told["decisions"][0]["id"].clone();
        let (status, one) = self.asked(ONE, json!({ "id": "C1", "decision": id }), json!({})).await;
        assert_eq!(status, 200, "{one}");
        one
    }

    async fn replay(&self, file: &Value) -> Value {
        let call = call_to(REPLAY, Some(TENANT), &json!({}), &json!({}), &file.to_string());
        let (status, answer) = self.call_api(call).await;
        assert_eq!(status, 200, "{answer}");
        answer["replay"].clone()
    }
}

fn owing() -> InvoiceDraft {
    draft("C1", "I1").issued("2026-02-01").due("2026-03-02").total(eur("100.00")).build()
}

fn pay(reference: &str, amount: &str, status: &str) -> Value {
    json!([{
        "payment_ref": reference, "invoice_number": "I1", "paid_on": "2026-03-10", "amount": amount, "currency": "EUR",
        "status": status,
    }])
}

#[tokio::test]
async fn each_decision_says_in_plain_words_why() {
    let world = World::start().await;
    world.has([owing()]).await;
    world.hour("2026-03-03T08:00:00Z").await;
    world.set_clock("2026-03-10T07:00:00Z");
    world.post_payments(pay("P1", "40.00", "settled")).await;
    world.scan_at("2026-03-10T08:00:00Z").await;
    world.project().await;
    // The money comes between plan and send.
    world.post_payments(pay("P2", "60.00", "pending")).await;
    world.deliver(&world.take_queue()).await;
    let (told, now) = world.why().await;
    let expected = [
        "Message 'reminder-1' by e-mail about one invoice, EUR 100.00, because the oldest debt was due on 2 March 2026, \
         yesterday; the step 'reminder-1' has come.",
        "Message 'reminder-7' by e-mail about one invoice, EUR 60.00, because the oldest debt was due on 2 March 2026, \
         8 days ago; the step 'reminder-7' has come.",
        "A message that was planned did not leave: money is on its way (I1, until 31 March 2026, 08:00 UTC); nothing that \
         is overdue may be chased. Looked at again on 31 March 2026, 08:00 UTC.",
    ];
    assert_eq!(told, expected);
    let paged = async |limit| world.stored("C1", limit).await.iter().map(|one| one.id).collect::<Vec<_>>();
    assert_eq!(paged(1).await, paged(100).await);
    assert!(now.starts_with("No message: money is on its way (I1, until 31 March 2026"), "{now}");
    world.assert_replayed().await;
    world.assert_audited().await;
}

#[tokio::test]
async fn an_hour_that_changes_nothing_is_not_put_on_record() {
    let world = World::start().await;
    world.has([owing()]).await;
    world.days("2026-03-03", "2026-03-09").await;
    let before = world.past("C1", "DECISION").await.len();
    for hour in 0..24 {
        world.scan_at(&format!("2026-03-11T{hour:02}:00:00Z")).await;
    }
    assert_eq!(world.past("C1", "DECISION").await.len(), before, "the last says until when it holds");
    let (told, _) = world.why().await;
    assert_eq!(before, 3, "the night, and each message, and nothing in between: {told:#?}");
}

#[tokio::test]
async fn a_decision_is_made_again_by_whoever_has_it() {
    let world = World::start().await;
    world.has([owing()]).await;
    world.hour("2026-03-03T08:00:00Z").await;
    let one = world.latest().await;
    assert_eq!(one["replay"], json!({ "result": "same" }), "{one}");
    assert_eq!(one["policy"], "default@1");
    assert!(one["packs"].as_array().unwrap().contains(&json!("platform@1")), "{one}");
    assert_eq!(one["accounts"][0]["for"][0]["source"], "the creditor's books", "{one}");
    assert_eq!(one["file"]["decision"]["inputs"], one["input_hash"]);
    assert_eq!(world.replay(&one["file"]).await, json!({ "result": "same" }));

    let with = |path: &str, value: Value| {
        let mut file = one["file"].clone();
        *file.pointer_mut(path).unwrap() = value;
        file
    };
    for (path, value) in [
        ("/inputs/invoices/0/due_date", json!("2026-03-03")),
        ("/inputs/invoices/0/total", json!(10_001)),
        ("/inputs/debtor/profile/name", json!("Somebody Else")),
        ("/inputs/at", json!("2026-03-03T09:00:00Z")),
        ("/inputs/packs/0", json!("us-federal@2")),
        ("/policies/0/steps/1/offset_days", json!(2)),
        ("/decision/inputs", json!("00000000000000000000000000000000")),
    ] {
        assert_eq!(world.replay(&with(path, value)).await["result"], "altered", "{path}");
    }
    let replay = world.replay(&with("/decision/accounts/0/step", json!("reminder-7"))).await;
    let differences = json!([{ "at": "/accounts/0/step", "was": "reminder-7", "is": "reminder-1" }]);
    assert_eq!(replay, json!({ "result": "differs", "differences": differences }));
}

#[tokio::test]
async fn what_this_build_does_not_have_is_named_and_not_guessed() {
    let world = World::start().await;
    world.has([owing()]).await;
    world.hour("2026-03-03T08:00:00Z").await;
    let file = world.latest().await["file"].clone();
    let hashed = |mut file: Value| {
        let hash = DecisionFile::hash_of(&file["inputs"], file["policies"].as_array().unwrap()).unwrap();
        file["decision"]["inputs"] = json!(hash);
        file
    };
    let mut other = file.clone();
    other["inputs"]["packs"][0] = json!("us-federal@0");
    let why = json!({ "result": "not_here", "why": "pack us-federal@0 is not what this build has" });
    assert_eq!(world.replay(&hashed(other)).await, why);
    let mut other = file.clone();
    other["policies"] = json!([]);
    assert_eq!(world.replay(&hashed(other)).await["why"], "policy default@1 is not what this build has");
    let mut other = file;
    other["inputs"] = Value::Null;
    assert_eq!(world.replay(&other).await["result"], "not_here");
}

#[tokio::test]
async fn equal_inputs_have_equal_hashes_and_others_do_not() {
    let decided = async |invoice: InvoiceDraft, hour: &str| {
        let world = World::start().await;
        world.has([invoice]).await;
        world.hour(hour).await;
        world.latest().await["input_hash"].clone()
    };
    let first = decided(owing(), "2026-03-03T08:00:00Z").await;
    assert_eq!(decided(owing(), "2026-03-03T08:00:00Z").await, first);
    assert_ne!(decided(owing(), "2026-03-03T09:00:00Z").await, first);
    let dearer = draft("C1", "I1").issued("2026-02-01").due("2026-03-02").total(eur("100.01")).build();
    assert_ne!(decided(dearer, "2026-03-03T08:00:00Z").await, first);
}

/// How many bytes what a decision about so many invoices was made from takes in the table.
async fn kept(invoices: usize) -> usize {
    let world = World::start().await;
    let number = |n: usize| format!("2026-{n:05}");
    let due = |n: usize| format!("2026-02-{:02}", 1 + n * 7 % 28);
    let owed = |n: usize| eur(&format!("{}.{:02}", 100 + n * 37 % 900, n * 13 % 100));
    world
        .has((0..invoices).map(|n| draft("C1", &number(n)).issued("2026-01-20").due(&due(n)).total(owed(n)).build()))
        .await;
    world.scan_at("2026-03-03T08:00:00Z").await;
    let decision = world.past("C1", "DECISION").await.remove(0);
    decision["made_from"].as_array().unwrap().len()
}

#[tokio::test]
async fn what_a_decision_was_made_from_takes_little_room() {
    let (one, many) = (kept(1).await, kept(101).await);
    assert!(one <= 150 && (many - one) / 100 <= 30, "{one} bytes, and {} for each further invoice", (many - one) / 100);
}

#[tokio::test]
async fn decisions_are_the_tenants_own() {
    let world = World::start().await;
    world.table.add_tenant("other", &[]).await;
    world.has([owing()]).await;
    world.hour("2026-03-03T08:00:00Z").await;
    let id = world.latest().await["id"].clone();
    for (route, path) in [(LIST, json!({ "id": "C1" })), (ONE, json!({ "id": "C1", "decision": id }))] {
        let call = call_to(route, Some("other"), &path, &json!({}), "");
        assert_eq!(world.call_api(call).await.0, 404, "{route}");
    }
    for wrong in ["1", "1772524800000000-99", "x"] {
        let (status, problem) = world.asked(ONE, json!({ "id": "C1", "decision": wrong }), json!({})).await;
        assert_eq!(status, 404, "{problem}");
    }
    let call = call_to(REPLAY, Some(TENANT), &json!({}), &json!({}), "{}");
    let (status, problem) = world.call_api(call).await;
    assert!(status == 400 && problem["errors"][0]["field"] == "body", "{problem}");
}
