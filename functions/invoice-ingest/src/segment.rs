//! What one step of an import leaves for the next in the bucket: segments of rows, and lists of what is wrong with rows.
//! A line of JSON each, so that whoever looks for a row finds it.

use std::borrow::Cow;

use dunlin_aws::store::{ImportId, ImportRun};
use dunlin_domain::ids::TenantId;
use dunlin_domain::intake::FieldError;
use serde::{Deserialize, Serialize};

use crate::IngestError;
use crate::csv_rows::{BadRow, Row};

/// Where the objects of one run lie.
#[derive(Debug, Clone)]
pub(crate) struct Workplace {
    prefix: String,
}

impl Workplace {
    pub(crate) fn new(tenant: &TenantId, import: &ImportId, run: &ImportRun) -> Self {
        Self { prefix: format!("parts/{tenant}/{import}/{}", run.id) }
    }

    /// The key of a part's segment.
    pub(crate) fn segment(&self, part: u32, segment: u32) -> String {
        format!("{}/{part:03}/{segment:05}.jsonl", self.prefix)
    }

    /// The key of the list of what is wrong with rows of a batch.
    pub(crate) fn rejected(&self, part: u32, (segment, batch): (u32, u32)) -> String {
        format!("{}/{part:03}/{segment:05}.{batch:05}.rejected.jsonl", self.prefix)
    }
}

/// A row on its way: its fields, or why it has none.
#[derive(Debug, Serialize, Deserialize)]
struct RowRecord<'a> {
    line: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fields: Option<Cow<'a, [String]>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    column: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<Cow<'a, str>>,
}

/// Adds a row to a segment.
pub(crate) fn write_row(segment: &mut Vec<u8>, row: &Row) -> Result<(), IngestError> {
    let (fields, column, reason) = match &row.fields {
        Ok(fields) => (Some(Cow::Borrowed(fields.as_slice())), None, None),
        Err(BadRow { column, reason }) => (None, *column, Some(Cow::Borrowed(reason.as_str()))),
    };
    serde_json::to_writer(&mut *segment, &RowRecord { line: row.line, fields, column, reason })?;
    segment.push(b'\n');
    Ok(())
}

/// The rows of a segment, in the order of the file.
pub(crate) fn read_rows(segment: &[u8]) -> Result<Vec<Row>, IngestError> {
    let row = |line: &[u8]| {
        let record: RowRecord<'_> = serde_json::from_slice(line)?;
        let bad = BadRow { column: record.column, reason: record.reason.unwrap_or_default().into_owned() };
        Ok(Row { line: record.line, fields: record.fields.map(Cow::into_owned).ok_or(bad) })
    };
    lines(segment).map(row).collect()
}

/// What is wrong with one field of a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Complaint {
    pub(crate) line: u64,
    pub(crate) column: String,
    pub(crate) reason: String,
}

impl Complaint {
    pub(crate) fn new(line: u64, error: FieldError) -> Self {
        Self { line, column: error.field.into_owned(), reason: error.reason }
    }
}

/// A list of complaints as an object.
pub(crate) fn write_complaints(complaints: &[Complaint]) -> Result<Vec<u8>, IngestError> {
    let mut list = Vec::new();
    for complaint in complaints {
        serde_json::to_writer(&mut list, complaint)?;
        list.push(b'\n');
    }
    Ok(list)
}

/// The complaints of a list.
pub(crate) fn read_complaints(list: &[u8]) -> Result<Vec<Complaint>, IngestError> {
    lines(list).map(|line| Ok(serde_json::from_slice(line)?)).collect()
}

fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read_as_they_were_written() {
        let rows = [
            Row { line: 2, fields: Ok(vec!["a \"b\"\n".to_owned(), String::new(), "ü;,".to_owned()]) },
            Row { line: 4, fields: Err(BadRow { column: Some(1), reason: "is not UTF-8".to_owned() }) },
            Row { line: 5, fields: Err(BadRow { column: None, reason: "a quote".to_owned() }) },
            Row { line: 9, fields: Ok(Vec::new()) },
        ];
        let mut segment = Vec::new();
        for row in &rows {
            write_row(&mut segment, row).unwrap();
        }
        assert_eq!(read_rows(&segment).unwrap(), rows);
        assert!(matches!(read_rows(b"{\"line\":\n"), Err(IngestError::Message(_))));
    }
}
