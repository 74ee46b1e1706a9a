//! Note what moved; once a day, anchor what was noted.

use std::collections::BTreeMap;

use aws_lambda_events::dynamodb::Event;
use dunlin_audit::{Anchor, Head};
use dunlin_aws::clock::Clock;
use dunlin_aws::store::{MovedLog, Store, StoreError};
use dunlin_domain::ids::{DebtorId, TenantId};
use futures_util::StreamExt as _;
use futures_util::stream;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};

use crate::{AnchorBucket, AnchoringError, Trigger};

/// Tenants anchored at the same time.
const CONCURRENCY: usize = 8;
/// A day is over once it has been for so long: whoever notes by its last second is done by then.
const SETTLED_AFTER: SignedDuration = SignedDuration::from_hours(1);

/// Handles batches of the stream, and days.
#[derive(Debug)]
pub struct Handler {
    store: Store,
    bucket: AnchorBucket,
    clock: Clock,
}

impl Handler {
    /// Notes in `store`, anchors in `bucket`.
    #[must_use]
    pub fn new(store: Store, bucket: AnchorBucket, clock: Clock) -> Self {
        Self { store, bucket, clock }
    }

    /// Handles an event.
    ///
    /// # Errors
    /// [`AnchoringError`]; the event is delivered again then.
    pub async fn handle(&self, trigger: Trigger) -> Result<(), AnchoringError> {
        match trigger {
            Trigger::Stream(batch) => self.note(batch).await,
            Trigger::Schedule { time } => self.anchor_days_before(time).await,
        }
    }

    /// Notes which logs a batch moved. What cannot be read keeps nothing else from being noted.
    async fn note(&self, batch: Event) -> Result<(), AnchoringError> {
        let (mut moved, mut damaged) = (Vec::new(), None);
        let name = batch.records.first().map(|record| record.event_id.clone());
        for image in batch.records.into_iter().map(|record| record.change.new_image) {
            match MovedLog::from_image(image) {
                Ok(log) => moved.extend(log),
                Err(error) => {
                    tracing::error!(%error, "a head of the stream cannot be read");
                    damaged = Some(error);
                }
            }
        }
        let name = name.filter(|name| !name.is_empty()).ok_or(AnchoringError::Unnamed)?;
        let now = self.clock.now(moved.iter().map(|log| log.moved_at).max());
        self.store.note_moved(&name, &moved, now).await?;
        tracing::info!(logs = moved.len(), "noted which audit logs moved");
        damaged.map_or(Ok(()), |error| Err(error.into()))
    }

    /// Anchors every day that is over at `now` and is not anchored. A tenant that fails is left out of later days, because
    /// its anchors follow one another; the next run takes it up where it was left.
    async fn anchor_days_before(&self, now: Timestamp) -> Result<(), AnchoringError> {
        let today = now.saturating_sub(SETTLED_AFTER).unwrap_or(Timestamp::MIN).to_zoned(TimeZone::UTC).date();
        let anchored = self.store.anchored_until(now).await?;
        let (mut done, mut failed) = (anchored, BTreeMap::new());
        for day in anchored.series(Span::new().days(1)).skip(1).take_while(|day| *day < today) {
            failed.extend(self.anchor_day(day, &failed).await?);
            done = if failed.is_empty() { day } else { done };
        }
        if done > anchored {
            self.store.put_anchored_until(done).await?;
        }
        let count = failed.len();
        let first = failed.into_iter().next().map(|(tenant, error)| format!("{tenant}: {error}"));
        first.map_or(Ok(()), |first| Err(AnchoringError::Tenants { failed: count, first }))
    }

    /// Anchors a day for each tenant of which a log moved; which ones could not be, and why.
    async fn anchor_day(
        &self,
        day: Date,
        left_out: &BTreeMap<TenantId, AnchoringError>,
    ) -> Result<Vec<(TenantId, AnchoringError)>, AnchoringError> {
        let moved = self.store.moved(day).await?.into_iter().filter(|(tenant, _)| !left_out.contains_key(tenant));
        let anchored = stream::iter(moved).map(|(tenant, logs)| async move {
            let done = self.anchor(&tenant, day, logs).await;
            done.err().inspect(|error| tracing::error!(%tenant, %day, %error, "not anchored")).map(|why| (tenant, why))
        });
        let results: Vec<_> = anchored.buffer_unordered(CONCURRENCY).collect().await;
        let (tenants, failed) = (results.len(), results.iter().flatten().count());
        tracing::info!(%day, tenants, failed, "anchored");
        Ok(results.into_iter().flatten().collect())
    }

    /// Anchors a tenant's day: the object first, and then which one is the last, so that a run that died in between puts the
    /// same bytes again.
    async fn anchor(
        &self,
        tenant: &TenantId,
        day: Date,
        logs: BTreeMap<Option<DebtorId>, Head>,
    ) -> Result<(), AnchoringError> {
        let last = self.store.last_anchor(tenant).await?;
        let name = day.to_string();
        if last.anchor.as_ref().is_some_and(|last| last.day >= name) {
            return Ok(());
        }
        let heads = logs.into_iter().map(|(debtor, head)| (debtor.map(|debtor| debtor.to_string()), head)).collect();
        let anchor = Anchor::new(tenant.as_str(), &name, last.anchor.clone(), heads);
        self.bucket.put_once(&format!("anchors/{tenant}/{name}.json"), anchor.write()).await?;
        match self.store.put_anchor(tenant, &last, anchor.reference()).await {
            // Another run has put the same object, and is further.
            Ok(()) | Err(StoreError::Conflict) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}
