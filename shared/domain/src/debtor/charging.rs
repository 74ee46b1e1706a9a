//! What the rules of a policy charge by themselves. What is due is worked out here and nowhere else: the decision carries
//! it out, and a preview shows it.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;

use super::charges::Charge;
use super::rules::Rules;
use super::{BookingError, ChargeKind, Debtor, Journal};
use crate::charge::Authority;
use crate::event::{Event, EventKind};
use crate::ids::{AccountKey, InvoiceId, OutsideId, PolicyName, PolicyRef, RuleName};
use crate::invoice::Invoice;
use crate::ledger::{Entry, EntryKind};
use crate::money::Money;
use crate::policy::Policies;
use crate::reason::Reason;

/// How many moments ahead a preview looks for the next charge: a hold that ends is one, a month that begins another.
const LOOKS_AHEAD: usize = 12;

/// When rules are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occasion {
    /// Time has passed.
    Day,
    /// A message is about to be written: it names the interest that is booked with messages.
    Message,
}

/// A charge that a rule makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueCharge {
    /// On which invoice.
    pub invoice: InvoiceId,
    /// What.
    pub kind: ChargeKind,
    /// How much. Interest is below nothing where more was charged than has run up, because a payment was told late.
    pub amount: Money,
    /// By which rule.
    pub rule: RuleName,
    /// What makes it count once.
    pub key: OutsideId,
    /// What it rests on, and the policy's version and rule.
    pub why: String,
    /// The day it counts from.
    pub on: Date,
}

impl DueCharge {
    /// As it is booked.
    #[must_use]
    pub fn as_charge(&self) -> Charge<'_> {
        Charge { kind: self.kind, amount: self.amount, authority: &self.why, key: &self.key, on: self.on }
    }
}

/// What stands in the ledger beside a charge of a rule: what it rests on, the policy's version, and the rule.
pub(super) fn by_rule(authority: &Authority, policy: &PolicyRef, rule: &RuleName) -> String {
    format!("{authority} ({policy}, {rule})")
}

/// Whether a rule of a policy charged it, and nobody ordered it.
pub(crate) fn is_by_rule(entry: &Entry) -> bool {
    let named = |note: &str| {
        let (_, named) = note.strip_suffix(')')?.rsplit_once(" (")?;
        let (policy, rule) = named.split_once(", ")?;
        let (name, version) = policy.split_once('@')?;
        Some(RuleName::parse(rule).is_ok() && PolicyName::parse(name).is_ok() && version.parse::<u32>().is_ok())
    };
    let charged = matches!(entry.kind, EntryKind::Fee | EntryKind::Interest);
    charged && entry.note.as_deref().and_then(named).unwrap_or(false)
}

/// What rules charge now, why or why not, and when to ask them again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Charging {
    /// What is due.
    pub charges: Vec<DueCharge>,
    /// What spoke for and against.
    pub reasons: Vec<Reason>,
    /// When each rule that has not come, or is barred, wants to be asked again.
    pub wakes: Vec<Timestamp>,
}

impl Debtor {
    /// What the rules charge on an account, whose debtor must have been [rolled](Debtor::roll) to `now`. Nothing while a
    /// payment is being allocated: what is open is not known then.
    #[must_use]
    pub fn charges_due(&self, key: &AccountKey, policies: &Policies, now: Timestamp, occasion: Occasion) -> Charging {
        let mut charging = Charging::default();
        let allocating = self.accounts.get(key).is_some_and(|account| !account.allocating.is_empty());
        if let Some(rules) = Rules::of(self, key, policies, now).filter(|_| !allocating) {
            for invoice in self.invoices_of(key).into_iter().filter(|invoice| invoice.balance().is_positive()) {
                rules.ask(invoice, occasion, &mut charging);
            }
        }
        charging
    }

    /// What the rules charge next on an account, now or later, if nothing happens before.
    #[must_use]
    pub fn next_charges(&self, key: &AccountKey, policies: &Policies, now: Timestamp) -> Vec<DueCharge> {
        let mut at = now;
        let looks = if Rules::of(self, key, policies, now).is_some() { LOOKS_AHEAD } else { 0 };
        for _ in 0..looks {
            let mut then = self.clone();
            if then.roll(policies, at, &mut Journal::default()).is_err() {
                break;
            }
            let charging = then.charges_due(key, policies, at, Occasion::Day);
            if !charging.charges.is_empty() {
                return charging.charges;
            }
            let Some(next) = charging.wakes.into_iter().filter(|wake| *wake > at).min() else { break };
            at = next;
        }
        Vec::new()
    }

    /// Charges what interest has run up on invoices that were paid in this change: they are closed with it, and nobody
    /// looks at them again. To whoever is told of it, such an invoice was never settled. What was paid before the cycle
    /// began is history that was brought along, and is left as it was. What was paid earlier than was known when interest
    /// was booked on an invoice that is closed takes interest back.
    pub(super) fn charge_what_is_left(
        &mut self,
        key: &AccountKey,
        policies: &Policies,
        now: Timestamp,
        journal: &mut Journal,
    ) -> Result<(), BookingError> {
        let Some(rules) = Rules::of(self, key, policies, now) else { return Ok(()) };
        let about = |kinds: &[EventKind]| -> BTreeSet<&InvoiceId> {
            let told = journal.events.iter().filter(|event| kinds.contains(&event.kind));
            told.filter_map(|event| event.invoice.as_ref()).collect()
        };
        let paid = |id: &&InvoiceId| {
            let invoice = self.invoices.get(*id)?;
            (invoice.account() == *key && invoice.status() == "paid").then_some(invoice)
        };
        let began = self.accounts.get(key).and_then(|account| Some(account.cycle.as_ref()?.began));
        let in_cycle = |invoice: &&Invoice| began.is_some_and(|began| invoice.received_last() >= Some(began));
        let (mut left, mut back) = (Charging::default(), Charging::default());
        let settled = about(&[EventKind::InvoiceSettled]);
        settled.iter().filter_map(paid).filter(in_cycle).for_each(|invoice| rules.ask_for_interest(invoice, &mut left));
        let received = about(&[EventKind::PaymentReceived, EventKind::CreditNoteIssued]);
        received.iter().filter_map(paid).for_each(|invoice| rules.ask_for_interest(invoice, &mut back));
        back.charges.retain(|charge| charge.amount.minor() < 0 && !left.charges.contains(charge));
        for charge in left.charges.into_iter().chain(back.charges) {
            self.charge_in_silence(&charge, journal)?;
        }
        Ok(())
    }

    /// Charges on an invoice of which others have not yet heard that it was settled.
    fn charge_in_silence(&mut self, charge: &DueCharge, journal: &mut Journal) -> Result<(), BookingError> {
        let account = self.invoices.get(&charge.invoice).map(Invoice::account);
        let before = account.as_ref().and_then(|key| self.accounts.get(key)).cloned();
        let mut booked = Journal::default();
        self.charge(&charge.invoice, charge.as_charge(), &mut booked)?;
        journal.entries.append(&mut booked.entries);
        if self.invoices.get(&charge.invoice).is_some_and(|invoice| invoice.balance().is_positive()) {
            let about_it = |event: &Event| event.invoice.as_ref() == Some(&charge.invoice);
            journal.events.retain(|event| event.kind != EventKind::InvoiceSettled || !about_it(event));
            // The ladder has not been left, so it does not go on where one was left before.
            if let Some((account, before)) = account.and_then(|key| self.accounts.get_mut(&key)).zip(before) {
                (account.reopened, account.cycle) = (before.reopened, before.cycle);
            }
        }
        Ok(())
    }
}
