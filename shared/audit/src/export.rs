//! The file that a log is handed out as: lines of JSON, in one part or several. Parts that are put together, one after the
//! other, are the file.
//!
//! ```text
//! {"format":"dunlin-audit/1","tenant":..,"debtor":..,"exported_at":..,"head":{"seq":..,"hash":..},"log":{..}}
//! {"record":{"seq":1,..}}
//! {"item":"<sort key>","body":{..}}        what record 1 wrote into the history, by sort key
//! {"record":{"seq":2,..}}
//! ..
//! {"sha256":".."}                          of all bytes of the part before this line
//! ```
//!
//! `head` is where the part ends and `log` where the whole log did; a part that is not the first has `after`, where the one
//! before it ended.

use std::collections::BTreeMap;
use std::io::Write;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::chain::canonical;
use crate::{Digest, Head, Record};

/// The format's name and version.
pub(crate) const FORMAT: &str = "dunlin-audit/1";

/// An item that was written into the history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Written {
    /// Its sort key.
    pub item: String,
    /// Its attributes; within them the fields go in alphabetical order.
    body: BTreeMap<String, Value>,
}

impl Written {
    /// An item with these attributes.
    #[must_use]
    pub fn new(item: String, body: BTreeMap<String, Value>) -> Self {
        Self { item, body: body.into_iter().map(|(name, value)| (name, sorted(value))).collect() }
    }

    /// How many bytes it takes in an export.
    #[must_use]
    pub fn bytes(&self) -> usize {
        canonical(self).len().saturating_add(1)
    }

    /// The digest of items, whatever their order.
    #[must_use]
    pub fn digest<'a>(items: impl IntoIterator<Item = &'a Self>) -> Digest {
        let mut lines: Vec<Vec<u8>> = items.into_iter().map(canonical).collect();
        lines.sort();
        Digest::of_lines(lines.iter().map(Vec::as_slice))
    }
}

/// The same value with the fields of objects in alphabetical order, whatever order the parser keeps.
fn sorted(value: Value) -> Value {
    match value {
        Value::Array(values) => Value::Array(values.into_iter().map(sorted).collect()),
        Value::Object(fields) => {
            let fields: BTreeMap<String, Value> = fields.into_iter().collect();
            Value::Object(fields.into_iter().map(|(name, value)| (name, sorted(value))).collect())
        }
        value @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => value,
    }
}

/// The first line of a part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Header {
    pub(crate) format: String,
    pub(crate) tenant: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) debtor: Option<String>,
    pub(crate) exported_at: String,
    #[serde(default = "empty", skip_serializing_if = "is_empty")]
    pub(crate) after: Head,
    pub(crate) head: Head,
    pub(crate) log: Head,
}

fn empty() -> Head {
    Head::EMPTY
}

fn is_empty(head: &Head) -> bool {
    *head == Head::EMPTY
}

/// What is handed out as one part.
#[derive(Debug, Clone, Copy)]
pub struct Part<'a> {
    /// The tenant.
    pub tenant: &'a str,
    /// The debtor; none for the log of the tenant's own settings.
    pub debtor: Option<&'a str>,
    /// When, RFC 3339 in UTC.
    pub exported_at: &'a str,
    /// Where the part before ended; [`Head::EMPTY`] for the first.
    pub after: Head,
    /// Where this part ends.
    pub head: Head,
    /// Where the log ends, as far as it is known now.
    pub log: Head,
}

/// A line between the first and the last.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Line {
    Record(Box<RecordLine>),
    Written(Written),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RecordLine {
    pub(crate) record: Record,
}

/// The last line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Seal {
    pub(crate) sha256: Digest,
}

/// Why an export cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// Where it goes to takes no more.
    #[error("the export cannot be written: {0}")]
    Write(#[from] std::io::Error),
}

/// Writes a part, record by record.
#[derive(Debug)]
pub struct Export<W> {
    to: W,
    hasher: Sha256,
}

/// How many bytes a record and what it wrote take in an export.
#[must_use]
pub fn bytes_of(record: &Record, written: &[Written]) -> usize {
    let record = canonical(&RecordLine { record: record.clone() }).len();
    written.iter().map(Written::bytes).fold(record.saturating_add(1), usize::saturating_add)
}

impl<W: Write> Export<W> {
    /// Begins a part.
    ///
    /// # Errors
    /// [`ExportError`].
    pub fn begin(to: W, part: Part<'_>) -> Result<Self, ExportError> {
        let mut export = Self { to, hasher: Sha256::new() };
        let Part { tenant, debtor, exported_at, after, head, log } = part;
        export.line(&Header {
            format: FORMAT.to_owned(),
            tenant: tenant.to_owned(),
            debtor: debtor.map(str::to_owned),
            exported_at: exported_at.to_owned(),
            after,
            head,
            log,
        })?;
        Ok(export)
    }

    /// Adds a record and what it wrote.
    ///
    /// # Errors
    /// [`ExportError`].
    pub fn add(&mut self, record: &Record, written: &[Written]) -> Result<(), ExportError> {
        self.line(&RecordLine { record: record.clone() })?;
        let mut written: Vec<&Written> = written.iter().collect();
        written.sort_by(|a, b| a.item.cmp(&b.item));
        written.into_iter().try_for_each(|item| self.line(item))
    }

    /// Ends the part; the answer is where it was written to.
    ///
    /// # Errors
    /// [`ExportError`].
    pub fn end(mut self) -> Result<W, ExportError> {
        let sha256: [u8; 32] = self.hasher.clone().finalize().into();
        self.line(&Seal { sha256: sha256.into() })?;
        Ok(self.to)
    }

    fn line(&mut self, line: &impl Serialize) -> Result<(), ExportError> {
        let mut bytes = canonical(line);
        bytes.push(b'\n');
        self.hasher.update(&bytes);
        self.to.write_all(&bytes)?;
        Ok(())
    }
}
