//! A payment, as text.

use jiff::tz::TimeZone;

use super::fields::{Fields, date};
use super::{FieldError, Intake};
use crate::ids::{DebtorId, InvoiceId, InvoiceNumber, PortfolioId};
use crate::remittance::{Progress, RemittanceKind, Report, Stage, Target};

/// The fields of a payment as text, as read. Blank counts as absent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RawPayment {
    /// What makes it count once.
    pub payment_ref: Option<String>,
    /// The invoice that it names.
    pub invoice_number: Option<String>,
    /// The debtor, where it names no invoice.
    pub debtor_ref: Option<String>,
    /// Slug of the creditor's portfolio; the tenant's own where absent.
    pub portfolio: Option<String>,
    /// `YYYY-MM-DD`; a day to come makes it a payment under way.
    pub paid_on: Option<String>,
    /// Major units with a point.
    pub amount: Option<String>,
    /// ISO 4217.
    pub currency: Option<String>,
    /// `settled` (also when absent), `pending` or `failed`.
    pub status: Option<String>,
}

impl RawPayment {
    /// The names of all fields.
    pub const FIELDS: [&'static str; 8] =
        ["payment_ref", "invoice_number", "debtor_ref", "portfolio", "paid_on", "amount", "currency", "status"];

    /// The names of the fields without which there is no payment.
    pub const REQUIRED: [&'static str; 4] = ["payment_ref", "paid_on", "amount", "currency"];

    /// Takes each field from where the caller has it.
    #[must_use]
    pub fn from_fields(field: impl Fn(&str) -> Option<String>) -> Self {
        Self {
            payment_ref: field("payment_ref"),
            invoice_number: field("invoice_number"),
            debtor_ref: field("debtor_ref"),
            portfolio: field("portfolio"),
            paid_on: field("paid_on"),
            amount: field("amount"),
            currency: field("currency"),
            status: field("status"),
        }
    }

    /// Checks every field.
    ///
    /// # Errors
    /// One [`FieldError`] for each field that is wrong, in order of the fields.
    pub fn parse(&self, intake: &Intake) -> Result<Report, Vec<FieldError>> {
        let mut fields = Fields(Vec::new());
        let reference =
            fields.require("payment_ref", self.payment_ref.as_ref(), |text| Ok::<_, String>(text.to_owned()));
        let id = reference.and_then(|text| fields.books_id(RemittanceKind::Payment, "payment_ref", &text));
        let number = fields.read("invoice_number", self.invoice_number.as_ref(), InvoiceNumber::parse);
        let debtor = fields.read("debtor_ref", self.debtor_ref.as_ref(), DebtorId::parse);
        let on = fields.require("paid_on", self.paid_on.as_ref(), date);
        let amount = fields.amount(self.amount.as_ref(), self.currency.as_ref());
        let portfolio = fields.read("portfolio", self.portfolio.as_ref(), PortfolioId::parse);
        let status = fields.read("status", self.status.as_ref(), payment_status);
        let portfolio = portfolio.unwrap_or_else(|| intake.default_portfolio.clone());
        let target = match (number, debtor) {
            (Some(number), _) => Some(Target::Invoice(InvoiceId { portfolio, number })),
            (None, Some(debtor)) => Some(Target::Debtor(debtor, portfolio)),
            (None, None) => None,
        };
        if target.is_none() && fields.0.is_empty() {
            fields.complain(
                "invoice_number",
                "is missing: name an invoice, or a debtor_ref to settle oldest first".into(),
            );
        }
        let (Some(id), Some(on), Some(amount), true) = (id, on, amount, fields.0.is_empty()) else {
            return Err(fields.0);
        };
        let to_come = on > TimeZone::UTC.to_datetime(intake.now).date();
        let stage = match status {
            Some(Stage::Failed) => Stage::Failed,
            Some(Stage::Pending) => Stage::Pending,
            _ if to_come => Stage::Pending,
            _ => Stage::Settled,
        };
        let progress = Progress::new(RemittanceKind::Payment, stage, intake.now);
        Ok(Report { amount: Some(amount), progress: Some(progress), target, on: Some(on), ..Report::about(id) })
    }
}

fn payment_status(text: &str) -> Result<Stage, &'static str> {
    match text {
        "settled" => Ok(Stage::Settled),
        "pending" => Ok(Stage::Pending),
        "failed" => Ok(Stage::Failed),
        _ => Err("must be settled, pending or failed"),
    }
}
