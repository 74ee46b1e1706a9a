//! What the tenant decides about contact: tighter numbers, and defaults that are loosened on a recorded basis and for a time.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use dunlin_aws::http::{Problem, json_response, told_time};
use dunlin_aws::store::StoreError;
use dunlin_domain::gate::law::Class;
use dunlin_domain::gate::policy::{LoosenError, Role};
use dunlin_domain::gate::{ContactPolicy, ContactRules, Loosened};
use dunlin_domain::ids::{Citation, RuleId};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::Handler;
use crate::body::Body;
use crate::call::refused;
use crate::check::words::{moment, named};
use crate::handler::{Answer, failed};

/// What a body says of a default that is to be loosened.
struct Wanted {
    rule: RuleId,
    basis: Citation,
    reason: String,
    role: Role,
    expires: Timestamp,
}

/// A policy that is wanted, and the version that whoever wants it has seen.
struct Order {
    seen: u32,
    policy: ContactPolicy,
    loosened: Vec<Wanted>,
}

impl Handler {
    /// Shows what is in force.
    pub(crate) async fn contact_policy(&self, request: &ApiGatewayV2httpRequest) -> Answer {
        let tenancy = self.tenancy(request).await?;
        let known = self.books.store().contact_policy(&tenancy.tenant).await.map_err(|error| failed(&error))?;
        let (policy, version) = known.unwrap_or_default();
        let now = self.clock.now(told_time(request));
        Ok(json_response(200, &shown(&policy, version, tenancy.policies.contact(), now)))
    }

    /// Replaces it: what is left out is as the platform has it. Two who decide at once do not undo one another, because each
    /// names the version that it has seen.
    pub(crate) async fn put_contact_policy(&self, request: &ApiGatewayV2httpRequest) -> Answer {
        let tenancy = self.tenancy(request).await?;
        let now = self.clock.now(told_time(request));
        let mut body = Body::of(request)?;
        let wanted = order(&mut body);
        let Order { seen, policy, loosened } = body.finish(wanted)?;
        let store = self.books.store();
        let known = store.contact_policy(&tenancy.tenant).await.map_err(|error| failed(&error))?;
        let (known, version) = known.unwrap_or_default();
        if version != seen {
            return Err(stale(version));
        }
        let rules = tenancy.policies.contact();
        let policy = ContactPolicy { loosened: decided(loosened, &known.loosened, rules, now)?, ..policy };
        let stored = store.put_contact_policy(&tenancy.tenant, &policy, seen, &self.author(request)).await;
        let version = stored.map_err(|error| match error {
            StoreError::Conflict => stale(seen.saturating_add(1)),
            error => failed(&error),
        })?;
        self.tenancies.forget(&tenancy.tenant);
        Ok(json_response(200, &shown(&policy, version, rules, now)))
    }
}

fn stale(version: u32) -> Problem {
    let detail = "someone else has decided since: read the policy again, and decide on what it says now";
    Problem::new(409, "The policy has changed", detail).field("version", format!("is {version} by now"))
}

fn order(body: &mut Body) -> Option<Order> {
    let otherwise = ContactPolicy::default();
    let seen = body.has("version").then(|| body.integer("version", 0..=i64::from(u32::MAX))).flatten();
    if !body.has("version") {
        body.complain("version", "is required: that of the policy which you have seen, 0 before the first");
    }
    let silence = number(body, "attorney_silence_days", ContactPolicy::ATTORNEY_SILENCE_DAYS);
    let gap_minutes = number(body, "gap_minutes", ContactPolicy::GAP_MINUTES);
    let calls_a_day = number(body, "calls_a_day", ContactPolicy::CALLS_A_DAY);
    let margin = number(body, "margin_minutes", ContactPolicy::MARGIN_MINUTES);
    let pause = body.flag("pause_on_any_dispute");
    let loosened = body.objects("loosened", wanted);
    let policy = ContactPolicy {
        attorney_silence_days: silence.unwrap_or(otherwise.attorney_silence_days),
        gap_minutes,
        calls_a_day: calls_a_day.and_then(|calls| u32::try_from(calls).ok()),
        margin_minutes: margin.unwrap_or(otherwise.margin_minutes),
        pause_on_any_dispute: pause.unwrap_or(otherwise.pause_on_any_dispute),
        ..otherwise
    };
    Some(Order { seen: u32::try_from(seen?).ok()?, policy, loosened })
}

fn number(body: &mut Body, field: &str, range: RangeInclusive<i32>) -> Option<i32> {
    let range = i64::from(*range.start())..=i64::from(*range.end());
    body.has(field).then(|| body.integer(field, range)).flatten().and_then(|number| i32::try_from(number).ok())
}

fn wanted(body: &mut Body) -> Option<Wanted> {
    let rule = body.required("rule", RuleId::parse);
    let basis = body.required("basis", Citation::parse);
    let reason = body.required("reason", |text| Ok::<_, String>(text.trim().to_owned()));
    let role = body.required("role", named(Role::parse, Role::ALL.iter().map(|role| role.as_str())));
    let expires = body.required("expires_at", moment);
    Some(Wanted { rule: rule?, basis: basis?, reason: reason?, role: role?, expires: expires? })
}

/// Loosens what is wanted. What was decided before and is wanted unchanged stays as it was decided.
fn decided(
    wanted: Vec<Wanted>,
    known: &[Loosened],
    rules: &ContactRules,
    now: Timestamp,
) -> Result<Vec<Loosened>, Problem> {
    let mut loosened: Vec<Loosened> = Vec::new();
    for (index, one) in wanted.into_iter().enumerate() {
        let twice = loosened.iter().any(|earlier| *earlier.rule() == one.rule);
        let made = if twice { Err(LoosenError::Twice(one.rule)) } else { loosen(one, known, rules, now) };
        loosened.push(made.map_err(|error| refused(&format!("loosened[{index}].{}", field_of(&error)), &error))?);
    }
    Ok(loosened)
}

fn loosen(
    Wanted { rule, basis, reason, role, expires }: Wanted,
    known: &[Loosened],
    rules: &ContactRules,
    now: Timestamp,
) -> Result<Loosened, LoosenError> {
    rules.book.law.may_loosen(&rule)?;
    let same = |one: &&Loosened| {
        (one.rule(), one.basis(), one.reason(), one.role(), one.expires()) == (&rule, &basis, &*reason, role, expires)
    };
    match known.iter().find(same) {
        Some(one) => Ok(one.clone()),
        None => Loosened::new(rule, (basis, &reason), role, (now, expires)),
    }
}

fn field_of(error: &LoosenError) -> &'static str {
    match error {
        LoosenError::Unknown(_) | LoosenError::NotADefault(_) | LoosenError::Twice(_) => "rule",
        LoosenError::Role => "role",
        LoosenError::Reason => "reason",
        LoosenError::Expired | LoosenError::TooLong => "expires_at",
    }
}

/// What is in force, and which rules could be loosened.
fn shown(policy: &ContactPolicy, version: u32, rules: &ContactRules, now: Timestamp) -> Value {
    let loosened = policy.loosened.iter().map(|one| {
        json!({
            "rule": one.rule().as_str(),
            "basis": one.basis().as_str(),
            "reason": one.reason(),
            "role": one.role().as_str(),
            "decided_at": one.decided().to_string(),
            "expires_at": one.expires().to_string(),
            "expired": one.expires() <= now,
        })
    });
    let defaults = rules.book.law.rules.iter().filter(|rule| rule.class == Class::Default);
    let defaults: BTreeMap<&str, &str> = defaults.map(|rule| (rule.id.as_str(), rule.source.as_str())).collect();
    let default = |(rule, source): (&&str, &&str)| json!({ "rule": rule, "source": source });
    json!({
        "version": version,
        "attorney_silence_days": policy.attorney_silence_days,
        "gap_minutes": policy.gap_minutes,
        "calls_a_day": policy.calls_a_day,
        "margin_minutes": policy.margin_minutes,
        "pause_on_any_dispute": policy.pause_on_any_dispute,
        "loosened": loosened.collect::<Vec<_>>(),
        "defaults": defaults.iter().map(default).collect::<Vec<_>>(),
    })
}
