//! Charging late invoices, and giving parts of them up.

use std::collections::BTreeMap;

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use dunlin_aws::http::{Problem, told_time};
use dunlin_domain::charge::fee::{FeeAmount, LateFee};
use dunlin_domain::charge::rates::AnnualRate;
use dunlin_domain::charge::{Authority, Claim, Regime};
use dunlin_domain::debtor::{Barred, BookingError, Debtor, FeeRule, Journal, LateError, Ordered, WriteOff};
use dunlin_domain::ids::{Citation, InvoiceId, InvoiceNumber, OutsideId, PortfolioId, RuleName};
use dunlin_domain::intake::{FieldError, RawClaim};
use dunlin_domain::invoice::Invoice;
use dunlin_domain::money::{Currency, Money};
use dunlin_packs::Packs;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::json;

use crate::Handler;
use crate::body::{Body, date};
use crate::call::{Call, answer, made, refused};
use crate::handler::{Answer, packs};
use crate::quote;

/// What of a claim follows from the invoice itself.
const FROM_INVOICE: [&str; 3] = ["debtor_kind", "amount", "currency"];
const REASON_MAX: usize = 200;
const DESPITE: &str = "despite_hold";

/// What is to be charged.
enum Wanted<'a> {
    /// The interest and fixed sum of a regime, from these fields of a claim.
    Late(&'a Regime, BTreeMap<String, String>),
    /// A late fee, as of this day.
    Fee(FeeRule, Date),
}

/// Whether something is given up, or taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Up,
    Back,
}

/// Why nothing was charged.
enum Refusal {
    Fields(Vec<FieldError>),
    Late(LateError),
}

impl Handler {
    /// Charges interest and the fixed sum, or a late fee.
    pub(crate) async fn charge(&self, request: &ApiGatewayV2httpRequest) -> Answer {
        let tenancy = self.tenancy(request).await?;
        let call = Call::of(request, self.clock.now(told_time(request)))?;
        let mut body = Body::of(request)?;
        let invoice = invoice(&mut body, &tenancy.default_portfolio);
        let packs = packs()?;
        let today = tenancy.zone.date(call.now);
        let wanted = wanted(&mut body, packs, today);
        let despite = body.parsed(DESPITE, plain);
        let ordered = Ordered { now: call.now, despite: despite.as_deref() };
        let (invoice, wanted) = body.finish(invoice.zip(wanted))?;
        let charge = |debtor: &mut Debtor, journal: &mut Journal| match &wanted {
            Wanted::Late(regime, fields) => {
                let claim = claim(debtor, &invoice, fields, today)?;
                let order = tenancy.policies.components(debtor.profile.country.as_deref());
                debtor.charge_late(&invoice, regime, claim, order, ordered, journal).map(drop).map_err(Refusal::Late)
            }
            Wanted::Fee(rule, on) => {
                debtor.charge_fee(&invoice, rule, *on, ordered, journal).map(drop).map_err(Refusal::Late)
            }
        };
        let books = call.books(&self.books);
        let whose = (&call.debtor, &invoice);
        let changed = books.change_invoice(&tenancy, whose, call.receipt.as_ref(), call.now, charge).await;
        let done = made(changed, &call, problem)?;
        Ok(answer(&call, 201, "charge", None, &done))
    }

    /// Gives so much of an invoice up, or all that is open of it; or takes so much of that back, or all that is given up.
    pub(crate) async fn write_off(&self, request: &ApiGatewayV2httpRequest, way: Way) -> Answer {
        let tenancy = self.tenancy(request).await?;
        let call = Call::of(request, self.clock.now(told_time(request)))?.counted_for_good();
        let order = OutsideId::parse(&call.id).map_err(|_| Problem::internal())?;
        let mut body = Body::of(request)?;
        let invoice = invoice(&mut body, &tenancy.default_portfolio);
        let currency = body.required("currency", Currency::parse);
        let amount = if body.has("amount") { body.amount("amount", currency) } else { None };
        let reason = reason(&mut body);
        let (invoice, (currency, reason)) = body.finish(invoice.zip(currency.zip(reason)))?;
        let today = tenancy.zone.date(call.now);
        let change = |debtor: &mut Debtor, journal: &mut Journal| {
            let position = debtor.invoices.get(&invoice).map(Invoice::position).transpose()?;
            let all = position.map(|position| if way == Way::Up { position.balance } else { position.written_off });
            let amount = amount.or(all).unwrap_or(Money::zero(currency));
            let what = WriteOff { amount, reason: &reason, order: Some(&order), on: today };
            match way {
                Way::Up => debtor.write_off(&invoice, what, journal),
                Way::Back => debtor.reverse_write_off(&invoice, what, journal),
            }
        };
        let books = call.books(&self.books);
        let whose = (&call.debtor, &invoice);
        let changed = books.change_invoice(&tenancy, whose, call.receipt.as_ref(), call.now, change).await;
        let refusal = |error: &BookingError| refused(field_of(error), error);
        let done = made(changed, &call, refusal)?;
        Ok(answer(&call, 201, "write_off", Some(json!({ "id": call.id })), &done))
    }
}

/// Why someone wants it so.
pub(crate) fn reason(body: &mut Body) -> Option<String> {
    body.required("reason", plain)
}

fn plain(text: &str) -> Result<String, String> {
    let short = text.chars().count() <= REASON_MAX && !text.chars().any(char::is_control);
    if short { Ok(text.to_owned()) } else { Err(format!("must be at most {REASON_MAX} plain characters")) }
}

pub(crate) fn invoice(body: &mut Body, portfolio: &PortfolioId) -> Option<InvoiceId> {
    let portfolio = body.parsed("portfolio", PortfolioId::parse).unwrap_or_else(|| portfolio.clone());
    Some(InvoiceId { portfolio, number: body.required("invoice_number", InvoiceNumber::parse)? })
}

fn wanted<'a>(body: &mut Body, packs: &'a Packs, today: Date) -> Option<Wanted<'a>> {
    if body.has("late_fee") {
        let on = body.parsed("as_of", |text| not_ahead(date(text)?, today));
        return body.object("late_fee", late_fee).map(|rule| Wanted::Fee(rule, on.unwrap_or(today)));
    }
    let regime = body.required("jurisdiction", |text| packs.regime(text));
    let known = RawClaim::FIELDS.into_iter().filter(|name| !FROM_INVOICE.contains(name));
    let fields = known.filter_map(|name| Some((name.to_owned(), body.text(name)?))).collect();
    Some(Wanted::Late(regime?, fields))
}

/// Nothing is charged before it has run up.
fn not_ahead(as_of: Date, today: Date) -> Result<Date, &'static str> {
    if as_of <= today { Ok(as_of) } else { Err("must not be after today: nothing is charged before it has run up") }
}

fn late_fee(body: &mut Body) -> Option<FeeRule> {
    let name = body.required("rule", RuleName::parse);
    let period = body.parsed("period", RuleName::parse).or_else(|| RuleName::parse("once").ok());
    let clause = body.required("clause", Citation::parse);
    let currency = body.required("currency", Currency::parse);
    let amount = if body.has("percent") {
        let share = body.required("percent", |text| {
            let percent = text.parse::<Decimal>().map_err(|_| "must be a decimal such as 2.5".to_owned())?;
            AnnualRate::percent(percent).map_err(|error| error.to_string())
        });
        let at_most = if body.has("at_most") { Some(body.amount("at_most", currency)?) } else { None };
        share.map(|share| FeeAmount::Percent { share, at_most })
    } else {
        body.amount("amount", currency).map(FeeAmount::Fixed)
    };
    let fee = LateFee { amount: amount?, authority: Authority::Contract(clause?) };
    Some(FeeRule { name: name?, fee, period: period? })
}

/// The claim that an invoice is, with what the caller knows besides.
fn claim(
    debtor: &Debtor,
    invoice: &InvoiceId,
    fields: &BTreeMap<String, String>,
    today: Date,
) -> Result<Claim, Refusal> {
    let unknown = || Refusal::Late(LateError::Booking(BookingError::UnknownInvoice(invoice.clone())));
    let known = debtor.invoices.get(invoice).ok_or_else(unknown)?;
    let field = |name: &str| match name {
        "debtor_kind" => Some(debtor.profile.kind.as_str().to_owned()),
        "amount" => Some(known.sums.total.to_string()),
        "currency" => Some(known.currency().code().to_owned()),
        "due_date" => Some(fields.get(name).cloned().unwrap_or_else(|| known.due_date.to_string())),
        name => fields.get(name).cloned(),
    };
    let claim = RawClaim::from_fields(field, Vec::new()).parse(today).map_err(Refusal::Fields)?;
    let ahead = |reason: &str| Refusal::Fields(vec![FieldError { field: "as_of".into(), reason: reason.to_owned() }]);
    not_ahead(claim.as_of, today).map_err(ahead)?;
    Ok(claim)
}

fn problem(refusal: &Refusal) -> Problem {
    match refusal {
        Refusal::Fields(errors) => quote::wrong(errors),
        Refusal::Late(LateError::Quote(error)) => refused(quote::field_of(error), error),
        Refusal::Late(LateError::Booking(error)) => refused(field_of(error), error),
        Refusal::Late(error @ LateError::Nothing(_)) => refused("as_of", error),
        Refusal::Late(error @ LateError::Barred { barred, .. }) => held(barred, error),
    }
}

/// What stands against a charge, and what the caller can do about it.
fn held(barred: &Barred, error: &LateError) -> Problem {
    let problem = Problem::new(409, "Charges are stopped", error.to_string());
    if barred.by.is_for_creditor_to_say() {
        let name = barred.by.as_str();
        return problem
            .field(DESPITE, format!("say here why it is charged despite {name}, or wait until that is over"));
    }
    problem.field("invoice_number", format!("the law forbids it: {}", barred.by.as_str()))
}

fn field_of(error: &BookingError) -> &'static str {
    match error {
        BookingError::UnknownInvoice(_) | BookingError::NotOwed { .. } => "invoice_number",
        BookingError::CurrencyChanged { .. } => "currency",
        BookingError::NoTerms(_) => "due_date",
        BookingError::NotPositive(_)
        | BookingError::MoreThanOpen { .. }
        | BookingError::MoreThanGivenUp { .. }
        | BookingError::Money(_) => "amount",
    }
}
