//! The bucket that files are put into and results are found in.

use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::error::{DisplayErrorContext, SdkError};
use aws_sdk_s3::presigning::{PresignedRequest, PresigningConfig};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use jiff::Timestamp;
use tokio::io::{AsyncBufRead, BufReader};

use crate::IngestError;

/// The object's metadata that carries simulated time, which only the local stack honours.
const SIMULATED_TIME: &str = "simulated-time";
/// How long an address to upload to, or to fetch from, is good for.
pub(crate) const ADDRESS_LASTS: Duration = Duration::from_secs(15 * 60);
/// S3's answer where the object is another one by now.
const PRECONDITION_FAILED: u16 = 412;
/// A multipart upload's parts are this large; S3 wants 5 MiB at least, and an object that is smaller is put whole.
const UPLOAD_PART_BYTES: usize = 8 * 1024 * 1024;

pub(crate) const CSV: &str = "text/csv; charset=utf-8";
pub(crate) const JSON: &str = "application/json";

/// The bucket that files are put into and results are found in.
#[derive(Debug, Clone)]
pub struct ImportBucket {
    client: Client,
    name: String,
}

/// An object that is read.
pub(crate) struct Opened<R> {
    pub(crate) file: R,
    /// The simulated time that it brings.
    pub(crate) told: Option<Timestamp>,
}

impl ImportBucket {
    /// The bucket `name` as seen through `client`.
    #[must_use]
    pub fn new(client: Client, name: String) -> Self {
        Self { client, name }
    }

    /// An object as a stream from `offset` on; `None` where it is another one than `etag` by now.
    pub(crate) async fn open(
        &self,
        key: &str,
        etag: &str,
        offset: u64,
    ) -> Result<Option<Opened<impl AsyncBufRead + Unpin + use<>>>, IngestError> {
        let call = self.client.get_object().bucket(&self.name).key(key).if_match(format!("\"{etag}\""));
        let range = (offset > 0).then(|| format!("bytes={offset}-"));
        match call.set_range(range).send().await {
            Ok(object) => {
                let metadata = object.metadata().and_then(|metadata| metadata.get(SIMULATED_TIME));
                let told = metadata.and_then(|time| time.parse().ok());
                Ok(Some(Opened { file: BufReader::new(object.body.into_async_read()), told }))
            }
            Err(error) if status(&error) == Some(PRECONDITION_FAILED) => Ok(None),
            Err(error) => Err(failed(&error)),
        }
    }

    /// A whole object.
    pub(crate) async fn get(&self, key: &str) -> Result<Vec<u8>, IngestError> {
        let object = self.client.get_object().bucket(&self.name).key(key).send().await;
        let body = object.map_err(|error| failed(&error))?.body.collect().await;
        body.map(|bytes| bytes.to_vec()).map_err(|error| IngestError::Bucket(error.to_string()))
    }

    /// Puts a whole object.
    pub(crate) async fn put(&self, key: &str, content_type: &str, body: Vec<u8>) -> Result<(), IngestError> {
        let call = self.client.put_object().bucket(&self.name).key(key).content_type(content_type);
        call.body(ByteStream::from(body)).send().await.map(drop).map_err(|error| failed(&error))
    }

    /// An address that a file can be put to, without any other permission.
    pub(crate) async fn address_to_put(&self, key: &str) -> Result<PresignedRequest, IngestError> {
        let call = self.client.put_object().bucket(&self.name).key(key);
        call.presigned(presigning()?).await.map_err(|error| failed(&error))
    }

    /// An address that an object can be fetched from, without any other permission.
    pub(crate) async fn address_to_get(&self, key: &str) -> Result<PresignedRequest, IngestError> {
        let call = self.client.get_object().bucket(&self.name).key(key);
        call.presigned(presigning()?).await.map_err(|error| failed(&error))
    }
}

fn presigning() -> Result<PresigningConfig, IngestError> {
    PresigningConfig::expires_in(ADDRESS_LASTS).map_err(|error| IngestError::Bucket(error.to_string()))
}

fn failed<E, R>(error: &SdkError<E, R>) -> IngestError
where
    E: std::error::Error + 'static,
    R: std::fmt::Debug,
{
    IngestError::Bucket(DisplayErrorContext(error).to_string())
}

fn status<E>(error: &SdkError<E, aws_sdk_s3::config::http::HttpResponse>) -> Option<u16> {
    error.raw_response().map(|response| response.status().as_u16())
}

/// An object that is written bit by bit, of any size. Until it is finished there is nothing to be seen of it; what is never
/// finished is cleared away by the bucket's own rule.
pub(crate) struct Upload<'a> {
    bucket: &'a ImportBucket,
    key: String,
    content_type: &'static str,
    buffer: Vec<u8>,
    /// The upload's id, once there is more than one part.
    id: Option<String>,
    parts: Vec<CompletedPart>,
}

impl<'a> Upload<'a> {
    pub(crate) fn new(bucket: &'a ImportBucket, key: String, content_type: &'static str) -> Self {
        Self { bucket, key, content_type, buffer: Vec::new(), id: None, parts: Vec::new() }
    }

    pub(crate) async fn write(&mut self, bytes: &[u8]) -> Result<(), IngestError> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= UPLOAD_PART_BYTES { self.send_part().await } else { Ok(()) }
    }

    pub(crate) async fn finish(mut self) -> Result<(), IngestError> {
        if self.id.is_none() {
            return self.bucket.put(&self.key, self.content_type, self.buffer).await;
        }
        if !self.buffer.is_empty() {
            self.send_part().await?;
        }
        let parts = CompletedMultipartUpload::builder().set_parts(Some(self.parts)).build();
        let call = self.bucket.client.complete_multipart_upload().bucket(&self.bucket.name).key(self.key);
        let call = call.set_upload_id(self.id).multipart_upload(parts);
        call.send().await.map(drop).map_err(|error| failed(&error))
    }

    async fn send_part(&mut self) -> Result<(), IngestError> {
        let id = match self.id.take() {
            Some(id) => id,
            None => self.begin().await?,
        };
        let number = i32::try_from(self.parts.len()).unwrap_or(i32::MAX).saturating_add(1);
        let body = ByteStream::from(std::mem::take(&mut self.buffer));
        let call = self.bucket.client.upload_part().bucket(&self.bucket.name).key(&self.key);
        let sent = call.upload_id(&id).part_number(number).body(body).send().await.map_err(|error| failed(&error))?;
        self.parts.push(CompletedPart::builder().part_number(number).set_e_tag(sent.e_tag).build());
        self.id = Some(id);
        Ok(())
    }

    async fn begin(&self) -> Result<String, IngestError> {
        let call = self.bucket.client.create_multipart_upload().bucket(&self.bucket.name).key(&self.key);
        let begun = call.content_type(self.content_type).send().await.map_err(|error| failed(&error))?;
        begun.upload_id.ok_or_else(|| IngestError::Bucket("an upload has no id".to_owned()))
    }
}
