//! I2: Stripe's events in any order and any number end in the state that they end in once, in order.

use proptest::prelude::*;
use serde_json::Value;

use super::{block_on, histories};
use crate::stripe::{NOON, charge, dispute, event, intent, invoice, note};
use crate::world::World;

/// One thing that Stripe may tell of invoice `in_<n>`.
#[derive(Debug, Clone)]
enum Told {
    Finalized,
    Updated { paid: i64 },
    Ended(&'static str, &'static str),
    Tried { made: u32, next: Option<i64> },
    Intent { id: u8, kind: &'static str, cents: i64 },
    Refunded { id: u8, cents: i64, refunded: i64 },
    Disputed { id: u8, cents: i64, end: Option<&'static str> },
    Credited { id: u8, cents: i64, void: bool },
}

fn told() -> impl Strategy<Value = Told> {
    let cents = || prop_oneof![Just(10_000_i64), Just(4_000), Just(2_500)];
    let kinds = prop_oneof![
        Just("payment_intent.processing"),
        Just("payment_intent.succeeded"),
        Just("payment_intent.payment_failed"),
    ];
    let ends = prop_oneof![
        Just(("invoice.paid", "paid")),
        Just(("invoice.voided", "void")),
        Just(("invoice.marked_uncollectible", "uncollectible")),
        Just(("invoice.payment_failed", "open")),
    ];
    prop_oneof![
        2 => Just(Told::Finalized),
        1 => cents().prop_map(|paid| Told::Updated { paid }),
        1 => ends.prop_map(|(kind, status)| Told::Ended(kind, status)),
        2 => (0_u32..3, prop::option::of(0_i64..5)).prop_map(|(made, next)| Told::Tried { made, next }),
        4 => (0_u8..2, kinds, cents()).prop_map(|(id, kind, cents)| Told::Intent { id, kind, cents }),
        1 => (0_u8..2, cents(), 1_i64..3_000).prop_map(|(id, cents, refunded)| Told::Refunded { id, cents, refunded }),
        1 => (0_u8..2, cents(), prop::option::of(prop_oneof![Just("won"), Just("lost")])).prop_map(|(id, cents, end)| Told::Disputed { id, cents, end }),
        1 => (0_u8..2, cents(), any::<bool>()).prop_map(|(id, cents, void)| Told::Credited { id, cents, void }),
    ]
}

impl Told {
    fn event(&self, id: &str, n: u32, created: i64) -> Value {
        let pi = |id: &u8| format!("pi_{n}_{id}");
        let (kind, object) = match self {
            Self::Finalized => ("invoice.finalized", invoice(n, "open", 0)),
            Self::Updated { paid } => ("invoice.updated", invoice(n, "open", *paid)),
            Self::Ended(kind, status) => (*kind, invoice(n, status, 0)),
            Self::Tried { made, next } => {
                let mut object = invoice(n, "open", 0);
                object["collection_method"] = "charge_automatically".into();
                object["attempt_count"] = (*made).into();
                object["next_payment_attempt"] = next.map(|days| NOON + days * 86_400).into();
                ("invoice.payment_failed", object)
            }
            Self::Intent { id, kind, cents } => {
                let received = if *kind == "payment_intent.succeeded" { *cents } else { 0 };
                (*kind, intent(&pi(id), n, *cents, received))
            }
            Self::Refunded { id, cents, refunded } => ("charge.refunded", charge(&pi(id), n, *cents, *refunded)),
            Self::Disputed { id, cents, end: None } => {
                ("charge.dispute.created", dispute(&pi(id), *cents, "needs_response"))
            }
            Self::Disputed { id, cents, end: Some(end) } => ("charge.dispute.closed", dispute(&pi(id), *cents, end)),
            Self::Credited { id, cents, void } => {
                let (kind, status) =
                    if *void { ("credit_note.voided", "void") } else { ("credit_note.created", "issued") };
                (kind, note(&format!("cn_{n}_{id}"), n, *cents, status))
            }
        };
        event(id, kind, created, object)
    }
}

/// Events in the order in which they happened, some within one second, and orders to deliver them in.
fn history() -> impl Strategy<Value = (Vec<Value>, Vec<usize>)> {
    let one = (1_u32..3, told(), 0_i64..3);
    prop::collection::vec(one, 1..14).prop_flat_map(|told| {
        let mut created = NOON - 5_000;
        let events: Vec<Value> = told
            .iter()
            .enumerate()
            .map(|(index, (n, told, seconds))| {
                created += seconds;
                told.event(&format!("evt_{index}"), *n, created)
            })
            .collect();
        let count = events.len();
        let order = prop::collection::vec(0..count, 0..count)
            .prop_map(move |repeated| (0..count).chain(repeated).collect::<Vec<usize>>());
        (Just(events), order.prop_shuffle())
    })
}

proptest! {
    #![proptest_config(histories(40))]

    #[test]
    fn any_order_and_number_of_deliveries_ends_the_same((events, order) in history()) {
        block_on(async {
            let once = World::start().await;
            once.stripe_all(&events).await;
            let shuffled = World::start().await;
            let delivered: Vec<Value> = order.iter().map(|index| events[*index].clone()).collect();
            shuffled.stripe_all(&delivered).await;
            assert_eq!(shuffled.state().await, once.state().await, "I2");
            for world in [once, shuffled] {
                world.assert_ledger().await;
                world.pump().await;
                world.assert_counted().await;
                world.assert_audited().await;
            }
        });
    }
}
