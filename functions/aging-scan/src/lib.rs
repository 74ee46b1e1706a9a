//! # aging-scan
//!
//! Woken hourly by EventBridge Scheduler, and by its own queue. A run looks which shards of the due index hold a debtor
//! whose step has come and sends itself one message for each; a shard's message pages through its due debtors, decides
//! for each and commits the decision. It sends nothing: messages hang off the stream.
//!
//! The time is the scheduled time, so that a run that comes late decides as it would have in time.
//!
//! Retries: a debtor that was decided drops out of the index; what is delivered again finds the rest. A shard that is
//! not done in time sends itself on.

mod error;
mod event;
mod handler;
mod queue;

pub use error::ScanError;
pub use event::{ScanWork, Trigger};
pub use handler::Handler;
pub use queue::ScanQueue;
