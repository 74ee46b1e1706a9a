//! The index `due` as an operator sees it: when each debtor is looked at next.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::error::ReplayError;
use crate::client::Client;
use crate::error::LocalError;

/// A debtor in the index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Head {
    /// The item's partition key, which names tenant and debtor.
    pub(crate) key: String,
    pub(crate) due_at: Timestamp,
}

/// What was last seen in each shard of the index.
#[derive(Debug, Clone, Default)]
pub(crate) struct DueIndex {
    shards: Vec<Vec<Head>>,
}

impl DueIndex {
    /// As many shards as the deployed functions know of.
    pub(crate) fn new(client: &Client) -> Result<Self, LocalError> {
        let variables = client.environment("aging-scan")?;
        let shards = variables.get("DUE_SHARDS").and_then(Value::as_str).and_then(|text| text.parse().ok());
        let shards: usize = shards.ok_or_else(|| ReplayError::unexpected("the function's DUE_SHARDS", &variables))?;
        Ok(Self { shards: vec![Vec::new(); shards] })
    }

    #[cfg(test)]
    pub(crate) fn of(shards: Vec<Vec<Head>>) -> Self {
        Self { shards }
    }

    /// Reads every shard anew.
    pub(crate) fn refresh(&mut self, client: &Client) -> Result<(), LocalError> {
        let all: Vec<usize> = (0..self.shards.len()).collect();
        self.refresh_only(client, &all)
    }

    pub(crate) fn refresh_only(&mut self, client: &Client, shards: &[usize]) -> Result<(), LocalError> {
        for number in shards {
            let heads = read_shard(client, *number)?;
            if let Some(shard) = self.shards.get_mut(*number) {
                *shard = heads;
            }
        }
        Ok(())
    }

    /// The full hour at or after `earliest` in which somebody is due next.
    pub(crate) fn next_hour(&self, earliest: Timestamp) -> Option<Timestamp> {
        let next = self.heads().map(|head| head.due_at).min()?;
        Some(full_hour_from(next.max(earliest)))
    }

    /// The shards that hold somebody who is due by `hour`: only they can change by a scan for it.
    pub(crate) fn shards_due(&self, hour: Timestamp) -> Vec<usize> {
        let due = |shard: &[Head]| shard.iter().any(|head| head.due_at <= hour);
        self.shards.iter().enumerate().filter(|(_, shard)| due(shard)).map(|(number, _)| number).collect()
    }

    pub(crate) fn due(&self, hour: Timestamp) -> BTreeSet<&str> {
        self.heads().filter(|head| head.due_at <= hour).map(|head| head.key.as_str()).collect()
    }

    fn heads(&self) -> impl Iterator<Item = &Head> {
        self.shards.iter().flatten()
    }
}

/// The full hour at or after a moment: the scheduler wakes the scan at full hours only.
fn full_hour_from(at: Timestamp) -> Timestamp {
    const SECONDS: i64 = 3600;
    let beyond = at.as_second().rem_euclid(SECONDS);
    let partly = beyond > 0 || at.subsec_nanosecond() != 0;
    let floor = Timestamp::from_second(at.as_second().saturating_sub(beyond)).unwrap_or(at);
    if partly { floor.saturating_add(SignedDuration::from_hours(1)).unwrap_or(Timestamp::MAX) } else { floor }
}

fn read_shard(client: &Client, number: usize) -> Result<Vec<Head>, LocalError> {
    let mut heads = Vec::new();
    let mut start = Value::Null;
    loop {
        let mut query = json!({
            "TableName": client.stack().table,
            "IndexName": "due",
            "KeyConditionExpression": "due_shard = :shard",
            "ExpressionAttributeValues": { ":shard": { "S": format!("DUE#{number}") } },
        });
        if !start.is_null()
            && let Some(query) = query.as_object_mut()
        {
            query.insert("ExclusiveStartKey".to_owned(), start);
        }
        let mut answer = client.dynamodb("Query", &query)?;
        for item in answer.get("Items").and_then(Value::as_array).into_iter().flatten() {
            heads.push(head(item).ok_or_else(|| ReplayError::unexpected("an item of the index", item))?);
        }
        start = answer.get_mut("LastEvaluatedKey").map(Value::take).unwrap_or_default();
        if start.is_null() {
            return Ok(heads);
        }
    }
}

fn head(item: &Value) -> Option<Head> {
    let text = |name: &str| item.get(name)?.get("S")?.as_str();
    Some(Head { key: text("PK")?.to_owned(), due_at: text("due_at")?.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn one(key: &str, due_at: &str) -> Head {
        Head { key: key.to_owned(), due_at: at(due_at) }
    }

    #[test]
    fn the_next_hour_is_a_full_one_and_none_before_the_day() {
        let index = DueIndex::of(vec![
            vec![one("a", "2026-03-02T08:00:00Z")],
            vec![],
            vec![one("b", "2026-03-02T09:30:00Z"), one("c", "2026-03-02T07:00:01Z")],
        ]);
        assert_eq!(index.next_hour(at("2026-03-02T00:00:00Z")), Some(at("2026-03-02T08:00:00Z")));
        assert_eq!(index.next_hour(at("2026-03-02T09:00:00Z")), Some(at("2026-03-02T09:00:00Z")));
        assert_eq!(DueIndex::default().next_hour(at("2026-03-02T00:00:00Z")), None);
    }

    #[test]
    fn only_shards_with_somebody_due_are_touched() {
        let index = DueIndex::of(vec![vec![one("a", "2026-03-02T08:00:00Z")], vec![one("b", "2026-03-02T08:00:01Z")]]);
        let hour = at("2026-03-02T08:00:00Z");
        assert_eq!(index.shards_due(hour), [0]);
        assert_eq!(index.due(hour).into_iter().collect::<Vec<_>>(), ["a"]);
    }

    #[test]
    fn an_item_of_the_index_is_read_as_the_store_writes_it() {
        let item = json!({
            "PK": { "S": "T#demo#D#C1" }, "SK": { "S": "LIVE#DEBTOR" },
            "due_shard": { "S": "DUE#3" }, "due_at": { "S": "2026-03-02T08:00:00Z" },
        });
        assert_eq!(head(&item), Some(one("T#demo#D#C1", "2026-03-02T08:00:00Z")));
        assert_eq!(head(&json!({ "PK": { "S": "T#demo#D#C1" } })), None);
    }
}
