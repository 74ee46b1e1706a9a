//! The counters follow the table a moment later, through the stream: waiting for them, and a look at them on the way.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use jiff::civil::Date;
use serde_json::{Map, Value, json};

use super::error::ReplayError;
use crate::client::Client;
use crate::error::LocalError;

/// `BatchGetItem` takes this many keys; a debtor takes two.
const DEBTORS_PER_CALL: usize = 50;
const KEYS_PER_CALL: usize = 100;
const PAUSE: Duration = Duration::from_millis(50);
/// The projector's batches take seconds at most.
const PATIENCE: Duration = Duration::from_secs(120);

/// Waits until all that these debtors' commits changed has been counted: the projector's cursor has reached the head's
/// sequence.
pub(crate) fn wait_until_complete(client: &Client, debtors: &[String]) -> Result<(), LocalError> {
    let mut since = Instant::now();
    let mut left: Vec<String> = debtors.to_vec();
    loop {
        let mut behind = Vec::new();
        for some in left.chunks(DEBTORS_PER_CALL) {
            behind.extend(behind_of(client, some)?);
        }
        let Some(first) = behind.first() else { return Ok(()) };
        if behind.len() < left.len() {
            since = Instant::now();
        } else if since.elapsed() > PATIENCE {
            let stuck = format!("{} debtors are not counted in full, {first} first", behind.len());
            let log = client.stack().log.clone();
            return Err(ReplayError::Behind { waited_seconds: since.elapsed().as_secs(), stuck, log }.into());
        }
        left = behind;
        std::thread::sleep(PAUSE);
    }
}

fn behind_of(client: &Client, debtors: &[String]) -> Result<Vec<String>, LocalError> {
    let partition = |debtor: &String| format!("T#{}#D#{debtor}", client.stack().tenant);
    let keys = debtors.iter().flat_map(|debtor| {
        ["LIVE#DEBTOR", "CURSOR"].map(|sort_key| json!({ "PK": { "S": partition(debtor) }, "SK": { "S": sort_key } }))
    });
    let items = batch_get(client, &keys.collect::<Vec<_>>(), &["version", "sequence"])?;
    // The cursor's version is the sequence that it has reached.
    let reached = |item: &Value| text(item, "sequence").or_else(|| text(item, "version"));
    let sequences: BTreeMap<(String, String), String> =
        items.iter().filter_map(|item| Some(((text(item, "PK")?, text(item, "SK")?), reached(item)?))).collect();
    let sequence = |debtor: &String, sort_key: &str| sequences.get(&(partition(debtor), sort_key.to_owned()));
    // A debtor of rejected rows only has neither.
    let is_behind = |debtor: &&String| sequence(debtor, "LIVE#DEBTOR") != sequence(debtor, "CURSOR");
    Ok(debtors.iter().filter(is_behind).cloned().collect())
}

/// Which of these partitions hold a debtor who has a message under way.
pub(crate) fn unsettled(client: &Client, partitions: &BTreeSet<String>) -> Result<Vec<String>, LocalError> {
    let mut unsettled = Vec::new();
    for some in partitions.iter().collect::<Vec<_>>().chunks(KEYS_PER_CALL) {
        let keys = some.iter().map(|partition| json!({ "PK": { "S": partition }, "SK": { "S": "LIVE#DEBTOR" } }));
        let items = batch_get(client, &keys.collect::<Vec<_>>(), &["unsettled"])?;
        unsettled
            .extend(items.iter().filter(|item| item.get("unsettled").is_some()).filter_map(|item| text(item, "PK")));
    }
    Ok(unsettled)
}

/// Messages that went out, by counter, for the progress bar.
#[derive(Debug, Default)]
pub(crate) struct SentSoFar(BTreeMap<(String, String), u64>);

impl SentSoFar {
    /// Looks at a day and the one before, whose last messages may not have been counted at the time.
    pub(crate) fn update(
        &mut self,
        client: &Client,
        accounts: &BTreeSet<(String, String)>,
        day: Date,
    ) -> Result<u64, LocalError> {
        let days = [day.yesterday().unwrap_or(day), day];
        for some in accounts.iter().collect::<Vec<_>>().chunks(KEYS_PER_CALL / 2) {
            let keys = some.iter().flat_map(|(portfolio, currency)| {
                let partition = format!("T#{}#METRIC#{portfolio}#{currency}", client.stack().tenant);
                days.map(|day| json!({ "PK": { "S": partition }, "SK": { "S": format!("DAY#{day}") } }))
            });
            for item in batch_get(client, &keys.collect::<Vec<_>>(), &["sent"])? {
                let sent = text(&item, "sent").and_then(|digits| digits.parse().ok()).unwrap_or(0);
                self.0.extend(text(&item, "PK").zip(text(&item, "SK")).map(|counter| (counter, sent)));
            }
        }
        Ok(self.0.values().sum())
    }
}

/// Reads items by key, consistently, with their keys and these numbers.
fn batch_get(client: &Client, keys: &[Value], numbers: &[&str]) -> Result<Vec<Value>, LocalError> {
    let table = &client.stack().table;
    let aliases: Vec<String> = (0..numbers.len()).map(|index| format!("#n{index}")).collect();
    let names: Map<String, Value> =
        aliases.iter().cloned().zip(numbers.iter().map(|name| Value::from(*name))).collect();
    let request = json!({
        "Keys": keys,
        "ConsistentRead": true,
        "ProjectionExpression": format!("PK, SK, {}", aliases.join(", ")),
        "ExpressionAttributeNames": names,
    });
    let mut wanted = json!({ table: request });
    let mut items = Vec::new();
    loop {
        let mut answer = client.dynamodb("BatchGetItem", &json!({ "RequestItems": wanted }))?;
        let found = answer.get_mut("Responses").and_then(|responses| responses.get_mut(table));
        items.extend(found.and_then(Value::as_array_mut).map(std::mem::take).unwrap_or_default());
        wanted = answer.get_mut("UnprocessedKeys").map(Value::take).unwrap_or_default();
        if wanted.as_object().is_none_or(Map::is_empty) {
            return Ok(items);
        }
    }
}

fn text(item: &Value, name: &str) -> Option<String> {
    let attribute = item.get(name)?.as_object()?;
    attribute.values().next()?.as_str().map(str::to_owned)
}
