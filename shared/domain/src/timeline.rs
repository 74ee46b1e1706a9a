//! What happened to a debtor, as a person reads it.

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
        _ => happened(kind),
    }
}

/// Of events that have no record of their own.
fn happened(kind: &str) -> &'static str {
    match kind {
        "payment.pending" => "a payment is under way",
        "payment.failed" => "a payment that was under way will not come",
        "cycle.resumed" => "what was settled is owed again, and chased on from where it was left",
        "hold.set" => "a hold was set: what it covers is not chased",
        "promise.made" => "the debtor promised to pay",
        "plan.made" => "a payment plan was agreed",
        "plan.instalment_paid" => "an instalment was paid",
        "plan.instalment_missed" => "an instalment did not come in time",
        "settlement.offered" => "less was offered to be taken for the whole",
        "dispute.opened" => "the debtor contests an invoice",
        "contact.opted_out" => "the debtor wants no more e-mail",
        "contact.suppressed" => "an address is not used any more",
        "contact.restored" => "an address may be used again",
        "credit_limit.exceeded" => "more is owed than may be",
        "credit_limit.restored" => "what is owed is within the limit again",
        _ => "something happened",
    }
}
