//! What wakes the function.

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use aws_lambda_events::s3::S3Event;
use aws_lambda_events::sqs::SqsEvent;
use dunlin_aws::store::ImportId;
use serde::{Deserialize, Serialize};

/// An event as Lambda delivers it.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Trigger {
    /// Objects were put into the import bucket.
    Bucket(S3Event),
    /// Messages of the import queue.
    Queue(SqsEvent),
    /// A call of the API.
    Call(Box<ApiGatewayV2httpRequest>),
}

/// A step of an import: the body of a message on the import queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ImportWork {
    pub(crate) tenant: String,
    pub(crate) import: ImportId,
    /// A message of a run that another upload has replaced is dropped.
    pub(crate) run: String,
    pub(crate) step: Step,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Step {
    /// Cut the file into parts.
    Split,
    /// Book a part, from where it stands.
    Book { part: u32 },
    /// Put the results together.
    Finish,
}

/// A message of the import queue.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Message {
    Work(ImportWork),
    /// A notification that failed for good, moved here from the dead letters: Lambda's record of it holds the event.
    Redriven {
        #[serde(rename = "requestPayload")]
        notification: S3Event,
    },
}
