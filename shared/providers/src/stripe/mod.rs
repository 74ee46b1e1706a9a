//! Stripe's webhooks.

mod amount;
mod event;
mod object;
mod signature;

pub use event::{Mapping, MappingError, Said, StripeEvent};
pub use signature::{SignatureError, sign, verify};

/// Stripe, as a source of invoices and payments.
pub const SOURCE: &str = "stripe";
