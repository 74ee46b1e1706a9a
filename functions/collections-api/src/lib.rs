//! # collections-api
//!
//! - Who a debtor is, what it is granted and whose child it is: made and changed here.
//! - What is known: the debtors by name, one of them, its group, its statement of account, its timeline, the aging report, a payment and what it settled,
//!   payments that wait for their invoice.
//! - What may be charged on a late invoice, charging it, and giving it up.
//! - What is agreed: promises, plans, settlements, disputes and holds are made and ended here. Each is one commit; a call
//!   with an `Idempotency-Key` is carried out once; `?preview=true` says what it would do.
//! - What is done by itself: versions of policies, with their ladders and the rules by which they charge.
//! - What a policy would have done: it is tried here on the months that were, by `policy-backtest`, and shown beside the one
//!   that is in use.
//! - What messages say: templates are tried and saved here, and what was sent is written again from its record.
//! - What becomes of unapplied credit: it is applied, moved and refunded on order.
//! - Whether a contact may be made, and if not, by which rules and from when on: asked before a person dials.
//! - How a debtor can be reached: addresses, what was agreed to for each, what the debtor wants; addresses that must not be
//!   used, which a person may lift.
//! - Whether a contact may be made, and if not, by which rules and from when on: asked before a person dials.
//! - The one click that ends e-mail: `GET /unsubscribe/{token}` shows a button, only `POST` does anything (RFC 8058), because
//!   mail scanners follow links.

mod addresses;
mod agreed_report;
mod agreements;
mod amend;
mod audit;
mod backtest_view;
mod backtests;
mod body;
mod call;
mod charges;
mod check;
mod contact_policy;
mod contacts;
mod credit;
mod debtor;
mod decisions;
mod directory;
mod group;
mod handler;
mod payment;
mod policies;
mod quote;
mod refunds;
mod report;
mod statement;
mod statement_sheet;
mod suppressions;
mod template_view;
mod templates;
mod terms;
mod unsubscribe;
mod view;

pub use handler::Handler;
