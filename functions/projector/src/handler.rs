//! Publish, then count: the cursor moves last, so nothing that was not published counts as done.

use std::collections::BTreeSet;
use std::sync::Mutex;

use aws_lambda_events::dynamodb::Event;
use dunlin_aws::bus::Bus;
use dunlin_aws::metrics;
use dunlin_aws::store::{GroupChange, HEAD, HeadChange, Store, StoreError, accounts_of};
use dunlin_domain::ids::{AccountKey, TenantId};

use crate::ProjectorError;

/// Handles batches of stream records.
#[derive(Debug)]
pub struct Handler {
    store: Store,
    bus: Bus,
    /// Accounts that this instance has written down; writing one down again is harmless.
    accounts: Mutex<BTreeSet<(TenantId, AccountKey)>>,
}

impl Handler {
    /// Counts in `store`, publishes on `bus`.
    #[must_use]
    pub fn new(store: Store, bus: Bus) -> Self {
        Self { store, bus, accounts: Mutex::new(BTreeSet::new()) }
    }

    /// Handles one batch. What cannot be read keeps nothing else from being told and counted.
    ///
    /// # Errors
    /// [`ProjectorError`]; the whole batch is delivered again then.
    pub async fn handle(&self, event: Event) -> Result<(), ProjectorError> {
        let Batch { changes, groups, damaged } = Batch::of(event);
        let mut events: Vec<_> = changes.iter().flat_map(|change| change.events.iter().cloned()).collect();
        events.extend(groups.iter().filter_map(|group| group.event.clone()));
        self.bus.publish(&events).await?;
        self.remember_accounts(&changes).await?;
        let counted = self.store.count(&changes).await;
        self.tell_of_groups(&groups).await?;
        if counted.is_ok() {
            metrics::count_told(&events);
        }
        tracing::info!(commits = changes.len(), events = events.len(), "projected");
        damaged?;
        Ok(counted?)
    }

    /// Writes down which groups have come to owe more than they may, or less again. The stream then tells it.
    async fn tell_of_groups(&self, groups: &[GroupChange]) -> Result<(), ProjectorError> {
        for group in groups {
            if let Some(kind) = group.untold {
                self.store.tell_of_group(group, kind).await?;
            }
        }
        Ok(())
    }

    async fn remember_accounts(&self, changes: &[HeadChange]) -> Result<(), ProjectorError> {
        for (tenant, account) in accounts_of(changes) {
            let one = (tenant, account);
            let known = self.accounts.lock().is_ok_and(|accounts| accounts.contains(&one));
            if !known {
                self.store.remember_account(&one.0, &one.1).await?;
                if let Ok(mut accounts) = self.accounts.lock() {
                    accounts.insert(one);
                }
            }
        }
        Ok(())
    }
}

/// What a batch of the stream tells of.
struct Batch {
    changes: Vec<HeadChange>,
    groups: Vec<GroupChange>,
    /// The first record that cannot be read.
    damaged: Result<(), StoreError>,
}

impl Batch {
    fn of(event: Event) -> Self {
        let mut batch = Self { changes: Vec::new(), groups: Vec::new(), damaged: Ok(()) };
        for image in event.records.into_iter().map(|record| record.change.new_image) {
            let is_head = image.get("SK").is_some_and(|sk| *sk == serde_dynamo::AttributeValue::S(HEAD.to_owned()));
            let read = if is_head {
                HeadChange::from_image(image).map(|change| batch.changes.push(change))
            } else {
                GroupChange::from_image(image).map(|change| batch.groups.extend(change))
            };
            if let Err(error) = read {
                tracing::error!(%error, "a record of the stream cannot be read");
                batch.damaged = batch.damaged.and(Err(error));
            }
        }
        batch
    }
}
