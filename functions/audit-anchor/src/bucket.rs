//! The bucket of anchors: each object is put once, and stays.

use aws_sdk_s3::Client;
use aws_sdk_s3::error::{DisplayErrorContext, SdkError};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::ChecksumAlgorithm;

use crate::AnchoringError;

/// S3's answer where the object is there already.
const PRECONDITION_FAILED: u16 = 412;
const JSON: &str = "application/json";

/// The bucket of anchors.
#[derive(Debug, Clone)]
pub struct AnchorBucket {
    client: Client,
    name: String,
}

impl AnchorBucket {
    /// The bucket `name` as seen through `client`.
    #[must_use]
    pub fn new(client: Client, name: String) -> Self {
        Self { client, name }
    }

    /// Puts an object, unless it is there already with the same content. S3 wants a checksum of what it is to lock.
    pub(crate) async fn put_once(&self, key: &str, body: Vec<u8>) -> Result<(), AnchoringError> {
        let call = self.client.put_object().bucket(&self.name).key(key).content_type(JSON).if_none_match("*");
        let call = call.checksum_algorithm(ChecksumAlgorithm::Sha256).body(ByteStream::from(body.clone()));
        match call.send().await {
            Ok(_) => Ok(()),
            Err(error) if status(&error) == Some(PRECONDITION_FAILED) => {
                if self.get(key).await? == body {
                    Ok(())
                } else {
                    Err(AnchoringError::Differs(key.to_owned()))
                }
            }
            Err(error) => Err(failed(&error)),
        }
    }

    async fn get(&self, key: &str) -> Result<Vec<u8>, AnchoringError> {
        let object = self.client.get_object().bucket(&self.name).key(key).send().await;
        let body = object.map_err(|error| failed(&error))?.body.collect().await;
        body.map(|bytes| bytes.to_vec()).map_err(|error| AnchoringError::Bucket(error.to_string()))
    }
}

fn failed<E, R>(error: &SdkError<E, R>) -> AnchoringError
where
    E: std::error::Error + 'static,
    R: std::fmt::Debug,
{
    AnchoringError::Bucket(DisplayErrorContext(error).to_string())
}

fn status<E>(error: &SdkError<E, aws_sdk_s3::config::http::HttpResponse>) -> Option<u16> {
    error.raw_response().map(|response| response.status().as_u16())
}
