//! A live Stripe on this machine, for tests: localstripe keeps customers, subscriptions, invoices, payments and refunds,
//! charges cards and bank accounts that succeed or fail, and sends signed webhooks of it.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use ureq::Agent;
use ureq::http::Request;

use crate::client::{Answer, ClientError};
use crate::error::{LocalError, at};
use crate::tools::StripeTool;
use crate::{emulator, paths};

const LAUNCHER: &str = include_str!("live_stripe.py");

const READY_WITHIN: Duration = Duration::from_secs(30);

/// Any key of this form is let in.
const KEY: &str = "Bearer sk_test_dunlin";

/// A running localstripe with nothing in it. It ends when this is dropped, and with the program that holds it.
#[derive(Debug)]
pub struct LiveStripe {
    address: String,
    agent: Agent,
    log: PathBuf,
    child: Child,
}

impl LiveStripe {
    /// Starts one on a free port of the loopback interface.
    ///
    /// # Errors
    /// [`LocalError`], such as [`LocalError::StripeDidNotStart`], which names the log.
    pub fn start() -> Result<Self, LocalError> {
        let tool = StripeTool::installed()?;
        let port = emulator::free_port()?;
        let log = paths::local().join(format!("stripe-{port}.log"));
        let output = File::create(&log).map_err(at(&log))?;
        let errors = output.try_clone().map_err(at(&log))?;
        let mut command = Command::new(tool.python());
        command.args(["-c", LAUNCHER, &port.to_string()]).stdin(Stdio::piped()).stdout(output).stderr(errors);
        let child = command
            .spawn()
            .map_err(|error| LocalError::StripeDidNotStart { reason: error.to_string(), log: log.clone() })?;
        let agent = Agent::config_builder().http_status_as_error(false).timeout_global(Some(READY_WITHIN)).build();
        let mut stripe = Self { address: format!("http://127.0.0.1:{port}"), agent: agent.into(), log, child };
        stripe.wait_until_ready()?;
        Ok(stripe)
    }

    /// Asks for an object or a list, such as `/v1/invoices?limit=100`.
    ///
    /// # Errors
    /// [`ClientError::Unreachable`].
    pub fn get(&self, path: &str) -> Result<Answer, ClientError> {
        self.call("GET", path, None)
    }

    /// Creates or changes an object.
    ///
    /// # Errors
    /// [`ClientError::Unreachable`].
    pub fn post(&self, path: &str, fields: &Value) -> Result<Answer, ClientError> {
        self.call("POST", path, Some(fields))
    }

    /// Has events of these types sent to `url`, signed with `secret`, from now on.
    ///
    /// # Errors
    /// [`ClientError::Unreachable`].
    pub fn send_webhooks(&self, url: &str, secret: &str, types: &[&str]) -> Result<Answer, ClientError> {
        self.post("/_config/webhooks/test", &json!({ "url": url, "secret": secret, "events": types }))
    }

    fn call(&self, method: &str, path: &str, fields: Option<&Value>) -> Result<Answer, ClientError> {
        let address = format!("{}{path}", self.address);
        let request = Request::builder().method(method).uri(&address).header("authorization", KEY);
        let sent = match fields {
            None => request.body(()).map_err(ureq::Error::from).and_then(|request| self.agent.run(request)),
            Some(fields) => {
                let request = request.header("content-type", "application/json").body(fields.to_string());
                request.map_err(ureq::Error::from).and_then(|request| self.agent.run(request))
            }
        };
        let unreachable = |source| ClientError::Unreachable { address: address.clone(), source: Box::new(source) };
        let mut response = sent.map_err(unreachable)?;
        let status = response.status().as_u16();
        let text = response.body_mut().read_to_string().map_err(unreachable)?;
        Ok(Answer { status, json: serde_json::from_str(&text).unwrap_or(Value::Null), text })
    }

    fn wait_until_ready(&mut self) -> Result<(), LocalError> {
        let since = Instant::now();
        while since.elapsed() < READY_WITHIN {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(self.failed(format!("it ended by itself ({status})")));
            }
            if self.get("/v1/customers").is_ok() {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(50));
        }
        Err(self.failed(format!("it was not ready within {} s", READY_WITHIN.as_secs())))
    }

    fn failed(&self, reason: String) -> LocalError {
        LocalError::StripeDidNotStart { reason, log: self.log.clone() }
    }
}

impl Drop for LiveStripe {
    fn drop(&mut self) {
        // It keeps nothing, so there is nothing to end in order. A log is for one that did not start.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_file(&self.log);
    }
}
