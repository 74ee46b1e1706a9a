//! Reading the body of a call: every field that is wrong is named, at once.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use dunlin_aws::http::{Problem, raw_body};
use dunlin_domain::money::{Currency, Money};
use jiff::civil::Date;
use serde_json::{Map, Value};

/// The fields of a JSON object, as they are asked for, and what is wrong with them.
pub(crate) struct Body {
    /// Where the object lies within the body: empty, or `schedule.`.
    place: String,
    fields: Map<String, Value>,
    asked: BTreeSet<String>,
    errors: Vec<(String, String)>,
}

impl Body {
    /// Reads the body of a call.
    pub(crate) fn of(request: &ApiGatewayV2httpRequest) -> Result<Self, Problem> {
        let body: Value = serde_json::from_slice(&raw_body(request)?)
            .map_err(|error| Problem::bad_request(format!("the body is not JSON ({error}); send a JSON object")))?;
        match body {
            Value::Object(fields) => Ok(Self::within(String::new(), fields)),
            _ => Err(Problem::bad_request("send a JSON object")),
        }
    }

    fn within(place: String, fields: Map<String, Value>) -> Self {
        Self { place, fields, asked: BTreeSet::new(), errors: Vec::new() }
    }

    /// Notes that a field is wrong.
    pub(crate) fn complain(&mut self, field: &str, reason: impl ToString) {
        self.errors.push((format!("{}{field}", self.place), reason.to_string()));
    }

    /// A field that is there, and not null.
    fn value(&mut self, field: &str) -> Option<Value> {
        self.asked.insert(field.to_owned());
        self.fields.get(field).filter(|value| !value.is_null()).cloned()
    }

    /// A field as it is, where it is there; null too.
    pub(crate) fn said(&mut self, field: &str) -> Option<Value> {
        self.asked.insert(field.to_owned());
        self.fields.get(field).cloned()
    }

    /// Whether a field is there.
    pub(crate) fn has(&self, field: &str) -> bool {
        self.fields.get(field).is_some_and(|value| !value.is_null())
    }

    /// A text that may be left out.
    pub(crate) fn text(&mut self, field: &str) -> Option<String> {
        match self.value(field)? {
            Value::String(text) if !text.trim().is_empty() => Some(text),
            Value::String(_) => None,
            Value::Number(_) => {
                self.complain(field, "must be a string, so that no digit is lost");
                None
            }
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
                self.complain(field, "must be a string");
                None
            }
        }
    }

    /// Text that is read by a parser, which says what is wrong with it.
    pub(crate) fn parsed<T, E: ToString>(
        &mut self,
        field: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let text = self.text(field)?;
        parse(&text).map_err(|error| self.complain(field, error)).ok()
    }

    /// The same where it must not be left out.
    pub(crate) fn required<T, E: ToString>(
        &mut self,
        field: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let before = self.errors.len();
        let value = self.parsed(field, parse);
        if value.is_none() && self.errors.len() == before {
            self.complain(field, "is required");
        }
        value
    }

    /// A date such as `2026-03-31`.
    pub(crate) fn date(&mut self, field: &str) -> Option<Date> {
        self.required(field, date)
    }

    /// An amount in `currency`, as a decimal string.
    pub(crate) fn amount(&mut self, field: &str, currency: Option<Currency>) -> Option<Money> {
        self.required(field, |text| currency.map_or(Ok(None), |currency| Money::parse(text, currency).map(Some)))
            .flatten()
    }

    /// A whole number of at most `max`, or `otherwise` where it is left out.
    pub(crate) fn number(&mut self, field: &str, max: u16, otherwise: u16) -> u16 {
        let Some(value) = self.value(field) else { return otherwise };
        let number = value.as_u64().and_then(|number| u16::try_from(number).ok()).filter(|number| *number <= max);
        number.unwrap_or_else(|| {
            self.complain(field, format!("must be a whole number of at most {max}"));
            otherwise
        })
    }

    /// A whole number within a range, which may reach below 0.
    pub(crate) fn integer(&mut self, field: &str, range: RangeInclusive<i64>) -> Option<i64> {
        let number = self.value(field).and_then(|value| value.as_i64()).filter(|number| range.contains(number));
        if number.is_none() {
            self.complain(field, format!("must be a whole number from {} to {}", range.start(), range.end()));
        }
        number
    }

    /// A yes or no that may be left out.
    pub(crate) fn flag(&mut self, field: &str) -> Option<bool> {
        let value = self.value(field)?;
        if value.as_bool().is_none() {
            self.complain(field, "must be true or false");
        }
        value.as_bool()
    }

    /// A list of texts, empty where it is left out.
    pub(crate) fn texts(&mut self, field: &str) -> Vec<String> {
        let Some(value) = self.value(field) else { return Vec::new() };
        let texts = value.as_array().map(|all| all.iter().map(|one| one.as_str().map(str::to_owned)).collect());
        texts.unwrap_or(None).unwrap_or_else(|| {
            self.complain(field, "must be a list of strings");
            Vec::new()
        })
    }

    /// The same where an empty list would not say what is meant.
    pub(crate) fn some_texts(&mut self, field: &str) -> Vec<String> {
        if self.fields.get(field).and_then(Value::as_array).is_some_and(Vec::is_empty) {
            self.complain(field, "must name at least one, or be left out for all");
        }
        self.texts(field)
    }

    /// The same of at most `count` texts, each of at most `chars` characters.
    pub(crate) fn short_texts(&mut self, field: &str, count: usize, chars: usize) -> Vec<String> {
        let texts = self.texts(field);
        if texts.len() > count {
            self.complain(field, format!("must be at most {count} texts"));
        }
        for (index, _) in texts.iter().enumerate().filter(|(_, text)| text.chars().count() > chars) {
            self.complain(&format!("{field}[{index}]"), format!("must be at most {chars} characters"));
        }
        texts
    }

    /// Reads an object within.
    pub(crate) fn object<T>(&mut self, field: &str, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        match self.value(field)? {
            Value::Object(fields) => self.inner(format!("{}{field}.", self.place), fields, read),
            _ => {
                self.complain(field, "must be an object");
                None
            }
        }
    }

    /// Reads a list of objects within.
    pub(crate) fn objects<T>(&mut self, field: &str, read: impl Fn(&mut Self) -> Option<T>) -> Vec<T> {
        let Some(value) = self.value(field) else { return Vec::new() };
        let Value::Array(all) = value else {
            self.complain(field, "must be a list of objects");
            return Vec::new();
        };
        let mut found = Vec::new();
        for (index, one) in all.into_iter().enumerate() {
            match one {
                Value::Object(fields) => {
                    found.extend(self.inner(format!("{}{field}[{index}].", self.place), fields, &read));
                }
                _ => self.complain(&format!("{field}[{index}]"), "must be an object"),
            }
        }
        found
    }

    fn inner<T>(
        &mut self,
        place: String,
        fields: Map<String, Value>,
        read: impl FnOnce(&mut Self) -> Option<T>,
    ) -> Option<T> {
        let mut inner = Self::within(place, fields);
        let value = read(&mut inner);
        inner.complain_of_unknown();
        self.errors.append(&mut inner.errors);
        value
    }

    fn complain_of_unknown(&mut self) {
        let unknown: Vec<String> = self.fields.keys().filter(|name| !self.asked.contains(*name)).cloned().collect();
        for field in unknown {
            self.complain(&field, "is not a field of this call");
        }
    }

    /// What was read, if nothing was wrong.
    pub(crate) fn finish<T>(mut self, value: Option<T>) -> Result<T, Problem> {
        self.complain_of_unknown();
        match value.filter(|_| self.errors.is_empty()) {
            Some(value) => Ok(value),
            None => {
                let problem = Problem::bad_request("mend the fields that are named and send it again");
                Err(self.errors.iter().fold(problem, |problem, (field, reason)| problem.field(field, reason.as_str())))
            }
        }
    }
}

/// Reads a date.
pub(crate) fn date(text: &str) -> Result<Date, &'static str> {
    text.parse().map_err(|_| "must be a date such as 2026-03-31")
}
