//! What a body tells of the debtor.

use dunlin_domain::collector::CollectorRole;
use dunlin_domain::contact::{DebtorKind, PhoneNumber};
use dunlin_domain::gate::atlas::Atlas;
use dunlin_domain::gate::facts::{
    Adviser, Attorney, Cease, Consent, ConsentKind, Contested, Credit, Creditor, CreditorRequest, DisputeForm,
    Inconvenient, Refused, Respite, Stops, Weekdays,
};
use dunlin_domain::gate::medium::Family;
use dunlin_domain::gate::{Evidence, Facts, Jurisdiction, Place};
use dunlin_domain::ids::ParticularDebt;
use dunlin_domain::obligor::Obligor;
use jiff::Timestamp;
use jiff::civil::Weekday;

use super::words::{clock, day, family, moment, money, word, zone};
use crate::body::Body;

/// A debt ceases to be enforceable before as many years.
const YEARS_MAX: u16 = 100;
/// A debt is not overdue for longer.
const DAYS_MAX: u16 = 36_500;

const OBLIGORS: [(&str, Obligor); 5] = [
    ("natural_person", Obligor::NaturalPerson),
    ("sole_trader", Obligor::SoleTrader),
    ("guarantor", Obligor::Guarantor),
    ("partnership", Obligor::Partnership),
    ("company", Obligor::Company),
];

const CREDITORS: [(&str, Creditor); 2] = [("financing", Creditor::Financing), ("supplier", Creditor::Supplier)];

const FORMS: [(&str, DisputeForm); 2] = [("oral", DisputeForm::Oral), ("written", DisputeForm::Written)];

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

pub(super) fn read(body: &mut Body, atlas: &Atlas) -> Facts {
    Facts {
        collector: body
            .parsed("collector", |role| CollectorRole::parse(role).ok_or("must be one of first_party, third_party")),
        kind: body.parsed("kind", DebtorKind::parse),
        obligor: body.parsed("obligor", word(&OBLIGORS)),
        places: [body.objects("places", |one| place(one, atlas)), of_phones(body, atlas)].concat(),
        calendar: zone(body, "time_zone"),
        credit: body.object("credit", credit).unwrap_or_default(),
        stops: body.object("stops", stops).unwrap_or_default(),
        refused: body.object("refused", refused).unwrap_or_default(),
        consents: body.objects("consents", consent),
        inconvenient: body.objects("inconvenient", inconvenient),
    }
}

/// A place, and the zones that it lies in where none are named.
fn place(body: &mut Body, atlas: &Atlas) -> Option<Place> {
    let jurisdiction = body.required("jurisdiction", Jurisdiction::parse);
    let stated = body.parsed("stated_at", moment);
    let kinds = [
        ("address", Evidence::Address),
        ("area_code", Evidence::AreaCode),
        ("network", Evidence::Network),
        ("stated", Evidence::Stated(stated.unwrap_or(Timestamp::MIN))),
    ];
    let evidence = body.parsed("evidence", word(&kinds)).unwrap_or(Evidence::Address);
    if matches!(evidence, Evidence::Stated(_)) && stated.is_none() {
        body.complain("stated_at", "must say when the debtor stated it");
    }
    let names = body.texts("zones");
    let zones = names.iter().map(|name| dunlin_domain::calendar::Zone::parse(name)).collect::<Result<Vec<_>, _>>();
    let zones = zones.map_err(|error| body.complain("zones", error)).ok();
    let known = atlas.of_address(&jurisdiction?);
    let zones = zones.filter(|zones| !zones.is_empty()).unwrap_or(known.zones);
    Some(Place { zones, evidence, ..known })
}

/// Where the holders of phone numbers may be. One that tells nothing is no mistake.
fn of_phones(body: &mut Body, atlas: &Atlas) -> Vec<Place> {
    let texts = body.texts("phones");
    let numbers = texts.iter().map(|text| PhoneNumber::parse(text)).collect::<Result<Vec<_>, _>>();
    let numbers = numbers.map_err(|error| body.complain("phones", error)).unwrap_or_default();
    numbers.iter().filter_map(|number| atlas.of_number(number)).collect()
}

fn credit(body: &mut Body) -> Option<Credit> {
    let years = body.has("limitation_years").then(|| body.number("limitation_years", YEARS_MAX, 0));
    let past = body.has("days_past_due").then(|| i32::from(body.number("days_past_due", DAYS_MAX, 0)));
    Some(Credit {
        regulated: body.flag("regulated"),
        creditor: body.parsed("creditor", word(&CREDITORS)),
        entered: day(body, "entered_on"),
        aggregate: money(body, "aggregate"),
        days_past_due: past,
        in_collection: body.flag("in_collection"),
        due: day(body, "due_date"),
        acknowledged: day(body, "acknowledged_on"),
        limitation_years: years.and_then(|years| i16::try_from(years).ok()),
        data_from_creditor: body.flag("data_from_creditor"),
        validation_ends: day(body, "validation_ends_on"),
    })
}

fn stops(body: &mut Body) -> Option<Stops> {
    Some(Stops {
        insolvent_since: day(body, "insolvent_since"),
        respites: body.objects("respites", |one| {
            let (first, last) = (one.date("first"), day(one, "last"));
            Some(Respite { first: first?, last })
        }),
        ceases: body.objects("ceases", |one| {
            let (received, written) = (one.required("received_at", moment), one.flag("written").unwrap_or(true));
            Some(Cease { debt: debt(one), received: received?, written })
        }),
        attorneys: body.objects("attorneys", |one| {
            let silent_since = one.parsed("silent_since", moment);
            Some(Attorney { debt: debt(one), reachable: one.flag("reachable"), silent_since })
        }),
        deceased: body.flag("deceased").unwrap_or_default(),
        contested: body.objects("contested", contested),
        creditor_request: body.object("creditor_request", |one| {
            let (received, answered) = (one.date("received_on"), day(one, "answered_on"));
            Some(CreditorRequest { received: received?, answered })
        }),
        accuracy_contested: body.flag("accuracy_contested").unwrap_or_default(),
        adviser: body.object("adviser", |one| {
            let (told, plan) = (one.date("told_on"), one.flag("plan_in_progress"));
            Some(Adviser { told: told?, plan_in_progress: plan.unwrap_or_default() })
        }),
        employer_prohibits: body.flag("employer_prohibits").unwrap_or_default(),
    })
}

fn debt(body: &mut Body) -> Option<ParticularDebt> {
    body.parsed("debt", ParticularDebt::parse)
}

fn contested(body: &mut Body) -> Option<Contested> {
    Some(Contested {
        debt: debt(body),
        received: day(body, "received_on"),
        form: body.parsed("form", word(&FORMS)),
        undisputed: money(body, "undisputed"),
        grounds: body.flag("grounds"),
        verified: day(body, "verified_on"),
    })
}

fn refused(body: &mut Body) -> Option<Refused> {
    Some(Refused {
        media: body.objects("media", family_since),
        addresses: body.objects("addresses", family_since),
        marketing: body.parsed("marketing_since", moment),
        objected: body.flag("objected").unwrap_or_default(),
        unread: body.flag("unread").unwrap_or_default(),
    })
}

fn family_since(body: &mut Body) -> Option<(Family, Timestamp)> {
    let (medium, since) = (body.required("medium", family), body.required("since", moment));
    medium.zip(since)
}

fn consent(body: &mut Body) -> Option<Consent> {
    let of = body.parsed("medium", family);
    let on = day(body, "on");
    let (from, until) = (body.parsed("from", clock), body.parsed("until", clock));
    let kinds = [
        ("extra_calls", ConsentKind::ExtraCalls { on }),
        ("hours", ConsentKind::Hours { from, until }),
        ("prior_express", ConsentKind::PriorExpress),
        ("electronic", ConsentKind::Electronic(of)),
        ("at_work", ConsentKind::AtWork),
    ];
    let kind = body.required("kind", word(&kinds));
    let direct = body.parsed("given_to", word(&[("collector", true), ("other", false)]));
    let (given, ends) = (body.parsed("given_at", moment), body.parsed("ends_at", moment));
    Some(Consent { kind: kind?, direct: direct.unwrap_or_default(), given, ends })
}

fn inconvenient(body: &mut Body) -> Option<Inconvenient> {
    let names = body.texts("days");
    let days = names.iter().map(|name| word(&WEEKDAYS)(name)).collect::<Result<Vec<_>, _>>();
    let days = days.map_err(|error| body.complain("days", error)).unwrap_or_default();
    let (from, to) = (body.required("from", clock), body.required("to", clock));
    let medium = body.parsed("medium", family);
    let zone = zone(body, "time_zone");
    let days = if days.is_empty() { Weekdays::ALL } else { days.into_iter().collect() };
    Some(Inconvenient { days, from: from?, to: to?, zone, medium })
}
