//! What is agreed and held, as counters: what stands now, and what came about on a day.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::{Debtor, Deltas, Journal};
use crate::agreement::{Agreement, AgreementEnd, Terms};
use crate::hold::{Hold, HoldScope};
use crate::ids::AccountKey;
use crate::invoice::Invoice;
use crate::money::Money;

/// What is counted while it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Agreed {
    /// Promises: what of them has not come in.
    Promise,
    /// Payment plans: the same.
    Plan,
    /// Offers to take less: what of the lesser amount has not come in.
    Settlement,
    /// Disputes: what of the open amount is contested.
    Dispute,
    /// Holds: what of the open amount they cover, each cent once.
    Hold,
}

impl Agreed {
    /// Every one.
    pub const ALL: [Self; 5] = [Self::Promise, Self::Plan, Self::Settlement, Self::Dispute, Self::Hold];

    /// The name, of its counters too.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Promise => "promise",
            Self::Plan => "plan",
            Self::Settlement => "settlement",
            Self::Dispute => "dispute",
            Self::Hold => "hold",
        }
    }

    /// Reads what [`Agreed::as_str`] writes.
    #[must_use]
    pub fn parse(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == value)
    }

    fn of(terms: &Terms) -> Self {
        match terms {
            Terms::Promise(_) => Self::Promise,
            Terms::Plan(_) => Self::Plan,
            Terms::Settlement(_) => Self::Settlement,
            Terms::Dispute(_) => Self::Dispute,
        }
    }
}

/// What became of agreements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Turn {
    /// They were made.
    Made,
    /// See [`AgreementEnd::Kept`].
    Kept,
    /// See [`AgreementEnd::PartlyKept`].
    PartlyKept,
    /// See [`AgreementEnd::Broken`].
    Broken,
    /// See [`AgreementEnd::Completed`].
    Completed,
    /// See [`AgreementEnd::Defaulted`].
    Defaulted,
    /// See [`AgreementEnd::Lapsed`].
    Lapsed,
    /// See [`AgreementEnd::Settled`].
    Settled,
    /// See [`AgreementEnd::Cancelled`].
    Cancelled,
    /// A dispute was decided for the debtor.
    Accepted,
    /// In part.
    PartlyAccepted,
    /// Against the debtor.
    Rejected,
}

impl Turn {
    /// Every one.
    pub const ALL: [Self; 12] = [
        Self::Made,
        Self::Kept,
        Self::PartlyKept,
        Self::Broken,
        Self::Completed,
        Self::Defaulted,
        Self::Lapsed,
        Self::Settled,
        Self::Cancelled,
        Self::Accepted,
        Self::PartlyAccepted,
        Self::Rejected,
    ];

    /// The name, of its counters too; that of an end is [`AgreementEnd::as_str`].
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Made => "made",
            Self::Kept => "kept",
            Self::PartlyKept => "partly_kept",
            Self::Broken => "broken",
            Self::Completed => "completed",
            Self::Defaulted => "defaulted",
            Self::Lapsed => "lapsed",
            Self::Settled => "settled",
            Self::Cancelled => "cancelled",
            Self::Accepted => "accepted",
            Self::PartlyAccepted => "partly_accepted",
            Self::Rejected => "rejected",
        }
    }

    /// Reads what [`Turn::as_str`] writes.
    #[must_use]
    pub fn parse(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == value)
    }

    fn of(end: &AgreementEnd) -> Option<Self> {
        Self::parse(end.as_str())
    }
}

/// How many, and how much in minor units.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many.
    pub count: i64,
    /// How much.
    pub minor: i64,
}

impl Tally {
    fn add(&mut self, count: i64, minor: i64) {
        self.count = self.count.saturating_add(count);
        self.minor = self.minor.saturating_add(minor);
    }
}

impl Deltas {
    /// Counts what stands of a debtor, or takes it off.
    pub(super) fn count_agreed(&mut self, debtor: &Debtor, sign: i64) {
        let mut add = |account: &AccountKey, what, minor: i64| {
            let tally = self.standing.entry((account.clone(), what)).or_default();
            tally.add(sign, minor.saturating_mul(sign));
        };
        for one in debtor.agreements.values() {
            add(&one.account, Agreed::of(&one.terms), to_come(debtor, one));
        }
        for hold in debtor.holds.values() {
            for account in held_accounts(debtor, hold) {
                add(&account, Agreed::Hold, 0);
            }
        }
        for invoice in debtor.invoices.values() {
            let tally = self.standing.entry((invoice.account(), Agreed::Hold)).or_default();
            tally.add(0, held(debtor, invoice).saturating_mul(sign));
        }
    }

    /// Counts what was made and what ended, with what it was about when it was made.
    pub(super) fn count_turns(&mut self, before: Option<&Debtor>, after: &Debtor, journal: &Journal, on: Date) {
        let mut add = |debtor: &Debtor, one: &Agreement, turn| {
            let tally = self.turns.entry((one.account.clone(), on, Agreed::of(&one.terms), turn)).or_default();
            tally.add(1, agreed_amount(debtor, one));
        };
        let known = |one: &&Agreement| before.is_some_and(|before| before.agreements.contains_key(&one.id));
        let ended = || journal.agreements.iter().map(|(one, _)| one);
        for one in after.agreements.values().chain(ended()).filter(|one| !known(one)) {
            add(after, one, Turn::Made);
        }
        for (one, end) in &journal.agreements {
            if let Some(turn) = Turn::of(end) {
                add(before.unwrap_or(after), one, turn);
            }
        }
    }
}

/// What it was agreed about; of a dispute that names no amount, what is open of its invoice.
fn agreed_amount(debtor: &Debtor, one: &Agreement) -> i64 {
    let amount = match &one.terms {
        Terms::Promise(promise) => Some(promise.amount()),
        Terms::Plan(plan) => plan.total().ok(),
        Terms::Settlement(settlement) => Some(settlement.accepts()),
        Terms::Dispute(dispute) => dispute.amount(),
    };
    amount.map_or_else(|| open(debtor, one), Money::minor)
}

/// What of it is still to come in, or is contested: never more than is open.
fn to_come(debtor: &Debtor, one: &Agreement) -> i64 {
    let received = if matches!(one.terms, Terms::Dispute(_)) { 0 } else { one.received.minor() };
    agreed_amount(debtor, one).saturating_sub(received).min(open(debtor, one)).max(0)
}

fn open(debtor: &Debtor, one: &Agreement) -> i64 {
    let covered = debtor.invoices.values().filter(|invoice| one.covers(&invoice.account(), &invoice.id));
    covered.map(|invoice| invoice.balance().minor().max(0)).fold(0, i64::saturating_add)
}

/// The accounts of which a hold covers something that is open.
fn held_accounts(debtor: &Debtor, hold: &Hold) -> BTreeSet<AccountKey> {
    let reached =
        debtor.invoices.values().filter(|invoice| invoice.balance().is_positive() && hold.scope.reaches(invoice));
    reached.map(Invoice::account).collect()
}

/// How much of an invoice is held, by all holds together.
fn held(debtor: &Debtor, invoice: &Invoice) -> i64 {
    let amount = |hold: &Hold| match &hold.scope {
        HoldScope::Amount(_, amount) => amount.minor(),
        HoldScope::Debtor | HoldScope::Account(_) | HoldScope::Invoice(_) => i64::MAX,
    };
    let holds = debtor.holds.values().filter(|hold| hold.scope.reaches(invoice));
    holds.map(amount).fold(0, i64::saturating_add).min(invoice.balance().minor().max(0))
}
