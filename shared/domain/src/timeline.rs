//! What happened to a debtor, as a person reads it.

use crate::event::EventKind;

/// What an entry of a timeline is, in plain words. `kind` is what it is, `what` what its record calls it: of an entry of the
/// ledger its kind, of a message its status, of what is over how it ended.
#[must_use]
pub fn words(kind: &str, what: &str) -> &'static str {
    match (kind, what) {
        ("entry", "charge") => "an invoice was raised",
        ("entry", "payment") => "money came in, or was placed",
        ("entry", "credit") => "a credit note counts",
        ("entry", "refund") => "money was paid back",
        ("entry", "chargeback") => "the bank took money back, or it was won back",
        ("entry", "fee") => "a fee was charged",
        ("entry", "interest") => "interest was charged, or taken back",
        ("entry", "write_off") => "a part was given up, or made good",
        ("entry", _) => "the balance was adjusted",
        ("message", "sent") => "a message went out",
        ("message", "withheld") => "a message was held back",
        ("message", "failed") => "a message could not be sent",
        ("message", _) => "nobody knows whether a message went out",
        ("decision", _) => "it was decided what to do",
        ("task", _) => "a person has something to do",
        ("change", _) => "what is known of the debtor was changed",
        ("contact", _) => "a person made a contact, or planned one",
        ("reply", _) => "the debtor answered",
        ("invoice", _) => "an invoice that is closed was issued",
        ("hold", _) => "a hold ended",
        ("agreement", "kept" | "completed") => "what was agreed was kept",
        ("agreement", "partly_kept") => "a part of what was agreed was kept",
        ("agreement", "broken" | "defaulted" | "lapsed") => "what was agreed was not kept",
        ("agreement", "cancelled") => "what was agreed was called off",
        ("agreement", _) => "a dispute ended",
        _ => EventKind::parse(kind).map_or("something happened", happened),
    }
}

/// Of events that have no record of their own.
fn happened(kind: EventKind) -> &'static str {
    match kind {
        EventKind::PaymentPending => "a payment is under way",
        EventKind::PaymentFailed => "a payment that was under way will not come",
        EventKind::CycleResumed => "what was settled is owed again, and chased on from where it was left",
        EventKind::HoldSet => "a hold was set: what it covers is not chased",
        EventKind::PromiseMade => "the debtor promised to pay",
        EventKind::PlanMade => "a payment plan was agreed",
        EventKind::InstalmentPaid => "an instalment was paid",
        EventKind::InstalmentMissed => "an instalment did not come in time",
        EventKind::SettlementOffered => "less was offered to be taken for the whole",
        EventKind::DisputeOpened => "the debtor contests an invoice",
        EventKind::ContactOptedOut => "the debtor wants no more e-mail",
        EventKind::ContactSuppressed => "an address is not used any more",
        EventKind::ContactRestored => "an address may be used again",
        EventKind::CreditLimitExceeded => "more is owed than may be",
        EventKind::CreditLimitRestored => "what is owed is within the limit again",
        _ => "something happened",
    }
}
