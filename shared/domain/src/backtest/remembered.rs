//! A history from what the books hold of a debtor.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;

use super::{Fact, History};
use crate::agreement::{Agreement, Cover};
use crate::calendar::Zone;
use crate::debtor::{Debtor, Proposal, is_by_rule};
use crate::hold::Hold;
use crate::ids::InvoiceId;
use crate::intake::{Due, InvoiceDraft};
use crate::invoice::{Invoice, Standing};
use crate::ledger::{Entry, EntryKind};
use crate::money::Money;
use crate::profile::ProfilePatch;

/// What the books hold of a debtor.
#[derive(Debug, Clone)]
pub struct Remembered {
    /// The debtor as it is, with what is live.
    pub debtor: Debtor,
    /// Invoices that are closed.
    pub closed: Vec<Invoice>,
    /// The ledger.
    pub entries: Vec<Entry>,
    /// Holds that are over, and when they ended.
    pub holds: Vec<(Hold, Timestamp)>,
    /// Agreements that are over, and when they ended.
    pub agreements: Vec<(Agreement, Timestamp)>,
}

impl History {
    /// The months that led to this. Addresses, consents and the debtor's clock are taken as they are today; what came and
    /// went within a day on its calendar is left out, because a day is as fine as a history is.
    #[must_use]
    pub fn remembered(books: Remembered) -> Self {
        let Remembered { debtor, closed, entries, holds, agreements } = books;
        let invoices: Vec<Invoice> = debtor.invoices.values().cloned().chain(closed).collect();
        let issued: BTreeMap<InvoiceId, Date> = invoices.iter().map(|one| (one.id.clone(), one.issue_date)).collect();
        let mut facts: Vec<(Date, Fact)> = invoices.iter().map(|invoice| raised(&debtor, invoice, &entries)).collect();
        // What a rule charged, the replay charges where its policy does.
        for entry in entries.into_iter().filter(|entry| !is_by_rule(entry)) {
            // What was paid ahead counts once there is something to pay.
            let known = entry.invoice.as_ref().and_then(|invoice| issued.get(invoice)).copied();
            facts.push((known.map_or(entry.on, |issued| entry.on.max(issued)), Fact::Entry(entry)));
        }
        let zone = &debtor.profile.zone;
        facts.extend(debtor.holds.values().map(|hold| (zone.date(hold.since), Fact::Hold(hold.clone()))));
        facts.extend(debtor.agreements.values().map(|one| (zone.date(one.made_at), agreed(one))));
        for (hold, ended) in holds {
            let over = Fact::Lifted(hold.id.clone());
            facts.extend(between(zone, (hold.since, Fact::Hold(hold)), (ended, over)));
        }
        for (one, ended) in agreements {
            let over = Fact::Ended(one.id.clone());
            facts.extend(between(zone, (one.made_at, agreed(&one)), (ended, over)));
        }
        Self::new(Debtor::new(debtor.tenant, debtor.id, debtor.profile), facts)
    }
}

/// The invoice as it was raised; all that came of it is in the ledger.
fn raised(debtor: &Debtor, invoice: &Invoice, entries: &[Entry]) -> (Date, Fact) {
    let first = |entry: &&Entry| entry.kind == EntryKind::Charge && entry.invoice.as_ref() == Some(&invoice.id);
    let draft = InvoiceDraft {
        debtor: debtor.id.clone(),
        profile: ProfilePatch::default(),
        id: invoice.id.clone(),
        source: invoice.source.clone(),
        customer: None,
        issue_date: invoice.issue_date,
        due_date: Due::On(invoice.due_date),
        total: entries.iter().find(first).map_or(invoice.sums.total, |entry| entry.amount),
        description: invoice.description.clone(),
        standing: Standing::Open,
        reported_paid: Money::zero(invoice.currency()),
        stamp: None,
        attempts: None,
    };
    (invoice.issue_date, Fact::Invoice(Box::new(draft)))
}

fn agreed(agreement: &Agreement) -> Fact {
    let invoices = match &agreement.cover {
        Cover::Account => BTreeSet::new(),
        Cover::Invoices(invoices) => invoices.clone(),
    };
    Fact::Agreed(Box::new(Proposal {
        id: agreement.id.clone(),
        account: agreement.account.clone(),
        invoices,
        made_by: agreement.made_by,
        terms: agreement.terms.clone(),
        note: agreement.note.clone(),
    }))
}

/// What began and what ended it, where that was not on one day.
fn between(zone: &Zone, (from, began): (Timestamp, Fact), (to, ended): (Timestamp, Fact)) -> Vec<(Date, Fact)> {
    let (from, to) = (zone.date(from), zone.date(to));
    if from < to { vec![(from, began), (to, ended)] } else { Vec::new() }
}
