//! What is right, what was answered, and why nothing was.

use std::fmt;

use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::Value;

/// What is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Value")]
pub enum Expected {
    /// The action may be taken.
    Allow,
    /// It may not.
    Deny,
    /// The number asked for.
    Number(Decimal),
}

impl Expected {
    /// Whether an answer says the same.
    #[must_use]
    pub fn is(self, answer: &Answer) -> bool {
        match (self, answer) {
            (Self::Allow, Answer::Allow) | (Self::Deny, Answer::Deny(_)) => true,
            (Self::Number(expected), Answer::Number(got)) => expected == *got,
            _ => false,
        }
    }
}

impl TryFrom<Value> for Expected {
    type Error = String;

    fn try_from(value: Value) -> Result<Self, String> {
        let number = match &value {
            Value::String(text) if text == "allow" => return Ok(Self::Allow),
            Value::String(text) if text == "deny" => return Ok(Self::Deny),
            Value::String(text) => text.parse().ok(),
            Value::Number(number) => super::decimal(number),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        };
        number.map(Self::Number).ok_or_else(|| format!("{value} is not allow, deny or a number"))
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Allow => f.write_str("allow"),
            Self::Deny => f.write_str("deny"),
            Self::Number(number) => write!(f, "{number}"),
        }
    }
}

/// What an engine says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The action may be taken.
    Allow,
    /// It may not, with the engine's reason.
    Deny(String),
    /// The number asked for.
    Number(Decimal),
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Allow => f.write_str("allow"),
            Self::Deny(reason) => write!(f, "deny: {reason}"),
            Self::Number(number) => write!(f, "{number}"),
        }
    }
}

/// Why a case has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unanswered {
    /// Nothing in the product answers such a question.
    #[error("no engine answers this yet")]
    NoEngine,
    /// A field is missing that the question needs.
    #[error("the case has no {0}")]
    Missing(&'static str),
    /// A field says what cannot be understood.
    #[error("{field}: {reason}")]
    Field {
        /// Its name.
        field: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl Unanswered {
    /// Names the field in what is wrong with it.
    pub(super) fn field(field: &str, reason: impl fmt::Display) -> Self {
        Self::Field { field: field.to_owned(), reason: reason.to_string() }
    }
}
