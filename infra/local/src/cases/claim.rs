//! A case of charges as a claim under the law of its jurisdiction.

use dunlin_domain::charge::moratorium::Moratorium;
use dunlin_domain::charge::rates::AnnualRate;
use dunlin_domain::charge::regime::DebtKind;
use dunlin_domain::charge::start::{LongTerm, PaymentTerms, Purchaser};
use dunlin_domain::charge::terms::{DayCount, RateRule, Rounding, Terms};
use dunlin_domain::charge::{Authority, Claim, OpenBalance, Regime, Start};
use dunlin_domain::ids::Citation;
use dunlin_domain::money::{Currency, Money, MoneyError};
use jiff::ToSpan as _;
use jiff::civil::{Date, date};

use super::given::Given;
use super::outcome::Unanswered;

/// The first of so many days where a case counts days, and tells a rate that is the same on each.
const ANY_DAY: Date = date(2025, 1, 1);
/// The fields that may hold the principal.
const PRINCIPAL: [&str; 3] = ["principal", "debt", "total"];

/// A case as a claim under the law of its jurisdiction.
pub(super) struct Reading {
    pub(super) regime: Regime,
    pub(super) claim: Claim,
    /// What a question of interest lacks: the day on which it begins, or the one on which it ends.
    lacks: (Option<Unanswered>, Option<Unanswered>),
}

impl Reading {
    /// For a question that hangs on the day on which interest begins.
    pub(super) fn begun(self) -> Result<Self, Unanswered> {
        self.lacks.0.map_or(Ok(()), Err)?;
        Ok(Self { lacks: (None, self.lacks.1), ..self })
    }

    /// For a question that hangs on both days.
    pub(super) fn dated(self) -> Result<Self, Unanswered> {
        let begun = self.begun()?;
        begun.lacks.1.map_or(Ok(()), Err)?;
        Ok(Self { lacks: (None, None), ..begun })
    }
}

pub(super) fn regime(given: &Given) -> Result<Regime, Unanswered> {
    let packs = dunlin_packs::packs().map_err(|error| Unanswered::field("jurisdiction", error))?;
    let regime = packs.regime(&given.jurisdiction()?).map_err(|error| Unanswered::field("jurisdiction", error))?;
    Ok(regime.clone())
}

pub(super) fn reading(given: &Given, currency: Currency) -> Result<Reading, Unanswered> {
    let debtor = given.debtor()?;
    let regulated = given.flag("regulated_credit")?.unwrap_or_default();
    let start = start(given)?;
    let one_rate = ["rate", "base_rate", "contract_rate"].into_iter().any(|name| given.value(name).is_some());
    let lacks_start = start.is_none() && !one_rate;
    let mut read = Reading {
        regime: regime(given)?,
        claim: Claim {
            debtor,
            debt: if regulated { DebtKind::RegulatedCredit } else { DebtKind::Trade },
            balance: balance(given, currency)?,
            start: start.unwrap_or(Start::On(ANY_DAY)),
            as_of: ANY_DAY,
            moratoria: moratorium(given)?.into_iter().collect(),
            agreed: None,
        },
        lacks: (lacks_start.then_some(Unanswered::Missing("interest_from")), None),
    };
    told_terms(&mut read, given)?;
    let begins = read.regime.first_day(&read.claim).unwrap_or(ANY_DAY);
    let last = last_day(given, begins)?;
    read.lacks.1 = last.is_none().then_some(Unanswered::Missing("paid_on"));
    read.claim.as_of = last.unwrap_or(begins);
    Ok(read)
}

/// The claim over the days of its moratorium, which are all that the question names.
pub(super) fn in_moratorium(given: &Given, currency: Currency) -> Result<Reading, Unanswered> {
    let mut read = reading(given, currency)?;
    let period = given.period("period")?;
    let named = period.map(|(first, last)| Moratorium::new(first, last)).transpose();
    let named = named.map_err(|error| Unanswered::field("period", error))?;
    let days = named.or(read.claim.moratoria.first().copied()).ok_or(Unanswered::Missing("moratorium_start"))?;
    if read.claim.moratoria.is_empty() {
        read.claim.moratoria.push(days);
    }
    // Interest that began before is not asked for, and interest that begins later has not begun.
    let begins = read.regime.first_day(&read.claim).unwrap_or(days.first());
    read.claim.start = Start::On(begins.max(days.first()));
    let paid = given.day("paid_on")?;
    read.claim.as_of = paid.map_or(days.last(), |paid| paid.min(days.last()));
    read.lacks = (None, None);
    Ok(read)
}

/// What a partial payment came to, and the day of what was paid or credited: every question of interest needs both.
pub(super) fn demand_movements(given: &Given) -> Result<(), Unanswered> {
    let in_one_sum = given.value("payments").is_some_and(|payments| !payments.is_array());
    match (given.value("partial_payment"), given.value("payments"), given.value("credits")) {
        (Some(_), None, _) => Err(Unanswered::Missing("amount of the partial payment")),
        (None, Some(_), _) if in_one_sum => Err(Unanswered::Missing("day of the payments")),
        (_, _, Some(_)) => Err(Unanswered::Missing("day of the credits")),
        _ => Ok(()),
    }
}

/// The principal, which every question of an amount needs.
pub(super) fn demand_amount(given: &Given) -> Result<(), Unanswered> {
    let known = PRINCIPAL.iter().chain(&["invoices"]).any(|name| given.value(name).is_some());
    if known { Ok(()) } else { Err(Unanswered::Missing("principal")) }
}

/// What was paid in part, where payments are told as one sum.
pub(super) fn partly_paid(given: &Given, currency: Currency) -> Result<Option<Money>, Unanswered> {
    let sum = given.value("payments").is_some_and(|payments| !payments.is_array());
    if sum { given.money("payments", currency) } else { Ok(None) }
}

/// What was open: the principal less what was paid towards it.
fn balance(given: &Given, currency: Currency) -> Result<OpenBalance, Unanswered> {
    let mut principal = None;
    for name in PRINCIPAL {
        principal = principal.or(given.money(name, currency)?);
    }
    let invoices = given.monies("invoices", currency)?;
    if principal.is_none() && !invoices.is_empty() {
        let sum = Money::sum(currency, invoices);
        principal = Some(sum.map_err(|error| Unanswered::field("invoices", error))?);
    }
    // Whether something may be claimed does not depend on how much; a case that does not say leaves one unit.
    let one = Money::parse("1", currency).map_err(|error| Unanswered::field("principal", error))?;
    let mut balance = OpenBalance::new(principal.unwrap_or(one));
    let paid = |balance: OpenBalance, on, amount: Money| {
        balance.moved(on, amount.negated()).map_err(|error: MoneyError| Unanswered::field("payments", error))
    };
    for payment in given.parts("payments") {
        let on = payment.day("on")?.ok_or(Unanswered::Missing("payments[].on"))?;
        let amount = payment.money("amount", currency)?.ok_or(Unanswered::Missing("payments[].amount"))?;
        if payment.text("applied_to")?.is_none_or(|part| part == "principal") {
            balance = paid(balance, on, amount)?;
        }
    }
    if let Some((on, amount)) = given.day("partial_payment")?.zip(partly_paid(given, currency)?) {
        balance = paid(balance, on, amount)?;
    }
    Ok(balance)
}

/// Whence interest runs, where the case says so.
fn start(given: &Given) -> Result<Option<Start>, Unanswered> {
    if let Some(first) = given.first_day_of(&["interest_from", "first_day_of_semester"])? {
        return Ok(Some(Start::On(first)));
    }
    if let Some(relevant_day) = given.day("relevant_day")? {
        return Ok(Some(Start::On(relevant_day.saturating_add(1.day()))));
    }
    let terms = terms_of_payment(given)?;
    if terms.agreed_day.or(terms.performed).or(terms.invoice_received).or(terms.reminded).is_some() {
        return Ok(Some(Start::From(terms)));
    }
    let last = given.first_day_of(&["interest_to", "paid_on", "paid_in_full", "as_of"])?;
    let days = given.days("days_late")?.or(given.days("days")?);
    let period = given.period("period")?.map(|(first, _)| first);
    let counted_back = last.zip(days).map(|(last, days)| last.saturating_sub(days.saturating_sub(1).days()));
    let known = period.or(counted_back).or(given.day("moratorium_start")?);
    Ok(known.map(Start::On))
}

fn terms_of_payment(given: &Given) -> Result<PaymentTerms, Unanswered> {
    let due_and_received = given.day("due_and_invoice_received")?;
    let due = given.day("due_date")?;
    let by_calendar = given.flag("calendar_due_date_agreed")?;
    let agreed = given.first_day_of(&["agreed_payment_day", "agreed_payment_date"])?;
    let agreed = match by_calendar {
        Some(true) => agreed.or(due).or(due_and_received),
        Some(false) => agreed,
        None => agreed.or(due),
    };
    let due = due.filter(|_| by_calendar == Some(false));
    let unfair = given.flag("longer_term_grossly_unfair")?.unwrap_or_default();
    let authority = given.text("debtor_type")?.as_deref() == Some("public_authority");
    let public = match given.text("purchaser")?.as_deref() {
        None => authority,
        Some("private") => false,
        Some("public" | "public_authority") => true,
        Some(other) => return Err(Unanswered::field("purchaser", format!("{other:?} is no kind of purchaser"))),
    };
    Ok(PaymentTerms {
        purchaser: if public { Purchaser::PublicAuthority } else { Purchaser::Private },
        agreed_day: agreed,
        long_term: if unfair { LongTerm::GrosslyUnfair } else { LongTerm::Stands },
        performed: given.day("goods_delivered")?.or(due).or(due_and_received),
        // A case that does not say when the invoice came raises no obstacle there: it came with the goods.
        invoice_received: given.first_day_of(&["invoice_received", "goods_delivered"])?.or(due).or(due_and_received),
        reminded: given.day("reminder_sent")?,
        told_of_thirty_days: given.flag("invoice_had_consumer_notice")?.unwrap_or(true),
    })
}

/// The last day that the case asks for, where it says so.
fn last_day(given: &Given, first: Date) -> Result<Option<Date>, Unanswered> {
    let named = given.first_day_of(&["interest_to", "paid_on", "paid_in_full"])?;
    let period = given.period("period")?.map(|(_, last)| last);
    let days = given.days("days_late")?.or(given.days("days")?);
    let counted = days.map(|days| first.saturating_add(days.saturating_sub(1).days()));
    let mut paid = None;
    for payment in given.parts("payments") {
        paid = paid.max(payment.day("on")?);
    }
    Ok(named.or(period).or(given.day("as_of")?).or(counted).or(paid).or(given.day("now")?))
}

/// The moratorium that stands; a company has none.
pub(super) fn moratorium(given: &Given) -> Result<Option<Moratorium>, Unanswered> {
    let company = matches!(given.text("debtor_type")?.as_deref(), Some("limited_company" | "company"));
    let starts = given.day("moratorium_start")?.filter(|_| !company);
    let place = given.jurisdiction()?;
    Ok(starts.and_then(|starts| Moratorium::of(&place, starts)))
}

/// Puts a rate, a day count and a rounding that the case tells in the place of the law's own.
fn told_terms(read: &mut Reading, given: &Given) -> Result<(), Unanswered> {
    let debtor = read.claim.debtor;
    let rounding = given.text("rounding")?.map(|text| rounding(&text)).transpose()?;
    let day_count = given.text("day_count")?.map(|text| day_count(&text)).transpose()?;
    if let Some(terms) = read.regime.interest.get_mut(&debtor) {
        terms.rounding = rounding.unwrap_or(terms.rounding);
        terms.day_count = day_count.unwrap_or(terms.day_count);
        let margin = match &terms.rate {
            RateRule::Reference(reference) => Some(reference.margin),
            RateRule::One(_) => None,
        };
        let on_base = given.rate("base_rate")?.zip(margin).map(|(base, margin)| base.plus(margin));
        if let Some(rate) = given.rate("rate")?.or(on_base) {
            terms.rate = RateRule::One(rate);
        }
    }
    if let Some(rate) = given.rate("contract_rate")? {
        read.claim.agreed = Some(contract(rate, day_count, rounding)?);
    }
    Ok(())
}

fn contract(rate: AnnualRate, days: Option<DayCount>, rounding: Option<Rounding>) -> Result<Terms, Unanswered> {
    let clause = Citation::parse("the contract's rate").map_err(|error| Unanswered::field("contract_rate", error))?;
    let agreed = Terms::agreed(rate, None, Authority::Contract(clause));
    Ok(Terms { day_count: days.unwrap_or(agreed.day_count), rounding: rounding.unwrap_or(agreed.rounding), ..agreed })
}

/// The convention's name, without what a case adds in brackets or after a comma.
fn day_count(text: &str) -> Result<DayCount, Unanswered> {
    let name = text.split(['(', ',']).next().unwrap_or_default().trim();
    DayCount::parse(name).ok_or_else(|| Unanswered::field("day_count", format!("{text:?} is no day count known here")))
}

fn rounding(text: &str) -> Result<Rounding, Unanswered> {
    match text {
        "round_half_up_at_end" => Ok(Rounding::HalfUpAtEnd),
        "round_half_even_at_end" => Ok(Rounding::HalfEvenAtEnd),
        "daily_rate_rounded_to_penny" | "daily_rate_rounded_to_cent" => Ok(Rounding::DailyHalfUp),
        other => Err(Unanswered::field("rounding", format!("{other:?} is no rounding known here"))),
    }
}
