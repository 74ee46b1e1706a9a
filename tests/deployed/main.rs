//! End to end: the real template on the local stack, with IAM enforced. Run by `cargo local test`, which builds the
//! functions first.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "in tests a panic is the report")]

mod anchored;
mod clock;
mod heard;
mod main_job;
mod webhooks;

use std::time::{Duration, Instant};

use dunlin_local::client::{Answer, Client};
use dunlin_local::stack::{Options, Stack};
use serde_json::Value;

/// Nothing on the local stack takes this long; it is only the point at which a test gives up.
const PATIENCE: Duration = Duration::from_secs(90);

fn start(options: &Options) -> Stack {
    Stack::start_anywhere(options).expect("the stack starts: have the functions been built by `cargo local test`?")
}

/// Asks again and again until there is an answer.
fn eventually<T>(what: &str, ask: impl Fn() -> Option<T>) -> T {
    let since = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(since.elapsed() < PATIENCE, "{what} did not happen in {PATIENCE:?}");
        std::thread::yield_now();
    }
}

/// The answer's body, which must be a success.
fn json(answer: Answer) -> Value {
    assert!(answer.is_success(), "{} {}", answer.status, answer.text);
    answer.json
}

fn at(text: &str) -> Option<jiff::Timestamp> {
    Some(text.parse().unwrap())
}

/// Runs the scan for an hour and waits until its queue and the dispatch queue are empty and no message is under way.
fn scan(client: &Client, hour: &str, debtor: &str) {
    client.sqs_send(&client.stack().scan_queue_url, &serde_json::json!({ "scheduled_time": hour })).unwrap();
    eventually("the end of the scan", || {
        let empty = |url: &str| client.sqs_depth(url).unwrap().is_empty();
        (empty(&client.stack().scan_queue_url) && empty(&client.stack().dispatch_queue_url)).then_some(())?;
        let debtor = json(client.api_get(&format!("/v1/debtors/{debtor}")).unwrap());
        let busy = debtor["accounts"].as_array().unwrap().iter().any(|one| !one["message_under_way"].is_null());
        (!busy).then_some(())
    });
}

/// Nothing may be left where people look for trouble.
fn assert_no_dead_letters(client: &Client) {
    for (name, url) in &client.stack().dead_letters {
        assert!(client.sqs_depth(url).unwrap().is_empty(), "{name} holds messages");
    }
}
