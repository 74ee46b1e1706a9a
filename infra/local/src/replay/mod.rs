//! `cargo local replay`: two CSV files through the deployed functions, day by simulated day.
//!
//! A simulated day is a UTC day. Its payments are posted at 00:00, then the invoices issued on it, then the scan runs
//! for each full hour in which somebody is due; each hour comes to rest before the next begins. Time travels with the
//! requests and the scan's messages; nothing here decides anything.

mod book;
mod counters;
mod drain;
mod due;
mod error;
mod feed;
mod fresh;
mod measure;
mod output;
mod plan;
mod progress;
mod summary;
mod table;

pub use error::ReplayError;
pub use measure::{AccountStanding, Bucket, Standing};
pub use summary::{Input, InvoiceCount, Received, StepCount, Summary};

#[cfg(test)]
pub(crate) use measure::standing_of;
#[cfg(test)]
pub(crate) use table::{Entry, Message};
pub(crate) use table::{Invoice, Records, number};

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Instant;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::client::Client;
use crate::console::{Step, print, say};
use crate::error::LocalError;
use crate::stack::Description;
use book::{Book, OWN_PORTFOLIO, Rejected, Row, file_name};
use due::DueIndex;
use feed::Feed;
use measure::standing;
use plan::{Load, Plan};
use progress::Progress;
use summary::Run;

/// What to replay, and where to.
#[derive(Debug, Clone)]
pub struct Replay {
    pub invoices: PathBuf,
    pub payments: PathBuf,
    pub from: Date,
    pub to: Date,
    pub out: PathBuf,
}

/// A replay that is over. Its stack still runs.
pub(crate) struct Replayed {
    pub(crate) stack: Description,
    pub(crate) summary: Summary,
    pub(crate) records: Records,
}

/// Replays a book on an empty stack, which it brings up, and prints the figures: as JSON, or where they are.
///
/// # Errors
/// [`LocalError::Replay`] says what is wrong with the input or what came to a standstill; else as
/// [`crate::up::up`].
pub fn replay(replay: &Replay, port: Option<u16>, build: bool, json: bool) -> Result<(), LocalError> {
    let Replayed { stack, summary, .. } = run(replay, port, build)?;
    if json {
        return print(summary.json()?);
    }
    let sent = summary.messages_by_status.get("sent").copied().unwrap_or(0);
    print(format!(
        "Replayed {} days in {} s: {} messages sent, {} not; {} rows rejected.\nThe files are in {}, the mailbox is {}.",
        summary.simulated_days,
        summary.wall_time_ms / 1000,
        sent,
        summary.messages - sent,
        summary.rejected_rows,
        replay.out.display(),
        stack.mailbox_url,
    ))
}

pub(crate) fn run(replay: &Replay, port: Option<u16>, build: bool) -> Result<Replayed, LocalError> {
    // First of all, so that a wrong file is told before anything is built or started.
    let book = Book::read(&replay.invoices, &replay.payments)?;
    let mut input = Input { invoice_rows: book.documents.len(), payment_rows: book.payments.len(), ..Input::default() };
    let mut rejected = book.rejected.clone();
    let plan = Plan::of(book, replay.from, replay.to)?;
    input.opening_invoices = plan.opening.documents.len();
    input.opening_payments = plan.opening.payments.len();

    let fresh = fresh::stack(port, build)?;
    let since = Instant::now();
    let feed = Feed::new(Client::new(fresh.stack.clone()), file_name(&replay.invoices), file_name(&replay.payments));
    let mut course = Course::new(feed, &plan)?;
    let before = course.open(&plan, replay.from)?;
    course.pass_days(&plan)?;

    let Course { feed, debtors, hours, .. } = course;
    let client = feed.client();
    let step = Step::begin("reading back what happened");
    let after = standing(client, replay.to, &plan.settled)?;
    let records = Records::read(client, &debtors)?;
    rejected.extend(feed.rejected.iter().cloned());
    let rejected_rows = rejected.iter().map(|one| (&one.file, one.line)).collect::<BTreeSet<_>>().len();
    let run = Run {
        window: (replay.from, replay.to),
        days: plan.days.len(),
        hours,
        wall_time_ms: u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX),
        input,
        documents: &feed.documents,
        payments: &feed.payments,
        rejected_rows,
        left_out: &plan.left_out,
        before,
        after,
    };
    let summary = Summary::of(run, &records, client)?;
    sort(&mut rejected);
    output::write(&replay.out, &records, &rejected, &summary)?;
    step.end();
    if summary.dead_letters > 0 {
        let log = fresh.stack.log.display();
        say(format!(
            "{} messages ended in dead-letter queues: the functions' log, {log}, says why.",
            summary.dead_letters
        ));
    }
    Ok(Replayed { stack: client.stack().clone(), summary, records })
}

fn sort(rejected: &mut [Rejected]) {
    rejected.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
}

/// A replay under way.
struct Course {
    feed: Feed,
    index: DueIndex,
    /// Everybody whom the input names.
    debtors: Vec<String>,
    /// Portfolio and currency, as the input names them.
    accounts: BTreeSet<(String, String)>,
    hours: usize,
}

impl Course {
    fn new(feed: Feed, plan: &Plan) -> Result<Self, LocalError> {
        let rows = || plan.days.values().chain([&plan.opening]).flat_map(|load| &load.documents).map(|row| &row.row);
        let debtors: BTreeSet<&str> = rows().filter_map(|row| row.get("debtor_ref")).map(|text| text.trim()).collect();
        let account = |row: &Row| {
            let portfolio = row.get("portfolio").map_or(OWN_PORTFOLIO, |text| text.trim());
            Some((portfolio.to_owned(), row.get("currency")?.trim().to_owned()))
        };
        let index = DueIndex::new(feed.client())?;
        let accounts = rows().filter_map(account).collect();
        Ok(Self { feed, index, debtors: debtors.into_iter().map(str::to_owned).collect(), accounts, hours: 0 })
    }

    /// Brings the book to where it stood when the window begins, and measures it.
    fn open(&mut self, plan: &Plan, from: Date) -> Result<Standing, LocalError> {
        let midnight = midnight(from)?;
        if !plan.opening.is_empty() {
            let step = Step::begin(format!("opening the book with {} invoices", plan.opening.documents.len()));
            // A payment finds its invoice whichever comes first; this way none has to wait.
            self.feed.post_documents(&plan.opening.documents, midnight)?;
            self.feed.post_payments(&plan.opening.payments, midnight)?;
            counters::wait_until_complete(self.feed.client(), &self.debtors)?;
            step.end();
        }
        standing(self.feed.client(), from.yesterday().unwrap_or(from), &plan.settled)
    }

    fn pass_days(&mut self, plan: &Plan) -> Result<(), LocalError> {
        let mut progress = Progress::begin(plan.days.len());
        let mut sent = counters::SentSoFar::default();
        let mut last = Date::MIN;
        for (day, load) in &plan.days {
            last = *day;
            self.pass_day(*day, load)?;
            let messages = sent.update(self.feed.client(), &self.accounts, *day)?;
            progress.day_is_over(*day, self.feed.ingested(), messages);
        }
        counters::wait_until_complete(self.feed.client(), &self.debtors)?;
        let messages = sent.update(self.feed.client(), &self.accounts, last)?;
        progress.end(self.feed.ingested(), messages);
        Ok(())
    }

    fn pass_day(&mut self, day: Date, load: &Load) -> Result<(), LocalError> {
        let midnight = midnight(day)?;
        self.feed.post_payments(&load.payments, midnight)?;
        self.feed.post_documents(&load.documents, midnight)?;
        self.index.refresh(self.feed.client())?;
        let next_day = day.tomorrow().map_or(Ok(Timestamp::MAX), self::midnight)?;
        while let Some(hour) = self.index.next_hour(midnight).filter(|hour| *hour < next_day) {
            drain::run_hour(self.feed.client(), &mut self.index, hour)?;
            self.hours += 1;
        }
        Ok(())
    }
}

fn midnight(day: Date) -> Result<Timestamp, ReplayError> {
    let zoned = day.to_zoned(TimeZone::UTC);
    zoned.map(|zoned| zoned.timestamp()).map_err(|error| ReplayError::unexpected("a date", error))
}
