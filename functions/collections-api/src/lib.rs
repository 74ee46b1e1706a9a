//! # collections-api
//!
//! - What is known: a debtor, its timeline, the aging report, payments that wait for their invoice.
//! - What may be charged on a late invoice.
//! - What is agreed: promises, plans, settlements, disputes and holds are made and ended here. Each is one commit; a call
//!   with an `Idempotency-Key` is carried out once; `?preview=true` says what it would do.
//! - The one click that ends e-mail: `GET /unsubscribe/{token}` shows a button, only `POST` does anything (RFC 8058), because
//!   mail scanners follow links.

mod agreements;
mod body;
mod debtor;
mod handler;
mod quote;
mod report;
mod terms;
mod unsubscribe;
mod view;

pub use handler::Handler;
