//! Changes that someone asks for: a hold, an agreement, its end. Each is one commit, asked once.

use dunlin_domain::agreement::{AgreementError, Resolution};
use dunlin_domain::debtor::{BookingError, Debtor, Journal};
use dunlin_domain::ids::{AgreementId, DebtorId, InvoiceId, OutsideId, SourceName};
use dunlin_domain::intake::PlanDraft;
use dunlin_domain::ledger::Entry;
use dunlin_domain::money::{Currency, Money, MoneyError};
use dunlin_domain::remittance::{Progress, Remittance, RemittanceId, RemittanceKind, Report, Stage, Target};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{Books, BooksError, Races, Rejection};
use crate::store::{Kept, Loaded, Receipt, ReferenceKey, StoreError, Taken, Tenancy, Versioned, Writes};

/// What became of a change that was asked for.
#[derive(Debug)]
pub enum Changed<T, E> {
    /// It is made; in a dry run, it would be.
    Made {
        /// What the change said.
        answer: T,
        /// The debtor after it.
        debtor: Box<Debtor>,
        /// What it did.
        journal: Box<Journal>,
    },
    /// It was made before, by the same call.
    Repeated(Box<Repeated>),
    /// Another call was carried out under the same key; this one was not.
    OtherCall,
    /// The rules refuse it.
    Refused(E),
    /// There is no such debtor.
    NoDebtor,
}

/// What is left of a change that was made before.
#[derive(Debug)]
pub struct Repeated {
    /// The debtor as it is.
    pub debtor: Debtor,
    /// The entries that the change's own commit booked.
    pub entries: Vec<Entry>,
    /// Whether it made the debtor.
    pub made_debtor: bool,
}

impl Books {
    /// What was done before under a receipt, if anything was. To be asked after the debtor is read: whoever is not seen here
    /// has not committed, and will collide.
    pub(super) async fn done_before<T, E>(
        &self,
        tenancy: &Tenancy,
        loaded: &Loaded,
        receipt: Option<&Receipt>,
    ) -> Result<Option<Changed<T, E>>, StoreError> {
        let Some(receipt) = receipt else { return Ok(None) };
        let commit = match self.store.taken(&tenancy.tenant, receipt).await? {
            None => return Ok(None),
            Some(Taken::Other) => return Ok(Some(Changed::OtherCall)),
            Some(Taken::Same(commit)) => commit,
        };
        let debtor = loaded.debtor.clone();
        let entries = match &commit {
            Some(commit) => self.store.entries_of(&tenancy.tenant, &debtor.id, commit).await?,
            None => Vec::new(),
        };
        let made_debtor = commit.is_some_and(|commit| commit.is_first());
        Ok(Some(Changed::Repeated(Box::new(Repeated { debtor, entries, made_debtor }))))
    }

    /// Makes a change of one debtor. A call whose receipt is there was carried out before, and is not again.
    ///
    /// # Errors
    /// [`BooksError`] where the table fails; the same call goes on from there.
    pub async fn change<T, E>(
        &self,
        tenancy: &Tenancy,
        debtor: &DebtorId,
        receipt: Option<&Receipt>,
        now: Timestamp,
        change: impl Fn(&mut Debtor, &mut Journal, &mut Writes) -> Result<T, E>,
    ) -> Result<Changed<T, E>, BooksError> {
        self.change_with(tenancy, (debtor, None), receipt, now, change).await
    }

    /// The same of one invoice, which is read also where it is closed.
    ///
    /// # Errors
    /// As [`Books::change`].
    pub async fn change_invoice<T, E>(
        &self,
        tenancy: &Tenancy,
        (debtor, invoice): (&DebtorId, &InvoiceId),
        receipt: Option<&Receipt>,
        now: Timestamp,
        change: impl Fn(&mut Debtor, &mut Journal) -> Result<T, E>,
    ) -> Result<Changed<T, E>, BooksError> {
        let change = |debtor: &mut Debtor, journal: &mut Journal, _: &mut Writes| change(debtor, journal);
        self.change_with(tenancy, (debtor, Some(invoice)), receipt, now, change).await
    }

    async fn change_with<T, E>(
        &self,
        tenancy: &Tenancy,
        (debtor, invoice): (&DebtorId, Option<&InvoiceId>),
        receipt: Option<&Receipt>,
        now: Timestamp,
        change: impl Fn(&mut Debtor, &mut Journal, &mut Writes) -> Result<T, E>,
    ) -> Result<Changed<T, E>, BooksError> {
        let mut races = Races::default();
        loop {
            let Some(mut loaded) = self.store.load(&tenancy.tenant, debtor).await? else {
                return Ok(Changed::NoDebtor);
            };
            if let Some(invoice) = invoice.filter(|invoice| !loaded.debtor.invoices.contains_key(*invoice))
                && self.load_closed_invoice(tenancy, &mut loaded, invoice).await? == Closed::Moved
            {
                races.lost(StoreError::Conflict).await?;
                continue;
            }
            if let Some(before) = self.done_before(tenancy, &loaded, receipt).await? {
                return Ok(before);
            }
            let mut writes = Writes { receipt: receipt.cloned(), ..Writes::default() };
            let mut journal = Journal::default();
            self.roll(tenancy, &mut loaded, &mut journal, now).await?;
            let answer = match change(&mut loaded.debtor, &mut journal, &mut writes) {
                Ok(answer) => answer,
                Err(error) => return Ok(Changed::Refused(error)),
            };
            if !loaded.is_changed() && journal.events.is_empty() {
                return Ok(Changed::Made { answer, debtor: Box::new(loaded.debtor), journal: Box::new(journal) });
            }
            match self.commit(tenancy, &mut loaded, journal, &writes, now).await {
                Ok(journal) => {
                    let Loaded { debtor, .. } = loaded;
                    return Ok(Changed::Made { answer, debtor: Box::new(debtor), journal: Box::new(journal) });
                }
                Err(error) => races.lost(error).await?,
            }
        }
    }

    /// Reads an invoice that is not live, if the debtor has it.
    async fn load_closed_invoice(
        &self,
        tenancy: &Tenancy,
        loaded: &mut Loaded,
        invoice: &InvoiceId,
    ) -> Result<Closed, BooksError> {
        let key = ReferenceKey::Invoice(invoice.clone());
        let found = self.store.references(&tenancy.tenant, [key.clone()]).await?.remove(&key);
        let ours = found.filter(|reference| reference.debtor.as_ref() == Some(&loaded.debtor.id));
        let Some(place) = ours.and_then(|reference| reference.invoice) else { return Ok(Closed::Looked) };
        self.store.load_closed(loaded, &[place]).await?;
        Ok(if loaded.debtor.invoices.contains_key(invoice) { Closed::Looked } else { Closed::Moved })
    }

    /// Agrees to a plan that was handed in. `false` where it was agreed before, also where it has ended since: its reference
    /// means this plan for good.
    ///
    /// # Errors
    /// [`BooksError`] where the table fails; the same plan goes on from there.
    pub async fn agree_plan(
        &self,
        tenancy: &Tenancy,
        plan: &PlanDraft,
        now: Timestamp,
    ) -> Result<Result<bool, Rejection>, BooksError> {
        let receipt = Receipt {
            digest: Some(plan.digest()),
            kept: Kept::ForGood,
            ..Receipt::of("plan", plan.proposal.id.to_string())
        };
        let agree =
            |debtor: &mut Debtor, journal: &mut Journal, _: &mut _| debtor.agree(plan.proposal.clone(), now, journal);
        Ok(match self.change(tenancy, &plan.debtor, Some(&receipt), now, agree).await? {
            Changed::Made { answer, .. } => Ok(answer),
            Changed::Repeated(_) => Ok(false),
            Changed::OtherCall => {
                let reason = format!("{} was handed in before with another debtor or other content", plan.reference);
                Err(Rejection { field: "plan_ref", reason })
            }
            Changed::NoDebtor => {
                let reason = format!("there is no debtor {}; hand in its invoices first", plan.debtor);
                Err(Rejection { field: "debtor_ref", reason })
            }
            Changed::Refused(error) => Err(Rejection { field: field_at_fault(&error), reason: error.to_string() }),
        })
    }

    /// Ends a dispute; what is accepted of it is credited in the same commit. `resolution` is read in the dispute's
    /// currency, which only the dispute knows. The answer is what was credited.
    ///
    /// # Errors
    /// [`BooksError`] where the table fails; the same call goes on from there.
    pub async fn resolve_dispute(
        &self,
        tenancy: &Tenancy,
        (debtor, dispute): (&DebtorId, &AgreementId),
        resolution: impl Fn(Currency) -> Result<Resolution, MoneyError>,
        receipt: Option<&Receipt>,
        now: Timestamp,
    ) -> Result<Changed<Option<Money>, ResolveError>, BooksError> {
        let resolve = |debtor: &mut Debtor, journal: &mut Journal, writes: &mut Writes| {
            let standing = debtor.agreements.get(dispute).ok_or_else(|| AgreementError::NoDispute(dispute.clone()))?;
            let resolution = resolution(standing.account.currency).map_err(AgreementError::from)?;
            let Some((invoice, amount)) = debtor.resolve(dispute, resolution, now, journal)? else { return Ok(None) };
            let note = credit_note(debtor, dispute, (&invoice, amount), now, journal)?;
            writes.remittances.push(Versioned { value: note, version: 0 });
            Ok(Some(amount))
        };
        self.change(tenancy, debtor, receipt, now, resolve).await
    }
}

/// What came of looking for an invoice that is not live.
#[derive(Debug, PartialEq, Eq)]
enum Closed {
    /// It was read, or the debtor has none of that number.
    Looked,
    /// It was reopened since the debtor was read.
    Moved,
}

/// The column of a plan that is at fault where the debtor's own state refuses it.
fn field_at_fault(error: &AgreementError) -> &'static str {
    match error {
        AgreementError::NothingOpen(_) | AgreementError::Covered { .. } | AgreementError::TooManyInvoices(_) => {
            "invoice_numbers"
        }
        AgreementError::NothingOpenAtAll(_) => "currency",
        AgreementError::IdTaken(_) => "plan_ref",
        AgreementError::InThePast { .. } | AgreementError::Instalments => "instalments",
        AgreementError::NothingPromised(_)
        | AgreementError::NotTheBalance { .. }
        | AgreementError::MoreThanOpen { .. }
        | AgreementError::NoDispute(_)
        | AgreementError::Money(_) => "amount",
    }
}

/// Why a dispute cannot be resolved so.
#[derive(Debug, thiserror::Error)]
pub enum ResolveError {
    /// The rules refuse it.
    #[error(transparent)]
    Agreement(#[from] AgreementError),
    /// Amounts do not add up.
    #[error(transparent)]
    Booking(#[from] BookingError),
}

/// Books a credit note over what was accepted of a dispute.
fn credit_note(
    debtor: &mut Debtor,
    dispute: &AgreementId,
    (invoice, amount): (&InvoiceId, Money),
    now: Timestamp,
    journal: &mut Journal,
) -> Result<Remittance, ResolveError> {
    let kind = RemittanceKind::CreditNote;
    let names = SourceName::parse("dispute").ok().zip(OutsideId::parse(dispute.as_str()).ok());
    let (source, outside_id) = names.ok_or_else(|| AgreementError::NoDispute(dispute.clone()))?;
    let id = RemittanceId { kind, source, outside_id };
    let on = TimeZone::UTC.to_datetime(now).date();
    let report = Report {
        amount: Some(amount),
        progress: Some(Progress::new(kind, Stage::Settled, now)),
        target: Some(Target::Invoice(invoice.clone())),
        on: Some(on),
        ..Report::about(id.clone())
    };
    let mut note = Remittance::unseen(id.clone());
    note.join(&report).map_err(BookingError::from)?;
    if let Some(course) = note.course().map_err(BookingError::from)? {
        debtor.book_on_invoice(&id, invoice, (None, &course), journal)?;
    }
    note.booked = Some((debtor.id.clone(), Some(invoice.clone())));
    Ok(note)
}
