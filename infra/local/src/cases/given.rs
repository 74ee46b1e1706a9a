//! The facts of a case, read field by field into the product's own types.

use dunlin_domain::charge::rates::AnnualRate;
use dunlin_domain::contact::DebtorKind;
use dunlin_domain::money::{Currency, Money};
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::Value;

use super::outcome::Unanswered;

/// The facts. What is missing or null is not known.
#[derive(Debug, Clone, Deserialize)]
#[serde(transparent)]
pub struct Given(Value);

impl Given {
    /// The value of a field, if it has one.
    pub(super) fn value(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// A part with fields of its own.
    pub(super) fn part(&self, name: &str) -> Option<Self> {
        self.value(name).map(|value| Self(value.clone()))
    }

    pub(super) fn parts(&self, name: &str) -> Vec<Self> {
        let parts = self.value(name).and_then(Value::as_array);
        parts.into_iter().flatten().map(|part| Self(part.clone())).collect()
    }

    /// Text, or a number as it is written.
    pub(super) fn text(&self, name: &str) -> Result<Option<String>, Unanswered> {
        self.value(name).map(|value| text_of(name, value)).transpose()
    }

    pub(super) fn texts(&self, name: &str) -> Result<Vec<String>, Unanswered> {
        let values = self.value(name).and_then(Value::as_array);
        values.into_iter().flatten().map(|value| text_of(name, value)).collect()
    }

    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>, Unanswered> {
        let flag = |value: &Value| value.as_bool().ok_or_else(|| Unanswered::field(name, "is not true or false"));
        self.value(name).map(flag).transpose()
    }

    pub(super) fn days(&self, name: &str) -> Result<Option<i32>, Unanswered> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        text.parse().map(Some).map_err(|_| Unanswered::field(name, "is not a number of days"))
    }

    /// A day; of a moment, its own.
    pub(super) fn day(&self, name: &str) -> Result<Option<Date>, Unanswered> {
        self.text(name)?.map(|text| day(name, &text)).transpose()
    }

    /// The first of these fields that has a day.
    pub(super) fn first_day_of(&self, names: &[&str]) -> Result<Option<Date>, Unanswered> {
        for name in names {
            if let Some(day) = self.day(name)? {
                return Ok(Some(day));
            }
        }
        Ok(None)
    }

    pub(super) fn period(&self, name: &str) -> Result<Option<(Date, Date)>, Unanswered> {
        match self.texts(name)?.as_slice() {
            [] => Ok(None),
            [first, last] => Ok(Some((day(name, first)?, day(name, last)?))),
            _ => Err(Unanswered::field(name, "is not a first and a last day")),
        }
    }

    pub(super) fn money(&self, name: &str, currency: Currency) -> Result<Option<Money>, Unanswered> {
        self.text(name)?.map(|text| money(name, &text, currency)).transpose()
    }

    pub(super) fn monies(&self, name: &str, currency: Currency) -> Result<Vec<Money>, Unanswered> {
        self.texts(name)?.iter().map(|text| money(name, text, currency)).collect()
    }

    pub(super) fn rate(&self, name: &str) -> Result<Option<AnnualRate>, Unanswered> {
        let rate = |text: String| AnnualRate::parse(&text).map_err(|error| Unanswered::field(name, error));
        self.text(name)?.map(rate).transpose()
    }

    /// Who owes. A consumer where it is not said.
    pub(super) fn debtor(&self) -> Result<DebtorKind, Unanswered> {
        match self.text("debtor_type")?.as_deref() {
            None | Some("consumer") => Ok(DebtorKind::Consumer),
            Some("business" | "limited_company" | "company" | "partnership" | "sole_trader" | "public_authority") => {
                Ok(DebtorKind::Business)
            }
            Some(other) => Err(Unanswered::field("debtor_type", format!("{other:?} is no kind of debtor known here"))),
        }
    }

    pub(super) fn jurisdiction(&self) -> Result<String, Unanswered> {
        self.text("jurisdiction")?.ok_or(Unanswered::Missing("jurisdiction"))
    }
}

fn text_of(name: &str, value: &Value) -> Result<String, Unanswered> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
            Err(Unanswered::field(name, "is not text or a number"))
        }
    }
}

fn day(name: &str, text: &str) -> Result<Date, Unanswered> {
    let plain = text.get(..10).unwrap_or(text);
    plain.parse().map_err(|_| Unanswered::field(name, format!("{text:?} is not a day such as 2026-03-31")))
}

fn money(name: &str, text: &str, currency: Currency) -> Result<Money, Unanswered> {
    Money::parse(text, currency).map_err(|error| Unanswered::field(name, error))
}
