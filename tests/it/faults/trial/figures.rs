//! What a trial counts.

use std::collections::BTreeMap;
use std::fmt;

/// The figures of a trial, or of a round of it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Figures {
    pub(super) rounds: u64,
    pub(super) mails: u64,
    pub(super) texts: u64,
    /// What went wrong, by kind.
    pub(super) injected: BTreeMap<String, u64>,
    /// What was told of debtors, by kind.
    pub(super) told: BTreeMap<String, u64>,
    /// Messages that were withheld, by rule.
    pub(super) withheld: BTreeMap<String, u64>,
    /// Messages of which something was committed between their claim and their leaving.
    pub(super) crossed: u64,
    /// Messages that were unknown until a provider's word proved that they had left.
    pub(super) settled: u64,
    /// Messages that stay unknown, because nothing left: their attempt died, or was not heard, before.
    pub(super) never_left: u64,
    /// Texts that left without an answer: nothing that carriers say leads back to them.
    pub(super) unanswered_texts: u64,
    pub(super) wrong: Vec<String>,
    pub(super) duplicates: Vec<String>,
    pub(super) lost: Vec<String>,
    pub(super) unsettled: Vec<String>,
}

impl Figures {
    pub(super) fn sends(&self) -> u64 {
        self.mails + self.texts
    }

    /// Whether nothing happened that must not.
    pub(super) fn is_clean(&self) -> bool {
        [&self.wrong, &self.duplicates, &self.lost, &self.unsettled].into_iter().all(Vec::is_empty)
    }

    pub(super) fn inject(&mut self, kind: &str, times: u64) {
        *self.injected.entry(kind.to_owned()).or_default() += times;
    }

    pub(super) fn add(&mut self, round: Self) {
        for (sum, one) in [
            (&mut self.rounds, round.rounds),
            (&mut self.mails, round.mails),
            (&mut self.texts, round.texts),
            (&mut self.crossed, round.crossed),
            (&mut self.settled, round.settled),
            (&mut self.never_left, round.never_left),
            (&mut self.unanswered_texts, round.unanswered_texts),
        ] {
            *sum += one;
        }
        for (sums, ones) in
            [(&mut self.injected, round.injected), (&mut self.told, round.told), (&mut self.withheld, round.withheld)]
        {
            ones.into_iter().for_each(|(kind, times)| *sums.entry(kind).or_default() += times);
        }
        for (all, some) in [
            (&mut self.wrong, round.wrong),
            (&mut self.duplicates, round.duplicates),
            (&mut self.lost, round.lost),
            (&mut self.unsettled, round.unsettled),
        ] {
            all.extend(some);
        }
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "sends {}: {} e-mails, {} texts, in {} rounds", self.sends(), self.mails, self.texts, self.rounds)?;
        for (heading, kinds) in
            [("injected", &self.injected), ("told meanwhile", &self.told), ("withheld", &self.withheld)]
        {
            writeln!(f, "{heading} {}", kinds.values().sum::<u64>())?;
            for (kind, times) in kinds {
                writeln!(f, "  {kind} {times}")?;
            }
        }
        writeln!(f, "crossed by what was committed after the claim {}", self.crossed)?;
        writeln!(f, "unknown, settled by a provider's word {}", self.settled)?;
        writeln!(f, "unknown, and nothing had left {}", self.never_left)?;
        writeln!(f, "unknown texts, which no word leads back to {}", self.unanswered_texts)?;
        for (heading, found) in [
            ("wrong sends", &self.wrong),
            ("duplicates", &self.duplicates),
            ("lost", &self.lost),
            ("unknown, unsettled", &self.unsettled),
        ] {
            writeln!(f, "{heading} {}", found.len())?;
            for one in found.iter().take(10) {
                writeln!(f, "  {one}")?;
            }
        }
        Ok(())
    }
}
