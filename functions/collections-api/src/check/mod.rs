//! Whether a contact may be made, asked before it is: what the gate says, with every rule that refuses and its source.
//!
//! | call | whose facts |
//! | --- | --- |
//! | `POST /v1/contacts/check` | those in the body |
//! | `POST /v1/debtors/{id}/contacts/check` | those of the debtor, and those in the body |

mod attempt;
mod facts;
mod history;
pub(crate) mod words;

use std::collections::BTreeSet;

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use dunlin_aws::http::{Problem, json_response, told_time};
use dunlin_aws::store::Tenancy;
use dunlin_domain::debtor::ContactError;
use dunlin_domain::gate::{ContactRules, History, Inquiry, PackRef, Target, Verdict};
use dunlin_domain::ids::{DebtorId, InvoiceId, InvoiceNumber, PersonId, PortfolioId};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::Handler;
use crate::addresses::address;
use crate::body::Body;
use crate::call::refused;
use crate::debtor::debtor_id;
use crate::handler::Answer;

/// The field that names the debts of a debtor that a contact is about.
pub(crate) const INVOICES: &str = "invoice_numbers";

impl Handler {
    /// Says whether a contact may be made with someone of whom only the body tells.
    pub(crate) async fn check_contact(&self, request: &ApiGatewayV2httpRequest) -> Answer {
        let tenancy = self.tenancy(request).await?;
        let rules = tenancy.policies.contact();
        let mut body = Body::of(request)?;
        let inquiry = inquiry(&mut body, None, rules, self.clock.now(told_time(request)));
        let inquiry = inquiry.map(|inquiry| with_history(&mut body, inquiry));
        let inquiry = body.finish(inquiry)?;
        if inquiry.facts.places.is_empty() {
            let reason = "must name at least one place where the debtor may be, or phones that tell of one";
            return Err(Problem::bad_request("mend the fields that are named").field("places", reason));
        }
        Ok(json_response(200, &Value::Object(answer(rules, &inquiry.of_stranger(rules), inquiry.at))))
    }

    /// The same for a debtor of the books.
    pub(crate) async fn check_debtor_contact(&self, request: &ApiGatewayV2httpRequest) -> Answer {
        let tenancy = self.tenancy(request).await?;
        let rules = tenancy.policies.contact();
        let id = debtor_id(request)?;
        let mut body = Body::of(request)?;
        let asked = inquiry_of(&mut body, &id, &tenancy, self.clock.now(told_time(request)));
        let asked = asked.map(|inquiry| with_history(&mut body, inquiry));
        let inquiry = body.finish(asked)?;
        let debtor = self.rolled(&tenancy, &id, inquiry.at).await?;
        if let Some(invoice) = inquiry.nothing_open(&debtor) {
            return Err(refused(INVOICES, &ContactError::NothingOpen(invoice.clone())));
        }
        Ok(json_response(200, &Value::Object(answer(rules, &inquiry.of_debtor(&debtor, rules), inquiry.at))))
    }
}

/// Reads a question about a debtor of the books: of them the person and the address need not be told.
pub(crate) fn inquiry_of(body: &mut Body, id: &DebtorId, tenancy: &Tenancy, now: Timestamp) -> Option<Inquiry> {
    let about = invoices(body, &tenancy.default_portfolio);
    let to = if body.has("email") || body.has("phone") { address(body).map(Some) } else { Some(None) };
    let inquiry = inquiry(body, Some(&PersonId::from(id)), tenancy.policies.contact(), now)?;
    let (about, to) = about.zip(to)?;
    let fits = to.as_ref().is_none_or(|to| Target::nowhere_known(inquiry.attempt.medium).is_reached_by(to));
    if !fits {
        body.complain("medium", "does not go to such an address");
    }
    Some(Inquiry { about, to, ..inquiry })
}

fn inquiry(body: &mut Body, own: Option<&PersonId>, rules: &ContactRules, now: Timestamp) -> Option<Inquiry> {
    let at = body.parsed("at", words::moment).unwrap_or(now);
    let facts = facts::read(body, &rules.book.atlas);
    let attempt = attempt::read(body, own)?;
    Some(Inquiry { attempt, about: BTreeSet::new(), to: None, facts, history: History::default(), at })
}

/// With the contacts before that the body tells of.
fn with_history(body: &mut Body, inquiry: Inquiry) -> Inquiry {
    Inquiry { history: history::read(body, &inquiry.attempt.person), ..inquiry }
}

/// Invoices of a portfolio, the tenant's default one where none is named.
fn invoices(body: &mut Body, default: &PortfolioId) -> Option<BTreeSet<InvoiceId>> {
    let portfolio = body.parsed("portfolio", PortfolioId::parse).unwrap_or_else(|| default.clone());
    let numbers = body.texts(INVOICES);
    let numbers = numbers.iter().map(|number| InvoiceNumber::parse(number)).collect::<Result<Vec<_>, _>>();
    let numbers = numbers.map_err(|error| body.complain(INVOICES, error)).ok()?;
    Some(numbers.into_iter().map(|number| InvoiceId { portfolio: portfolio.clone(), number }).collect())
}

/// The person of a contact: the debtor where nobody else is named.
fn person(body: &mut Body, otherwise: Option<&PersonId>) -> Option<PersonId> {
    if body.has("person") {
        return body.required("person", PersonId::parse);
    }
    otherwise.cloned().or_else(|| PersonId::parse("debtor").ok())
}

/// What the gate says, with every rule that refuses.
pub(crate) fn answer(rules: &ContactRules, verdict: &Verdict, at: Timestamp) -> Map<String, Value> {
    let refusals = verdict.refusals().iter().map(|refusal| {
        json!({
            "rule": refusal.rule.as_str(),
            "source": refusal.source.as_str(),
            "why": refusal.why.to_string(),
            "until": refusal.until.moment().map(|until| until.to_string()),
        })
    });
    let loosened = match verdict {
        Verdict::Allowed { loosened } => loosened.iter().map(ToString::to_string).collect(),
        Verdict::Refused { .. } => Vec::new(),
    };
    let pack = |pack: &PackRef| json!({ "name": pack.name.as_str(), "version": pack.version });
    let earliest = if verdict.is_allowed() { Some(at) } else { verdict.earliest() };
    Map::from_iter([
        ("allowed".to_owned(), json!(verdict.is_allowed())),
        ("at".to_owned(), json!(at.to_string())),
        ("refusals".to_owned(), json!(refusals.collect::<Vec<_>>())),
        ("earliest".to_owned(), json!(earliest.map(|earliest| earliest.to_string()))),
        ("packs".to_owned(), json!(rules.book.packs.iter().map(pack).collect::<Vec<_>>())),
        ("loosened".to_owned(), json!(loosened)),
    ])
}
