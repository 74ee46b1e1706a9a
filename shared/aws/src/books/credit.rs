//! Using unapplied credit, once for each order.

use std::collections::BTreeMap;

use dunlin_domain::debtor::{AtHand, CreditError, CreditOrder, Journal};
use dunlin_domain::ids::DebtorId;
use dunlin_domain::ledger::Entry;
use jiff::Timestamp;

use super::{Books, BooksError, Races};
use crate::store::{Loaded, Receipt, StoreError, Tenancy, Writes};

/// Who gives orders about credit, as their receipts name it.
const ORDERED: &str = "credit";

/// What became of an order.
#[derive(Debug, Clone, PartialEq)]
pub enum CreditUsed {
    /// It was carried out; these are its entries, as far as they were made in its own commit.
    Done(Vec<Entry>),
    /// It had been carried out before.
    Before,
    /// There is no such debtor.
    NoDebtor,
    /// It cannot be carried out.
    Refused(CreditError),
}

impl Books {
    /// Carries an order about unapplied credit out, once for its key.
    ///
    /// # Errors
    /// [`BooksError`] where the table fails; the same call goes on from there.
    pub async fn use_credit(
        &self,
        tenancy: &Tenancy,
        debtor: &DebtorId,
        order: &CreditOrder,
        now: Timestamp,
    ) -> Result<CreditUsed, BooksError> {
        let mut races = Races::default();
        let receipt = Receipt { provider: ORDERED, event_id: format!("{debtor}#{}", order.id.outside_id) };
        loop {
            if self.store.has_receipt(&tenancy.tenant, &receipt).await? {
                self.finish_allocating(tenancy, debtor, now).await?;
                return Ok(CreditUsed::Before);
            }
            let Some(mut loaded) = self.store.load(&tenancy.tenant, debtor).await? else {
                return Ok(CreditUsed::NoDebtor);
            };
            let mut journal = Journal::default();
            if let Err(refused) = self.order(tenancy, &mut loaded, order, &mut journal).await? {
                return Ok(CreditUsed::Refused(refused));
            }
            let entries = journal.entries.clone();
            let writes = Writes { receipt: Some(receipt.clone()), ..Writes::default() };
            let done = self.commit(tenancy, &mut loaded, journal, &writes, now).await;
            if races.pass(done).await? {
                self.finish_allocating(tenancy, debtor, now).await?;
                return Ok(CreditUsed::Done(entries));
            }
        }
    }

    /// What an order would post, all of it. Nothing is written.
    ///
    /// # Errors
    /// [`BooksError`] where the table fails.
    pub async fn preview_credit(
        &self,
        tenancy: &Tenancy,
        debtor: &DebtorId,
        order: &CreditOrder,
    ) -> Result<CreditUsed, BooksError> {
        let Some(mut loaded) = self.store.load(&tenancy.tenant, debtor).await? else {
            return Ok(CreditUsed::NoDebtor);
        };
        let mut journal = Journal::default();
        if let Err(refused) = self.order(tenancy, &mut loaded, order, &mut journal).await? {
            return Ok(CreditUsed::Refused(refused));
        }
        let method = tenancy.allocation;
        while loaded.debtor.allocate(method, usize::MAX, AtHand::Nothing, &mut journal)? {}
        Ok(CreditUsed::Done(journal.entries))
    }

    async fn order(
        &self,
        tenancy: &Tenancy,
        loaded: &mut Loaded,
        order: &CreditOrder,
        journal: &mut Journal,
    ) -> Result<Result<(), CreditError>, StoreError> {
        let mut recorded = BTreeMap::new();
        for whose in loaded.debtor.credited_by(&order.account) {
            let count = self.store.allocations_recorded(&tenancy.tenant, &whose).await?;
            recorded.insert(whose, count);
        }
        let named = loaded.debtor.named_by(order);
        self.find(tenancy, loaded, named).await?;
        self.load_settled(tenancy, loaded).await?;
        Ok(loaded.debtor.use_credit(order, &recorded, journal))
    }
}
