//! Cases of interest and fixed sums.

use dunlin_domain::charge::itemization::Itemization;
use dunlin_domain::charge::moratorium::Moratorium;
use dunlin_domain::charge::rates::{AnnualRate, HalfYear};
use dunlin_domain::charge::regime::DebtKind;
use dunlin_domain::charge::start::{LongTerm, PaymentTerms, Purchaser};
use dunlin_domain::charge::terms::{DayCount, RateRule, Rounding, Terms};
use dunlin_domain::charge::{Authority, Claim, OpenBalance, QuoteError, Regime, Start};
use dunlin_domain::ids::Citation;
use dunlin_domain::money::{Currency, Money, MoneyError};
use jiff::ToSpan as _;
use jiff::civil::{Date, date};
use rust_decimal::Decimal;

use super::given::Given;
use super::outcome::{Answer, Unanswered};

/// The first of so many days where a case counts days and names none.
const ANY_DAY: Date = date(2025, 1, 1);
/// The days of a year, where a case asks for a year's interest.
const YEAR: i32 = 365;

/// What the engine of charges says.
pub(super) fn answer(action: &str, given: &Given) -> Result<Answer, Unanswered> {
    let (word, question) = action.split_once(':').unwrap_or((action, ""));
    let (asked, currency) = asked(question.trim(), given)?;
    match (word, asked) {
        ("compute", "current amount of the debt shown in the notice") => itemized(given, currency),
        ("compute", "total fixed sums" | "fixed sum" | "lump sum" | "minimum fixed compensation") => {
            fixed_sums(given, currency)
        }
        ("compute", "annual statutory interest") => {
            let read = reading(given, currency)?;
            let last = read.first()?.saturating_add(YEAR.saturating_sub(1).days());
            interest(read.until(last))
        }
        ("compute", "interest" | "statutory interest") => interest(reading(given, currency)?),
        ("compute", "interest chargeable for the moratorium period") => interest(in_moratorium(given, currency)?),
        ("lookup", asked) if asked.starts_with("statutory rate") => rate(&reading(given, currency)?),
        ("count", asked) => relevant_day(asked, &reading(given, currency)?),
        ("claim_statutory_interest", _) => may_claim(&reading(given, currency)?, given),
        ("claim_fixed_compensation", _) => may_claim_fixed_sum(&reading(given, currency)?),
        ("interest_runs_on_date" | "default_interest_runs_on_date", _) => runs(&reading(given, currency)?),
        _ => Err(Unanswered::NoEngine),
    }
}

/// What is asked for, without the currency that it is asked for in.
fn asked<'a>(question: &'a str, given: &Given) -> Result<(&'a str, Currency), Unanswered> {
    if let Some((asked, code)) = question.rsplit_once(" in ")
        && let Ok(currency) = Currency::parse(code)
    {
        return Ok((asked, currency));
    }
    let code = match given.jurisdiction()?.split('-').next() {
        Some("GB") => "GBP",
        Some("US") => "USD",
        _ => "EUR",
    };
    Ok((question, Currency::parse(code).map_err(|error| Unanswered::field("jurisdiction", error))?))
}

/// A case as a claim under the law of its jurisdiction.
struct Reading {
    regime: Regime,
    claim: Claim,
}

impl Reading {
    fn first(&self) -> Result<Date, Unanswered> {
        self.regime.first_day(&self.claim).map_err(|error| Unanswered::field("interest_from", error))
    }

    fn until(mut self, last: Date) -> Self {
        self.claim.as_of = last;
        self
    }
}

pub(super) fn regime(given: &Given) -> Result<Regime, Unanswered> {
    let packs = dunlin_packs::packs().map_err(|error| Unanswered::field("jurisdiction", error))?;
    let regime = packs.regime(&given.jurisdiction()?).map_err(|error| Unanswered::field("jurisdiction", error))?;
    Ok(regime.clone())
}

fn reading(given: &Given, currency: Currency) -> Result<Reading, Unanswered> {
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
fn in_moratorium(given: &Given, currency: Currency) -> Result<Reading, Unanswered> {
    let mut read = reading(given, currency)?;
    if let (Some((first, last)), true) = (given.period("period")?, read.claim.moratoria.is_empty()) {
        let named = Moratorium::new(first, last).map_err(|error| Unanswered::field("period", error))?;
        read.claim.moratoria.push(named);
    }
    let last = read.claim.moratoria.first().map(|moratorium| moratorium.last());
    let known = given.value("period").is_some() || given.value("paid_on").is_some();
    Ok(if let (Some(last), false) = (last, known) { read.until(last) } else { read })
}

/// What was open: the principal less what was paid towards it.
fn balance(given: &Given, currency: Currency) -> Result<OpenBalance, Unanswered> {
    let mut principal = None;
    for name in ["principal", "debt", "total"] {
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
    if let (Some(on), true) = (given.day("partial_payment")?, given.value("payments").is_some_and(|it| !it.is_array()))
        && let Some(amount) = given.money("payments", currency)?
    {
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

fn interest(read: Reading) -> Result<Answer, Unanswered> {
    Ok(match read.regime.quote(&read.claim) {
        Ok(quote) => Answer::Number(quote.interest.total.decimal()),
        Err(error) => not_owed(&error),
    })
}

/// What the law gives nothing of comes to nothing; whatever else stands in the way of a number refuses.
fn not_owed(error: &QuoteError) -> Answer {
    match error {
        QuoteError::NotAgainst { .. } | QuoteError::Credit(_) | QuoteError::Ousted(_) => Answer::Number(Decimal::ZERO),
        _ => Answer::Deny(error.to_string()),
    }
}

/// The fixed sum of the debt; of several invoices the sum of each one's own.
fn fixed_sums(given: &Given, currency: Currency) -> Result<Answer, Unanswered> {
    if given.flag("all_late")? == Some(false) {
        return Err(Unanswered::field("all_late", "it is not said which invoices are late"));
    }
    let mut read = reading(given, currency)?;
    let invoices: Vec<OpenBalance> = given.monies("invoices", currency)?.into_iter().map(OpenBalance::new).collect();
    let debts = if invoices.is_empty() { vec![read.claim.balance.clone()] } else { invoices };
    let mut total = Money::zero(currency);
    for debt in debts {
        read.claim.balance = debt;
        match read.regime.fixed_sum(&read.claim) {
            Ok(None) => {}
            Ok(Some(charge)) => {
                total = total.plus(charge.amount).map_err(|error| Unanswered::field("invoices", error))?;
            }
            Err(error) => return Ok(Answer::Deny(error.to_string())),
        }
    }
    Ok(Answer::Number(total.decimal()))
}

fn itemized(given: &Given, currency: Currency) -> Result<Answer, Unanswered> {
    let part = |name| Ok::<_, Unanswered>(given.money(name, currency)?.unwrap_or_else(|| Money::zero(currency)));
    let itemization = Itemization {
        amount: given.money("amount_on_itemization_date", currency)?.ok_or(Unanswered::Missing("amount"))?,
        interest: part("interest")?,
        fees: part("fees")?,
        payments: part("payments")?,
        credits: part("credits")?,
    };
    let current = itemization.current().map_err(|error| Unanswered::field("amount_on_itemization_date", error))?;
    Ok(Answer::Number(current.decimal()))
}

fn rate(read: &Reading) -> Result<Answer, Unanswered> {
    let half = HalfYear::of(read.first()?);
    let terms = read.regime.statutory(&read.claim).map_err(|error| Unanswered::field("debtor_type", error))?;
    let found = match &terms.rate {
        RateRule::One(rate) => Ok(*rate),
        RateRule::Reference(reference) => reference.in_force(half).map(|(rate, _)| rate),
    };
    Ok(found.map_or_else(|error| Answer::Deny(error.to_string()), |rate| Answer::Number(rate.decimal())))
}

/// `days from 2026-03-01 to the relevant day`.
fn relevant_day(asked: &str, read: &Reading) -> Result<Answer, Unanswered> {
    let from = asked.strip_prefix("days from ").and_then(|rest| rest.strip_suffix(" to the relevant day"));
    let from: Date = from.and_then(|from| from.trim().parse().ok()).ok_or(Unanswered::NoEngine)?;
    let relevant = read.first()?.saturating_sub(1.day());
    Ok(Answer::Number(Decimal::from(from.until(relevant).map_or(0, |span| span.get_days()))))
}

fn may_claim(read: &Reading, given: &Given) -> Result<Answer, Unanswered> {
    let dated = given.first_day_of(&["as_of", "paid_on", "now", "interest_to"])?.is_some();
    Ok(match read.regime.statutory(&read.claim) {
        Err(error) => Answer::Deny(error.to_string()),
        Ok(_) if dated => return runs(read),
        Ok(_) => Answer::Allow,
    })
}

fn may_claim_fixed_sum(read: &Reading) -> Result<Answer, Unanswered> {
    Ok(match read.regime.fixed_sum(&read.claim) {
        Ok(Some(_)) => Answer::Allow,
        Ok(None) => Answer::Deny(format!("{} gives no fixed sum here", read.regime.name)),
        Err(error) => Answer::Deny(error.to_string()),
    })
}

fn runs(read: &Reading) -> Result<Answer, Unanswered> {
    let gives = read.regime.statutory(&read.claim).and_then(|_| read.regime.runs(&read.claim));
    Ok(match gives {
        Ok(true) => Answer::Allow,
        Ok(false) => Answer::Deny("interest does not run on the day".to_owned()),
        Err(error) => Answer::Deny(error.to_string()),
    })
}
