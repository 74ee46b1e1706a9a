//! Things as the API shows them. Amounts are decimal strings, times RFC 3339, days dates.

use dunlin_domain::agreement::{Agreement, Cover, Instalment, Terms};
use dunlin_domain::debtor::{ChargeKind, Debtor, DueCharge};
use dunlin_domain::hold::{Hold, HoldScope};
use dunlin_domain::ledger::Entry;
use serde_json::{Value, json};

/// A hold that stands.
pub(crate) fn hold(hold: &Hold) -> Value {
    let scope = match &hold.scope {
        HoldScope::Debtor => json!({ "of": "debtor" }),
        HoldScope::Account(account) => json!({
            "of": "account", "portfolio": account.portfolio.as_str(), "currency": account.currency.code(),
        }),
        HoldScope::Invoice(invoice) => json!({
            "of": "invoice", "portfolio": invoice.portfolio.as_str(), "invoice_number": invoice.number.as_str(),
        }),
        HoldScope::Amount(invoice, amount) => json!({
            "of": "amount",
            "portfolio": invoice.portfolio.as_str(),
            "invoice_number": invoice.number.as_str(),
            "amount": amount.to_string(),
            "currency": amount.currency().code(),
        }),
    };
    json!({
        "id": hold.id.as_str(),
        "reason": hold.reason.as_str(),
        "scope": scope,
        "since": hold.since.to_string(),
        "until": hold.until.map(|until| until.to_string()),
        "set_by": hold.set_by.as_str(),
        "note": hold.note,
    })
}

/// An agreement that stands.
pub(crate) fn agreement(agreement: &Agreement) -> Value {
    let invoices = match &agreement.cover {
        Cover::Account => Value::Null,
        Cover::Invoices(invoices) => invoices.iter().map(|invoice| invoice.number.as_str()).collect(),
    };
    let mut shown = json!({
        "id": agreement.id.as_str(),
        "kind": agreement.terms.kind(),
        "portfolio": agreement.account.portfolio.as_str(),
        "currency": agreement.account.currency.code(),
        "invoice_numbers": invoices,
        "made_at": agreement.made_at.to_string(),
        "made_by": agreement.made_by.as_str(),
        "received": agreement.received.to_string(),
        "note": agreement.note,
    });
    if let (Some(shown), Value::Object(terms)) = (shown.as_object_mut(), terms(agreement)) {
        shown.extend(terms);
    }
    shown
}

fn terms(agreement: &Agreement) -> Value {
    match &agreement.terms {
        Terms::Promise(one) => {
            json!({ "amount": one.amount().to_string(), "by": one.by().to_string(), "grace_days": one.grace_days() })
        }
        Terms::Settlement(one) => json!({ "accepts": one.accepts().to_string(), "by": one.by().to_string() }),
        Terms::Dispute(one) => json!({
            "amount": one.amount().map(|amount| amount.to_string()),
            "reason": one.reason().as_str(),
            "evidence": one.evidence(),
        }),
        Terms::Plan(plan) => {
            let unpaid: Vec<Instalment> = plan.unpaid(agreement.received).collect();
            let instalment = |one: &Instalment| {
                let left = unpaid.iter().find(|left| left.due == one.due).map(|left| left.amount.to_string());
                json!({ "due": one.due.to_string(), "amount": one.amount.to_string(), "unpaid": left })
            };
            json!({
                "instalments": plan.instalments().iter().map(instalment).collect::<Vec<_>>(),
                "grace_days": plan.grace_days(),
                "misses_allowed": plan.misses_allowed(),
            })
        }
    }
}

/// An entry of the ledger.
pub(crate) fn entry(entry: &Entry) -> Value {
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

/// What a rule charges on a day, if nothing happens before.
pub(crate) fn due_charge(charge: &DueCharge) -> Value {
    let kind = match charge.kind {
        ChargeKind::Fee => "fee",
        ChargeKind::Interest => "interest",
    };
    json!({
        "invoice_number": charge.invoice.number.as_str(),
        "kind": kind,
        "amount": charge.amount.to_string(),
        "on": charge.on.to_string(),
        "rule": charge.rule.as_str(),
        "note": charge.why,
    })
}

/// What is open, by account; two currencies are never added.
pub(crate) fn balances(debtor: &Debtor) -> Value {
    let balance = |key| debtor.balance(key).map(|balance| balance.to_string()).ok();
    let balances = debtor.accounts.keys().map(
        |key| json!({ "portfolio": key.portfolio.as_str(), "currency": key.currency.code(), "balance": balance(key) }),
    );
    balances.collect()
}
