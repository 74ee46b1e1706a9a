//! Cutting a file into parts: the rows of one debtor come into one part, in their order.
//!
//! The file is read a stretch at a time. What a stretch leaves in the bucket depends on nothing but the file, so whoever
//! reads it again, or at the same time, writes the same bytes under the same names.

use std::time::SystemTime;

use dunlin_aws::clock::time_left;
use dunlin_aws::store::{ImportCounts, ImportKind, ImportPart, ImportRun, ImportState, SplitMark, StoreError};
use dunlin_domain::intake::{FieldError, RawDocument, RawPayment, RawPlan};
use futures_util::StreamExt as _;
use futures_util::stream;
use tokio::io::AsyncBufRead;

use super::{Job, RESERVE};
use crate::IngestError;
use crate::bucket::{CSV, JSON};
use crate::csv_rows::{Position, Row, Rows};
use crate::event::Step;
use crate::handler::Handler;
use crate::intake::short_hash;
use crate::results;
use crate::segment::{Complaint, write_row};

/// The largest file that is taken in.
const BYTES_MAX: u64 = 1024 * 1024 * 1024;
/// So many bytes of a file are worth a part of their own.
const BYTES_PER_PART: u64 = 256 * 1024;
const PARTS_MAX: u64 = 64;
/// What is read between two writes of how far it is, and so what is held in memory at once.
const STRETCH_BYTES: u64 = 96 * 1024 * 1024;
/// A segment is read whole by whoever books it.
const SEGMENT_BYTES: usize = 4 * 1024 * 1024;
/// Segments put at the same time.
const CONCURRENCY: usize = 8;

/// A segment that is complete: its part, its number and its rows.
type Segment = (u32, u32, Vec<u8>);

impl Handler {
    /// Cuts a file from where the last attempt got to, and has the parts booked.
    pub(super) async fn split(&self, mut job: Job, deadline: SystemTime) -> Result<(), IngestError> {
        match job.import.state {
            ImportState::Splitting => {}
            // It was cut, and the messages that follow may have been lost.
            ImportState::Booking => return self.send_rest(&job).await,
            ImportState::AwaitingUpload | ImportState::Done | ImportState::Failed => return Ok(()),
        }
        if job.run.bytes > BYTES_MAX {
            let reason = format!("the file has {} bytes; cut it into files of at most {BYTES_MAX}", job.run.bytes);
            return self.fail(job, &[(String::new(), reason)]).await;
        }
        let opened = self.bucket.open(&job.import.object, &job.run.etag, job.run.split.offset).await?;
        let Some(opened) = opened else {
            tracing::info!(import = %job.import.id, run = job.run.id, "the file has been replaced: its own run follows");
            return Ok(());
        };
        let mut rows = Rows::new(opened.file, position(&job.run.split));
        if job.run.split.offset == 0 {
            if let Some(told) = opened.told {
                job.import.told = Some(told);
                job.run.as_of = self.clock.now(Some(told));
            }
            if let Err(problems) = begin(&mut rows, job.import.kind, &mut job.run).await? {
                return self.fail(job, &problems).await;
            }
        }
        loop {
            let (segments, more) = cut_stretch(&mut rows, job.import.kind, &mut job.run.split, STRETCH_BYTES).await?;
            self.put_segments(&job, segments).await?;
            if !more {
                return self.begin_booking(job).await;
            }
            if !self.save(&mut job).await? {
                return Ok(());
            }
            if time_left(deadline) < RESERVE {
                return self.queue.send(&[job.work(Step::Split)]).await;
            }
        }
    }

    async fn put_segments(&self, job: &Job, segments: Vec<Segment>) -> Result<(), IngestError> {
        let put = stream::iter(segments).map(|(part, segment, body)| async move {
            self.bucket.put(&job.workplace.segment(part, segment), JSON, body).await
        });
        let put: Vec<Result<(), IngestError>> = put.buffer_unordered(CONCURRENCY).collect().await;
        put.into_iter().collect()
    }

    async fn begin_booking(&self, mut job: Job) -> Result<(), IngestError> {
        for (number, segments) in (0_u32..).zip(&job.run.split.segments).filter(|(_, segments)| **segments > 0) {
            let mut part = ImportPart { number, segments: *segments, ..ImportPart::default() };
            let put = self.books.store().put_import_part(&job.tenancy.tenant, &job.import, &job.run.id, &mut part);
            match put.await {
                // It is there already, and may be further.
                Ok(()) | Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        job.import.state = ImportState::Booking;
        job.run.booking_since = Some(self.clock.now(None));
        if !self.save(&mut job).await? {
            return Ok(());
        }
        tracing::info!(import = %job.import.id, rows = job.run.split.rows, "a file is cut");
        self.send_rest(&job).await
    }

    /// Ends a run whose file cannot be taken in as a whole, and says why: each problem is a column and a reason.
    pub(super) async fn fail(&self, mut job: Job, problems: &[(String, String)]) -> Result<(), IngestError> {
        let mut table = results::Table::new()?;
        for (column, reason) in problems {
            let error = FieldError { field: column.clone().into(), reason: reason.clone() };
            table.add(&Complaint::new(1, error))?;
        }
        let counts = ImportCounts { rejected: 1, ..ImportCounts::default() };
        self.bucket.put(&format!("{}.csv", job.results()), CSV, table.take()?).await?;
        self.bucket
            .put(&format!("{}.json", job.results()), JSON, results::summary(counts, job.import.dry_run)?)
            .await?;
        let told = problems.iter().map(|(column, reason)| format!("{column}: {reason}"));
        job.run.problem = Some(told.collect::<Vec<_>>().join("; ").trim_start_matches(": ").to_owned());
        job.run.counts = Some(counts);
        job.run.finished_at = Some(self.clock.now(None));
        job.import.state = ImportState::Failed;
        self.save(&mut job).await?;
        tracing::warn!(tenant = %job.tenancy.tenant, import = %job.import.id, problem = job.run.problem, "an import failed");
        Ok(())
    }
}

fn position(mark: &SplitMark) -> Position {
    match mark {
        SplitMark { offset: 0, .. } => Position::START,
        SplitMark { offset, line, delimiter, .. } => Position { offset: *offset, line: *line, delimiter: *delimiter },
    }
}

/// Reads the header. Columns and reasons where the file lacks what it must have.
async fn begin<R: AsyncBufRead + Unpin>(
    rows: &mut Rows<R>,
    kind: ImportKind,
    run: &mut ImportRun,
) -> Result<Result<(), Vec<(String, String)>>, IngestError> {
    let columns = rows.header().await?;
    let required: &[&str] = match kind {
        ImportKind::Invoices => &RawDocument::REQUIRED,
        ImportKind::Payments => &RawPayment::REQUIRED,
        ImportKind::Plans => &RawPlan::REQUIRED,
    };
    let missing: Vec<&str> = required.iter().copied().filter(|name| !columns.iter().any(|one| one == name)).collect();
    if !missing.is_empty() {
        let found = columns.join(", ").chars().take(200).collect::<String>();
        let reason = format!("the file has no such column; its first line is: {found}");
        return Ok(Err(missing.into_iter().map(|column| (column.to_owned(), reason.clone())).collect()));
    }
    let parts = run.bytes.div_ceil(BYTES_PER_PART).clamp(1, PARTS_MAX);
    let segments = vec![0; usize::try_from(parts).unwrap_or(1)];
    run.split = SplitMark { columns, segments, ..SplitMark::default() };
    mark(rows, &mut run.split);
    Ok(Ok(()))
}

/// Cuts the next stretch, of so many bytes, and says whether there is more behind it.
async fn cut_stretch<R: AsyncBufRead + Unpin>(
    rows: &mut Rows<R>,
    kind: ImportKind,
    split: &mut SplitMark,
    bytes: u64,
) -> Result<(Vec<Segment>, bool), IngestError> {
    let names: &[&str] = match kind {
        ImportKind::Invoices | ImportKind::Plans => &["debtor_ref"],
        ImportKind::Payments => &["invoice_number", "debtor_ref"],
    };
    let keys: Vec<usize> =
        names.iter().filter_map(|name| split.columns.iter().position(|column| column == name)).collect();
    let mut open: Vec<Vec<u8>> = vec![Vec::new(); split.segments.len()];
    let mut segments = Vec::new();
    let end = split.offset.saturating_add(bytes);
    let mut more = false;
    while let Some(row) = rows.next().await? {
        let part = part_of(&row, &keys, open.len());
        if let (Some(segment), Some(number)) = (open.get_mut(part), split.segments.get_mut(part)) {
            write_row(segment, &row)?;
            if segment.len() >= SEGMENT_BYTES {
                close(&mut segments, part, number, segment);
            }
        }
        split.rows = split.rows.saturating_add(1);
        if rows.position().offset >= end {
            more = true;
            break;
        }
    }
    for (part, (segment, number)) in open.iter_mut().zip(&mut split.segments).enumerate() {
        close(&mut segments, part, number, segment);
    }
    mark(rows, split);
    Ok((segments, more))
}

fn close(segments: &mut Vec<Segment>, part: usize, number: &mut u32, segment: &mut Vec<u8>) {
    if segment.is_empty() {
        return;
    }
    let mut rows = std::mem::take(segment);
    // It waits in memory for the end of the stretch, and a list that has grown holds up to twice what is in it.
    rows.shrink_to_fit();
    segments.push((u32::try_from(part).unwrap_or(u32::MAX), *number, rows));
    *number = number.saturating_add(1);
}

fn mark<R: AsyncBufRead + Unpin>(rows: &Rows<R>, split: &mut SplitMark) {
    let Position { offset, line, delimiter } = rows.position();
    (split.offset, split.line, split.delimiter) = (offset, line, delimiter);
}

/// The part that a row belongs to: by what is said of the debtor; a row that says nothing belongs anywhere.
fn part_of(row: &Row, keys: &[usize], parts: usize) -> usize {
    let fields = row.fields.as_deref().unwrap_or_default();
    let key = keys.iter().filter_map(|key| fields.get(*key)).map(|field| field.trim()).find(|field| !field.is_empty());
    let spread = key.map_or(row.line, short_hash);
    let parts = u64::try_from(parts).unwrap_or(1).max(1);
    usize::try_from(spread.checked_rem(parts).unwrap_or(0)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::segment::read_rows;

    async fn cut(file: &[u8], parts: usize) -> Vec<Segment> {
        let mut rows = Rows::new(file, Position::START);
        let columns = rows.header().await.unwrap();
        let mut split = SplitMark { columns, segments: vec![0; parts], ..SplitMark::default() };
        let (segments, more) = cut_stretch(&mut rows, ImportKind::Invoices, &mut split, STRETCH_BYTES).await.unwrap();
        assert!(!more);
        assert_eq!(split.offset, u64::try_from(file.len()).unwrap());
        segments
    }

    #[tokio::test]
    async fn rows_of_one_debtor_stay_together_and_in_order() {
        let mut file = b"debtor_ref,amount\n".to_vec();
        for n in 0..2_000 {
            file.extend(format!("{}C{} ,{n}\n", if n % 2 == 0 { " " } else { "" }, n % 37).into_bytes());
        }
        let (mut homes, mut lines) = (BTreeSet::new(), 0);
        for (part, _, body) in cut(&file, 5).await {
            let rows = read_rows(&body).unwrap();
            assert!(rows.is_sorted_by_key(|row| row.line));
            lines += rows.len();
            homes.extend(rows.iter().map(|row| (row.fields.as_ref().unwrap()[0].trim().to_owned(), part)));
        }
        assert_eq!((homes.len(), lines), (37, 2_000));
    }

    #[tokio::test]
    async fn cutting_that_goes_on_elsewhere_leaves_the_same_segments() {
        let mut file = b"debtor_ref;amount\n".to_vec();
        for n in 0..300 {
            file.extend(format!("C{};\"{n}\nEUR\"\r\n\r\n", n % 11).into_bytes());
        }
        let mut rows = Rows::new(file.as_slice(), Position::START);
        let columns = rows.header().await.unwrap();
        let mut split = SplitMark { columns, segments: vec![0; 4], ..SplitMark::default() };
        mark(&rows, &mut split);
        let (mut elsewhere, mut more, mut stretches) = (split.clone(), true, 0);
        while more {
            let (here, there_is) = cut_stretch(&mut rows, ImportKind::Invoices, &mut split, 700).await.unwrap();
            // Whoever goes on knows no more than what was kept.
            let rest = &file[usize::try_from(elsewhere.offset).unwrap()..];
            let mut rest = Rows::new(rest, position(&elsewhere));
            let (there, _) = cut_stretch(&mut rest, ImportKind::Invoices, &mut elsewhere, 700).await.unwrap();
            assert_eq!((&here, &split), (&there, &elsewhere));
            (more, stretches) = (there_is, stretches + 1);
        }
        assert_eq!((split.rows, stretches > 3), (300, true));
    }

    #[tokio::test]
    async fn a_long_part_has_several_segments_and_none_is_empty() {
        let mut file = b"debtor_ref,description\n".to_vec();
        for _ in 0..10_000 {
            file.extend(format!("C1,{}\n", "x".repeat(1_000)).into_bytes());
        }
        let segments = cut(&file, 8).await;
        let numbers: Vec<u32> = segments.iter().map(|(_, number, _)| *number).collect();
        assert_eq!(numbers, [0, 1, 2]);
        assert!(segments.iter().all(|(_, _, body)| !body.is_empty() && body.len() < SEGMENT_BYTES + 16 * 1024));
    }

    #[tokio::test]
    async fn rows_that_cannot_be_read_are_kept_for_their_complaint() {
        let segments = cut(b"debtor_ref,amount\nC1,\xff\n\"open,1\n", 3).await;
        let bad: usize = segments.iter().map(|(_, _, body)| read_rows(body).unwrap().len()).sum();
        assert_eq!(bad, 2);
    }
}
