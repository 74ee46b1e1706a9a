//! What more than one function shows. Amounts are decimal strings, days dates.

use dunlin_domain::ledger::Entry;
use serde_json::{Value, json};

/// An entry of the ledger.
#[must_use]
pub fn entry(entry: &Entry) -> Value {
    json!({
        "kind": entry.kind.as_str(),
        "portfolio": entry.account.portfolio.as_str(),
        "currency": entry.account.currency.code(),
        "invoice_number": entry.invoice.as_ref().map(|invoice| invoice.number.as_str()),
        "amount": entry.amount.to_string(),
        "on": entry.on.to_string(),
        "reference": entry.reference,
        "note": entry.note,
    })
}
