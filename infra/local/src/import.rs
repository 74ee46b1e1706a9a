//! `cargo local import`: a file of any size into the running stack, and how far it is.

use std::fs::File;
use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use crate::client::{Client, ClientError};
use crate::console::{Step, print};
use crate::error::{LocalError, at};
use crate::stack::Description;

/// Between two looks at how far it is.
const PAUSE: Duration = Duration::from_millis(500);
/// Tokens last an hour.
const TOKEN_LASTS: Duration = Duration::from_secs(30 * 60);
/// So many of the rejected rows are shown.
const REJECTED_SHOWN: usize = 10;

/// What to import.
#[derive(Debug, Clone)]
pub struct Import {
    pub file: PathBuf,
    pub rows: Rows,
    pub dry_run: bool,
}

/// What the rows of a file are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rows {
    /// Invoices and credit notes.
    Invoices,
    Payments,
    /// Payment plans.
    Plans,
}

impl Rows {
    /// As the API calls them.
    fn as_str(self) -> &'static str {
        match self {
            Self::Invoices => "invoices",
            Self::Payments => "payments",
            Self::Plans => "plans",
        }
    }
}

/// Imports a file into the stack that runs, on `port` if one is given, and prints what came of it.
///
/// # Errors
/// [`LocalError::ImportFailed`] where the file as a whole was not taken in, [`LocalError::NotRunning`] without a stack.
pub fn import(wanted: &Import, port: Option<u16>) -> Result<(), LocalError> {
    let file = File::open(&wanted.file).map_err(at(&wanted.file))?;
    let stack = Description::running()?.ok_or(LocalError::NotRunning)?;
    if let Some(wanted) = port.filter(|port| *port != stack.port) {
        return Err(LocalError::OtherPort { running: stack.port, wanted });
    }
    let mut client = Client::new(stack);
    client.sign_in()?;
    let id = upload(&client, wanted, &file)?;
    let done = follow(&mut client, &id)?;
    print(told(&done))?;
    if let Some(address) = done.pointer("/rejected_file/url").and_then(Value::as_str) {
        let rejected = client.fetch(address)?;
        rejected.lines().take(REJECTED_SHOWN + 1).filter(|_| rejected.lines().count() > 1).try_for_each(print)?;
    }
    match done.get("problem").and_then(Value::as_str) {
        Some(problem) => Err(LocalError::ImportFailed(problem.to_owned())),
        None => Ok(()),
    }
}

/// Asks for an address, puts the file there, and returns the import's id.
fn upload(client: &Client, wanted: &Import, file: &File) -> Result<String, LocalError> {
    let name = wanted.file.file_name().unwrap_or_default().to_string_lossy();
    let body = json!({ "kind": wanted.rows.as_str(), "dry_run": wanted.dry_run, "file_name": name });
    let posted = client.api_post("/v1/imports", &body, None)?.success()?;
    let text = |name: &str| posted.get(name).and_then(Value::as_str).map(str::to_owned);
    let (Some(id), Some(address)) = (text("id"), text("upload_url")) else {
        return Err(ClientError::unexpected("the API", &posted).into());
    };
    let headers = posted.get("upload_headers").and_then(Value::as_object).into_iter().flatten();
    let headers = headers.filter_map(|(name, value)| Some((name.as_str(), value.as_str()?.to_owned())));
    let step = Step::begin(format!("uploading {name}"));
    client.upload(&address, &headers.collect::<Vec<_>>(), file)?;
    step.end();
    Ok(id)
}

/// Looks at an import until it has ended.
fn follow(client: &mut Client, id: &str) -> Result<Value, LocalError> {
    let mut signed_in = Instant::now();
    let bar = Bar::begin();
    loop {
        if signed_in.elapsed() > TOKEN_LASTS {
            client.sign_in()?;
            signed_in = Instant::now();
        }
        let import = client.api_get(&format!("/v1/imports/{id}"))?.success()?;
        bar.show(&import);
        if import.get("finished_at").is_some_and(|at| !at.is_null()) {
            bar.end();
            return Ok(import);
        }
        std::thread::sleep(PAUSE);
    }
}

/// A bar on a terminal, nothing otherwise.
struct Bar(Option<ProgressBar>);

impl Bar {
    fn begin() -> Self {
        Self(io::stderr().is_terminal().then(|| {
            let style = ProgressStyle::with_template("  {msg} {wide_bar} {pos} of {len} rows");
            let bar = ProgressBar::new(0).with_message("waiting");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar
        }))
    }

    fn show(&self, import: &Value) {
        let Some(bar) = &self.0 else { return };
        let settled = count(import, "applied") + count(import, "unchanged") + count(import, "rejected");
        bar.set_length(count(import, "rows_read"));
        bar.set_position(settled);
        bar.set_message(stage(import));
    }

    fn end(self) {
        if let Some(bar) = self.0 {
            bar.finish_and_clear();
        }
    }
}

/// How far it is, in few words.
fn stage(import: &Value) -> String {
    let state = import.get("state").and_then(Value::as_str).unwrap_or_default();
    match import.get("seconds_left").and_then(Value::as_u64) {
        Some(left) => format!("{} rows/s, {left} s left", count(import, "rows_per_second")),
        None => state.replace('_', " "),
    }
}

fn count(import: &Value, name: &str) -> u64 {
    import.get(name).and_then(Value::as_u64).unwrap_or(0)
}

/// What came of it.
fn told(import: &Value) -> String {
    let [rows, rate] = ["rows", "rows_per_second"].map(|name| count(import, name));
    let [created, updated, unchanged, rejected] =
        ["created", "updated", "unchanged", "rejected"].map(|name| count(import, name));
    let dry = if import.get("dry_run") == Some(&Value::Bool(true)) { "Nothing was changed. It would be: " } else { "" };
    format!(
        "{rows} rows, {rate} a second\n{dry}{created} created, {updated} updated, {unchanged} unchanged, {rejected} rejected"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_is_told_with_rate_and_time_left_once_they_are_known() {
        assert_eq!(stage(&json!({ "state": "awaiting_upload", "seconds_left": null })), "awaiting upload");
        let booking = json!({ "state": "booking", "seconds_left": 12, "rows_per_second": 340 });
        assert_eq!(stage(&booking), "340 rows/s, 12 s left");
    }

    #[test]
    fn a_dry_run_is_told_as_one() {
        let counts =
            json!({ "rows": 10, "rows_per_second": 5, "created": 1, "updated": 2, "unchanged": 3, "rejected": 4 });
        assert_eq!(told(&counts), "10 rows, 5 a second\n1 created, 2 updated, 3 unchanged, 4 rejected");
        let mut dry = counts;
        dry["dry_run"] = json!(true);
        assert!(told(&dry).contains("\nNothing was changed. It would be: 1 created,"));
    }
}
