//! A message: one contact on one channel, for one debtor, portfolio and currency.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use sha2::{Digest, Sha256};

use crate::contact::Channel;
use crate::ids::{AccountKey, DebtorId, InvoiceId, PolicyRef, StepName, TenantId};
use crate::money::Money;
use crate::policy::{Stage, TaskKind};
use crate::reach::Address;
use crate::reason::Reason;

/// Names one run down the ladder.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum CycleRef {
    /// The n-th unbroken stretch in which the account has something overdue, counted from 1.
    Overdue(u32),
    /// The same stretch, where a provider still tries all that is overdue in it again.
    Recovery(u32),
    /// Before anything is overdue: the due date that a courtesy note is about.
    Upcoming(Date),
}

impl CycleRef {
    /// Reads what [`fmt::Display`] writes.
    #[must_use]
    pub fn parse(value: &str) -> Option<Self> {
        if let Some(date) = value.strip_prefix("due-") {
            date.parse().ok().map(Self::Upcoming)
        } else if let Some(number) = value.strip_prefix("recovery-") {
            number.parse().ok().map(Self::Recovery)
        } else {
            value.parse().ok().map(Self::Overdue)
        }
    }
}

/// `3` for the third cycle, `recovery-3` while a provider tries again in it, `due-2026-03-31` for a courtesy note.
impl fmt::Display for CycleRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Overdue(number) => write!(f, "{number}"),
            Self::Recovery(number) => write!(f, "recovery-{number}"),
            Self::Upcoming(due) => write!(f, "due-{due}"),
        }
    }
}

/// A message's id: the same step of the same cycle always has the same one, which is what sends it once (I3). Only a step
/// whose message did not arrive has another, for each time that it is tried again.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId(String);

impl MessageId {
    /// Derives the id from what makes a message unique.
    #[must_use]
    pub fn derive(
        tenant: &TenantId,
        debtor: &DebtorId,
        account: &AccountKey,
        policy: &PolicyRef,
        step: &StepName,
        (cycle, tries): (&CycleRef, u8),
    ) -> Self {
        // Parts may hold any character but control ones, so a control character separates them.
        let mut text = format!("{tenant}\u{1f}{debtor}\u{1f}{account}\u{1f}{policy}\u{1f}{step}\u{1f}{cycle}");
        if tries > 0 {
            text.push_str(&format!("\u{1f}{tries}"));
        }
        Self(hex(&Sha256::digest(text), 16))
    }

    /// Takes an id that was stored.
    #[must_use]
    pub fn stored(value: String) -> Self {
        Self(value)
    }

    /// 32 hexadecimal digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The first `bytes` bytes as hexadecimal digits.
pub(crate) fn hex(digest: &[u8], bytes: usize) -> String {
    let digits = digest.iter().take(bytes).flat_map(|byte| [byte >> 4, byte & 0xf]);
    digits.filter_map(|digit| char::from_digit(u32::from(digit), 16)).collect()
}

/// An invoice as a message names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Which one.
    pub invoice: InvoiceId,
    /// When it is, or was, due.
    pub due_date: Date,
    /// What is asked of it: what is open, or what of that an instalment asks for and no hold keeps back.
    pub balance: Money,
}

/// What a message will say, to whom and by which step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// See [`MessageId::derive`].
    pub id: MessageId,
    /// Creditor and currency.
    pub account: AccountKey,
    /// The policy that the step is of.
    pub policy: PolicyRef,
    /// The step.
    pub step: StepName,
    /// The step's stage.
    pub stage: Stage,
    /// The step's day, after (or before) the due date.
    pub offset_days: i32,
    /// The cycle it belongs to.
    pub cycle: CycleRef,
    /// How often the step was tried before in the cycle, and did not arrive.
    pub tries: u8,
    /// How it goes out.
    pub channel: Channel,
    /// The invoices, oldest due first.
    pub lines: Vec<Line>,
    /// Unapplied credit that is set against them.
    pub credit: Money,
    /// What the debtor is asked for: the lines less the credit.
    pub amount_due: Money,
    /// Due dates not yet past that it mentions, with the courtesy step that it stands in for.
    pub notes: BTreeMap<Date, i32>,
}

/// Where a message that is not settled has got to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PendingState {
    /// Decided, not yet handed to anyone.
    Planned,
    /// Being handed over by `attempt`. If that attempt has not reported by `lease_until`, nobody knows.
    Sending {
        /// The attempt's id.
        attempt: String,
        /// When its word stops counting.
        lease_until: Timestamp,
        /// Where it goes; unknown of what was under way before that was kept.
        to: Option<Address>,
    },
}

/// A message under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// What it says.
    pub plan: Plan,
    /// When it was decided.
    pub planned_at: Timestamp,
    /// Where it has got to.
    pub state: PendingState,
}

/// How a message ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The provider took it and gave it this id.
    Sent(String),
    /// It was not sent, for these reasons. The step may be planned again.
    Withheld(Vec<Reason>),
    /// The provider will not take it, and why. It is not tried again by itself.
    Failed(String),
    /// Nobody knows whether it went out. It is never sent again.
    Unknown,
}

impl Outcome {
    /// `sent`, `withheld`, `failed`, `unknown`.
    #[must_use]
    pub fn status(&self) -> &'static str {
        match self {
            Self::Sent(_) => "sent",
            Self::Withheld(_) => "withheld",
            Self::Failed(_) => "failed",
            Self::Unknown => "unknown",
        }
    }
}

/// A message that is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// What it said.
    pub plan: Plan,
    /// When it was decided.
    pub planned_at: Timestamp,
    /// When it ended.
    pub settled_at: Timestamp,
    /// How.
    pub outcome: Outcome,
    /// The attempt that handed it over, or may have.
    pub attempt: Option<String>,
    /// Where it went.
    pub to: Option<Address>,
}

/// Work for a person, opened by a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// What to do.
    pub kind: TaskKind,
    /// Creditor and currency.
    pub account: AccountKey,
    /// The step that opened it.
    pub step: StepName,
    /// The cycle of the step.
    pub cycle: CycleRef,
    /// What is overdue at the time.
    pub amount_due: Money,
}
