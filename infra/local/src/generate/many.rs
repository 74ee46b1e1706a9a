//! A book of any size, row by row: nothing is kept but the row that is written.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use jiff::ToSpan;
use jiff::civil::Date;

use super::debtor::debtor;
use super::ledger::{Book, Sale, settle, working_day};
use super::random::Random;
use super::{INVOICES, PAYMENTS, document_row, payment_row};
use crate::console::say;
use crate::error::{LocalError, at};
use crate::replay::ReplayError;

/// What to generate.
#[derive(Debug, Clone)]
pub struct GenerateMany {
    pub seed: u64,
    /// Rows of `invoices.csv`, credit notes among them.
    pub invoices: u64,
    pub debtors: u64,
    pub from: Date,
    pub days: u32,
    pub out: PathBuf,
}

/// Writes `invoices.csv` and `payments.csv`, in the order in which invoices are issued.
///
/// # Errors
/// [`LocalError::File`], or [`LocalError::Replay`] if a table cannot be written.
pub fn generate_many(wanted: &GenerateMany) -> Result<(), LocalError> {
    fs::create_dir_all(&wanted.out).map_err(at(&wanted.out))?;
    let mut invoices = Table::begin(&wanted.out.join("invoices.csv"), &INVOICES)?;
    let mut payments = Table::begin(&wanted.out.join("payments.csv"), &PAYMENTS)?;
    let last = wanted.from.saturating_add(i64::from(wanted.days).saturating_sub(1).days());
    let mut overpaid = 0;
    let mut serial = 0;
    while invoices.rows < wanted.invoices {
        serial += 1;
        let mut random = Random::of(wanted.seed, serial);
        let Some(sale) = sale(wanted, invoices.rows, &mut random) else { break };
        let mut book = Book::default();
        settle(&mut book, sale, serial, &mut random, &mut overpaid);
        let room = usize::try_from(wanted.invoices.saturating_sub(invoices.rows)).unwrap_or(usize::MAX);
        for document in book.documents.iter().filter(|document| document.issued <= last).take(room) {
            invoices.write(&document_row(document))?;
        }
        for payment in book.payments.iter_mut().filter(|payment| payment.on <= last) {
            payment.reference = format!("BACS-{:07}", payments.rows.saturating_add(1));
            payments.write(&payment_row(payment))?;
        }
    }
    let (documents, paid) = (invoices.end()?, payments.end()?);
    say(format!("Wrote {documents} invoices and credit notes and {paid} payments to {}.", wanted.out.display()));
    Ok(())
}

/// The next sale: days pass evenly, and anybody may buy.
fn sale(wanted: &GenerateMany, rows: u64, random: &mut Random) -> Option<Sale> {
    let most = i64::try_from(wanted.debtors).unwrap_or(i64::MAX).max(1);
    let number = random.between(1, most).unsigned_abs();
    let debtor = debtor(wanted.seed, number)?;
    let day = rows.saturating_mul(u64::from(wanted.days)).checked_div(wanted.invoices).unwrap_or(0);
    // What falls on the last weekend is moved before it, not beyond it.
    let day = wanted.from.saturating_add(i64::try_from(day).unwrap_or(0).saturating_sub(2).max(0).days());
    let minor = debtor.typical_minor.saturating_mul(random.between(50, 160)) / 100;
    let currency = debtor.place.currency;
    Some(Sale { debtor, issued: working_day(day), currency, minor })
}

/// A table that is written row by row.
struct Table {
    path: PathBuf,
    writer: csv::Writer<File>,
    rows: u64,
}

impl Table {
    fn begin(path: &Path, header: &[&str]) -> Result<Self, LocalError> {
        let file = File::create(path).map_err(at(path))?;
        let mut table = Self { path: path.to_owned(), writer: csv::Writer::from_writer(file), rows: 0 };
        table.record(header)?;
        Ok(table)
    }

    fn write(&mut self, row: &[String]) -> Result<(), LocalError> {
        self.rows += 1;
        self.record(row)
    }

    fn record(&mut self, row: &[impl AsRef<[u8]>]) -> Result<(), LocalError> {
        let path = &self.path;
        self.writer.write_record(row).map_err(|source| ReplayError::Csv { path: path.clone(), source }.into())
    }

    /// How many rows there are.
    fn end(mut self) -> Result<u64, LocalError> {
        self.writer.flush().map_err(at(&self.path))?;
        Ok(self.rows)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jiff::civil::date;

    use super::*;

    fn generated(name: &str, seed: u64) -> [String; 2] {
        let out = std::env::temp_dir().join(format!("dunlin-many-{name}-{}", std::process::id()));
        let from = date(2026, 1, 1);
        let wanted = GenerateMany { seed, invoices: 1_000, debtors: 100, from, days: 90, out: out.clone() };
        generate_many(&wanted).unwrap();
        let files = ["invoices.csv", "payments.csv"].map(|name| fs::read_to_string(out.join(name)).unwrap());
        fs::remove_dir_all(out).unwrap();
        files
    }

    #[test]
    fn there_are_as_many_rows_as_were_asked_for_and_the_seed_decides_them() {
        let [invoices, payments] = generated("a", 7);
        assert_eq!(invoices.lines().count(), 1_001);
        assert!(payments.lines().count() > 300, "{}", payments.lines().count());
        assert!([invoices.clone(), payments] == generated("b", 7));
        assert!(invoices != generated("c", 8)[0]);
        let debtors: BTreeSet<&str> = invoices.lines().skip(1).filter_map(|line| line.split(',').next()).collect();
        assert!((90..=100).contains(&debtors.len()), "{}", debtors.len());
        let numbers: BTreeSet<&str> = invoices.lines().skip(1).filter_map(|line| line.split(',').nth(11)).collect();
        assert_eq!(numbers.len(), 1_000);
    }
}
