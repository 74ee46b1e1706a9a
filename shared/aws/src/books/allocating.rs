//! Payments on account, placed and taken back a commit at a time.

use dunlin_domain::allocation::Advice;
use dunlin_domain::debtor::{AtHand, Journal, Needs};
use dunlin_domain::ids::{DebtorId, InvoiceId};
use dunlin_domain::remittance::RemittanceId;
use jiff::Timestamp;

use super::{Books, BooksError, Races};
use crate::store::{Loaded, ReferenceKey, StoreError, Tenancy, Writes};

/// How many invoices a commit settles or reopens: each is at most four items, and a transaction takes 100.
pub(super) const ALLOCATED_PER_COMMIT: usize = 20;

impl Books {
    /// Goes on with payments that are being allocated or taken back, a commit at a time, until none is left.
    ///
    /// # Errors
    /// [`BooksError`]; what was committed stands, and the debtor stays due until the rest is done.
    pub async fn finish_allocating(&self, tenancy: &Tenancy, id: &DebtorId, now: Timestamp) -> Result<(), BooksError> {
        if self.dry {
            return Ok(());
        }
        let mut races = Races::default();
        let mut size = ALLOCATED_PER_COMMIT;
        let mut said = None;
        loop {
            let Some(mut loaded) = self.store.load(&tenancy.tenant, id).await? else { return Ok(()) };
            if !loaded.debtor.is_allocating() {
                return Ok(());
            }
            let mut journal = Journal::default();
            let done = match self.allocate(tenancy, &mut loaded, size, &mut said, &mut journal).await {
                Ok(()) => self.commit(tenancy, &mut loaded, journal, &Writes::default(), now).await,
                Err(BooksError::Store(error)) => Err(error),
                Err(error) => return Err(error),
            };
            match done {
                Err(StoreError::TooLarge(_)) if size > 1 => size = size.div_ceil(2),
                done => drop(races.pass(done).await?),
            }
        }
    }

    /// Takes one step, and reads what it needs. What a payer said does not change, and is read once.
    async fn allocate(
        &self,
        tenancy: &Tenancy,
        loaded: &mut Loaded,
        size: usize,
        said: &mut Option<(RemittanceId, Advice)>,
        journal: &mut Journal,
    ) -> Result<(), BooksError> {
        let method = tenancy.allocation;
        self.load_settled(tenancy, loaded).await?;
        match loaded.debtor.needs() {
            Needs::Nothing => drop(loaded.debtor.allocate(method, size, AtHand::Nothing, journal)?),
            Needs::Advice(id) => {
                if said.as_ref().is_none_or(|(of, _)| *of != id) {
                    *said = Some((id.clone(), self.advice(tenancy, &id).await?));
                }
                let advice = said.as_ref().map_or(AtHand::Nothing, |(_, advice)| AtHand::Advice(advice));
                loaded.debtor.allocate(method, size, advice, journal)?;
            }
            Needs::Allocation(id, number) => {
                let allocation = self.store.allocation(&tenancy.tenant, &id, number).await?;
                self.load_invoices(tenancy, loaded, allocation.lines.iter().map(|line| &line.invoice)).await?;
                self.load_settled(tenancy, loaded).await?;
                loaded.debtor.allocate(method, size, AtHand::Allocation(&allocation), journal)?;
            }
        }
        Ok(())
    }

    async fn advice(&self, tenancy: &Tenancy, id: &RemittanceId) -> Result<Advice, StoreError> {
        let found = self.store.remittances(&tenancy.tenant, std::slice::from_ref(id)).await?;
        Ok(found.into_iter().next().map_or_else(Advice::none, |found| found.value.advice()))
    }

    /// Loads the closed among these invoices of a debtor.
    pub(super) async fn load_invoices<'a>(
        &self,
        tenancy: &Tenancy,
        loaded: &mut Loaded,
        wanted: impl Iterator<Item = &'a InvoiceId> + Clone,
    ) -> Result<(), StoreError> {
        let closed = wanted.clone().filter(|invoice| !loaded.debtor.invoices.contains_key(invoice));
        let keys: Vec<ReferenceKey> = closed.cloned().map(ReferenceKey::Invoice).collect();
        let references = self.store.references(&tenancy.tenant, keys).await?;
        let closed: Vec<_> = references.into_values().filter_map(|reference| reference.invoice).collect();
        self.store.load_closed(loaded, &closed).await?;
        // One that is nowhere has just been reopened by someone who was faster.
        let there = |invoice: &InvoiceId| loaded.debtor.invoices.contains_key(invoice);
        if wanted.into_iter().all(there) { Ok(()) } else { Err(StoreError::Conflict) }
    }

    /// Loads the closed invoices that were settled for less together with one that is loaded.
    pub(super) async fn load_settled(&self, tenancy: &Tenancy, loaded: &mut Loaded) -> Result<(), StoreError> {
        let together = loaded.debtor.settled_with();
        self.load_invoices(tenancy, loaded, together.iter()).await
    }
}
