//! # audit-anchor
//!
//! Woken by the table's stream, five minutes of it at a time, for heads of debtors: notes where each debtor's audit log
//! ends now, many in one item. Woken daily by EventBridge Scheduler: for each tenant of which a log moved, puts where
//! those logs ended into a bucket in which nobody can change or delete it. A tenant without a change costs nothing.
//!
//! Retries: what is noted again changes nothing. A day that is over gets no more notes, so anchoring it again comes to
//! the same bytes, which the bucket takes once; where a run died or failed, the next one goes on, in the order of days.

mod bucket;
mod error;
mod event;
mod handler;

pub use bucket::AnchorBucket;
pub use error::AnchoringError;
pub use event::Trigger;
pub use handler::Handler;
