//! A day with a live Stripe: what it says arrives twice, late and out of order, and in the end its books are ours.

mod day;
mod inbox;

use std::collections::{BTreeMap, BTreeSet};

use dunlin_local::live_stripe::LiveStripe;
use dunlin_providers::stripe::sign;
use dunlin_testkit::dice::Dice;
use jiff::{Timestamp, ToSpan};
use serde_json::Value;

use crate::world::{WEBHOOK_SECRET, World, number, text};
use day::{Day, id};
use inbox::{Inbox, Webhook};

/// What localstripe sends of what we use, and one type that we do not.
const SENT: [&str; 4] =
    ["payment_intent.succeeded", "payment_intent.payment_failed", "invoice.payment_failed", "customer.created"];

#[tokio::test]
async fn a_day_that_arrives_twice_late_and_out_of_order_ends_with_stripes_own_books() {
    let inbox = Inbox::open();
    let stripe = LiveStripe::start().expect("localstripe starts: is it installed by `cargo local test`?");
    stripe.send_webhooks(&inbox.url, WEBHOOK_SECRET, &SENT).unwrap();
    let mut day = Day::new(stripe, 20_260_302);
    day.live();
    let sent: usize = SENT.iter().map(|kind| day.made(kind)).sum();
    let webhooks: Vec<Webhook> = (0..sent).map(|_| inbox.next()).collect();

    let world = World::start().await;
    deliver(&world, &webhooks, &day.told).await;
    let invoices = day.invoices();
    assert_balances(&world, &day, &invoices).await;
    assert_day_was_worth_it(&day, &invoices);
    world.assert_ledger().await;
    world.pump().await;
    world.assert_counted().await;
}

/// Each event twice: some early and again a day later, some both times late, each time in another order. What Stripe
/// sends again it signs again.
async fn deliver(world: &World, webhooks: &[Webhook], told: &[Value]) {
    let mut dice = Dice::new(7);
    let own = told.iter().map(|event| (event.to_string(), None));
    let theirs = webhooks.iter().map(|webhook| (webhook.body.clone(), Some(webhook.signature.clone())));
    let events: Vec<(String, Option<String>)> = own.chain(theirs).collect();
    let created = |body: &String| serde_json::from_str::<Value>(body).unwrap()["created"].as_i64().unwrap();
    let end_of_day = events.iter().map(|(body, _)| created(body)).max().unwrap();
    let end_of_day = Timestamp::from_second(end_of_day + 1).unwrap();
    let (late, early): (Vec<_>, Vec<_>) = events.iter().partition(|_| dice.one_in(3));
    world.set_clock(&end_of_day.to_string());
    for (body, signature) in shuffled(early.clone(), &mut dice) {
        let signature = signature.clone().unwrap_or_else(|| sign(body.as_bytes(), WEBHOOK_SECRET, world.now()));
        assert_eq!(world.signed(body, &signature, "demo").await.0, 200, "{body}");
    }
    world.set_clock(&end_of_day.saturating_add(24.hours()).unwrap().to_string());
    let again = late.iter().copied().chain(late.iter().copied()).chain(early).collect();
    for (body, _) in shuffled(again, &mut dice) {
        let signature = sign(body.as_bytes(), WEBHOOK_SECRET, world.now());
        assert_eq!(world.signed(body, &signature, "demo").await.0, 200, "{body}");
    }
}

fn shuffled<T>(mut all: Vec<T>, dice: &mut Dice) -> Vec<T> {
    for last in (1..all.len()).rev() {
        all.swap(last, dice.index(last + 1));
    }
    all
}

/// Stripe's books are what counts: by invoice, and by customer and currency.
async fn assert_balances(world: &World, day: &Day, invoices: &[Value]) {
    let mut owed: BTreeMap<(String, String), i64> = BTreeMap::new();
    for invoice in invoices {
        let amount = |name: &str| invoice[name].as_i64().unwrap();
        let name = id(invoice);
        let refunded = invoice["charge"]["amount_refunded"].as_i64().unwrap_or(0);
        let credited: i64 = day.credited.iter().filter(|(one, _)| *one == name).map(|(_, amount)| amount).sum();
        let open = amount("amount_due") - amount("amount_paid") + refunded - credited;
        let open = if invoice["status"] == "void" { 0 } else { open };

        let ours = world.invoice(&name).await;
        let paid = number(&ours, "paid").max(number(&ours, "reported_paid"));
        let stands = (number(&ours, "total"), paid, number(&ours, "refunded"), number(&ours, "balance"));
        assert_eq!(stands, (amount("amount_due"), amount("amount_paid"), refunded, open), "{invoice}");
        assert_eq!(number(&ours, "credited"), credited, "{name}");
        let currency = text(&ours, "currency").to_owned();
        *owed.entry((invoice["customer"].as_str().unwrap().to_owned(), currency)).or_default() += open;
    }
    for ((customer, currency), open) in owed {
        let debtor = world.debtor(&customer).await;
        let account = dunlin_testkit::build::account(&currency);
        assert_eq!(debtor.balance(&account).unwrap().minor(), open, "{customer} in {currency}");
        assert!(debtor.accounts.values().all(|one| one.credit.is_zero() && one.in_flight.is_empty()), "{customer}");
    }
}

/// The dice brought everything that the day is for.
fn assert_day_was_worth_it(day: &Day, invoices: &[Value]) {
    let states: BTreeSet<&str> = invoices.iter().map(|invoice| invoice["status"].as_str().unwrap()).collect();
    assert_eq!(states, BTreeSet::from(["open", "paid", "void"]));
    let currencies: BTreeSet<&str> = invoices.iter().map(|invoice| invoice["currency"].as_str().unwrap()).collect();
    assert_eq!(currencies.len(), 3);
    assert!(invoices.len() > 25 && day.credited.len() > 1, "{} invoices", invoices.len());
    assert!(invoices.iter().any(|invoice| invoice["charge"]["amount_refunded"].as_i64() > Some(0)));
    assert!(SENT.iter().all(|kind| day.made(kind) > 0));
}
