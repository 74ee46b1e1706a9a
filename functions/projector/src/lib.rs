//! # projector
//!
//! Woken by the table's stream, for heads of debtors. Publishes what each commit has to tell to the EventBridge bus,
//! and counts what it changed, once.
//!
//! Retries: any failure hands the whole batch back; the stream bisects it and delivers it again. Events may then go out
//! again (listeners go by their id); counters do not, because each debtor's cursor moves in the same transaction.

mod error;
mod handler;

pub use error::ProjectorError;
pub use handler::Handler;
