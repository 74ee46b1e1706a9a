//! For each function, a world in which an event makes it do all that it does.

use dunlin_testkit::build::{draft, eur};
use serde_json::{Value, json};

use super::event::Event;
use crate::charging::{self, late_fee, policy};
use crate::debtors::{patch, put};
use crate::feedback::{bounced, delivered};
use crate::stripe::{NOON, event, intent, invoice};
use crate::world::{World, sqs};

/// Tuesday, 3 March 2026: what was due on Monday is late.
pub(super) const MORNING: &str = "2026-03-03T08:00:00Z";
/// More than one commit can allocate a payment to.
const MANY: u32 = 22;

/// A world and an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scenario {
    /// Two debtors' invoices, one of which a payment waits for, and a credit note.
    Invoices,
    /// The same as a file.
    File,
    /// The scan looks which shards hold anything due.
    FanOut,
    /// Three debtors are late.
    Shards,
    /// Three debtors are late, one with more invoices than a commit charges.
    Charges,
    /// Three messages, one of them twice; one must not go out any more.
    Dispatch,
    /// A text message.
    Text,
    /// One message bounced, one was delivered, and both are told twice.
    Heard,
    /// One payment for an invoice, one that has to wait, one for the debtor.
    Payments,
    /// A payment for so many invoices that it takes several commits.
    Allocation,
    /// A payment that names so many invoices that it takes several commits, and more than they come to.
    Named,
    /// The bank takes back the most of a payment for many invoices.
    Returned,
    /// Unapplied credit is applied to many invoices.
    Credit,
    /// A debtor leaves its group for one that is made by it.
    Amended,
    /// A payment by Stripe.
    Stripe,
    /// An event of Stripe's that is only counted.
    StripeOther,
    /// Invoices, payments and plans of three debtors, on the stream.
    Stream,
    /// Two children of a group owe more than it may, and one of them leaves it; on the stream.
    GroupStream,
}

impl Scenario {
    pub(super) const ALL: [Self; 18] = [
        Self::Invoices,
        Self::File,
        Self::FanOut,
        Self::Shards,
        Self::Charges,
        Self::Dispatch,
        Self::Text,
        Self::Heard,
        Self::Payments,
        Self::Allocation,
        Self::Named,
        Self::Returned,
        Self::Credit,
        Self::Amended,
        Self::Stripe,
        Self::StripeOther,
        Self::Stream,
        Self::GroupStream,
    ];

    /// Whether the same must come out of it, whatever happened on the way. A message of which nobody knows whether it
    /// was taken is the one thing that may differ.
    pub(super) fn has_one_end(self) -> bool {
        !matches!(self, Self::Dispatch | Self::Text)
    }

    /// The world just before the event, and the event.
    pub(super) async fn prepare(self, world: &World) -> Event {
        let event = self.event(world).await;
        world.set_clock(MORNING);
        event
    }

    async fn event(self, world: &World) -> Event {
        match self {
            Self::Invoices | Self::File => {
                world.post_payments(json!([payment("P0", "invoice_number", "I1", "40.00")])).await;
                if self == Self::Invoices {
                    return Event::Invoices(documents());
                }
                world
                    .outside
                    .objects
                    .lock()
                    .unwrap()
                    .insert("imports/demo/march.csv".to_owned(), file(documents().as_array().unwrap()).into_bytes());
                Event::File("march.csv".to_owned())
            }
            Self::FanOut => {
                three_late(world).await;
                Event::Scan(json!({ "time": MORNING }))
            }
            Self::Shards => {
                three_late(world).await;
                world.scan_event(json!({ "time": MORNING })).await.unwrap();
                Event::Scan(sqs(&world.outside.take_scan_work()))
            }
            Self::Charges => {
                let mut fee = late_fee();
                fee["late_fee"]["after_days"] = json!(1);
                let yearly = json!({ "booked": "with_messages", "rate": "9", "clause": "7.3" });
                let charges = json!([fee, { "name": "yearly", "interest": yearly }]);
                assert_eq!(charging::put(world, policy(charges)).await.0, 201);
                three_late(world).await;
                many_late(world).await;
                world.scan_event(json!({ "time": MORNING })).await.unwrap();
                Event::Scan(sqs(&world.outside.take_scan_work()))
            }
            Self::Dispatch => {
                three_late(world).await;
                let mut queue = planned(world).await;
                world.post_payments(json!([payment("P1", "invoice_number", "I2", "100.00")])).await;
                queue.push(queue[0].clone());
                Event::Planned(queue)
            }
            Self::Text => {
                let texted = draft("C1", "I1").issued("2026-03-01").without_email().phone("+441632960123", true);
                world.has([texted.build()]).await;
                Event::Planned(planned(world).await)
            }
            Self::Heard => {
                let late = |of: &str, number: &str| draft(of, number).issued("2026-03-01").phone("+441632960123", true);
                world.has([late("C1", "I1").build(), late("C2", "I2").build()]).await;
                let planned = planned(world).await;
                assert!(world.deliver(&planned).await.is_empty());
                let mails = world.mails();
                let said = [bounced(&mails[0], "Permanent", MORNING), delivered(&mails[1], MORNING)];
                Event::Heard([said.clone(), said].concat())
            }
            Self::Payments => {
                three_late(world).await;
                Event::Payments(json!([
                    payment("P1", "invoice_number", "I1", "40.00"),
                    payment("P2", "invoice_number", "I9", "40.00"),
                    payment("P3", "debtor_ref", "C2", "130.00"),
                ]))
            }
            Self::Allocation => {
                many_late(world).await;
                Event::Payments(json!([payment("P1", "debtor_ref", "C1", "215.00")]))
            }
            Self::Named => {
                many_late(world).await;
                let mut named = payment("P1", "debtor_ref", "C1", "215.00");
                let part = |n| json!({ "invoice_number": format!("I{n:02}"), "amount": "9.00" });
                named["allocations"] = (0..MANY).rev().map(part).collect();
                Event::Payments(json!([named]))
            }
            Self::Returned => {
                many_late(world).await;
                let mut paid = payment("P1", "debtor_ref", "C1", "225.00");
                world.post_payments(json!([paid])).await;
                paid["refunded"] = json!("8.00");
                world.post_payments(json!([paid])).await;
                paid["chargeback"] = json!("open");
                paid["chargeback_amount"] = json!("216.00");
                Event::Payments(json!([paid]))
            }
            Self::Credit => {
                let paid = ["P1", "P2"].map(|reference| payment(reference, "debtor_ref", "C1", "110.00"));
                world.post_payments(json!(paid)).await;
                many_late(world).await;
                let order = json!({ "currency": "EUR", "amount": "215.00" });
                Event::Credit("C1".to_owned(), "order-1".to_owned(), order)
            }
            Self::Amended => {
                family(world).await;
                world.pump().await;
                Event::Amended(
                    "C1".to_owned(),
                    "patch-1".to_owned(),
                    json!({ "parent_ref": "C3", "payment_terms_days": 9 }),
                )
            }
            Self::Stripe => {
                let finalized = event("evt_1", "invoice.finalized", NOON - 900, invoice(1, "open", 0));
                world.stripe_all(&[finalized]).await;
                Event::Stripe(event("evt_2", "payment_intent.succeeded", NOON, intent("pi_1", 1, 10_000, 10_000)))
            }
            Self::StripeOther => Event::Stripe(event("evt_3", "customer.created", NOON, json!({ "id": "cus_1" }))),
            Self::Stream => {
                three_late(world).await;
                world.post_payments(json!([payment("P1", "debtor_ref", "C1", "130.00")])).await;
                world.scan_at(MORNING).await;
                Event::Stream(world.table.new_heads())
            }
            Self::GroupStream => {
                family(world).await;
                patch(world, "C2", json!({ "parent_ref": null })).await;
                Event::Stream(world.table.new_heads())
            }
        }
    }
}

async fn many_late(world: &World) {
    let late = |n| document("C1", &format!("I{n:02}"), "2026-03-02", "10.00");
    world.post_invoices((0..MANY).map(late).collect()).await;
}

async fn three_late(world: &World) {
    let late = |of: &str, number: &str| draft(of, number).issued("2026-03-01").total(eur("100")).build();
    world.has([late("C1", "I1"), late("C2", "I2"), late("C3", "I3")]).await;
}

/// Three debtors who are late, of whom `C1` and `C2` are children of one that may owe less than they do.
pub(super) async fn family(world: &World) {
    three_late(world).await;
    put(world, "TOP", json!({ "credit_limits": { "EUR": "150.00" } })).await;
    for child in ["C1", "C2"] {
        patch(world, child, json!({ "parent_ref": "TOP" })).await;
    }
}

/// What the dispatch queue holds after the morning's scan.
async fn planned(world: &World) -> Vec<String> {
    world.scan_at(MORNING).await;
    world.project().await;
    world.take_queue()
}

pub(super) fn payment(reference: &str, field: &str, of: &str, amount: &str) -> Value {
    json!({ "payment_ref": reference, field: of, "paid_on": "2026-03-01", "amount": amount, "currency": "EUR" })
}

pub(super) fn document(of: &str, number: &str, due: &str, amount: &str) -> Value {
    json!({
        "debtor_ref": of, "email": format!("{}@customers.example", of.to_lowercase()), "invoice_number": number,
        "issue_date": "2026-02-01", "due_date": due, "currency": "EUR", "amount": amount,
    })
}

fn documents() -> Value {
    json!([
        document("C1", "I1", "2026-03-02", "100.00"),
        document("C1", "I2", "2026-03-02", "50.00"),
        document("C2", "I3", "2026-03-02", "70.00"),
        {
            "document": "credit_note", "debtor_ref": "C1", "invoice_number": "CN1", "issue_date": "2026-02-10",
            "currency": "EUR", "amount": "20.00", "applies_to": "I2",
        },
    ])
}

/// Documents as a file.
pub(super) fn file(documents: &[Value]) -> String {
    const COLUMNS: [&str; 9] = [
        "document",
        "debtor_ref",
        "email",
        "invoice_number",
        "issue_date",
        "due_date",
        "currency",
        "amount",
        "applies_to",
    ];
    let row = |document: &Value| COLUMNS.map(|column| document[column].as_str().unwrap_or_default()).join(",");
    let rows: Vec<String> = documents.iter().map(row).collect();
    format!("{}\n{}\n", COLUMNS.join(","), rows.join("\n"))
}
