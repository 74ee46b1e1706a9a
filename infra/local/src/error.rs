//! What can go wrong on the way to a running stack, said so that a newcomer knows what to do.

use std::path::PathBuf;

use crate::client::ClientError;
use crate::replay::ReplayError;

#[derive(Debug, thiserror::Error)]
pub enum LocalError {
    #[error("`{tool}` is not installed or not on the PATH. {advice}")]
    MissingTool { tool: String, advice: &'static str },
    #[error("{what} failed ({outcome}).\n{output}")]
    CommandFailed { what: String, outcome: String, output: String },
    #[error("the tools could not be installed into {folder}: {reason}\nThis needs python3 (3.10 or newer) with its `venv` module, and a network from which pip can install packages.", folder = .folder.display())]
    Install { folder: PathBuf, reason: String },
    #[error("port {0} is in use by another program. Stop that program, or choose a port: `cargo local up --port {next}`.", next = .0.saturating_add(1))]
    PortInUse(u16),
    #[error("a stack of this folder already runs on port {running}, not on {wanted}. `cargo local down` stops it.")]
    OtherPort { running: u16, wanted: u16 },
    #[error("the emulator did not start: {reason}\nIts log is {log}", log = .log.display())]
    EmulatorDidNotStart { reason: String, log: PathBuf },
    #[error("localstripe did not start: {reason}\nIts log is {log}", log = .log.display())]
    StripeDidNotStart { reason: String, log: PathBuf },
    #[error("no stack is running. `cargo local up` starts one.")]
    NotRunning,
    #[error("{binary} is missing. Build it: `cargo build --workspace --all-targets`.", binary = .0.display())]
    NotBuilt(PathBuf),
    #[error("{bootstrap} did not start: {reason}", bootstrap = .bootstrap.display())]
    DidNotStart { bootstrap: PathBuf, reason: String },
    #[error("the deployed stack has no output `{0}`: infra/template.yaml and infra/local/src/stack.rs disagree.")]
    MissingOutput(&'static str),
    #[error("{path}: {source}", path = .path.display())]
    File { path: PathBuf, source: std::io::Error },
    #[error("{path} is not what it should be: {source}. `cargo local down` and `cargo local up` make it anew.", path = .path.display())]
    Json { path: PathBuf, source: serde_json::Error },
    #[error("{path} is not an array of cases: {source}", path = .path.display())]
    Cases { path: PathBuf, source: serde_json::Error },
    #[error("{path} has no case{}{actions}", if .actions.is_empty() { "" } else { " of the actions " }, path = .path.display())]
    NoCases { path: PathBuf, actions: String },
    #[error("{differ} of {cases} cases differ")]
    CasesDiffer { differ: usize, cases: usize },
    #[error("the file was not imported: {0}")]
    ImportFailed(String),
    #[error("the decision was not made again: {0}")]
    NotReplayed(String),
    #[error("cannot write to the terminal: {0}")]
    Terminal(std::io::Error),
    #[error("Ctrl-C cannot be handled: {0}")]
    Signals(#[from] ctrlc::Error),
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error(transparent)]
    Replay(#[from] ReplayError),
}

/// Names the file in an I/O error.
pub(crate) fn at(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> LocalError {
    let path = path.into();
    move |source| LocalError::File { path, source }
}
