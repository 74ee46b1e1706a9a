//! What a trial came to, in plain words.

use super::{Report, Trial};

impl Trial {
    /// What the candidate would have done otherwise, most important first; that it would have done the same where nothing
    /// differs.
    #[must_use]
    pub fn in_words(&self) -> Vec<String> {
        let instead = |thing: &str, what: &str, count: fn(&Report) -> u64| {
            let (old, new) = (count(&self.old), count(&self.new));
            (old != new).then(|| format!("{} {what} instead of {old}", counted(new, thing)))
        };
        let all = [
            instead("debtor", "would have been written to", |report| report.contacted),
            instead("message", "would have gone out", Report::contacts),
            instead("task", "would have been opened for people", |report| sum(report.tasks.values())),
            instead("message", "at most to one debtor", |report| report.most.into()),
            instead("message", "at most to one debtor within seven days", |report| report.most_in_a_week.into()),
        ];
        let mut words: Vec<String> = all.into_iter().flatten().collect();
        let seen = &self.comparison;
        for (debtors, how) in [
            (seen.only_new, "would have been written to by the candidate alone"),
            (seen.only_old, "would have been written to by the policy in use alone"),
            (seen.more, "would have got more messages"),
            (seen.less, "would have got fewer messages"),
            (seen.otherwise, "would have got as many messages, at another step, time or amount, or by another channel"),
        ] {
            if debtors > 0 {
                words.push(format!("{} {how}", counted(debtors, "debtor")));
            }
        }
        if words.is_empty() {
            words.push("every debtor would have got the same messages, and people the same tasks".to_owned());
        }
        words
    }
}

fn counted(times: u64, thing: &str) -> String {
    if times == 1 { format!("1 {thing}") } else { format!("{times} {thing}s") }
}

fn sum<'a>(counts: impl Iterator<Item = &'a u64>) -> u64 {
    counts.fold(0, |sum, times| sum.saturating_add(*times))
}
