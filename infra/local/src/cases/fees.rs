//! Cases of fees.

use dunlin_domain::charge::Authority;
use dunlin_domain::charge::fee::{FeeDemand, FeeKind};
use dunlin_domain::ids::Citation;

use super::claim::{moratorium, regime};
use super::given::Given;
use super::outcome::{Answer, Unanswered};

/// Whether the fee may be asked for.
pub(super) fn answer(given: &Given) -> Result<Answer, Unanswered> {
    let fee = given.part("fee").ok_or(Unanswered::Missing("fee"))?;
    let forbidden = fee.flag("state_prohibits")?.unwrap_or_default();
    let state = given.text("state")?.unwrap_or_else(|| "the law of the state".to_owned());
    let demand = FeeDemand {
        kind: kind(&fee)?,
        debtor: given.debtor()?,
        basis: basis(&fee)?,
        forbidden_by: forbidden.then(|| citation(&state)).transpose()?,
        on: given.first_day_of(&["as_of", "now"])?,
    };
    match regime(given)?.fees.permits(&demand, moratorium(given)?.as_slice()) {
        Ok(_) => Ok(Answer::Allow),
        Err(refusal) => Ok(Answer::Deny(refusal.to_string())),
    }
}

fn kind(fee: &Given) -> Result<FeeKind, Unanswered> {
    match fee.text("kind")?.as_deref() {
        Some("card_surcharge") => Ok(FeeKind::CardSurcharge),
        Some("card_convenience") => Ok(FeeKind::CardConvenience),
        Some("late_fee" | "late") => Ok(FeeKind::Late),
        Some(other) => Err(Unanswered::field("fee.kind", format!("{other:?} is no kind of fee known here"))),
        None => Err(Unanswered::Missing("fee.kind")),
    }
}

/// A case that does not say what the fee rests on raises no obstacle there.
fn basis(fee: &Given) -> Result<Option<Authority>, Unanswered> {
    let agreed = fee.flag("agreement_expressly_authorizes")?;
    let by_law = fee.flag("law_expressly_permits")?;
    match (agreed, by_law) {
        (Some(true), _) | (None, None) => Ok(Some(Authority::Contract(citation("the agreement")?))),
        (_, Some(true)) => Ok(Some(Authority::Statute(citation("a law that expressly permits it")?))),
        _ => Ok(None),
    }
}

fn citation(text: &str) -> Result<Citation, Unanswered> {
    Citation::parse(text).map_err(|error| Unanswered::field("fee", error))
}
