//! What a change did, to be committed with it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::{Agreed, ContactNote, Debtor, FieldChange, Membership, Stop, Tally, Turn};
use crate::agreement::{Agreement, AgreementEnd};
use crate::allocation::Allocation;
use crate::decision::Evaluation;
use crate::event::Event;
use crate::hold::{Hold, HoldEnd};
use crate::ids::{AccountKey, DebtorId, InvoiceId};
use crate::ledger::{Entry, EntryKind};
use crate::message::{Message, MessageId, Task};
use crate::money::{Currency, Money};
use crate::reach::reply::Received;
use crate::remittance::RemittanceId;
use crate::template::Facts;

/// What happened in one change of a debtor, in order.
#[derive(Debug, Clone, Default)]
pub struct Journal {
    /// Lines for the ledger.
    pub entries: Vec<Entry>,
    /// Where payments on account were placed; each replaces the one of its number.
    pub allocations: Vec<Allocation>,
    /// Payments on account that wait for invoices which they name and nobody has handed in yet.
    pub awaiting: Vec<(InvoiceId, RemittanceId)>,
    /// Messages that ended.
    pub messages: Vec<Message>,
    /// Messages of which nobody knew whether they went out, and that it is certain of now.
    pub proven: Vec<Message>,
    /// Addresses that the tenant must not use any more.
    pub stops: Vec<Stop>,
    /// Texts that came back.
    pub replies: Vec<Received>,
    /// What happened to contacts that people make.
    pub contacts: Vec<ContactNote>,
    /// Tasks that were opened.
    pub tasks: Vec<Task>,
    /// Holds that ended.
    pub holds: Vec<(Hold, HoldEnd)>,
    /// Agreements that ended.
    pub agreements: Vec<(Agreement, AgreementEnd)>,
    /// What was changed of who the debtor is and what it is granted.
    pub changes: Vec<FieldChange>,
    /// The decision that goes on record, and what it was made from.
    pub decision: Option<Evaluation>,
    /// What others may want to know.
    pub events: Vec<Event>,
}

impl Journal {
    /// Adds to a message that ended what it said beyond its plan.
    pub fn attest(&mut self, message: &MessageId, facts: Facts) {
        if let Some(ended) = self.messages.iter_mut().find(|ended| ended.plan.id == *message) {
            ended.facts = Some(facts);
        }
    }
}

/// By how much what is open with one due date changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OpenDelta {
    /// Minor units.
    pub minor: i64,
    /// Invoices.
    pub invoices: i64,
}

/// By how much what a group owes in one currency changed, and its limit. In minor units; differences, so that it does not
/// matter in which order they are added.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GroupDelta {
    /// See [`Owed::open`](super::Owed::open).
    pub open: i64,
    /// See [`Owed::disputed`](super::Owed::disputed).
    pub disputed: i64,
    /// See [`Owed::unapplied`](super::Owed::unapplied).
    pub unapplied: i64,
    /// See [`Owed::in_flight`](super::Owed::in_flight).
    pub in_flight: i64,
    /// The credit limit.
    pub limit: i64,
    /// Whether there is one: 1 where one is set, -1 where it is lifted.
    pub limited: i64,
}

impl GroupDelta {
    /// Each name in the table, with its difference.
    #[must_use]
    pub fn named(&self) -> [(&'static str, i64); 6] {
        [
            ("open", self.open),
            ("disputed", self.disputed),
            ("unapplied", self.unapplied),
            ("in_flight", self.in_flight),
            ("limit", self.limit),
            ("limited", self.limited),
        ]
    }
}

/// Messages that ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum MessageCount {
    /// Went out.
    Sent,
    /// Were held back.
    Withheld,
    /// Could not be sent.
    Failed,
    /// Nobody knows.
    Unknown,
}

impl MessageCount {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Sent, Self::Withheld, Self::Failed, Self::Unknown];

    /// The counter's name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Withheld => "withheld",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }

    /// Reads what [`MessageCount::as_str`] writes.
    #[must_use]
    pub fn parse(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|count| count.as_str() == value)
    }
}

/// What a change does to the tenant's counters. It is computed from the debtor before and after, so that no change can
/// forget it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Deltas {
    /// What is open, by account and due date.
    pub open: BTreeMap<(AccountKey, Date), OpenDelta>,
    /// What was booked, by account, day and kind, in minor units of the debt (a payment is negative).
    pub booked: BTreeMap<(AccountKey, Date, EntryKind), i64>,
    /// Messages, by account, day (UTC) and state.
    pub messages: BTreeMap<(AccountKey, Date, MessageCount), i64>,
    /// What a group owes, by its parent and currency.
    pub groups: BTreeMap<(DebtorId, Currency), GroupDelta>,
    /// What is open of a group, by due date, in minor units.
    pub groups_open: BTreeMap<(DebtorId, Currency, Date), i64>,
    /// What is agreed and held, by account.
    pub standing: BTreeMap<(AccountKey, Agreed), Tally>,
    /// What became of agreements, by account and day (UTC).
    pub turns: BTreeMap<(AccountKey, Date, Agreed, Turn), Tally>,
}

impl Deltas {
    /// The difference between `before` and `after`, with what `journal` says happened `now`.
    #[must_use]
    pub fn between(before: Option<&Debtor>, after: &Debtor, journal: &Journal, now: Timestamp) -> Self {
        let mut deltas = Self::default();
        for (debtor, sign) in before.map(|debtor| (debtor, -1)).into_iter().chain([(after, 1)]) {
            deltas.count_open(debtor, sign);
            deltas.count_group(debtor, sign);
            deltas.count_agreed(debtor, sign);
        }
        deltas.standing.retain(|_, tally| *tally != Tally::default());
        deltas.count_turns(before, after, journal, TimeZone::UTC.to_datetime(now).date());
        deltas.groups.retain(|_, delta| *delta != GroupDelta::default());
        deltas.groups_open.retain(|_, minor| *minor != 0);
        deltas.open.retain(|_, delta| *delta != OpenDelta::default());
        let mut book = |account: &AccountKey, on, kind, amount: Money| {
            let sum = deltas.booked.entry((account.clone(), on, kind)).or_default();
            *sum = sum.saturating_add(amount.minor());
        };
        for entry in &journal.entries {
            book(&entry.account, entry.on, entry.kind, entry.amount);
        }
        deltas.booked.retain(|_, minor| *minor != 0);
        deltas.count_messages(journal);
        deltas
    }

    fn count_open(&mut self, debtor: &Debtor, sign: i64) {
        for invoice in debtor.invoices.values().filter(|invoice| invoice.balance().is_positive()) {
            let delta = self.open.entry((invoice.account(), invoice.due_date)).or_default();
            delta.minor = delta.minor.saturating_add(invoice.balance().minor().saturating_mul(sign));
            delta.invoices = delta.invoices.saturating_add(sign);
        }
    }

    /// All that the debtor adds to its group. Who leaves one takes it along, because it is in `before` alone.
    fn count_group(&mut self, debtor: &Debtor, sign: i64) {
        let Some(group) = debtor.group() else { return };
        let add = |sum: &mut i64, minor: i64| *sum = sum.saturating_add(minor.saturating_mul(sign));
        // Sums that overflow are refused before they are stored.
        for (currency, owed) in debtor.owed_by_currency().unwrap_or_default() {
            let delta = self.groups.entry((group.clone(), currency)).or_default();
            add(&mut delta.open, owed.open.minor());
            add(&mut delta.disputed, owed.disputed.minor());
            add(&mut delta.unapplied, owed.unapplied.minor());
            add(&mut delta.in_flight, owed.in_flight.minor());
        }
        for invoice in debtor.invoices.values() {
            let open = self.groups_open.entry((group.clone(), invoice.currency(), invoice.due_date)).or_default();
            add(open, invoice.balance().minor());
        }
        if debtor.membership == Membership::Leads {
            for (currency, limit) in debtor.credit.limits() {
                let delta = self.groups.entry((group.clone(), *currency)).or_default();
                add(&mut delta.limit, limit.amount().minor());
                add(&mut delta.limited, 1);
            }
        }
    }

    fn count_messages(&mut self, journal: &Journal) {
        use crate::message::Outcome;
        let mut count = |message: &Message, state, change: i64| {
            let day = TimeZone::UTC.to_datetime(message.settled_at).date();
            let messages = self.messages.entry((message.plan.account.clone(), day, state)).or_default();
            *messages = messages.saturating_add(change);
        };
        for message in &journal.messages {
            let state = match message.outcome {
                Outcome::Sent(_) => MessageCount::Sent,
                Outcome::Withheld(_) => MessageCount::Withheld,
                Outcome::Failed(_) => MessageCount::Failed,
                Outcome::Unknown => MessageCount::Unknown,
            };
            count(message, state, 1);
        }
        for message in &journal.proven {
            count(message, MessageCount::Unknown, -1);
            count(message, MessageCount::Sent, 1);
        }
    }

    /// Whether no counter changes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.open.is_empty()
            && self.booked.is_empty()
            && self.messages.is_empty()
            && self.groups.is_empty()
            && self.groups_open.is_empty()
            && self.standing.is_empty()
            && self.turns.is_empty()
    }

    /// The accounts that it touches.
    #[must_use]
    pub fn accounts(&self) -> BTreeSet<&AccountKey> {
        let open = self.open.keys().map(|(account, _)| account);
        let booked = self.booked.keys().map(|(account, ..)| account);
        let agreed =
            self.standing.keys().map(|(account, _)| account).chain(self.turns.keys().map(|(account, ..)| account));
        open.chain(booked).chain(self.messages.keys().map(|(account, ..)| account)).chain(agreed).collect()
    }
}
