//! From an event to what it says of invoices and payments.

use dunlin_domain::calendar::Zone;
use dunlin_domain::collection::{Attempts, PaymentPage};
use dunlin_domain::contact::{EmailAddress, PhoneNumber};
use dunlin_domain::ids::{DebtorId, IdError, InvoiceId, InvoiceNumber, OutsideId, PortfolioId, SourceName};
use dunlin_domain::intake::{Due, InvoiceDraft};
use dunlin_domain::invoice::{SnapshotStamp, Source, Standing};
use dunlin_domain::money::MoneyError;
use dunlin_domain::profile::ProfilePatch;
use dunlin_domain::remittance::{Contest, Progress, RemittanceId, RemittanceKind, Report, Stage, Target};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::de::DeserializeOwned;

use super::SOURCE;
use super::amount::money;
use super::object::{Charge, CreditNote, Dispute, Event, Expandable, Invoice, InvoicePayment, PaymentIntent};

/// What an event needs to be read in the tenant's terms.
#[derive(Debug, Clone)]
pub struct Mapping {
    /// The tenant's own clock: Stripe's times become dates on it.
    pub zone: Zone,
    /// The portfolio that Stripe's invoices belong to.
    pub portfolio: PortfolioId,
}

/// An event that is signed and still cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum MappingError {
    /// Not the JSON that Stripe documents.
    #[error("the event cannot be read: {0}")]
    Unreadable(#[from] serde_json::Error),
    /// An amount is none.
    #[error("{0}")]
    Money(#[from] MoneyError),
    /// An id is none.
    #[error("{0}")]
    Id(#[from] IdError),
    /// A time is none.
    #[error("the time {0} cannot be read")]
    Time(i64),
}

/// What an event says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// How an invoice stands.
    Invoice(Box<InvoiceDraft>),
    /// Something about a payment or credit note.
    Report(Box<Report>),
    /// Nothing that matters here, such as an invoice over nothing or without a customer.
    Nothing,
    /// An event of a type that Dunlin does not use.
    Unknown,
}

/// An event, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StripeEvent {
    /// `evt_...`.
    pub id: String,
    /// Such as `invoice.finalized`.
    pub event_type: String,
    /// What it says.
    pub said: Said,
}

impl StripeEvent {
    /// Reads a verified body.
    ///
    /// # Errors
    /// [`MappingError`].
    pub fn read(body: &[u8], mapping: &Mapping) -> Result<Self, MappingError> {
        let event: Event = serde_json::from_slice(body)?;
        let said = match event.event_type.as_str() {
            "invoice.finalized"
            | "invoice.updated"
            | "invoice.voided"
            | "invoice.marked_uncollectible"
            | "invoice.paid"
            | "invoice.payment_failed" => invoice(&event, mapping)?,
            "payment_intent.processing" => payment_intent(&event, Stage::Pending, mapping)?,
            "payment_intent.succeeded" => payment_intent(&event, Stage::Settled, mapping)?,
            "payment_intent.payment_failed" => payment_intent(&event, Stage::Failed, mapping)?,
            "invoice_payment.paid" => invoice_payment(&event)?,
            "charge.refunded" => refund(&event, mapping)?,
            "charge.dispute.created" | "charge.dispute.closed" => dispute(&event, mapping)?,
            "credit_note.created" | "credit_note.voided" => credit_note(&event, mapping)?,
            _ => Said::Unknown,
        };
        Ok(Self { id: event.id, event_type: event.event_type, said })
    }
}

fn object<T: DeserializeOwned>(event: &Event) -> Result<T, MappingError> {
    Ok(serde_json::from_value(event.data.object.clone())?)
}

fn time(second: i64) -> Result<Timestamp, MappingError> {
    Timestamp::from_second(second).map_err(|_| MappingError::Time(second))
}

impl Mapping {
    fn date(&self, second: i64) -> Result<Date, MappingError> {
        Ok(self.zone.date(time(second)?))
    }
}

fn source() -> Result<SourceName, IdError> {
    SourceName::parse(SOURCE)
}

fn remittance(kind: RemittanceKind, id: &str) -> Result<RemittanceId, IdError> {
    Ok(RemittanceId { kind, source: source()?, outside_id: OutsideId::parse(id)? })
}

fn invoice(event: &Event, mapping: &Mapping) -> Result<Said, MappingError> {
    let invoice: Invoice = object(event)?;
    let Some(customer) = invoice.customer.as_ref().map(Expandable::id) else { return Ok(Said::Nothing) };
    let standing = match invoice.status.as_deref() {
        Some("draft") | None => return Ok(Said::Nothing),
        Some("paid") => Standing::Paid,
        Some("void") => Standing::Void,
        Some("uncollectible") => Standing::Uncollectible,
        Some(_) => Standing::Open,
    };
    // What is due already has Stripe's customer balance and credit notes off; credit notes are told one by one, so
    // they are added back here and taken off when they are told.
    let credited = money(invoice.pre_payment_credit_notes_amount, &invoice.currency)?;
    let due = money(invoice.amount_due.unwrap_or(invoice.total), &invoice.currency)?;
    let total = due.plus(credited)?;
    if !total.is_positive() {
        return Ok(Said::Nothing);
    }
    let issue_date = mapping.date(invoice.effective_at.unwrap_or(invoice.created))?;
    let due_date = invoice.due_date.map_or(Ok(issue_date), |due| mapping.date(due))?.max(issue_date);
    let number = InvoiceNumber::parse(invoice.number.as_deref().unwrap_or(&invoice.id))?;
    Ok(Said::Invoice(Box::new(InvoiceDraft {
        debtor: DebtorId::parse(customer)?,
        profile: profile(&invoice),
        attempts: attempts(&invoice)?,
        id: InvoiceId { portfolio: mapping.portfolio.clone(), number },
        source: Source { name: source()?, outside_id: OutsideId::parse(&invoice.id)? },
        customer: Some(OutsideId::parse(customer)?),
        issue_date,
        due_date: Due::On(due_date),
        total,
        description: invoice.description.map(|text| text.chars().filter(|c| !c.is_control()).take(400).collect()),
        standing,
        reported_paid: money(invoice.amount_paid, &invoice.currency)?,
        stamp: Some(SnapshotStamp { created: event.created, standing }),
    })))
}

/// How far Stripe has come that charges by itself. A page that is no encrypted address is left out: the debt is told of
/// without it.
fn attempts(invoice: &Invoice) -> Result<Option<Attempts>, MappingError> {
    if invoice.collection_method.as_deref() != Some("charge_automatically") {
        return Ok(None);
    }
    Ok(Some(Attempts {
        made: invoice.attempt_count,
        next: invoice.next_payment_attempt.map(time).transpose()?,
        page: invoice.hosted_invoice_url.as_deref().and_then(|page| PaymentPage::parse(page).ok()),
    }))
}

/// What Stripe knows of its customer. What does not hold here, such as a phone number in national form, is left out:
/// a debt is not refused for it.
fn profile(invoice: &Invoice) -> ProfilePatch {
    let address = invoice.customer_address.as_ref();
    ProfilePatch {
        name: invoice.customer_name.clone().filter(|name| !name.trim().is_empty()),
        email: invoice.customer_email.as_deref().and_then(|email| EmailAddress::parse(email).ok()),
        phone: invoice.customer_phone.as_deref().and_then(|phone| PhoneNumber::parse(phone).ok()),
        country: address.and_then(|address| address.country.clone()),
        region: address.and_then(|address| address.state.clone()),
        ..ProfilePatch::default()
    }
}

/// The invoice, where the object names one (until Stripe's version 2025-03-31 it does; then `invoice_payment.paid` tells),
/// else the customer.
fn target(invoice: Option<&Expandable>, customer: Option<&Expandable>) -> Result<Option<Target>, IdError> {
    Ok(match (invoice, customer) {
        (Some(invoice), _) => Some(Target::OutsideInvoice(source()?, OutsideId::parse(invoice.id())?)),
        (None, Some(customer)) => Some(Target::OutsideCustomer(source()?, OutsideId::parse(customer.id())?)),
        (None, None) => None,
    })
}

fn payment_intent(event: &Event, stage: Stage, mapping: &Mapping) -> Result<Said, MappingError> {
    let intent: PaymentIntent = object(event)?;
    let amount =
        if stage == Stage::Settled && intent.amount_received > 0 { intent.amount_received } else { intent.amount };
    Ok(Said::Report(Box::new(Report {
        amount: Some(money(amount, &intent.currency)?),
        progress: Some(Progress::new(RemittanceKind::Payment, stage, time(event.created)?)),
        target: target(intent.invoice.as_ref(), intent.customer.as_ref())?,
        on: (stage == Stage::Settled).then(|| mapping.date(event.created)).transpose()?,
        ..Report::about(remittance(RemittanceKind::Payment, &intent.id)?)
    })))
}

/// Which invoice a payment paid, so that what goes back of it reaches the invoice. How much it was is for the payment to say.
/// Of a payment that is shared out over invoices none is named: whose part goes back is not known.
fn invoice_payment(event: &Event) -> Result<Said, MappingError> {
    let link: InvoicePayment = object(event)?;
    let payment = link.payment.as_ref().and_then(|by| by.payment_intent.as_ref().or(by.charge.as_ref()));
    let Some(payment) = payment.filter(|_| link.is_default) else { return Ok(Said::Nothing) };
    Ok(Said::Report(Box::new(Report {
        target: target(Some(&link.invoice), None)?,
        ..Report::about(remittance(RemittanceKind::Payment, payment.id())?)
    })))
}

/// A charge that was refunded was paid, so this says both: it was there since it was made, and went back now.
fn refund(event: &Event, mapping: &Mapping) -> Result<Said, MappingError> {
    let charge: Charge = object(event)?;
    let id = charge.payment_intent.as_ref().map_or(charge.id.as_str(), Expandable::id);
    let captured = charge.amount_captured.unwrap_or(charge.amount);
    let made = charge.created.unwrap_or(event.created);
    Ok(Said::Report(Box::new(Report {
        amount: Some(money(captured, &charge.currency)?),
        progress: Some(Progress::new(RemittanceKind::Payment, Stage::Settled, time(made)?)),
        refunded: Some(money(charge.amount_refunded, &charge.currency)?),
        target: target(charge.invoice.as_ref(), charge.customer.as_ref())?,
        on: Some(mapping.date(made)?),
        reversed_on: Some(mapping.date(event.created)?),
        ..Report::about(remittance(RemittanceKind::Payment, id)?)
    })))
}

fn dispute(event: &Event, mapping: &Mapping) -> Result<Said, MappingError> {
    let dispute: Dispute = object(event)?;
    let payment = dispute.payment_intent.as_ref().unwrap_or(&dispute.charge).id();
    let contest = match dispute.status.as_str() {
        "warning_needs_response" | "warning_under_review" => Contest::Inquiry,
        "won" | "warning_closed" | "prevented" => Contest::Won,
        "lost" => Contest::Lost,
        _ => Contest::Open,
    };
    let amount = money(dispute.amount, &dispute.currency)?;
    Ok(Said::Report(Box::new(Report {
        contest: Some((OutsideId::parse(&dispute.id)?, contest, Some(amount))),
        reversed_on: Some(mapping.date(event.created)?),
        ..Report::about(remittance(RemittanceKind::Payment, payment)?)
    })))
}

fn credit_note(event: &Event, mapping: &Mapping) -> Result<Said, MappingError> {
    let note: CreditNote = object(event)?;
    let void = event.event_type == "credit_note.voided" || note.status.as_deref() == Some("void");
    let stage = if void { Stage::Failed } else { Stage::Settled };
    Ok(Said::Report(Box::new(Report {
        amount: Some(money(note.amount, &note.currency)?),
        progress: Some(Progress::new(RemittanceKind::CreditNote, stage, time(event.created)?)),
        target: target(Some(&note.invoice), None)?,
        on: Some(mapping.date(note.created)?),
        ..Report::about(remittance(RemittanceKind::CreditNote, &note.id)?)
    })))
}
