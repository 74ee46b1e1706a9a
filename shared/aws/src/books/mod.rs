//! Keeping the books: what comes in is looked up, decided by the domain and committed, and tried again when someone
//! else was faster. Every step is complete in itself and can be repeated.

mod allocating;
mod awaiting;
mod changes;
mod credit;
mod debtors;
mod hearing;
mod invoices;
mod ledger;
mod remittances;

pub use changes::{Changed, Repeated, ResolveError};
pub use debtors::Unknown;
pub use hearing::{Hearing, Said};
pub use invoices::{INVOICES_PER_COMMIT, Recorded, Rejection};
pub use ledger::Ledger;
pub use remittances::{Answer, Reported};

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use dunlin_audit::Actor;
use dunlin_domain::debtor::{BookingError, Debtor, Journal};
use dunlin_domain::decide::decide;
use dunlin_domain::ids::DebtorId;
use dunlin_domain::ledger::Entry;
use dunlin_domain::profile::Profile;
use jiff::Timestamp;

use crate::metrics;
use crate::store::{Commit, Loaded, Receipt, Store, StoreError, Tenancy, Writes};

/// A lost race is run again this often. Webhooks of one customer come in bursts of a few.
const RACES_MAX: u32 = 10;

/// What can go wrong with the books.
#[derive(Debug, thiserror::Error)]
pub enum BooksError {
    /// The table failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The amounts do not add up.
    #[error(transparent)]
    Booking(#[from] BookingError),
}

impl BooksError {
    /// Whether the same input may succeed later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Store(error) => error.is_transient(),
            Self::Booking(_) => false,
        }
    }
}

/// The books, kept in the table.
#[derive(Debug, Clone)]
pub struct Books {
    store: Store,
    /// Who makes the changes, for the audit log.
    actor: Actor,
    /// In a dry run, in which nothing is written: what would be.
    dry: Option<Arc<Mutex<Unwritten>>>,
}

/// What a dry run would have written, as far as what comes after it depends on it.
#[derive(Debug, Default)]
struct Unwritten {
    entries: Vec<Entry>,
    debtors: BTreeMap<DebtorId, Loaded>,
}

impl Unwritten {
    fn lock(shared: &Mutex<Self>) -> MutexGuard<'_, Self> {
        shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Books {
    /// Books in this table, kept by one of our functions.
    #[must_use]
    pub fn new(store: Store, function: &str) -> Self {
        Self { store, actor: Actor::system(function), dry: None }
    }

    /// The same books, changed by this one.
    #[must_use]
    pub fn by(&self, actor: Actor) -> Self {
        Self { actor, ..self.clone() }
    }

    /// The same books for a dry run: everything is looked up and decided, and nothing is written. What is handed in to it
    /// next finds the debtors as they would be.
    #[must_use]
    pub fn dry(&self) -> Self {
        Self { dry: Some(Arc::default()), ..self.clone() }
    }

    /// What this dry run would have booked so far; `None` where it is none.
    #[must_use]
    pub fn would_book(&self) -> Option<Vec<Entry>> {
        self.dry.as_ref().map(|unwritten| Unwritten::lock(unwritten).entries.clone())
    }

    /// The table.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Lets a changed debtor's clock run to `now`, works out when to look at it again, and commits. The answer is all that
    /// was done.
    ///
    /// # Errors
    /// [`StoreError`]; on [`StoreError::Conflict`] load and change it again.
    pub async fn commit(
        &self,
        tenancy: &Tenancy,
        loaded: &mut Loaded,
        mut journal: Journal,
        writes: &Writes,
        now: Timestamp,
    ) -> Result<Journal, StoreError> {
        self.roll(tenancy, loaded, &mut journal, now).await?;
        let wake = decide(&loaded.debtor, &tenancy.policies, &tenancy.calendar, now).wake();
        if let Some(unwritten) = &self.dry {
            let mut unwritten = Unwritten::lock(unwritten);
            unwritten.entries.extend(journal.entries.iter().cloned());
            unwritten.debtors.insert(loaded.debtor.id.clone(), loaded.clone());
            return Ok(journal);
        }
        let (policies, actor) = (&tenancy.policies, &self.actor);
        self.store.commit(&Commit { loaded, journal: &journal, policies, wake, writes, actor, now }).await?;
        metrics::count_withheld(&tenancy.tenant, &journal);
        Ok(journal)
    }

    /// Lets a debtor's clock run to `now`. An attempt to send that fell silent may have left word how it ended.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn roll(
        &self,
        tenancy: &Tenancy,
        loaded: &mut Loaded,
        journal: &mut Journal,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        for (account, pending) in loaded.debtor.silent(now) {
            if let Some((outcome, at)) = self.store.ended(&loaded.debtor, &pending).await? {
                loaded.debtor.settle(&account, outcome, at, journal);
            }
        }
        let settling = loaded.debtor.about_to_settle(now);
        self.load_invoices(tenancy, loaded, settling.iter()).await?;
        let rolled = loaded.debtor.roll(&tenancy.policies, now, journal);
        rolled.map_err(|error| StoreError::corrupt(&loaded.debtor.id, error))
    }

    /// Counts a provider's event of a type that nothing is done with, once.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn count_unknown(
        &self,
        tenancy: &Tenancy,
        receipt: &Receipt,
        event_type: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut races = Races::default();
        loop {
            let done = self.store.count_unknown(&tenancy.tenant, receipt, event_type, now).await;
            // The race may have been for the receipt, or only for the counter.
            if races.pass(done).await? || self.store.has_receipt(&tenancy.tenant, receipt).await? {
                return Ok(());
            }
        }
    }

    async fn load_or_new(&self, tenancy: &Tenancy, id: &DebtorId) -> Result<Loaded, StoreError> {
        let unwritten = self.dry.as_ref().and_then(|unwritten| Unwritten::lock(unwritten).debtors.get(id).cloned());
        if let Some(loaded) = unwritten {
            return Ok(loaded);
        }
        let loaded = self.store.load(&tenancy.tenant, id).await?;
        Ok(loaded.unwrap_or_else(|| {
            let profile = Profile::unknown(id.to_string(), tenancy.zone.clone());
            Loaded::new(Debtor::new(tenancy.tenant.clone(), id.clone(), profile))
        }))
    }
}

/// Counts lost races.
#[derive(Debug, Default)]
pub struct Races(u32);

impl Races {
    /// Takes the result of a commit: `true` where it is done, `false` where a race was lost and it should be run
    /// again.
    ///
    /// # Errors
    /// The commit's own error, and [`StoreError::Conflict`] where too many races were lost in a row.
    pub async fn pass<T>(&mut self, done: Result<T, StoreError>) -> Result<bool, StoreError> {
        match done {
            Ok(_) => {
                self.0 = 0;
                Ok(true)
            }
            Err(error) => self.lost(error).await.map(|()| false),
        }
    }

    /// Takes a commit's error: where a race was lost, pauses, and it should be run again.
    ///
    /// # Errors
    /// Any other error, and [`StoreError::Conflict`] where too many races were lost in a row.
    pub async fn lost(&mut self, error: StoreError) -> Result<(), StoreError> {
        match error {
            StoreError::Conflict if self.0 < RACES_MAX => {
                self.0 = self.0.saturating_add(1);
                // Racers that lost together must not meet again: the later the round, the longer the pause.
                tokio::time::sleep(Duration::from_millis(u64::from(self.0).saturating_mul(7))).await;
                Ok(())
            }
            error => Err(error),
        }
    }
}
