//! What arrived before its invoice: booked in the commit that brings the invoice in.

use std::collections::BTreeSet;

use dunlin_domain::allocation::Named;
use dunlin_domain::debtor::{BookingError, Journal, OnAccount};
use dunlin_domain::ids::{AccountKey, InvoiceId};
use dunlin_domain::intake::InvoiceDraft;
use dunlin_domain::remittance::{Remittance, RemittanceId, Target};

use super::invoices::{References, reference_keys};
use super::{Books, BooksError};
use crate::store::{Loaded, ReferenceKey, StoreError, Tenancy, Writes};

impl Books {
    /// Books what arrived before the invoice did. What does not fit, such as another currency, keeps waiting.
    pub(super) async fn book_awaiting(
        &self,
        tenancy: &Tenancy,
        loaded: &mut Loaded,
        draft: &InvoiceDraft,
        references: &mut References,
        journal: &mut Journal,
        writes: &mut Writes,
    ) -> Result<(), BooksError> {
        for key in reference_keys(draft) {
            let known = handed_in(references);
            let Some(reference) = references.get_mut(&key) else { continue };
            let waiting: Vec<RemittanceId> = std::mem::take(&mut reference.awaiting);
            for mut remittance in self.store.remittances(&tenancy.tenant, &waiting).await? {
                let id = remittance.value.id.clone();
                let target = remittance.value.target.as_ref();
                if let (ReferenceKey::Invoice(_), Some(Target::Debtor(..))) = (&key, target) {
                    self.place_awaited(tenancy, loaded, (draft, &remittance.value), &known, journal).await?;
                    continue;
                }
                // It was said since what it is for: it waits, or was booked, elsewhere.
                if target.and_then(ReferenceKey::of).as_ref() != Some(&key) {
                    continue;
                }
                // Without its amount nothing can be booked; the amount will bring it up again.
                let Some(course) = remittance.value.course().map_err(BookingError::from)? else { continue };
                let effect = course.effect();
                let booked = match &key {
                    ReferenceKey::OutsideCustomer(..) => {
                        let currency = effect.received.currency();
                        let account = AccountKey { portfolio: draft.id.portfolio.clone(), currency };
                        loaded.debtor.watch(&id, &account, Some(effect));
                        Ok(None)
                    }
                    ReferenceKey::Invoice(_) | ReferenceKey::OutsideInvoice(..) => loaded
                        .debtor
                        .book_on_invoice(&id, &draft.id, (None, &course), journal)
                        .map(|()| Some(draft.id.clone())),
                };
                match booked {
                    Ok(invoice) => {
                        remittance.value.booked = Some((loaded.debtor.id.clone(), invoice));
                        writes.remittances.push(remittance);
                    }
                    Err(_) => reference.awaiting.push(id),
                }
            }
        }
        Ok(())
    }

    /// Places what a payment on account holds for an invoice, as far as that is its debtor's, its creditor's, and in its
    /// currency.
    async fn place_awaited(
        &self,
        tenancy: &Tenancy,
        loaded: &mut Loaded,
        (draft, remittance): (&InvoiceDraft, &Remittance),
        known: &BTreeSet<InvoiceId>,
        journal: &mut Journal,
    ) -> Result<(), BooksError> {
        let (Some(Target::Debtor(debtor, portfolio, advice)), Some(amount)) = (&remittance.target, remittance.amount)
        else {
            return Ok(());
        };
        let key = AccountKey { portfolio: portfolio.clone(), currency: amount.currency() };
        if *debtor != loaded.debtor.id
            || *portfolio != draft.id.portfolio
            || amount.currency() != draft.total.currency()
        {
            return Ok(());
        }
        let others_unknown = match advice.named() {
            Named::Numbers(numbers) => {
                let others = numbers.iter().map(|number| InvoiceId { number: number.clone(), ..draft.id.clone() });
                self.any_unknown(tenancy, loaded, others.filter(|other| !known.contains(other)).collect()).await?
            }
            Named::Amounts(_) | Named::Nothing => false,
        };
        let recorded = self.store.allocations_recorded(&tenancy.tenant, &remittance.id).await?;
        let on = remittance.counts_from();
        let told = OnAccount { remittance: &remittance.id, account: &key, on, reversed_on: on, advice, recorded };
        Ok(loaded.debtor.place_awaited(told, &draft.id, others_unknown, journal)?)
    }

    /// Whether nobody has handed in one of these.
    async fn any_unknown(
        &self,
        tenancy: &Tenancy,
        loaded: &Loaded,
        invoices: BTreeSet<InvoiceId>,
    ) -> Result<bool, StoreError> {
        let missing = invoices.into_iter().filter(|invoice| !loaded.debtor.invoices.contains_key(invoice));
        let found = self.store.references(&tenancy.tenant, missing.map(ReferenceKey::Invoice)).await?;
        Ok(found.values().any(|reference| reference.invoice.is_none()))
    }
}

/// The invoices that references lead to.
fn handed_in(references: &References) -> BTreeSet<InvoiceId> {
    references.values().filter_map(|reference| reference.invoice.as_ref().map(|(invoice, _)| invoice.clone())).collect()
}
