//! Putting a version of a policy on record: its ladder, what it charges, and what is too little to chase.

use std::num::NonZeroU16;
use std::ops::RangeInclusive;

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use dunlin_aws::http::{Problem, json_response};
use dunlin_aws::store::StoreError;
use dunlin_domain::agreement::Period;
use dunlin_domain::by_currency::ByCurrency;
use dunlin_domain::charge::rates::AnnualRate;
use dunlin_domain::charge::rule::{Basis, Booked, FeeAmounts, LateFees, LateFeesError, Levy, Times, WhileAgreed};
use dunlin_domain::charge::terms::Terms;
use dunlin_domain::charge::{Authority, ChargeRule, Laws};
use dunlin_domain::contact::Channel;
use dunlin_domain::ids::{Citation, PolicyName, PolicyRef, RuleName, StepName};
use dunlin_domain::money::Currency;
use dunlin_domain::policy::{Policy, PolicyError, Stage, Step, StepAction, Subject, TaskKind};
use serde_json::json;

use crate::Handler;
use crate::body::Body;
use crate::handler::{Answer, failed, packs};

/// The first late fee may be this many days after the due date.
const AFTER_DAYS_MAX: u16 = 365;
/// A ladder ends a year after the due date.
const OFFSET_DAYS: RangeInclusive<i64> = -90..=365;

impl Handler {
    /// Puts a version of a policy on record, and into use where the call says so. Running cycles keep the version that
    /// they began under.
    pub(crate) async fn put_policy(&self, request: &ApiGatewayV2httpRequest) -> Answer {
        let tenancy = self.tenancy(request).await?;
        let packs = packs()?;
        let mut body = Body::of(request)?;
        let name = body.required("name", PolicyName::parse);
        let policy = policy(&mut body, name, packs.laws());
        let used_for = use_for(&mut body);
        let policy = body.finish(policy)?;
        let id = policy.id();
        let by = self.author(request);
        let stored = self.books.store().put_policy(&tenancy.tenant, &policy, used_for, &by).await;
        stored.map_err(|error| match error {
            StoreError::Conflict => taken(id),
            error => failed(&error),
        })?;
        self.tenancies.forget(&tenancy.tenant);
        Ok(json_response(201, &json!({ "policy": id.to_string(), "in_use": used_for.is_some() })))
    }
}

fn taken(id: &PolicyRef) -> Problem {
    let problem = Problem::new(409, "The version is taken", format!("{id} is on record: a version never changes"));
    problem.field("version", format!("take one after {}", id.version))
}

/// What a policy is used for, where a call says so.
pub(crate) fn use_for(body: &mut Body) -> Option<Subject> {
    body.parsed("use_for", |text| Subject::parse(text).ok_or_else(|| one_of(Subject::ALL.map(Subject::as_str))))
}

/// Which version a call is about.
pub(crate) fn version(body: &mut Body) -> u32 {
    let version = u32::from(body.number("version", u16::MAX, 0));
    if version == 0 {
        body.complain("version", "must be a whole number from 1 on");
    }
    version
}

/// A version of the policy of that name, which is not the built-in one's.
pub(crate) fn policy(body: &mut Body, name: Option<PolicyName>, laws: &Laws) -> Option<Policy> {
    let version = version(body);
    let built_in = [Policy::built_in(), Policy::built_in_recovery()].into_iter().flatten();
    let id = name.map(|name| PolicyRef { name, version });
    if built_in.into_iter().any(|known| Some(known.id()) == id.as_ref()) {
        body.complain("version", "is the built-in one's: take another");
    }
    let steps = if body.has("steps") { body.objects("steps", step) } else { built_in_steps() };
    let charges = body.objects("charges", |one| charge_rule(one, laws));
    let minimums = amounts(body, "minimums");
    let ladder = Policy::new(id?, steps).map_err(|error| body.complain("steps", error)).ok()?;
    let charging = ladder.charging(charges).map_err(|error: PolicyError| body.complain("charges", error)).ok()?;
    Some(charging.chasing_from(minimums?))
}

/// The ladder of a policy that names no steps.
fn built_in_steps() -> Vec<Step> {
    Policy::built_in().map(|policy| policy.steps().to_vec()).unwrap_or_default()
}

fn step(body: &mut Body) -> Option<Step> {
    let name = body.required("name", StepName::parse);
    let offset_days = body.integer("offset_days", OFFSET_DAYS);
    let stage = body.required("stage", |text| Stage::parse(text).ok_or_else(|| one_of(Stage::ALL.map(Stage::as_str))));
    let action = if body.has("task") {
        let known = || one_of(TaskKind::ALL.map(TaskKind::as_str));
        body.required("task", |text| TaskKind::parse(text).ok_or_else(known)).map(StepAction::Task)
    } else {
        let texts = body.texts("channels");
        let channels: Option<Vec<Channel>> = texts.iter().map(|text| Channel::parse(text)).collect();
        if channels.as_ref().is_none_or(Vec::is_empty) {
            body.complain("channels", "must name channels such as email and sms, or there must be a task");
        }
        channels.map(StepAction::Message)
    };
    Some(Step { name: name?, offset_days: i32::try_from(offset_days?).ok()?, stage: stage?, action: action? })
}

fn one_of<const N: usize>(known: [&str; N]) -> String {
    format!("must be one of {}", known.join(", "))
}

fn charge_rule(body: &mut Body, laws: &Laws) -> Option<ChargeRule> {
    let name = body.required("name", RuleName::parse);
    let known = || one_of(WhileAgreed::ALL.map(WhileAgreed::as_str));
    let while_agreed = body.parsed("while_agreed", |text| WhileAgreed::parse(text).ok_or_else(known));
    let kinds = ["late_fee", "interest", "fixed_sum"].into_iter().filter(|kind| body.has(kind)).count();
    if kinds != 1 {
        body.complain("late_fee", "there must be one of late_fee, interest and fixed_sum");
    }
    let fee = body.object("late_fee", late_fees).map(Levy::LateFees);
    let interest = body.object("interest", |one| interest(one, laws));
    let fixed_sum = body.object("fixed_sum", |_| Some(Levy::FixedSum(laws.clone())));
    let levy = fee.or(interest).or(fixed_sum);
    Some(ChargeRule { name: name?, levy: levy?, while_agreed: while_agreed.unwrap_or_default() })
}

fn late_fees(body: &mut Body) -> Option<LateFees> {
    let after_days = body.number("after_days", AFTER_DAYS_MAX, 0);
    let times = if body.has("every") {
        let period = body.required("every", Period::parse);
        let at_most = NonZeroU16::new(body.number("times", u16::MAX, 0));
        if at_most.is_none() {
            body.complain("times", "must say how often at most: a whole number from 1 on");
        }
        period.zip(at_most).map(|(period, at_most)| Times::Every { period, at_most })
    } else {
        Some(Times::Once)
    };
    let amounts = if body.has("percent") {
        let share = body.required("percent", AnnualRate::parse);
        let at_most = amounts(body, "at_most");
        share.zip(at_most).map(|(share, at_most)| FeeAmounts::Percent { share, at_most })
    } else {
        amounts(body, "amounts").map(FeeAmounts::Fixed)
    };
    let authority = authority(body);
    let fees = LateFees::new(after_days, times?, amounts?, authority?);
    let field = |error| match error {
        LateFeesError::AfterDays => "after_days",
        LateFeesError::Period => "every",
        LateFeesError::Times => "times",
        LateFeesError::Nothing => "amounts",
    };
    fees.map_err(|error| body.complain(field(error), error)).ok()
}

fn interest(body: &mut Body, laws: &Laws) -> Option<Levy> {
    let known = || one_of(Booked::ALL.map(Booked::as_str));
    let booked = body.required("booked", |text| Booked::parse(text).ok_or_else(known));
    let basis = if body.has("rate") {
        let rate = body.required("rate", AnnualRate::parse);
        let cap = body.parsed("cap", AnnualRate::parse);
        let authority = authority(body);
        rate.zip(authority).map(|(rate, authority)| Basis::Contract(Terms::agreed(rate, cap, authority)))
    } else {
        Some(Basis::Statute(laws.clone()))
    };
    Some(Levy::Interest { basis: basis?, booked: booked? })
}

/// Nothing is charged without one.
fn authority(body: &mut Body) -> Option<Authority> {
    if body.has("statute") {
        return body.required("statute", Citation::parse).map(Authority::Statute);
    }
    body.required("clause", Citation::parse).map(Authority::Contract)
}

/// A list of amounts, one for each currency.
fn amounts(body: &mut Body, field: &str) -> Option<ByCurrency> {
    let amounts = body.objects(field, |one| {
        let currency = one.required("currency", Currency::parse);
        one.amount("amount", currency)
    });
    ByCurrency::new(amounts).map_err(|error| body.complain(field, error)).ok()
}
