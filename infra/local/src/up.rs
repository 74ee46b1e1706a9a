//! `cargo local up`: from sources to a running stack.

use std::fs;

use crate::console::{print, say};
use crate::emulator::{self, Emulator};
use crate::error::{LocalError, at};
use crate::stack::{self, Description, Options, Stack};
use crate::tools::Tools;
use crate::{functions, paths};

/// Starts a stack that stays, or brings the running one up to date; builds the functions first if `build`.
///
/// # Errors
/// [`LocalError`] says which step failed; what was started is stopped.
pub fn up(port: u16, build: bool) -> Result<Description, LocalError> {
    let folder = paths::local();
    fs::create_dir_all(&folder).map_err(at(&folder))?;
    let running = Description::running()?;
    if let Some(running) = &running
        && running.port != port
    {
        return Err(LocalError::OtherPort { running: running.port, wanted: port });
    }
    if running.is_none() {
        emulator::expect_free(port)?; // before the build, which may take minutes
    }

    let tools = Tools::installed()?;
    if build {
        functions::build()?;
    }
    let options = Options::to_stay();
    match running {
        Some(running) => {
            say(format!("  a stack runs on port {port} already: its functions and template are brought up to date"));
            let packages = functions::package(&tools)?;
            stack::deploy_into(&tools, &packages, &Emulator::of(&running), &options)
        }
        None => Stack::start(port, &options).map(Stack::detach),
    }
}

/// What a newcomer wants to see next.
///
/// # Errors
/// [`LocalError::Terminal`] if standard output is closed.
pub fn show(stack: &Description) -> Result<(), LocalError> {
    let Description { api_url, token, mailbox_url, sms_url, stripe_webhook_url, import_bucket, log, .. } = stack;
    print(format!(
        "Dunlin runs.

  API       {api_url}
  Stripe    {stripe_webhook_url}
  Mailbox   {mailbox_url}
  SMS       {sms_url}
  Imports   s3://{import_bucket}/imports/{tenant}/<file>.csv
  Log       {log}

Try it (the token is the demo owner's, and lasts an hour):

  curl -H 'Authorization: Bearer {token}' '{api_url}/v1/debtors'

`cargo local down` stops it.",
        tenant = stack.tenant,
        log = log.display(),
    ))
}

/// The stack as one JSON object on standard output, for scripts.
///
/// # Errors
/// [`LocalError::Terminal`] if standard output is closed.
pub fn show_json(stack: &Description) -> Result<(), LocalError> {
    let text = serde_json::to_string_pretty(stack)
        .map_err(|source| LocalError::Json { path: paths::local().join("stack.json"), source })?;
    print(text)
}
