//! A payment, as text.

use jiff::tz::TimeZone;

use super::advice::{RawAdvice, RawPart};
use super::fields::{Fields, date};
use super::{FieldError, Intake};
use crate::allocation::Advice;
use crate::ids::{DebtorId, InvoiceId, InvoiceNumber, OutsideId, PortfolioId};
use crate::money::Money;
use crate::remittance::{Contest, Progress, RemittanceKind, Report, Stage, Target};

/// The fields of a payment as text, as read. Blank counts as absent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RawPayment {
    /// What makes it count once.
    pub payment_ref: Option<String>,
    /// The one invoice that it is for.
    pub invoice_number: Option<String>,
    /// The invoices that it names, separated by `;`: the oldest due of them is settled first.
    pub invoice_numbers: Option<String>,
    /// The invoices that it names, each with its part; in a file there is no column for it.
    pub allocations: Vec<RawPart>,
    /// What names leave over goes so: `oldest_due_first`, `largest_first`, `proportional`; the tenant's own method where
    /// absent.
    pub allocate_by: Option<String>,
    /// The debtor, where it is not for one invoice.
    pub debtor_ref: Option<String>,
    /// Slug of the creditor's portfolio; the tenant's own where absent.
    pub portfolio: Option<String>,
    /// `YYYY-MM-DD`; a day to come makes it a payment under way.
    pub paid_on: Option<String>,
    /// Major units with a point.
    pub amount: Option<String>,
    /// ISO 4217.
    pub currency: Option<String>,
    /// `settled` (also when absent), `pending`, `failed`, or `returned`: it settled, and the bank took it back.
    pub status: Option<String>,
    /// How much of it has been paid back so far.
    pub refunded: Option<String>,
    /// Where the debtor contests it through the bank: `inquiry`, `open`, `won` (by the creditor), `lost`.
    pub chargeback: Option<String>,
    /// How much of it is contested; where absent as much as was said before, else all of it.
    pub chargeback_amount: Option<String>,
    /// The day from which what went back counts; the day on which it is told where absent.
    pub reversed_on: Option<String>,
}

impl RawPayment {
    /// The names of all fields that are text.
    pub const FIELDS: [&'static str; 14] = [
        "payment_ref",
        "invoice_number",
        "invoice_numbers",
        "allocate_by",
        "debtor_ref",
        "portfolio",
        "paid_on",
        "amount",
        "currency",
        "status",
        "refunded",
        "chargeback",
        "chargeback_amount",
        "reversed_on",
    ];

    /// The names of the fields without which there is no payment.
    pub const REQUIRED: [&'static str; 4] = ["payment_ref", "paid_on", "amount", "currency"];

    /// Takes each field from where the caller has it.
    #[must_use]
    pub fn from_fields(field: impl Fn(&str) -> Option<String>) -> Self {
        Self {
            payment_ref: field("payment_ref"),
            invoice_number: field("invoice_number"),
            invoice_numbers: field("invoice_numbers"),
            allocations: Vec::new(),
            allocate_by: field("allocate_by"),
            debtor_ref: field("debtor_ref"),
            portfolio: field("portfolio"),
            paid_on: field("paid_on"),
            amount: field("amount"),
            currency: field("currency"),
            status: field("status"),
            refunded: field("refunded"),
            chargeback: field("chargeback"),
            chargeback_amount: field("chargeback_amount"),
            reversed_on: field("reversed_on"),
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
        let status = fields.read("status", self.status.as_ref(), Status::parse);
        let refunded = amount.and_then(|paid| part_of(&mut fields, "refunded", self.refunded.as_ref(), paid));
        let contest = amount.and_then(|paid| self.contest(&mut fields, status, paid));
        let reversed_on = fields.read("reversed_on", self.reversed_on.as_ref(), date);
        let said = RawAdvice {
            invoice_numbers: self.invoice_numbers.as_ref(),
            allocations: &self.allocations,
            allocate_by: self.allocate_by.as_ref(),
        };
        let advice = said.parse(&mut fields, amount);
        let portfolio = portfolio.unwrap_or_else(|| intake.default_portfolio.clone());
        let target = target(&mut fields, number, debtor, portfolio, advice);
        let (Some(id), Some(on), Some(amount), true) = (id, on, amount, fields.0.is_empty()) else {
            return Err(fields.0);
        };
        let to_come = on > TimeZone::UTC.to_datetime(intake.now).date();
        let stage = match status {
            Some(Status::Failed) => Stage::Failed,
            Some(Status::Pending) => Stage::Pending,
            Some(Status::Settled) | None if to_come => Stage::Pending,
            Some(Status::Settled | Status::Returned) | None => Stage::Settled,
        };
        let progress = Some(Progress::new(RemittanceKind::Payment, stage, intake.now));
        let (amount, on) = (Some(amount), Some(on));
        Ok(Report { id, amount, progress, refunded, contest, target, on, reversed_on })
    }

    /// A later word need not say the amount again.
    fn contest(
        &self,
        fields: &mut Fields,
        status: Option<Status>,
        paid: Money,
    ) -> Option<(OutsideId, Contest, Option<Money>)> {
        let told = fields.read("chargeback", self.chargeback.as_ref(), |text| {
            Contest::parse(text).ok_or("must be inquiry, open, won or lost")
        });
        let part = part_of(fields, "chargeback_amount", self.chargeback_amount.as_ref(), paid);
        let (id, state, amount) = match (told, status) {
            (Some(state), _) => ("chargeback", state, part),
            (None, Some(Status::Returned)) => ("returned", Contest::Lost, Some(paid)),
            (None, _) => return None,
        };
        Some((OutsideId::parse(id).ok()?, state, amount))
    }
}

/// What is said of a payment's progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Status {
    Settled,
    Pending,
    Failed,
    Returned,
}

impl Status {
    fn parse(text: &str) -> Result<Self, &'static str> {
        match text {
            "settled" => Ok(Self::Settled),
            "pending" => Ok(Self::Pending),
            "failed" => Ok(Self::Failed),
            "returned" => Ok(Self::Returned),
            _ => Err("must be settled, pending, failed or returned"),
        }
    }
}

/// An amount that is no more than what was paid.
fn part_of(fields: &mut Fields, field: &'static str, text: Option<&String>, paid: Money) -> Option<Money> {
    fields.read(field, text, |text| {
        let part = Money::parse(text, paid.currency()).map_err(|error| error.to_string())?;
        if (0..=paid.minor()).contains(&part.minor()) {
            Ok(part)
        } else {
            Err(format!("must be between nothing and the payment's {paid}, not {part}"))
        }
    })
}

fn target(
    fields: &mut Fields,
    number: Option<InvoiceNumber>,
    debtor: Option<DebtorId>,
    portfolio: PortfolioId,
    advice: Option<Advice>,
) -> Option<Target> {
    match (number, debtor, advice?) {
        (Some(number), _, advice) if advice == Advice::none() => Some(Target::Invoice(InvoiceId { portfolio, number })),
        (Some(_), ..) => {
            fields.complain("invoice_number", "cannot be given beside other invoices or a method".to_owned());
            None
        }
        (None, Some(debtor), advice) => Some(Target::Debtor(debtor, portfolio, advice)),
        (None, None, advice) => {
            if advice != Advice::none() {
                fields.complain("debtor_ref", "is missing: say whose invoices these are".to_owned());
            } else if fields.0.is_empty() {
                let reason = "is missing: name an invoice, or a debtor_ref to settle by the method";
                fields.complain("invoice_number", reason.to_owned());
            }
            None
        }
    }
}
