//! One hour of simulated time: the scan runs as the scheduler would run it, and everything it sets off comes to rest.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::json;

use super::counters;
use super::due::DueIndex;
use super::error::ReplayError;
use crate::client::{Client, Depth};
use crate::error::LocalError;

/// The first look comes soon, later ones ever later: an hour with little to do is over in tens of milliseconds.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_millis(50);

/// Longer than the visibility timeout of the dispatch queue, so that one failed delivery is seen to be tried again.
const PATIENCE: Duration = Duration::from_secs(420);

/// A debtor that is still due after this many scans for one hour is not being dealt with.
const SCANS_MAX: u32 = 5;

/// What was found of one hour's work.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Seen {
    scan: Option<Depth>,
    dispatch: Option<Depth>,
    due: Vec<String>,
    unsettled: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// Something moves.
    Wait,
    /// The scan is over and somebody is due again, as after a message that was withheld.
    ScanAgain,
    Drained,
}

/// What is seen later counts for more: a scan message is deleted after its debtors were dealt with, and a message is
/// settled before its queue is empty, so each thing is looked at only when nothing before it can add to it.
fn verdict(seen: &Seen) -> Verdict {
    let busy = |depth: &Option<Depth>| depth.is_none_or(|depth| !depth.is_empty());
    if busy(&seen.scan) || !seen.unsettled.is_empty() || busy(&seen.dispatch) {
        Verdict::Wait
    } else if seen.due.is_empty() {
        Verdict::Drained
    } else {
        Verdict::ScanAgain
    }
}

/// Runs the scan for `hour` and waits until nothing moves any more. `index` knows the shards that are due, and is up
/// to date afterwards.
pub(crate) fn run_hour(client: &Client, index: &mut DueIndex, hour: Timestamp) -> Result<(), LocalError> {
    let shards = index.shards_due(hour);
    // Whoever was due in this hour may have a message under way.
    let mut touched: BTreeSet<String> = BTreeSet::new();
    let message = json!({ "scheduled_time": hour.to_string() });
    client.sqs_send(&client.stack().scan_queue_url, &message)?;
    let mut scans = 1;
    let mut watch = Watch::new();
    loop {
        touched.extend(index.due(hour).into_iter().map(str::to_owned));
        let seen = look(client, index, &shards, &touched, hour)?;
        match verdict(&seen) {
            Verdict::Drained => return Ok(()),
            Verdict::ScanAgain if scans < SCANS_MAX => {
                client.sqs_send(&client.stack().scan_queue_url, &message)?;
                scans += 1;
                watch = Watch::new();
            }
            Verdict::ScanAgain => {
                return Err(stuck(&seen, hour, watch.still_for(), &client.stack().log).into());
            }
            Verdict::Wait => watch.pause(seen, |seen, waited| stuck(seen, hour, waited, &client.stack().log))?,
        }
    }
}

/// Looks at one thing after the other and stops at the first that moves.
fn look(
    client: &Client,
    index: &mut DueIndex,
    shards: &[usize],
    touched: &BTreeSet<String>,
    hour: Timestamp,
) -> Result<Seen, LocalError> {
    let mut seen = Seen { scan: Some(client.sqs_depth(&client.stack().scan_queue_url)?), ..Seen::default() };
    if seen.scan.is_some_and(|depth| !depth.is_empty()) {
        return Ok(seen);
    }
    index.refresh_only(client, shards)?;
    seen.due = index.due(hour).into_iter().map(str::to_owned).collect();
    seen.unsettled = counters::unsettled(client, touched)?;
    if seen.unsettled.is_empty() {
        seen.dispatch = Some(client.sqs_depth(&client.stack().dispatch_queue_url)?);
    }
    Ok(seen)
}

/// Waits a little longer each time, and loses patience when nothing has changed for long.
struct Watch {
    pause: Duration,
    last: Seen,
    since: Instant,
}

impl Watch {
    fn new() -> Self {
        Self { pause: FIRST_PAUSE, last: Seen::default(), since: Instant::now() }
    }

    fn still_for(&self) -> Duration {
        self.since.elapsed()
    }

    fn pause(&mut self, seen: Seen, lost: impl Fn(&Seen, Duration) -> ReplayError) -> Result<(), ReplayError> {
        if seen != self.last {
            *self = Self { pause: self.pause, last: seen, since: Instant::now() };
        } else if self.still_for() > PATIENCE {
            return Err(lost(&seen, self.still_for()));
        }
        std::thread::sleep(self.pause);
        self.pause = self.pause.saturating_mul(6).checked_div(5).unwrap_or(LONGEST_PAUSE).min(LONGEST_PAUSE);
        Ok(())
    }
}

fn stuck(seen: &Seen, hour: Timestamp, waited: Duration, log: &Path) -> ReplayError {
    let mut parts = Vec::new();
    for (name, depth) in [("scan", seen.scan), ("dispatch", seen.dispatch)] {
        if let Some(Depth { waiting, in_flight, delayed }) = depth.filter(|depth| !depth.is_empty()) {
            parts.push(format!("the {name} queue holds {waiting} waiting, {in_flight} in flight, {delayed} delayed"));
        }
    }
    for (what, keys) in [("a message under way", &seen.unsettled), ("a step that is due", &seen.due)] {
        if let Some(first) = keys.first() {
            parts.push(format!("{} debtors have {what}, {first} first", keys.len()));
        }
    }
    if parts.is_empty() {
        parts.push("nothing is left to wait for".to_owned());
    }
    ReplayError::Stuck { hour, waited_seconds: waited.as_secs(), stuck: parts.join("; "), log: log.to_path_buf() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: Option<Depth> = Some(Depth { waiting: 0, in_flight: 0, delayed: 0 });

    fn rest() -> Seen {
        Seen { scan: EMPTY, dispatch: EMPTY, due: vec![], unsettled: vec![] }
    }

    #[test]
    fn an_hour_is_over_when_nothing_is_queued_under_way_or_due() {
        assert_eq!(verdict(&rest()), Verdict::Drained);
    }

    #[test]
    fn each_thing_that_moves_is_waited_for() {
        for depth in [
            Depth { waiting: 1, in_flight: 0, delayed: 0 },
            Depth { waiting: 0, in_flight: 1, delayed: 0 },
            Depth { waiting: 0, in_flight: 0, delayed: 1 },
        ] {
            assert_eq!(verdict(&Seen { scan: Some(depth), ..rest() }), Verdict::Wait);
            assert_eq!(verdict(&Seen { dispatch: Some(depth), ..rest() }), Verdict::Wait);
        }
        assert_eq!(verdict(&Seen { unsettled: vec!["a".into()], dispatch: None, ..rest() }), Verdict::Wait);
        assert_eq!(verdict(&Seen { scan: None, ..rest() }), Verdict::Wait);
    }

    #[test]
    fn who_is_due_again_once_all_is_settled_is_scanned_again() {
        assert_eq!(verdict(&Seen { due: vec!["a".into()], ..rest() }), Verdict::ScanAgain);
        assert_eq!(verdict(&Seen { due: vec!["a".into()], unsettled: vec!["a".into()], ..rest() }), Verdict::Wait);
    }

    #[test]
    fn what_is_stuck_is_named() {
        let seen = Seen {
            dispatch: Some(Depth { waiting: 2, in_flight: 1, delayed: 0 }),
            unsettled: vec!["T#demo#D#C1".into(), "T#demo#D#C2".into()],
            ..rest()
        };
        let hour = "2026-03-02T08:00:00Z".parse().unwrap();
        let told = stuck(&seen, hour, Duration::from_secs(9), Path::new("ministack.log")).to_string();
        for part in
            ["2026-03-02T08:00:00Z", "the dispatch queue holds 2 waiting, 1 in flight", "2 debtors", "T#demo#D#C1"]
        {
            assert!(told.contains(part), "{part} is not in: {told}");
        }
    }
}
