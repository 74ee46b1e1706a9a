//! Publish, then count: the cursor moves last, so nothing that was not published counts as done.

use std::collections::BTreeSet;
use std::sync::Mutex;

use aws_lambda_events::dynamodb::{Event, EventRecord};
use dunlin_aws::bus::Bus;
use dunlin_aws::metrics;
use dunlin_aws::store::{HEAD, HeadChange, Store, accounts_of};
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
        let (mut changes, mut damaged) = (Vec::new(), Ok(()));
        for record in event.records.into_iter().filter_map(change) {
            match record {
                Ok(change) => changes.push(change),
                Err(error) => {
                    tracing::error!(%error, "a record of the stream cannot be read");
                    damaged = damaged.and(Err(error));
                }
            }
        }
        let events: Vec<_> = changes.iter().flat_map(|change| change.events.iter().cloned()).collect();
        self.bus.publish(&events).await?;
        self.remember_accounts(&changes).await?;
        let counted = self.store.count(&changes).await;
        if counted.is_ok() {
            metrics::count_told(&events);
        }
        tracing::info!(commits = changes.len(), events = events.len(), "projected");
        damaged?;
        Ok(counted?)
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

/// The change that a record tells of; `None` for anything but the head of a debtor as it is now.
fn change(record: EventRecord) -> Option<Result<HeadChange, ProjectorError>> {
    let image = record.change.new_image;
    let is_head = image.get("SK").is_some_and(|sk| *sk == serde_dynamo::AttributeValue::S(HEAD.to_owned()));
    is_head.then(|| HeadChange::from_image(image).map_err(ProjectorError::from))
}
