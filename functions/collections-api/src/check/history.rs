//! Contacts before, as a body tells of them.

use dunlin_domain::gate::history::{Initiator, Outcome};
use dunlin_domain::gate::{Contact, History, Medium, Purpose};
use dunlin_domain::ids::PersonId;

use super::person;
use super::words::{LINES, PURPOSES, debts, moment, word};
use crate::body::Body;

const OUTCOMES: [(&str, Outcome); 3] =
    [("conversation", Outcome::Conversation), ("reached", Outcome::Reached), ("not_connected", Outcome::NotConnected)];

const BEGUN_BY: [(&str, Initiator); 2] = [("collector", Initiator::Collector), ("debtor", Initiator::Debtor)];

/// Reads contacts; one that names no person was with `with`.
pub(super) fn read(body: &mut Body, with: Option<&PersonId>) -> History {
    History(body.objects("contacts", |one| contact(one, with)))
}

fn contact(body: &mut Body, with: Option<&PersonId>) -> Option<Contact> {
    let known = || format!("must be one of {}", Medium::ALL.map(Medium::as_str).join(", "));
    let at = body.required("at", moment);
    let medium = body.required("medium", |text| Medium::parse(text).ok_or_else(known));
    let outcome = body.parsed("outcome", word(&OUTCOMES)).unwrap_or(Outcome::Reached);
    let initiator = body.parsed("begun_by", word(&BEGUN_BY)).unwrap_or(Initiator::Collector);
    let purpose = body.parsed("purpose", word(&PURPOSES)).unwrap_or(Purpose::Collect);
    let line = body.parsed("line", word(&LINES));
    let debts = debts(body, "debts");
    let person = person(body, with);
    Some(Contact { at: at?, medium: medium?, purpose, initiator, person: person?, debts, line, outcome })
}
