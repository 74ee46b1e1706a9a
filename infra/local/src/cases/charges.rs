//! Cases of interest and fixed sums.

use dunlin_domain::charge::itemization::Itemization;
use dunlin_domain::charge::rates::HalfYear;
use dunlin_domain::charge::terms::RateRule;
use dunlin_domain::charge::{OpenBalance, QuoteError};
use dunlin_domain::money::{Currency, Money};
use jiff::ToSpan as _;
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::claim::{Reading, demand_amount, demand_partial_payment, in_moratorium, reading};
use super::given::Given;
use super::outcome::{Answer, Unanswered};

/// The days of a year, where a case asks for a year's interest.
const YEAR: i32 = 365;

/// How a question for the relevant day ends.
const RELEVANT_DAY: &str = " to the relevant day";

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
            interest(read.until(last), given)
        }
        ("compute", "interest" | "statutory interest") => interest(reading(given, currency)?, given),
        ("compute", "interest chargeable for the moratorium period") => {
            interest(in_moratorium(given, currency)?, given)
        }
        ("lookup", asked) if asked.starts_with("statutory rate") => rate(&reading(given, currency)?),
        ("count", asked) if asked.ends_with(RELEVANT_DAY) => relevant_day(asked, &reading(given, currency)?),
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

fn interest(read: Reading, given: &Given) -> Result<Answer, Unanswered> {
    demand_amount(given)?;
    demand_partial_payment(given)?;
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
    demand_amount(given)?;
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
    let from = asked.strip_prefix("days from ").and_then(|rest| rest.strip_suffix(RELEVANT_DAY));
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
