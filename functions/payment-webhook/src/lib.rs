//! # payment-webhook
//!
//! - `POST /webhooks/stripe/{tenant}`: Stripe's events, signed with the tenant's secret. Each counts once, in any order
//!   and any number of times.
//! - `POST /v1/payments`: payments from elsewhere, by the tenant's own reference.
//!
//! Retries: Stripe sends again what is not answered with 2xx; so may a caller. What was booked is not booked again.

mod handler;
mod payments;
mod secret;
mod stripe;

pub use handler::Handler;
pub use secret::SigningSecrets;
