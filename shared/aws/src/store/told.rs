//! What a commit tells, where the history has no record of its own for it: it rides on the first history item of the
//! commit's moment, so that it costs bytes, and has an item of its own where there is none.

use dunlin_domain::event::EventKind;

use super::debtor::Commit;
use super::record::{EventRecord, Item};
use super::{StoreError, attributes, key};

/// The attribute of a history item that holds what its commit tells.
pub(super) const TOLD: &str = "told";

/// What is told of nowhere else: entries, decisions, messages, tasks, contacts, changes, and holds and agreements that are
/// over have records, an invoice shows in its entries, and a cycle in its decisions.
const KINDS: [EventKind; 15] = [
    EventKind::PaymentPending,
    EventKind::PaymentFailed,
    EventKind::CycleResumed,
    EventKind::HoldSet,
    EventKind::PromiseMade,
    EventKind::PlanMade,
    EventKind::InstalmentPaid,
    EventKind::InstalmentMissed,
    EventKind::SettlementOffered,
    EventKind::DisputeOpened,
    EventKind::ContactOptedOut,
    EventKind::ContactSuppressed,
    EventKind::ContactRestored,
    EventKind::CreditLimitExceeded,
    EventKind::CreditLimitRestored,
];

/// Puts what the commit tells on one of its history items.
pub(super) fn ride(commit: &Commit<'_>, history: &mut Vec<Item>) -> Result<(), StoreError> {
    let told = commit.journal.events.iter().filter(|event| KINDS.contains(&event.kind));
    let told: Vec<EventRecord> = told.map(EventRecord::of).collect();
    if told.is_empty() {
        return Ok(());
    }
    let told = serde_dynamo::to_attribute_value(told).map_err(|error| StoreError::corrupt(TOLD, error))?;
    let debtor = &commit.loaded.debtor;
    let version = commit.loaded.version().saturating_add(1);
    let own = key::past(&debtor.tenant, &debtor.id, commit.now, key::TOLD, &format!("{version:08}"));
    let moment = own.sk.split(key::TOLD).next().unwrap_or_default();
    let now = |item: &&mut Item| item.get("SK").and_then(|sk| sk.as_s().ok()).is_some_and(|sk| sk.starts_with(moment));
    match history.iter_mut().find(now) {
        Some(carrier) => drop(carrier.insert(TOLD.to_owned(), told)),
        None => {
            let mut item = attributes(&own);
            item.insert(TOLD.to_owned(), told);
            history.push(item);
        }
    }
    Ok(())
}
