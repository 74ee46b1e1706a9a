//! What wakes the function.

use aws_lambda_events::dynamodb;
use jiff::Timestamp;
use serde::Deserialize;

/// An event as Lambda delivers it.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Trigger {
    /// A batch of the table's stream.
    Stream(dynamodb::Event),
    /// EventBridge Scheduler's own event, which it sends where a schedule has no input.
    Schedule {
        /// The scheduled time.
        time: Timestamp,
    },
}
