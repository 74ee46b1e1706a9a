//! Debtors as records of their own: made, changed, and granted days to pay.

use dunlin_testkit::build::draft;
use serde_json::{Value, json};

use crate::world::{World, call_to, text};

/// A call about one debtor, with a key if one is given.
pub(crate) async fn ask(
    world: &World,
    route: &str,
    id: &str,
    key: Option<&str>,
    query: Value,
    body: Value,
) -> (i64, Value) {
    let mut call = call_to(route, Some("demo"), &json!({ "id": id }), &query, &body.to_string());
    if let Some(key) = key {
        call["headers"]["idempotency-key"] = json!(key);
    }
    world.call_api(call).await
}

/// Changes a debtor, which has to work.
pub(crate) async fn patch(world: &World, id: &str, body: Value) -> Value {
    let (status, answer) = ask(world, "PATCH /v1/debtors/{id}", id, None, json!({}), body).await;
    assert_eq!(status, 200, "{answer}");
    answer
}

/// Makes a debtor, or brings it into a state, which has to work.
pub(crate) async fn put(world: &World, id: &str, body: Value) -> (i64, Value) {
    let (status, answer) = ask(world, "PUT /v1/debtors/{id}", id, None, json!({}), body).await;
    assert!(status == 200 || status == 201, "{answer}");
    (status, answer)
}

/// Why a change is refused: the status and the fields at fault.
pub(crate) async fn refused(world: &World, id: &str, body: Value) -> (i64, Vec<String>) {
    let (status, problem) = ask(world, "PATCH /v1/debtors/{id}", id, None, json!({}), body).await;
    let errors = problem["errors"].as_array().cloned().unwrap_or_default();
    (status, errors.iter().map(|error| error["field"].as_str().unwrap().to_owned()).collect())
}

#[tokio::test]
async fn a_debtor_is_changed_field_by_field_and_the_next_look_follows() {
    let world = World::start().await;
    world.has([draft("C1", "I1").issued("2026-02-20").due("2026-03-02").build()]).await;
    let before = world.table.items().await;
    let change = json!({
        "name": "Other Ltd", "kind": "business", "email": null, "phone": "+441632960123", "sms_consent": true,
        "country": "US", "region": "CA", "language": "en", "time_zone": "America/Los_Angeles",
        "payment_terms_days": 30, "credit_limits": { "EUR": "5000.00" },
    });
    let preview = json!({ "preview": "true" });
    let (status, shown) = ask(&world, "PATCH /v1/debtors/{id}", "C1", Some("k1"), preview, change.clone()).await;
    assert_eq!((status, &shown["preview"]), (200, &json!(true)), "{shown}");
    assert_eq!(world.table.items().await, before, "a preview writes nothing");
    let was = ask(&world, "GET /v1/debtors/{id}", "C1", None, json!({}), json!({})).await.1;
    let (_, made) = ask(&world, "PATCH /v1/debtors/{id}", "C1", Some("k1"), json!({}), change.clone()).await;
    assert_eq!((&made["changed"], &made["debtor"]), (&shown["changed"], &shown["debtor"]), "as it was shown");
    let debtor = &made["debtor"];
    assert_eq!((&debtor["email"], &debtor["sms_consent"]), (&Value::Null, &json!(true)));
    assert_eq!(debtor["credit"]["limits"][0]["limit"], "5000.00");
    assert_eq!(
        (&was["next_look_at"], &debtor["next_look_at"]),
        (&json!("2026-03-02T08:00:00Z"), &json!("2026-03-02T16:00:00Z"))
    );
    let (_, again) = ask(&world, "PATCH /v1/debtors/{id}", "C1", Some("k1"), json!({}), change.clone()).await;
    let told = (&again["repeated"], &again["debtor"]["name"]);
    assert_eq!(told, (&json!(true), &json!("Other Ltd")), "a call is carried out once for each key");
    let (status, _) = ask(&world, "PATCH /v1/debtors/{id}", "C1", Some("k1"), json!({}), json!({ "name": "X" })).await;
    assert_eq!(status, 422, "another call");
}

#[tokio::test]
async fn a_change_is_told_and_on_the_timeline_without_saying_who_somebody_is() {
    let world = World::start().await;
    world.has([draft("C1", "I1").build()]).await;
    patch(&world, "C1", json!({ "name": "Mallory", "email": "mallory@else.example", "time_zone": "Europe/Berlin" }))
        .await;
    patch(&world, "C1", json!({ "name": "Mallory" })).await;
    world.pump().await;
    let told = world.told.lock().unwrap().clone();
    let changes: Vec<&Value> =
        told.iter().filter(|(kind, _)| kind == "debtor.updated").map(|(_, detail)| detail).collect();
    assert_eq!(changes.len(), 1, "what changes nothing tells nothing");
    assert_eq!(changes[0]["detail"], "name,email,time_zone");
    let (_, timeline) = ask(&world, "GET /v1/debtors/{id}/timeline", "C1", None, json!({}), json!({})).await;
    let change = timeline["entries"].as_array().unwrap().iter().find(|entry| entry["kind"] == "change").unwrap();
    let zone = json!({ "field": "time_zone", "was": "UTC", "is": "Europe/Berlin" });
    assert_eq!(change["body"]["fields"], json!([{ "field": "name" }, { "field": "email" }, zone]));
    for word in ["Mallory", "mallory"] {
        assert!(!format!("{told:?} {timeline}").contains(word), "{word}");
    }
}

#[tokio::test]
async fn every_wrong_field_is_named_and_nothing_is_changed() {
    let world = World::start().await;
    world.has([draft("C1", "I1").build()]).await;
    let before = world.table.items().await;
    for (body, fields) in [
        (json!({ "kind": "company", "email": "x", "surname": "y" }), vec!["kind", "email", "surname"]),
        (json!({ "phone": 5, "sms_consent": "perhaps", "name": " " }), vec!["phone", "name", "sms_consent"]),
        (json!({ "payment_terms_days": 366, "time_zone": "Mars/X" }), vec!["time_zone", "payment_terms_days"]),
        (json!({ "payment_terms_days": 1.5, "parent_ref": ["C2"] }), vec!["parent_ref", "payment_terms_days"]),
        (
            json!({ "credit_limits": { "EUR": 5, "EURO": "1", "USD": "-1" } }),
            vec!["credit_limits.EUR", "credit_limits.EURO", "credit_limits.USD"],
        ),
        (json!({ "credit_limits": "5" }), vec!["credit_limits"]),
    ] {
        assert_eq!(
            refused(&world, "C1", body.clone()).await,
            (400, fields.into_iter().map(str::to_owned).collect()),
            "{body}"
        );
    }
    assert_eq!(refused(&world, "C9", json!({ "name": "Nobody" })).await, (404, vec![]));
    assert_eq!(refused(&world, "C1", json!([])).await, (400, vec![]));
    assert_eq!(world.table.items().await, before);
}

#[tokio::test]
async fn a_debtor_is_made_and_brought_into_a_state() {
    let world = World::start().await;
    let whole =
        json!({ "name": "Holding", "kind": "business", "payment_terms_days": 14, "credit_limits": { "EUR": "1.00" } });
    let (status, made) = put(&world, "H1", whole.clone()).await;
    assert_eq!(
        (status, &made["debtor"]["name"], &made["debtor"]["time_zone"]),
        (201, &json!("Holding"), &json!("UTC"))
    );
    let (status, same) = put(&world, "H1", whole).await;
    assert_eq!((status, &same["changed"]), (200, &json!([])));
    let (_, bare) = put(&world, "H1", json!({ "email": "ap@h1.example" })).await;
    let debtor = &bare["debtor"];
    assert_eq!((&debtor["name"], &debtor["kind"]), (&json!("H1"), &json!("consumer")), "what is not said is unsaid");
    assert_eq!(debtor["credit"], json!({ "payment_terms_days": null, "payment_terms_of": null, "limits": [] }));
}

#[tokio::test]
async fn invoices_without_a_due_date_fall_due_by_terms() {
    let world = World::start().await;
    put(&world, "TOP", json!({ "payment_terms_days": 30 })).await;
    put(&world, "OWN", json!({ "payment_terms_days": 7, "parent_ref": "TOP" })).await;
    put(&world, "CHILD", json!({ "parent_ref": "TOP" })).await;
    let invoice = |debtor: &str, number: &str| json!({ "debtor_ref": debtor, "invoice_number": number, "issue_date": "2026-03-01", "currency": "EUR", "amount": "5.00" });
    let invoices = json!([invoice("TOP", "A"), invoice("OWN", "B"), invoice("CHILD", "C"), invoice("NEW", "D")]);
    let answer = world.post_invoices(invoices.clone()).await;
    let statuses: Vec<&Value> = answer["results"].as_array().unwrap().iter().map(|one| &one["status"]).collect();
    assert_eq!(statuses, ["created", "created", "created", "rejected"]);
    assert_eq!(answer["results"][3]["errors"][0]["field"], "due_date");
    for (number, due) in [("A", "2026-03-31"), ("B", "2026-03-08"), ("C", "2026-03-31")] {
        assert_eq!(text(&world.invoice(number).await, "due_date"), due);
    }
    patch(&world, "TOP", json!({ "payment_terms_days": 60 })).await;
    assert_eq!(world.post_invoices(invoices).await["unchanged"], 3, "what was booked keeps its day");
    let page = ask(&world, "GET /v1/debtors/{id}", "CHILD", None, json!({}), json!({})).await.1;
    assert_eq!(
        (&page["credit"]["payment_terms_days"], &page["credit"]["payment_terms_of"]),
        (&json!(60), &json!("parent"))
    );
    let file = "debtor_ref,invoice_number,issue_date,currency,amount\nCHILD,E,2026-03-01,EUR,5.00\nNEW,F,2026-03-01,EUR,5.00\n";
    let (rejected, counts) = world.import("terms.csv", file.as_bytes()).await;
    assert_eq!(text(&world.invoice("E").await, "due_date"), "2026-04-30");
    assert_eq!((&counts["created"], &counts["rejected"]), (&json!(1), &json!(1)));
    assert!(rejected.contains("3,due_date,"), "{rejected}");
}
