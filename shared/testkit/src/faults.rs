//! What can go wrong between the client and the table, as DynamoDB's documentation describes it.

use std::collections::VecDeque;

/// One thing that goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

/// Which requests fail, and how.
#[derive(Debug, Default)]
pub struct Faults {
    script: VecDeque<Option<Fault>>,
    chance: Option<Chance>,
}

/// Faults at random, the same for the same seed.
#[derive(Debug)]
struct Chance {
    state: u64,
    one_in: u64,
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

    /// About one in `one_in` requests fails, at random.
    #[must_use]
    pub fn random(seed: u64, one_in: u64) -> Self {
        // A state of zero would stay zero.
        Self { script: VecDeque::new(), chance: Some(Chance { state: seed.wrapping_mul(2).wrapping_add(1), one_in }) }
    }

    /// What happens to the next request.
    pub(crate) fn next(&mut self) -> Option<Fault> {
        if let Some(scripted) = self.script.pop_front() {
            return scripted;
        }
        let chance = self.chance.as_mut()?;
        let drawn = chance.draw();
        let kind = usize::try_from(chance.draw() % 8).ok()?;
        drawn.is_multiple_of(chance.one_in.max(1)).then(|| Fault::ALL.get(kind).copied()).flatten()
    }
}

impl Chance {
    /// Xorshift64*.
    fn draw(&mut self) -> u64 {
        self.state ^= self.state >> 12;
        self.state ^= self.state << 25;
        self.state ^= self.state >> 27;
        self.state.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 16
    }
}
