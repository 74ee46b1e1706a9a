//! Contacts that people make outside of Dunlin: calls, letters, visits, messages of their own. They count against the same
//! budget as ours, so the slot is reserved before, in the commit that asked the gate, and what came of it is told after.
//!
//! | call | what |
//! | --- | --- |
//! | `POST` | reserves the slot, or with `made` records what was made |
//! | `PATCH` | tells what came of it |
//! | `DELETE` | gives a slot back that was not used |
//! | `GET` | what counts at present, and until when |

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use dunlin_aws::books::Changed;
use dunlin_aws::http::{Problem, json_response, path_parameter, query_parameter, told_time};
use dunlin_domain::debtor::{ContactError, Debtor, Journal, RecordedContact};
use dunlin_domain::gate::history::{Initiator, Outcome};
use dunlin_domain::gate::{ContactRules, Facts, Gate, History, Verdict};
use dunlin_domain::ids::ContactId;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::Handler;
use crate::agreements::note;
use crate::body::Body;
use crate::call::{Call, Done, made, over, refused};
use crate::check::words::{begun_by, moment, outcome};
use crate::check::{self, INVOICES, inquiry_of};
use crate::debtor::debtor_id;
use crate::handler::Answer;

/// The longest reason for giving a slot back, in characters.
const REASON_MAX: usize = 500;

/// What is told of a contact: that it is to be made, or what came of it.
enum Told {
    ToMake,
    Made(Initiator, Outcome),
}

impl Handler {
    /// Reserves the slot of a contact, or records one that was made.
    pub(crate) async fn post_contact(&self, request: &ApiGatewayV2httpRequest) -> Answer {
        let tenancy = self.tenancy(request).await?;
        let call = Call::of(request, self.clock.now(told_time(request)))?;
        let mut body = Body::of(request)?;
        let (told, note) = (told(&mut body), note(&mut body));
        let inquiry = inquiry_of(&mut body, &call.debtor, &tenancy, call.now);
        let inquiry = body.finish(inquiry)?;
        let id = ContactId::parse(&call.id).map_err(|_| Problem::internal())?;
        let (rules, said) = (tenancy.policies.contact(), (&inquiry, note.as_deref()));
        let contact = |debtor: &mut Debtor, journal: &mut Journal, _: &mut _| match told {
            Told::ToMake => debtor.reserve_contact(&id, said, rules, call.now, journal),
            Told::Made(initiator, outcome) => {
                debtor.record_contact(&id, said, (initiator, outcome), (rules, call.now), journal)
            }
        };
        let books = call.books(&self.books);
        let changed = books.change(&tenancy, &call.debtor, call.receipt.as_ref(), call.now, contact).await;
        let verdict = match &changed {
            Ok(Changed::Made { answer, .. }) => Some(answer.clone()),
            Ok(Changed::Repeated(_) | Changed::OtherCall | Changed::Refused(_) | Changed::NoDebtor) | Err(_) => None,
        };
        let done = made(changed, &call, |error| not_so(error, rules, inquiry.at))?;
        let check = verdict.map(|verdict: Verdict| Value::Object(check::answer(rules, &verdict, inquiry.at)));
        Ok(answer(&call, 201, &id, check, &done))
    }

    /// Tells what came of a contact.
    pub(crate) async fn conclude_contact(&self, request: &ApiGatewayV2httpRequest) -> Answer {
        let id = contact_id(request)?;
        let mut body = Body::of(request)?;
        let outcome = body.required("outcome", outcome);
        let (at, note) = (body.parsed("at", moment), note(&mut body));
        let outcome = body.finish(outcome)?;
        self.change_contact(request, &id, |debtor, now, journal| {
            debtor.conclude_contact(&id, (outcome, at), note.as_deref(), now, journal)
        })
        .await
    }

    /// Gives the slot of a contact back that was not made.
    pub(crate) async fn release_contact(&self, request: &ApiGatewayV2httpRequest) -> Answer {
        let (id, reason) = (contact_id(request)?, reason(request)?);
        let release = |debtor: &mut Debtor, _, journal: &mut Journal| debtor.release_contact(&id, &reason, journal);
        self.change_contact(request, &id, release).await
    }

    /// The contacts that count, or that a slot is kept for, the latest first.
    pub(crate) async fn contacts(&self, request: &ApiGatewayV2httpRequest) -> Answer {
        let tenancy = self.tenancy(request).await?;
        let (id, now) = (debtor_id(request)?, self.clock.now(told_time(request)));
        let debtor = self.rolled(&tenancy, &id, now).await?;
        let rules = tenancy.policies.contact();
        let known = Facts::of(&debtor, &std::collections::BTreeSet::new(), &rules.book.atlas, now);
        let (facts, history) = (Facts { collector: Some(rules.collector), ..known }, History::of(&debtor));
        let gate = Gate::new(&rules.book.law, &facts, &history, &rules.policy);
        let counting = debtor.contacts.iter().rev().filter_map(|one| {
            let counted = gate.counting(one.contact(), now);
            let until = counted.iter().map(|counted| counted.until).max();
            if until.is_none() && !one.is_reserved() {
                return None;
            }
            let rules = counted
                .iter()
                .map(|counted| json!({ "rule": counted.rule.as_str(), "until": counted.until.to_string() }));
            let mut shown = shown(one);
            shown["counted_by"] = rules.collect();
            shown["until"] = json!(until.map(|until| until.to_string()));
            Some(shown)
        });
        Ok(json_response(200, &json!({ "as_of": now.to_string(), "contacts": counting.collect::<Vec<_>>() })))
    }

    async fn change_contact(
        &self,
        request: &ApiGatewayV2httpRequest,
        id: &ContactId,
        change: impl Fn(&mut Debtor, Timestamp, &mut Journal) -> Result<(), ContactError>,
    ) -> Answer {
        let tenancy = self.tenancy(request).await?;
        let call = Call::of(request, self.clock.now(told_time(request)))?;
        let change = |debtor: &mut Debtor, journal: &mut Journal, _: &mut _| change(debtor, call.now, journal);
        let books = call.books(&self.books);
        let changed = books.change(&tenancy, &call.debtor, call.receipt.as_ref(), call.now, change).await;
        let refused = |error: &ContactError| not_so(error, tenancy.policies.contact(), call.now);
        let done = made(changed, &call, refused)?;
        Ok(answer(&call, 200, id, None, &done))
    }
}

/// Whether the contact is to be made or was made, and what came of it.
fn told(body: &mut Body) -> Told {
    let made = body.flag("made").unwrap_or_default();
    for field in ["outcome", "begun_by"].into_iter().filter(|_| !made) {
        if body.has(field) {
            body.complain(field, "is told of a contact that was made: say made");
        }
    }
    let (outcome, initiator) = (body.parsed("outcome", outcome), body.parsed("begun_by", begun_by));
    if made {
        Told::Made(initiator.unwrap_or(Initiator::Collector), outcome.unwrap_or(Outcome::Reached))
    } else {
        Told::ToMake
    }
}

fn contact_id(request: &ApiGatewayV2httpRequest) -> Result<ContactId, Problem> {
    ContactId::parse(path_parameter(request, "contact")?).map_err(|error| Problem::not_found(error.to_string()))
}

fn reason(request: &ApiGatewayV2httpRequest) -> Result<String, Problem> {
    let reason = query_parameter(request, "reason").map(|reason| reason.trim().to_owned()).unwrap_or_default();
    if (1..=REASON_MAX).contains(&reason.chars().count()) {
        return Ok(reason);
    }
    let rule = format!("must say in at most {REASON_MAX} characters why the contact was not made");
    Err(Problem::bad_request("a parameter is wrong").field("reason", rule))
}

/// Why a contact is not recorded so; where the gate refuses it, in the form of its answer.
fn not_so(error: &ContactError, rules: &ContactRules, at: Timestamp) -> Problem {
    match error {
        ContactError::NotPermitted(verdict) => {
            let problem = Problem::new(409, "The contact may not be made", error.to_string());
            let said = check::answer(rules, verdict, at);
            said.into_iter().fold(problem, |problem, (name, value)| problem.with(&name, value))
        }
        ContactError::Unknown => Problem::not_found(error.to_string()),
        ContactError::Made => Problem::new(409, "The contact was made", error.to_string()),
        ContactError::IdTaken(_) => refused("Idempotency-Key", error),
        ContactError::NothingOpen(_) | ContactError::Id(_) => refused(INVOICES, error),
        ContactError::Past(_) | ContactError::TooFarAhead | ContactError::ToCome(_) | ContactError::BeforeSlot(_) => {
            refused("at", error)
        }
    }
}

fn answer(call: &Call, status: u16, id: &ContactId, check: Option<Value>, done: &Done) -> ApiGatewayV2httpResponse {
    let contact = done.debtor.contact_of_person(id).map_or_else(|_| over(id.as_str()), shown);
    let events = done.journal.told().iter().map(|event| event.kind.as_str()).collect::<Vec<_>>();
    let status = if call.preview { 200 } else { status };
    let answer = json!({
        "preview": call.preview, "repeated": done.is_repeated(), "contact": contact, "check": check, "events": events,
    });
    json_response(status, &answer)
}

fn shown(recorded: &RecordedContact) -> Value {
    let contact = recorded.contact();
    json!({
        "id": recorded.id().map(ContactId::as_str),
        "at": contact.at.to_string(),
        "medium": contact.medium.as_str(),
        "purpose": contact.purpose.as_str(),
        "begun_by": contact.initiator.as_str(),
        "person": contact.person.as_str(),
        "debts": contact.debts.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "line": contact.line.map(|line| line.as_str()),
        "outcome": (!recorded.is_reserved()).then_some(contact.outcome.as_str()),
        "automatic": recorded.id().is_none(),
        "reserved": recorded.is_reserved(),
    })
}
