//! What is to be agreed or held, as the body of a call says it.

use std::collections::BTreeSet;

use dunlin_domain::agreement::{
    AgreementError, Count, Dispute, DisputeReason, Every, GRACE_DAYS, GRACE_DAYS_MAX, Instalment, MISSES_MAX,
    PaymentPlan, Promise, Resolution, Schedule, Settlement, Terms,
};
use dunlin_domain::calendar::Zone;
use dunlin_domain::hold::{HoldEvent, HoldReason, HoldScope, SetBy};
use dunlin_domain::ids::{AccountKey, AgreementId, InvoiceId, InvoiceNumber, PortfolioId};
use dunlin_domain::money::{Currency, Money, MoneyError};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::body::{Body, date};

/// A dispute is part of what every decision reads: evidence is where to find things, not the things.
const EVIDENCE_MAX: usize = 20;
/// Room for an address.
const EVIDENCE_CHARS_MAX: usize = 500;

/// The debts that a body is about.
pub(crate) struct About {
    pub(crate) account: AccountKey,
    pub(crate) invoices: BTreeSet<InvoiceId>,
}

/// Which kind of agreement a route makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Promise,
    Plan,
    Settlement,
    Dispute,
}

pub(crate) fn about(body: &mut Body, portfolio: &PortfolioId, kind: Kind) -> Option<About> {
    let portfolio = body.parsed("portfolio", PortfolioId::parse).unwrap_or_else(|| portfolio.clone());
    let currency = body.required("currency", Currency::parse);
    let numbers = if kind == Kind::Dispute {
        body.required("invoice_number", InvoiceNumber::parse).into_iter().collect()
    } else {
        numbers(body)
    };
    let invoices = numbers.into_iter().map(|number| InvoiceId { portfolio: portfolio.clone(), number }).collect();
    Some(About { account: AccountKey { portfolio, currency: currency? }, invoices })
}

fn numbers(body: &mut Body) -> Vec<InvoiceNumber> {
    let mut numbers = Vec::new();
    for (index, text) in body.some_texts("invoice_numbers").iter().enumerate() {
        match InvoiceNumber::parse(text) {
            Ok(number) => numbers.push(number),
            Err(error) => body.complain(&format!("invoice_numbers[{index}]"), error),
        }
    }
    numbers
}

pub(crate) fn terms(body: &mut Body, kind: Kind, currency: Option<Currency>) -> Option<Terms> {
    match kind {
        Kind::Promise => promise(body, currency),
        Kind::Plan => plan(body, currency),
        Kind::Settlement => settlement(body, currency),
        Kind::Dispute => dispute(body, currency),
    }
}

fn promise(body: &mut Body, currency: Option<Currency>) -> Option<Terms> {
    let (amount, by) = (body.amount("amount", currency), body.date("by"));
    let grace_days = grace_days(body);
    let promise = Promise::new(amount?, by?, grace_days);
    accepted(body, "amount", promise).map(Terms::Promise)
}

fn settlement(body: &mut Body, currency: Option<Currency>) -> Option<Terms> {
    let (accepts, by) = (body.amount("accepts", currency), body.date("by"));
    let grace_days = grace_days(body);
    let settlement = Settlement::new(accepts?, by?, grace_days);
    accepted(body, "accepts", settlement).map(Terms::Settlement)
}

fn dispute(body: &mut Body, currency: Option<Currency>) -> Option<Terms> {
    let amount = if body.has("amount") { Some(body.amount("amount", currency)?) } else { None };
    let known = || DisputeReason::ALL.map(DisputeReason::as_str).join(", ");
    let reason =
        body.required("reason", |text| DisputeReason::parse(text).ok_or_else(|| format!("must be one of {}", known())));
    let evidence = body.short_texts("evidence", EVIDENCE_MAX, EVIDENCE_CHARS_MAX);
    let dispute = Dispute::new(amount, reason?, evidence);
    accepted(body, "amount", dispute).map(Terms::Dispute)
}

/// Instalments as they are, or a schedule to make them from.
fn plan(body: &mut Body, currency: Option<Currency>) -> Option<Terms> {
    let instalments = if body.has("schedule") {
        body.object("schedule", |schedule| made(schedule, currency))
    } else {
        let instalments = body.objects("instalments", |one| instalment(one, currency));
        if instalments.is_empty() {
            body.complain("instalments", "are required, or a schedule to make them from");
        }
        Some(instalments)
    };
    let grace_days = grace_days(body);
    let misses_allowed = u8::try_from(body.number("misses_allowed", MISSES_MAX.into(), 0)).unwrap_or(0);
    let plan = PaymentPlan::new(instalments?, grace_days, misses_allowed);
    accepted(body, "instalments", plan).map(Terms::Plan)
}

fn instalment(body: &mut Body, currency: Option<Currency>) -> Option<Instalment> {
    let (due, amount) = (body.date("due"), body.amount("amount", currency));
    Some(Instalment { due: due?, amount: amount? })
}

fn made(body: &mut Body, currency: Option<Currency>) -> Option<Vec<Instalment>> {
    let total = body.amount("total", currency);
    let first = body.date("first");
    let down_payment = body.object("down_payment", |one| instalment(one, currency));
    let every = body.required("every", Every::parse);
    let last = |text: &str| if text == "last" { Ok(()) } else { Err("must be last, or left out") };
    let on_last_day = body.parsed("day", last).is_some();
    let count = if body.has("amount") {
        body.amount("amount", currency).map(Count::Each)
    } else {
        Some(Count::Of(body.number("count", 120, 0)))
    };
    let (total, first, every, count) = (total?, first?, every?, count?);
    let every = if on_last_day { every.on_last_day() } else { Ok(every) };
    let made = every.and_then(|every| Schedule { total, down_payment, first, every, count }.instalments());
    made.map_err(|error| body.complain(error.field(), error)).ok()
}

fn grace_days(body: &mut Body) -> u8 {
    u8::try_from(body.number("grace_days", GRACE_DAYS_MAX.into(), GRACE_DAYS.into())).unwrap_or(0)
}

fn accepted<T>(body: &mut Body, field: &str, made: Result<T, AgreementError>) -> Option<T> {
    made.map_err(|error| body.complain(field, error)).ok()
}

/// Which field is at fault where the debtor's own state refuses an agreement.
pub(crate) fn field_of(error: &AgreementError, kind: Kind) -> &'static str {
    match (error, kind) {
        (AgreementError::NothingOpen(_) | AgreementError::Covered { .. }, Kind::Dispute) => "invoice_number",
        (AgreementError::NothingOpen(_) | AgreementError::Covered { .. } | AgreementError::TooManyInvoices(_), _) => {
            "invoice_numbers"
        }
        (AgreementError::NothingOpenAtAll(_), _) => "currency",
        (AgreementError::IdTaken(_), _) => "Idempotency-Key",
        (AgreementError::InThePast { .. }, Kind::Promise | Kind::Settlement) => "by",
        (_, Kind::Plan) => "instalments",
        (_, Kind::Settlement) => "accepts",
        (_, Kind::Promise | Kind::Dispute) => "amount",
    }
}

/// When a hold ends.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Until {
    At(Timestamp),
    /// With this day, where the debtor is.
    EndOf(Date),
}

impl Until {
    pub(crate) fn instant(self, zone: &Zone) -> Timestamp {
        match self {
            Self::At(at) => at,
            Self::EndOf(day) => zone.midnight(day.tomorrow().unwrap_or(day)),
        }
    }
}

/// What a hold is for, how far it reaches, and until when.
pub(crate) struct HoldTerms {
    pub(crate) reason: HoldReason,
    pub(crate) scope: HoldScope,
    /// The day on which a moratorium began, where that is not today.
    pub(crate) since: Option<Date>,
    pub(crate) until: Option<Until>,
    pub(crate) ends_with: Option<HoldEvent>,
}

pub(crate) fn hold(body: &mut Body, portfolio: &PortfolioId) -> Option<HoldTerms> {
    let settable = HoldReason::ALL.into_iter().filter(|reason| reason.can_be_set()).map(HoldReason::as_str);
    let settable = settable.collect::<Vec<_>>().join(", ");
    let reason = body.required("reason", |text| {
        HoldReason::parse(text).filter(|reason| reason.can_be_set()).ok_or(format!("must be one of {settable}"))
    });
    let until = body.parsed("until", |text| {
        let wrong = "must be a date, which it ends with, or a time such as 2026-03-31T12:00:00Z";
        text.parse().map(Until::At).or_else(|_| date(text).map(Until::EndOf)).map_err(|_| wrong)
    });
    let since = body.parsed("since", date);
    if since.is_some() && reason.is_some_and(|reason| reason != HoldReason::Moratorium) {
        body.complain("since", "is of a moratorium alone: other holds do not reach back");
    }
    let ends_with = ends_with(body);
    let scope = scope(body, portfolio);
    Some(HoldTerms { reason: reason?, scope: scope?, since, until, ends_with })
}

/// The event that ends a hold, where there is one; an agreement is named beside it.
fn ends_with(body: &mut Body) -> Option<HoldEvent> {
    let agreement = body.parsed("agreement", AgreementId::parse);
    let named = agreement.is_some();
    let event = body.parsed("ends_with", |text| {
        HoldEvent::parse(text, agreement).ok_or("must be agreement (with its id in agreement), reply or payment")
    });
    if named && !body.has("ends_with") {
        body.complain("ends_with", "must be agreement where one is named");
    }
    event
}

fn scope(body: &mut Body, default: &PortfolioId) -> Option<HoldScope> {
    let portfolio = body.parsed("portfolio", PortfolioId::parse);
    let currency = body.parsed("currency", Currency::parse);
    let number = body.parsed("invoice_number", InvoiceNumber::parse);
    let with_amount = body.has("amount");
    if with_amount && currency.is_none() {
        body.complain("currency", "is required with an amount");
    }
    let amount = if with_amount { body.amount("amount", currency) } else { None };
    match number {
        Some(number) => {
            let invoice = InvoiceId { portfolio: portfolio.unwrap_or_else(|| default.clone()), number };
            match amount {
                Some(amount) if amount.is_positive() => Some(HoldScope::Amount(invoice, amount)),
                Some(_) => {
                    body.complain("amount", "must be more than 0");
                    None
                }
                None => Some(HoldScope::Invoice(invoice)),
            }
        }
        None if with_amount => {
            body.complain("invoice_number", "is required with an amount");
            None
        }
        None => match (portfolio, currency) {
            (None, None) => Some(HoldScope::Debtor),
            (portfolio, Some(currency)) => {
                let portfolio = portfolio.unwrap_or_else(|| default.clone());
                Some(HoldScope::Account(AccountKey { portfolio, currency }))
            }
            (Some(_), None) => {
                body.complain("currency", "is required with a portfolio");
                None
            }
        },
    }
}

/// What was decided about a dispute.
/// How a dispute is decided, once its currency is known.
pub(crate) fn resolution(body: &mut Body) -> Option<impl Fn(Currency) -> Result<Resolution, MoneyError> + use<>> {
    let outcome = body.required("outcome", |text| match text {
        "accepted" | "rejected" | "partly_accepted" => Ok(text.to_owned()),
        _ => Err("must be accepted, partly_accepted or rejected"),
    })?;
    let partly = outcome == "partly_accepted";
    let amount =
        if partly { body.required("amount", |text| Ok::<_, MoneyError>(text.to_owned()))? } else { String::new() };
    Some(move |currency| match outcome.as_str() {
        "accepted" => Ok(Resolution::Accepted),
        "rejected" => Ok(Resolution::Rejected),
        _ => Money::parse(&amount, currency).map(Resolution::Partly),
    })
}

/// Through whom a call sets or agrees something: staff, unless the body says that it passes on what another said.
pub(crate) fn set_by(body: &mut Body) -> SetBy {
    let by = body.parsed("set_by", |text| {
        let known = SetBy::ALL.map(SetBy::as_str).join(", ");
        SetBy::parse(text).ok_or(format!("must be one of {known}"))
    });
    by.unwrap_or(SetBy::Api)
}
