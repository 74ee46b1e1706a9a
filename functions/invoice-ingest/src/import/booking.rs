//! Booking a part, batch by batch, from where the last attempt got to.

use std::time::{Duration, SystemTime};

use dunlin_audit::Actor;
use dunlin_aws::books::Books;
use dunlin_aws::clock::time_left;
use dunlin_aws::metrics::{self, Metric, Source};
use dunlin_aws::store::{ImportCounts, ImportKind, ImportPart, ImportState, StoreError};
use dunlin_domain::ids::SourceName;
use dunlin_domain::intake::{FieldError, Intake, RawDocument, RawPayment, RawPlan};

use super::{Job, RESERVE};
use crate::IngestError;
use crate::bucket::JSON;
use crate::csv_rows::{BadRow, Row};
use crate::event::Step;
use crate::handler::Handler;
use crate::intake::{Entry, Numbers, Seen, Status, book};
use crate::pace::Pace;
use crate::segment::{Complaint, read_rows, write_complaints};

/// Rows booked between two writes of how far it is.
const ROWS_PER_BATCH: usize = 500;
/// What is left of the reserve when a batch that takes too long is given up: enough to send the part on.
const GRACE: Duration = Duration::from_secs(15);

/// A row that was read: its line, and what it asks for or what is wrong with it.
struct Read {
    line: u64,
    entry: Result<(Entry, Seen), Vec<FieldError>>,
}

/// Whether a part goes on.
#[derive(Debug, PartialEq, Eq)]
enum Course {
    GoesOn,
    /// Someone else goes on with it: another worker, another run, or this one later.
    Ends,
}

impl Handler {
    /// Books a part's rows until they or the time are over.
    pub(super) async fn book_part(&self, job: Job, number: u32, deadline: SystemTime) -> Result<(), IngestError> {
        if job.import.state != ImportState::Booking {
            return Ok(());
        }
        let found = self.books.store().import_part(&job.tenancy.tenant, &job.import.id, &job.run.id, number).await?;
        let Some(mut part) = found else { return Ok(()) };
        let mut reader = Reader::new(&job)?;
        let mut pace = Pace::new(self.pauses);
        // Segments that are booked are read again for the numbers in them: what a number means is decided by the first
        // row that has it, whoever books the second one and whenever.
        let segments = if part.is_done() { 0 } else { part.segments };
        for segment in 0..segments {
            let rows = read_rows(&self.bucket.get(&job.workplace.segment(number, segment)).await?)?;
            let rows = reader.read(rows);
            if segment == part.segment
                && self.book_segment(&job, &mut part, rows, &mut pace, deadline).await? == Course::Ends
            {
                return Ok(());
            }
        }
        let parts = self.books.store().import_parts(&job.tenancy.tenant, &job.import.id, &job.run.id).await?;
        // Of several parts that end at once each may send the end, which is taken once.
        if parts.iter().all(ImportPart::is_done) { self.queue.send(&[job.work(Step::Finish)]).await } else { Ok(()) }
    }

    async fn book_segment(
        &self,
        job: &Job,
        part: &mut ImportPart,
        rows: Vec<Read>,
        pace: &mut Pace,
        deadline: SystemTime,
    ) -> Result<Course, IngestError> {
        let batches = rows.chunks(ROWS_PER_BATCH).zip(0_u32..);
        let last = u32::try_from(rows.len().div_ceil(ROWS_PER_BATCH)).unwrap_or(u32::MAX).saturating_sub(1);
        for (batch, number) in batches.skip(usize::try_from(part.batch).unwrap_or(usize::MAX)) {
            let time = time_left(deadline);
            let booked = if time < RESERVE {
                None
            } else if self.is_current(job).await? {
                let booking = self.book_batch(job, batch, pace);
                tokio::time::timeout(time.saturating_sub(GRACE), booking).await.ok().transpose()?
            } else {
                return Ok(Course::Ends);
            };
            // What a batch that was given up has booked stays booked, and is unchanged when it is booked again.
            let Some((counts, complaints)) = booked else {
                self.queue.send(&[job.work(Step::Book { part: part.number })]).await?;
                return Ok(Course::Ends);
            };
            if !complaints.is_empty() {
                let list = job.workplace.rejected(part.number, (part.segment, number));
                self.bucket.put(&list, JSON, write_complaints(&complaints)?).await?;
                part.rejected.push((part.segment, number));
            }
            part.counts = part.counts.plus(counts);
            (part.segment, part.batch) = if number == last {
                (part.segment.saturating_add(1), 0)
            } else {
                (part.segment, number.saturating_add(1))
            };
            if !self.save_part(job, part).await? {
                return Ok(Course::Ends);
            }
            if !job.import.dry_run {
                metrics::count(&job.tenancy.tenant, Metric::Rejected(Source::Books), counts.rejected);
            }
        }
        Ok(Course::GoesOn)
    }

    async fn is_current(&self, job: &Job) -> Result<bool, IngestError> {
        let import = self.books.store().import(&job.tenancy.tenant, &job.import.id).await?;
        Ok(import.and_then(|import| import.run).is_some_and(|run| run.id == job.run.id))
    }

    /// Books rows, counts them and lists what is wrong with those that were rejected.
    async fn book_batch(
        &self,
        job: &Job,
        batch: &[Read],
        pace: &mut Pace,
    ) -> Result<(ImportCounts, Vec<Complaint>), IngestError> {
        let books = self.books.by(Actor::new("import", job.import.id.as_str()));
        let books: Books = if job.import.dry_run { books.dry() } else { books };
        let now = self.clock.now(job.import.told);
        let sound: Vec<Entry> = batch.iter().filter_map(|read| Some(read.entry.as_ref().ok()?.0.clone())).collect();
        let mut booked = book(&books, &job.tenancy, &sound, pace, now).await?.into_iter();
        let (mut counts, mut complaints) = (ImportCounts::default(), Vec::new());
        for read in batch {
            let status = match &read.entry {
                Ok((_, seen)) => {
                    let status = booked.next().unwrap_or(Status::Unchanged);
                    if job.import.dry_run { as_if_booked(status, *seen) } else { status }
                }
                Err(errors) => Status::Rejected(errors.clone()),
            };
            count(&mut counts, &status);
            if let Status::Rejected(errors) = status {
                complaints.extend(errors.into_iter().map(|error| Complaint::new(read.line, error)));
            }
        }
        Ok((counts, complaints))
    }

    /// Writes how far a part is. `false` where someone else is further, who then goes on alone.
    async fn save_part(&self, job: &Job, part: &mut ImportPart) -> Result<bool, IngestError> {
        let (store, tenant) = (self.books.store(), &job.tenancy.tenant);
        match store.put_import_part(tenant, &job.import, &job.run.id, part).await {
            Ok(()) => Ok(true),
            Err(StoreError::Conflict) => {
                // A write that was repeated because its answer was lost meets itself.
                let found = store.import_part(tenant, &job.import.id, &job.run.id, part.number).await?;
                let Some(found) = found else { return Ok(false) };
                let same = ImportPart { version: found.version, ..part.clone() } == found;
                part.version = found.version;
                Ok(same)
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// What a row would have come to, had those above it been booked.
fn as_if_booked(status: Status, seen: Seen) -> Status {
    match (status, seen) {
        (Status::Created | Status::Updated, Seen::Same) => Status::Unchanged,
        (Status::Created, Seen::Changed) => Status::Updated,
        (status, _) => status,
    }
}

fn count(counts: &mut ImportCounts, status: &Status) {
    counts.rows = counts.rows.saturating_add(1);
    let count = match status {
        Status::Created => &mut counts.created,
        Status::Updated => &mut counts.updated,
        Status::Unchanged => &mut counts.unchanged,
        Status::Rejected(_) => &mut counts.rejected,
    };
    *count = count.saturating_add(1);
}

/// Reads rows of a part, and remembers the numbers in them.
struct Reader<'a> {
    kind: ImportKind,
    columns: &'a [String],
    intake: Intake,
    numbers: Numbers,
}

impl<'a> Reader<'a> {
    fn new(job: &'a Job) -> Result<Self, IngestError> {
        let source = SourceName::parse("csv").map_err(|error| IngestError::BadObject(error.to_string()))?;
        let intake = Intake { default_portfolio: job.tenancy.default_portfolio.clone(), source, now: job.run.as_of };
        Ok(Self { kind: job.import.kind, columns: &job.run.split.columns, intake, numbers: Numbers::default() })
    }

    /// Rows as they will be booked: those of one debtor side by side, so that one commit takes many.
    fn read(&mut self, rows: Vec<Row>) -> Vec<Read> {
        let read = |row: Row| {
            let line = row.line;
            let entry = self.entry(row).and_then(|entry| self.numbers.admit(entry));
            Read { line, entry }
        };
        let mut read: Vec<Read> = rows.into_iter().map(read).collect();
        read.sort_by_cached_key(|read| read.entry.as_ref().ok().map(|(entry, _)| entry.group()));
        read
    }

    /// What a row asks for, by the names of the columns.
    fn entry(&self, row: Row) -> Result<Entry, Vec<FieldError>> {
        let complaint = |field: String, reason: String| vec![FieldError { field: field.into(), reason }];
        let fields = row.fields.map_err(|BadRow { column, reason }| {
            complaint(column.and_then(|column| self.columns.get(column)).cloned().unwrap_or_default(), reason)
        })?;
        if fields.len() != self.columns.len() {
            let reason = format!("the row has {} fields, the header {}", fields.len(), self.columns.len());
            return Err(complaint(String::new(), reason));
        }
        let value =
            |name: &str| self.columns.iter().position(|column| column == name).and_then(|at| fields.get(at)).cloned();
        match self.kind {
            ImportKind::Invoices => RawDocument::from_fields(value).parse(&self.intake).map(Entry::from),
            ImportKind::Payments => {
                let report = RawPayment::from_fields(value).parse(&self.intake)?;
                Ok(Entry::Report(Box::new(report), None))
            }
            ImportKind::Plans => Ok(Entry::Plan(Box::new(RawPlan::from_fields(value).parse(&self.intake)?))),
        }
    }
}
