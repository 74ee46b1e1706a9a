//! A batch of documents into the books: grouped by debtor, several debtors at a time, each debtor's in order.

use std::collections::BTreeMap;

use dunlin_aws::books::{Books, BooksError, Rejection, Reported};
use dunlin_aws::store::Tenancy;
use dunlin_domain::debtor::Invoiced;
use dunlin_domain::ids::DebtorId;
use dunlin_domain::intake::{CreditNoteDraft, Document, FieldError, InvoiceDraft};
use futures_util::StreamExt as _;
use futures_util::stream;
use jiff::Timestamp;

/// Debtors written at the same time.
const CONCURRENCY: usize = 8;

/// What became of a document.
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

/// Remembers what a file or a call has said of each number, so that a number cannot mean two things in it. Digests
/// only: a million rows take some tens of megabytes.
#[derive(Debug, Default)]
pub(crate) struct Numbers(std::collections::HashMap<u64, u64>);

impl Numbers {
    /// The document, unless it contradicts an earlier one of the same number.
    pub(crate) fn admit(&mut self, document: Document) -> Result<Document, Vec<FieldError>> {
        let Document::Invoice(draft) = &document else { return Ok(document) };
        let digest = short(&draft.digest());
        match self.0.insert(short_of(&draft.id.to_string()), digest) {
            Some(earlier) if earlier != digest => {
                // The first one stands.
                self.0.insert(short_of(&draft.id.to_string()), earlier);
                let reason = format!("{} stands above with other content", draft.id.number);
                Err(vec![FieldError { field: "invoice_number".into(), reason }])
            }
            _ => Ok(document),
        }
    }
}

/// The first 64 bits of a digest in hexadecimal digits.
fn short(digest: &str) -> u64 {
    digest.get(..16).and_then(|digits| u64::from_str_radix(digits, 16).ok()).unwrap_or_default()
}

fn short_of(text: &str) -> u64 {
    use sha2::{Digest, Sha256};
    Sha256::digest(text).iter().take(8).fold(0, |sum, byte| (sum << 8) | u64::from(*byte))
}

/// Books documents and answers for each, in order.
///
/// # Errors
/// [`BooksError`] where the table fails; what was booked stands, and the same batch goes on from there.
pub(crate) async fn book(
    books: &Books,
    tenancy: &Tenancy,
    documents: Vec<Document>,
    now: Timestamp,
) -> Result<Vec<Status>, BooksError> {
    let mut statuses = vec![Status::Unchanged; documents.len()];
    let mut invoices: BTreeMap<DebtorId, (Vec<usize>, Vec<InvoiceDraft>)> = BTreeMap::new();
    let mut notes: Vec<(usize, CreditNoteDraft)> = Vec::new();
    for (index, document) in documents.into_iter().enumerate() {
        match document {
            Document::Invoice(draft) => {
                let (places, drafts) = invoices.entry(draft.debtor.clone()).or_default();
                places.push(index);
                drafts.push(draft);
            }
            Document::CreditNote(note) => notes.push((index, note)),
        }
    }
    let debtors = stream::iter(invoices).map(|(debtor, (places, drafts))| async move {
        let recorded = books.record_invoices(tenancy, &debtor, &drafts, None, now).await?;
        Ok::<_, BooksError>(places.into_iter().zip(recorded).collect::<Vec<_>>())
    });
    let recorded: Vec<_> = debtors.buffer_unordered(CONCURRENCY).collect().await;
    for debtor in recorded {
        for (place, recorded) in debtor? {
            if let Some(status) = statuses.get_mut(place) {
                *status = match recorded {
                    Ok(Invoiced::Created) => Status::Created,
                    Ok(Invoiced::Updated) => Status::Updated,
                    Ok(Invoiced::Unchanged) => Status::Unchanged,
                    Err(rejection) => Status::rejected(rejection),
                };
            }
        }
    }
    for (place, note) in notes {
        let answer = books.record_report(tenancy, &note.report, None, now).await?;
        if let Some(status) = statuses.get_mut(place) {
            *status = match answer {
                Ok(Reported::Booked | Reported::Awaiting) => Status::Created,
                Ok(Reported::Updated) => Status::Updated,
                Ok(Reported::Unchanged) => Status::Unchanged,
                Err(rejection) => Status::rejected(rejection),
            };
        }
    }
    Ok(statuses)
}
