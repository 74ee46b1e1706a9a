//! Why a message goes back to the queue.

use dunlin_aws::secrets::SecretError;
use dunlin_aws::store::StoreError;
use dunlin_aws::unsubscribe::BadKeys;

/// Why a message goes back to the queue. What comes back too often ends in the dead-letter queue, where people look.
#[derive(Debug, thiserror::Error)]
pub enum DispatchError {
    /// It is not an event of ours.
    #[error("the event cannot be read: {0}")]
    BadEvent(String),
    /// The tenant has no settings.
    #[error("there is no tenant {0}")]
    UnknownTenant(String),
    /// The table failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The key of the unsubscribe link could not be read.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// That secret holds no key.
    #[error(transparent)]
    Keys(#[from] BadKeys),
    /// A version of a template that was chosen is not in the table.
    #[error("there is no template {0}")]
    NoTemplate(String),
    /// Another attempt is sending it. Should that one die, the message has to come back to be called unknown.
    #[error("another attempt is sending the message")]
    UnderWay,
    /// The provider turned it away for now.
    #[error("the provider did not take the message for now: {0}")]
    NotNow(String),
}
