//! Payments on account, placed and taken back a commit at a time.

use std::collections::{BTreeMap, BTreeSet};

use dunlin_domain::allocation::Advice;
use dunlin_domain::debtor::{AtHand, Journal, Needs};
use dunlin_domain::ids::{DebtorId, InvoiceId};
use dunlin_domain::ledger::Entry;
use dunlin_domain::remittance::RemittanceId;
use jiff::Timestamp;

use super::{Books, BooksError, Races};
use crate::store::{Loaded, Reference, ReferenceKey, StoreError, Tenancy, Writes};

/// How many invoices a commit settles or reopens: each is at most four items, and a transaction takes 100.
pub(super) const ALLOCATED_PER_COMMIT: usize = 20;

impl Books {
    /// Goes on with payments that are being allocated or taken back, a commit at a time, until none is left. The answer is
    /// what was booked.
    ///
    /// # Errors
    /// [`BooksError`]; what was committed stands, and the debtor stays due until the rest is done.
    pub async fn finish_allocating(
        &self,
        tenancy: &Tenancy,
        id: &DebtorId,
        now: Timestamp,
    ) -> Result<Vec<Entry>, BooksError> {
        let mut entries = Vec::new();
        if self.dry.is_some() {
            return Ok(entries);
        }
        let mut races = Races::default();
        let mut size = ALLOCATED_PER_COMMIT;
        let mut said = None;
        loop {
            let Some(mut loaded) = self.store.load(&tenancy.tenant, id).await? else { return Ok(entries) };
            if !loaded.debtor.is_allocating() {
                return Ok(entries);
            }
            let (mut journal, mut writes) = (Journal::default(), Writes::default());
            let done = match self.allocate(tenancy, &mut loaded, size, &mut said, (&mut journal, &mut writes)).await {
                Ok(()) => self.commit(tenancy, &mut loaded, journal, &writes, now).await,
                Err(BooksError::Store(error)) => Err(error),
                Err(error) => return Err(error),
            };
            match done {
                Err(StoreError::TooLarge(_)) if size > 1 => size = size.div_ceil(2),
                Ok(journal) => {
                    races = Races::default();
                    entries.extend(journal.entries);
                }
                Err(error) => races.lost(error).await?,
            }
        }
    }

    /// The same from a debtor that was just committed. In a dry run the table still has the debtor as it was, so it goes on
    /// in memory, in the same steps; `said` is what the payer says of a payment that the table does not have.
    pub(super) async fn finish_from(
        &self,
        tenancy: &Tenancy,
        loaded: &mut Loaded,
        mut said: Option<(RemittanceId, Advice)>,
        now: Timestamp,
    ) -> Result<Vec<Entry>, BooksError> {
        if self.dry.is_none() {
            let id = loaded.debtor.id.clone();
            return if loaded.debtor.is_allocating() {
                self.finish_allocating(tenancy, &id, now).await
            } else {
                Ok(Vec::new())
            };
        }
        let mut entries = Vec::new();
        while loaded.debtor.is_allocating() {
            let (mut journal, mut writes) = (Journal::default(), Writes::default());
            let both = (&mut journal, &mut writes);
            self.allocate(tenancy, loaded, ALLOCATED_PER_COMMIT, &mut said, both).await?;
            entries.extend(self.commit(tenancy, loaded, journal, &writes, now).await?.entries);
        }
        Ok(entries)
    }

    /// Takes one step, and reads what it needs. What a payer said does not change, and is read once.
    async fn allocate(
        &self,
        tenancy: &Tenancy,
        loaded: &mut Loaded,
        size: usize,
        said: &mut Option<(RemittanceId, Advice)>,
        (journal, writes): (&mut Journal, &mut Writes),
    ) -> Result<(), BooksError> {
        let method = tenancy.allocation;
        self.load_settled(tenancy, loaded).await?;
        match loaded.debtor.needs() {
            Needs::Nothing => drop(loaded.debtor.allocate(method, size, AtHand::Nothing, journal)?),
            Needs::Advice(id) => {
                if said.as_ref().is_none_or(|(of, _)| *of != id) {
                    *said = Some((id.clone(), self.advice(tenancy, &id).await?));
                }
                let advice = said.as_ref().map_or_else(Advice::none, |(_, advice)| advice.clone());
                self.place_named(tenancy, loaded, &advice, size, (journal, writes)).await?;
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

    /// Takes a step that places on what the payer names. The payment is listed with each invoice that it waits for, on the
    /// look-up item which that invoice's own commit replaces.
    pub(super) async fn place_named(
        &self,
        tenancy: &Tenancy,
        loaded: &mut Loaded,
        advice: &Advice,
        size: usize,
        (journal, writes): (&mut Journal, &mut Writes),
    ) -> Result<bool, BooksError> {
        let named = loaded.debtor.to_find(advice, size);
        let mut unknown = self.find(tenancy, loaded, named).await?;
        self.load_settled(tenancy, loaded).await?;
        let ids: BTreeSet<InvoiceId> = unknown.keys().cloned().collect();
        let at_hand = AtHand::Advice(advice, &ids);
        let more = loaded.debtor.allocate(tenancy.allocation, size, at_hand, journal)?;
        for (invoice, remittance) in &journal.awaiting {
            let Some(mut reference) = unknown.remove(invoice) else { continue };
            if !reference.awaiting.contains(remittance) {
                reference.awaiting.push(remittance.clone());
                writes.references.push(reference);
            }
        }
        Ok(more)
    }

    /// Loads the closed among invoices of a debtor that are named. The answer is those that nobody has handed in.
    pub(super) async fn find(
        &self,
        tenancy: &Tenancy,
        loaded: &mut Loaded,
        named: BTreeSet<InvoiceId>,
    ) -> Result<BTreeMap<InvoiceId, Reference>, StoreError> {
        let found = self.store.references(&tenancy.tenant, named.into_iter().map(ReferenceKey::Invoice)).await?;
        let (mut closed, mut unknown) = (Vec::new(), BTreeMap::new());
        for (key, reference) in found {
            match (key, &reference.invoice) {
                (_, Some(place)) if reference.debtor.as_ref() == Some(&loaded.debtor.id) => closed.push(place.clone()),
                (ReferenceKey::Invoice(id), None) => drop(unknown.insert(id, reference)),
                _ => {}
            }
        }
        self.store.load_closed(loaded, &closed).await?;
        // Reopened or handed in between the two reads, it was found by neither.
        let there = |(invoice, _): &(InvoiceId, _)| loaded.debtor.invoices.contains_key(invoice);
        if closed.iter().all(there) { Ok(unknown) } else { Err(StoreError::Conflict) }
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
