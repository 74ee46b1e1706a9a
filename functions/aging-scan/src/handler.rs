//! Look which shards are due; decide for each due debtor of a shard.

use std::time::{Duration, SystemTime};

use dunlin_aws::books::{Books, BooksError, Races};
use dunlin_aws::clock::time_left;
use dunlin_aws::metrics::{self, Metric};
use dunlin_aws::store::Writes;
use dunlin_aws::tenancies::Tenancies;
use dunlin_domain::debtor::Journal;
use dunlin_domain::decide::decide;
use dunlin_domain::ids::{DebtorId, TenantId};
use futures_util::StreamExt as _;
use futures_util::stream;
use jiff::Timestamp;

use crate::{ScanError, ScanQueue, ScanWork, Trigger};

/// Debtors read from the index at once.
const DEBTORS_PER_PAGE: i32 = 50;
/// Debtors decided at the same time.
const CONCURRENCY: usize = 8;
/// A shard that has less time than this left sends itself on.
const RESERVE: Duration = Duration::from_secs(20);

/// Handles runs and shards of runs.
#[derive(Debug)]
pub struct Handler {
    books: Books,
    tenancies: Tenancies,
    queue: ScanQueue,
}

impl Handler {
    /// Decides on these books, and sends itself work through `queue`.
    #[must_use]
    pub fn new(books: Books, queue: ScanQueue) -> Self {
        let tenancies = Tenancies::new(books.store().clone());
        Self { books, tenancies, queue }
    }

    /// Handles an event. `deadline` is when Lambda ends the invocation.
    ///
    /// # Errors
    /// [`ScanError`]; the event is delivered again then.
    pub async fn handle(&self, trigger: Trigger, deadline: SystemTime) -> Result<(), ScanError> {
        match trigger {
            Trigger::Schedule { time } => self.work(ScanWork { scheduled_time: time, shard: None }, deadline).await,
            Trigger::Queue(event) => {
                for record in event.records {
                    let work: ScanWork = serde_json::from_str(record.body.as_deref().unwrap_or_default())
                        .inspect_err(|_| metrics::count_for_nobody(Metric::Unreadable))?;
                    self.work(work, deadline).await?;
                }
                Ok(())
            }
        }
    }

    async fn work(&self, work: ScanWork, deadline: SystemTime) -> Result<(), ScanError> {
        match work.shard {
            None => self.fan_out(work.scheduled_time).await,
            Some(shard) => self.scan_shard(shard, work.scheduled_time, deadline).await,
        }
    }

    /// Sends a message for each shard that holds anything due. An hour in which nothing is due costs one read for each.
    async fn fan_out(&self, now: Timestamp) -> Result<(), ScanError> {
        let store = self.books.store();
        let probes = stream::iter(0..store.due_shards()).map(|shard| async move {
            let page = store.due(shard, now, 1, None).await?;
            Ok::<_, ScanError>(
                (!page.debtors.is_empty() || !page.damaged.is_empty())
                    .then_some(ScanWork { scheduled_time: now, shard: Some(shard) }),
            )
        });
        let due: Vec<_> = probes.buffered(CONCURRENCY).collect().await;
        let due: Vec<ScanWork> = due.into_iter().filter_map(Result::transpose).collect::<Result<_, _>>()?;
        self.queue.send(&due).await?;
        metrics::count_for_nobody(Metric::HourScanned);
        tracing::info!(scheduled_time = %now, shards = due.len(), "scan fanned out");
        Ok(())
    }

    async fn scan_shard(&self, shard: u32, now: Timestamp, deadline: SystemTime) -> Result<(), ScanError> {
        let (mut debtors, mut failed, mut after) = (0, Vec::new(), None);
        loop {
            let page = self.books.store().due(shard, now, DEBTORS_PER_PAGE, after).await?;
            debtors += page.debtors.len() + page.damaged.len();
            let decided = stream::iter(&page.debtors).map(|(tenant, debtor)| self.decide(tenant, debtor, now));
            let results: Vec<_> = decided.buffer_unordered(CONCURRENCY).collect().await;
            failed.extend(page.damaged.into_iter().inspect(|error| tracing::error!(error, "the index is damaged")));
            failed.extend(results.into_iter().flatten());
            after = page.next;
            if after.is_none() {
                break;
            }
            if time_left(deadline) < RESERVE {
                self.queue.send(&[ScanWork { scheduled_time: now, shard: Some(shard) }]).await?;
                break;
            }
        }
        tracing::info!(scheduled_time = %now, shard, debtors, failed = failed.len(), "shard scanned");
        // One that cannot be decided never stops the others; the message comes back for it, and ends where people look.
        let count = failed.len();
        failed.into_iter().next().map_or(Ok(()), |first| Err(ScanError::Debtors { failed: count, debtors, first }))
    }

    /// Who could not be decided, and why.
    async fn decide(&self, tenant: &TenantId, debtor: &DebtorId, now: Timestamp) -> Option<String> {
        let error = self.try_decide(tenant, debtor, now).await.err()?;
        tracing::error!(%tenant, %debtor, %error, "debtor not decided");
        Some(format!("{debtor} of {tenant}: {error}"))
    }

    async fn try_decide(&self, tenant: &TenantId, debtor: &DebtorId, now: Timestamp) -> Result<(), ScanError> {
        let Some(tenancy) = self.tenancies.get(tenant).await? else {
            tracing::warn!(%tenant, "a debtor of a tenant without settings is due");
            return Ok(());
        };
        let mut races = Races::default();
        loop {
            let Some(mut loaded) = self.books.store().load(tenant, debtor).await? else { return Ok(()) };
            if loaded.debtor.is_allocating() {
                self.books.finish_allocating(&tenancy, debtor, now).await?;
                continue;
            }
            let mut journal = Journal::default();
            self.books.roll(&tenancy, &mut loaded, &mut journal, now).await?;
            let decision = decide(&loaded.debtor, &tenancy.policies, &tenancy.calendar, now);
            let goes_on = decision.goes_on();
            loaded.debtor.carry_out(decision, now, &mut journal).map_err(BooksError::from)?;
            let done = self.books.commit(&tenancy, &mut loaded, journal, &Writes::default(), now).await;
            if races.pass(done).await? && !goes_on {
                return Ok(());
            }
        }
    }
}
