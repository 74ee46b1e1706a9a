//! What the rules of a policy charge by themselves. What is due is worked out here and nowhere else: the decision carries
//! it out, and a preview shows it.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;

use super::charges::Charge;
use super::rules::Rules;
use super::waiting::forgiven;
use super::{Account, BookingError, ChargeKind, Debtor, Journal};
use crate::charge::Authority;
use crate::event::{Event, EventKind};
use crate::ids::{AccountKey, InvoiceId, OutsideId, PolicyName, PolicyRef, RuleName};
use crate::invoice::Invoice;
use crate::ledger::{Entry, EntryKind};
use crate::money::Money;
use crate::policy::Policies;
use crate::reason::{Reason, Rule as ReasonRule};

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

impl Charging {
    /// Whether something would be charged if nothing stood against it.
    pub(super) fn is_barred(&self) -> bool {
        self.reasons.iter().any(|reason| reason.rule == ReasonRule::ChargeBarred)
    }
}

impl Debtor {
    /// What the rules charge on an account, whose debtor must have been [rolled](Debtor::roll) to `now`. Nothing while a
    /// payment is being allocated: what is open is not known then.
    #[must_use]
    pub fn charges_due(&self, key: &AccountKey, policies: &Policies, now: Timestamp, occasion: Occasion) -> Charging {
        let mut charging = Charging::default();
        let allocating = self.accounts.get(key).is_some_and(|account| !account.allocating.is_empty());
        if let Some(rules) = Rules::of(self, key, policies, now).filter(|_| !allocating) {
            for invoice in self.invoices_of(key) {
                if invoice.balance().is_positive() {
                    rules.ask(invoice, occasion, &mut charging);
                } else if invoice.interest_waits {
                    rules.ask_for_interest(invoice, &mut charging);
                }
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
    /// was booked on an invoice that is closed takes interest back. Where something stands against charging, the invoice
    /// waits until that is over.
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
        let mut waiting = Vec::new();
        for invoice in settled.iter().filter_map(paid).filter(in_cycle).filter(|one| !forgiven(one, journal)) {
            let mut asked = Charging::default();
            rules.ask_for_interest(invoice, &mut asked);
            waiting.extend(asked.is_barred().then(|| invoice.id.clone()));
            left.charges.append(&mut asked.charges);
        }
        let received = about(&[EventKind::PaymentReceived, EventKind::CreditNoteIssued]);
        received.iter().filter_map(paid).for_each(|invoice| rules.ask_for_interest(invoice, &mut back));
        back.charges.retain(|charge| charge.amount.minor() < 0 && !left.charges.contains(charge));
        let charges: Vec<DueCharge> = left.charges.into_iter().chain(back.charges).collect();
        for id in waiting {
            self.invoices.entry(id).and_modify(|invoice| invoice.interest_waits = true);
        }
        self.charge_in_silence(key, &charges, journal)
    }

    /// Charges on invoices of which others have not yet heard that they were settled. The payment that settled one pays
    /// for that as well, as far as it was more.
    fn charge_in_silence(
        &mut self,
        key: &AccountKey,
        charges: &[DueCharge],
        journal: &mut Journal,
    ) -> Result<(), BookingError> {
        let ladder = |account: &Account| (account.reopened.clone(), account.cycle.clone());
        let before = self.accounts.get(key).map(ladder);
        let mut booked = Journal::default();
        for charge in charges {
            self.charge(&charge.invoice, charge.as_charge(), &mut booked)?;
            self.pay_from_leftover(key, charge, &mut journal.allocations, &mut booked)?;
        }
        journal.entries.append(&mut booked.entries);
        let open = |id: &InvoiceId| self.invoices.get(id).is_some_and(|invoice| invoice.balance().is_positive());
        let charged = |id: &InvoiceId| charges.iter().any(|charge| charge.invoice == *id);
        let owed = |event: &Event| event.invoice.as_ref().is_some_and(|id| charged(id) && open(id));
        journal.events.retain(|event| event.kind != EventKind::InvoiceSettled || !owed(event));
        // The ladder has not been left, so it does not go on where one was left before.
        if let Some((account, (reopened, cycle))) = self.accounts.get_mut(key).zip(before) {
            (account.reopened, account.cycle) = (reopened, cycle);
        }
        Ok(())
    }
}
