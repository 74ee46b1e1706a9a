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

/// The first of so many days where a case counts days and names none.
const ANY_DAY: Date = date(2025, 1, 1);
/// The fields that may hold the principal.
const PRINCIPAL: [&str; 3] = ["principal", "debt", "total"];

/// A case as a claim under the law of its jurisdiction.
pub(super) struct Reading {
    pub(super) regime: Regime,
    pub(super) claim: Claim,
}

impl Reading {
    pub(super) fn first(&self) -> Result<Date, Unanswered> {
        self.regime.first_day(&self.claim).map_err(|error| Unanswered::field("interest_from", error))
    }

    pub(super) fn until(mut self, last: Date) -> Self {
        self.claim.as_of = last;
        self
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
    let mut read = Reading {
        regime: regime(given)?,
        claim: Claim {
            debtor,
            debt: if regulated { DebtKind::RegulatedCredit } else { DebtKind::Trade },
            balance: balance(given, currency)?,
            start,
            as_of: ANY_DAY,
            moratoria: moratoria(given)?,
            agreed: None,
        },
    };
    told_terms(&mut read, given)?;
    let begins = read.regime.first_day(&read.claim).unwrap_or(ANY_DAY);
    read.claim.as_of = last_day(given, begins)?;
    Ok(read)
}

/// The claim over the days of its moratorium, which are all that the question names.
pub(super) fn in_moratorium(given: &Given, currency: Currency) -> Result<Reading, Unanswered> {
    let mut read = reading(given, currency)?;
    if let (Some((first, last)), true) = (given.period("period")?, read.claim.moratoria.is_empty()) {
        let named = Moratorium::new(first, last).map_err(|error| Unanswered::field("period", error))?;
        read.claim.moratoria.push(named);
    }
    let last = read.claim.moratoria.first().map(|moratorium| moratorium.last());
    let known = given.value("period").is_some() || given.value("paid_on").is_some();
    Ok(if let (Some(last), false) = (last, known) { read.until(last) } else { read })
}

/// What a partial payment came to, which every question of interest needs.
pub(super) fn demand_partial_payment(given: &Given) -> Result<(), Unanswered> {
    let told = given.value("payments").is_some() || given.value("partial_payment").is_none();
    if told { Ok(()) } else { Err(Unanswered::Missing("amount of the partial payment")) }
}

/// The principal, which every question of an amount needs.
pub(super) fn demand_amount(given: &Given) -> Result<(), Unanswered> {
    let known = PRINCIPAL.iter().chain(&["invoices"]).any(|name| given.value(name).is_some());
    if known { Ok(()) } else { Err(Unanswered::Missing("principal")) }
}

/// What was paid in part, where payments are told as one sum.
fn partly_paid(given: &Given, currency: Currency) -> Result<Option<Money>, Unanswered> {
    let sum = given.value("payments").is_some_and(|payments| !payments.is_array());
    if sum { given.money("payments", currency) } else { Ok(None) }
}

/// What was open: the principal less what was paid towards it.
fn balance(given: &Given, currency: Currency) -> Result<OpenBalance, Unanswered> {
    let mut principal = None;
    for name in PRINCIPAL {
        principal = principal.or(given.money(name, currency)?);
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

fn start(given: &Given) -> Result<Start, Unanswered> {
    if let Some(first) = given.first_day_of(&["interest_from", "first_day_of_semester"])? {
        return Ok(Start::On(first));
    }
    if let Some(relevant_day) = given.day("relevant_day")? {
        return Ok(Start::On(relevant_day.saturating_add(1.day())));
    }
    let terms = terms_of_payment(given)?;
    if terms.agreed_day.or(terms.performed).or(terms.invoice_received).or(terms.reminded).is_some() {
        return Ok(Start::From(terms));
    }
    let last = given.first_day_of(&["interest_to", "paid_on", "paid_in_full", "as_of"])?;
    let days = given.days("days_late")?.or(given.days("days")?);
    let period = given.period("period")?.map(|(first, _)| first);
    let counted_back = last.zip(days).map(|(last, days)| last.saturating_sub(days.saturating_sub(1).days()));
    let known = period.or(counted_back).or(given.day("moratorium_start")?).or(last);
    Ok(Start::On(known.or(given.day("now")?).unwrap_or(ANY_DAY)))
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
    let public = match given.text("purchaser")?.as_deref() {
        None | Some("private") => false,
        Some("public" | "public_authority") => true,
        Some(other) => return Err(Unanswered::field("purchaser", format!("{other:?} is no kind of purchaser"))),
    };
    Ok(PaymentTerms {
        purchaser: if public { Purchaser::PublicAuthority } else { Purchaser::Private },
        agreed_day: agreed,
        long_term: if unfair { LongTerm::GrosslyUnfair } else { LongTerm::Stands },
        performed: given.day("goods_delivered")?.or(due).or(due_and_received),
        invoice_received: given.day("invoice_received")?.or(due_and_received),
        reminded: given.day("reminder_sent")?,
        told_of_thirty_days: given.flag("invoice_had_consumer_notice")?.unwrap_or(true),
    })
}

/// The last day that the case asks for.
fn last_day(given: &Given, first: Date) -> Result<Date, Unanswered> {
    let named = given.first_day_of(&["interest_to", "paid_on", "paid_in_full"])?;
    let period = given.period("period")?.map(|(_, last)| last);
    let days = given.days("days_late")?.or(given.days("days")?);
    let counted = days.map(|days| first.saturating_add(days.saturating_sub(1).days()));
    let mut paid = None;
    for payment in given.parts("payments") {
        paid = paid.max(payment.day("on")?);
    }
    let known = named.or(period).or(given.day("as_of")?).or(counted).or(paid).or(given.day("now")?);
    Ok(known.unwrap_or(first))
}

pub(super) fn moratoria(given: &Given) -> Result<Vec<Moratorium>, Unanswered> {
    let scottish = given.jurisdiction()? == "GB-SCT";
    let starts = given.day("moratorium_start")?;
    let space = starts.map(if scottish { Moratorium::scottish } else { Moratorium::breathing_space });
    Ok(space.into_iter().collect())
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
    Ok(Terms {
        rate: RateRule::One(rate),
        cap: None,
        day_count: days.unwrap_or(DayCount::Actual365),
        rounding: rounding.unwrap_or(Rounding::HalfEvenAtEnd),
        authority: Authority::Contract(clause),
    })
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
