//! Why a message of the queue goes back to it.

use dunlin_aws::books::BooksError;
use dunlin_aws::store::StoreError;

/// Why something goes back to the queue. What comes back too often ends in the dead-letter queue, where people look.
#[derive(Debug, thiserror::Error)]
pub enum FeedbackError {
    /// It is no event that this function knows.
    #[error("the event cannot be read: {0}")]
    BadEvent(String),
    /// The table failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A change could not be made.
    #[error(transparent)]
    Books(#[from] BooksError),
    /// The attempt that handed the message over has yet to say how it ended.
    #[error("the message is still being handed over")]
    TooEarly,
}
