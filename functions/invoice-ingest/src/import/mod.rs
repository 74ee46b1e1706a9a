//! Imports: a file is cut into parts by debtor, the parts are booked, and the results are put together. Each step is a
//! message of the import queue, keeps how far it is in the table, and may be delivered twice, to two workers at once, or
//! end anywhere.

mod api;
mod arrival;
mod booking;
mod finish;
mod split;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent};
use dunlin_aws::store::{Import, ImportRun, StoreError, Tenancy};
use dunlin_domain::ids::TenantId;

use crate::event::{ImportWork, Message, Step};
use crate::handler::Handler;
use crate::segment::Workplace;
use crate::{IngestError, results};

/// A step that has less time than this left sends itself on.
const RESERVE: Duration = Duration::from_secs(45);

/// What a step works on.
#[derive(Debug)]
pub(crate) struct Job {
    tenancy: Arc<Tenancy>,
    /// Its run is taken out.
    import: Import,
    run: ImportRun,
    workplace: Workplace,
}

impl Job {
    fn new(tenancy: Arc<Tenancy>, mut import: Import) -> Option<Self> {
        let run = import.run.take()?;
        let workplace = Workplace::new(&tenancy.tenant, &import.id, &run);
        Some(Self { tenancy, import, run, workplace })
    }

    fn work(&self, step: Step) -> ImportWork {
        let tenant = self.tenancy.tenant.to_string();
        ImportWork { tenant, import: self.import.id.clone(), run: self.run.id.clone(), step }
    }

    /// The import as it is written.
    fn whole(&self) -> Import {
        Import { run: Some(self.run.clone()), ..self.import.clone() }
    }

    /// Where its results lie, without an ending.
    fn results(&self) -> String {
        results::stem(&self.import.object)
    }
}

impl Handler {
    /// Takes messages of the import queue, and says which of them come back.
    pub(crate) async fn take(&self, event: SqsEvent, deadline: SystemTime) -> SqsBatchResponse {
        let mut response = SqsBatchResponse::default();
        for record in event.records {
            let body = record.body.as_deref().unwrap_or_default();
            if let Err(error) = self.take_one(body, deadline).await {
                tracing::error!(%error, error_type = error.kind(), body, "a step of an import is handed back");
                let mut failure = BatchItemFailure::default();
                failure.item_identifier = record.message_id.unwrap_or_default();
                response.batch_item_failures.push(failure);
            }
        }
        response
    }

    async fn take_one(&self, body: &str, deadline: SystemTime) -> Result<(), IngestError> {
        let work = match serde_json::from_str(body)? {
            Message::Work(work) => work,
            Message::Redriven { notification } => return self.notice(&notification).await,
        };
        let Some(job) = self.job(&work).await? else {
            tracing::info!(import = %work.import, run = work.run, "a run that is no more");
            return Ok(());
        };
        match work.step {
            Step::Split => self.split(job, deadline).await,
            Step::Book { part } => self.book_part(job, part, deadline).await,
            Step::Finish => self.finish(job).await,
        }
    }

    /// What a message is about, unless another upload has taken its place.
    async fn job(&self, work: &ImportWork) -> Result<Option<Job>, IngestError> {
        let Ok(tenant) = TenantId::parse(&work.tenant) else { return Ok(None) };
        let Some(tenancy) = self.tenancies.get(&tenant).await? else { return Ok(None) };
        let import = self.books.store().import(&tenant, &work.import).await?;
        let job = import.and_then(|import| Job::new(tenancy, import));
        Ok(job.filter(|job| job.run.id == work.run))
    }

    /// Writes how far a job is. `false` where someone else is further, who then goes on alone.
    async fn save(&self, job: &mut Job) -> Result<bool, IngestError> {
        let mut whole = job.whole();
        let store = self.books.store();
        match store.put_import(&job.tenancy.tenant, &mut whole).await {
            Ok(()) => {}
            Err(StoreError::Conflict) => {
                // A write that was repeated because its answer was lost meets itself.
                let found = store.import(&job.tenancy.tenant, &job.import.id).await?;
                let Some(found) = found.filter(|found| is_same(found, &whole)) else { return Ok(false) };
                whole = found;
            }
            Err(error) => return Err(error.into()),
        }
        job.import.version = whole.version;
        Ok(true)
    }

    /// Sends what is left to do: the parts that are not booked, or the end.
    async fn send_rest(&self, job: &Job) -> Result<(), IngestError> {
        let parts = self.books.store().import_parts(&job.tenancy.tenant, &job.import.id, &job.run.id).await?;
        let left = parts.iter().filter(|part| !part.is_done());
        let mut work: Vec<ImportWork> = left.map(|part| job.work(Step::Book { part: part.number })).collect();
        if work.is_empty() {
            work.push(job.work(Step::Finish));
        }
        self.queue.send(&work).await
    }
}

fn is_same(found: &Import, written: &Import) -> bool {
    Import { version: found.version, ..written.clone() } == *found
}
