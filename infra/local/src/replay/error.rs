//! What can go wrong in a replay, said so that whoever started it knows what to do.

use std::path::PathBuf;

use jiff::Timestamp;
use jiff::civil::Date;

#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    #[error("{path} cannot be read or written as CSV: {source}", path = .path.display())]
    Csv { path: PathBuf, source: csv::Error },
    #[error("{path} lacks the column {missing}. Its first line has to name the columns.", path = .path.display())]
    MissingColumns { path: PathBuf, missing: String },
    #[error("--from {from} is after --to {to}")]
    Backwards { from: Date, to: Date },
    #[error(
        "the stack on port {port} holds debtors that no replay put there, and a replay needs an empty one. \
         `cargo local down` stops it (what it holds goes with it), then replay again."
    )]
    Occupied { port: u16 },
    #[error("the API answered {status} to {what}, {tries} times: {body}")]
    Api { what: String, status: u16, tries: u32, body: String },
    #[error("{what} is not understood: {found}")]
    Unexpected { what: &'static str, found: String },
    #[error(
        "the simulated hour {hour} does not come to rest. For {waited_seconds} s nothing moved: {stuck}\n\
         The functions' log is {log}", log = .log.display()
    )]
    Stuck { hour: Timestamp, waited_seconds: u64, stuck: String, log: PathBuf },
    #[error("the counters are not complete after {waited_seconds} s: {stuck}\nThe functions' log is {log}", log = .log.display())]
    Behind { waited_seconds: u64, stuck: String, log: PathBuf },
    #[error("a thread of the replay ended early")]
    Thread,
}

impl ReplayError {
    pub(crate) fn unexpected(what: &'static str, found: impl ToString) -> Self {
        Self::Unexpected { what, found: found.to_string().chars().take(500).collect() }
    }
}
