//! Contacts that count, as the head keeps them, and what happened to those of people, as the history does.

use dunlin_domain::debtor::{ContactNote, RecordedContact};
use dunlin_domain::gate::history::{Initiator, Outcome};
use dunlin_domain::gate::target::Line;
use dunlin_domain::gate::{Contact, Medium, Purpose};
use dunlin_domain::ids::{ContactId, ParticularDebt, PersonId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Record, is_zero, known, read};
use crate::store::error::StoreError;

/// A contact that a person makes. What is as it mostly is is left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ContactRecord {
    id: String,
    at: Timestamp,
    medium: String,
    /// Nobody has told yet that it was made.
    #[serde(default, skip_serializing_if = "is_zero")]
    reserved: bool,
    /// Someone was reached where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    outcome: Option<String>,
    /// To collect where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    purpose: Option<String>,
    /// The collector where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    begun_by: Option<String>,
    /// The debtor where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    person: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    debts: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    line: Option<String>,
}

impl ContactRecord {
    /// `None` for a message of ours.
    pub(crate) fn of(recorded: &RecordedContact, debtor: &PersonId) -> Option<Self> {
        let Contact { at, medium, purpose, initiator, person, debts, line, outcome } = recorded.contact();
        let unless = |usual: bool, name: &str| (!usual).then(|| name.to_owned());
        Some(Self {
            id: recorded.id()?.to_string(),
            at: *at,
            medium: medium.as_str().to_owned(),
            reserved: recorded.is_reserved(),
            outcome: unless(*outcome == Outcome::Reached, outcome.as_str()),
            purpose: unless(*purpose == Purpose::Collect, purpose.as_str()),
            begun_by: unless(*initiator == Initiator::Collector, initiator.as_str()),
            person: unless(person == debtor, person.as_str()),
            debts: debts.iter().map(ToString::to_string).collect(),
            line: line.map(|line| line.as_str().to_owned()),
        })
    }

    pub(crate) fn read(&self, debtor: &PersonId) -> Result<RecordedContact, StoreError> {
        let outcome = self.outcome.as_deref().map(|name| known("outcome", name, Outcome::parse(name)));
        let purpose = self.purpose.as_deref().map(|name| known("purpose", name, Purpose::parse(name)));
        let begun_by = self.begun_by.as_deref().map(|name| known("begun_by", name, Initiator::parse(name)));
        let line = self.line.as_deref().map(|name| known("line", name, Line::parse(name)));
        let person = self.person.as_deref().map(|name| read("person", PersonId::parse(name)));
        let debts = self.debts.iter().map(|debt| read("debts", ParticularDebt::parse(debt)));
        let contact = Contact {
            at: self.at,
            medium: known("medium", &self.medium, Medium::parse(&self.medium))?,
            purpose: purpose.transpose()?.unwrap_or(Purpose::Collect),
            initiator: begun_by.transpose()?.unwrap_or(Initiator::Collector),
            person: person.transpose()?.unwrap_or_else(|| debtor.clone()),
            debts: debts.collect::<Result<_, _>>()?,
            line: line.transpose()?,
            outcome: outcome.transpose()?.unwrap_or(Outcome::Reached),
        };
        let id = read("id", ContactId::parse(&self.id))?;
        Ok(if self.reserved { RecordedContact::reserved(id, contact) } else { RecordedContact::made(id, contact) })
    }
}

/// What happened to a contact of a person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ContactNoteRecord {
    /// `reserved`, `made` or `released`.
    step: String,
    contact: ContactRecord,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    to: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    /// The rules that refused what was made nevertheless.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    against: Vec<String>,
}

impl Record for ContactNoteRecord {
    const SCHEMA: u32 = 1;
}

impl ContactNoteRecord {
    /// `None` for a message of ours, which has a record of its own.
    pub(crate) fn of(note: &ContactNote, debtor: &PersonId) -> Option<Self> {
        Some(Self {
            step: note.step.as_str().to_owned(),
            contact: ContactRecord::of(&note.contact, debtor)?,
            to: note.to.as_ref().map(|to| to.as_str().to_owned()),
            note: note.note.clone(),
            against: note.against.iter().map(ToString::to_string).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contact(at: &str) -> Contact {
        Contact {
            at: at.parse().unwrap(),
            medium: Medium::Call,
            purpose: Purpose::Collect,
            initiator: Initiator::Collector,
            person: PersonId::parse("C1").unwrap(),
            debts: Vec::new(),
            line: None,
            outcome: Outcome::Reached,
        }
    }

    #[test]
    fn a_contact_is_read_as_it_was_written_and_says_only_what_is_unusual() {
        let (debtor, id) = (PersonId::parse("C1").unwrap(), ContactId::parse("a1").unwrap());
        let usual = RecordedContact::made(id.clone(), contact("2026-05-04T10:00:00Z"));
        let unusual = Contact {
            purpose: Purpose::LocationInformation,
            initiator: Initiator::Debtor,
            person: PersonId::parse("a neighbour").unwrap(),
            debts: vec![ParticularDebt::parse("main/A").unwrap()],
            line: Some(Line::Work),
            outcome: Outcome::Conversation,
            ..contact("2026-05-04T10:00:00Z")
        };
        let reserved = RecordedContact::reserved(id.clone(), contact("2026-05-04T10:00:00Z"));
        for one in [usual.clone(), reserved, RecordedContact::made(id, unusual)] {
            let text = serde_json::to_string(&ContactRecord::of(&one, &debtor).unwrap()).unwrap();
            let record: ContactRecord = serde_json::from_str(&text).unwrap();
            assert_eq!(record.read(&debtor).unwrap(), one, "{text}");
        }
        let text = serde_json::to_string(&ContactRecord::of(&usual, &debtor).unwrap()).unwrap();
        assert_eq!(text, r#"{"id":"a1","at":"2026-05-04T10:00:00Z","medium":"call"}"#);
    }

    #[test]
    fn what_nobody_knows_is_refused_by_name() {
        let record: ContactRecord =
            serde_json::from_str(r#"{"id": "a1", "at": "2026-05-04T10:00:00Z", "medium": "pigeon"}"#).unwrap();
        let error = record.read(&PersonId::parse("C1").unwrap()).unwrap_err().to_string();
        assert!(error.contains("medium") && error.contains("pigeon"), "{error}");
    }
}
