//! Cases of interest and fixed sums.

use dunlin_domain::charge::itemization::Itemization;
use dunlin_domain::charge::{InterestError, OpenBalance, QuoteError, Start};
use dunlin_domain::money::{Currency, Money};
use jiff::ToSpan as _;
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::claim::{Reading, demand_amount, demand_movements, in_moratorium, partly_paid, reading};
use super::given::Given;
use super::outcome::{Answer, Unanswered};

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
        ("compute", "annual statutory interest") => annual(&reading(given, currency)?.begun()?, given),
        ("compute", "interest") => interest(&reading(given, currency)?.dated()?, given),
        ("compute", "statutory interest") => {
            let read = reading(given, currency)?.dated()?;
            read.regime.statutory(&read.claim).map_or_else(|error| Ok(not_owed(&error)), |_| interest(&read, given))
        }
        ("compute", "interest chargeable for the moratorium period") => {
            interest(&in_moratorium(given, currency)?, given)
        }
        ("lookup", asked) if asked.starts_with("statutory rate") => rate(&reading(given, currency)?.begun()?),
        ("count", asked) if asked.ends_with(RELEVANT_DAY) => relevant_day(asked, reading(given, currency)?.begun()?),
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

fn interest(read: &Reading, given: &Given) -> Result<Answer, Unanswered> {
    let quote = match read.regime.quote(&read.claim) {
        Ok(quote) => quote.interest,
        Err(error) => return Ok(not_owed(&error)),
    };
    if !quote.segments.is_empty() {
        demand_amount(given)?;
        demand_movements(given)?;
    }
    Ok(Answer::Number(quote.total.decimal()))
}

/// A year of the law's own interest.
fn annual(read: &Reading, given: &Given) -> Result<Answer, Unanswered> {
    demand_amount(given)?;
    let statutory = read.regime.statutory(&read.claim);
    Ok(match statutory.and_then(|_| read.regime.annual_interest(&read.claim)) {
        Ok(charge) => Answer::Number(charge.amount.decimal()),
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
    // What is the same whatever is owed, or nothing, needs no amount.
    if read.regime.fixed_sum.get(&read.claim.debtor).is_some_and(|sum| !sum.is_flat()) {
        demand_amount(given)?;
    }
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

/// What was paid, told as one sum or payment by payment.
fn paid(given: &Given, currency: Currency) -> Result<Money, Unanswered> {
    let mut sum = partly_paid(given, currency)?.unwrap_or_else(|| Money::zero(currency));
    for payment in given.parts("payments") {
        let amount = payment.money("amount", currency)?.ok_or(Unanswered::Missing("payments[].amount"))?;
        sum = sum.plus(amount).map_err(|error| Unanswered::field("payments", error))?;
    }
    Ok(sum)
}

fn itemized(given: &Given, currency: Currency) -> Result<Answer, Unanswered> {
    let part = |name| Ok::<_, Unanswered>(given.money(name, currency)?.unwrap_or_else(|| Money::zero(currency)));
    let itemization = Itemization {
        amount: given.money("amount_on_itemization_date", currency)?.ok_or(Unanswered::Missing("amount"))?,
        interest: part("interest")?,
        fees: part("fees")?,
        payments: paid(given, currency)?,
        credits: part("credits")?,
    };
    let current = itemization.current().map_err(|error| Unanswered::field("amount_on_itemization_date", error))?;
    Ok(Answer::Number(current.decimal()))
}

fn rate(read: &Reading) -> Result<Answer, Unanswered> {
    let found = read.regime.first_day(&read.claim).and_then(|first| {
        let (rate, _) =
            read.regime.statutory(&read.claim)?.rate_on(first, first, first).map_err(InterestError::from)?;
        Ok(rate)
    });
    Ok(found.map_or_else(|error| Answer::Deny(error.to_string()), |rate| Answer::Number(rate.decimal())))
}

/// `days from 2026-03-01 to the relevant day`.
fn relevant_day(asked: &str, mut read: Reading) -> Result<Answer, Unanswered> {
    let from = asked.strip_prefix("days from ").and_then(|rest| rest.strip_suffix(RELEVANT_DAY));
    let from: Date = from.and_then(|from| from.trim().parse().ok()).ok_or(Unanswered::NoEngine)?;
    // Days are counted from when the time to pay began, where the case names no other day for that.
    if let Start::From(terms) = &mut read.claim.start {
        terms.invoice_received = terms.invoice_received.or(terms.performed).or(Some(from));
    }
    Ok(match read.regime.first_day(&read.claim) {
        Ok(first) => {
            let relevant = first.saturating_sub(1.day());
            Answer::Number(Decimal::from(from.until(relevant).map_or(0, |span| span.get_days())))
        }
        Err(error) => Answer::Deny(error.to_string()),
    })
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
