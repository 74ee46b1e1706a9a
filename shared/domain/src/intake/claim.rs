//! A late invoice that a quote is asked for, as text.

use std::borrow::Cow;

use jiff::civil::Date;

use super::FieldError;
use super::fields::{Fields, date, yes_or_no};
use crate::charge::moratorium::Moratorium;
use crate::charge::rates::AnnualRate;
use crate::charge::regime::DebtKind;
use crate::charge::start::{LongTerm, PaymentTerms, Purchaser};
use crate::charge::terms::Terms;
use crate::charge::{Authority, Claim, OpenBalance, Start};
use crate::contact::DebtorKind;
use crate::ids::Citation;
use crate::money::Money;

/// The fields of a claim as text, as read. Blank counts as absent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RawClaim {
    /// `consumer` or `business`.
    pub debtor_kind: Option<String>,
    /// The principal, gross of tax; major units with a point.
    pub amount: Option<String>,
    /// ISO 4217.
    pub currency: Option<String>,
    /// The agreed day of payment, `YYYY-MM-DD`.
    pub due_date: Option<String>,
    /// When goods were delivered or the service was rendered.
    pub performed_on: Option<String>,
    /// When the debtor received the invoice.
    pub invoice_received_on: Option<String>,
    /// When the debtor received a reminder.
    pub reminded_on: Option<String>,
    /// Whether the invoice told a consumer of default after 30 days: `yes` or `no` (also when absent).
    pub consumer_notice: Option<String>,
    /// `private` (also when absent) or `public_authority`.
    pub purchaser: Option<String>,
    /// Of a far agreed day: `stands` (also when absent) or `grossly_unfair`.
    pub long_term: Option<String>,
    /// The contract's own rate, percent a year.
    pub contract_rate: Option<String>,
    /// The clause that provides for it.
    pub contract_clause: Option<String>,
    /// The most that the contract or the law against usury allows, percent a year.
    pub contract_cap: Option<String>,
    /// `trade` (also when absent) or `regulated_credit`.
    pub debt_kind: Option<String>,
    /// The first day of a moratorium such as breathing space, in which nothing may be charged.
    pub moratorium_from: Option<String>,
    /// The last day of the moratorium.
    pub moratorium_to: Option<String>,
    /// The last day that is charged for; today where absent.
    pub as_of: Option<String>,
    /// What was paid towards the principal.
    pub payments: Vec<RawMovement>,
}

/// A payment towards the principal as text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RawMovement {
    /// `YYYY-MM-DD`.
    pub paid_on: Option<String>,
    /// Major units with a point.
    pub amount: Option<String>,
}

impl RawMovement {
    /// The names of all fields.
    pub const FIELDS: [&'static str; 2] = ["paid_on", "amount"];
}

impl RawClaim {
    /// The names of all fields but the payments.
    pub const FIELDS: [&'static str; 17] = [
        "debtor_kind",
        "amount",
        "currency",
        "due_date",
        "performed_on",
        "invoice_received_on",
        "reminded_on",
        "consumer_notice",
        "purchaser",
        "long_term",
        "contract_rate",
        "contract_clause",
        "contract_cap",
        "debt_kind",
        "moratorium_from",
        "moratorium_to",
        "as_of",
    ];

    /// Takes each field from where the caller has it.
    #[must_use]
    pub fn from_fields(field: impl Fn(&str) -> Option<String>, payments: Vec<RawMovement>) -> Self {
        Self {
            debtor_kind: field("debtor_kind"),
            amount: field("amount"),
            currency: field("currency"),
            due_date: field("due_date"),
            performed_on: field("performed_on"),
            invoice_received_on: field("invoice_received_on"),
            reminded_on: field("reminded_on"),
            consumer_notice: field("consumer_notice"),
            purchaser: field("purchaser"),
            long_term: field("long_term"),
            contract_rate: field("contract_rate"),
            contract_clause: field("contract_clause"),
            contract_cap: field("contract_cap"),
            debt_kind: field("debt_kind"),
            moratorium_from: field("moratorium_from"),
            moratorium_to: field("moratorium_to"),
            as_of: field("as_of"),
            payments,
        }
    }

    /// Checks every field.
    ///
    /// # Errors
    /// One [`FieldError`] for each field that is wrong, in order of the fields.
    pub fn parse(&self, today: Date) -> Result<Claim, Vec<FieldError>> {
        let mut fields = Fields(Vec::new());
        let debtor = fields.require("debtor_kind", self.debtor_kind.as_ref(), DebtorKind::parse);
        let amount = fields.amount(self.amount.as_ref(), self.currency.as_ref());
        let terms = self.payment_terms(&mut fields);
        let agreed = self.agreed(&mut fields);
        let debt = fields.read("debt_kind", self.debt_kind.as_ref(), debt_kind).unwrap_or_default();
        let moratoria = self.moratorium(&mut fields).into_iter().collect();
        let as_of = fields.read("as_of", self.as_of.as_ref(), date).unwrap_or(today);
        let balance = amount.and_then(|amount| self.balance(&mut fields, amount));
        let (Some(debtor), Some(balance), true) = (debtor, balance, fields.0.is_empty()) else {
            return Err(fields.0);
        };
        Ok(Claim { debtor, debt, balance, start: Start::From(terms), as_of, moratoria, agreed })
    }

    fn payment_terms(&self, fields: &mut Fields) -> PaymentTerms {
        let told = fields.read("consumer_notice", self.consumer_notice.as_ref(), yes_or_no);
        PaymentTerms {
            agreed_day: fields.read("due_date", self.due_date.as_ref(), date),
            performed: fields.read("performed_on", self.performed_on.as_ref(), date),
            invoice_received: fields.read("invoice_received_on", self.invoice_received_on.as_ref(), date),
            reminded: fields.read("reminded_on", self.reminded_on.as_ref(), date),
            told_of_thirty_days: told.unwrap_or_default(),
            purchaser: fields.read("purchaser", self.purchaser.as_ref(), purchaser).unwrap_or_default(),
            long_term: fields.read("long_term", self.long_term.as_ref(), long_term).unwrap_or_default(),
        }
    }

    /// The contract's own interest: no rate without the clause that provides for it.
    fn agreed(&self, fields: &mut Fields) -> Option<Terms> {
        let rate = fields.read("contract_rate", self.contract_rate.as_ref(), AnnualRate::parse);
        let clause = match rate {
            Some(_) => fields.require("contract_clause", self.contract_clause.as_ref(), Citation::parse),
            None => fields.read("contract_clause", self.contract_clause.as_ref(), Citation::parse),
        };
        let cap = fields.read("contract_cap", self.contract_cap.as_ref(), AnnualRate::parse);
        let (rate, clause) = (rate?, clause?);
        Some(Terms::agreed(rate, cap, Authority::Contract(clause)))
    }

    fn moratorium(&self, fields: &mut Fields) -> Option<Moratorium> {
        let (from, to) = (self.moratorium_from.as_ref(), self.moratorium_to.as_ref());
        from.or(to)?;
        let first = fields.require("moratorium_from", from, date);
        let last = fields.require("moratorium_to", to, date);
        let (first, last) = first.zip(last)?;
        Moratorium::new(first, last).map_err(|error| fields.complain("moratorium_to", error.to_string())).ok()
    }

    fn balance(&self, fields: &mut Fields, amount: Money) -> Option<OpenBalance> {
        let currency = amount.currency();
        let mut balance = Some(OpenBalance::new(amount));
        for (index, payment) in self.payments.iter().enumerate() {
            let mut own = Fields(Vec::new());
            let on = own.require("paid_on", payment.paid_on.as_ref(), date);
            let paid = own.require("amount", payment.amount.as_ref(), |text| Money::parse(text, currency));
            if paid.is_some_and(|paid| !paid.is_positive()) {
                own.complain("amount", "must be more than nothing".to_owned());
            }
            balance =
                balance.zip(on.zip(paid)).and_then(|(balance, (on, paid))| balance.moved(on, paid.negated()).ok());
            let named = |error: FieldError| FieldError {
                field: Cow::Owned(format!("payments[{index}].{}", error.field)),
                ..error
            };
            fields.0.extend(own.0.into_iter().map(named));
        }
        balance
    }
}

fn debt_kind(text: &str) -> Result<DebtKind, &'static str> {
    match text {
        "trade" => Ok(DebtKind::Trade),
        "regulated_credit" => Ok(DebtKind::RegulatedCredit),
        _ => Err("must be trade or regulated_credit"),
    }
}

fn purchaser(text: &str) -> Result<Purchaser, &'static str> {
    match text {
        "private" => Ok(Purchaser::Private),
        "public_authority" => Ok(Purchaser::PublicAuthority),
        _ => Err("must be private or public_authority"),
    }
}

fn long_term(text: &str) -> Result<LongTerm, &'static str> {
    match text {
        "stands" => Ok(LongTerm::Stands),
        "grossly_unfair" => Ok(LongTerm::GrosslyUnfair),
        _ => Err("must be stands or grossly_unfair"),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date as day;

    use super::*;

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    fn raw() -> RawClaim {
        RawClaim {
            debtor_kind: some("business"),
            amount: some("2500.00"),
            currency: some("GBP"),
            due_date: some("2025-06-15"),
            payments: vec![RawMovement { paid_on: some("2025-07-01"), amount: some("500") }],
            ..RawClaim::default()
        }
    }

    fn complaints(raw: &RawClaim) -> Vec<Cow<'static, str>> {
        raw.parse(day(2025, 8, 15)).unwrap_err().into_iter().map(|error| error.field).collect()
    }

    #[test]
    fn a_sound_claim_is_read() {
        let claim = raw().parse(day(2025, 8, 15)).unwrap();
        assert_eq!(claim.as_of, day(2025, 8, 15));
        assert_eq!(claim.balance.on(day(2025, 7, 1)).unwrap().to_string(), "2500.00");
        assert_eq!(claim.balance.on(day(2025, 7, 2)).unwrap().to_string(), "2000.00");
    }

    #[test]
    fn each_wrong_field_is_named() {
        assert_eq!(complaints(&RawClaim::default()), ["debtor_kind", "currency", "amount"]);
        assert_eq!(complaints(&RawClaim { due_date: some("soon"), ..raw() }), ["due_date"]);
        assert_eq!(complaints(&RawClaim { contract_rate: some("9"), ..raw() }), ["contract_clause"]);
        assert_eq!(complaints(&RawClaim { contract_rate: some("9%"), ..raw() }), ["contract_rate"]);
        assert_eq!(
            complaints(&RawClaim { purchaser: some("us"), long_term: some("x"), ..raw() }),
            ["purchaser", "long_term"]
        );
        let backwards = RawClaim { moratorium_from: some("2025-07-02"), moratorium_to: some("2025-07-01"), ..raw() };
        assert_eq!(complaints(&backwards), ["moratorium_to"]);
        assert_eq!(complaints(&RawClaim { moratorium_from: some("2025-07-02"), ..raw() }), ["moratorium_to"]);
        assert_eq!(complaints(&RawClaim { debt_kind: some("gift"), ..raw() }), ["debt_kind"]);
        let payments = vec![
            RawMovement { paid_on: some("2025-07-01"), amount: some("5.005") },
            RawMovement { paid_on: None, amount: some("-5") },
        ];
        let named = ["payments[0].amount", "payments[1].paid_on", "payments[1].amount"];
        assert_eq!(complaints(&RawClaim { payments, ..raw() }), named);
    }
}
