//! # collections-api
//!
//! The read side: a debtor, its timeline, the aging report, payments that wait for their invoice, and what
//! may be charged on a late invoice. And the one click
//! that ends e-mail: `GET /unsubscribe/{token}` shows a button, only `POST` does anything (RFC 8058), because mail
//! scanners follow links.

mod debtor;
mod handler;
mod quote;
mod report;
mod unsubscribe;

pub use handler::Handler;
