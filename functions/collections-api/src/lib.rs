//! # collections-api
//!
//! - What is known: a debtor, its timeline, the aging report, a payment and what it settled,
//!   payments that wait for their invoice.
//! - What may be charged on a late invoice, charging it, and giving it up.
//! - What is agreed: promises, plans, settlements, disputes and holds are made and ended here. Each is one commit; a call
//!   with an `Idempotency-Key` is carried out once; `?preview=true` says what it would do.
//! - What messages say: templates are tried and saved here, and what was sent is written again from its record.
//! - What becomes of unapplied credit: it is applied, moved and refunded on order.
//! - The one click that ends e-mail: `GET /unsubscribe/{token}` shows a button, only `POST` does anything (RFC 8058), because
//!   mail scanners follow links.

mod agreements;
mod body;
mod call;
mod charges;
mod credit;
mod debtor;
mod handler;
mod payment;
mod quote;
mod refunds;
mod report;
mod template_view;
mod templates;
mod terms;
mod unsubscribe;
mod view;

pub use handler::Handler;
