//! `cargo local generate`: a book that never was, for demonstrations. The same seed gives the same bytes.

mod debtor;
mod ledger;
mod many;
mod random;

pub use many::{GenerateMany, generate_many};

use std::fs;
use std::path::{Path, PathBuf};

use jiff::civil::Date;

use crate::console::say;
use crate::error::{LocalError, at};
use crate::replay::ReplayError;
use ledger::{Document, Payment};

/// What to generate.
#[derive(Debug, Clone)]
pub struct Generate {
    pub seed: u64,
    pub debtors: u64,
    pub from: Date,
    pub days: u32,
    pub out: PathBuf,
}

const INVOICES: [&str; 18] = [
    "debtor_ref",
    "debtor_name",
    "debtor_kind",
    "email",
    "phone",
    "sms_consent",
    "country",
    "region",
    "time_zone",
    "language",
    "document",
    "invoice_number",
    "applies_to",
    "issue_date",
    "due_date",
    "currency",
    "amount",
    "description",
];
const PAYMENTS: [&str; 5] = ["invoice_number", "paid_on", "amount", "currency", "payment_ref"];

/// Writes `invoices.csv` and `payments.csv`.
///
/// # Errors
/// [`LocalError::File`], or [`LocalError::Replay`] if a table cannot be written.
pub fn generate(wanted: &Generate) -> Result<(), LocalError> {
    let book = ledger::book(wanted);
    let tables = [
        ("invoices.csv", csv(&INVOICES, book.documents.iter().map(document_row))?),
        ("payments.csv", csv(&PAYMENTS, book.payments.iter().map(payment_row))?),
    ];
    fs::create_dir_all(&wanted.out).map_err(at(&wanted.out))?;
    for (name, bytes) in tables {
        let file = wanted.out.join(name);
        fs::write(&file, bytes).map_err(at(&file))?;
    }
    let (documents, payments) = (book.documents.len(), book.payments.len());
    say(format!("Wrote {documents} invoices and credit notes and {payments} payments to {}.", wanted.out.display()));
    Ok(())
}

fn csv<const N: usize>(
    header: &[&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> Result<Vec<u8>, ReplayError> {
    let failed = |source| ReplayError::Csv { path: Path::new("a table in memory").to_path_buf(), source };
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(header).map_err(failed)?;
    for row in rows {
        writer.write_record(&row).map_err(failed)?;
    }
    writer.into_inner().map_err(|error| failed(error.into_error().into()))
}

fn document_row(document: &Document) -> [String; 18] {
    let debtor = &document.debtor;
    let text = |text: &str| text.to_owned();
    [
        debtor.reference.clone(),
        debtor.name.clone(),
        text(debtor.kind),
        debtor.email.clone(),
        debtor.phone.clone(),
        text(debtor.sms_consent),
        text(debtor.place.country),
        text(debtor.place.region),
        text(debtor.place.time_zone),
        text(debtor.place.language),
        text(if document.applies_to.is_some() { "credit_note" } else { "invoice" }),
        document.number.clone(),
        document.applies_to.clone().unwrap_or_default(),
        document.issued.to_string(),
        document.due.map(|due| due.to_string()).unwrap_or_default(),
        text(document.currency),
        hundredths(document.minor),
        text(document.description),
    ]
}

fn payment_row(payment: &Payment) -> [String; 5] {
    [
        payment.invoice.clone(),
        payment.on.to_string(),
        hundredths(payment.minor),
        payment.currency.to_owned(),
        payment.reference.clone(),
    ]
}

/// Both currencies of the book have two decimals.
fn hundredths(minor: i64) -> String {
    format!("{}.{:02}", minor / 100, minor % 100)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::SAMPLE;

    fn files(folder: &Path) -> [String; 2] {
        ["invoices.csv", "payments.csv"].map(|name| fs::read_to_string(folder.join(name)).unwrap())
    }

    #[test]
    fn the_sample_book_is_what_its_command_generates() {
        let out = std::env::temp_dir().join(format!("dunlin-sample-{}", std::process::id()));
        let shipped = SAMPLE.generated_into(&out);
        generate(&shipped).unwrap();
        let generated = files(&out);
        fs::remove_dir_all(&out).unwrap();
        assert!(
            generated == files(&crate::demo::sample_folder()),
            "the sample is stale: its README says how to make it"
        );
    }

    #[test]
    fn another_seed_gives_another_book() {
        let book = |seed| ledger::book(&Generate { seed, ..SAMPLE.generated_into(Path::new("nowhere")) });
        let amounts = |seed| book(seed).documents.iter().map(|document| document.minor).collect::<Vec<_>>();
        assert_ne!(amounts(1), amounts(2));
        assert_eq!(amounts(1), amounts(1));
    }

    #[test]
    fn amounts_are_written_with_two_decimals() {
        assert_eq!((hundredths(5).as_str(), hundredths(123_450).as_str()), ("0.05", "1234.50"));
    }
}
