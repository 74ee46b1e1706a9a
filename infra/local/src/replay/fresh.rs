//! An empty stack for a replay.
//!
//! Debtors of an earlier replay would be scanned along with the new ones, and their mail lie among the new: so each
//! replay begins with an emulator in which there is nothing yet. What a person has put into a running stack is not
//! thrown away unasked.

use std::fs;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::error::ReplayError;
use crate::client::Client;
use crate::console::say;
use crate::error::{LocalError, at};
use crate::stack::Description;
use crate::{down, paths, process, up};

const DEFAULT_PORT: u16 = 4566;

/// Notes which emulator a replay has filled.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Filled {
    process_group: u32,
}

fn mark() -> PathBuf {
    paths::local().join("replayed.json")
}

/// A stack for the time of a replay. One that was started for it goes when the replay is interrupted, and stays when it
/// is over.
pub(crate) struct Fresh {
    pub(crate) stack: Description,
    ours: bool,
}

impl Drop for Fresh {
    fn drop(&mut self) {
        if self.ours {
            process::keep_on_interrupt(self.stack.process_group);
        }
    }
}

/// A running stack without debtors: the one that runs, or a new one, on `port` if that is given.
pub(crate) fn stack(port: Option<u16>, build: bool) -> Result<Fresh, LocalError> {
    let mut running = Description::running()?;
    let port = port.or(running.as_ref().map(|stack| stack.port)).unwrap_or(DEFAULT_PORT);
    if let Some(stack) = &running
        && holds_debtors(&Client::new(stack.clone()))?
    {
        let filled = fs::read(mark()).ok().and_then(|bytes| serde_json::from_slice::<Filled>(&bytes).ok());
        if filled != Some(Filled { process_group: stack.process_group }) {
            return Err(ReplayError::Occupied { port: stack.port }.into());
        }
        say("The running stack holds an earlier replay: it makes way for an empty one.");
        down::down()?;
        running = None;
    }
    let stack = up::up(port, build)?;
    let ours = running.is_none();
    if ours {
        process::end_on_interrupt(stack.process_group);
    }
    let text = json!(Filled { process_group: stack.process_group }).to_string();
    fs::write(mark(), text).map_err(at(mark()))?;
    Ok(Fresh { stack, ours })
}

fn holds_debtors(client: &Client) -> Result<bool, LocalError> {
    let mut scan = json!({
        "TableName": client.stack().table,
        "FilterExpression": "SK = :head",
        "ExpressionAttributeValues": { ":head": { "S": "LIVE#DEBTOR" } },
        "Select": "COUNT",
    });
    loop {
        let mut answer = client.dynamodb("Scan", &scan)?;
        if answer.get("Count").and_then(Value::as_u64).unwrap_or(0) > 0 {
            return Ok(true);
        }
        match (answer.get_mut("LastEvaluatedKey").map(Value::take), scan.as_object_mut()) {
            (Some(start), Some(scan)) => drop(scan.insert("ExclusiveStartKey".to_owned(), start)),
            _ => return Ok(false),
        }
    }
}
