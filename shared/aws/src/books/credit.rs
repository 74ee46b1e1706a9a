//! Using unapplied credit, once for each order.

use std::collections::BTreeMap;

use dunlin_domain::debtor::{CreditError, CreditOrder, Journal};
use dunlin_domain::ids::DebtorId;
use jiff::Timestamp;

use super::{Books, BooksError, Changed, Races};
use crate::store::{Loaded, Receipt, StoreError, Tenancy, Writes};

impl Books {
    /// Carries an order about unapplied credit out, once for its receipt. Its journal has the entries of every commit that
    /// it took.
    ///
    /// # Errors
    /// [`BooksError`] where the table fails; the same call goes on from there.
    pub async fn use_credit(
        &self,
        tenancy: &Tenancy,
        (debtor, order): (&DebtorId, &CreditOrder),
        receipt: &Receipt,
        now: Timestamp,
    ) -> Result<Changed<(), CreditError>, BooksError> {
        let mut races = Races::default();
        loop {
            let Some(mut loaded) = self.store.load(&tenancy.tenant, debtor).await? else {
                return Ok(Changed::NoDebtor);
            };
            if let Some(before) = self.done_before(tenancy, &loaded, Some(receipt)).await? {
                self.finish_allocating(tenancy, debtor, now).await?;
                return Ok(before);
            }
            let mut journal = Journal::default();
            if let Err(refused) = self.order(tenancy, &mut loaded, order, &mut journal).await? {
                return Ok(Changed::Refused(refused));
            }
            let writes = Writes { receipt: Some(receipt.clone()), ..Writes::default() };
            match self.commit(tenancy, &mut loaded, journal, &writes, now).await {
                Ok(mut journal) => {
                    journal.entries.extend(self.finish_from(tenancy, &mut loaded, None, now).await?);
                    let (debtor, journal) = (Box::new(loaded.debtor), Box::new(journal));
                    return Ok(Changed::Made { answer: (), debtor, journal });
                }
                Err(error) => races.lost(error).await?,
            }
        }
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
