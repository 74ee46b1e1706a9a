//! "Why did, or didn't, you contact me?": decisions on record in plain words, what would be decided now, and the same
//! decision made again.

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use dunlin_aws::http::{Problem, json_response, path_parameter, query_parameter, told_time};
use dunlin_aws::store::{DecisionFile, DecisionId, Replay, StoreError, StoredDecision, Tenancy};
use dunlin_domain::debtor::Journal;
use dunlin_domain::decide::decide;
use dunlin_domain::ids::DebtorId;
use dunlin_domain::telling::{Did, Told, Word};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::Handler;
use crate::debtor::{debtor_id, limit};
use crate::handler::{Answer, failed};

impl Handler {
    pub(crate) async fn decisions(&self, request: &ApiGatewayV2httpRequest) -> Answer {
        let tenancy = self.tenancy(request).await?;
        let id = debtor_id(request)?;
        let limit = usize::try_from(limit(request)?).unwrap_or_default();
        let after = query_parameter(request, "after");
        let store = self.books.store();
        let now = match after {
            // What is right now is told once, before what was.
            None => Some(self.decided_now(&tenancy, &id, self.clock.now(told_time(request))).await?),
            Some(_) => None,
        };
        let page = store.decisions(&tenancy.tenant, &id, limit, after.as_deref()).await;
        let page = page.map_err(|error| failed(&error))?;
        let decisions: Vec<Value> = page.decisions.iter().map(shown).collect();
        Ok(json_response(200, &json!({ "now": now, "decisions": decisions, "next": page.next })))
    }

    /// What would be decided at this moment. Nothing of it is kept.
    async fn decided_now(&self, tenancy: &Tenancy, id: &DebtorId, now: Timestamp) -> Result<Value, Problem> {
        let loaded = self.books.store().load(&tenancy.tenant, id).await.map_err(|error| failed(&error))?;
        let mut debtor = loaded.ok_or_else(|| Problem::not_found(format!("there is no debtor {id}")))?.debtor;
        debtor.roll(&tenancy.policies, now, &mut Journal::default()).map_err(|error| {
            tracing::error!(%error, "the amounts of a debtor do not add up");
            Problem::internal()
        })?;
        let decision = decide(&debtor, &tenancy.policies, &tenancy.calendar, now);
        let told: Vec<Told> = decision.accounts.iter().map(Told::of).collect();
        Ok(json!({
            "at": now.to_string(),
            "summary": summary(&told, None),
            "policy": decision.policy.to_string(),
            "packs": decision.packs.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "accounts": told.iter().map(account).collect::<Vec<_>>(),
        }))
    }

    pub(crate) async fn decision(&self, request: &ApiGatewayV2httpRequest) -> Answer {
        let tenancy = self.tenancy(request).await?;
        let debtor = debtor_id(request)?;
        let name = path_parameter(request, "decision")?;
        let none = || Problem::not_found(format!("there is no decision {name} about {debtor}"));
        let id = DecisionId::parse(name).ok_or_else(none)?;
        let found = self.books.store().decision(&tenancy.tenant, &debtor, id).await;
        let found = found.map_err(|error| failed(&error))?.ok_or_else(none)?;
        let file = found.file(&tenancy.policies).map_err(|error| failed(&error))?;
        let replay = file.replay(&tenancy.calendar).map_err(|error| failed(&error))?;
        let mut told = shown(&found);
        told["replay"] = replayed(&replay);
        told["file"] = serde_json::to_value(&file).map_err(|_| Problem::internal())?;
        Ok(json_response(200, &told))
    }

    pub(crate) async fn replay_decision(&self, request: &ApiGatewayV2httpRequest) -> Answer {
        let tenancy = self.tenancy(request).await?;
        let wrong = |error: String| Problem::bad_request("this is no decision to make again").field("body", error);
        let body = request.body.as_deref().unwrap_or_default();
        let file: DecisionFile = serde_json::from_str(body).map_err(|error| wrong(error.to_string()))?;
        match file.replay(&tenancy.calendar) {
            Ok(replay) => Ok(replay_response(&file, &replay)),
            Err(error @ StoreError::Corrupt { .. }) => Err(wrong(error.to_string())),
            Err(error) => Err(failed(&error)),
        }
    }
}

fn replay_response(file: &DecisionFile, replay: &Replay) -> ApiGatewayV2httpResponse {
    json_response(200, &json!({ "id": file.id, "replay": replayed(replay) }))
}

fn shown(decision: &StoredDecision) -> Value {
    json!({
        "id": decision.id.to_string(),
        "at": decision.at.to_string(),
        "summary": summary(&decision.accounts, decision.withheld.as_deref()),
        "policy": decision.policy.to_string(),
        "packs": decision.packs,
        "input_hash": decision.input_hash,
        "accounts": decision.accounts.iter().map(account).collect::<Vec<_>>(),
        "withheld": decision.withheld.as_ref().map(|why| why.iter().map(word).collect::<Vec<_>>()),
    })
}

/// One sentence for each account, with its name where there are several.
fn summary(told: &[Told], withheld: Option<&[Word]>) -> String {
    match told {
        [] => "Nothing is owed.".to_owned(),
        [one] => one.summary(withheld),
        several => {
            let named = several.iter().map(|one| format!("{}: {}", one.account, one.summary(withheld)));
            named.collect::<Vec<_>>().join(" ")
        }
    }
}

fn account(told: &Told) -> Value {
    let spoke = |speaks_for| {
        let words = told.words.iter().filter(move |word| word.speaks_for == speaks_for);
        words.map(word).collect::<Vec<_>>()
    };
    let outcome = match &told.did {
        Did::Write { step, channel, invoices, amount } => json!({
            "action": "message", "step": step.as_str(), "channel": channel.as_str(), "invoices": invoices,
            "amount": amount.to_string(),
        }),
        Did::Ask { kind, step } => json!({ "action": "task", "step": step.as_str(), "kind": kind.as_str() }),
        Did::Nothing => json!({ "action": "none" }),
    };
    json!({
        "portfolio": told.account.portfolio.as_str(),
        "currency": told.account.currency.code(),
        "outcome": outcome,
        "look_again_at": told.wake.map(|wake| wake.to_string()),
        "for": spoke(true),
        "against": spoke(false),
    })
}

fn word(word: &Word) -> Value {
    let rule = word.law.as_ref().map_or(word.rule.as_str(), |(rule, _)| rule);
    json!({ "rule": rule, "source": word.source(), "detail": word.detail, "words": word.words() })
}

fn replayed(replay: &Replay) -> Value {
    match replay {
        Replay::Same => json!({ "result": "same" }),
        Replay::Altered => json!({
            "result": "altered",
            "why": "what it was made from does not have the hash that was put on record",
        }),
        Replay::NotHere(what) => json!({ "result": "not_here", "why": what }),
        Replay::Differs(differences) => {
            let one = |(at, was, is): &(String, Value, Value)| json!({ "at": at, "was": was, "is": is });
            json!({ "result": "differs", "differences": differences.iter().map(one).collect::<Vec<_>>() })
        }
    }
}
