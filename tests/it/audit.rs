//! The audit log: who did what and why, complete whatever happens, and found out when it is touched.

use std::collections::BTreeMap;

use aws_lambda_events::encodings::Body;
use aws_sdk_dynamodb::types::AttributeValue;
use dunlin_audit::{Anchors, Flaw, Verified, verify};
use dunlin_aws::store::AuditRange;
use dunlin_testkit::build::{debtor, draft, eur, tenant};
use dunlin_testkit::table::TABLE;
use serde_json::{Map, Value, json};

use crate::world::{TENANT, World, call_to, far_from_now, text};

impl World {
    /// Every debtor's log hangs together, up to what the table says now.
    pub(crate) async fn assert_audited(&self) {
        let heads = self.table.items().await.into_iter().filter(|item| item["SK"] == "LIVE#DEBTOR");
        for head in heads {
            let (of, id) = (tenant(text(&head, "tenant")), debtor(text(&head, "debtor")));
            let log = self.table.store().export_audit(&of, &id, AuditRange::WHOLE, self.now()).await.unwrap().unwrap();
            let verified =
                verify(log.file.as_slice(), &Anchors::default()).unwrap_or_else(|fault| panic!("{of} {id}: {fault}"));
            if let Some(log) = head.get("log") {
                assert_eq!(json!(verified.head.seq), log["seq"], "{of} {id}");
            }
        }
    }

    async fn log(&self) -> (Vec<u8>, Vec<Value>) {
        let path = json!({ "id": "C1" });
        let request = call_to("GET /v1/debtors/{id}/audit", Some(TENANT), &path, &json!({}), "");
        let (status, log) = self.call_api(request).await;
        assert_eq!(status, 200, "{log}");
        let text = log.as_str().unwrap().to_owned();
        let lines = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        (text.into_bytes(), lines)
    }

    async fn verified(&self) -> Result<Verified, Flaw> {
        verify(self.log().await.0.as_slice(), &Anchors::default()).map_err(|fault| fault.flaw)
    }

    async fn put_item(&self, item: BTreeMap<String, AttributeValue>) {
        let put = self.table.client().put_item().table_name(TABLE);
        put.set_item(Some(item.into_iter().collect())).send().await.unwrap();
    }

    /// An item of the debtor whose sort key holds `part`.
    async fn item(&self, part: &str) -> BTreeMap<String, AttributeValue> {
        let items = self.table.items().await;
        let key = items.iter().find(|item| text(item, "SK").contains(part)).unwrap();
        let get = self.table.client().get_item().table_name(TABLE);
        let get = get.key("PK", AttributeValue::S(text(key, "PK").to_owned()));
        let got = get.key("SK", AttributeValue::S(text(key, "SK").to_owned())).send().await.unwrap();
        got.item.unwrap().into_iter().collect()
    }
}

/// `C1` was written to twice and has paid.
async fn a_story() -> World {
    let world = World::start().await;
    world.has([draft("C1", "I1").issued("2026-02-01").due("2026-03-02").total(eur("100.00")).build()]).await;
    world.days("2026-03-03", "2026-03-10").await;
    assert_eq!(world.mails().len(), 2);
    let payment = json!({
        "payment_ref": "P1", "invoice_number": "I1", "paid_on": "2026-03-10", "amount": "100.00", "currency": "EUR",
    });
    world.post_payments(json!([payment])).await;
    world
}

#[tokio::test]
async fn the_log_tells_who_did_what_and_why() {
    let world = a_story().await;
    let (_, lines) = world.log().await;
    let records: Vec<&Value> = lines.iter().filter_map(|line| line.get("record")).collect();
    let told = |record: &Value| {
        let what: Vec<&str> = record["what"].as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect();
        (format!("{}:{}", record["actor"]["kind"], record["actor"]["id"]).replace('"', ""), what.join(" "))
    };
    let story: Vec<(String, String)> = records.iter().map(|record| told(record)).collect();
    let by =
        |who: &str, what: &str| assert!(story.contains(&(who.to_owned(), what.to_owned())), "{who} {what}: {story:#?}");
    by("system:tests", "invoice.created");
    by("staff:user-1", "payment.received invoice.settled cycle.ended");
    assert_eq!(story.iter().filter(|(_, what)| what == "message.planned").count(), 2, "{story:#?}");
    assert_eq!(story.iter().filter(|(_, what)| what == "message.sent").count(), 2, "{story:#?}");
    let why: Vec<&str> = records.iter().filter_map(|record| record["why"].as_str()).collect();
    assert!(why.iter().any(|why| why.contains("step_reached: reminder-7")), "{why:?}");
    assert!(records.windows(2).all(|pair| pair[0]["after"] == pair[1]["before"]));
    world.assert_audited().await;
}

#[tokio::test]
async fn records_that_wait_on_the_head_get_an_item_in_the_end_and_none_shows_on_the_timeline() {
    let world = World::start().await;
    world.has([draft("C1", "I1").issued("2026-02-01").due("2026-03-02").total(eur("100.00")).build()]).await;
    let path = json!({ "id": "C1" });
    for n in 3..12 {
        let due = format!("2026-04-{n:02}");
        world.has([draft("C1", "I1").issued("2026-02-01").due(&due).total(eur("100.00")).build()]).await;
    }
    assert_eq!(world.verified().await.unwrap().head.seq, 10);
    let own = world.table.items().await.into_iter().filter(|item| text(item, "SK").contains("#AUDIT#")).count();
    assert_eq!(own, 1, "seven have waited, and two wait");
    let request = call_to("GET /v1/debtors/{id}/timeline", Some(TENANT), &path, &json!({}), "");
    let told = world.call_api(request).await.1.to_string();
    assert!(told.contains("charge") && !told.contains("audit"), "{told}");
}

/// All parts of so many bytes, as they would be fetched one after the other.
async fn parts(world: &World, bytes_max: usize) -> Vec<Vec<u8>> {
    let (mut parts, mut range) = (Vec::new(), AuditRange { bytes_max, ..AuditRange::WHOLE });
    loop {
        let store = world.table.store();
        let part = store.export_audit(&tenant(TENANT), &debtor("C1"), range, world.now()).await.unwrap().unwrap();
        parts.push(part.file);
        let Some(next) = part.next else { return parts };
        assert!(next > range.after, "it goes on");
        range.after = next;
    }
}

#[tokio::test]
async fn a_log_of_any_size_is_handed_out_in_parts_that_are_the_file() {
    let world = a_story().await;
    let whole = world.verified().await.unwrap();
    let records = usize::try_from(whole.head.seq).unwrap();
    assert_eq!(parts(&world, 1).await.len(), records, "at least one record each");
    for bytes in [1, 2_000, 5_000, 1_000_000] {
        let parts = parts(&world, bytes).await;
        let verified = verify(parts.concat().as_slice(), &Anchors::default()).unwrap();
        assert_eq!(verified, whole, "parts of {bytes} bytes");
        // Header and seal take less than 600 bytes.
        assert!(bytes == 1 || parts.iter().all(|part| part.len() < bytes + 600));
        if parts.len() > 1 {
            let cut = verify(parts[..parts.len() - 1].concat().as_slice(), &Anchors::default());
            assert!(matches!(cut.unwrap_err().flaw, Flaw::End { .. }), "the last part is missing");
        }
    }
}

#[tokio::test]
async fn the_api_links_to_the_next_part() {
    let world = a_story().await;
    let path = json!({ "id": "C1" });
    let (mut file, mut query, mut links) = (String::new(), json!({ "limit": "2" }), 0);
    loop {
        let request = call_to("GET /v1/debtors/{id}/audit", Some(TENANT), &path, &query, "");
        let Ok(answer) = world.api.handle(serde_json::from_value(request).unwrap()).await;
        let Some(Body::Text(part)) = answer.body else { panic!("no text") };
        file.push_str(&part);
        let Some(link) = answer.headers.get("link") else { break };
        let next = link.to_str().unwrap().strip_prefix("<?after=").unwrap().strip_suffix("&limit=2>; rel=\"next\"");
        query["after"] = next.unwrap().into();
        links += 1;
    }
    assert!(links > 1, "{links}");
    assert_eq!(verify(file.as_bytes(), &Anchors::default()).unwrap(), world.verified().await.unwrap());
    for (name, value) in [("after", "-1"), ("limit", "0"), ("after", "x")] {
        let query = json!({ name: value });
        let request = call_to("GET /v1/debtors/{id}/audit", Some(TENANT), &path, &query, "");
        let (status, problem) = world.call_api(request).await;
        assert_eq!((status, &problem["errors"][0]["field"]), (400, &json!(name)), "{problem}");
    }
}

/// What the history says, item by item.
async fn history(world: &World) -> Vec<Map<String, Value>> {
    let items = world.table.items().await.into_iter();
    items.filter(|item| text(item, "SK").starts_with("PAST#")).collect()
}

/// Writes the head as schema 2 had it, with the mailbox that it has.
async fn as_schema_2(world: &World) {
    let head = world.item("LIVE#DEBTOR").await;
    let contact = head["profile"].as_m().unwrap()["contacts"].as_l().unwrap()[0].as_m().unwrap();
    let shape = "SET #schema = :two, profile.email = :email, profile.sms_consent = :no, profile.email_opted_out = :no \
                 REMOVE profile.contacts";
    let update = world.table.client().update_item().table_name(TABLE).update_expression(shape);
    let update = update.key("PK", head["PK"].clone()).key("SK", head["SK"].clone());
    let update = update.expression_attribute_names("#schema", "schema");
    let update = update.expression_attribute_values(":two", AttributeValue::N("2".to_owned()));
    let update = update.expression_attribute_values(":email", contact["address"].clone());
    update.expression_attribute_values(":no", AttributeValue::Bool(false)).send().await.unwrap();
}

#[tokio::test]
async fn a_migration_leaves_the_history_as_it_is_and_the_log_hangs_together_after_it() {
    let world = a_story().await;
    let before = history(&world).await;
    as_schema_2(&world).await;
    let tick = serde_json::from_value(json!({ "time": "2026-03-10T23:00:00Z" })).unwrap();
    world.migration.handle(tick, far_from_now()).await.unwrap();
    let head = world.table.items().await.into_iter().find(|item| item["SK"] == "LIVE#DEBTOR").unwrap();
    assert_eq!(head["schema"], 3, "it was rewritten");
    assert!(before.len() > 5 && history(&world).await == before);
    world.has([draft("C1", "I2").issued("2026-03-01").due("2026-05-01").build()]).await;
    let verified = world.verified().await;
    assert!(verified.is_ok(), "{verified:?}");
}

#[tokio::test]
async fn the_same_state_has_the_same_digest_in_every_release() {
    let world = World::start().await;
    world.has([draft("C1", "I1").issued("2026-02-01").due("2026-03-02").total(eur("100.00")).build()]).await;
    let (_, lines) = world.log().await;
    let record = &lines[1]["record"];
    let known = (json!(1), json!("6da2c37cd8281f08f151e8ab5bce8505abe2bed8e8fce8f002a98f0f1477431d"));
    let why = "another shape of the state: raise STATE_SHAPE, or every log looks as if it had been changed outside";
    assert_eq!((record["shape"].clone(), record["after"].clone()), known, "{why}");
}

#[tokio::test]
async fn an_edit_in_the_table_is_found() {
    let world = a_story().await;
    let mut entry = world.item("#ENTRY#").await;
    entry.insert("amount".to_owned(), AttributeValue::N("9000".to_owned()));
    world.put_item(entry).await;
    assert!(matches!(world.verified().await, Err(Flaw::History(_))), "a ledger entry");

    let world = a_story().await;
    let message = world.item("#MESSAGE#").await;
    let keys = ["PK", "SK"].map(|name| (name.to_owned(), message[name].clone()));
    let delete = world.table.client().delete_item().table_name(TABLE);
    delete.set_key(Some(keys.into_iter().collect())).send().await.unwrap();
    assert!(world.verified().await.is_err(), "a message that is gone");

    let world = a_story().await;
    let mut head = world.item("LIVE#DEBTOR").await;
    let Some(AttributeValue::M(profile)) = head.get_mut("profile") else { panic!("no profile") };
    profile.insert("name".to_owned(), AttributeValue::S("Somebody Else".to_owned()));
    world.put_item(head).await;
    assert_eq!(world.verified().await.err(), None, "nothing has been recorded since");
    let hold = json!({ "reason": "manual" }).to_string();
    let path = json!({ "id": "C1" });
    let (status, _) =
        world.call_api(call_to("POST /v1/debtors/{id}/holds", Some(TENANT), &path, &json!({}), &hold)).await;
    assert_eq!((status, world.verified().await), (201, Err(Flaw::ChangedOutside)), "the state was changed outside");
}
