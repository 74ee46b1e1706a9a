//! A debtor with its whole ledger, as of one commit.

use dunlin_domain::debtor::Debtor;
use dunlin_domain::ids::{DebtorId, TenantId};
use dunlin_domain::ledger::Entry;

use super::{Books, Races};
use crate::store::StoreError;

/// What was found of a ledger.
#[derive(Debug)]
pub enum Ledger {
    /// All of it, in the order in which it was booked.
    Whole(Box<Debtor>, Vec<Entry>),
    /// It has more entries than were asked for.
    TooLong,
    /// There is no such debtor.
    NoDebtor,
}

impl Books {
    /// Reads a debtor and every entry of its ledger, unless there are more than `max`. A commit in between is noticed, and
    /// both are read again.
    ///
    /// # Errors
    /// [`StoreError`]; [`StoreError::Conflict`] where commits came in between again and again.
    pub async fn ledger(&self, tenant: &TenantId, id: &DebtorId, max: usize) -> Result<Ledger, StoreError> {
        let mut races = Races::default();
        let Some(mut loaded) = self.store.load(tenant, id).await? else { return Ok(Ledger::NoDebtor) };
        loop {
            let Some(entries) = self.store.entries(tenant, id, max).await? else { return Ok(Ledger::TooLong) };
            let Some(now) = self.store.load(tenant, id).await? else { return Ok(Ledger::NoDebtor) };
            if now.version() == loaded.version() {
                return Ok(Ledger::Whole(Box::new(now.debtor), entries));
            }
            loaded = now;
            races.lost(StoreError::Conflict).await?;
        }
    }
}
