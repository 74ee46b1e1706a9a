//! What a change has to tell. What the ledger did is told from its entries, in this one place, so that none is forgotten;
//! what was said of payments is told where it was heard.

use super::Journal;
use crate::event::{Event, EventKind};
use crate::ledger::{ALLOCATED, Entry, EntryKind, OVERPAYMENT, PAID_BACK};

impl Journal {
    /// Everything that others may want to know of the change, in order: at most one event for each entry of the ledger, and
    /// what happened besides.
    #[must_use]
    pub fn told(&self) -> Vec<Event> {
        self.events.iter().cloned().chain(self.entries.iter().filter_map(of_entry)).collect()
    }
}

/// What an entry tells, where nothing else tells it.
fn of_entry(entry: &Entry) -> Option<Event> {
    let kind = kind_of(entry)?;
    let size = if entry.amount.is_positive() { entry.amount } else { entry.amount.negated() };
    let mut event = Event::new(kind).account(&entry.account).amount(size);
    (event.invoice, event.reference) = (entry.invoice.clone(), entry.reference.clone());
    event.detail = entry.note.clone().filter(|_| entry.invoice.is_some() || kind == EventKind::CreditMoved);
    Some(event)
}

fn kind_of(entry: &Entry) -> Option<EventKind> {
    let (up, note) = (entry.amount.is_positive(), entry.note.as_deref());
    match (entry.kind, entry.invoice.is_some()) {
        (EntryKind::Fee, _) => Some(if up { EventKind::FeeCharged } else { EventKind::FeeTakenBack }),
        (EntryKind::Interest, _) => Some(if up { EventKind::InterestCharged } else { EventKind::InterestTakenBack }),
        (EntryKind::WriteOff, _) => Some(if up { EventKind::Recovered } else { EventKind::WrittenOff }),
        (EntryKind::Payment | EntryKind::Credit, false) if note == Some(ALLOCATED) => Some(EventKind::CreditApplied),
        (EntryKind::Refund, false) if note == Some(PAID_BACK) => Some(EventKind::CreditRefunded),
        (EntryKind::Adjustment, false) if note == Some(OVERPAYMENT[1]) => {
            Some(if up { EventKind::CreditFell } else { EventKind::CreditArose })
        }
        // The other end of the same move is not told again.
        (EntryKind::Adjustment, false) => up.then_some(EventKind::CreditMoved),
        // Told with the invoice, or with the payment or credit note.
        (EntryKind::Charge | EntryKind::Payment | EntryKind::Credit | EntryKind::Refund, _)
        | (EntryKind::Chargeback | EntryKind::Adjustment, _) => None,
    }
}
