//! A planned message, as the bus tells of it.

use dunlin_domain::ids::{DebtorId, TenantId};
use dunlin_domain::message::MessageId;
use jiff::Timestamp;
use serde::Deserialize;

use crate::DispatchError;

/// What the queue holds: EventBridge's envelope around an event of the projector.
#[derive(Debug, Deserialize)]
struct Envelope {
    detail: Detail,
}

#[derive(Debug, Deserialize)]
struct Detail {
    tenant: String,
    debtor: String,
    message_id: String,
    occurred_at: Timestamp,
}

/// A message that was decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedMessage {
    /// The tenant.
    pub tenant: TenantId,
    /// The debtor.
    pub debtor: DebtorId,
    /// Which message.
    pub message: MessageId,
    /// When it was decided; where time is simulated, it is that time still.
    pub occurred_at: Timestamp,
}

impl PlannedMessage {
    /// Reads the body of a queue's message.
    ///
    /// # Errors
    /// [`DispatchError::BadEvent`].
    pub fn read(body: &str) -> Result<Self, DispatchError> {
        let bad = |error: &dyn std::fmt::Display| DispatchError::BadEvent(error.to_string());
        let detail = serde_json::from_str::<Envelope>(body).map_err(|error| bad(&error))?.detail;
        Ok(Self {
            tenant: TenantId::parse(&detail.tenant).map_err(|error| bad(&error))?,
            debtor: DebtorId::parse(&detail.debtor).map_err(|error| bad(&error))?,
            message: MessageId::stored(detail.message_id),
            occurred_at: detail.occurred_at,
        })
    }
}
