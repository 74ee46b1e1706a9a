//! The contacts of a debtor that rules count: those of our messages, and those that people make outside of Dunlin.

use jiff::Timestamp;

use super::Debtor;
use crate::contact::Channel;
use crate::gate::history::{Initiator, Outcome};
use crate::gate::{Contact, ContactRules, Medium, Purpose};
use crate::ids::{ContactId, PersonId};

/// How many contacts a debtor remembers: three times what any rule counts up to.
const CONTACTS_KEPT: usize = 100;

/// A contact on record, and who makes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedContact {
    contact: Contact,
    by: MadeBy,
}

/// Who makes a contact, and how far it is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum MadeBy {
    /// Dunlin, by a message that was claimed.
    Dunlin,
    /// A person, who reserved the slot and has not told yet what came of it.
    Reserved(ContactId),
    /// A person, who has made it.
    Person(ContactId),
}

impl RecordedContact {
    /// A message of ours to the debtor. Nobody said which debts the law takes for one, so it counts for all.
    #[must_use]
    pub fn of_message(person: PersonId, at: Timestamp, channel: Channel) -> Self {
        let contact = Contact {
            at,
            medium: Medium::from(channel),
            purpose: Purpose::Collect,
            initiator: Initiator::Collector,
            person,
            debts: Vec::new(),
            line: None,
            outcome: Outcome::Reached,
        };
        Self { contact, by: MadeBy::Dunlin }
    }

    /// A contact that a person is about to make. Until it is known what came of it, it counts as one that reached someone.
    #[must_use]
    pub fn reserved(id: ContactId, contact: Contact) -> Self {
        let contact = Contact { initiator: Initiator::Collector, outcome: Outcome::Reached, ..contact };
        Self { contact, by: MadeBy::Reserved(id) }
    }

    /// A contact that a person has made.
    #[must_use]
    pub fn made(id: ContactId, contact: Contact) -> Self {
        Self { contact, by: MadeBy::Person(id) }
    }

    /// What rules count.
    #[must_use]
    pub fn contact(&self) -> &Contact {
        &self.contact
    }

    /// Its id, where a person makes it.
    #[must_use]
    pub fn id(&self) -> Option<&ContactId> {
        match &self.by {
            MadeBy::Dunlin => None,
            MadeBy::Reserved(id) | MadeBy::Person(id) => Some(id),
        }
    }

    /// Whether its slot is taken, and nobody has told yet that it was made.
    #[must_use]
    pub fn is_reserved(&self) -> bool {
        matches!(self.by, MadeBy::Reserved(_))
    }
}

impl Debtor {
    /// Counts a contact.
    pub(super) fn count_contact(&mut self, contact: RecordedContact) {
        self.contacts.push(contact);
        self.contacts.sort_by_key(|one| one.contact.at);
        let surplus = self.contacts.len().saturating_sub(CONTACTS_KEPT);
        self.contacts.drain(..surplus);
    }

    /// Counts a message of ours.
    pub(super) fn count_message(&mut self, at: Timestamp, channel: Channel) {
        let person = PersonId::from(&self.id);
        self.count_contact(RecordedContact::of_message(person, at, channel));
    }

    /// Takes the latest message of a channel back that was counted.
    pub(super) fn discount_message(&mut self, channel: Channel) {
        let medium = Medium::from(channel);
        let is_of = |one: &RecordedContact| one.by == MadeBy::Dunlin && one.contact.medium == medium;
        if let Some(counted) = self.contacts.iter().rposition(is_of) {
            self.contacts.remove(counted);
        }
    }

    /// Forgets the contacts that no rule looks back at any more. The latest stays, because it tells that there was one;
    /// so do those for a purpose that the law allows only once.
    pub(super) fn forget_contacts(&mut self, rules: &ContactRules, now: Timestamp) {
        let Ok(oldest) = now.checked_sub(rules.looks_back()) else { return };
        let Some(latest) = self.contacts.last().map(|one| one.contact.at) else { return };
        self.contacts.retain(|RecordedContact { contact, .. }| {
            contact.at >= oldest.min(latest) || contact.purpose != Purpose::Collect
        });
    }
}
