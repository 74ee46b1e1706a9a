//! Failures that collection software is known for, each lived through end to end: by API, webhook, file or scheduler in, by
//! mailbox out. `C1` is a British business; most of its invoices are due on Monday, 2 March 2026.

use dunlin_testkit::build::at;
use serde_json::{Value, json};

use crate::charging::{late_fee, policy, put};
use crate::feedback::bounced;
use crate::stripe::{NOON, event, intent, invoice as stripe_invoice};
use crate::world::{TENANT, World, call_to, text};

/// An invoice of `C1` in euros. Its terms are so short that no courtesy comes before it is due.
fn invoice(number: &str, due: &str, amount: &str) -> Value {
    json!({
        "debtor_ref": "C1", "debtor_name": "Example & Sons Ltd", "debtor_kind": "business", "email": "c1@customers.example",
        "country": "GB", "time_zone": "Europe/London", "invoice_number": number, "issue_date": due, "due_date": due,
        "currency": "EUR", "amount": amount,
    })
}

fn paid(reference: &str, invoice: &str, (on, amount): (&str, &str)) -> Value {
    json!({
        "payment_ref": reference, "invoice_number": invoice, "paid_on": on, "amount": amount, "currency": "EUR",
    })
}

/// A deployment to which these invoices were posted.
async fn owing(invoices: &[Value]) -> World {
    let world = World::start().await;
    take_in(&world, invoices).await;
    world
}

async fn take_in(world: &World, invoices: &[Value]) {
    let answer = world.post_invoices(json!(invoices)).await;
    let taken = answer["results"].as_array().unwrap();
    assert!(taken.iter().all(|one| one["status"] == "created"), "{answer}");
}

async fn post(world: &World, route: &str, body: Value) -> Value {
    let (status, answer) =
        world.call_api(call_to(route, Some(TENANT), &json!({ "id": "C1" }), &json!({}), &body.to_string())).await;
    assert_eq!(status, 201, "{answer}");
    answer
}

/// The steps whose messages went out, in order.
async fn steps(world: &World) -> Vec<String> {
    let messages = world.messages("C1").await.into_iter();
    messages.filter(|(_, status)| status == "sent").map(|(step, _)| step).collect()
}

/// When mail went out, to the hour.
fn hours(world: &World) -> Vec<String> {
    world.mails().iter().map(|mail| mail.at.to_string()[..13].to_owned()).collect()
}

/// (a) The payment arrives between plan and sending.
#[tokio::test]
async fn a_payment_that_overtakes_its_reminder_stops_it() {
    let world = owing(&[invoice("I1", "2026-03-02", "100.00")]).await;
    world.scan_at("2026-03-03T08:00:00Z").await;
    world.post_payments(json!([paid("P1", "I1", ("2026-03-03", "100.00"))])).await;
    world.pump().await;
    assert_eq!(world.messages("C1").await, [("reminder-1".to_owned(), "withheld".to_owned())]);
    world.days("2026-03-04", "2026-04-20").await;
    assert!(world.mails().is_empty());
    world.assert_counted().await;
}

/// (b) The webhook and the answer to our own call both say that a payment failed.
#[tokio::test]
async fn a_failed_payment_that_is_told_twice_is_written_about_once() {
    let world = World::start().await;
    let subscription = |made: u32| {
        let mut object = stripe_invoice(1, "open", 0);
        let fields = json!({
            "collection_method": "charge_automatically", "billing_reason": "subscription_cycle",
            "attempt_count": made, "attempted": true, "next_payment_attempt": NOON + 5 * 86_400,
            "created": NOON - 86_400, "due_date": null,
        });
        object.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        object
    };
    let mut declined = intent("pi_1", 1, 10_000, 0);
    declined["status"] = json!("requires_payment_method");
    let webhook = event("evt_1", "invoice.payment_failed", NOON - 600, subscription(1));
    world.stripe_all(std::slice::from_ref(&webhook)).await;
    world.stripe_all(&[event("evt_2", "payment_intent.payment_failed", NOON - 600, declined)]).await;
    let told = json!({
        "payment_ref": "pi_1", "invoice_number": "S-1", "paid_on": "2026-03-01", "amount": "100.00",
        "currency": "EUR", "status": "failed",
    });
    world.post_payments(json!([told])).await;
    world.hour("2026-03-02T08:00:00Z").await;
    world.stripe_all(&[webhook]).await;
    world.days("2026-03-02", "2026-03-06").await;
    assert_eq!(world.mails().len(), 1, "{:?}", world.mails());
}

/// (c) The scheduler runs every minute for a day.
#[tokio::test]
async fn a_scheduler_that_runs_every_minute_sends_one_message_and_charges_one_fee() {
    let world = World::start().await;
    let mut fee = late_fee();
    fee["late_fee"]["after_days"] = json!(1);
    assert_eq!(put(&world, policy(json!([fee]))).await.0, 201);
    take_in(&world, &[invoice("I1", "2026-03-02", "100.00")]).await;
    for minute in 0..1_440 {
        world.scan_at(&format!("2026-03-03T{:02}:{:02}:00Z", minute / 60, minute % 60)).await;
        if minute % 30 == 0 {
            world.pump().await;
        }
    }
    world.pump().await;
    assert_eq!(world.mails().len(), 1);
    let fees = world.past("C1", "ENTRY").await.into_iter().filter(|entry| entry["kind"] == "fee").count();
    assert_eq!((fees, world.stands("I1").await.0), (1, 10_500));
    assert!(world.mails()[0].text.contains("Total: EUR 105.00"), "{}", world.mails()[0].text);
}

/// (d) Nothing ran for days.
#[tokio::test]
async fn missed_days_are_made_up_for_by_one_message_at_the_level_of_today() {
    let world = owing(&[invoice("I1", "2026-03-02", "100.00")]).await;
    world.hour("2026-03-03T08:00:00Z").await;
    // Day 7, a Monday, fell into the outage.
    world.days("2026-03-12", "2026-03-17").await;
    assert_eq!(steps(&world).await, ["reminder-1", "reminder-7", "reminder-14"]);
    assert_eq!(hours(&world), ["2026-03-03T08", "2026-03-12T08", "2026-03-16T08"]);
    let world = owing(&[invoice("I1", "2026-03-02", "100.00")]).await;
    world.days("2026-03-17", "2026-03-20").await;
    assert_eq!(steps(&world).await, ["reminder-14"], "the levels that were missed are not sent after it");
}

/// (e) A part payment clears the oldest invoice.
#[tokio::test]
async fn when_the_oldest_invoice_is_paid_the_next_level_comes_by_the_next_oldest() {
    let world = owing(&[invoice("I1", "2026-03-02", "100.00"), invoice("I2", "2026-03-05", "80.00")]).await;
    world.days("2026-03-03", "2026-03-06").await;
    assert_eq!(steps(&world).await, ["reminder-1"]);
    world.post_payments(json!([paid("P1", "I1", ("2026-03-06", "100.00"))])).await;
    world.days("2026-03-07", "2026-04-07").await;
    assert_eq!(steps(&world).await, ["reminder-1", "reminder-7", "reminder-14", "final-notice-30"]);
    let days: Vec<String> = hours(&world).iter().map(|hour| hour[..10].to_owned()).collect();
    assert_eq!(days[1..3], ["2026-03-12", "2026-03-19"], "seven and fourteen days after I2 was due");
    assert!(world.mails()[1..].iter().all(|mail| !mail.text.contains("I1") && mail.text.contains("I2")));
}

/// (f) There is more credit than debt.
#[tokio::test]
async fn who_has_more_credit_than_debt_is_not_written_to() {
    let world = owing(&[invoice("I1", "2026-03-02", "100.00")]).await;
    let mut note = invoice("CN1", "2026-03-02", "120.00");
    note["document"] = json!("credit_note");
    take_in(&world, &[note]).await;
    world.days("2026-03-03", "2026-04-20").await;
    assert!(world.mails().is_empty() && world.past("C1", "TASK").await.is_empty());
}

/// (g) One debtor owes in two currencies, and only in one as much as is chased.
#[tokio::test]
async fn each_currency_has_its_own_threshold() {
    let world = World::start().await;
    let mut least = policy(json!([]));
    least["minimums"] = json!([{ "currency": "USD", "amount": "50.00" }]);
    assert_eq!(put(&world, least).await.0, 201);
    let dollars = |number: &str, amount: &str| {
        let mut invoice = invoice(number, "2026-03-02", amount);
        invoice["currency"] = json!("USD");
        invoice
    };
    take_in(&world, &[invoice("I1", "2026-03-02", "20.00"), dollars("I2", "30.00")]).await;
    world.days("2026-03-03", "2026-03-04").await;
    let mails = world.mails();
    assert_eq!(mails.len(), 1);
    assert!(mails[0].text.contains("EUR 20.00") && !mails[0].text.contains("USD"), "{}", mails[0].text);
    take_in(&world, &[dollars("I3", "20.00")]).await;
    world.days("2026-03-05", "2026-03-06").await;
    let mails = world.mails();
    assert_eq!(mails.len(), 2);
    assert!(mails[1].text.contains("Total: USD 50.00") && !mails[1].text.contains("EUR"), "{}", mails[1].text);
}

/// (h) A promise stops the chase until it is broken.
#[tokio::test]
async fn who_has_promised_is_left_alone_until_the_promise_is_broken() {
    let world = owing(&[invoice("I1", "2026-03-02", "100.00")]).await;
    world.days("2026-03-03", "2026-03-04").await;
    let promise = json!({ "currency": "EUR", "amount": "100.00", "by": "2026-03-18", "grace_days": 1 });
    post(&world, "POST /v1/debtors/{id}/promises", promise).await;
    world.days("2026-03-05", "2026-03-19").await;
    assert_eq!(steps(&world).await, ["reminder-1"]);
    world.days("2026-03-20", "2026-03-23").await;
    assert_eq!(steps(&world).await, ["reminder-1", "reminder-14"], "the level of the day, none before it");
    assert_eq!((world.told("promise.broken"), hours(&world)[1].as_str()), (1, "2026-03-20T08"));
}

/// (i) A step falls on a Friday evening, a weekend, a holiday, or the night in which clocks change.
#[tokio::test]
async fn evenings_weekends_holidays_and_changed_clocks_are_waited_for() {
    // Friday at five in the afternoon is office hours; nine in the evening is not.
    let world = World::start().await;
    world.set_clock("2026-03-27T17:00:00Z");
    take_in(&world, &[invoice("I1", "2026-03-26", "100.00")]).await;
    world.hour("2026-03-27T17:00:00Z").await;
    assert_eq!(hours(&world), ["2026-03-27T17"]);

    let world = World::start().await;
    world.set_clock("2026-03-27T21:30:00Z");
    take_in(&world, &[invoice("I1", "2026-03-26", "100.00")]).await;
    each_hour(&world, "2026-03-27T21:30:00Z", 72).await;
    assert_eq!(hours(&world), ["2026-03-30T07"], "Monday at eight in London, whose clocks went forward on Sunday");

    // Good Friday, the weekend, Easter Monday.
    let world = World::start().await;
    world.set_clock("2026-04-02T00:00:00Z");
    take_in(&world, &[invoice("I1", "2026-04-02", "100.00")]).await;
    each_hour(&world, "2026-04-03T00:00:00Z", 6 * 24).await;
    assert_eq!(hours(&world), ["2026-04-07T07"]);
}

async fn each_hour(world: &World, from: &str, hours: i64) {
    for hour in 0..hours {
        world.hour(&(at(from) + jiff::SignedDuration::from_hours(hour)).to_string()).await;
    }
}

/// (j) The mailbox does not exist.
#[tokio::test]
async fn a_bounce_is_followed_by_the_next_channel_and_then_by_a_person() {
    let mut texted = invoice("I1", "2026-03-02", "100.00");
    (texted["phone"], texted["sms_consent"]) = (json!("+447700900123"), json!("yes"));
    let world = owing(&[texted]).await;
    world.hour("2026-03-03T08:00:00Z").await;
    let bounce = |world: &World| bounced(&world.mails()[0], "Permanent", "2026-03-03T08:01:00Z");
    world.set_clock("2026-03-03T08:01:00Z");
    assert!(world.feed(&[bounce(&world), bounce(&world)]).await.is_empty());
    world.hour("2026-03-03T09:00:00Z").await;
    let texts = world.outside.texts.lock().unwrap().len();
    assert_eq!((world.mails().len(), texts), (1, 1), "the same step, by text");

    let world = owing(&[invoice("I1", "2026-03-02", "100.00")]).await;
    world.hour("2026-03-03T08:00:00Z").await;
    world.set_clock("2026-03-03T08:01:00Z");
    assert!(world.feed(&[bounce(&world)]).await.is_empty());
    world.days("2026-03-03", "2026-03-08").await;
    let tasks = world.past("C1", "TASK").await;
    assert_eq!(tasks.iter().map(|task| text(task, "kind")).collect::<Vec<_>>(), ["find_contact"]);
    assert_eq!(world.mails().len(), 1);
}

/// (k) The policy is changed while debtors are on its ladder.
#[tokio::test]
async fn nobody_is_written_to_again_because_a_policy_was_changed() {
    let world = owing(&[invoice("I1", "2026-03-02", "100.00")]).await;
    world.days("2026-03-03", "2026-03-04").await;
    let mut stricter = policy(json!([]));
    stricter["steps"] = json!([
        { "name": "at-once", "offset_days": 1, "stage": "early", "channels": ["email"] },
        { "name": "soon", "offset_days": 2, "stage": "mid", "channels": ["email"] },
    ]);
    assert_eq!(put(&world, stricter).await.0, 201);
    // Settings are read again within a minute.
    let world = world.beside();
    world.days("2026-03-05", "2026-03-10").await;
    assert_eq!(steps(&world).await, ["reminder-1", "reminder-7"], "what began under a version ends under it");
    world.post_payments(json!([paid("P1", "I1", ("2026-03-10", "100.00"))])).await;
    take_in(&world, &[invoice("I2", "2026-03-11", "50.00")]).await;
    world.days("2026-03-11", "2026-03-20").await;
    assert_eq!(steps(&world).await[2..], ["at-once", "soon"], "what begins now begins under the new one");
}

/// (l) The money goes back after the invoice was paid.
#[tokio::test]
async fn a_reversal_after_paid_goes_on_where_the_ladder_stood_and_is_counted_once() {
    let world = owing(&[invoice("I1", "2026-03-02", "100.00")]).await;
    world.days("2026-03-03", "2026-03-10").await;
    assert_eq!(steps(&world).await, ["reminder-1", "reminder-7"]);
    let mut debit = paid("P1", "I1", ("2026-03-10", "100.00"));
    world.post_payments(json!([debit])).await;
    world.days("2026-03-11", "2026-03-17").await;
    (debit["status"], debit["reversed_on"]) = (json!("returned"), json!("2026-03-17"));
    for _ in 0..3 {
        world.post_payments(json!([debit])).await;
    }
    world.days("2026-03-18", "2026-03-20").await;
    assert_eq!(steps(&world).await, ["reminder-1", "reminder-7", "reminder-14"]);
    assert_eq!((world.stands("I1").await, world.mails().len()), ((10_000, "open".to_owned()), 3));
    let back = world.past("C1", "ENTRY").await.into_iter().filter(|entry| entry["kind"] == "chargeback").count();
    assert_eq!(back, 1);
    world.assert_counted().await;
}

/// (m) The threshold is of what is open, not of what was invoiced.
#[tokio::test]
async fn a_threshold_looks_at_what_is_open() {
    let world = World::start().await;
    let mut least = policy(json!([]));
    least["minimums"] = json!([{ "currency": "EUR", "amount": "50.00" }]);
    assert_eq!(put(&world, least).await.0, 201);
    take_in(&world, &[invoice("I1", "2026-03-02", "100.00")]).await;
    world.post_payments(json!([paid("P1", "I1", ("2026-03-02", "50.01"))])).await;
    world.days("2026-03-03", "2026-03-10").await;
    assert!(world.mails().is_empty(), "49.99 is open");
    take_in(&world, &[invoice("I2", "2026-03-02", "0.01")]).await;
    world.days("2026-03-11", "2026-03-12").await;
    assert_eq!(world.mails().len(), 1);
    assert!(world.mails()[0].text.contains("Total: EUR 50.00"), "{}", world.mails()[0].text);
}
