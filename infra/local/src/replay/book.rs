//! The input: two CSV files, read row by row. Rows that cannot be placed on a day are rejected here, with the words of
//! the platform's own parser; all others are for the deployed functions to judge.

use std::fs;
use std::path::{Path, PathBuf};

use csv::{ByteRecord, ReaderBuilder};
use dunlin_domain::ids::{PortfolioId, SourceName};
use dunlin_domain::intake::{Document, FieldError, Intake, RawDocument, RawPayment};
use dunlin_domain::remittance::Report;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use super::error::ReplayError;
use crate::error::{LocalError, at};

/// The demo tenant's own portfolio, for rows that name none.
pub(crate) const OWN_PORTFOLIO: &str = "main";

const PAYMENTS_NEED: [&str; 4] = ["payment_ref", "paid_on", "amount", "currency"];

/// What was not taken in, and why: one line for each complaint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Rejected {
    pub(crate) file: String,
    /// Counted from 1, as an editor shows it.
    pub(crate) line: u64,
    pub(crate) column: String,
    pub(crate) reason: String,
}

/// A row as read: its line, and the known columns that are not blank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) line: u64,
    pub(crate) fields: Vec<(&'static str, String)>,
}

impl Row {
    pub(crate) fn get(&self, column: &str) -> Option<&String> {
        self.fields.iter().find(|(name, _)| *name == column).map(|(_, value)| value)
    }

    fn day(&self, column: &str) -> Option<Date> {
        let text = self.get(column)?.trim();
        if text.len() == "2026-03-31".len() { text.parse().ok() } else { None }
    }

    /// As the API takes it.
    pub(crate) fn json(&self) -> serde_json::Value {
        let field = |(name, value): &(&str, String)| ((*name).to_owned(), serde_json::Value::from(value.as_str()));
        self.fields.iter().map(field).collect()
    }
}

/// An invoice or credit note with the day it was issued.
#[derive(Debug, Clone)]
pub(crate) struct DocumentRow {
    pub(crate) row: Row,
    pub(crate) issued: Date,
    /// `None` where the functions will reject it.
    pub(crate) document: Option<Document>,
}

/// A payment with the day it was made.
#[derive(Debug, Clone)]
pub(crate) struct PaymentRow {
    pub(crate) row: Row,
    pub(crate) paid_on: Date,
    /// `None` where the functions will reject it.
    pub(crate) report: Option<Report>,
}

/// Both files.
#[derive(Debug, Clone, Default)]
pub(crate) struct Book {
    pub(crate) documents: Vec<DocumentRow>,
    pub(crate) payments: Vec<PaymentRow>,
    pub(crate) rejected: Vec<Rejected>,
}

impl Book {
    pub(crate) fn read(invoices: &Path, payments: &Path) -> Result<Self, LocalError> {
        let intake = intake()?;
        let mut book = Self::default();
        for row in read(invoices, &RawDocument::FIELDS, &RawDocument::REQUIRED, &mut book.rejected)? {
            let parsed = RawDocument::from_fields(|column| row.get(column).cloned()).parse(&intake);
            match row.day("issue_date") {
                Some(issued) => book.documents.push(DocumentRow { row, issued, document: parsed.ok() }),
                None => reject(&mut book.rejected, invoices, row.line, parsed.err().unwrap_or_default()),
            }
        }
        for row in read(payments, &RawPayment::FIELDS, &PAYMENTS_NEED, &mut book.rejected)? {
            let parsed = RawPayment::from_fields(|column| row.get(column).cloned()).parse(&intake);
            match row.day("paid_on") {
                Some(paid_on) => book.payments.push(PaymentRow { row, paid_on, report: parsed.ok() }),
                None => reject(&mut book.rejected, payments, row.line, parsed.err().unwrap_or_default()),
            }
        }
        Ok(book)
    }
}

pub(crate) fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// `now` lies after every date, so that no payment counts as one to come: it is posted on its day.
fn intake() -> Result<Intake, ReplayError> {
    let (portfolio, source) = (PortfolioId::parse(OWN_PORTFOLIO), SourceName::parse("api"));
    match (portfolio, source) {
        (Ok(default_portfolio), Ok(source)) => Ok(Intake { default_portfolio, source, now: Timestamp::MAX }),
        _ => Err(ReplayError::unexpected("the replay's own portfolio", OWN_PORTFOLIO)),
    }
}

fn reject(rejected: &mut Vec<Rejected>, path: &Path, line: u64, errors: Vec<FieldError>) {
    let file = file_name(path);
    let one = |error: FieldError| Rejected {
        file: file.clone(),
        line,
        column: error.field.to_string(),
        reason: error.reason,
    };
    rejected.extend(errors.into_iter().map(one));
}

fn read(
    path: &Path,
    columns: &'static [&'static str],
    needed: &[&str],
    rejected: &mut Vec<Rejected>,
) -> Result<Vec<Row>, LocalError> {
    let failed = |source| ReplayError::Csv { path: path.to_path_buf(), source };
    let text = fs::read(path).map_err(at(path))?;
    let mut reader = ReaderBuilder::new().flexible(true).from_reader(text.as_slice());
    let headers = reader.byte_headers().map_err(failed)?.clone();
    let header = |name: &[u8]| {
        let name = String::from_utf8_lossy(name);
        columns.iter().find(|column| **column == name.trim()).copied()
    };
    let headers: Vec<Option<&'static str>> = headers.iter().map(header).collect();
    let missing: Vec<&str> = needed.iter().copied().filter(|name| !headers.contains(&Some(*name))).collect();
    if !missing.is_empty() {
        return Err(ReplayError::MissingColumns { path: PathBuf::from(path), missing: missing.join(", ") }.into());
    }
    let mut rows = Vec::new();
    let mut lines = Lines::of(&text);
    for record in reader.byte_records() {
        let record = record.map_err(failed)?;
        let line = lines.at(record.position().map_or(0, csv::Position::byte));
        match fields(&record, &headers) {
            Ok(fields) => rows.push(Row { line, fields }),
            Err((column, reason)) => {
                rejected.push(Rejected { file: file_name(path), line, column: column.to_owned(), reason });
            }
        }
    }
    Ok(rows)
}

/// Line numbers by place. The CSV reader's own are one too low where lines end in CRLF: it says that a record begins at
/// the line feed before it.
struct Lines<'a> {
    text: &'a [u8],
    place: usize,
    line: u64,
}

impl<'a> Lines<'a> {
    fn of(text: &'a [u8]) -> Self {
        Self { text, place: 0, line: 1 }
    }

    /// Places have to ascend.
    fn at(&mut self, place: u64) -> u64 {
        let is_end = |byte: &u8| matches!(byte, b'\r' | b'\n');
        let place = usize::try_from(place).unwrap_or(usize::MAX).min(self.text.len());
        let blank = self.text.get(place..).unwrap_or_default().iter().take_while(|byte| is_end(byte)).count();
        let place = place.saturating_add(blank);
        let passed = self.text.get(self.place..place).unwrap_or_default().iter().filter(|byte| **byte == b'\n').count();
        self.line = self.line.saturating_add(u64::try_from(passed).unwrap_or(0));
        self.place = place;
        self.line
    }
}

type Fields = Vec<(&'static str, String)>;

fn fields(record: &ByteRecord, headers: &[Option<&'static str>]) -> Result<Fields, (&'static str, String)> {
    if record.len() != headers.len() {
        return Err(("", format!("has {} fields where the first line has {}", record.len(), headers.len())));
    }
    let mut fields = Vec::new();
    for (bytes, header) in record.iter().zip(headers) {
        let Some(column) = header else { continue };
        let text = std::str::from_utf8(bytes).map_err(|_| (*column, "is not UTF-8".to_owned()))?;
        if !text.trim().is_empty() {
            fields.push((*column, text.to_owned()));
        }
    }
    Ok(fields)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn book(invoices: &str, payments: &str) -> Book {
        book_of_bytes(invoices.as_bytes(), payments)
    }

    fn book_of_bytes(invoices: &[u8], payments: &str) -> Book {
        let folder = scratch("book");
        std::fs::write(folder.join("invoices.csv"), invoices).unwrap();
        std::fs::write(folder.join("payments.csv"), payments).unwrap();
        let book = Book::read(&folder.join("invoices.csv"), &folder.join("payments.csv")).unwrap();
        std::fs::remove_dir_all(folder).unwrap();
        book
    }

    /// A folder of one test's own.
    pub(crate) fn scratch(what: &str) -> PathBuf {
        use std::sync::atomic::{AtomicU32, Ordering};
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("dunlin-{what}-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        folder
    }

    const INVOICES: &str = "debtor_ref,debtor_name,invoice_number,issue_date,due_date,currency,amount,colour\n";
    const PAYMENTS: &str = "invoice_number,paid_on,amount,currency,payment_ref\n";

    #[test]
    fn rows_without_a_day_are_rejected_with_line_column_and_reason() {
        let book = book(
            &format!("{INVOICES}C1,One,I1,2026-01-05,2026-02-04,GBP,10.00,red\nC1,One,I2,05.01.2026,,GBP,1,\n"),
            &format!("{PAYMENTS}I1,soon,10.00,GBP,P1\nI1,2026-01-09,10.00,GBP\n"),
        );
        assert_eq!(book.documents.len(), 1);
        assert_eq!(book.documents[0].row.get("colour"), None);
        let found: Vec<(&str, u64, &str)> =
            book.rejected.iter().map(|one| (one.file.as_str(), one.line, one.column.as_str())).collect();
        assert_eq!(
            found,
            [("invoices.csv", 3, "issue_date"), ("payments.csv", 3, ""), ("payments.csv", 2, "paid_on"),]
        );
    }

    #[test]
    fn a_bom_crlf_and_quotes_are_no_matter_and_wrong_bytes_are() {
        let text = format!("\u{feff}{}", INVOICES.replace('\n', "\r\n"));
        let mut bytes = text.into_bytes();
        bytes.extend(b"C1,\"One, \"\"Ltd\"\"\",I1,2026-01-05,2026-02-04,GBP,10.00,\r\n");
        bytes.extend(b"C1,M\xfcller,I2,2026-01-05,2026-02-04,GBP,10.00,\r\n");
        let book = book_of_bytes(&bytes, PAYMENTS);
        assert_eq!(book.documents[0].row.get("debtor_name").unwrap(), "One, \"Ltd\"");
        assert_eq!(book.documents.len(), 1);
        assert_eq!((book.rejected[0].line, book.rejected[0].column.as_str()), (3, "debtor_name"));
    }

    #[test]
    fn lines_are_counted_as_an_editor_does() {
        let text = "a,b\r\n1,\"x\r\ny\"\r\n\r\n2,z\n3,z";
        let mut reader = ReaderBuilder::new().from_reader(text.as_bytes());
        let mut lines = Lines::of(text.as_bytes());
        let places: Vec<u64> = reader.byte_records().map(|one| one.unwrap().position().unwrap().byte()).collect();
        let found: Vec<u64> = places.into_iter().map(|place| lines.at(place)).collect();
        assert_eq!(found, [2, 5, 6]);
    }

    #[test]
    fn what_only_the_functions_can_judge_is_left_to_them() {
        let book = book(&format!("{INVOICES}C1,One,I1,2026-01-05,2026-01-04,EURO,-1,\n"), PAYMENTS);
        assert!(book.rejected.is_empty());
        assert!(book.documents[0].document.is_none());
    }

    #[test]
    fn a_missing_column_is_named() {
        let folder = scratch("columns");
        let file = folder.join("invoices.csv");
        std::fs::write(&file, "debtor_ref,amount\n").unwrap();
        let error = Book::read(&file, &file).unwrap_err().to_string();
        std::fs::remove_dir_all(folder).unwrap();
        assert!(error.contains("invoice_number, issue_date, currency"), "{error}");
    }
}
