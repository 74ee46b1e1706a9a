//! Putting the results together: what is wrong with rows in the order of the file, and how many came to what.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use dunlin_aws::store::{ImportCounts, ImportPart, ImportState};
use futures_util::StreamExt as _;
use futures_util::stream;

use super::Job;
use crate::IngestError;
use crate::bucket::{CSV, JSON, Upload};
use crate::handler::Handler;
use crate::results::{self, Table};
use crate::segment::{Complaint, read_complaints};

/// Lists read at the same time.
const CONCURRENCY: usize = 8;

impl Handler {
    /// Writes the results of a run whose parts are all booked. Done again, it writes the same.
    pub(super) async fn finish(&self, mut job: Job) -> Result<(), IngestError> {
        if job.import.state != ImportState::Booking {
            return Ok(());
        }
        let parts = self.books.store().import_parts(&job.tenancy.tenant, &job.import.id, &job.run.id).await?;
        if !parts.iter().all(ImportPart::is_done) {
            // Whoever books the last one sends this again.
            return Ok(());
        }
        let counts = parts.iter().fold(ImportCounts::default(), |sum, part| sum.plus(part.counts));
        self.write_rejected(&job, &parts).await?;
        // The counts come last: who finds them knows that the list is complete.
        self.bucket
            .put(&format!("{}.json", job.results()), JSON, results::summary(counts, job.import.dry_run)?)
            .await?;
        job.import.state = ImportState::Done;
        job.run.counts = Some(counts);
        job.run.finished_at = Some(self.clock.now(None));
        if self.save(&mut job).await? {
            let ImportCounts { rows, created, updated, rejected, .. } = counts;
            let (tenant, import, dry_run) = (&job.tenancy.tenant, &job.import.id, job.import.dry_run);
            tracing::info!(%tenant, %import, rows, created, updated, rejected, dry_run, "file imported");
        }
        Ok(())
    }

    /// Merges the parts' lists, of which each is in the order of the file segment by segment; at most one segment's of each
    /// part is in memory.
    async fn write_rejected(&self, job: &Job, parts: &[ImportPart]) -> Result<(), IngestError> {
        let mut upload = Upload::new(&self.bucket, format!("{}.csv", job.results()), CSV);
        let mut table = Table::new()?;
        let mut lists: Vec<Lists<'_>> = parts.iter().map(|part| Lists::new(self, job, part)).collect();
        let mut next: BinaryHeap<Reverse<(u64, usize)>> = BinaryHeap::new();
        for (index, list) in lists.iter_mut().enumerate() {
            next.extend(list.line().await?.map(|line| Reverse((line, index))));
        }
        while let Some(Reverse((line, index))) = next.pop() {
            let Some(list) = lists.get_mut(index) else { continue };
            while let Some(complaint) = list.take(line) {
                table.add(&complaint)?;
            }
            next.extend(list.line().await?.map(|line| Reverse((line, index))));
            if table.is_large() {
                upload.write(&table.take()?).await?;
            }
        }
        upload.write(&table.take()?).await?;
        upload.finish().await
    }
}

/// What is wrong with rows of one part.
struct Lists<'a> {
    handler: &'a Handler,
    job: &'a Job,
    part: u32,
    /// Batches whose lists are still to be read.
    left: VecDeque<(u32, u32)>,
    read: VecDeque<Complaint>,
}

impl<'a> Lists<'a> {
    fn new(handler: &'a Handler, job: &'a Job, part: &ImportPart) -> Self {
        let left = part.rejected.iter().copied().collect();
        Self { handler, job, part: part.number, left, read: VecDeque::new() }
    }

    /// The line of the next complaint, if there is one.
    async fn line(&mut self) -> Result<Option<u64>, IngestError> {
        if self.read.is_empty() {
            self.read_segment().await?;
        }
        Ok(self.read.front().map(|complaint| complaint.line))
    }

    /// The next complaint about a line.
    fn take(&mut self, line: u64) -> Option<Complaint> {
        self.read.pop_front_if(|complaint| complaint.line == line)
    }

    /// Reads the lists of the next segment, whose batches are in the order of the debtors.
    async fn read_segment(&mut self) -> Result<(), IngestError> {
        let Some((segment, _)) = self.left.front().copied() else { return Ok(()) };
        let mut batches = Vec::new();
        while let Some(batch) = self.left.pop_front_if(|(one, _)| *one == segment) {
            batches.push(self.job.workplace.rejected(self.part, batch));
        }
        let lists = stream::iter(&batches).map(|key| self.handler.bucket.get(key)).buffered(CONCURRENCY);
        let lists: Vec<Result<Vec<u8>, IngestError>> = lists.collect().await;
        let mut complaints = Vec::new();
        for list in lists {
            complaints.extend(read_complaints(&list?)?);
        }
        complaints.sort_by_key(|complaint| complaint.line);
        self.read = complaints.into();
        Ok(())
    }
}
