//! Reading one field after the other, and keeping every complaint.

use std::borrow::Cow;
use std::collections::BTreeSet;

use jiff::civil::Date;

use super::BOOKS;
use crate::ids::{IdError, InvoiceNumber, OutsideId, SourceName};
use crate::money::{Currency, Money};
use crate::remittance::{RemittanceId, RemittanceKind};

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {reason}")]
pub struct FieldError {
    /// The field's name, as in the CSV header and the JSON body.
    pub field: Cow<'static, str>,
    /// What was found, and what is allowed.
    pub reason: String,
}

/// Fields that were read and the complaints about those that could not be.
pub(super) struct Fields(pub(super) Vec<FieldError>);

impl Fields {
    pub(super) fn read<T, E: std::fmt::Display>(
        &mut self,
        field: &'static str,
        value: Option<&String>,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let value = value.map(|value| value.trim()).filter(|value| !value.is_empty())?;
        parse(value).map_err(|error| self.complain(field, error.to_string())).ok()
    }

    pub(super) fn require<T, E: std::fmt::Display>(
        &mut self,
        field: &'static str,
        value: Option<&String>,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        if value.is_none_or(|value| value.trim().is_empty()) {
            self.complain(field, "is missing".to_owned());
        }
        self.read(field, value, parse)
    }

    pub(super) fn complain(&mut self, field: &'static str, reason: String) {
        self.0.push(FieldError { field: Cow::Borrowed(field), reason });
    }

    pub(super) fn amount(&mut self, amount: Option<&String>, currency: Option<&String>) -> Option<Money> {
        let currency = self.require("currency", currency, Currency::parse);
        // Without its currency an amount can still be seen to be no number.
        let reading = currency.or_else(|| Currency::parse("KWD").ok())?;
        let amount = self.require("amount", amount, |text| Money::parse(text, reading))?;
        if !amount.is_positive() {
            self.complain(
                "amount",
                format!("must be more than nothing, not {amount}; send a credit note to reduce a debt"),
            );
        }
        (currency.is_some() && amount.is_positive()).then_some(amount)
    }
}

pub(super) fn date(text: &str) -> Result<Date, String> {
    let plain = text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    let date = text.parse::<Date>().ok().filter(|_| plain);
    date.ok_or_else(|| format!("{:?} is not a date of the form 2026-03-31", text.chars().take(40).collect::<String>()))
}

/// Invoice numbers, separated by `;`.
pub(super) fn numbers(text: &str) -> Result<BTreeSet<InvoiceNumber>, IdError> {
    text.split(';').map(|number| InvoiceNumber::parse(number.trim())).collect()
}

pub(super) fn yes_or_no(text: &str) -> Result<bool, &'static str> {
    match text {
        "yes" | "true" => Ok(true),
        "no" | "false" => Ok(false),
        _ => Err("must be yes or no"),
    }
}

pub(super) fn short(max: usize) -> impl Fn(&str) -> Result<String, String> {
    move |text| {
        let fits = text.chars().count() <= max && !text.chars().any(char::is_control);
        if fits {
            Ok(text.to_owned())
        } else {
            Err(format!("must be at most {max} characters without control characters"))
        }
    }
}

pub(super) fn country(text: &str) -> Result<String, &'static str> {
    let code = text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase());
    if code { Ok(text.to_owned()) } else { Err("must be the two capital letters of ISO 3166, such as GB") }
}

impl Fields {
    pub(super) fn books_id(
        &mut self,
        kind: RemittanceKind,
        field: &'static str,
        outside_id: &str,
    ) -> Option<RemittanceId> {
        let outside_id = OutsideId::parse(outside_id).map_err(|error| self.complain(field, error.to_string())).ok()?;
        let source = SourceName::parse(BOOKS).ok()?;
        Some(RemittanceId { kind, source, outside_id })
    }
}
