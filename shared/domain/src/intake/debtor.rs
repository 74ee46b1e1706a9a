//! What is said of a debtor by itself, as text.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Display;

use super::FieldError;
use super::fields::{Fields, country, short, yes_or_no};
use crate::calendar::Zone;
use crate::contact::{DebtorKind, EmailAddress, PhoneNumber};
use crate::credit::{CreditLimit, PaymentDays};
use crate::debtor::{DebtorPatch, Patch};
use crate::ids::DebtorId;
use crate::money::{Currency, Money};

/// The fields of a debtor as text, as read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RawDebtor {
    /// The name to write to.
    pub name: Patch<String>,
    /// `consumer` or `business`.
    pub kind: Patch<String>,
    /// Where e-mail goes.
    pub email: Patch<String>,
    /// International form.
    pub phone: Patch<String>,
    /// `yes` or `no`.
    pub sms_consent: Patch<String>,
    /// ISO 3166, two letters.
    pub country: Patch<String>,
    /// State or region.
    pub region: Patch<String>,
    /// BCP 47.
    pub language: Patch<String>,
    /// IANA name.
    pub time_zone: Patch<String>,
    /// The days to pay of invoices that name no due date.
    pub payment_terms_days: Patch<String>,
    /// The tenant's reference of the parent.
    pub parent_ref: Patch<String>,
    /// Limits by ISO 4217, in major units with a point; `None` lifts one.
    pub credit_limits: BTreeMap<String, Option<String>>,
    /// Whether limits that are not named are lifted.
    pub lifts_other_limits: bool,
}

impl RawDebtor {
    /// The names of all fields but the limits, which are an object of their own.
    pub const FIELDS: [&'static str; 11] = [
        "name",
        "kind",
        "email",
        "phone",
        "sms_consent",
        "country",
        "region",
        "language",
        "time_zone",
        "payment_terms_days",
        "parent_ref",
    ];

    /// The name of the object of limits.
    pub const LIMITS: &'static str = "credit_limits";

    /// Takes each field but the limits from where the caller has it.
    #[must_use]
    pub fn from_fields(field: impl Fn(&str) -> Patch<String>) -> Self {
        Self {
            name: field("name"),
            kind: field("kind"),
            email: field("email"),
            phone: field("phone"),
            sms_consent: field("sms_consent"),
            country: field("country"),
            region: field("region"),
            language: field("language"),
            time_zone: field("time_zone"),
            payment_terms_days: field("payment_terms_days"),
            parent_ref: field("parent_ref"),
            ..Self::default()
        }
    }

    /// Checks every field.
    ///
    /// # Errors
    /// One [`FieldError`] for each field that is wrong, in order of the fields.
    pub fn parse(&self) -> Result<DebtorPatch, Vec<FieldError>> {
        let mut fields = Fields(Vec::new());
        let patch = DebtorPatch {
            name: fields.patch("name", &self.name, short(200)),
            kind: fields.patch("kind", &self.kind, DebtorKind::parse),
            email: fields.patch("email", &self.email, EmailAddress::parse),
            phone: fields.patch("phone", &self.phone, PhoneNumber::parse),
            sms_consent: fields.patch("sms_consent", &self.sms_consent, yes_or_no),
            country: fields.patch("country", &self.country, country),
            region: fields.patch("region", &self.region, short(60)),
            language: fields.patch("language", &self.language, short(35)),
            zone: fields.patch("time_zone", &self.time_zone, Zone::parse),
            payment_days: fields.patch("payment_terms_days", &self.payment_terms_days, PaymentDays::parse),
            parent: fields.patch("parent_ref", &self.parent_ref, DebtorId::parse),
            limits: fields.limits(&self.credit_limits),
            lifts_other_limits: self.lifts_other_limits,
        };
        if fields.0.is_empty() { Ok(patch) } else { Err(fields.0) }
    }
}

impl Fields {
    fn patch<T, E: Display>(
        &mut self,
        field: &'static str,
        said: &Patch<String>,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Patch<T> {
        match said {
            Patch::Keep => Patch::Keep,
            Patch::Clear => Patch::Clear,
            Patch::Set(text) if text.trim().is_empty() => {
                self.complain(field, "must not be blank; null clears it".to_owned());
                Patch::Keep
            }
            Patch::Set(text) => self.read(field, Some(text), parse).map_or(Patch::Keep, Patch::Set),
        }
    }

    fn limits(&mut self, said: &BTreeMap<String, Option<String>>) -> BTreeMap<Currency, Option<CreditLimit>> {
        let mut limits = BTreeMap::new();
        for (code, amount) in said {
            match limit(code, amount.as_deref()) {
                Ok((currency, limit)) => drop(limits.insert(currency, limit)),
                Err(reason) => {
                    let field = Cow::Owned(format!("{}.{code}", RawDebtor::LIMITS));
                    self.0.push(FieldError { field, reason });
                }
            }
        }
        limits
    }
}

fn limit(code: &str, amount: Option<&str>) -> Result<(Currency, Option<CreditLimit>), String> {
    let currency = Currency::parse(code).map_err(|error| error.to_string())?;
    let Some(amount) = amount else { return Ok((currency, None)) };
    let amount = Money::parse(amount.trim(), currency).map_err(|error| error.to_string())?;
    Ok((currency, Some(CreditLimit::new(amount).map_err(|error| error.to_string())?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(text: &str) -> Patch<String> {
        Patch::Set(text.to_owned())
    }

    #[test]
    fn what_is_not_said_stays_and_null_clears() {
        let said = RawDebtor { email: Patch::Clear, kind: set("business"), ..RawDebtor::default() };
        let patch = said.parse().unwrap();
        assert_eq!(
            patch,
            DebtorPatch { email: Patch::Clear, kind: Patch::Set(DebtorKind::Business), ..DebtorPatch::default() }
        );
    }

    #[test]
    fn every_wrong_field_is_named_at_once() {
        let limits =
            [("EURO", Some("1")), ("EUR", Some("-1")), ("JPY", Some("1.5")), ("USD", None), ("GBP", Some("10"))];
        let raw = RawDebtor {
            kind: set("company"),
            email: set("nobody"),
            phone: set("01632"),
            sms_consent: set("perhaps"),
            country: set("Germany"),
            time_zone: set("Mars/X"),
            payment_terms_days: set("400"),
            parent_ref: set("  "),
            credit_limits: limits.map(|(code, limit)| (code.to_owned(), limit.map(str::to_owned))).into(),
            ..RawDebtor::default()
        };
        let found = raw.parse().unwrap_err();
        let fields: Vec<&str> = found.iter().map(|error| error.field.as_ref()).collect();
        let expected = [
            "kind",
            "email",
            "phone",
            "sms_consent",
            "country",
            "time_zone",
            "payment_terms_days",
            "parent_ref",
            "credit_limits.EUR",
            "credit_limits.EURO",
            "credit_limits.JPY",
        ];
        assert_eq!(fields, expected);
    }
}
