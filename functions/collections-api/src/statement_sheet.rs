//! A statement as a table, for a spreadsheet: one row for each balance, entry and open item.

use std::collections::BTreeMap;

use dunlin_aws::sheet::harmless;
use dunlin_domain::debtor::Debtor;
use dunlin_domain::ids::{AccountKey, InvoiceId};
use dunlin_domain::ledger::Entry;
use dunlin_domain::money::{Currency, Money};
use dunlin_domain::statement::{Balances, OpenItem, Period, Statement, StatementLine};
use jiff::civil::Date;

const COLUMNS: [&str; 11] = [
    "debtor_ref",
    "currency",
    "row",
    "on",
    "portfolio",
    "invoice_number",
    "reference",
    "note",
    "days_overdue",
    "amount",
    "balance",
];

/// A statement as it is sent.
pub(crate) struct Sheet {
    pub(crate) addressee: Debtor,
    pub(crate) period: Period,
    pub(crate) today: Date,
    pub(crate) sections: Vec<Section>,
    /// Of a group, by currency.
    pub(crate) consolidated: Option<BTreeMap<Currency, Balances>>,
}

/// The part of one debtor.
pub(crate) struct Section {
    pub(crate) debtor: Debtor,
    pub(crate) statements: BTreeMap<Currency, Statement>,
}

/// One row; what it says nothing of stays empty.
#[derive(Default)]
struct Row {
    kind: String,
    on: String,
    portfolio: String,
    number: String,
    reference: String,
    note: String,
    days_overdue: String,
    amount: String,
    balance: String,
}

/// The statement as CSV.
pub(crate) fn csv(sheet: &Sheet) -> Result<String, csv::Error> {
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record(COLUMNS)?;
    for section in &sheet.sections {
        for (currency, statement) in &section.statements {
            for row in rows(statement) {
                write(&mut table, section.debtor.id.as_str(), *currency, &row)?;
            }
        }
    }
    for (currency, balances) in sheet.consolidated.iter().flatten() {
        let [opening, closing, unapplied] = ends(balances);
        for row in [opening, closing, total("open", balances.owed.open), total("overdue", balances.overdue), unapplied]
        {
            write(&mut table, "", *currency, &row)?;
        }
    }
    let bytes = table.into_inner().map_err(|error| error.into_error())?;
    String::from_utf8(bytes).map_err(|error| std::io::Error::other(error).into())
}

fn write(table: &mut csv::Writer<Vec<u8>>, debtor: &str, currency: Currency, row: &Row) -> Result<(), csv::Error> {
    let Row { kind, on, portfolio, number, reference, note, days_overdue, amount, balance } = row;
    let text = [debtor, currency.code(), kind, on, portfolio, number, reference, note].map(harmless);
    // Numbers may begin with a minus.
    let numbers = [days_overdue, amount, balance].map(|number| number.as_str().into());
    table.write_record(text.iter().chain(&numbers).map(|cell| cell.as_bytes()))
}

fn rows(statement: &Statement) -> impl Iterator<Item = Row> {
    let [opening, closing, unapplied] = ends(&statement.balances);
    let lines = statement.lines.iter().map(line);
    let items = statement.open_items.iter().map(item);
    [opening].into_iter().chain(lines).chain([closing]).chain(items).chain([unapplied])
}

fn ends(balances: &Balances) -> [Row; 3] {
    let unapplied = total("unapplied", balances.owed.unapplied);
    [total("opening", balances.opening), total("closing", balances.closing), unapplied]
}

fn total(kind: &str, balance: Money) -> Row {
    Row { kind: kind.to_owned(), balance: balance.to_string(), ..Row::default() }
}

fn line(StatementLine { entry, balance }: &StatementLine) -> Row {
    let Entry { kind, account: AccountKey { portfolio, .. }, invoice, amount, on, reference, note } = entry;
    Row {
        kind: kind.as_str().to_owned(),
        on: on.to_string(),
        portfolio: portfolio.to_string(),
        number: invoice.as_ref().map(|InvoiceId { number, .. }| number.to_string()).unwrap_or_default(),
        reference: reference.clone().unwrap_or_default(),
        note: note.clone().unwrap_or_default(),
        amount: amount.to_string(),
        balance: balance.to_string(),
        ..Row::default()
    }
}

fn item(item: &OpenItem) -> Row {
    Row {
        kind: "open_item".to_owned(),
        on: item.due.to_string(),
        portfolio: item.invoice.portfolio.to_string(),
        number: item.invoice.number.to_string(),
        days_overdue: item.days_overdue.to_string(),
        amount: item.total.to_string(),
        balance: item.open.to_string(),
        ..Row::default()
    }
}
