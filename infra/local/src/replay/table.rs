//! What the replay left in the table, read back debtor by debtor.

use std::collections::BTreeMap;
use std::thread;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use jiff::Timestamp;
use jiff::civil::Date;

use super::error::ReplayError;
use crate::client::Client;
use crate::error::LocalError;

/// The emulator is one process: more threads would only queue there.
const READERS: usize = 3;

/// A message as stored once it is over; the latest word on each id counts.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Message {
    #[serde(skip)]
    pub(crate) debtor: String,
    pub(crate) message_id: String,
    pub(crate) portfolio: String,
    pub(crate) currency: String,
    pub(crate) step: String,
    pub(crate) stage: String,
    pub(crate) cycle: String,
    pub(crate) channel: String,
    pub(crate) lines: Vec<Line>,
    /// Minor units.
    pub(crate) amount_due: i64,
    pub(crate) planned_at: Timestamp,
    #[serde(default)]
    pub(crate) settled_at: Option<Timestamp>,
    /// `sent`, `withheld`, `failed`, `unknown`; `pending` for one that is under way.
    #[serde(default = "pending")]
    pub(crate) status: String,
}

fn pending() -> String {
    "pending".to_owned()
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Line {
    /// Portfolio and number.
    pub(crate) invoice: String,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Decision {
    #[serde(skip)]
    pub(crate) debtor: String,
    pub(crate) at: Timestamp,
    pub(crate) policy: String,
    pub(crate) policy_version: u32,
    pub(crate) inputs: String,
    pub(crate) accounts: Vec<AccountDecision>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct AccountDecision {
    pub(crate) portfolio: String,
    pub(crate) currency: String,
    pub(crate) action: String,
    #[serde(default)]
    pub(crate) step: Option<String>,
    #[serde(default)]
    pub(crate) message_id: Option<String>,
    pub(crate) reasons: Vec<Reason>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Reason {
    pub(crate) rule: String,
    #[serde(rename = "for")]
    pub(crate) speaks_for: bool,
    pub(crate) detail: String,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Invoice {
    #[serde(skip)]
    pub(crate) debtor: String,
    /// Portfolio and number.
    pub(crate) invoice: String,
    pub(crate) currency: String,
    /// Minor units.
    pub(crate) total: i64,
    /// Minor units.
    pub(crate) balance: i64,
    pub(crate) status: String,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Entry {
    #[serde(skip)]
    pub(crate) debtor: String,
    pub(crate) kind: String,
    #[serde(default)]
    pub(crate) invoice: Option<String>,
    /// Minor units of the debt: a payment is negative.
    pub(crate) amount: i64,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Task {
    pub(crate) step: String,
}

#[derive(Debug, Deserialize)]
struct Head {
    #[serde(default)]
    accounts: Vec<HeadAccount>,
}

#[derive(Debug, Deserialize)]
struct HeadAccount {
    #[serde(default)]
    pending: Option<Pending>,
}

#[derive(Debug, Deserialize)]
struct Pending {
    plan: Map<String, Value>,
    planned_at: Timestamp,
}

/// All that was recorded of the replay's debtors.
#[derive(Debug, Clone, Default)]
pub(crate) struct Records {
    pub(crate) messages: Vec<Message>,
    pub(crate) decisions: Vec<Decision>,
    pub(crate) invoices: Vec<Invoice>,
    pub(crate) entries: Vec<Entry>,
    pub(crate) tasks: Vec<Task>,
}

impl Records {
    /// Reads every debtor's partition.
    pub(crate) fn read(client: &Client, debtors: &[String]) -> Result<Self, LocalError> {
        let share = debtors.len().div_ceil(READERS).max(1);
        let parts: Vec<Result<Self, LocalError>> = thread::scope(|scope| {
            let read = |share| scope.spawn(move || Self::read_some(client, share));
            let readers: Vec<_> = debtors.chunks(share).map(read).collect();
            readers.into_iter().map(|reader| reader.join().unwrap_or(Err(ReplayError::Thread.into()))).collect()
        });
        let mut all = Self::default();
        for part in parts {
            let part = part?;
            all.messages.extend(part.messages);
            all.decisions.extend(part.decisions);
            all.invoices.extend(part.invoices);
            all.entries.extend(part.entries);
            all.tasks.extend(part.tasks);
        }
        all.messages = latest(all.messages);
        all.decisions.sort_by(|a, b| (a.at, &a.debtor).cmp(&(b.at, &b.debtor)));
        all.invoices.sort_by(|a, b| (number(&a.invoice), &a.invoice).cmp(&(number(&b.invoice), &b.invoice)));
        Ok(all)
    }

    fn read_some(client: &Client, debtors: &[String]) -> Result<Self, LocalError> {
        let mut records = Self::default();
        for debtor in debtors {
            let partition = format!("T#{}#D#{debtor}", client.stack().tenant);
            query(client, &partition, "", |sort_key, body| records.take(debtor, sort_key, body))?;
        }
        Ok(records)
    }

    fn take(&mut self, debtor: &str, sort_key: &str, body: Value) -> Result<(), ReplayError> {
        let debtor = debtor.to_owned();
        match kind(sort_key) {
            "MESSAGE" => self.messages.push(Message { debtor, ..record(body)? }),
            "DECISION" => self.decisions.push(Decision { debtor, ..record(body)? }),
            "INVOICE" => self.invoices.push(Invoice { debtor, ..record(body)? }),
            "ENTRY" => self.entries.push(Entry { debtor, ..record(body)? }),
            "TASK" => self.tasks.push(record(body)?),
            "DEBTOR" => {
                for Pending { mut plan, planned_at } in
                    record::<Head>(body)?.accounts.into_iter().filter_map(|one| one.pending)
                {
                    plan.insert("planned_at".to_owned(), planned_at.to_string().into());
                    self.messages.push(Message { debtor: debtor.clone(), ..record(Value::Object(plan))? });
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// `LIVE#DEBTOR`, `LIVE#INVOICE#<id>`, `PAST#<time>#<KIND>#<number>`.
fn kind(sort_key: &str) -> &str {
    let mut parts = sort_key.split('#');
    match parts.next() {
        Some("LIVE") => parts.next().unwrap_or_default(),
        Some("PAST") => parts.nth(1).unwrap_or_default(),
        _ => "",
    }
}

/// One for each id: the one that was sent, else the one that was settled last.
fn latest(messages: Vec<Message>) -> Vec<Message> {
    let mut by_id: BTreeMap<String, Message> = BTreeMap::new();
    for message in messages {
        let word = |message: &Message| (message.status == "sent", message.settled_at.unwrap_or(Timestamp::MAX));
        match by_id.get(&message.message_id) {
            Some(known) if word(known) > word(&message) => {}
            _ => drop(by_id.insert(message.message_id.clone(), message)),
        }
    }
    let mut messages: Vec<Message> = by_id.into_values().collect();
    messages.sort_by(|a, b| (a.planned_at, &a.debtor, &a.message_id).cmp(&(b.planned_at, &b.debtor, &b.message_id)));
    messages
}

/// The number within `portfolio/number`.
pub(crate) fn number(invoice: &str) -> &str {
    invoice.split_once('/').map_or(invoice, |(_, number)| number)
}

fn record<T: DeserializeOwned>(body: Value) -> Result<T, ReplayError> {
    let shown = body.to_string();
    serde_json::from_value(body)
        .map_err(|error| ReplayError::unexpected("an item of the table", format!("{error}: {shown}")))
}

/// What was booked and sent on an account on one day; amounts are minor units of the debt.
pub(crate) type DayCounters = BTreeMap<String, i64>;

/// The counters of an account, by day.
pub(crate) fn days(
    client: &Client,
    portfolio: &str,
    currency: &str,
) -> Result<BTreeMap<Date, DayCounters>, LocalError> {
    const DAY: &str = "DAY#";
    let partition = format!("T#{}#METRIC#{portfolio}#{currency}", client.stack().tenant);
    let mut days = BTreeMap::new();
    query(client, &partition, DAY, |sort_key, body| {
        let day = sort_key.strip_prefix(DAY).and_then(|day| day.parse().ok());
        let day: Date = day.ok_or_else(|| ReplayError::unexpected("a counter", sort_key))?;
        let counters = body.as_object().into_iter().flatten();
        days.insert(day, counters.filter_map(|(name, count)| Some((name.clone(), count.as_i64()?))).collect());
        Ok(())
    })?;
    Ok(days)
}

/// Reads a partition in the order of its sort keys.
fn query(
    client: &Client,
    partition: &str,
    prefix: &str,
    mut take: impl FnMut(&str, Value) -> Result<(), ReplayError>,
) -> Result<(), LocalError> {
    let (condition, values) = if prefix.is_empty() {
        ("PK = :pk", json!({ ":pk": { "S": partition } }))
    } else {
        ("PK = :pk AND begins_with(SK, :prefix)", json!({ ":pk": { "S": partition }, ":prefix": { "S": prefix } }))
    };
    let mut query = json!({
        "TableName": client.stack().table,
        "KeyConditionExpression": condition,
        "ExpressionAttributeValues": values,
        "ConsistentRead": true,
    });
    loop {
        let mut answer = client.dynamodb("Query", &query)?;
        for item in answer.get_mut("Items").and_then(Value::as_array_mut).into_iter().flatten() {
            let mut body = plain_item(item.take());
            let sort_key = body.as_object_mut().and_then(|body| body.remove("SK")).unwrap_or_default();
            take(sort_key.as_str().unwrap_or_default(), body)?;
        }
        match (answer.get_mut("LastEvaluatedKey").map(Value::take), query.as_object_mut()) {
            (Some(start), Some(query)) => drop(query.insert("ExclusiveStartKey".to_owned(), start)),
            _ => return Ok(()),
        }
    }
}

fn plain_item(item: Value) -> Value {
    match item {
        Value::Object(attributes) => attributes.into_iter().map(|(name, attribute)| (name, plain(attribute))).collect(),
        other => other,
    }
}

/// `{"S": "x"}` becomes `"x"`, and so on: what the store wrote with `serde_dynamo`.
fn plain(attribute: Value) -> Value {
    let Value::Object(attribute) = attribute else { return attribute };
    match attribute.into_iter().next() {
        Some((kind, Value::String(digits))) if kind == "N" => {
            digits.parse::<i64>().map_or(Value::String(digits), Value::from)
        }
        Some((kind, Value::Array(items))) if kind == "L" => items.into_iter().map(plain).collect(),
        Some((kind, map)) if kind == "M" => plain_item(map),
        Some((kind, _)) if kind == "NULL" => Value::Null,
        Some((_, value)) => value,
        None => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(id: &str, status: &str, settled_at: &str) -> Value {
        json!({
            "schema": 1, "message_id": id, "portfolio": "main", "currency": "GBP", "policy": "default",
            "policy_version": 1, "step": "reminder-1", "stage": "early", "offset_days": 1, "cycle": "1",
            "channel": "email", "lines": [{ "invoice": "main/I1", "due_date": "2026-03-01", "balance": 1000 }],
            "credit": 0, "amount_due": 1000, "planned_at": "2026-03-02T08:00:00Z", "settled_at": settled_at,
            "status": status, "provider_id": "p1",
        })
    }

    fn taken(items: &[(&str, Value)]) -> Records {
        let mut records = Records::default();
        for (sort_key, body) in items {
            records.take("C1", sort_key, body.clone()).unwrap();
        }
        records
    }

    #[test]
    fn attributes_become_plain_values() {
        let item = json!({
            "SK": { "S": "LIVE#DEBTOR" }, "version": { "N": "12" }, "on": { "BOOL": true }, "none": { "NULL": true },
            "list": { "L": [{ "N": "-3" }, { "M": { "a": { "S": "b" } } }] },
        });
        let plain = json!({ "SK": "LIVE#DEBTOR", "version": 12, "on": true, "none": null, "list": [-3, { "a": "b" }] });
        assert_eq!(plain_item(item), plain);
    }

    #[test]
    fn the_kind_of_an_item_is_in_its_key() {
        assert_eq!(kind("LIVE#DEBTOR"), "DEBTOR");
        assert_eq!(kind("LIVE#INVOICE#main/A#1"), "INVOICE");
        assert_eq!(kind("PAST#2026-03-02T08:00:00.000000Z#MESSAGE#0001"), "MESSAGE");
        assert_eq!(kind("PAST#2026-03-02T00:00:00.000000Z#INVOICE#main/A#1"), "INVOICE");
        assert_eq!(kind("CURSOR"), "");
    }

    #[test]
    fn a_message_that_was_withheld_and_sent_later_is_one_that_was_sent() {
        let key = "PAST#2026-03-02T08:00:00.000000Z#MESSAGE#1";
        let records = taken(&[
            (key, message("m1", "sent", "2026-03-02T09:00:00Z")),
            (key, message("m1", "withheld", "2026-03-02T08:00:00Z")),
            (key, message("m2", "withheld", "2026-03-02T08:00:00Z")),
            (key, message("m2", "failed", "2026-03-02T10:00:00Z")),
        ]);
        let found: Vec<(String, String)> =
            latest(records.messages).into_iter().map(|one| (one.message_id, one.status)).collect();
        assert_eq!(found, [("m1".into(), "sent".into()), ("m2".into(), "failed".into())]);
    }

    #[test]
    fn a_message_under_way_is_found_on_the_head() {
        let mut plan = message("m1", "", "");
        for field in ["planned_at", "settled_at", "status", "provider_id"] {
            plan.as_object_mut().unwrap().remove(field);
        }
        let pending = json!({ "plan": plan, "planned_at": "2026-03-02T08:00:00Z" });
        let head = json!({ "accounts": [{ "portfolio": "main", "pending": pending }, { "portfolio": "other" }] });
        let records = taken(&[("LIVE#DEBTOR", head)]);
        assert_eq!(records.messages.len(), 1);
        assert_eq!((records.messages[0].status.as_str(), records.messages[0].settled_at), ("pending", None));
    }
}
