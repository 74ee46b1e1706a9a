//! A question to the gate, as someone asks it who knows something beside the books.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::verdict::Verdict;
use super::{Attempt, Contact, ContactRules, Facts, Gate, History, Target};
use crate::debtor::Debtor;
use crate::gate::history::{Initiator, Outcome};
use crate::ids::{IdError, InvoiceId, ParticularDebt};
use crate::reach::Address;

/// A contact that someone asks about, and what they tell of the debtor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inquiry {
    /// What is to be done.
    pub attempt: Attempt,
    /// The invoices that it is about; all that is owed where none is named.
    pub about: BTreeSet<InvoiceId>,
    /// The address or number that it goes to, where that is said; else it is the debtor's first.
    pub to: Option<Address>,
    /// What is told of the debtor.
    pub facts: Facts,
    /// The contacts that are told of.
    pub history: History,
    /// When.
    pub at: Timestamp,
}

impl Inquiry {
    /// What the gate says of someone of whom nothing else is known.
    #[must_use]
    pub fn of_stranger(&self, rules: &ContactRules) -> Verdict {
        Gate::new(&rules.book.law, &self.facts, &self.history, &rules.policy).permit(&self.attempt, self.at)
    }

    /// What the gate says of a debtor of the books, which must have been [rolled](Debtor::roll) to the time of the contact.
    /// Contacts count whatever debts they were about, because nobody said which of them the law takes for one.
    #[must_use]
    pub fn of_debtor(&self, debtor: &Debtor, rules: &ContactRules) -> Verdict {
        let atlas = &rules.book.atlas;
        let known = Facts { collector: Some(rules.collector), ..Facts::of(debtor, &self.about, atlas, self.at) };
        let mut facts = known.and(self.facts.clone());
        if let Some(Address::Phone(number)) = &self.to {
            facts.places.extend(atlas.of_number(number));
        }
        let mut history = History::of(debtor);
        history.0.extend(self.history.0.iter().cloned());
        let attempt = Attempt { to: self.target(debtor), debts: Vec::new(), ..self.attempt.clone() };
        Gate::new(&rules.book.law, &facts, &history, &rules.policy).permit(&attempt, self.at)
    }

    /// An invoice that it is about, and on which nothing is open.
    #[must_use]
    pub fn nothing_open(&self, debtor: &Debtor) -> Option<&InvoiceId> {
        self.about.iter().find(|invoice| !debtor.invoices.contains_key(invoice))
    }

    /// The contact that it is, once it was made.
    ///
    /// # Errors
    /// [`IdError`] where the name of an invoice is too long for a debt's.
    pub fn contact(&self, initiator: Initiator, outcome: Outcome) -> Result<Contact, IdError> {
        let debts = self.about.iter().map(|invoice| ParticularDebt::parse(&invoice.to_string()));
        Ok(Contact {
            at: self.at,
            medium: self.attempt.medium,
            purpose: self.attempt.purpose,
            initiator,
            person: self.attempt.person.clone(),
            debts: debts.collect::<Result<_, _>>()?,
            line: self.attempt.to.line(),
            outcome,
        })
    }

    /// What is known of the address, and what is told of it.
    fn target(&self, debtor: &Debtor) -> Target {
        let known = match &self.to {
            None => Target::of(&debtor.profile, self.attempt.medium, self.at),
            Some(to) => {
                let point = debtor.profile.contacts.get(&to.id());
                point.map_or_else(|| Target::nowhere_known(self.attempt.medium), |point| point.target(self.at))
            }
        };
        known.and(self.attempt.to.clone())
    }
}
