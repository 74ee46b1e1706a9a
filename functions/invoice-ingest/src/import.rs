//! Importing a CSV file from the bucket, as a stream.

use aws_sdk_s3::Client;
use aws_sdk_s3::error::DisplayErrorContext;
use aws_sdk_s3::primitives::ByteStream;
use dunlin_aws::store::Tenancy;
use dunlin_domain::ids::{SourceName, TenantId};
use dunlin_domain::intake::{Document, FieldError, Intake, RawDocument};
use jiff::Timestamp;
use tokio::io::{AsyncBufRead, BufReader};

use crate::IngestError;
use crate::csv_rows::{BadRow, Row, Rows};
use crate::handler::Handler;
use crate::intake::{Numbers, Status, book};
use crate::results::Results;

/// Rows held in memory at once.
const ROWS_PER_BATCH: usize = 500;
/// The object's metadata that carries simulated time, which only the local stack honours.
const SIMULATED_TIME: &str = "simulated-time";

/// The bucket that files are put into and results are found in.
#[derive(Debug, Clone)]
pub struct ImportBucket {
    client: Client,
}

impl ImportBucket {
    /// Buckets as seen through `client`.
    #[must_use]
    pub fn new(client: Client) -> Self {
        Self { client }
    }

    /// An object as a stream, and the simulated time that it brings.
    async fn open(
        &self,
        bucket: &str,
        key: &str,
    ) -> Result<(impl AsyncBufRead + Unpin + use<>, Option<Timestamp>), IngestError> {
        let object = self.client.get_object().bucket(bucket).key(key).send().await;
        let object = object.map_err(|error| IngestError::Bucket(DisplayErrorContext(&error).to_string()))?;
        let told =
            object.metadata().and_then(|metadata| metadata.get(SIMULATED_TIME)).and_then(|time| time.parse().ok());
        Ok((BufReader::new(object.body.into_async_read()), told))
    }

    async fn put(&self, bucket: &str, key: &str, content_type: &str, body: Vec<u8>) -> Result<(), IngestError> {
        let call = self.client.put_object().bucket(bucket).key(key).content_type(content_type);
        let done = call.body(ByteStream::from(body)).send().await;
        done.map(drop).map_err(|error| IngestError::Bucket(DisplayErrorContext(&error).to_string()))
    }
}

impl Handler {
    /// Imports one file and leaves the results beside it.
    pub(crate) async fn import(&self, bucket: &str, key: &str) -> Result<(), IngestError> {
        let bad = || IngestError::BadObject(key.to_owned());
        let (tenant, name) = key.strip_prefix("imports/").and_then(|rest| rest.split_once('/')).ok_or_else(bad)?;
        let tenant = TenantId::parse(tenant).map_err(|_| bad())?;
        let tenancy = self.tenancies.get(&tenant).await?.ok_or_else(bad)?;
        let (file, told) = self.bucket.open(bucket, key).await?;
        let results = self.import_rows(&tenancy, file, self.clock.now(told)).await?;
        let counts = results.counts;
        let stem = format!("results/{tenant}/{}", name.strip_suffix(".csv").unwrap_or(name));
        self.bucket.put(bucket, &format!("{stem}.csv"), "text/csv; charset=utf-8", results.into_csv()?).await?;
        // The counts come last: who finds them knows that the list is complete.
        let summary = serde_json::to_vec_pretty(&counts).unwrap_or_default();
        self.bucket.put(bucket, &format!("{stem}.json"), "application/json", summary).await?;
        tracing::info!(%tenant, rows = counts.rows, created = counts.created, rejected = counts.rejected, "file imported");
        Ok(())
    }

    async fn import_rows(
        &self,
        tenancy: &Tenancy,
        file: impl AsyncBufRead + Unpin,
        now: Timestamp,
    ) -> Result<Results, IngestError> {
        let source = SourceName::parse("csv").map_err(|error| IngestError::BadObject(error.to_string()))?;
        let intake = Intake { default_portfolio: tenancy.default_portfolio.clone(), source, now };
        let (mut results, mut numbers) = (Results::new()?, Numbers::default());
        let mut rows = Rows::new(file);
        let header = rows.header().await?;
        let missing: Vec<&str> =
            RawDocument::REQUIRED.into_iter().filter(|name| !header.iter().any(|h| h == name)).collect();
        if !missing.is_empty() {
            let found = header.join(", ").chars().take(200).collect::<String>();
            let reason = format!("the file has no such column; its first line is: {found}");
            for column in missing {
                results.complain(1, column, &reason)?;
            }
            results.counts.rejected = 1;
            return Ok(results);
        }
        let mut batch: Vec<(u64, Result<Document, Vec<FieldError>>)> = Vec::with_capacity(ROWS_PER_BATCH);
        while let Some(row) = rows.next().await? {
            let line = row.line;
            let read = document(row, &header, &intake).and_then(|document| numbers.admit(document));
            batch.push((line, read));
            if batch.len() >= ROWS_PER_BATCH {
                self.book_rows(tenancy, std::mem::take(&mut batch), &mut results, now).await?;
            }
        }
        self.book_rows(tenancy, batch, &mut results, now).await?;
        Ok(results)
    }

    async fn book_rows(
        &self,
        tenancy: &Tenancy,
        batch: Vec<(u64, Result<Document, Vec<FieldError>>)>,
        results: &mut Results,
        now: Timestamp,
    ) -> Result<(), IngestError> {
        let sound: Vec<Document> = batch.iter().filter_map(|(_, read)| read.as_ref().ok().cloned()).collect();
        let mut booked = book(&self.books, tenancy, sound, now).await?.into_iter();
        for (line, read) in batch {
            let status = match read {
                Ok(_) => booked.next().unwrap_or(Status::Unchanged),
                Err(errors) => Status::Rejected(errors),
            };
            results.add(line, &status)?;
        }
        Ok(())
    }
}

/// A row as a document, by the names of the columns.
fn document(row: Row, header: &[String], intake: &Intake) -> Result<Document, Vec<FieldError>> {
    let complaint = |field: String, reason: String| vec![FieldError { field: field.into(), reason }];
    let fields = row.fields.map_err(|BadRow { column, reason }| {
        complaint(column.and_then(|column| header.get(column)).cloned().unwrap_or_default(), reason)
    })?;
    if fields.len() != header.len() {
        let reason = format!("the row has {} fields, the header {}", fields.len(), header.len());
        return Err(complaint(String::new(), reason));
    }
    let value = |name: &str| header.iter().position(|h| h == name).and_then(|at| fields.get(at)).cloned();
    RawDocument::from_fields(value).parse(intake)
}
