//! What debtor and creditor agree on after the replay: a plan, a dispute and a settlement, through the API.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::client::Client;
use crate::error::LocalError;
use crate::replay::{Invoice, Records, ReplayError, number};

/// Three stories of three debtors who still owe something, a line for each thing that happened.
pub(crate) fn told(client: &Client, records: &Records, at: Timestamp) -> Result<String, LocalError> {
    let mut debtors = BTreeSet::new();
    // One invoice each, large enough to be cut.
    let open = records.invoices.iter().filter(|one| one.balance >= 10_000 && debtors.insert(one.debtor.clone()));
    let mut lines = Vec::new();
    for (invoice, story) in open.zip([plan, dispute, settlement]) {
        lines.extend(story(&Desk { client, invoice, at })?);
    }
    Ok(lines.iter().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n"))
}

/// Where a story is told: the API, an open invoice, and when.
struct Desk<'a> {
    client: &'a Client,
    invoice: &'a Invoice,
    at: Timestamp,
}

impl Desk<'_> {
    fn post(&self, path: &str, body: &Value) -> Result<Value, LocalError> {
        let answer = self.client.api_post(path, body, Some(self.at))?;
        if answer.is_success() { Ok(answer.json) } else { Err(ReplayError::unexpected("the API", &answer.text).into()) }
    }

    /// A call about the debtor.
    fn ask(&self, what: &str, body: &Value) -> Result<Value, LocalError> {
        self.post(&format!("/v1/debtors/{}/{what}", self.invoice.debtor), body)
    }

    /// Percent of what is open, in major units.
    fn share(&self, percent: i64) -> String {
        let minor = self.invoice.balance.saturating_mul(percent) / 100;
        format!("{}.{:02}", minor / 100, minor % 100)
    }

    fn heading(&self, what: &str) -> String {
        let Invoice { debtor, invoice, currency, .. } = self.invoice;
        format!("{debtor}, {} over {} {currency}: {what}", number(invoice), self.share(100))
    }
}

fn plan(desk: &Desk<'_>) -> Result<Vec<String>, LocalError> {
    let (number, currency) = (number(&desk.invoice.invoice), &desk.invoice.currency);
    let schedule = json!({ "total": desk.share(100), "first": "2026-05-31", "every": "1 month", "count": 3 });
    let body = json!({ "currency": currency, "invoice_numbers": [number], "schedule": schedule });
    let made = desk.ask("plans", &body)?;
    let mut lines = vec![desk.heading("a plan of three instalments")];
    for one in made.pointer("/plan/instalments").and_then(Value::as_array).into_iter().flatten() {
        lines.push(format!("  {}  {}", text(one, "due"), text(one, "amount")));
    }
    Ok(lines)
}

fn dispute(desk: &Desk<'_>) -> Result<Vec<String>, LocalError> {
    let (number, currency) = (number(&desk.invoice.invoice), &desk.invoice.currency);
    let contested = desk.share(40);
    let body = json!({ "currency": currency, "invoice_number": number, "amount": contested, "reason": "defective" });
    let opened = desk.ask("disputes", &body)?;
    let id = opened.pointer("/dispute/id").and_then(Value::as_str).unwrap_or_default();
    let decision = json!({ "outcome": "partly_accepted", "amount": desk.share(10) });
    let decided = desk.ask(&format!("disputes/{id}/resolution"), &decision)?;
    let mut lines = vec![desk.heading(&format!("{contested} contested as defective, a part accepted"))];
    lines.extend(entries(&decided));
    Ok(lines)
}

fn settlement(desk: &Desk<'_>) -> Result<Vec<String>, LocalError> {
    let Invoice { debtor, invoice, currency, .. } = desk.invoice;
    let (number, accepts) = (number(invoice), desk.share(70));
    let body = json!({ "currency": currency, "invoice_numbers": [number], "accepts": accepts, "by": "2026-05-31" });
    desk.ask("settlements", &body)?;
    let paid_on = desk.at.strftime("%Y-%m-%d").to_string();
    let payment = json!({ "payment_ref": format!("settled-{debtor}"), "invoice_number": number, "paid_on": paid_on, "amount": accepts, "currency": currency });
    desk.post("/v1/payments", &json!({ "payments": [payment] }))?;
    let shown = desk.client.api_get(&format!("/v1/debtors/{debtor}/timeline?limit=20"))?.json;
    let past = shown.get("entries").and_then(Value::as_array).into_iter().flatten();
    let booked = past.filter(|one| text(one, "kind") == "entry").filter_map(|one| one.get("body"));
    let mut lines = vec![desk.heading(&format!("{accepts} taken for the whole, and paid"))];
    lines.extend(booked.filter(|one| text(one, "invoice") == *invoice).take(2).map(entry));
    Ok(lines)
}

fn entries(answer: &Value) -> Vec<String> {
    answer.get("entries").and_then(Value::as_array).into_iter().flatten().map(entry).collect()
}

fn entry(entry: &Value) -> String {
    format!("  {:<10} {:>12}", text(entry, "kind"), text(entry, "amount"))
}

fn text(value: &Value, name: &str) -> String {
    value.get(name).and_then(Value::as_str).unwrap_or("?").to_owned()
}
