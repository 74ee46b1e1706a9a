//! Whether a contact may be made, asked before it is: what the gate says, with every rule that refuses and its source.
//!
//! | call | whose facts |
//! | --- | --- |
//! | `POST /v1/contacts/check` | those in the body |
//! | `POST /v1/debtors/{id}/contacts/check` | those of the debtor, and those in the body |

mod attempt;
mod facts;
mod history;
mod words;

use std::collections::BTreeSet;

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use dunlin_aws::http::{Problem, json_response, told_time};
use dunlin_domain::debtor::{Debtor, Journal};
use dunlin_domain::gate::atlas::Atlas;
use dunlin_domain::gate::{Attempt, ContactRules, Facts, Gate, History, PackRef, Verdict};
use dunlin_domain::ids::{InvoiceId, InvoiceNumber, PersonId, PortfolioId};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::Handler;
use crate::body::Body;
use crate::call::refused;
use crate::debtor::debtor_id;
use crate::handler::{Answer, failed};

/// The field that names the debts of a debtor that a contact is about.
const INVOICES: &str = "invoice_numbers";

/// A question to the gate.
struct Question {
    attempt: Attempt,
    facts: Facts,
    history: History,
    at: Timestamp,
}

impl Handler {
    /// Says whether a contact may be made with someone of whom only the body tells.
    pub(crate) async fn check_contact(&self, request: &ApiGatewayV2httpRequest) -> Answer {
        let tenancy = self.tenancy(request).await?;
        let mut body = Body::of(request)?;
        let question =
            question(&mut body, &tenancy.policies.contact().book.atlas, None, self.clock.now(told_time(request)));
        let question = body.finish(question)?;
        if question.facts.places.is_empty() {
            let reason = "must name at least one place where the debtor may be, or phones that tell of one";
            return Err(Problem::bad_request("mend the fields that are named").field("places", reason));
        }
        Ok(json_response(200, &answer(tenancy.policies.contact(), &question)))
    }

    /// The same for a debtor of the books.
    pub(crate) async fn check_debtor_contact(&self, request: &ApiGatewayV2httpRequest) -> Answer {
        let tenancy = self.tenancy(request).await?;
        let id = debtor_id(request)?;
        let loaded = self.books.store().load(&tenancy.tenant, &id).await.map_err(|error| failed(&error))?;
        let mut debtor = loaded.ok_or_else(|| Problem::not_found(format!("there is no debtor {id}")))?.debtor;
        let now = self.clock.now(told_time(request));
        let mut body = Body::of(request)?;
        let invoices = invoices(&mut body, &tenancy.default_portfolio);
        let told = question(&mut body, &tenancy.policies.contact().book.atlas, Some(&debtor), now);
        let (invoices, told) = body.finish(invoices.zip(told))?;
        let unknown = invoices.iter().find(|invoice| !debtor.invoices.contains_key(invoice));
        if let Some(unknown) = unknown {
            return Err(refused(INVOICES, &format!("nothing is open on an invoice {unknown}")));
        }
        debtor.roll(&tenancy.policies, told.at, &mut Journal::default()).map_err(|error| {
            tracing::error!(%error, "the amounts of a debtor do not add up");
            Problem::internal()
        })?;
        let mut history = History::of(&debtor);
        history.0.extend(told.history.0);
        let rules = tenancy.policies.contact();
        let known =
            Facts { collector: Some(rules.collector), ..Facts::of(&debtor, &invoices, &rules.book.atlas, told.at) };
        let facts = known.and(told.facts);
        Ok(json_response(200, &answer(rules, &Question { facts, history, ..told })))
    }
}

/// Reads what is told; of a debtor of the books the person and the address need not be.
fn question(body: &mut Body, atlas: &Atlas, debtor: Option<&Debtor>, now: Timestamp) -> Option<Question> {
    let at = body.parsed("at", words::moment).unwrap_or(now);
    let facts = facts::read(body, atlas);
    let attempt = attempt::read(body, debtor, at);
    let person = attempt.as_ref().map(|attempt| attempt.person.clone());
    let history = history::read(body, person.as_ref());
    Some(Question { attempt: attempt?, facts, history, at })
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

fn answer(rules: &ContactRules, question: &Question) -> Value {
    let Question { attempt, facts, history, at } = question;
    let verdict = Gate::new(&rules.book.law, facts, history, &rules.policy).permit(attempt, *at);
    let refusals = verdict.refusals().iter().map(|refusal| {
        json!({
            "rule": refusal.rule.as_str(),
            "source": refusal.source.as_str(),
            "why": refusal.why.to_string(),
            "until": refusal.until.moment().map(|until| until.to_string()),
        })
    });
    let loosened = match &verdict {
        Verdict::Allowed { loosened } => loosened.iter().map(ToString::to_string).collect(),
        Verdict::Refused { .. } => Vec::new(),
    };
    let pack = |pack: &PackRef| json!({ "name": pack.name.as_str(), "version": pack.version });
    let earliest = if verdict.is_allowed() { Some(*at) } else { verdict.earliest() };
    json!({
        "allowed": verdict.is_allowed(),
        "at": at.to_string(),
        "refusals": refusals.collect::<Vec<_>>(),
        "earliest": earliest.map(|earliest| earliest.to_string()),
        "packs": rules.book.packs.iter().map(pack).collect::<Vec<_>>(),
        "loosened": loosened,
    })
}
