//! Every event in `events/`, through the handler that it wakes. One that no test uses is dead weight.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use dunlin_audit::Anchor;
use serde_json::{Value, json};

use crate::world::{SentMail, World, far_from_now};

const STRIPE: [(&str, &str); 17] = [
    ("invoice_finalized", "booked"),
    ("invoice_updated", "booked"),
    ("invoice_payment_failed", "booked"),
    ("invoice_payment_failed_subscription", "booked"),
    ("payment_intent_processing", "booked"),
    ("payment_intent_payment_failed", "booked"),
    ("payment_intent_succeeded", "booked"),
    ("invoice_paid", "booked"),
    ("invoice_payment_paid", "booked"),
    ("credit_note_created", "booked"),
    ("charge_refunded", "booked"),
    ("charge_dispute_created", "booked"),
    ("charge_dispute_closed", "booked"),
    ("credit_note_voided", "booked"),
    ("invoice_marked_uncollectible", "booked"),
    ("invoice_voided", "booked"),
    ("customer_created", "type not used"),
];

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("events")
}

/// The samples, and which of them were used.
struct Samples {
    used: BTreeSet<String>,
}

impl Samples {
    fn take(&mut self, name: &str) -> Value {
        self.used.insert(name.to_owned());
        let text = fs::read_to_string(folder().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        serde_json::from_str(&text).unwrap()
    }

    fn all() -> BTreeSet<String> {
        let folders = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir());
        let files = folders.flat_map(|folder| fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()));
        let name = |path: std::path::PathBuf| path.strip_prefix(folder()).unwrap().to_str().unwrap().to_owned();
        files.map(name).collect()
    }
}

#[tokio::test]
async fn every_sample_does_what_it_is_for() {
    let world = World::with_simulated_time(true).await;
    let mut samples = Samples { used: BTreeSet::new() };

    let (status, answer) = world.call_ingest(samples.take("invoice-ingest/post_invoices.json")).await;
    assert_eq!(status, 200, "{answer}");
    let statuses: Vec<&str> =
        answer["results"].as_array().unwrap().iter().map(|one| one["status"].as_str().unwrap()).collect();
    assert_eq!(statuses, ["created", "created", "created", "rejected"]);
    import(&world, &mut samples).await;

    world.set_clock("2026-03-02T08:00:00Z");
    for name in ["hourly_schedule", "run", "shard"] {
        world.scan_event(samples.take(&format!("aging-scan/{name}.json"))).await.unwrap();
    }
    world.scan_at("2026-03-02T08:00:00Z").await;
    let tick = serde_json::from_value(samples.take("table-migration/tick.json")).unwrap();
    world.migration.handle(tick, far_from_now()).await.unwrap();
    let planned = samples.take("reminder-dispatch/message_planned.json");
    let bodies = [planned["Records"][0]["body"].as_str().unwrap().to_owned()];
    assert!(world.deliver(&bodies).await.is_empty());
    let mails = world.mails();
    assert_eq!(mails.len(), 1, "the sample names the message that the samples before it lead to");

    let (status, answer) = world.call_webhook(samples.take("payment-webhook/post_payments.json")).await;
    assert_eq!(status, 200, "{answer}");
    let statuses: Vec<&str> =
        answer["results"].as_array().unwrap().iter().map(|one| one["status"].as_str().unwrap()).collect();
    assert_eq!(statuses, ["booked", "booked", "booked", "rejected"]);
    stripe(&world, &mut samples).await;
    agree(&world, &mut samples).await;
    project(&world, &mut samples).await;
    try_out(&world, &mut samples).await;
    read(&world, &mut samples).await;
    reach(&world, &mut samples).await;
    hear(&world, &mut samples, &mails[0]).await;

    assert_eq!(Samples::all(), samples.used);
}

async fn import(world: &World, samples: &mut Samples) {
    let key = "imports/demo/march 2026 (final).csv";
    let file =
        "debtor_ref,invoice_number,issue_date,due_date,currency,amount\nC-2,F-1,2026-01-01,2026-01-31,EUR,5.00\n";
    world.put(key, file.as_bytes());
    let uploaded = samples.take("invoice-ingest/csv_uploaded.json");
    let etag = uploaded["Records"][0]["s3"]["object"]["eTag"].as_str().unwrap().to_owned();
    world.outside.etags.lock().unwrap().insert(key.to_owned(), etag);
    world.ingest_event(uploaded).await.unwrap();
    // The record of a notification that failed leads to the same.
    let sent = world.outside.take_import_work();
    world.ingest_event(samples.take("invoice-ingest/import_redriven.json")).await.unwrap();
    assert_eq!(world.outside.take_import_work(), sent);
    let mut sent = sent;
    for name in ["import_split", "import_book", "import_finish"] {
        let step = samples.take(&format!("invoice-ingest/{name}.json"));
        assert_eq!(sent, [step["Records"][0]["body"].as_str().unwrap()], "{name} is what the step before it sends");
        let answer = world.ingest_event(step).await.unwrap();
        assert_eq!(answer["batchItemFailures"], json!([]), "{name}");
        sent = world.outside.take_import_work();
    }
    assert_eq!(world.results("march 2026 (final).csv").1["created"], 1);
    let (status, posted) = world.call_ingest(samples.take("invoice-ingest/post_imports.json")).await;
    assert!(status == 201 && posted["upload_url"].is_string(), "{posted}");
    let (status, shown) = world.call_ingest(samples.take("invoice-ingest/get_import.json")).await;
    assert_eq!((status, &shown["state"], &shown["created"]), (200, &json!("done"), &json!(1)), "{shown}");
    let (_, listed) = world.call_ingest(samples.take("invoice-ingest/get_imports.json")).await;
    assert_eq!(listed["imports"].as_array().unwrap().len(), 2, "{listed}");
}

async fn stripe(world: &World, samples: &mut Samples) {
    for (name, outcome) in STRIPE {
        let (status, answer) = world.call_webhook(samples.take(&format!("payment-webhook/stripe_{name}.json"))).await;
        assert_eq!((status, &answer["outcome"]), (200, &json!(outcome)), "{name}: {answer}");
    }
}

async fn agree(world: &World, samples: &mut Samples) {
    for (name, status) in [
        ("post_policy", 201),
        ("post_charge", 201),
        ("post_write_off", 201),
        ("reverse_write_off", 201),
        ("post_refund_review", 201),
        ("post_hold", 201),
        ("delete_hold", 200),
        ("post_dispute", 201),
        ("post_resolution", 200),
        ("post_promise", 201),
        ("delete_agreement", 200),
        ("post_plan", 201),
        ("post_settlement", 201),
        ("put_debtor", 201),
        ("patch_debtor", 200),
    ] {
        let answer = world.call_api(samples.take(&format!("collections-api/{name}.json"))).await;
        assert_eq!(answer.0, status, "{name}: {}", answer.1);
    }
}

async fn project(world: &World, samples: &mut Samples) {
    let batch = samples.take("projector/stream_batch.json");
    world.projector.handle(serde_json::from_value(batch).unwrap()).await.unwrap();
    let told: Vec<String> = world.outside.take_bus().into_iter().map(|(kind, _)| kind).collect();
    assert!(told.contains(&"invoice.created".to_owned()), "{told:?}");
    anchor(world, samples).await;
}

/// A policy that is tried: the sample of a part is the first message that the call leads to.
async fn try_out(world: &World, samples: &mut Samples) {
    let (status, asked) = world.call_api(samples.take("collections-api/post_backtest.json")).await;
    assert_eq!(status, 202, "{asked}");
    let part = samples.take("policy-backtest/part.json");
    let mut sent = world.outside.take_backtest_work();
    sent.sort();
    assert_eq!(sent.first().map(String::as_str), part["Records"][0]["body"].as_str());
    world.backtesting.handle(serde_json::from_value(part).unwrap(), far_from_now()).await.unwrap();
    let (status, shown) = world.call_api(samples.take("collections-api/get_backtest.json")).await;
    assert_eq!((status, &shown["status"], &shown["id"]), (200, &json!("running"), &asked["id"]), "{shown}");
}

async fn anchor(world: &World, samples: &mut Samples) {
    for name in ["stream_batch", "daily_schedule"] {
        let trigger = serde_json::from_value(samples.take(&format!("audit-anchor/{name}.json"))).unwrap();
        world.anchoring.handle(trigger).await.unwrap();
    }
    let objects = world.outside.objects.lock().unwrap();
    let anchor = Anchor::read(&objects["anchors/demo/2026-03-02.json"]).unwrap();
    assert_eq!(anchor.heads().iter().map(|one| one.debtor.as_deref()).collect::<Vec<_>>(), [Some("C-1001")]);
}

/// Orders about credit that a credit note has left.
async fn credit(world: &World, samples: &mut Samples) {
    let note = json!({
        "document": "credit_note", "debtor_ref": "C-1001", "invoice_number": "CN-9", "issue_date": "2026-03-01",
        "currency": "EUR", "amount": "20.00",
    });
    world.post_invoices(json!([note])).await;
    for name in ["application", "transfer", "refund"] {
        let (status, answer) = world.call_api(samples.take(&format!("collections-api/post_credit_{name}.json"))).await;
        assert_eq!((status, &answer["status"]), (200, &json!("done")), "{name}: {answer}");
    }
}

async fn read(world: &World, samples: &mut Samples) {
    credit(world, samples).await;
    world.pump().await;
    for (name, field) in [
        ("get_debtors", "debtors"),
        ("get_debtor", "accounts"),
        ("get_timeline", "entries"),
        ("get_group", "members"),
        ("get_statement", "sections"),
        ("get_payment", "allocations"),
        ("get_aging", "reports"),
        ("get_agreements_report", "reports"),
        ("get_unmatched", "unmatched"),
        ("get_decisions", "decisions"),
    ] {
        let (status, answer) = world.call_api(samples.take(&format!("collections-api/{name}.json"))).await;
        assert!(status == 200 && answer[field].is_array(), "{name}: {answer}");
    }
    for name in ["get_decision", "post_decision_replay"] {
        let (status, answer) = world.call_api(samples.take(&format!("collections-api/{name}.json"))).await;
        assert!(status == 200 && answer["replay"]["result"].is_string(), "{name}: {answer}");
    }
    for name in ["get_audit", "get_settings_audit"] {
        let (status, log) = world.call_api(samples.take(&format!("collections-api/{name}.json"))).await;
        assert!(status == 200 && log.as_str().unwrap().contains("dunlin-audit/1"), "{name}: {log}");
    }
    for (name, status, field) in [
        ("put_template", 201, "version"),
        ("get_template", 200, "in_use"),
        ("get_templates", 200, "templates"),
        ("post_template_preview", 200, "situations"),
        ("get_message", 200, "text"),
    ] {
        let answer = world.call_api(samples.take(&format!("collections-api/{name}.json"))).await;
        assert!(answer.0 == status && !answer.1[field].is_null(), "{name}: {}", answer.1);
    }
    let (status, quote) = world.call_api(samples.take("collections-api/post_interest_quote.json")).await;
    assert_eq!((status, &quote["interest"]["amount"]), (200, &json!("107.20")), "{quote}");
    for name in ["post_contact_check", "post_debtor_contact_check"] {
        let (status, answer) = world.call_api(samples.take(&format!("collections-api/{name}.json"))).await;
        assert_eq!((status, &answer["allowed"]), (200, &json!(false)), "{name}: {answer}");
    }
    for name in ["unsubscribe_page", "unsubscribe_one_click"] {
        let (status, page) = world.call_api(samples.take(&format!("collections-api/{name}.json"))).await;
        assert_eq!(status, 200, "{name}: {page}");
    }
    assert!(world.is_unsubscribed("C-1001").await);
}

async fn reach(world: &World, samples: &mut Samples) {
    for (name, status) in [
        ("put_contact_policy", 200),
        ("get_contact_policy", 200),
        ("post_contact", 201),
        ("post_contact_made", 201),
        ("patch_contact", 200),
        ("get_contacts", 200),
        ("delete_contact", 200),
        ("put_address", 200),
        ("put_consent", 200),
        ("put_preferences", 200),
        ("delete_consent", 200),
        ("delete_address", 200),
        ("post_suppression", 201),
        ("get_suppressions", 200),
        ("post_suppression_lift", 200),
    ] {
        let answer = world.call_api(samples.take(&format!("collections-api/{name}.json"))).await;
        assert_eq!(answer.0, status, "{name}: {}", answer.1);
    }
}

/// What is said of the message that was sent. Its attempt has another name each time, so the samples' own is replaced.
async fn hear(world: &World, samples: &mut Samples, mail: &SentMail) {
    for name in [
        "email_sent",
        "email_delivered",
        "email_delayed",
        "email_bounced_softly",
        "email_bounced",
        "email_complained",
        "email_opened",
        "email_clicked",
        "email_rejected",
        "email_rendering_failed",
        "text_delivered",
        "text_reply",
    ] {
        let sample = samples.take(&format!("delivery-feedback/{name}.json"));
        let mut body: Value = serde_json::from_str(sample["Records"][0]["body"].as_str().unwrap()).unwrap();
        if name.starts_with("email") {
            assert_eq!(body["detail"]["mail"]["tags"]["message"], json!([mail.message_id]), "{name}");
            body["detail"]["mail"]["tags"]["attempt"] = json!([mail.tags["attempt"]]);
            body["detail"]["mail"]["tags"]["planned"] = json!([mail.tags["planned"]]);
        }
        assert!(world.feed(&[body.to_string()]).await.is_empty(), "{name}");
    }
    let heard = world.past("C-1001", "FEEDBACK").await.pop().unwrap();
    assert_eq!(heard["words"].as_object().unwrap().len(), 8, "{heard:?}");
}
