//! What each thing costs: requests, units and bytes, counted by the table itself and kept in `COSTS.md`. The test fails
//! when a count changes, up or down; `cargo local costs` writes it anew.

mod dollars;
mod scenarios;

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use dunlin_testkit::bill::{Bill, Tally};
use rust_decimal::Decimal;

/// What something came to.
struct Row {
    what: String,
    tally: Tally,
}

impl Row {
    fn new(what: impl Into<String>, bill: &Bill) -> Self {
        Self { what: what.into(), tally: bill.total() }
    }
}

/// Every row of the table.
#[derive(Default)]
struct Costs(Vec<Row>);

impl Costs {
    fn add(&mut self, what: impl Into<String>, bill: &Bill) {
        self.0.push(Row::new(what, bill));
    }

    /// Read and write units of one row.
    fn units(&self, what: &str) -> (Decimal, Decimal) {
        let row = self.0.iter().find(|row| row.what == what).unwrap_or_else(|| panic!("no row {what:?}"));
        (row.tally.read_units, row.tally.write_units)
    }

    fn table(&self) -> String {
        let mut text = "| what | requests | read units | write units | bytes sent | bytes received |\n| --- | ---: | ---: | ---: | ---: | ---: |\n".to_owned();
        for Row { what, tally } in &self.0 {
            let Tally { requests, read_units, write_units, bytes_sent, bytes_received } = tally;
            let (read_units, write_units) = (read_units.normalize(), write_units.normalize());
            writeln!(
                text,
                "| {what} | {requests} | {read_units} | {write_units} | {} | {} |",
                rounded(*bytes_sent),
                rounded(*bytes_received)
            )
            .unwrap();
        }
        text
    }
}

/// Bytes to two figures: a longer name in a sample is no news.
fn rounded(bytes: u64) -> u64 {
    let step = 10_u64.pow(bytes.checked_ilog10().unwrap_or(0).saturating_sub(1));
    bytes.div_ceil(step) * step
}

const BEGIN: &str = "<!-- counted: written by `cargo local costs` -->\n";
const END: &str = "<!-- end of what is counted -->";

fn file() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../COSTS.md")
}

#[tokio::test]
async fn what_things_cost_is_what_is_written_down_and_reaches_its_aims() {
    let costs = scenarios::all().await;
    reach_their_aims(&costs);
    let counted = format!("{BEGIN}\n{}\n{}\n{END}", costs.table(), dollars::bill(&costs));
    let kept = fs::read_to_string(file()).unwrap();
    let (begin, end) = (kept.find(BEGIN).unwrap(), kept.find(END).unwrap() + END.len());
    if std::env::var_os("DUNLIN_WRITE_COSTS").is_some() {
        let written = format!("{}{counted}{}", &kept[..begin], &kept[end..]);
        fs::write(file(), written).unwrap();
        return;
    }
    assert_eq!(&kept[begin..end], counted, "write it anew with `cargo local costs` and argue the difference");
}

fn reach_their_aims(costs: &Costs) {
    let units = |what: &str| costs.units(what);
    let (reads, writes) = units("one reminder, from scan to counted");
    assert!(writes <= Decimal::from(16) && reads <= Decimal::from(5), "{reads} {writes}");
    let (_, noted) = units("- their logs, if told within five minutes, noted for their anchor");
    assert!(noted <= Decimal::from(10), "{noted}: a tenth of a unit for each");
    let (reads, writes) = units("the same event of a provider again");
    assert!(reads <= Decimal::from(2) && writes <= Decimal::from(1), "{reads} {writes}");
    assert!(units("aging of a book of 10,000 invoices").0 < Decimal::from(20));
    for found in ["0", "1", "100"] {
        let scan = |book: &str| units(&format!("scan that finds {found} debtors in a book of {book}"));
        assert_eq!(scan("1,000"), scan("10,000"), "a scan costs the same whatever the book");
    }
    assert_eq!(units("a day of a tenant with nothing due"), (Decimal::ZERO, Decimal::ZERO));
}
