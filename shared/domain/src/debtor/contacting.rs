//! Contacts that people make outside of Dunlin: the slot is reserved before, and what came of it is told after.

use jiff::{SignedDuration, Timestamp};

use super::recorded::RecordedContact;
use super::{Debtor, Journal};
use crate::event::{Event, EventKind};
use crate::gate::history::{Initiator, Outcome};
use crate::gate::{Contact, ContactRules, Inquiry, Refusal, Verdict};
use crate::ids::{ContactId, IdError, InvoiceId, RuleId};
use crate::reach::Address;

/// How long before a contact its slot may be reserved.
const RESERVED_AHEAD: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What happened to a contact that a person makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContactStep {
    /// Its slot was taken.
    Reserved,
    /// It was made, or is known better by now.
    Made,
    /// It was not made: its slot is free again.
    Released,
}

impl ContactStep {
    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reserved => "reserved",
            Self::Made => "made",
            Self::Released => "released",
        }
    }
}

/// What happened to a contact that a person makes, for the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactNote {
    /// The contact after it.
    pub contact: RecordedContact,
    /// What happened.
    pub step: ContactStep,
    /// Where it went, if that was said.
    pub to: Option<Address>,
    /// What was said of it.
    pub note: Option<String>,
    /// The rules that refused a contact which was made nevertheless.
    pub against: Vec<RuleId>,
}

impl ContactNote {
    /// Why it was done, where that needs a word: what was given up, and what was done against rules.
    #[must_use]
    pub fn why(&self) -> Option<String> {
        let rules = self.against.iter().map(RuleId::as_str).collect::<Vec<_>>().join(", ");
        match self.step {
            ContactStep::Released => self.note.clone(),
            ContactStep::Made => (!rules.is_empty()).then(|| format!("made although refused by {rules}")),
            ContactStep::Reserved => None,
        }
    }
}

/// Why a contact is not recorded so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ContactError {
    /// Rules refuse it.
    #[error("refused by {}", list(.0.refusals()))]
    NotPermitted(Verdict),
    /// An invoice on which nothing is open is nothing to ask for.
    #[error("nothing is open on an invoice {0}")]
    NothingOpen(InvoiceId),
    /// Another contact has the id.
    #[error("{0} is another contact: send this one under a key of its own")]
    IdTaken(ContactId),
    /// A slot is for what is to come.
    #[error("{0} is past: what was made already is told with made")]
    Past(Timestamp),
    /// A slot is not for the distant future.
    #[error("must be at most seven days ahead")]
    TooFarAhead,
    /// What was made lies in the past.
    #[error("{0} is still to come: leave made out to reserve the slot")]
    ToCome(Timestamp),
    /// The contact was made after its slot was reserved.
    #[error("must not be before {0}, for which the slot was reserved")]
    BeforeSlot(Timestamp),
    /// No such contact is remembered.
    #[error("there is no such contact of a person that counts")]
    Unknown,
    /// What was made counts.
    #[error("the contact was made, and what was made counts; tell another outcome if it was wrong")]
    Made,
    /// Its invoices cannot be named so.
    #[error(transparent)]
    Id(#[from] IdError),
}

fn list(refusals: &[Refusal]) -> String {
    refusals.iter().map(|refusal| refusal.rule.as_str()).collect::<Vec<_>>().join(", ")
}

impl Debtor {
    /// Reserves the slot of a contact that a person is about to make, if the gate lets it. It counts from now on.
    /// The answer is what the gate says.
    ///
    /// # Errors
    /// [`ContactError`]; nothing is changed then.
    pub fn reserve_contact(
        &mut self,
        id: &ContactId,
        (inquiry, note): (&Inquiry, Option<&str>),
        rules: &ContactRules,
        now: Timestamp,
        journal: &mut Journal,
    ) -> Result<Verdict, ContactError> {
        self.is_new_contact(id)?;
        if inquiry.at < now {
            return Err(ContactError::Past(inquiry.at));
        }
        if inquiry.at.duration_since(now) > RESERVED_AHEAD {
            return Err(ContactError::TooFarAhead);
        }
        if let Some(invoice) = inquiry.nothing_open(self) {
            return Err(ContactError::NothingOpen(invoice.clone()));
        }
        let contact = inquiry.contact(Initiator::Collector, Outcome::Reached)?;
        let verdict = inquiry.of_debtor(self, rules);
        if !verdict.is_allowed() {
            return Err(ContactError::NotPermitted(verdict));
        }
        let contact = RecordedContact::reserved(id.clone(), contact);
        self.count_contact(contact.clone());
        journal.note_contact(ContactNote {
            contact,
            step: ContactStep::Reserved,
            to: inquiry.to.clone(),
            note: note.map(str::to_owned),
            against: Vec::new(),
        });
        Ok(verdict)
    }

    /// Records a contact that was made, whatever the gate says of it: what it says is the answer, and on the record.
    ///
    /// # Errors
    /// [`ContactError`]; nothing is changed then.
    pub fn record_contact(
        &mut self,
        id: &ContactId,
        (inquiry, note): (&Inquiry, Option<&str>),
        (initiator, outcome): (Initiator, Outcome),
        (rules, now): (&ContactRules, Timestamp),
        journal: &mut Journal,
    ) -> Result<Verdict, ContactError> {
        self.is_new_contact(id)?;
        if inquiry.at > now {
            return Err(ContactError::ToCome(inquiry.at));
        }
        let contact = RecordedContact::made(id.clone(), inquiry.contact(initiator, outcome)?);
        let verdict = match initiator {
            Initiator::Collector => inquiry.of_debtor(self, rules),
            // Whoever is called may answer.
            Initiator::Debtor => Verdict::Allowed { loosened: Vec::new() },
        };
        let against = verdict.refusals().iter().map(|refusal| refusal.rule.clone()).collect();
        self.count_contact(contact.clone());
        let (to, note) = (inquiry.to.clone(), note.map(str::to_owned));
        journal.note_contact(ContactNote { contact, step: ContactStep::Made, to, note, against });
        Ok(verdict)
    }

    /// Tells what came of a contact: it was made, at the time that is named or else as it is known.
    ///
    /// # Errors
    /// [`ContactError`]; nothing is changed then.
    pub fn conclude_contact(
        &mut self,
        id: &ContactId,
        (outcome, at): (Outcome, Option<Timestamp>),
        note: Option<&str>,
        now: Timestamp,
        journal: &mut Journal,
    ) -> Result<(), ContactError> {
        let known = self.contact_of_person(id)?;
        let slot = known.contact().at;
        let at = at.unwrap_or(slot);
        if at > now {
            return Err(ContactError::ToCome(at));
        }
        if at < slot {
            return Err(ContactError::BeforeSlot(slot));
        }
        let contact = RecordedContact::made(id.clone(), Contact { at, outcome, ..known.contact().clone() });
        if contact == *known {
            return Ok(());
        }
        self.contacts.retain(|one| one.id() != Some(id));
        self.count_contact(contact.clone());
        let note = note.map(str::to_owned);
        journal.note_contact(ContactNote { contact, step: ContactStep::Made, to: None, note, against: Vec::new() });
        Ok(())
    }

    /// Gives the slot of a contact back that was not made.
    ///
    /// # Errors
    /// [`ContactError`]; nothing is changed then.
    pub fn release_contact(&mut self, id: &ContactId, reason: &str, journal: &mut Journal) -> Result<(), ContactError> {
        let contact = self.contact_of_person(id)?.clone();
        if !contact.is_reserved() {
            return Err(ContactError::Made);
        }
        self.contacts.retain(|one| one.id() != Some(id));
        let note = Some(reason.to_owned());
        journal.note_contact(ContactNote { contact, step: ContactStep::Released, to: None, note, against: Vec::new() });
        Ok(())
    }

    fn is_new_contact(&self, id: &ContactId) -> Result<(), ContactError> {
        if self.contact_of_person(id).is_ok() { Err(ContactError::IdTaken(id.clone())) } else { Ok(()) }
    }

    /// A contact that a person makes.
    ///
    /// # Errors
    /// [`ContactError::Unknown`].
    pub fn contact_of_person(&self, id: &ContactId) -> Result<&RecordedContact, ContactError> {
        self.contacts.iter().find(|one| one.id() == Some(id)).ok_or(ContactError::Unknown)
    }
}

impl Journal {
    /// Notes what happened to a contact, and tells it.
    fn note_contact(&mut self, note: ContactNote) {
        let kind = match note.step {
            ContactStep::Reserved => EventKind::ContactReserved,
            ContactStep::Made => EventKind::ContactMade,
            ContactStep::Released => EventKind::ContactReleased,
        };
        let Contact { medium, outcome, .. } = note.contact.contact();
        let detail = match note.step {
            ContactStep::Made => format!("{} {}", medium.as_str(), outcome.as_str()),
            ContactStep::Reserved | ContactStep::Released => medium.as_str().to_owned(),
        };
        self.events.push(Event::new(kind).detail(detail));
        self.contacts.push(note);
    }
}
