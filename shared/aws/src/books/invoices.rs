//! Taking invoices in.

use std::collections::{BTreeMap, BTreeSet};

use dunlin_domain::credit::PaymentDays;
use dunlin_domain::debtor::{BookingError, Debtor, Invoiced, Journal};
use dunlin_domain::ids::{DebtorId, InvoiceId, InvoiceNumber};
use dunlin_domain::intake::{Due, InvoiceDraft};
use jiff::Timestamp;
use jiff::civil::Date;

use super::{Books, BooksError, Races};
use crate::store::{Loaded, Receipt, Reference, ReferenceKey, StoreError, Tenancy, Writes};

/// How many invoices are committed together: each is at most five items, and a transaction takes 100.
pub const INVOICES_PER_COMMIT: usize = 19;

/// Why an invoice was not taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// The field at fault.
    pub field: &'static str,
    /// What is wrong with it.
    pub reason: String,
}

/// What became of one invoice.
pub type Recorded = Result<Invoiced, Rejection>;

pub(super) type References = BTreeMap<ReferenceKey, Reference>;

impl Books {
    /// Takes in invoices of one debtor, and answers for each, in order. What was taken in before changes nothing.
    ///
    /// # Errors
    /// [`BooksError`] where the table fails; commits that were made stand, and the same call goes on from there.
    pub async fn record_invoices(
        &self,
        tenancy: &Tenancy,
        debtor: &DebtorId,
        drafts: &[InvoiceDraft],
        receipt: Option<&Receipt>,
        now: Timestamp,
    ) -> Result<Vec<Recorded>, BooksError> {
        let mut answers = Vec::with_capacity(drafts.len());
        let mut left = drafts;
        let mut size = INVOICES_PER_COMMIT;
        let mut races = Races::default();
        while !left.is_empty() {
            let (chunk, rest) = left.split_at(size.min(left.len()));
            match self.record_chunk(tenancy, debtor, chunk, receipt, now).await {
                Ok(recorded) => {
                    answers.extend(recorded);
                    left = rest;
                }
                Err(BooksError::Store(StoreError::TooLarge(_))) if size > 1 => size = size.div_ceil(2),
                Err(BooksError::Store(error)) => races.lost(error).await?,
                Err(error) => return Err(error),
            }
        }
        Ok(answers)
    }

    async fn record_chunk(
        &self,
        tenancy: &Tenancy,
        debtor: &DebtorId,
        drafts: &[InvoiceDraft],
        receipt: Option<&Receipt>,
        now: Timestamp,
    ) -> Result<Vec<Recorded>, BooksError> {
        let wanted = drafts.iter().flat_map(reference_keys);
        let mut references = self.store.references(&tenancy.tenant, wanted).await?;
        if drafts.iter().all(|draft| is_known(&references, draft)) {
            return Ok(vec![Ok(Invoiced::Unchanged); drafts.len()]);
        }
        let debtor = customers_debtor(&references, drafts).unwrap_or_else(|| debtor.clone());
        let mut loaded = self.load_or_new(tenancy, &debtor).await?;
        let otherwise = self.parents_days(&loaded, drafts).await?;
        let closed: Vec<_> = references.values().filter_map(|reference| reference.invoice.clone()).collect();
        self.store.load_closed(&mut loaded, &closed).await?;
        self.load_settled(tenancy, &mut loaded).await?;
        let mut journal = Journal::default();
        // As with payments: a provider's invoice may say what was paid.
        self.roll(tenancy, &mut loaded, &mut journal, now).await?;
        let mut writes = Writes { receipt: receipt.cloned(), ..Writes::default() };
        let mut answers = Vec::with_capacity(drafts.len());
        let mut touched: BTreeSet<ReferenceKey> = BTreeSet::new();
        for draft in drafts {
            let draft = under_own_number(&references, draft);
            if is_known(&references, &draft) {
                answers.push(Ok(Invoiced::Unchanged));
                continue;
            }
            match record(&mut loaded, &debtor, &by_terms(&draft, otherwise), &references, &mut journal) {
                Ok(invoiced) => {
                    // A snapshot that comes late changes nothing about the invoice, nor where it lies.
                    let issued = loaded.debtor.invoices.get(&draft.id).map_or(draft.issue_date, |one| one.issue_date);
                    touched.extend(point_at(&mut references, &draft, &debtor, issued));
                    self.book_awaiting(tenancy, &mut loaded, &draft, &mut references, &mut journal, &mut writes)
                        .await?;
                    answers.push(Ok(invoiced));
                }
                Err(rejection) => answers.push(Err(rejection)),
            }
        }
        if touched.is_empty() {
            return Ok(answers);
        }
        writes.references = touched.iter().filter_map(|key| references.get(key).cloned()).collect();
        self.commit(tenancy, &mut loaded, journal, &writes, now).await?;
        // What a payment left over of an invoice that it waited for goes by the method.
        if loaded.debtor.is_allocating() {
            self.finish_allocating(tenancy, &loaded.debtor.id, now).await?;
        }
        Ok(answers)
    }

    /// The days to pay of the debtor's parent, where they are asked for: an invoice names no due date, and the debtor has no
    /// terms of its own.
    async fn parents_days(&self, loaded: &Loaded, drafts: &[InvoiceDraft]) -> Result<Option<PaymentDays>, StoreError> {
        let Debtor { tenant, credit, membership, .. } = &loaded.debtor;
        let asked =
            credit.payment_days.is_none() && drafts.iter().any(|draft| matches!(draft.due_date, Due::ByTerms { .. }));
        match membership.parent().filter(|_| asked) {
            Some(parent) => Ok(self.store.credit_terms(tenant, parent).await?.payment_days),
            None => Ok(None),
        }
    }
}

/// Every key under which others may know an invoice.
pub(super) fn reference_keys(draft: &InvoiceDraft) -> Vec<ReferenceKey> {
    let mut keys = vec![ReferenceKey::Invoice(draft.id.clone())];
    let source = &draft.source;
    // A source with customers is a provider, with ids of its own; elsewhere the number is the id.
    if let Some(customer) = &draft.customer {
        keys.push(ReferenceKey::OutsideInvoice(source.name.clone(), source.outside_id.clone()));
        keys.push(ReferenceKey::OutsideCustomer(source.name.clone(), customer.clone()));
    }
    keys
}

fn own_key(draft: &InvoiceDraft) -> ReferenceKey {
    match &draft.customer {
        Some(_) => ReferenceKey::OutsideInvoice(draft.source.name.clone(), draft.source.outside_id.clone()),
        None => ReferenceKey::Invoice(draft.id.clone()),
    }
}

/// Whether exactly this was taken in before and nothing waits for it.
fn is_known(references: &References, draft: &InvoiceDraft) -> bool {
    let same = |reference: &Reference| reference.digest.as_ref() == Some(&draft.digest());
    let idle = |key: &ReferenceKey| references.get(key).is_none_or(|reference| reference.awaiting.is_empty());
    references.get(&own_key(draft)).is_some_and(same) && reference_keys(draft).iter().all(idle)
}

/// Whom a provider's customer stands for.
fn customers_debtor(references: &References, drafts: &[InvoiceDraft]) -> Option<DebtorId> {
    let customer = |draft: &InvoiceDraft| {
        let id = draft.customer.clone()?;
        references.get(&ReferenceKey::OutsideCustomer(draft.source.name.clone(), id))?.debtor.clone()
    };
    drafts.first().and_then(customer)
}

/// A provider's invoice keeps the number that it was booked under; a new one whose number another source has taken
/// goes by its id at the provider.
fn under_own_number(references: &References, draft: &InvoiceDraft) -> InvoiceDraft {
    let mut draft = draft.clone();
    if draft.customer.is_none() {
        return draft;
    }
    let booked = references.get(&own_key(&draft)).and_then(|reference| reference.invoice.clone());
    let taken =
        references.get(&ReferenceKey::Invoice(draft.id.clone())).is_some_and(|reference| reference.invoice.is_some());
    match (booked, InvoiceNumber::parse(draft.source.outside_id.as_str())) {
        (Some((id, _)), _) => draft.id = id,
        (None, Ok(number)) if taken => draft.id = InvoiceId { number, ..draft.id },
        (None, _) => {}
    }
    draft
}

/// The draft with what its debtor's parent says of when it falls due.
fn by_terms(draft: &InvoiceDraft, otherwise: Option<PaymentDays>) -> InvoiceDraft {
    match draft.due_date {
        Due::On(_) => draft.clone(),
        Due::ByTerms { .. } => InvoiceDraft { due_date: Due::ByTerms { otherwise }, ..draft.clone() },
    }
}

fn record(
    loaded: &mut Loaded,
    debtor: &DebtorId,
    draft: &InvoiceDraft,
    references: &References,
    journal: &mut Journal,
) -> Recorded {
    let reference = references.get(&ReferenceKey::Invoice(draft.id.clone()));
    let owner = reference.and_then(|reference| reference.debtor.as_ref());
    if let Some(owner) = owner.filter(|owner| *owner != debtor) {
        let reason = format!("{} is an invoice of debtor {owner} already", draft.id.number);
        return Err(Rejection { field: "invoice_number", reason });
    }
    loaded.debtor.record_invoice(draft, journal).map_err(|error| Rejection {
        field: match error {
            BookingError::CurrencyChanged { .. } => "currency",
            BookingError::UnknownInvoice(_) => "invoice_number",
            BookingError::NoTerms(_) => "due_date",
            BookingError::Money(_)
            | BookingError::NotOwed { .. }
            | BookingError::NotPositive(_)
            | BookingError::MoreThanOpen { .. }
            | BookingError::MoreThanGivenUp { .. } => "amount",
        },
        reason: error.to_string(),
    })
}

/// Lets an invoice's references lead to it, and says which ones that are.
fn point_at(references: &mut References, draft: &InvoiceDraft, debtor: &DebtorId, issued: Date) -> Vec<ReferenceKey> {
    let own = own_key(draft);
    let mut touched = Vec::new();
    for key in reference_keys(draft) {
        let Some(reference) = references.get_mut(&key) else { continue };
        let before = reference.clone();
        reference.debtor = Some(debtor.clone());
        if !matches!(key, ReferenceKey::OutsideCustomer(..)) {
            reference.invoice = Some((draft.id.clone(), issued));
        }
        if key == own {
            reference.digest = Some(draft.digest());
        }
        if *reference != before || !before.awaiting.is_empty() {
            touched.push(key);
        }
    }
    touched
}
