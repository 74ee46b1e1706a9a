//! Contacts before, as a body tells of them.

use dunlin_domain::gate::history::{Initiator, Outcome};
use dunlin_domain::gate::{Contact, History, Purpose};
use dunlin_domain::ids::PersonId;

use super::person;
use super::words::{begun_by, debts, line, medium, moment, outcome, purpose};
use crate::body::Body;

/// Reads contacts; one that names no person was with `with`.
pub(super) fn read(body: &mut Body, with: &PersonId) -> History {
    History(body.objects("contacts", |one| contact(one, Some(with))))
}

fn contact(body: &mut Body, with: Option<&PersonId>) -> Option<Contact> {
    let at = body.required("at", moment);
    let medium = body.required("medium", medium);
    let outcome = body.parsed("outcome", outcome).unwrap_or(Outcome::Reached);
    let initiator = body.parsed("begun_by", begun_by).unwrap_or(Initiator::Collector);
    let purpose = body.parsed("purpose", purpose).unwrap_or(Purpose::Collect);
    let line = body.parsed("line", line);
    let debts = debts(body, "debts");
    let person = person(body, with);
    Some(Contact { at: at?, medium: medium?, purpose, initiator, person: person?, debts, line, outcome })
}
