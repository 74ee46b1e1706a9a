//! The door: what people and systems hand in, checked field by field. Whatever gets past it is sound.

use std::borrow::Cow;

use jiff::civil::Date;
use jiff::{Timestamp, tz::TimeZone};
use sha2::{Digest, Sha256};

use crate::calendar::Zone;
use crate::contact::{DebtorKind, EmailAddress, PhoneNumber};
use crate::debtor::ProfilePatch;
use crate::ids::{DebtorId, InvoiceId, InvoiceNumber, OutsideId, PortfolioId, SourceName};
use crate::invoice::{SnapshotStamp, Source, Standing};
use crate::message::hex;
use crate::money::{Currency, Money};
use crate::remittance::{Progress, RemittanceId, RemittanceKind, Report, Stage, Target};

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {reason}")]
pub struct FieldError {
    /// The field's name, as in the CSV header and the JSON body.
    pub field: Cow<'static, str>,
    /// What was found, and what is allowed.
    pub reason: String,
}

/// An invoice that can be booked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvoiceDraft {
    /// Who owes.
    pub debtor: DebtorId,
    /// What is said of them.
    pub profile: ProfilePatch,
    /// Portfolio and number.
    pub id: InvoiceId,
    /// Where it comes from.
    pub source: Source,
    /// The customer's id at the source, where the source has customers.
    pub customer: Option<OutsideId>,
    /// The day it was issued.
    pub issue_date: Date,
    /// The last day to pay in time; not before the issue date.
    pub due_date: Date,
    /// More than nothing.
    pub total: Money,
    /// What for.
    pub description: Option<String>,
    /// What the creditor says of it.
    pub standing: Standing,
    /// What the source itself says was paid.
    pub reported_paid: Money,
    /// Which snapshot this is, where the source sends snapshots.
    pub stamp: Option<SnapshotStamp>,
}

impl InvoiceDraft {
    /// A hash over everything that it says: an invoice that is handed in again with the same digest changes nothing.
    #[must_use]
    pub fn digest(&self) -> String {
        let p = &self.profile;
        let email = p.email.as_ref().map(EmailAddress::as_str);
        let phone = p.phone.as_ref().map(PhoneNumber::as_str);
        let zone = p.zone.as_ref().map(Zone::name);
        let who = format!(
            "{:?}\u{1f}{:?}\u{1f}{email:?}\u{1f}{phone:?}\u{1f}{:?}\u{1f}{:?}\u{1f}{:?}\u{1f}{:?}\u{1f}{zone:?}",
            p.name, p.kind, p.sms_consent, p.country, p.region, p.language
        );
        let what = format!(
            "{}\u{1f}{}\u{1f}{}\u{1f}{}\u{1f}{:?}\u{1f}{:?}\u{1f}{:?}",
            self.debtor, self.id, self.issue_date, self.due_date, self.total, self.description, self.stamp
        );
        hex(&Sha256::digest(format!("{who}\u{1f}{what}")), 16)
    }
}

/// A credit note: a report about a remittance, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreditNoteDraft {
    /// Whom it favours.
    pub debtor: DebtorId,
    /// The report to book.
    pub report: Report,
}

/// What a row or an element turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Document {
    /// An invoice.
    Invoice(InvoiceDraft),
    /// A credit note.
    CreditNote(CreditNoteDraft),
}

/// The fields of an invoice or credit note as text, as read. Blank counts as absent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RawDocument {
    /// `invoice` (also when absent) or `credit_note`.
    pub document: Option<String>,
    /// The tenant's reference of the debtor.
    pub debtor_ref: Option<String>,
    /// The debtor's name.
    pub debtor_name: Option<String>,
    /// The number of the invoice, or of the credit note.
    pub invoice_number: Option<String>,
    /// `YYYY-MM-DD`.
    pub issue_date: Option<String>,
    /// `YYYY-MM-DD`; a credit note has none.
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

/// Where rows come from, and what they mean where they say nothing.
#[derive(Debug, Clone)]
pub struct Intake {
    /// The tenant's own portfolio.
    pub default_portfolio: PortfolioId,
    /// How it came in: `api` or `csv`.
    pub source: SourceName,
    /// When.
    pub now: Timestamp,
}

/// The source of payments and credit notes that a tenant reports from its own books, however they come in: handed in
/// by API and by CSV, the same reference is the same payment.
pub const BOOKS: &str = "books";

/// Fields that were read and the complaints about those that could not be.
struct Fields(Vec<FieldError>);

impl Fields {
    fn read<T, E: std::fmt::Display>(
        &mut self,
        field: &'static str,
        value: Option<&String>,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let value = value.map(|value| value.trim()).filter(|value| !value.is_empty())?;
        parse(value).map_err(|error| self.complain(field, error.to_string())).ok()
    }

    fn require<T, E: std::fmt::Display>(
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

    fn complain(&mut self, field: &'static str, reason: String) {
        self.0.push(FieldError { field: Cow::Borrowed(field), reason });
    }

    fn amount(&mut self, amount: Option<&String>, currency: Option<&String>) -> Option<Money> {
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

fn date(text: &str) -> Result<Date, String> {
    let plain = text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    let date = text.parse::<Date>().ok().filter(|_| plain);
    date.ok_or_else(|| format!("{:?} is not a date of the form 2026-03-31", text.chars().take(40).collect::<String>()))
}

fn yes_or_no(text: &str) -> Result<bool, &'static str> {
    match text {
        "yes" | "true" => Ok(true),
        "no" | "false" => Ok(false),
        _ => Err("must be yes or no"),
    }
}

fn short(max: usize) -> impl Fn(&str) -> Result<String, String> {
    move |text| {
        let fits = text.chars().count() <= max && !text.chars().any(char::is_control);
        if fits {
            Ok(text.to_owned())
        } else {
            Err(format!("must be at most {max} characters without control characters"))
        }
    }
}

fn country(text: &str) -> Result<String, &'static str> {
    let code = text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase());
    if code { Ok(text.to_owned()) } else { Err("must be the two capital letters of ISO 3166, such as GB") }
}

impl RawDocument {
    /// The names of all fields.
    pub const FIELDS: [&'static str; 19] = [
        "document",
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
    pub const REQUIRED: [&'static str; 6] =
        ["debtor_ref", "invoice_number", "issue_date", "due_date", "currency", "amount"];

    /// Takes each field from where the caller has it.
    #[must_use]
    pub fn from_fields(field: impl Fn(&str) -> Option<String>) -> Self {
        Self {
            document: field("document"),
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
            None | Some("" | "invoice") => self.invoice(intake).map(Document::Invoice),
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
        let due_date = fields.require("due_date", self.due_date.as_ref(), date);
        let total = fields.amount(self.amount.as_ref(), self.currency.as_ref());
        let portfolio = fields.read("portfolio", self.portfolio.as_ref(), PortfolioId::parse);
        let description = fields.read("description", self.description.as_ref(), short(400));
        let profile = self.profile(&mut fields);
        if let (Some(issue_date), Some(due_date)) = (issue_date, due_date)
            && due_date < issue_date
        {
            fields.complain("due_date", format!("{due_date} is before the issue date, {issue_date}"));
        }
        let (Some(debtor), Some(number), Some(issue_date), Some(due_date), Some(total), true) =
            (debtor, number, issue_date, due_date, total, fields.0.is_empty())
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
            due_date,
            total,
            description,
            standing: Standing::Open,
            reported_paid: Money::zero(total.currency()),
            stamp: None,
        })
    }

    fn credit_note(&self, intake: &Intake) -> Result<CreditNoteDraft, Vec<FieldError>> {
        let mut fields = Fields(Vec::new());
        let debtor = fields.require("debtor_ref", self.debtor_ref.as_ref(), DebtorId::parse);
        let number = fields.require("invoice_number", self.invoice_number.as_ref(), InvoiceNumber::parse);
        let issue_date = fields.require("issue_date", self.issue_date.as_ref(), date);
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
            None => Target::Debtor(debtor.clone(), portfolio),
        };
        let progress = Progress::new(RemittanceKind::CreditNote, Stage::Settled, intake.now);
        let report = Report {
            amount: Some(amount),
            progress: Some(progress),
            target: Some(target),
            on: Some(issue_date),
            ..Report::about(id)
        };
        Ok(CreditNoteDraft { debtor, report })
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

impl Fields {
    fn books_id(&mut self, kind: RemittanceKind, field: &'static str, outside_id: &str) -> Option<RemittanceId> {
        let outside_id = OutsideId::parse(outside_id).map_err(|error| self.complain(field, error.to_string())).ok()?;
        let source = SourceName::parse(BOOKS).ok()?;
        Some(RemittanceId { kind, source, outside_id })
    }
}

impl RawPayment {
    /// The names of all fields.
    pub const FIELDS: [&'static str; 8] =
        ["payment_ref", "invoice_number", "debtor_ref", "portfolio", "paid_on", "amount", "currency", "status"];

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

#[cfg(test)]
mod tests {
    use super::*;

    fn intake() -> Intake {
        Intake {
            default_portfolio: PortfolioId::parse("main").unwrap(),
            source: SourceName::parse("api").unwrap(),
            now: "2026-03-02T00:00:00Z".parse().unwrap(),
        }
    }

    fn row(changes: &[(&str, &str)]) -> RawDocument {
        let mut raw = RawDocument {
            debtor_ref: Some("C1".into()),
            debtor_name: Some("Customer 1".into()),
            invoice_number: Some("I1".into()),
            issue_date: Some("2026-01-31".into()),
            due_date: Some("2026-03-02".into()),
            currency: Some("EUR".into()),
            amount: Some("100.00".into()),
            ..RawDocument::default()
        };
        for (field, value) in changes {
            let slot = match *field {
                "issue_date" => &mut raw.issue_date,
                "due_date" => &mut raw.due_date,
                "currency" => &mut raw.currency,
                "amount" => &mut raw.amount,
                "time_zone" => &mut raw.time_zone,
                "email" => &mut raw.email,
                "document" => &mut raw.document,
                "debtor_ref" => &mut raw.debtor_ref,
                other => panic!("no field {other}"),
            };
            *slot = Some((*value).to_owned());
        }
        raw
    }

    fn complaints(changes: &[(&str, &str)]) -> Vec<Cow<'static, str>> {
        row(changes).parse(&intake()).unwrap_err().into_iter().map(|error| error.field).collect()
    }

    #[test]
    fn a_sound_row_becomes_a_draft() {
        let Ok(Document::Invoice(draft)) = row(&[]).parse(&intake()) else { panic!("refused") };
        assert_eq!(draft.id.to_string(), "main/I1");
        assert_eq!(draft.total.minor(), 10_000);
        assert_eq!(draft.digest(), draft.clone().digest());
    }

    #[test]
    fn each_wrong_field_is_named() {
        assert_eq!(complaints(&[("issue_date", "31.01.2026")]), ["issue_date"]);
        assert_eq!(complaints(&[("issue_date", "2026-02-30")]), ["issue_date"]);
        assert_eq!(complaints(&[("issue_date", "20260131")]), ["issue_date"]);
        assert_eq!(complaints(&[("due_date", "2026-01-30")]), ["due_date"]);
        assert_eq!(complaints(&[("currency", "EURO")]), ["currency"]);
        assert_eq!(complaints(&[("amount", "1.005")]), ["amount"]);
        assert_eq!(complaints(&[("amount", "-5")]), ["amount"]);
        assert_eq!(complaints(&[("amount", "0")]), ["amount"]);
        assert_eq!(complaints(&[("currency", ""), ("amount", "x")]), ["currency", "amount"]);
        assert_eq!(complaints(&[("time_zone", "Mars/X"), ("email", "nobody")]), ["email", "time_zone"]);
        assert_eq!(complaints(&[("document", "order")]), ["document"]);
        assert_eq!(complaints(&[("debtor_ref", "  ")]), ["debtor_ref"]);
    }

    #[test]
    fn a_payment_to_come_is_under_way() {
        let raw = RawPayment {
            payment_ref: Some("P1".into()),
            invoice_number: Some("I1".into()),
            paid_on: Some("2026-03-03".into()),
            amount: Some("5".into()),
            currency: Some("EUR".into()),
            ..RawPayment::default()
        };
        let stage = |raw: &RawPayment| raw.parse(&intake()).unwrap().progress.unwrap().stage();
        assert_eq!(stage(&raw), Stage::Pending);
        assert_eq!(stage(&RawPayment { paid_on: Some("2026-03-02".into()), ..raw.clone() }), Stage::Settled);
        let unnamed = RawPayment { invoice_number: None, ..raw };
        assert_eq!(unnamed.parse(&intake()).unwrap_err()[0].field, "invoice_number");
    }
}
