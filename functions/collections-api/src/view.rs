//! Things as the API shows them. Amounts are decimal strings, times RFC 3339, days dates.

use dunlin_domain::agreement::{Agreement, Cover, Instalment, Terms};
use dunlin_domain::calendar::Zone;
use dunlin_domain::debtor::{ChargeKind, Debtor, DueCharge};
use dunlin_domain::gate::facts::Inconvenient;
use dunlin_domain::hold::{Hold, HoldEvent, HoldScope};
use dunlin_domain::ids::{AgreementId, DebtorId};
use dunlin_domain::profile::Profile;
use dunlin_domain::reach::preferences::family_name;
use dunlin_domain::reach::{Consent, ContactPoint, Preferences, Suppression, Way, Withdrawn};
use jiff::Timestamp;
use jiff::civil::Weekday;
use serde_json::{Value, json};

/// A hold that stands.
pub(crate) fn hold(hold: &Hold) -> Value {
    let scope = match &hold.scope {
        HoldScope::Debtor => json!({ "of": "debtor" }),
        HoldScope::Account(account) => json!({
            "of": "account", "portfolio": account.portfolio.as_str(), "currency": account.currency.code(),
        }),
        HoldScope::Invoice(invoice) => json!({
            "of": "invoice", "portfolio": invoice.portfolio.as_str(), "invoice_number": invoice.number.as_str(),
        }),
        HoldScope::Amount(invoice, amount) => json!({
            "of": "amount",
            "portfolio": invoice.portfolio.as_str(),
            "invoice_number": invoice.number.as_str(),
            "amount": amount.to_string(),
            "currency": amount.currency().code(),
        }),
    };
    json!({
        "id": hold.id.as_str(),
        "reason": hold.reason.as_str(),
        "scope": scope,
        "since": hold.since.to_string(),
        "until": hold.until.map(|until| until.to_string()),
        "ends_with": hold.ends_with.as_ref().map(HoldEvent::as_str),
        "agreement": hold.ends_with.as_ref().and_then(HoldEvent::agreement).map(AgreementId::as_str),
        "set_by": hold.set_by.as_str(),
        "note": hold.note,
    })
}

/// An agreement that stands.
pub(crate) fn agreement(agreement: &Agreement) -> Value {
    let invoices = match &agreement.cover {
        Cover::Account => Value::Null,
        Cover::Invoices(invoices) => invoices.iter().map(|invoice| invoice.number.as_str()).collect(),
    };
    let mut shown = json!({
        "id": agreement.id.as_str(),
        "kind": agreement.terms.kind(),
        "portfolio": agreement.account.portfolio.as_str(),
        "currency": agreement.account.currency.code(),
        "invoice_numbers": invoices,
        "made_at": agreement.made_at.to_string(),
        "made_by": agreement.made_by.as_str(),
        "received": agreement.received.to_string(),
        "note": agreement.note,
    });
    if let (Some(shown), Value::Object(terms)) = (shown.as_object_mut(), terms(agreement)) {
        shown.extend(terms);
    }
    shown
}

fn terms(agreement: &Agreement) -> Value {
    match &agreement.terms {
        Terms::Promise(one) => {
            json!({ "amount": one.amount().to_string(), "by": one.by().to_string(), "grace_days": one.grace_days() })
        }
        Terms::Settlement(one) => {
            json!({ "accepts": one.accepts().to_string(), "by": one.by().to_string(), "grace_days": one.grace_days() })
        }
        Terms::Dispute(one) => json!({
            "amount": one.amount().map(|amount| amount.to_string()),
            "reason": one.reason().as_str(),
            "evidence": one.evidence(),
        }),
        Terms::Plan(plan) => {
            let unpaid: Vec<Instalment> = plan.unpaid(agreement.received).collect();
            let instalment = |one: &Instalment| {
                let left = unpaid.iter().find(|left| left.due == one.due).map(|left| left.amount.to_string());
                json!({ "due": one.due.to_string(), "amount": one.amount.to_string(), "unpaid": left })
            };
            json!({
                "instalments": plan.instalments().iter().map(instalment).collect::<Vec<_>>(),
                "grace_days": plan.grace_days(),
                "misses_allowed": plan.misses_allowed(),
            })
        }
    }
}

/// What a rule charges on a day, if nothing happens before.
pub(crate) fn due_charge(charge: &DueCharge) -> Value {
    let kind = match charge.kind {
        ChargeKind::Fee => "fee",
        ChargeKind::Interest => "interest",
    };
    json!({
        "invoice_number": charge.invoice.number.as_str(),
        "kind": kind,
        "amount": charge.amount.to_string(),
        "on": charge.on.to_string(),
        "rule": charge.rule.as_str(),
        "note": charge.why,
    })
}

/// What is open, by account; two currencies are never added.
pub(crate) fn balances(debtor: &Debtor) -> Value {
    let balance = |key| debtor.balance(key).map(|balance| balance.to_string()).ok();
    let balances = debtor.accounts.keys().map(
        |key| json!({ "portfolio": key.portfolio.as_str(), "currency": key.currency.code(), "balance": balance(key) }),
    );
    balances.collect()
}

/// How a debtor can be reached.
pub(crate) fn reach(profile: &Profile, now: Timestamp) -> Value {
    json!({
        "contacts": profile.contacts.iter().map(|point| contact(point, now)).collect::<Vec<_>>(),
        "preferences": preferences(&profile.preferences),
    })
}

/// An address of a debtor.
fn contact(point: &ContactPoint, now: Timestamp) -> Value {
    json!({
        "id": point.address.id().as_str(),
        "channel": point.address.channel().as_str(),
        "address": point.address.as_str(),
        "purpose": point.purpose.as_str(),
        "usable": matches!(point.way(now), Way::To(_)),
        "rests_until": point.rest.map(|rest| rest.until).filter(|until| now < *until).map(|until| until.to_string()),
        "stopped": point.stopped.map(|stopped| json!({
            "reason": stopped.reason.as_str(), "since": stopped.since.to_string(),
        })),
        "consents": point.consents.iter().map(|consent| self::consent(consent, now)).collect::<Vec<_>>(),
    })
}

fn consent(consent: &Consent, now: Timestamp) -> Value {
    json!({
        "kind": consent.kind.as_str(),
        "source": consent.source.as_str(),
        "given_to": consent.given_to.as_str(),
        "given_at": consent.given.map(|given| given.to_string()),
        "expires_at": consent.expires.map(|expires| expires.to_string()),
        "withdrawn_at": match consent.withdrawn {
            Withdrawn::At(at) => Some(at.to_string()),
            Withdrawn::No | Withdrawn::Sometime => None,
        },
        "stands": consent.stands(now),
    })
}

/// What a debtor wants, whatever the address.
fn preferences(preferences: &Preferences) -> Value {
    let inconvenient = |one: &Inconvenient| {
        json!({
            "days": WEEK.iter().filter(|(day, _)| one.days.has(*day)).map(|(_, name)| *name).collect::<Vec<_>>(),
            "from": one.from.strftime("%H:%M").to_string(),
            "to": one.to.strftime("%H:%M").to_string(),
            "time_zone": one.zone.as_ref().map(Zone::name),
            "medium": one.medium.map(family_name),
        })
    };
    let refused = preferences.refused.iter();
    json!({
        "inconvenient": preferences.inconvenient.iter().map(inconvenient).collect::<Vec<_>>(),
        "refused_media": refused.map(|(medium, since)| json!({
            "medium": family_name(*medium), "since": since.to_string(),
        })).collect::<Vec<_>>(),
    })
}

/// The days of a week, as the API names them.
pub(crate) const WEEK: [(Weekday, &str); 7] = [
    (Weekday::Monday, "mon"),
    (Weekday::Tuesday, "tue"),
    (Weekday::Wednesday, "wed"),
    (Weekday::Thursday, "thu"),
    (Weekday::Friday, "fri"),
    (Weekday::Saturday, "sat"),
    (Weekday::Sunday, "sun"),
];

/// An address that the tenant must not use.
pub(crate) fn suppression(suppression: &Suppression) -> Value {
    json!({
        "channel": suppression.address.channel().as_str(),
        "address": suppression.address.as_str(),
        "reason": suppression.reason.as_str(),
        "since": suppression.since.to_string(),
        "source": suppression.source,
        "debtor_refs": suppression.debtors.iter().map(DebtorId::as_str).collect::<Vec<_>>(),
    })
}
