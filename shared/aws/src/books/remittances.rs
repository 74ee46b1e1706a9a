//! Taking payments and credit notes in, in whatever order they are reported.

use dunlin_domain::allocation::Advice;
use dunlin_domain::course::Course;
use dunlin_domain::debtor::{AtHand, BookingError, Journal, Needs, OnAccount};
use dunlin_domain::ids::{AccountKey, DebtorId, InvoiceId};
use dunlin_domain::intake::BOOKS;
use dunlin_domain::remittance::{Progress, Remittance, RemittanceKind, Report, Stage, Target};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::allocating::ALLOCATED_PER_COMMIT;
use super::{Books, BooksError, Races, Rejection};
use crate::store::{Loaded, Receipt, Reference, ReferenceKey, StoreError, Tenancy, Versioned, Writes};

/// What became of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reported {
    /// It was booked for the first time.
    Booked,
    /// It changed what was known.
    Updated,
    /// It is kept until its invoice is known.
    Awaiting,
    /// It says nothing new.
    Unchanged,
}

/// What became of a report, or why it was not taken in.
pub type Answer = Result<Reported, Rejection>;

/// Where a remittance belongs.
enum Place {
    Invoice(DebtorId, InvoiceId, Date),
    Account(DebtorId, AccountKey),
    Customer(DebtorId, AccountKey),
}

/// What a report changes.
struct Change {
    was: Option<Course>,
    is: Course,
    reversed_on: Option<Date>,
    /// How many invoices its first step settles at most.
    size: usize,
}

impl Books {
    /// Takes in a report about a payment or credit note. Any order and any number of reports end in the same books.
    ///
    /// # Errors
    /// [`BooksError`] where the table fails; the same call goes on from there.
    pub async fn record_report(
        &self,
        tenancy: &Tenancy,
        report: &Report,
        receipt: Option<&Receipt>,
        now: Timestamp,
    ) -> Result<Answer, BooksError> {
        let mut races = Races::default();
        let mut size = ALLOCATED_PER_COMMIT;
        loop {
            match self.try_report(tenancy, report, receipt, (now, size)).await {
                Ok((answer, allocating)) => {
                    if let Some(debtor) = allocating {
                        self.finish_allocating(tenancy, &debtor, now).await?;
                    }
                    return Ok(answer);
                }
                Err(BooksError::Store(StoreError::TooLarge(_))) if size > 1 => size = size.div_ceil(2),
                Err(BooksError::Store(error)) => races.lost(error).await?,
                Err(error) => return Err(error),
            }
        }
    }

    /// One round: what became of it, and the debtor whose payment is not wholly allocated yet.
    async fn try_report(
        &self,
        tenancy: &Tenancy,
        report: &Report,
        receipt: Option<&Receipt>,
        (now, size): (Timestamp, usize),
    ) -> Result<(Answer, Option<DebtorId>), BooksError> {
        let found = self.store.remittances(&tenancy.tenant, std::slice::from_ref(&report.id)).await?;
        let Some(known) = found.into_iter().next() else { return Err(StoreError::Conflict.into()) };
        let mut joined = known.value.clone();
        if let Err(rejection) = contradicts(&known.value, report) {
            return Ok((Err(rejection), None));
        }
        if let Err(error) = joined.join(report) {
            return Ok((Err(Rejection { field: "currency", reason: error.to_string() }), None));
        }
        if known.version > 0 && says_nothing_new(&known.value, &joined) {
            let spread = matches!(joined.target, Some(Target::Debtor(..)));
            let allocating = known.value.booked.map(|(debtor, _)| debtor).filter(|_| spread);
            return Ok((Ok(Reported::Unchanged), allocating));
        }
        let was = known.value.course().map_err(BookingError::from)?.filter(|_| known.value.booked.is_some());
        let is = joined.course().map_err(BookingError::from)?;
        let mut writes = Writes { receipt: receipt.cloned(), ..Writes::default() };
        let waits_on = self.waits_on(tenancy, &joined).await?;
        let place = place(tenancy, &joined, waits_on.as_ref());
        let joined = Versioned { value: joined, version: known.version };
        let (Some(place), Some(is)) = (place, is) else {
            self.keep(tenancy, joined, waits_on, writes, now).await?;
            return Ok((Ok(Reported::Awaiting), None));
        };
        let first = known.value.booked.is_none();
        let change = Change { was, is, reversed_on: report.reversed_on, size };
        let allocating = self.book(tenancy, place, joined, change, &mut writes, now).await?;
        match allocating {
            Ok(allocating) => Ok((Ok(if first { Reported::Booked } else { Reported::Updated }), allocating)),
            Err(rejection) => Ok((Err(rejection), None)),
        }
    }

    async fn waits_on(&self, tenancy: &Tenancy, remittance: &Remittance) -> Result<Option<Reference>, StoreError> {
        let Some(key) = remittance.target.as_ref().and_then(ReferenceKey::of) else { return Ok(None) };
        Ok(self.store.references(&tenancy.tenant, [key.clone()]).await?.remove(&key))
    }

    /// Keeps what cannot be booked yet, on the list of what it waits for.
    async fn keep(
        &self,
        tenancy: &Tenancy,
        joined: Versioned<Remittance>,
        waits_on: Option<Reference>,
        mut writes: Writes,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let id = joined.value.id.clone();
        // Without its amount nothing can be booked, even once the invoice is there; the amount will bring it up again.
        if let Some(mut reference) = waits_on.filter(|_| joined.value.amount.is_some())
            && !reference.awaiting.contains(&id)
        {
            reference.awaiting.push(id);
            writes.references.push(reference);
        }
        writes.remittances.push(joined);
        if self.dry.is_some() {
            return Ok(());
        }
        self.store.park(&tenancy.tenant, &writes, now).await
    }

    async fn book(
        &self,
        tenancy: &Tenancy,
        place: Place,
        mut joined: Versioned<Remittance>,
        Change { was, is, reversed_on, size }: Change,
        writes: &mut Writes,
        now: Timestamp,
    ) -> Result<Result<Option<DebtorId>, Rejection>, BooksError> {
        let id = joined.value.id.clone();
        let today = TimeZone::UTC.to_datetime(now).date();
        let reversed_on = reversed_on.unwrap_or(today);
        let on = joined.value.counts_from();
        let mut journal = Journal::default();
        let debtor = match &place {
            Place::Invoice(debtor, ..) | Place::Account(debtor, _) | Place::Customer(debtor, _) => debtor,
        };
        let mut loaded = self.load_or_new(tenancy, debtor).await?;
        // What time has made of agreements comes first: whether a scan was here before must not matter.
        self.roll(tenancy, &mut loaded, &mut journal, now).await?;
        stop_watching(&mut loaded, &joined.value);
        let advice = joined.value.advice();
        let booked = match &place {
            Place::Invoice(_, invoice, issued) => {
                self.store.load_closed(&mut loaded, &[(invoice.clone(), *issued)]).await?;
                // Reopened or closed between the two reads, it was found by neither.
                if !loaded.debtor.invoices.contains_key(invoice) {
                    return Err(StoreError::Conflict.into());
                }
                self.load_settled(tenancy, &mut loaded).await?;
                // What was only watched as a customer's payment has not been booked on the invoice.
                let was = was.filter(|_| matches!(&joined.value.booked, Some((_, Some(_)))));
                loaded.debtor.book_on_invoice(&id, invoice, (was.as_ref(), &is), &mut journal)
            }
            Place::Account(_, account) => {
                let known = joined.value.booked.is_some();
                let recorded = if known { self.store.allocations_recorded(&tenancy.tenant, &id).await? } else { 0 };
                let told = OnAccount { remittance: &id, account, on, reversed_on, advice: &advice, recorded };
                let effects = (was.map(|was| was.effect()), Some(is.effect()));
                loaded.debtor.book_on_account(told, effects, &mut journal)
            }
            Place::Customer(_, key) => {
                loaded.debtor.watch(&id, key, Some(is.effect()));
                Ok(())
            }
        };
        if let Err(error) = booked {
            return Ok(Err(Rejection { field: "currency", reason: error.to_string() }));
        }
        let more = if loaded.debtor.needs() == Needs::Advice(id.clone()) {
            self.place_named(tenancy, &mut loaded, &advice, size, (&mut journal, writes)).await?
        } else {
            self.load_settled(tenancy, &mut loaded).await?;
            loaded.debtor.allocate(tenancy.allocation, size, AtHand::Nothing, &mut journal)?
        };
        let (debtor, invoice) = match place {
            Place::Invoice(debtor, invoice, _) => (debtor, Some(invoice)),
            Place::Account(debtor, _) | Place::Customer(debtor, _) => (debtor, None),
        };
        joined.value.booked = Some((debtor.clone(), invoice));
        writes.remittances.push(joined);
        self.commit(tenancy, &mut loaded, journal, writes, now).await?;
        if self.dry.is_some() {
            self.finish_from(tenancy, &mut loaded, Some((id, advice)), now).await?;
        }
        Ok(Ok(more.then_some(debtor)))
    }
}

/// A tenant's own books say when something was handed in, and the same handed in again is no news. A provider says when it
/// happened, which orders its reports.
fn says_nothing_new(known: &Remittance, joined: &Remittance) -> bool {
    let again = joined.id.source.as_str() == BOOKS && joined.progress.stage() == known.progress.stage();
    let progress = if again { known.progress } else { joined.progress };
    Remittance { progress, ..joined.clone() } == *known
}

/// A tenant's own books name an amount and a purpose once; a provider's reports may add to what is known.
fn contradicts(known: &Remittance, report: &Report) -> Result<(), Rejection> {
    if report.id.source.as_str() != BOOKS || known.amount.is_none() {
        return Ok(());
    }
    if report.id.kind == RemittanceKind::Payment
        && known.progress.stage() == Stage::Settled
        && report.progress.map(Progress::stage) == Some(Stage::Failed)
    {
        let reason = format!(
            "{} settled, and cannot fail any more; say returned if the bank took it back",
            report.id.outside_id
        );
        return Err(Rejection { field: "status", reason });
    }
    let again = |field, was: String| {
        Err(Rejection { field, reason: format!("{} was handed in before with {was}", report.id.outside_id) })
    };
    match (known.amount, report.amount) {
        (Some(was), Some(is)) if was != is => return again("amount", format!("{was} {}", was.currency())),
        _ => {}
    }
    match &known.target {
        Some(Target::Invoice(was)) if known.target != report.target => again("invoice_number", was.number.to_string()),
        Some(Target::Debtor(was, portfolio, advice)) => match &report.target {
            // What it is for need not be said again.
            Some(Target::Debtor(of, to, said)) if (of, to) == (was, portfolio) => {
                let same = said == advice || *said == Advice::none();
                if same { Ok(()) } else { again("allocations", "another purpose".to_owned()) }
            }
            _ => again("debtor_ref", was.to_string()),
        },
        _ => Ok(()),
    }
}

fn place(tenancy: &Tenancy, remittance: &Remittance, reference: Option<&Reference>) -> Option<Place> {
    let currency = remittance.amount?.currency();
    match remittance.target.as_ref()? {
        Target::Invoice(_) | Target::OutsideInvoice(..) => {
            let (invoice, issued) = reference?.invoice.clone()?;
            Some(Place::Invoice(reference?.debtor.clone()?, invoice, issued))
        }
        Target::Debtor(debtor, portfolio, _) => {
            Some(Place::Account(debtor.clone(), AccountKey { portfolio: portfolio.clone(), currency }))
        }
        Target::OutsideCustomer(..) => {
            let key = AccountKey { portfolio: tenancy.default_portfolio.clone(), currency };
            Some(Place::Customer(reference?.debtor.clone()?, key))
        }
    }
}

/// A customer's payment that turns out to be for an invoice is no longer watched on the account.
fn stop_watching(loaded: &mut Loaded, remittance: &Remittance) {
    for account in loaded.debtor.accounts.values_mut() {
        account.in_flight.remove(&remittance.id);
    }
}
