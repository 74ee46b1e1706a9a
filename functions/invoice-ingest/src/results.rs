//! What became of a file, for the person who sent it.

use std::borrow::Cow;

use serde::Serialize;

use crate::error::IngestError;
use crate::intake::Status;

/// How many rows came to what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Counts {
    pub(crate) rows: u64,
    pub(crate) created: u64,
    pub(crate) updated: u64,
    pub(crate) unchanged: u64,
    pub(crate) rejected: u64,
}

/// The rejected rows as CSV, and the counts.
pub(crate) struct Results {
    rejected: csv::Writer<Vec<u8>>,
    pub(crate) counts: Counts,
}

impl Results {
    pub(crate) fn new() -> Result<Self, IngestError> {
        let mut rejected = csv::Writer::from_writer(Vec::new());
        rejected.write_record(["line", "column", "reason"]).map_err(write_error)?;
        Ok(Self { rejected, counts: Counts::default() })
    }

    /// Counts a row, and lists it where it was rejected.
    pub(crate) fn add(&mut self, line: u64, status: &Status) -> Result<(), IngestError> {
        self.counts.rows = self.counts.rows.saturating_add(1);
        let count = match status {
            Status::Created => &mut self.counts.created,
            Status::Updated => &mut self.counts.updated,
            Status::Unchanged => &mut self.counts.unchanged,
            Status::Rejected(_) => &mut self.counts.rejected,
        };
        *count = count.saturating_add(1);
        if let Status::Rejected(errors) = status {
            for error in errors {
                self.complain(line, &error.field, &error.reason)?;
            }
        }
        Ok(())
    }

    /// Lists what is wrong with the file as a whole.
    pub(crate) fn complain(&mut self, line: u64, column: &str, reason: &str) -> Result<(), IngestError> {
        let record = [line.to_string().into(), harmless(column), harmless(reason)];
        self.rejected.write_record(record.iter().map(|cell: &Cow<'_, str>| cell.as_bytes())).map_err(write_error)
    }

    /// The rejected rows as CSV.
    pub(crate) fn into_csv(self) -> Result<Vec<u8>, IngestError> {
        self.rejected.into_inner().map_err(|error| IngestError::Read(error.into_error()))
    }
}

fn write_error(error: csv::Error) -> IngestError {
    IngestError::Read(error.into())
}

/// A spreadsheet takes a cell that begins like a formula for one; an apostrophe makes it text.
fn harmless(cell: &str) -> Cow<'_, str> {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}").into() } else { cell.into() }
}
