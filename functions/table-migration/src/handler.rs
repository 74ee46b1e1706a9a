//! Page after page until all are read or the time is up.

use std::time::{Duration, SystemTime};

use dunlin_aws::clock::time_left;
use dunlin_aws::store::{Store, StoreError};
use jiff::Timestamp;
use serde::Deserialize;

use crate::MigrationError;

/// An invocation that has less time than this left stops; the next one goes on.
const RESERVE: Duration = Duration::from_secs(20);

/// The scheduler's own event.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Tick {
    /// When it was to come.
    pub time: Timestamp,
}

/// Handles ticks.
#[derive(Debug)]
pub struct Handler {
    store: Store,
}

impl Handler {
    /// Migrates this table.
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    /// Goes on until all is rewritten, or `deadline`, when Lambda ends the invocation, is near.
    ///
    /// # Errors
    /// [`MigrationError`]; the next tick goes on.
    pub async fn handle(&self, tick: Tick, deadline: SystemTime) -> Result<(), MigrationError> {
        let mut migration = self.store.migration(tick.time).await?;
        while !migration.is_done() {
            match self.store.migrate_page(&mut migration, tick.time).await {
                Ok(()) => {}
                Err(StoreError::Conflict) => {
                    tracing::warn!("another invocation is further; it goes on alone");
                    return Ok(());
                }
                Err(error) => return Err(error.into()),
            }
            if time_left(deadline) < RESERVE {
                break;
            }
        }
        let (read, rewritten, failed) = (migration.read, migration.rewritten, migration.failed);
        tracing::info!(read, rewritten, failed, done = migration.is_done(), "table migrated so far");
        Ok(())
    }
}
