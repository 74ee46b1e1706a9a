//! An invoice or credit note, as text.

use std::borrow::Cow;

use super::fields::{Fields, country, date, short, yes_or_no};
use super::{CreditNoteDraft, Document, Due, FieldError, Intake, InvoiceDraft};
use crate::allocation::Advice;
use crate::calendar::Zone;
use crate::contact::{DebtorKind, EmailAddress, PhoneNumber};
use crate::ids::{DebtorId, InvoiceId, InvoiceNumber, OutsideId, PortfolioId};
use crate::invoice::{Source, Standing};
use crate::money::Money;
use crate::profile::ProfilePatch;
use crate::remittance::{Progress, RemittanceKind, Report, Stage, Target};

/// The fields of an invoice or credit note as text, as read. Blank counts as absent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RawDocument {
    /// `invoice` (also when absent) or `credit_note`.
    pub document: Option<String>,
    /// `open` (also when absent), or `void`: it should never have been. What is void stays so.
    pub status: Option<String>,
    /// The tenant's reference of the debtor.
    pub debtor_ref: Option<String>,
    /// The debtor's name.
    pub debtor_name: Option<String>,
    /// The number of the invoice, or of the credit note.
    pub invoice_number: Option<String>,
    /// `YYYY-MM-DD`.
    pub issue_date: Option<String>,
    /// `YYYY-MM-DD`; by the debtor's payment terms where absent. A credit note has none.
    pub due_date: Option<String>,
    /// ISO 4217.
    pub currency: Option<String>,
    /// Major units with a point.
    pub amount: Option<String>,
    /// The invoice that a credit note is for, by number.
    pub applies_to: Option<String>,
    /// `consumer` or `business`.
    pub debtor_kind: Option<String>,
    /// Where e-mail goes.
    pub email: Option<String>,
    /// International form.
    pub phone: Option<String>,
    /// `yes` or `no`.
    pub sms_consent: Option<String>,
    /// ISO 3166, two letters.
    pub country: Option<String>,
    /// State or region.
    pub region: Option<String>,
    /// IANA name.
    pub time_zone: Option<String>,
    /// BCP 47.
    pub language: Option<String>,
    /// Slug of the creditor's portfolio; the tenant's own where absent.
    pub portfolio: Option<String>,
    /// What for.
    pub description: Option<String>,
}

impl RawDocument {
    /// The names of all fields.
    pub const FIELDS: [&'static str; 20] = [
        "document",
        "status",
        "debtor_ref",
        "debtor_name",
        "invoice_number",
        "issue_date",
        "due_date",
        "currency",
        "amount",
        "applies_to",
        "debtor_kind",
        "email",
        "phone",
        "sms_consent",
        "country",
        "region",
        "time_zone",
        "language",
        "portfolio",
        "description",
    ];

    /// The names of the fields without which there is no invoice.
    pub const REQUIRED: [&'static str; 5] = ["debtor_ref", "invoice_number", "issue_date", "currency", "amount"];

    /// Takes each field from where the caller has it.
    #[must_use]
    pub fn from_fields(field: impl Fn(&str) -> Option<String>) -> Self {
        Self {
            document: field("document"),
            status: field("status"),
            debtor_ref: field("debtor_ref"),
            debtor_name: field("debtor_name"),
            invoice_number: field("invoice_number"),
            issue_date: field("issue_date"),
            due_date: field("due_date"),
            currency: field("currency"),
            amount: field("amount"),
            applies_to: field("applies_to"),
            debtor_kind: field("debtor_kind"),
            email: field("email"),
            phone: field("phone"),
            sms_consent: field("sms_consent"),
            country: field("country"),
            region: field("region"),
            time_zone: field("time_zone"),
            language: field("language"),
            portfolio: field("portfolio"),
            description: field("description"),
        }
    }

    /// Checks every field.
    ///
    /// # Errors
    /// One [`FieldError`] for each field that is wrong, in order of the fields.
    pub fn parse(&self, intake: &Intake) -> Result<Document, Vec<FieldError>> {
        match self.document.as_deref().map(str::trim) {
            None | Some("" | "invoice") => self.invoice(intake).map(|draft| Document::Invoice(Box::new(draft))),
            Some("credit_note") => self.credit_note(intake).map(Document::CreditNote),
            Some(_) => {
                let reason = "must be invoice or credit_note".to_owned();
                Err(vec![FieldError { field: Cow::Borrowed("document"), reason }])
            }
        }
    }

    fn invoice(&self, intake: &Intake) -> Result<InvoiceDraft, Vec<FieldError>> {
        let mut fields = Fields(Vec::new());
        let debtor = fields.require("debtor_ref", self.debtor_ref.as_ref(), DebtorId::parse);
        let number = fields.require("invoice_number", self.invoice_number.as_ref(), InvoiceNumber::parse);
        let issue_date = fields.require("issue_date", self.issue_date.as_ref(), date);
        let due_date = fields.read("due_date", self.due_date.as_ref(), date);
        let standing = fields.read("status", self.status.as_ref(), standing);
        let total = fields.amount(self.amount.as_ref(), self.currency.as_ref());
        let portfolio = fields.read("portfolio", self.portfolio.as_ref(), PortfolioId::parse);
        let description = fields.read("description", self.description.as_ref(), short(400));
        let profile = self.profile(&mut fields);
        if let (Some(issue_date), Some(due_date)) = (issue_date, due_date)
            && due_date < issue_date
        {
            fields.complain("due_date", format!("{due_date} is before the issue date, {issue_date}"));
        }
        let (Some(debtor), Some(number), Some(issue_date), Some(total), true) =
            (debtor, number, issue_date, total, fields.0.is_empty())
        else {
            return Err(fields.0);
        };
        let outside_id = OutsideId::parse(number.as_str());
        let Ok(outside_id) = outside_id else { return Err(fields.0) };
        let portfolio = portfolio.unwrap_or_else(|| intake.default_portfolio.clone());
        Ok(InvoiceDraft {
            debtor,
            profile,
            id: InvoiceId { portfolio, number },
            source: Source { name: intake.source.clone(), outside_id },
            customer: None,
            issue_date,
            due_date: due_date.map_or(Due::ByTerms { otherwise: None }, Due::On),
            total,
            description,
            standing: standing.unwrap_or(Standing::Open),
            reported_paid: Money::zero(total.currency()),
            stamp: None,
            attempts: None,
        })
    }

    fn credit_note(&self, intake: &Intake) -> Result<CreditNoteDraft, Vec<FieldError>> {
        let mut fields = Fields(Vec::new());
        let debtor = fields.require("debtor_ref", self.debtor_ref.as_ref(), DebtorId::parse);
        let number = fields.require("invoice_number", self.invoice_number.as_ref(), InvoiceNumber::parse);
        let issue_date = fields.require("issue_date", self.issue_date.as_ref(), date);
        let standing = fields.read("status", self.status.as_ref(), standing);
        let amount = fields.amount(self.amount.as_ref(), self.currency.as_ref());
        let portfolio = fields.read("portfolio", self.portfolio.as_ref(), PortfolioId::parse);
        let applies_to = fields.read("applies_to", self.applies_to.as_ref(), InvoiceNumber::parse);
        let (Some(debtor), Some(number), Some(issue_date), Some(amount), true) =
            (debtor, number, issue_date, amount, fields.0.is_empty())
        else {
            return Err(fields.0);
        };
        let portfolio = portfolio.unwrap_or_else(|| intake.default_portfolio.clone());
        let outside_id = format!("{portfolio}/{number}");
        let Some(id) = fields.books_id(RemittanceKind::CreditNote, "invoice_number", &outside_id) else {
            return Err(fields.0);
        };
        let target = match applies_to {
            Some(number) => Target::Invoice(InvoiceId { portfolio, number }),
            None => Target::Debtor(debtor.clone(), portfolio, Advice::none()),
        };
        let stage = if standing == Some(Standing::Void) { Stage::Failed } else { Stage::Settled };
        let progress = Progress::new(RemittanceKind::CreditNote, stage, intake.now);
        let report = Report {
            amount: Some(amount),
            progress: Some(progress),
            target: Some(target),
            on: Some(issue_date),
            ..Report::about(id)
        };
        Ok(CreditNoteDraft { debtor, report: Box::new(report) })
    }

    fn profile(&self, fields: &mut Fields) -> ProfilePatch {
        ProfilePatch {
            name: fields.read("debtor_name", self.debtor_name.as_ref(), short(200)),
            kind: fields.read("debtor_kind", self.debtor_kind.as_ref(), DebtorKind::parse),
            email: fields.read("email", self.email.as_ref(), EmailAddress::parse),
            phone: fields.read("phone", self.phone.as_ref(), PhoneNumber::parse),
            sms_consent: fields.read("sms_consent", self.sms_consent.as_ref(), yes_or_no),
            country: fields.read("country", self.country.as_ref(), country),
            region: fields.read("region", self.region.as_ref(), short(60)),
            language: fields.read("language", self.language.as_ref(), short(35)),
            zone: fields.read("time_zone", self.time_zone.as_ref(), Zone::parse),
        }
    }
}

fn standing(text: &str) -> Result<Standing, &'static str> {
    match text {
        "open" => Ok(Standing::Open),
        "void" => Ok(Standing::Void),
        _ => Err("must be open or void"),
    }
}
