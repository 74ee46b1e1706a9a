//! What a case says of contacts before.

use dunlin_domain::gate::history::{Initiator, Outcome};
use dunlin_domain::gate::target::Line;
use dunlin_domain::gate::{Attempt, Contact, History, Medium, Purpose};
use jiff::{SignedDuration, Timestamp};

use super::super::given::Given;
use super::super::outcome::Unanswered;
use super::facts::particular_debt;
use super::{medium, moment, person};

/// Contacts of which a case gives only the number lie this many days back and further, a day apart: out of the reach of
/// every week.
const COUNTED_FROM_DAYS: i64 = 8;

pub(super) fn history(given: &Given, attempt: &Attempt, now: Timestamp) -> Result<History, Unanswered> {
    let acting = given.text("collector")?.unwrap_or_else(|| "self".to_owned());
    let mut contacts = Vec::new();
    for entry in given.parts("history").into_iter().chain(given.parts("sms_history")) {
        let by = entry.text("collector")?.unwrap_or_else(|| acting.clone());
        // Another collector's contacts are no part of this one's history.
        if by == acting || by == "self" {
            contacts.push(contact(&entry, given, attempt)?);
        }
    }
    contacts.extend(recorded(given, attempt, now)?);
    contacts.extend(asked(given, attempt, now)?);
    Ok(History(contacts))
}

fn contact(entry: &Given, given: &Given, attempt: &Attempt) -> Result<Contact, Unanswered> {
    let kind = entry.text("type")?.ok_or(Unanswered::Missing("history.type"))?;
    let outcome = entry.text("outcome")?;
    let outcome = match (kind.as_str(), outcome.as_deref()) {
        (_, Some("busy_signal" | "not_in_service")) => Outcome::NotConnected,
        ("conversation" | "conversation_note", _) | (_, Some("conversation")) | ("inbound_call", None) => {
            Outcome::Conversation
        }
        _ => Outcome::Reached,
    };
    let by_debtor = kind.starts_with("inbound") || entry.text("initiated_by")?.as_deref() == Some("consumer");
    let debts = entry.texts("debt_ids")?.into_iter().chain(entry.texts("topic_raised_by_consumer")?);
    let number = entry.text("number")?;
    Ok(Contact {
        at: moment(entry, "at")?.ok_or(Unanswered::Missing("history.at"))?,
        medium: medium("history.type", &kind)?,
        purpose: Purpose::Collect,
        initiator: if by_debtor { Initiator::Debtor } else { Initiator::Collector },
        person: entry.text("person_id")?.map_or(Ok(attempt.person.clone()), |name| person(&name))?,
        debts: debts.map(|debt| particular_debt(given, &debt)).collect::<Result<_, _>>()?,
        line: match number.as_deref() {
            Some("work") => Some(Line::Work),
            Some("home") => Some(Line::Residential),
            Some("mobile") => Some(Line::Wireless),
            _ => None,
        },
        outcome,
    })
}

/// Recorded calls of the last thirty days.
fn recorded(given: &Given, attempt: &Attempt, now: Timestamp) -> Result<Vec<Contact>, Unanswered> {
    let calls = given.days("prerecorded_calls_last_30_days")?.unwrap_or_default();
    Ok(counted(calls, (Medium::Prerecorded, Purpose::Collect), attempt, now))
}

/// Earlier questions to someone else where the debtor is.
fn asked(given: &Given, attempt: &Attempt, now: Timestamp) -> Result<Vec<Contact>, Unanswered> {
    let of_callee = given.part("callee").map_or(Ok(None), |callee| callee.days("prior_location_contacts"))?;
    let questions = of_callee.or(given.days("prior_contacts_with_this_person")?).unwrap_or_default();
    Ok(counted(questions, (Medium::Call, Purpose::LocationInformation), attempt, now))
}

fn counted(number: i32, (medium, purpose): (Medium, Purpose), attempt: &Attempt, now: Timestamp) -> Vec<Contact> {
    let days = (0..i64::from(number)).map(|day| day.saturating_add(COUNTED_FROM_DAYS));
    let ago = |days: i64| now.checked_sub(SignedDuration::from_hours(days.saturating_mul(24))).unwrap_or(now);
    let contact = |days| Contact {
        at: ago(days),
        medium,
        purpose,
        initiator: Initiator::Collector,
        person: attempt.person.clone(),
        debts: attempt.debts.clone(),
        line: attempt.to.line(),
        outcome: Outcome::Reached,
    };
    days.map(contact).collect()
}
