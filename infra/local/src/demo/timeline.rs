//! One debtor's timeline, as the API tells it, a line for each thing that happened.

use serde_json::{Map, Value};

use crate::client::{Client, encoded};
use crate::error::LocalError;
use crate::replay::{ReplayError, number};

const PAGE: usize = 200;

/// One thing that happened.
#[derive(Debug, Clone, PartialEq)]
struct Event {
    at: String,
    kind: String,
    body: Map<String, Value>,
}

/// Name and time zone of a debtor, and its whole timeline, oldest first.
pub(crate) fn told(client: &Client, debtor: &str) -> Result<String, LocalError> {
    let profile = client.api_get(&format!("/v1/debtors/{debtor}"))?;
    let text = |name: &str| profile.json.get(name).and_then(Value::as_str).unwrap_or("?").to_owned();
    let mut lines = vec![format!("{} ({debtor}), {}", text("name"), text("time_zone")), String::new()];
    lines.extend(events(client, debtor)?.iter().map(line));
    Ok(lines.join("\n"))
}

fn events(client: &Client, debtor: &str) -> Result<Vec<Event>, LocalError> {
    let mut events = Vec::new();
    let mut page = String::new();
    loop {
        let answer = client.api_get(&format!("/v1/debtors/{debtor}/timeline?limit={PAGE}{page}"))?;
        let entries = answer.json.get("entries").and_then(Value::as_array);
        let entries = entries.ok_or_else(|| ReplayError::unexpected("the timeline", &answer.text))?;
        for entry in entries {
            events.push(event(entry).ok_or_else(|| ReplayError::unexpected("the timeline", entry))?);
        }
        match answer.json.get("next").and_then(Value::as_str) {
            Some(next) => page = format!("&after={}", encoded(next)),
            None => break,
        }
    }
    in_order(&mut events);
    Ok(events)
}

/// Oldest first; of one moment, what came in before what it led to.
fn in_order(events: &mut [Event]) {
    const KINDS: [&str; 5] = ["invoice", "entry", "decision", "task", "message"];
    events.reverse();
    events.sort_by_key(|event| (event.at.clone(), KINDS.iter().position(|kind| *kind == event.kind)));
}

fn event(entry: &Value) -> Option<Event> {
    Some(Event {
        at: entry.get("at")?.as_str()?.to_owned(),
        kind: entry.get("kind")?.as_str()?.to_owned(),
        body: entry.get("body")?.as_object()?.clone(),
    })
}

/// `2026-03-02 08:00  reminder-1 ..`, times in UTC.
fn line(event: &Event) -> String {
    let minute: String = event.at.chars().take("2026-03-02T08:00".len()).collect();
    let text = |name: &str| event.body.get(name).and_then(Value::as_str).unwrap_or_default();
    let currency = text("currency");
    let invoice = number(text("invoice"));
    let told = match event.kind.as_str() {
        "invoice" => format!(
            "invoice   {invoice}: {} {currency}, due {}; in the end {}",
            text("total"),
            text("due_date"),
            text("status")
        ),
        "entry" => {
            let note = if text("note").is_empty() { String::new() } else { format!(" ({})", text("note")) };
            let on = if invoice.is_empty() { "the account" } else { invoice };
            format!("booked    {} {} {currency} on {on}{note}", text("kind").replace('_', " "), text("amount"))
        }
        "message" => {
            let empty = Vec::new();
            let lines = event.body.get("lines").and_then(Value::as_array).unwrap_or(&empty);
            let numbers: Vec<&str> =
                lines.iter().filter_map(|line| line.get("invoice")?.as_str()).map(number).collect();
            let what = format!("{} by {}", text("step"), text("channel"));
            let why = reasons(&event.body);
            let why = if why.is_empty() { why } else { format!(": {why}") };
            format!(
                "message   {what} {} for {} {currency}, {}{why}",
                text("status"),
                text("amount_due"),
                numbers.join(" ")
            )
        }
        "task" => format!("task      {} ({}), {} {currency} overdue", text("kind"), text("step"), text("amount_due")),
        "decision" => decision(&event.body),
        other => format!("{other:<9} {}", Value::Object(event.body.clone())),
    };
    format!("  {}  {told}", minute.replace('T', " "))
}

fn decision(body: &Map<String, Value>) -> String {
    let accounts = body.get("accounts").and_then(Value::as_array);
    let account = |account: &Value| {
        let body = account.as_object()?;
        let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
        let action = match text("action") {
            "none" => "do nothing".to_owned(),
            action => format!("{action} {}", text("step")),
        };
        Some(format!("{action} ({}): {}", text("currency"), reasons(body)))
    };
    let told: Vec<String> = accounts.into_iter().flatten().filter_map(account).collect();
    format!("decision  {}", told.join(" | "))
}

/// `+ overdue 9 days, - quiet_hours until ..`: what spoke for and against.
fn reasons(body: &Map<String, Value>) -> String {
    let reasons = body.get("reasons").and_then(Value::as_array);
    let told = |reason: &Value| {
        let sign = if reason.get("for")?.as_bool()? { '+' } else { '-' };
        Some(format!("{sign} {}, {}", reason.get("rule")?.as_str()?.replace('_', " "), reason.get("detail")?.as_str()?))
    };
    reasons.into_iter().flatten().filter_map(told).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(kind: &str, body: Value) -> String {
        let entry = json!({ "at": "2026-03-02T08:00:00.000000Z", "kind": kind, "body": body });
        line(&event(&entry).unwrap())
    }

    #[test]
    fn each_kind_of_event_is_one_line() {
        assert_eq!(
            told(
                "message",
                json!({ "step": "reminder-1", "channel": "email", "status": "sent", "amount_due": "12.50",
                    "currency": "GBP", "lines": [{ "invoice": "main/I1" }, { "invoice": "main/I2" }] })
            ),
            "  2026-03-02 08:00  message   reminder-1 by email sent for 12.50 GBP, I1 I2"
        );
        assert_eq!(
            told("entry", json!({ "kind": "payment", "amount": "-5.00", "currency": "GBP", "invoice": "main/I1" })),
            "  2026-03-02 08:00  booked    payment -5.00 GBP on I1"
        );
        assert_eq!(
            told(
                "decision",
                json!({ "accounts": [{ "action": "none", "currency": "GBP", "reasons": [
                    { "rule": "quiet_hours", "for": false, "detail": "until eight" }] }] })
            ),
            "  2026-03-02 08:00  decision  do nothing (GBP): - quiet hours, until eight"
        );
        assert!(told("surprise", json!({ "a": 1 })).contains("surprise"));
    }

    #[test]
    fn what_happened_at_one_moment_is_told_from_cause_to_effect() {
        let event = |at: &str, kind: &str| Event { at: at.into(), kind: kind.into(), body: Map::new() };
        let mut events = vec![event("2", "entry"), event("1", "message"), event("1", "entry"), event("1", "decision")];
        in_order(&mut events);
        let found: Vec<(&str, &str)> = events.iter().map(|one| (one.at.as_str(), one.kind.as_str())).collect();
        assert_eq!(found, [("1", "entry"), ("1", "decision"), ("1", "message"), ("2", "entry")]);
    }

    #[test]
    fn the_next_page_is_asked_for_in_an_address() {
        assert_eq!(encoded("2026-03-02T08:00:00Z#DECISION#1"), "2026-03-02T08%3A00%3A00Z%23DECISION%231");
    }
}
