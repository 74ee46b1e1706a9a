//! What can go wrong between the client and the table, as DynamoDB's documentation describes it.

use std::collections::VecDeque;

use crate::dice::Dice;

/// One thing that goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The table is asked too much (`ThrottlingException`).
    Throttled,
    /// The service failed (`InternalServerError`).
    Failed,
    /// The request never arrives.
    Unreachable,
    /// The request takes effect, and the answer is lost.
    AnswerLost,
    /// Another transaction holds an item: `TransactionConflictException`, or a cancelled transaction.
    Conflict,
    /// A transaction is cancelled for more than one reason: a conflict with one item, throttling with another.
    Cancelled,
    /// A batch is answered in part.
    Part,
    /// A query of the index answers as it did before.
    Stale,
}

impl Fault {
    /// Every fault.
    pub const ALL: [Self; 8] = [
        Self::Throttled,
        Self::Failed,
        Self::Unreachable,
        Self::AnswerLost,
        Self::Conflict,
        Self::Cancelled,
        Self::Part,
        Self::Stale,
    ];
}

impl Fault {
    /// Whether it can befall a request: an operation, followed by ` index` where an index is asked.
    #[must_use]
    pub fn befalls(self, asked: &str) -> bool {
        match self {
            Self::Throttled | Self::Failed | Self::Unreachable | Self::AnswerLost => true,
            Self::Conflict => matches!(asked, "PutItem" | "UpdateItem" | "DeleteItem" | "TransactWriteItems"),
            Self::Cancelled => asked == "TransactWriteItems",
            Self::Part => asked == "BatchGetItem",
            Self::Stale => asked == "Query index",
        }
    }
}

/// Which requests fail, and how.
#[derive(Debug, Default)]
pub struct Faults {
    script: VecDeque<Option<Fault>>,
    chance: Option<(Dice, u64)>,
}

impl Faults {
    /// Nothing fails.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// The next requests fail so, one after the other; `None` is one that does not.
    #[must_use]
    pub fn script(script: impl IntoIterator<Item = Option<Fault>>) -> Self {
        Self { script: script.into_iter().collect(), chance: None }
    }

    /// One request fails so: the one after `before` others.
    #[must_use]
    pub fn after(before: usize, fault: Fault) -> Self {
        Self::script(std::iter::repeat_n(None, before).chain([Some(fault)]))
    }

    /// About one in `one_in` requests fails, at random, and the same ones for the same seed.
    #[must_use]
    pub fn random(seed: u64, one_in: u64) -> Self {
        Self { script: VecDeque::new(), chance: Some((Dice::new(seed), one_in.max(1))) }
    }

    /// What happens to the next request.
    pub fn next_fault(&mut self) -> Option<Fault> {
        if let Some(scripted) = self.script.pop_front() {
            return scripted;
        }
        let (dice, one_in) = self.chance.as_mut()?;
        let one_in = *one_in;
        dice.one_in(one_in).then(|| dice.pick(&Fault::ALL))
    }
}
