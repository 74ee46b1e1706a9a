//! I1, I4 and I8: whatever is handed in, in any order, again, and with the function killed on the way.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{block_on, histories, invoices};
use crate::world::{World, killed_after, text};

/// What a tenant's system hands in. Invoices 0 and 1 are of C0, 2 and 3 of C1; number 3 is in US dollars.
#[derive(Debug, Clone)]
enum Input {
    Invoice { n: usize, cents: i64, due: u8 },
    Payment { reference: u8, n: usize, cents: i64, status: &'static str },
    DebtorPayment { reference: u8, debtor: u8, cents: i64 },
    CreditNote { number: u8, n: Option<usize>, debtor: u8, cents: i64 },
    Hour,
}

fn currency(n: usize) -> &'static str {
    if n == 3 { "USD" } else { "EUR" }
}

fn amount(cents: i64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

fn input() -> impl Strategy<Value = Input> {
    let cents = || prop_oneof![Just(5_000_i64), Just(10_000), 1_i64..15_000];
    let status = prop_oneof![4 => Just("settled"), 1 => Just("pending"), 1 => Just("failed")];
    prop_oneof![
        4 => (0_usize..4, cents(), 0_u8..6).prop_map(|(n, cents, due)| Input::Invoice { n, cents, due }),
        3 => (0_u8..6, 0_usize..4, cents(), status).prop_map(|(reference, n, cents, status)| Input::Payment { reference, n, cents, status }),
        2 => (0_u8..6, 0_u8..2, cents()).prop_map(|(reference, debtor, cents)| Input::DebtorPayment { reference, debtor, cents }),
        2 => (0_u8..4, prop::option::of(0_usize..4), 0_u8..2, cents()).prop_map(|(number, n, debtor, cents)| Input::CreditNote { number, n, debtor, cents }),
        1 => Just(Input::Hour),
    ]
}

impl Input {
    fn invoice(&self) -> Option<Value> {
        Some(match self {
            Self::Invoice { n, cents, due } => json!({
                "debtor_ref": format!("C{}", n / 2), "email": "c@customers.example", "invoice_number": format!("I{n}"),
                "issue_date": "2026-02-01", "due_date": format!("2026-03-0{}", 1 + due), "currency": currency(*n),
                "amount": amount(*cents),
            }),
            Self::CreditNote { number, n, debtor, cents } => json!({
                "document": "credit_note", "debtor_ref": format!("C{debtor}"), "invoice_number": format!("CN{number}"),
                "issue_date": "2026-02-10", "currency": "EUR", "amount": amount(*cents), "applies_to": n.map(|n| format!("I{n}")),
            }),
            Self::Payment { .. } | Self::DebtorPayment { .. } | Self::Hour => return None,
        })
    }

    fn payment(&self) -> Option<Value> {
        Some(match self {
            Self::Payment { reference, n, cents, status } => json!({
                "payment_ref": format!("P{reference}"), "invoice_number": format!("I{n}"), "paid_on": "2026-03-01",
                "amount": amount(*cents), "currency": currency(*n), "status": status,
            }),
            Self::DebtorPayment { reference, debtor, cents } => json!({
                "payment_ref": format!("P{reference}"), "debtor_ref": format!("C{debtor}"), "paid_on": "2026-03-01",
                "amount": amount(*cents), "currency": "EUR",
            }),
            Self::Invoice { .. } | Self::CreditNote { .. } | Self::Hour => return None,
        })
    }
}

/// Keys of the table where what was accepted must be found, and how often each input was rejected with a reason.
#[derive(Default)]
struct Accepted(BTreeMap<String, Value>);

impl Accepted {
    fn note(&mut self, key: String, input: &Value, result: &Value) {
        if result["status"] == "rejected" {
            assert!(
                !result["errors"][0]["reason"].as_str().unwrap().is_empty(),
                "I4: rejected without a reason: {input}"
            );
        } else {
            self.0.insert(key, input.clone());
        }
    }
}

async fn hand_in(world: &World, input: &Input, accepted: &mut Accepted) {
    if let Some(invoice) = input.invoice() {
        let answer = world.post_invoices(json!([invoice.clone()])).await;
        let number = invoice["invoice_number"].as_str().unwrap();
        let key = match input {
            Input::CreditNote { .. } => format!("T#demo#REMITTANCE#credit_note/books/main/{number}"),
            _ => format!("main/{number}"),
        };
        accepted.note(key, &invoice, &answer["results"][0]);
    } else if let Some(payment) = input.payment() {
        let answer = world.post_payments(json!([payment.clone()])).await;
        let key = format!("T#demo#REMITTANCE#payment/books/{}", payment["payment_ref"].as_str().unwrap());
        accepted.note(key, &payment, &answer[0]);
    } else {
        world.hour("2026-03-05T09:00:00Z").await;
    }
}

async fn killed(world: &World, input: &Input, polls: usize) {
    if let Some(invoice) = input.invoice() {
        killed_after(polls, world.post_invoices(json!([invoice]))).await;
    } else if let Some(payment) = input.payment() {
        killed_after(polls, world.post_payments(json!([payment]))).await;
    } else {
        killed_after(polls, world.scan_at("2026-03-05T09:00:00Z")).await;
        world.outside.take_scan_work();
    }
}

proptest! {
    #![proptest_config(histories(30))]

    #[test]
    fn the_ledger_holds_after_any_history(
        history in prop::collection::vec((input(), prop::option::weighted(0.25, 1_usize..12)), 1..25)
    ) {
        block_on(async {
            let world = World::start().await;
            let mut accepted = Accepted::default();
            for (input, kill) in &history {
                if let Some(polls) = kill {
                    killed(&world, input, *polls).await;
                }
                // Whoever had no answer sends it again.
                hand_in(&world, input, &mut accepted).await;
            }
            world.assert_ledger().await;
            world.pump().await;
            world.hour("2026-03-06T09:00:00Z").await;
            world.assert_ledger().await;
            world.assert_messages().await;
            world.assert_counted().await;
            world.assert_audited().await;
            world.assert_replayed().await;
            let items = world.table.items().await;
            for (key, input) in &accepted.0 {
                let found = items.iter().filter(|item| text(item, "PK") == key && item["SK"] == "REMITTANCE").count()
                    + invoices(&items).filter(|invoice| text(invoice, "invoice") == key).count();
                assert_eq!(found, 1, "I4: {input} was accepted and lies in {found} places");
            }
            // Nothing waits for what is there.
            for one in items.iter().filter(|item| item["SK"] == "REMITTANCE" && !item.contains_key("debtor")) {
                let there = invoices(&items).any(|invoice| one["target"]["invoice"] == invoice["invoice"] && one["currency"] == invoice["currency"]);
                assert!(!there, "I4: {one:?} was not booked when its invoice came");
            }
            // Everything that waits is where people look.
            let waiting: Vec<String> = items.iter().filter(|item| item["SK"] == "REMITTANCE" && !item.contains_key("debtor"))
                .map(|item| text(item, "remittance").to_owned()).collect();
            let (_, unmatched) = world.call_api(crate::world::call("GET /v1/unmatched", Some("demo"), &Value::Null)).await;
            let mut listed: Vec<&str> = unmatched["unmatched"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect();
            listed.sort_unstable();
            let mut waiting: Vec<&str> = waiting.iter().map(String::as_str).collect();
            waiting.sort_unstable();
            assert_eq!(listed, waiting, "I4");
        });
    }
}
