//! What wakes the scan.

use aws_lambda_events::sqs::SqsEvent;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A run, or a shard of one. This is also the body of a message on the scan's own queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScanWork {
    /// The hour that the run is for.
    pub scheduled_time: Timestamp,
    /// The shard; absent for a run that has yet to look which shards hold anything due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<u32>,
}

/// An event as Lambda delivers it.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Trigger {
    /// Messages of the scan's own queue.
    Queue(SqsEvent),
    /// EventBridge Scheduler's own event, which it sends where a schedule has no input.
    Schedule {
        /// The scheduled time.
        time: Timestamp,
    },
}
