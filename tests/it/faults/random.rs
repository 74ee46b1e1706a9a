//! Random histories for each function. `DUNLIN_HISTORIES` says how many, and `DUNLIN_SEED=<n>` runs the one of that seed.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use super::event::Event;
use super::history::{Function, History};
use crate::properties::block_on;
use crate::world::World;

/// So many histories of each function, unless more are asked for.
const HISTORIES: u64 = 12;

#[expect(clippy::disallowed_methods, reason = "a test asks whoever runs it")]
pub(super) fn asked(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|number| number.parse().unwrap())
}

/// Whether more is asked for than every change of the code can wait for.
pub(super) fn thorough() -> bool {
    asked("DUNLIN_HISTORIES").is_some_and(|histories| histories > HISTORIES)
}

fn histories(function: Function, test: &str) {
    let seeds = match asked("DUNLIN_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..asked("DUNLIN_HISTORIES").unwrap_or(HISTORIES),
    };
    for seed in seeds {
        if let Err(broken) = catch_unwind(AssertUnwindSafe(|| block_on(history(function, seed)))) {
            let replay = format!("DUNLIN_SEED={seed} cargo test --workspace --test it faults::random::{test}");
            std::io::Write::write_all(
                &mut std::io::stderr(),
                format!("\n{function:?}, seed {seed}: {replay}\n").as_bytes(),
            )
            .unwrap();
            resume_unwind(broken);
        }
    }
}

async fn history(function: Function, seed: u64) {
    let mut history = History::begin(function, seed).await;
    history.run().await;
    history.come_to_rest().await;
    history.world.assert_at_rest().await;
    history.world.assert_invariants().await;
    history.assert_kept().await;
    history.assert_stripes_end().await;
}

impl History {
    /// I4: what was taken in is there, so that handing it in again changes nothing.
    async fn assert_kept(&self) {
        let before = self.world.table.items().await;
        for told in &self.told {
            assert_eq!(self.world.hand(told).await, None);
        }
        let (after, told) = (self.world.table.items().await, &self.told);
        if let Some(item) = after.iter().find(|item| !before.contains(item)) {
            let was = before.iter().find(|was| (&was["PK"], &was["SK"]) == (&item["PK"], &item["SK"]));
            panic!("I4: handed in again, it changed\n{was:?}\nto\n{item:?}\n{told:?}");
        }
    }

    /// I2: Stripe's events end where they end when each comes once, in order, and nothing fails.
    async fn assert_stripes_end(&self) {
        let once = World::start().await;
        once.set_clock(&self.world.now().to_string());
        let mut events: Vec<&serde_json::Value> = Vec::new();
        for told in &self.told {
            if let Event::Stripe(event) = told
                && !events.contains(&event)
            {
                events.push(event);
            }
        }
        events.sort_by_key(|event| event["created"].as_i64());
        once.stripe_all(&events.into_iter().cloned().collect::<Vec<_>>()).await;
        let stripes = |mut state: std::collections::BTreeMap<(String, String), _>| {
            state.retain(|(pk, sk), _: &mut _| sk != "LIVE#DEBTOR" && (pk.contains("stripe") || pk.contains("D#cus_")));
            state
        };
        assert_eq!(stripes(self.world.state().await), stripes(once.state().await), "I2");
    }
}

#[test]
fn ingest_survives_any_history() {
    histories(Function::Ingest, "ingest_survives_any_history");
}

#[test]
fn the_scan_survives_any_history() {
    histories(Function::Scan, "the_scan_survives_any_history");
}

#[test]
fn dispatch_survives_any_history() {
    histories(Function::Dispatch, "dispatch_survives_any_history");
}

#[test]
fn the_webhook_survives_any_history() {
    histories(Function::Webhook, "the_webhook_survives_any_history");
}

#[test]
fn the_api_survives_any_history() {
    histories(Function::Api, "the_api_survives_any_history");
}

#[test]
fn the_projector_survives_any_history() {
    histories(Function::Projector, "the_projector_survives_any_history");
}
