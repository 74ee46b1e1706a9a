//! What may be charged on a late invoice.

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use dunlin_aws::http::{ELEMENTS_MAX, Problem, complaints, json_response, raw_body, text_fields, told_time};
use dunlin_domain::charge::fixed_sum::FixedSumError;
use dunlin_domain::charge::start::StartError;
use dunlin_domain::charge::{
    Authority, Charge, Claim, InterestError, InterestQuote, Quote, QuoteError, Regime, Segment,
};
use dunlin_domain::intake::{FieldError, RawClaim, RawMovement};
use jiff::civil::Date;
use serde_json::{Value, json};

use crate::Handler;
use crate::handler::{Answer, packs};

const JURISDICTION: &str = "jurisdiction";
const PAYMENTS: &str = "payments";

impl Handler {
    pub(crate) async fn quote(&self, request: &ApiGatewayV2httpRequest) -> Answer {
        let tenancy = self.tenancy(request).await?;
        let today = tenancy.zone.date(self.clock.now(told_time(request)));
        let (jurisdiction, claim) = claim(&raw_body(request)?, today)?;
        let packs = packs()?;
        let regime = packs.regime(&jurisdiction).map_err(|error| refused(JURISDICTION, error.to_string()))?;
        let quote = regime.quote(&claim).map_err(|error| refused(field_of(&error), error.to_string()))?;
        Ok(json_response(200, &view(&jurisdiction, regime, &claim, &quote)))
    }
}

fn claim(body: &[u8], today: Date) -> Result<(String, Claim), Problem> {
    let body: Value =
        serde_json::from_slice(body).map_err(|error| Problem::bad_request(format!("the body is not JSON: {error}")))?;
    let Value::Object(mut fields) = body else { return Err(Problem::bad_request("send a JSON object")) };
    let payments = fields.remove(PAYMENTS);
    let known = [&[JURISDICTION][..], &RawClaim::FIELDS].concat();
    let fields = text_fields(&Value::Object(fields), &known).map_err(|errors| wrong(&errors))?;
    let jurisdiction = fields.get(JURISDICTION).cloned();
    let jurisdiction =
        jurisdiction.ok_or_else(|| Problem::bad_request("a field is wrong").field(JURISDICTION, "is missing"))?;
    let raw = RawClaim::from_fields(|name| fields.get(name).cloned(), movements(payments.as_ref())?);
    Ok((jurisdiction, raw.parse(today).map_err(|errors| wrong(&errors))?))
}

fn movements(payments: Option<&Value>) -> Result<Vec<RawMovement>, Problem> {
    let Some(payments) = payments.filter(|payments| !payments.is_null()) else { return Ok(Vec::new()) };
    let form = || Problem::bad_request("a field is wrong").field(PAYMENTS, "must be [{\"paid_on\", \"amount\"}]");
    let payments = payments.as_array().ok_or_else(form)?;
    if payments.len() > ELEMENTS_MAX {
        let reason = format!("{} are more than the {ELEMENTS_MAX} of one call: send sums by day", payments.len());
        return Err(Problem::bad_request("a field is wrong").field(PAYMENTS, reason));
    }
    let movement = |(index, payment): (usize, &Value)| {
        let named = |errors: Vec<FieldError>| {
            let named = errors.into_iter().map(|error| FieldError {
                field: format!("{PAYMENTS}[{index}].{}", error.field).into(),
                reason: error.reason,
            });
            wrong(&named.collect::<Vec<_>>())
        };
        let mut fields = text_fields(payment, &RawMovement::FIELDS).map_err(named)?;
        Ok(RawMovement { paid_on: fields.remove("paid_on"), amount: fields.remove("amount") })
    };
    payments.iter().enumerate().map(movement).collect()
}

pub(crate) fn wrong(errors: &[FieldError]) -> Problem {
    Problem { errors: complaints(errors), ..Problem::bad_request("a field is wrong") }
}

/// What was read and cannot be quoted.
fn refused(field: &str, reason: String) -> Problem {
    Problem::new(422, "Nothing can be quoted", "what the field says cannot be charged for").field(field, reason)
}

/// The field to look at.
pub(crate) fn field_of(error: &QuoteError) -> &'static str {
    match error {
        QuoteError::NotAgainst { .. } => "debtor_kind",
        QuoteError::Credit(_) => "debt_kind",
        QuoteError::Ousted(_) => "contract_rate",
        QuoteError::NotInForce { .. } | QuoteError::Start(StartError::Unknown) => "due_date",
        QuoteError::Start(StartError::NotInDefault) => "reminded_on",
        QuoteError::Interest(InterestError::Rate(_)) => "as_of",
        QuoteError::FixedSum(FixedSumError::OtherCurrency { .. } | FixedSumError::Bands(_)) => "currency",
        QuoteError::Interest(InterestError::Money(_)) | QuoteError::FixedSum(FixedSumError::NothingOwed) => "amount",
    }
}

fn view(jurisdiction: &str, regime: &Regime, claim: &Claim, quote: &Quote) -> Value {
    json!({
        "jurisdiction": jurisdiction,
        "rules": { "name": regime.name.as_str(), "version": regime.version },
        "debtor_kind": claim.debtor.as_str(),
        "amount": claim.balance.opening().to_string(),
        "currency": claim.balance.opening().currency().code(),
        "as_of": claim.as_of.to_string(),
        "interest": interest(&quote.interest),
        "annual_interest": regime.annual_interest(claim).ok().as_ref().map(charge),
        "fixed_sum": quote.fixed_sum.as_ref().map(charge),
        "fixed_sum_unquoted": quote.unquoted.as_ref().map(ToString::to_string),
    })
}

fn interest(quote: &InterestQuote) -> Value {
    json!({
        "from": quote.from.to_string(),
        "amount": quote.total.to_string(),
        "daily": quote.daily.to_string(),
        "authority": authority(&quote.authority),
        "segments": quote.segments.iter().map(segment).collect::<Vec<_>>(),
    })
}

fn segment(segment: &Segment) -> Value {
    json!({
        "from": segment.from.to_string(),
        "to": segment.to.to_string(),
        "days": segment.days,
        "balance": segment.balance.to_string(),
        "rate": segment.rate.to_string(),
        "rate_standing": segment.standing.as_str(),
    })
}

fn charge(charge: &Charge) -> Value {
    json!({ "amount": charge.amount.to_string(), "authority": authority(&charge.authority) })
}

fn authority(authority: &Authority) -> Value {
    json!({ "kind": authority.kind(), "citation": authority.citation().as_str() })
}
