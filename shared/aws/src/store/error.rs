//! What can go wrong with the table, by what to do about it.

use aws_sdk_dynamodb::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;

/// A failed read or write.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Someone else was faster: load and decide again.
    #[error("the item has changed since it was read")]
    Conflict,
    /// More items than one transaction takes: cut the work.
    #[error("{0} items do not fit into one transaction")]
    TooLarge(usize),
    /// The table is busy or out of reach: try again later.
    #[error("the table is busy or out of reach: {0}")]
    Busy(String),
    /// An item is not what it should be: a person must look.
    #[error("{place}: {reason}")]
    Corrupt {
        /// Which item.
        place: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The request is refused, whatever the time: configuration or permission.
    #[error("the table refuses the request: {0}")]
    Refused(String),
}

impl StoreError {
    /// Whether the same request may succeed later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Conflict | Self::Busy(_) => true,
            Self::TooLarge(_) | Self::Corrupt { .. } | Self::Refused(_) => false,
        }
    }

    /// The same, with the item that it was found in.
    pub(crate) fn within(self, item: &str) -> Self {
        match self {
            Self::Corrupt { place, reason } => Self::Corrupt { place: format!("{item}: {place}"), reason },
            other => other,
        }
    }

    pub(crate) fn corrupt(place: impl std::fmt::Display, reason: impl std::fmt::Display) -> Self {
        Self::Corrupt { place: place.to_string(), reason: reason.to_string() }
    }
}

const BUSY: [&str; 6] = [
    "ThrottlingException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "InternalServerError",
    "TransactionInProgressException",
    "ServiceUnavailable",
];

/// Sorts an error of the client. What never reached the table, or got no answer, may be tried again.
pub(crate) fn sort<E, R>(error: SdkError<E, R>) -> StoreError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: std::fmt::Debug,
{
    let text = DisplayErrorContext(&error).to_string();
    match &error {
        SdkError::ServiceError(service) => match service.err().code() {
            Some("ConditionalCheckFailedException" | "TransactionConflictException") => StoreError::Conflict,
            Some(code) if BUSY.contains(&code) => StoreError::Busy(text),
            _ => StoreError::Refused(text),
        },
        SdkError::ConstructionFailure(_) => StoreError::Refused(text),
        _ => StoreError::Busy(text),
    }
}

/// Sorts the reasons of a cancelled transaction: a lost race, throttling, or a request that can never succeed.
pub(crate) fn sort_transaction<R: std::fmt::Debug>(error: SdkError<TransactWriteItemsError, R>) -> StoreError {
    let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) = error.as_service_error() else {
        return sort(error);
    };
    let codes: Vec<&str> = cancelled.cancellation_reasons().iter().filter_map(|reason| reason.code()).collect();
    let any = |wanted: &[&str]| codes.iter().any(|code| wanted.contains(code));
    if any(&["ValidationError", "ItemCollectionSizeLimitExceeded"]) {
        StoreError::Refused(format!("transaction cancelled: {codes:?}"))
    } else if any(&["ConditionalCheckFailed", "TransactionConflict"]) {
        StoreError::Conflict
    } else {
        StoreError::Busy(format!("transaction cancelled: {codes:?}"))
    }
}
