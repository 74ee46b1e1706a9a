//! `cargo local replay-decision`: a decision on record made again by the running stack, from what it was made from.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::client::{Client, encoded};
use crate::console::print;
use crate::error::{LocalError, at};
use crate::stack::Description;

/// Which decision.
#[derive(Debug, Clone)]
pub enum Wanted {
    /// One of the stack's, as `DEBTOR/DECISION`, to be kept in a file where one is named.
    OnRecord { id: String, save: Option<PathBuf> },
    /// One that was kept in a file.
    File(PathBuf),
}

/// Makes a decision again and says whether the bytes are the same.
///
/// # Errors
/// [`LocalError::NotReplayed`] where it does not come out the same, with what differs; [`LocalError::NotRunning`] without a
/// stack.
pub fn replay_decision(wanted: &Wanted) -> Result<(), LocalError> {
    let stack = Description::running()?.ok_or(LocalError::NotRunning)?;
    let mut client = Client::new(stack);
    client.sign_in()?;
    let answer = match wanted {
        Wanted::OnRecord { id, save } => on_record(&client, id, save.as_ref())?,
        Wanted::File(path) => {
            let text = fs::read_to_string(path).map_err(at(path))?;
            let file = serde_json::from_str(&text)
                .map_err(|error| LocalError::NotReplayed(format!("{} is not JSON: {error}", path.display())))?;
            client.api_post("/v1/decisions/replays", &file, None)?.success()?
        }
    };
    let replay = answer.get("replay").unwrap_or(&Value::Null);
    match replay.get("result").and_then(Value::as_str) {
        Some("same") => print("the same, byte for byte"),
        _ => Err(LocalError::NotReplayed(told(replay))),
    }
}

/// Reads a decision with what it was made from, and says what it was.
fn on_record(client: &Client, id: &str, save: Option<&PathBuf>) -> Result<Value, LocalError> {
    let (debtor, decision) = id.rsplit_once('/').ok_or_else(|| {
        LocalError::NotReplayed(format!(
            "{id:?} names no decision: it is DEBTOR/DECISION, such as C-1001/1772524800000000-2"
        ))
    })?;
    let path = format!("/v1/debtors/{}/decisions/{}", encoded(debtor), encoded(decision));
    let answer = client.api_get(&path)?.success()?;
    if let Some(summary) = answer.get("summary").and_then(Value::as_str) {
        print(summary)?;
    }
    if let (Some(path), Some(file)) = (save, answer.get("file")) {
        fs::write(path, file.to_string()).map_err(at(path))?;
    }
    Ok(answer)
}

/// Why it is not the same, a line for each difference.
fn told(replay: &Value) -> String {
    let text = |value: &Value, name: &str| value.get(name).map_or_else(String::new, Value::to_string);
    let differences = replay.get("differences").and_then(Value::as_array).into_iter().flatten();
    let lines: Vec<String> = differences
        .map(|one| {
            let at = one.get("at").and_then(Value::as_str).unwrap_or_default();
            format!("  {at}: was {}, is {}", text(one, "was"), text(one, "is"))
        })
        .collect();
    match replay.get("why").and_then(Value::as_str) {
        Some(why) => why.to_owned(),
        None => format!("it comes out otherwise now\n{}", lines.join("\n")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_differs_is_a_line_each_and_what_is_missing_is_named() {
        let differs = json!({ "result": "differs", "differences": [
            { "at": "/accounts/0/step", "was": "reminder-1", "is": null },
            { "at": "/policy_version", "was": 1, "is": 2 },
        ] });
        let expected = "it comes out otherwise now\n  /accounts/0/step: was \"reminder-1\", is null\n  /policy_version: was 1, is 2";
        assert_eq!(told(&differs), expected);
        assert_eq!(told(&json!({ "result": "not_here", "why": "pack gb@2 is missing" })), "pack gb@2 is missing");
    }
}
