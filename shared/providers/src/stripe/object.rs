//! The fields of Stripe's objects that Dunlin reads, as they arrive.

use serde::Deserialize;
use serde_json::Value;

/// An event, whatever it is about.
#[derive(Debug, Deserialize)]
pub(super) struct Event {
    pub(super) id: String,
    #[serde(rename = "type")]
    pub(super) event_type: String,
    /// Seconds since 1970.
    pub(super) created: i64,
    pub(super) data: Data,
}

#[derive(Debug, Deserialize)]
pub(super) struct Data {
    pub(super) object: Value,
}

/// An id, or the object itself where it was expanded.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum Expandable {
    Id(String),
    Object { id: String },
}

impl Expandable {
    pub(super) fn id(&self) -> &str {
        match self {
            Self::Id(id) | Self::Object { id } => id,
        }
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Invoice {
    pub(super) id: String,
    pub(super) number: Option<String>,
    pub(super) customer: Option<Expandable>,
    pub(super) customer_name: Option<String>,
    pub(super) customer_email: Option<String>,
    pub(super) customer_phone: Option<String>,
    pub(super) customer_address: Option<Address>,
    pub(super) currency: String,
    pub(super) total: i64,
    pub(super) amount_due: Option<i64>,
    #[serde(default)]
    pub(super) amount_paid: i64,
    #[serde(default)]
    pub(super) pre_payment_credit_notes_amount: i64,
    pub(super) status: Option<String>,
    pub(super) created: i64,
    pub(super) effective_at: Option<i64>,
    pub(super) due_date: Option<i64>,
    pub(super) description: Option<String>,
    /// `charge_automatically` or `send_invoice`.
    pub(super) collection_method: Option<String>,
    #[serde(default)]
    pub(super) attempt_count: u32,
    pub(super) next_payment_attempt: Option<i64>,
    pub(super) hosted_invoice_url: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Address {
    pub(super) country: Option<String>,
    pub(super) state: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct PaymentIntent {
    pub(super) id: String,
    pub(super) amount: i64,
    #[serde(default)]
    pub(super) amount_received: i64,
    pub(super) currency: String,
    pub(super) customer: Option<Expandable>,
    pub(super) invoice: Option<Expandable>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Charge {
    pub(super) id: String,
    pub(super) created: Option<i64>,
    pub(super) payment_intent: Option<Expandable>,
    pub(super) amount: i64,
    pub(super) amount_captured: Option<i64>,
    pub(super) amount_refunded: i64,
    pub(super) currency: String,
    pub(super) customer: Option<Expandable>,
    pub(super) invoice: Option<Expandable>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Dispute {
    pub(super) id: String,
    pub(super) charge: Expandable,
    pub(super) payment_intent: Option<Expandable>,
    pub(super) amount: i64,
    pub(super) currency: String,
    pub(super) status: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct CreditNote {
    pub(super) id: String,
    pub(super) invoice: Expandable,
    pub(super) amount: i64,
    pub(super) currency: String,
    pub(super) status: Option<String>,
    pub(super) created: i64,
}

/// What links a payment to an invoice since Stripe's version 2025-03-31 ("The Invoice Payment object").
#[derive(Debug, Deserialize)]
pub(super) struct InvoicePayment {
    pub(super) invoice: Expandable,
    /// Whether it is the invoice's own payment, which pays nothing else.
    #[serde(default)]
    pub(super) is_default: bool,
    pub(super) payment: Option<PaidBy>,
}

/// By what an invoice was paid. Neither is there where Stripe was only told of a payment.
#[derive(Debug, Deserialize)]
pub(super) struct PaidBy {
    pub(super) payment_intent: Option<Expandable>,
    pub(super) charge: Option<Expandable>,
}
