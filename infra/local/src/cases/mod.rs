//! `cargo local cases`: worked cases of law, run through the engines that decide and charge.
//!
//! A case is translated into the product's own types and asked of the product's own rules: no rule lives here.

mod charges;
mod claim;
mod contact;
mod duties;
mod duty_facts;
mod fees;
mod given;
mod outcome;

use std::fs;
use std::path::{Path, PathBuf};

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
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
            "count" if contact::counts(&self.action) => contact::count(&self.action, &self.given),
            "place_call"
            | "leave_voicemail"
            | "send_email"
            | "send_sms"
            | "send_message"
            | "send_letter"
            | "send_demand"
            | "continue_automated_dunning"
            | "apply_unsubscribe" => contact::answer(word, &self.given),
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
}

/// Whether an action is asked for: whole, or by the word before its colon.
fn is_one_of(action: &str, wanted: &[String]) -> bool {
    let word = action.split(':').next().unwrap_or_default();
    let is_it = |one: &String| one.trim() == action || one.trim() == word;
    wanted.is_empty() || wanted.iter().any(is_it)
}

/// Reads the cases of a file, each as it stands.
///
/// # Errors
/// [`LocalError::File`], [`LocalError::Cases`].
pub fn read(file: &Path) -> Result<Vec<Value>, LocalError> {
    let text = fs::read_to_string(file).map_err(at(file))?;
    serde_json::from_str(&text).map_err(|source| LocalError::Cases { path: file.to_owned(), source })
}

/// A case whose answer is not what is right, or that cannot be read.
#[derive(Debug, Clone, Serialize)]
pub struct Difference {
    /// Its name.
    pub id: String,
    /// What it is about.
    pub topic: String,
    /// What is asked.
    pub action: String,
    /// What the engines said, or why they said nothing.
    pub got: String,
    /// What is right.
    pub expected: String,
    /// Why it is.
    pub why: String,
}

impl Difference {
    /// How a case differs, if it does.
    fn of(raw: &Value) -> Option<Self> {
        let field = |name: &str| match raw.get(name) {
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
            None => String::new(),
        };
        let got = match Case::deserialize(raw) {
            Ok(case) => case.difference()?,
            Err(error) => format!("the case cannot be read: {error}"),
        };
        let (id, topic, action) = (field("id"), field("topic"), field("action"));
        Some(Self { id, topic, action, got, expected: field("expected"), why: field("why") })
    }
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
/// As [`read`]; [`LocalError::NoCases`] where none is asked for, because nothing is shown then.
pub fn run(wanted: &Cases) -> Result<Run, LocalError> {
    let mut all = read(&wanted.file)?;
    let action = |case: &Value| case.get("action").and_then(Value::as_str).unwrap_or_default().to_owned();
    all.retain(|case| is_one_of(&action(case), &wanted.actions));
    if all.is_empty() {
        return Err(LocalError::NoCases { path: wanted.file.clone(), actions: wanted.actions.join(", ") });
    }
    Ok(Run { cases: all.len(), differing: all.iter().filter_map(Difference::of).collect() })
}

/// Runs cases and tells of each that differs.
///
/// # Errors
/// [`LocalError::CasesDiffer`] where any does; as [`run`]; [`LocalError::Terminal`].
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
        for one in &self.differing {
            print(format!("{} ({}) {}", one.id, one.topic, one.action))?;
            print(format!("  got       {}\n  expected  {}\n  because   {}", one.got, one.expected, one.why))?;
        }
        print(format!("{} cases: {} agree, {} differ", self.cases, self.agree(), self.differing.len()))
    }

    fn as_json(&self) -> Value {
        let (agree, differ) = (self.agree(), self.differing.len());
        json!({ "cases": self.cases, "agree": agree, "differ": differ, "differing": self.differing })
    }
}

/// A number as it is written in JSON, digit for digit.
fn decimal(number: &serde_json::Number) -> Option<Decimal> {
    let text = number.to_string();
    text.parse().ok().or_else(|| Decimal::from_scientific(&text).ok())
}
