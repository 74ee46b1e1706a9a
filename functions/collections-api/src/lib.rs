//! # collections-api
//!
//! The read side and what staff order: a debtor, its timeline, the aging report, a payment and what it settled,
//! payments that wait for their invoice; orders about unapplied credit. And the one click
//! that ends e-mail: `GET /unsubscribe/{token}` shows a button, only `POST` does anything (RFC 8058), because mail
//! scanners follow links.

mod credit;
mod debtor;
mod handler;
mod payment;
mod report;
mod unsubscribe;

pub use handler::Handler;
