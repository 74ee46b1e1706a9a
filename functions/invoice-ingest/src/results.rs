//! What became of a file, for the person who sent it.

use std::borrow::Cow;

use dunlin_aws::sheet::harmless;
use dunlin_aws::store::ImportCounts;
use serde_json::{Value, json};

use crate::IngestError;
use crate::segment::Complaint;

/// A table of this size is written out before it grows.
const LARGE: usize = 64 * 1024;

/// Where the results of a file lie, without an ending.
pub(crate) fn stem(object: &str) -> String {
    let name = object.strip_prefix("imports/").unwrap_or(object);
    format!("results/{}", name.strip_suffix(".csv").unwrap_or(name))
}

/// How many rows came to what, as JSON.
pub(crate) fn summary(counts: ImportCounts, dry_run: bool) -> Result<Vec<u8>, IngestError> {
    let mut summary = json!(counts);
    if dry_run {
        summary["dry_run"] = Value::Bool(true);
    }
    Ok(serde_json::to_vec_pretty(&summary)?)
}

/// The rejected rows as CSV, by line, column and reason.
pub(crate) struct Table(csv::Writer<Vec<u8>>);

impl Table {
    pub(crate) fn new() -> Result<Self, IngestError> {
        let mut table = csv::Writer::from_writer(Vec::new());
        table.write_record(["line", "column", "reason"]).map_err(write_error)?;
        Ok(Self(table))
    }

    pub(crate) fn add(&mut self, complaint: &Complaint) -> Result<(), IngestError> {
        let Complaint { line, column, reason } = complaint;
        let record = [line.to_string().into(), harmless(column), harmless(reason)];
        self.0.write_record(record.iter().map(|cell: &Cow<'_, str>| cell.as_bytes())).map_err(write_error)
    }

    pub(crate) fn is_large(&self) -> bool {
        self.0.get_ref().len() >= LARGE
    }

    /// What was added since the last time.
    pub(crate) fn take(&mut self) -> Result<Vec<u8>, IngestError> {
        let rest = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
        let table = std::mem::replace(&mut self.0, rest);
        table.into_inner().map_err(|error| IngestError::Read(error.into_error()))
    }
}

fn write_error(error: csv::Error) -> IngestError {
    IngestError::Read(error.into())
}
