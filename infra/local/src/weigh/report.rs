//! What was weighed, beside what it should be.

use std::time::Duration;

use serde_json::{Value, json};

use crate::weigh::start::Start;

/// What a deployment aims at, for every function.
pub(crate) const AIMS: Aims =
    Aims { zip_bytes: 6_000_000, start: Duration::from_millis(20), resident_bytes: 30_000_000 };

/// Each is to be stayed below.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Aims {
    pub(crate) zip_bytes: u64,
    /// The median's.
    pub(crate) start: Duration,
    pub(crate) resident_bytes: u64,
}

/// One function on the scales.
#[derive(Debug, Clone)]
pub(crate) struct Weight {
    pub(crate) function: String,
    pub(crate) zip_bytes: u64,
    pub(crate) bootstrap_bytes: u64,
    pub(crate) starts: Starts,
}

/// What several starts took.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Starts {
    pub(crate) runs: usize,
    pub(crate) median: Duration,
    pub(crate) shortest: Duration,
    pub(crate) longest: Duration,
    /// The most of all runs.
    pub(crate) resident_bytes: u64,
    /// The most of all runs.
    pub(crate) peak_bytes: u64,
}

impl Starts {
    /// Zeros of no starts at all.
    pub(crate) fn of(starts: &[Start]) -> Self {
        let mut took: Vec<Duration> = starts.iter().map(|start| start.took).collect();
        took.sort_unstable();
        let nth = |index: usize| took.get(index).copied().unwrap_or_default();
        Self {
            runs: starts.len(),
            median: nth(took.len() / 2),
            shortest: nth(0),
            longest: nth(took.len().saturating_sub(1)),
            resident_bytes: starts.iter().map(|start| start.resident_bytes).max().unwrap_or_default(),
            peak_bytes: starts.iter().map(|start| start.peak_bytes).max().unwrap_or_default(),
        }
    }
}

impl Weight {
    /// The names of the aims it misses.
    fn missed(&self, aims: &Aims) -> Vec<&'static str> {
        let aims = [
            ("zip", self.zip_bytes >= aims.zip_bytes),
            ("start", self.starts.median >= aims.start),
            ("resident", self.starts.resident_bytes >= aims.resident_bytes),
        ];
        aims.into_iter().filter_map(|(name, missed)| missed.then_some(name)).collect()
    }
}

/// A table for people; what misses an aim has a `!`.
pub(crate) fn table(weights: &[Weight], aims: &Aims) -> String {
    let mut text =
        row(["function", "zip", "bootstrap", "start: median", "min", "max", "resident", "peak"].map(str::to_owned));
    for weight in weights {
        let missed = weight.missed(aims);
        let mark = |name, value: String| if missed.contains(&name) { format!("!{value}") } else { value };
        let Weight { function, zip_bytes, bootstrap_bytes, starts } = weight;
        text += &row([
            function.clone(),
            mark("zip", megabytes(*zip_bytes)),
            megabytes(*bootstrap_bytes),
            mark("start", milliseconds(starts.median)),
            milliseconds(starts.shortest),
            milliseconds(starts.longest),
            mark("resident", megabytes(starts.resident_bytes)),
            megabytes(starts.peak_bytes),
        ]);
    }
    let below = |value: String| format!("< {value}");
    let (zip, resident) = (megabytes(aims.zip_bytes), megabytes(aims.resident_bytes));
    let aims = ["aim", &below(zip), "", &below(milliseconds(aims.start)), "", "", &below(resident), ""];
    text + row(aims.map(str::to_owned)).trim_end()
}

fn row([function, zip, bootstrap, median, shortest, longest, resident, peak]: [String; 8]) -> String {
    let line = format!(
        "{function:<18}{zip:>10}{bootstrap:>12}{median:>16}{shortest:>10}{longest:>10}{resident:>12}{peak:>10}"
    );
    format!("{}\n", line.trim_end())
}

/// The same for scripts.
pub(crate) fn json(weights: &[Weight], aims: &Aims) -> Value {
    let functions: Vec<Value> = weights.iter().map(|weight| json_of(weight, aims)).collect();
    json!({
        "functions": functions,
        "aims": {
            "zip_bytes": aims.zip_bytes,
            "start_median_us": microseconds(aims.start),
            "resident_bytes": aims.resident_bytes,
        },
    })
}

fn json_of(weight: &Weight, aims: &Aims) -> Value {
    let Weight { function, zip_bytes, bootstrap_bytes, starts } = weight;
    json!({
        "function": function,
        "zip_bytes": zip_bytes,
        "bootstrap_bytes": bootstrap_bytes,
        "runs": starts.runs,
        "start_median_us": microseconds(starts.median),
        "start_min_us": microseconds(starts.shortest),
        "start_max_us": microseconds(starts.longest),
        "resident_bytes": starts.resident_bytes,
        "peak_bytes": starts.peak_bytes,
        "missed": weight.missed(aims),
    })
}

fn microseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// Millions of bytes, with one decimal.
fn megabytes(bytes: u64) -> String {
    let tenths = bytes.saturating_add(50_000) / 100_000;
    format!("{}.{} MB", tenths / 10, tenths % 10)
}

/// With one decimal.
fn milliseconds(duration: Duration) -> String {
    let tenths = microseconds(duration).saturating_add(50) / 100;
    format!("{}.{} ms", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(took_us: u64, resident_bytes: u64) -> Start {
        Start { took: Duration::from_micros(took_us), resident_bytes, peak_bytes: resident_bytes + 1 }
    }

    fn weight(function: &str, zip_bytes: u64, starts: &[Start]) -> Weight {
        let starts = Starts::of(starts);
        Weight { function: function.to_owned(), zip_bytes, bootstrap_bytes: 2 * zip_bytes, starts }
    }

    fn weights() -> [Weight; 2] {
        let light = [start(11_000, 20_000_000), start(12_340, 20_100_000), start(90_000, 20_000_000)];
        [weight("light", 4_960_000, &light), weight("heavy", 6_000_000, &[start(20_000, 30_000_000)])]
    }

    #[test]
    fn the_middle_and_the_ends_of_several_starts() {
        let starts = Starts::of(&[start(30, 1), start(10, 3), start(20, 2)]);
        let took = [starts.shortest, starts.median, starts.longest].map(microseconds);
        assert_eq!((starts.runs, took), (3, [10, 20, 30]));
        assert_eq!((starts.resident_bytes, starts.peak_bytes), (3, 4));
        assert_eq!(Starts::of(&[]).runs, 0);
    }

    #[test]
    fn a_missed_aim_is_marked() {
        let expected = "\
function                 zip   bootstrap   start: median       min       max    resident      peak
light                 5.0 MB      9.9 MB         12.3 ms   11.0 ms   90.0 ms     20.1 MB   20.1 MB
heavy                !6.0 MB     12.0 MB        !20.0 ms   20.0 ms   20.0 ms    !30.0 MB   30.0 MB
aim                 < 6.0 MB                   < 20.0 ms                       < 30.0 MB";
        assert_eq!(table(&weights(), &AIMS), expected);
    }

    #[test]
    fn scripts_get_whole_numbers_and_the_names_of_missed_aims() {
        let json = json(&weights(), &AIMS);
        assert_eq!(json["aims"]["start_median_us"], 20_000);
        assert_eq!(json["functions"][0]["start_median_us"], 12_340);
        assert_eq!(json["functions"][0]["missed"], json!([]));
        assert_eq!(json["functions"][1]["missed"], json!(["zip", "start", "resident"]));
    }
}
