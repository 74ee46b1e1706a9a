//! What a case says of the debtor.

use dunlin_domain::calendar::Zone;
use dunlin_domain::charge::moratorium::Moratorium;
use dunlin_domain::collector::CollectorRole;
use dunlin_domain::contact::DebtorKind;
use dunlin_domain::gate::facts::{
    Adviser, Attorney, Cease, Consent, ConsentKind, Contested, Credit, Creditor, CreditorRequest, DisputeForm,
    Inconvenient, Refused, Respite, Stops, Weekdays,
};
use dunlin_domain::gate::medium::Family;
use dunlin_domain::gate::{Evidence, Facts, Jurisdiction, Place, wording};
use dunlin_domain::ids::ParticularDebt;
use dunlin_domain::money::Currency;
use dunlin_domain::obligor::Obligor;
use jiff::Timestamp;
use jiff::civil::{Date, Time, Weekday};

use super::super::claim::moratorium;
use super::super::given::Given;
use super::super::outcome::Unanswered;
use super::{medium, moment, named_zone, unknown};

pub(super) fn facts(given: &Given, zone: &Zone, now: Timestamp) -> Result<Facts, Unanswered> {
    let flags = given.part("flags");
    let counts_days = given.text("consumer_zone")?.map(|name| named_zone("consumer_zone", &name)).transpose()?;
    Ok(Facts {
        collector: collector(given)?,
        kind: kind(given)?,
        obligor: obligor(given)?,
        places: places(given, zone, now)?,
        calendar: counts_days,
        credit: credit(given)?,
        stops: stops(given, flags.as_ref())?,
        refused: refused(given, flags.as_ref())?,
        consents: consents(given, zone)?,
        inconvenient: inconvenient(given, flags.as_ref())?,
    })
}

fn collector(given: &Given) -> Result<Option<CollectorRole>, Unanswered> {
    let Some(role) = given.text("collector_role")? else { return Ok(None) };
    CollectorRole::parse(&role).map(Some).ok_or_else(|| unknown("collector_role", &role))
}

fn kind(given: &Given) -> Result<Option<DebtorKind>, Unanswered> {
    given.text("debtor_type")?.map_or(Ok(None), |_| given.debtor().map(Some))
}

fn obligor(given: &Given) -> Result<Option<Obligor>, Unanswered> {
    let said = given.text("obligor")?.or(given.text("debtor_type")?);
    Ok(match said.as_deref() {
        None | Some("consumer" | "business") => None,
        Some("natural_person_sole_proprietor" | "sole_trader") => Some(Obligor::SoleTrader),
        Some("natural_person_guarantor" | "guarantor") => Some(Obligor::Guarantor),
        Some("natural_person") => Some(Obligor::NaturalPerson),
        Some("partnership") => Some(Obligor::Partnership),
        Some("llc_no_guarantor" | "limited_company" | "company" | "public_authority") => Some(Obligor::Company),
        Some(other) => return Err(unknown("obligor", other)),
    })
}

/// Every place that a case names. Where none says anything of the clock, its own zone does.
fn places(given: &Given, zone: &Zone, now: Timestamp) -> Result<Vec<Place>, Unanswered> {
    let country = given.jurisdiction()?;
    let mut places = Vec::new();
    for location in given.parts("locations") {
        let names = location.texts("tz")?;
        let zones = names.iter().map(|name| named_zone("locations.tz", name)).collect::<Result<Vec<_>, _>>()?;
        let evidence = match location.text("source")?.as_deref() {
            Some("consumer_stated_current") => Evidence::Stated(moment(&location, "stated_at")?.unwrap_or(now)),
            Some("mobile_area_code" | "landline_area_code") => Evidence::AreaCode,
            Some("ip_last_login") => Evidence::Network,
            _ => Evidence::Address,
        };
        places.push(Place { jurisdiction: jurisdiction(&country, &location)?, zones, evidence });
    }
    let zones = if places.iter().all(|place| place.zones.is_empty()) { vec![zone.clone()] } else { Vec::new() };
    places.push(Place { jurisdiction: jurisdiction(&country, given)?, zones, evidence: Evidence::Address });
    Ok(places)
}

fn jurisdiction(country: &str, place: &Given) -> Result<Jurisdiction, Unanswered> {
    let parts = [Some(country.to_owned()), place.text("state")?, place.text("city")?];
    let code: Vec<String> = parts.into_iter().flatten().collect();
    Jurisdiction::parse(&code.join("-")).map_err(|error| Unanswered::field("jurisdiction", error))
}

fn credit(given: &Given) -> Result<Credit, Unanswered> {
    let dollars = Currency::parse("USD").map_err(|error| Unanswered::field("aggregate_with_same_lender", error))?;
    let creditor = match given.text("creditor_kind")?.as_deref() {
        None => None,
        Some("lender" | "commercial_financing_provider" | "debt_buyer") => Some(Creditor::Financing),
        Some("supplier") => Some(Creditor::Supplier),
        Some(other) => return Err(unknown("creditor_kind", other)),
    };
    let years = given.days("limitation_years")?.and_then(|years| i16::try_from(years).ok());
    Ok(Credit {
        regulated: given.flag("regulated_credit")?,
        creditor,
        entered: given.day("credit_entered")?,
        aggregate: given.money("aggregate_with_same_lender", dollars)?,
        days_past_due: None,
        in_collection: given.flag("in_debt_collection_procedures")?,
        due: given.first_day_of(&["cause_of_action_accrued", "due_date"])?,
        acknowledged: given.day("acknowledgment")?.max(given.day("part_payment")?),
        limitation_years: years,
        data_from_creditor: Some(given.text("data_obtained_from")?.as_deref() == Some("creditor")),
        validation_ends: given.day("validation_end")?,
    })
}

fn stops(given: &Given, flags: Option<&Given>) -> Result<Stops, Unanswered> {
    let flagged = |name: &str| flags.map_or(Ok(None), |flags| flags.flag(name)).map(Option::unwrap_or_default);
    let contests = given.text("request")?.as_deref() == Some("accuracy_contested");
    let verified = given.flag("verification_done")?.unwrap_or_default();
    let request = given.day("original_creditor_request_received")?;
    let answered = given.day("original_creditor_sent")?;
    let plan_in_progress = given.flag("plan_in_progress")?.unwrap_or_default();
    Ok(Stops {
        insolvent_since: flags.map_or(Ok(None), |flags| flags.day("bankruptcy_petition_filed"))?,
        respites: moratorium(given)?.map(respite).into_iter().collect(),
        ceases: flags.map_or(Ok(None), cease)?.into_iter().collect(),
        attorneys: given.part("attorney").map_or(Ok(None), |part| attorney(&part, given))?.into_iter().collect(),
        deceased: given.text("debtor_status")?.as_deref() == Some("deceased"),
        contested: contested(given, flags, flagged("dispute_open")?)?.into_iter().collect(),
        creditor_request: request.map(|received| CreditorRequest { received, answered }),
        accuracy_contested: contests && !verified,
        adviser: given.day("debt_adviser_notice")?.map(|told| Adviser { told, plan_in_progress }),
        employer_prohibits: flagged("employer_prohibits_contact")?,
    })
}

fn respite(days: Moratorium) -> Respite {
    Respite { first: days.first(), last: Some(days.last()) }
}

fn cease(flags: &Given) -> Result<Option<Cease>, Unanswered> {
    let form = flags.text("cease_form")?.or(flags.text("form")?);
    let written = form.as_deref() != Some("oral");
    Ok(moment(flags, "cease_received_at")?.map(|received| Cease { received, written, debt: None }))
}

fn attorney(part: &Given, given: &Given) -> Result<Option<Attorney>, Unanswered> {
    let known = part.flag("known")?.unwrap_or(true);
    let silent = part.flag("responded")? == Some(false);
    let asked = moment(part, "last_contacted")?;
    Ok(known.then_some(Attorney {
        debt: part.text("for_debt")?.map(|debt| particular_debt(given, &debt)).transpose()?,
        reachable: part.flag("name_and_address_known")?,
        silent_since: asked.filter(|_| silent),
    }))
}

fn contested(given: &Given, flags: Option<&Given>, open: bool) -> Result<Option<Contested>, Unanswered> {
    let dollars = Currency::parse("USD").map_err(|error| Unanswered::field("total", error))?;
    let received = given.day("dispute_received")?;
    let form = match given.text("dispute_form")?.as_deref() {
        None => None,
        Some("oral") => Some(DisputeForm::Oral),
        Some(_) => Some(DisputeForm::Written),
    };
    let part = given.money("total", dollars)?.zip(given.money("disputed_amount", dollars)?);
    let undisputed = part.map(|(total, disputed)| total.minus(disputed)).transpose();
    let contested = Contested {
        debt: None,
        received,
        form,
        undisputed: undisputed.map_err(|error| Unanswered::field("disputed_amount", error))?,
        grounds: flags.map_or(Ok(None), |flags| flags.flag("valid_grounds"))?,
        verified: given.day("verification_sent")?,
    };
    Ok((open || received.is_some()).then_some(contested))
}

fn refused(given: &Given, flags: Option<&Given>) -> Result<Refused, Unanswered> {
    let mut refused = Refused { objected: given.text("request")?.as_deref() == Some("object"), ..Refused::default() };
    let Some(flags) = flags else { return Ok(refused) };
    for channel in flags.texts("medium_opt_out")? {
        refused.media.push((medium("flags.medium_opt_out", &channel)?.family(), Timestamp::MIN));
    }
    if flags.text("one_click_unsubscribed_address")?.is_some() {
        refused.addresses.push((Family::Email, Timestamp::MIN));
    }
    if flags.text("revoked_in_reply_to")?.is_some() {
        refused.marketing = Some(moment(flags, "at")?.unwrap_or(Timestamp::MIN));
    }
    let request = flags.text("reasonable_request")?;
    refused.unread = request.is_some_and(|request| wording::times_refused(&request).is_empty());
    Ok(refused)
}

/// A case that says nothing of consents has none in its way.
fn consents(given: &Given, zone: &Zone) -> Result<Vec<Consent>, Unanswered> {
    if given.value("consents").is_none() {
        let unspoken = |kind| Consent { kind, direct: true, given: None, ends: None };
        return Ok(vec![unspoken(ConsentKind::Electronic(None)), unspoken(ConsentKind::PriorExpress)]);
    }
    given.parts("consents").iter().map(|part| consent(part, zone)).collect()
}

fn consent(part: &Given, zone: &Zone) -> Result<Consent, Unanswered> {
    let kind = match part.text("kind")?.unwrap_or_default().as_str() {
        "call_back" | "extra_calls" => ConsentKind::ExtraCalls { on: part.day("for_date")? },
        "late_calls" => ConsentKind::Hours { from: clock(part, "from")?, until: clock(part, "until")? },
        "prior_express" => ConsentKind::PriorExpress,
        "electronic" => {
            let of = part.text("medium")?.map(|channel| medium("consents.medium", &channel)).transpose()?;
            ConsentKind::Electronic(of.map(dunlin_domain::gate::Medium::family))
        }
        other => return Err(unknown("consents.kind", other)),
    };
    // "conversation 2026-06-03"
    let expired = part.text("expired_by")?.and_then(|text| text.split_whitespace().last()?.parse::<Date>().ok());
    Ok(Consent {
        kind,
        direct: part.text("given_directly_to")?.is_none_or(|to| to == "this_collector"),
        given: moment(part, "given_at")?,
        ends: expired.map(|day| zone.midnight(day)),
    })
}

fn inconvenient(given: &Given, flags: Option<&Given>) -> Result<Vec<Inconvenient>, Unanswered> {
    let mut times = Vec::new();
    for part in given.parts("inconvenient_times") {
        let days = part.texts("days")?.iter().map(|day| weekday(day)).collect::<Result<Vec<_>, _>>()?;
        times.push(Inconvenient {
            days: if days.is_empty() { Weekdays::ALL } else { days.into_iter().collect() },
            from: clock(&part, "from")?.unwrap_or(Time::midnight()),
            to: clock(&part, "to")?.unwrap_or(Time::midnight()),
            zone: part.text("tz")?.map(|name| named_zone("inconvenient_times.tz", &name)).transpose()?,
            medium: part
                .text("medium")?
                .map(|of| medium("inconvenient_times.medium", &of))
                .transpose()?
                .map(dunlin_domain::gate::Medium::family),
        });
    }
    let request = flags.map_or(Ok(None), |flags| flags.text("reasonable_request"))?;
    times.extend(request.into_iter().flat_map(|request| wording::times_refused(&request)));
    Ok(times)
}

fn weekday(name: &str) -> Result<Weekday, Unanswered> {
    Ok(match name {
        "Mon" => Weekday::Monday,
        "Tue" => Weekday::Tuesday,
        "Wed" => Weekday::Wednesday,
        "Thu" => Weekday::Thursday,
        "Fri" => Weekday::Friday,
        "Sat" => Weekday::Saturday,
        "Sun" => Weekday::Sunday,
        other => return Err(unknown("inconvenient_times.days", other)),
    })
}

/// `15:00`; `24:00` is the midnight that follows.
fn clock(part: &Given, name: &str) -> Result<Option<Time>, Unanswered> {
    let read = |text: String| {
        let text = if text == "24:00" { "00:00".to_owned() } else { text };
        text.parse().map_err(|error: jiff::Error| Unanswered::field(name, error))
    };
    part.text(name)?.map(read).transpose()
}

/// The particular debt of a debt: its group, where the case names one.
pub(super) fn particular_debt(given: &Given, debt: &str) -> Result<ParticularDebt, Unanswered> {
    let groups = given.value("particular_debt_group").and_then(serde_json::Value::as_object);
    let holds = |members: &serde_json::Value| {
        members.as_array().is_some_and(|members| members.iter().any(|member| member.as_str() == Some(debt)))
    };
    let group = groups.and_then(|groups| groups.iter().find(|(_, members)| holds(members)));
    ParticularDebt::parse(group.map_or(debt, |(name, _)| name)).map_err(|error| Unanswered::field("debt_id", error))
}
