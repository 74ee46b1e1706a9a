//! The EventBridge bus: domain events for other systems, and for `reminder-dispatch`.

use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::error::DisplayErrorContext;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use serde_json::Value;

use crate::telemetry;

/// Events could not be put; try the batch again.
#[derive(Debug, thiserror::Error)]
#[error("the bus did not take {failed} of {sent} events: {reason}")]
pub struct BusError {
    failed: usize,
    sent: usize,
    reason: String,
}

/// `PutEvents` takes this many entries.
const EVENTS_PER_CALL: usize = 10;
const SOURCE: &str = "dunlin";

/// The bus.
#[derive(Debug, Clone)]
pub struct Bus {
    client: Client,
    name: String,
}

impl Bus {
    /// The bus called `name`.
    #[must_use]
    pub fn new(client: Client, name: String) -> Self {
        Self { client, name }
    }

    /// Puts events, each a detail type and a detail, in order. The trace that a detail names as its `trace_id` goes along,
    /// to whoever listens.
    ///
    /// # Errors
    /// [`BusError`] if any was not taken; some may have been, so listeners go by an event's id.
    pub async fn publish(&self, events: &[(String, Value)]) -> Result<(), BusError> {
        for chunk in events.chunks(EVENTS_PER_CALL) {
            let entry = |(detail_type, detail): &(String, Value)| {
                PutEventsRequestEntry::builder()
                    .event_bus_name(&self.name)
                    .source(SOURCE)
                    .detail_type(detail_type)
                    .detail(detail.to_string())
                    .set_trace_header(detail.get("trace_id").and_then(Value::as_str).map(telemetry::header_of))
                    .build()
            };
            let error = |failed, reason| BusError { failed, sent: chunk.len(), reason };
            let call = self.client.put_events().set_entries(Some(chunk.iter().map(entry).collect()));
            let answer = call.send().await.map_err(|e| error(chunk.len(), DisplayErrorContext(&e).to_string()))?;
            // A call that was answered may still have failed entries.
            if answer.failed_entry_count > 0 {
                let failed = answer.entries().iter().filter_map(|entry| entry.error_message());
                let reason = failed.collect::<Vec<_>>().join("; ");
                return Err(error(usize::try_from(answer.failed_entry_count).unwrap_or(usize::MAX), reason));
            }
        }
        Ok(())
    }
}
