//! What a policy would have done: the months that were, lived again under another policy.
//!
//! A [`History`] is what happened to one debtor, by day; [`live`] goes through it with the rules as they are, as if the
//! scan had run each hour and every message had gone out at once; a [`Report`] adds the debtors up, and a
//! [`Trial`] puts two policies side by side: how many another one would have written to more, or less. What was paid is taken as it was: a
//! policy that would have been paid sooner is not given credit for it.

mod life;
mod remembered;
mod report;
mod trial;
mod words;

pub use life::{Against, Contact, Life, Task, live};
pub use remembered::Remembered;
pub use report::{Prices, Report};
pub use trial::{Comparison, DIFFERENCES_NAMED, Trial};

use jiff::Timestamp;
use jiff::civil::Date;

use crate::debtor::{Debtor, Proposal};
use crate::hold::Hold;
use crate::ids::{AgreementId, HoldId};
use crate::intake::InvoiceDraft;
use crate::ledger::Entry;

/// Something that happened to a debtor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// An invoice was raised.
    Invoice(Box<InvoiceDraft>),
    /// Something was booked.
    Entry(Entry),
    /// A hold was set.
    Hold(Hold),
    /// A hold was lifted.
    Lifted(HoldId),
    /// Something was agreed.
    Agreed(Box<Proposal>),
    /// An agreement was called off or decided.
    Ended(AgreementId),
}

/// What happened to one debtor. What was known later than it counts is taken as known on its day.
#[derive(Debug, Clone)]
pub struct History {
    debtor: Debtor,
    facts: Vec<(Date, Fact)>,
}

impl History {
    /// The facts of a debtor who as yet owes nothing, each with its day on the debtor's calendar; of one day, invoices go
    /// first, and then what was booked.
    #[must_use]
    pub fn new(debtor: Debtor, mut facts: Vec<(Date, Fact)>) -> Self {
        facts.sort_by_key(|(day, fact)| (*day, rank(fact)));
        Self { debtor, facts }
    }
}

fn rank(fact: &Fact) -> u8 {
    match fact {
        Fact::Invoice(_) => 0,
        Fact::Entry(_) => 1,
        Fact::Lifted(_) | Fact::Ended(_) => 2,
        Fact::Hold(_) | Fact::Agreed(_) => 3,
    }
}

/// The time in which contacts count, the end excluded. What was before it is lived through without being counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// From when.
    pub from: Timestamp,
    /// Until when.
    pub to: Timestamp,
}
