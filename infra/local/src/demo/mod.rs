//! `cargo local demo`: the sample book through four simulated months, and what became of it.

mod agreed;
mod choice;
mod layout;
mod report;
mod timeline;

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;

use crate::client::Client;
use crate::console::print;
use crate::error::{LocalError, at};
use crate::generate::Generate;
use crate::paths;
use crate::replay::{self, Replay};

/// The book that is shipped, and the months of it that the demo replays: the one before them fills the ledger.
pub(crate) struct Sample {
    seed: u64,
    debtors: u64,
    begins: Date,
    days: u32,
    from: Date,
    to: Date,
}

pub(crate) const SAMPLE: Sample = Sample {
    seed: 2026,
    debtors: 60,
    begins: date(2025, 12, 1),
    days: 151,
    from: date(2026, 1, 1),
    to: date(2026, 4, 30),
};

impl Sample {
    /// What generates it, into `out`.
    #[must_use]
    #[cfg_attr(not(test), expect(dead_code, reason = "the sample is generated once, and checked by tests"))]
    pub(crate) fn generated_into(&self, out: &Path) -> Generate {
        let Self { seed, debtors, begins, days, .. } = *self;
        Generate { seed, debtors, from: begins, days, out: out.to_path_buf() }
    }
}

/// Where the sample book lies.
pub(crate) fn sample_folder() -> PathBuf {
    paths::root().join("infra/local/sample")
}

/// Brings an empty stack up, replays the sample book and tells what happened.
///
/// # Errors
/// As [`replay::replay`].
pub fn demo(port: Option<u16>, build: bool) -> Result<(), LocalError> {
    let sample = sample_folder();
    let wanted = Replay {
        invoices: sample.join("invoices.csv"),
        payments: sample.join("payments.csv"),
        from: SAMPLE.from,
        to: SAMPLE.to,
        out: paths::local().join("demo"),
    };
    let replayed = replay::run(&wanted, port, build)?;
    let client = Client::new(replayed.stack.clone());
    let chosen = choice::debtor(&replayed.records);
    let timeline = chosen.as_ref().map(|debtor| timeline::told(&client, debtor)).transpose()?;
    let authorization = wanted.out.join("authorization.txt");
    fs::write(&authorization, format!("Authorization: Bearer {}\n", client.stack().token))
        .map_err(at(&authorization))?;
    let evening = SAMPLE.to.at(18, 0, 0, 0).to_zoned(TimeZone::UTC).map_or(Timestamp::MAX, |end| end.timestamp());
    let agreed = agreed::told(&client, &replayed.records, evening)?;
    print(report::of(&replayed.summary, timeline.as_deref(), &agreed))?;
    print(report::next(client.stack(), chosen.as_deref(), &wanted.out, &authorization))
}
