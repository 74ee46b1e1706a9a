//! What was handed in into the books: grouped by what belongs together, several groups at a time, each in order.

use std::collections::{BTreeMap, HashMap, VecDeque};

use dunlin_aws::books::{Books, BooksError, INVOICES_PER_COMMIT, Rejection, Reported};
use dunlin_aws::store::Tenancy;
use dunlin_domain::debtor::Invoiced;
use dunlin_domain::ids::DebtorId;
use dunlin_domain::intake::{Document, FieldError, InvoiceDraft, PlanDraft};
use dunlin_domain::remittance::{Report, Target};
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use crate::pace::Pace;

/// What a row or an element asks to be booked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Entry {
    Invoice(Box<InvoiceDraft>),
    /// A credit note or a payment, and whom a credit note favours.
    Report(Box<Report>, Option<DebtorId>),
    Plan(Box<PlanDraft>),
}

impl From<Document> for Entry {
    fn from(document: Document) -> Self {
        match document {
            Document::Invoice(draft) => Self::Invoice(draft),
            Document::CreditNote(note) => Self::Report(note.report, Some(note.debtor)),
        }
    }
}

impl Entry {
    /// What it must be booked in one order with: its debtor, or where that is not said the invoice that it names.
    pub(crate) fn group(&self) -> String {
        match self {
            Self::Invoice(draft) => draft.debtor.to_string(),
            Self::Plan(draft) => draft.debtor.to_string(),
            Self::Report(_, Some(debtor)) => debtor.to_string(),
            Self::Report(report, None) => match &report.target {
                Some(Target::Debtor(debtor, ..)) => debtor.to_string(),
                Some(Target::Invoice(invoice)) => format!("\u{1f}{invoice}"),
                Some(Target::OutsideInvoice(..) | Target::OutsideCustomer(..)) | None => report.id.to_string(),
            },
        }
    }
}

/// What became of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Status {
    Created,
    Updated,
    Unchanged,
    Rejected(Vec<FieldError>),
}

impl Status {
    pub(crate) fn as_str(&self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Unchanged => "unchanged",
            Self::Rejected(_) => "rejected",
        }
    }

    fn rejected(rejection: Rejection) -> Self {
        Self::Rejected(vec![FieldError { field: rejection.field.into(), reason: rejection.reason }])
    }
}

/// Whether a number stands above already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seen {
    Never,
    /// With the same content.
    Same,
    /// The same payment in another state.
    Changed,
}

/// Remembers what a file or a call has said of each number, so that a number cannot mean two things in it. Digests
/// only: a hundred thousand rows take some megabytes.
#[derive(Debug, Default)]
pub(crate) struct Numbers(HashMap<u64, (u64, u64)>);

impl Numbers {
    /// The entry, unless it contradicts an earlier one of the same number. The first one stands.
    pub(crate) fn admit(&mut self, entry: Entry) -> Result<(Entry, Seen), Vec<FieldError>> {
        let (number, meaning, content) = digests(&entry);
        let Some(earlier) = self.0.get_mut(&number) else {
            self.0.insert(number, (meaning, content));
            return Ok((entry, Seen::Never));
        };
        if earlier.0 != meaning {
            let (field, number) = match &entry {
                Entry::Invoice(draft) => ("invoice_number", draft.id.number.to_string()),
                Entry::Report(report, Some(_)) => ("invoice_number", report.id.outside_id.to_string()),
                Entry::Report(report, None) => ("payment_ref", report.id.outside_id.to_string()),
                Entry::Plan(draft) => ("plan_ref", draft.reference.to_string()),
            };
            let reason = format!("{number} stands above with other content");
            return Err(vec![FieldError { field: field.into(), reason }]);
        }
        let seen = if earlier.1 == content { Seen::Same } else { Seen::Changed };
        earlier.1 = content;
        Ok((entry, seen))
    }
}

/// Of a number, of what may not change under it, and of everything. An invoice may not change at all within a file; a
/// payment may come to be settled.
fn digests(entry: &Entry) -> (u64, u64, u64) {
    match entry {
        Entry::Invoice(draft) => {
            let digest = draft.digest();
            let content = digest.get(..16).and_then(|digits| u64::from_str_radix(digits, 16).ok()).unwrap_or_default();
            (short_hash(&format!("invoice {}", draft.id)), content, content)
        }
        Entry::Plan(draft) => {
            let content = short_hash(&format!("{draft:?}"));
            (short_hash(&format!("plan {}", draft.reference)), content, content)
        }
        Entry::Report(report, _) => {
            let meaning = format!("{:?}\u{1f}{:?}", report.amount, report.target);
            let stage = report.progress.map(|progress| progress.stage());
            let back = format!("{:?}\u{1f}{:?}", report.refunded, report.contest);
            let content = format!("{meaning}\u{1f}{stage:?}\u{1f}{:?}\u{1f}{back}", report.on);
            (short_hash(&report.id.to_string()), short_hash(&meaning), short_hash(&content))
        }
    }
}

/// The first 64 bits of a hash.
pub(crate) fn short_hash(text: &str) -> u64 {
    Sha256::digest(text).iter().take(8).fold(0, |sum, byte| (sum << 8) | u64::from(*byte))
}

/// Entries that belong together, and how far they have come.
struct Group<'a> {
    debtor: Option<&'a DebtorId>,
    /// Invoices, as many at a time as one commit takes, each with its place among all entries.
    invoices: VecDeque<(Vec<usize>, Vec<InvoiceDraft>)>,
    reports: VecDeque<(usize, &'a Report)>,
    plans: VecDeque<(usize, &'a PlanDraft)>,
    statuses: Vec<(usize, Status)>,
}

impl<'a> Group<'a> {
    fn new() -> Self {
        Self {
            debtor: None,
            invoices: VecDeque::new(),
            reports: VecDeque::new(),
            plans: VecDeque::new(),
            statuses: Vec::new(),
        }
    }

    fn add(&mut self, place: usize, entry: &'a Entry) {
        match entry {
            Entry::Invoice(draft) => {
                self.debtor = Some(&draft.debtor);
                if self.invoices.back().is_none_or(|(_, drafts)| drafts.len() >= INVOICES_PER_COMMIT) {
                    self.invoices.push_back((Vec::new(), Vec::new()));
                }
                if let Some((places, drafts)) = self.invoices.back_mut() {
                    places.push(place);
                    drafts.push(InvoiceDraft::clone(draft));
                }
            }
            Entry::Report(report, _) => self.reports.push_back((place, report)),
            Entry::Plan(draft) => self.plans.push_back((place, draft)),
        }
    }

    /// Books what is left; what was booked before an error stays booked.
    async fn book(&mut self, books: &Books, tenancy: &Tenancy, now: Timestamp) -> Result<(), BooksError> {
        while let (Some(debtor), Some((places, drafts))) = (self.debtor, self.invoices.front()) {
            let recorded = books.record_invoices(tenancy, debtor, drafts, None, now).await?;
            self.statuses.extend(places.iter().copied().zip(recorded.into_iter().map(|recorded| match recorded {
                Ok(Invoiced::Created) => Status::Created,
                Ok(Invoiced::Updated) => Status::Updated,
                Ok(Invoiced::Unchanged) => Status::Unchanged,
                Err(rejection) => Status::rejected(rejection),
            })));
            self.invoices.pop_front();
        }
        while let Some((place, report)) = self.reports.front() {
            let status = match books.record_report(tenancy, report, None, now).await? {
                Ok(Reported::Booked | Reported::Awaiting) => Status::Created,
                Ok(Reported::Updated) => Status::Updated,
                Ok(Reported::Unchanged) => Status::Unchanged,
                Err(rejection) => Status::rejected(rejection),
            };
            self.statuses.push((*place, status));
            self.reports.pop_front();
        }
        while let Some((place, draft)) = self.plans.front() {
            let status = match books.agree_plan(tenancy, draft, now).await? {
                Ok(true) => Status::Created,
                Ok(false) => Status::Unchanged,
                Err(rejection) => Status::rejected(rejection),
            };
            self.statuses.push((*place, status));
            self.plans.pop_front();
        }
        Ok(())
    }
}

/// Books entries and answers for each, in order. Within a group invoices go before credit notes and payments, and
/// these before plans.
///
/// # Errors
/// [`BooksError`] where the table fails; what was booked stands, and the same entries go on from there.
pub(crate) async fn book(
    books: &Books,
    tenancy: &Tenancy,
    entries: &[Entry],
    pace: &mut Pace,
    now: Timestamp,
) -> Result<Vec<Status>, BooksError> {
    let mut groups: BTreeMap<String, Group<'_>> = BTreeMap::new();
    for (place, entry) in entries.iter().enumerate() {
        groups.entry(entry.group()).or_insert_with(Group::new).add(place, entry);
    }
    let booked = pace.run(groups.into_values().collect(), |mut group| async move {
        let done = group.book(books, tenancy, now).await;
        (group, done)
    });
    let mut statuses = vec![Status::Unchanged; entries.len()];
    for (place, status) in booked.await?.into_iter().flat_map(|group| group.statuses) {
        if let Some(slot) = statuses.get_mut(place) {
            *slot = status;
        }
    }
    Ok(statuses)
}
