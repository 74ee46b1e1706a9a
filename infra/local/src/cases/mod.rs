//! `cargo local cases`: worked cases of law, run through the engines that decide and charge.
//!
//! A case is translated into the product's own types and asked of the product's own rules: no rule lives here.

mod charges;
mod claim;
mod duties;
mod duty_facts;
mod fees;
mod given;
mod outcome;

use std::fs;
use std::path::{Path, PathBuf};

use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::console::print;
use crate::error::{LocalError, at};

pub use given::Given;
pub use outcome::{Answer, Expected, Unanswered};

/// Which cases to run, and how to tell of them.
#[derive(Debug, Clone)]
pub struct Cases {
    /// A JSON array of cases.
    pub file: PathBuf,
    /// The actions to run, each whole or the word before its colon; all where there are none.
    pub actions: Vec<String>,
    /// One JSON object instead of text.
    pub json: bool,
}

/// A worked case.
#[derive(Debug, Clone, Deserialize)]
pub struct Case {
    /// Its name.
    pub id: String,
    /// What it is about.
    pub topic: String,
    /// The facts.
    pub given: Given,
    /// What is asked.
    pub action: String,
    /// What is right.
    pub expected: Expected,
    /// Why it is.
    #[serde(default)]
    pub why: String,
}

impl Case {
    /// What the engines say.
    ///
    /// # Errors
    /// [`Unanswered`] where no engine answers the action, or a field cannot be read.
    pub fn answer(&self) -> Result<Answer, Unanswered> {
        let word = self.action.split(':').next().unwrap_or_default();
        if duties::answers(&self.action, &self.topic) {
            return duties::answer(&self.action, &self.given);
        }
        match word {
            "compute"
            | "lookup"
            | "count"
            | "claim_statutory_interest"
            | "claim_fixed_compensation"
            | "interest_runs_on_date"
            | "default_interest_runs_on_date" => charges::answer(&self.action, &self.given),
            "charge_fee" => fees::answer(&self.given),
            _ => Err(Unanswered::NoEngine),
        }
    }

    /// How the answer differs from what is right, or `None` where it does not.
    #[must_use]
    pub fn difference(&self) -> Option<String> {
        match self.answer() {
            Ok(answer) if self.expected.is(&answer) => None,
            Ok(answer) => Some(answer.to_string()),
            Err(unanswered) => Some(unanswered.to_string()),
        }
    }

    fn is_one_of(&self, actions: &[String]) -> bool {
        let word = self.action.split(':').next().unwrap_or_default();
        actions.is_empty() || actions.iter().any(|action| *action == self.action || action == word)
    }
}

/// Reads the cases of a file.
///
/// # Errors
/// [`LocalError::File`], [`LocalError::Cases`].
pub fn read(file: &Path) -> Result<Vec<Case>, LocalError> {
    let text = fs::read_to_string(file).map_err(at(file))?;
    serde_json::from_str(&text).map_err(|source| LocalError::Cases { path: file.to_owned(), source })
}

/// A case whose answer is not what is right.
#[derive(Debug, Clone)]
pub struct Difference {
    /// The case.
    pub case: Case,
    /// What the engines said, or why they said nothing.
    pub got: String,
}

/// What became of a run.
#[derive(Debug, Clone)]
pub struct Run {
    /// How many cases were run.
    pub cases: usize,
    /// Those that differ, in order.
    pub differing: Vec<Difference>,
}

/// Runs the cases of a file.
///
/// # Errors
/// As [`read`].
pub fn run(wanted: &Cases) -> Result<Run, LocalError> {
    let mut all = read(&wanted.file)?;
    all.retain(|case| case.is_one_of(&wanted.actions));
    let cases = all.len();
    let differing = all.into_iter().filter_map(|case| case.difference().map(|got| Difference { case, got }));
    Ok(Run { cases, differing: differing.collect() })
}

/// Runs cases and tells of each that differs.
///
/// # Errors
/// [`LocalError::CasesDiffer`] where any does; as [`read`]; [`LocalError::Terminal`].
pub fn cases(wanted: &Cases) -> Result<(), LocalError> {
    let run = run(wanted)?;
    if wanted.json {
        print(run.as_json().to_string())?
    } else {
        run.tell()?
    }
    match run.differing.len() {
        0 => Ok(()),
        differ => Err(LocalError::CasesDiffer { differ, cases: run.cases }),
    }
}

impl Run {
    fn agree(&self) -> usize {
        self.cases.saturating_sub(self.differing.len())
    }

    fn tell(&self) -> Result<(), LocalError> {
        for Difference { case, got } in &self.differing {
            print(format!("{} ({}) {}", case.id, case.topic, case.action))?;
            print(format!("  got       {got}\n  expected  {}\n  because   {}", case.expected, case.why))?;
        }
        print(format!("{} cases: {} agree, {} differ", self.cases, self.agree(), self.differing.len()))
    }

    fn as_json(&self) -> Value {
        let one = |Difference { case, got }: &Difference| {
            json!({
                "id": case.id, "topic": case.topic, "action": case.action,
                "got": got, "expected": case.expected.to_string(), "why": case.why,
            })
        };
        json!({
            "cases": self.cases,
            "agree": self.agree(),
            "differ": self.differing.len(),
            "differing": self.differing.iter().map(one).collect::<Vec<_>>(),
        })
    }
}

/// A number as it is written in JSON, digit for digit.
fn decimal(number: &serde_json::Number) -> Option<Decimal> {
    let text = number.to_string();
    text.parse().ok().or_else(|| Decimal::from_scientific(&text).ok())
}
