//! Whether the text of a validation notice names what the notice holds.

use super::amounts::amounts;
use super::dates::dates;
use super::text::Plain;
use crate::duty::validation::ValidationNotice;
use crate::duty::wording::Wording;

/// What the text does not name of the notice: names as they are written, amounts and dates as they read.
pub(super) fn unsaid(notice: &ValidationNotice, body: &Plain, wording: &Wording) -> Vec<String> {
    let names = [&notice.collector, &notice.consumer, &notice.creditor_then, &notice.creditor_now, &notice.account];
    let names = names.into_iter().chain(&notice.electronic_dispute);
    let unnamed = names.filter(|name| !body.says(folded(name).trim())).cloned();

    let parts = notice.itemization;
    let sums = [parts.amount, parts.interest, parts.fees, parts.payments, parts.credits, notice.current];
    let told = amounts(body.words(), &[notice.current.currency()], &[]);
    // Nothing is told as nothing: it must stand there all the same.
    let untold = sums.into_iter().filter(|sum| {
        !told.iter().filter_map(|mention| mention.amount).any(|amount| amount.minor().abs() == sum.minor().abs())
    });

    let days = dates(body.words(), wording);
    let undated =
        [notice.reference.day(), notice.period_end].into_iter().filter(|day| !days.iter().any(|(_, it)| it == day));
    unnamed.chain(untold.map(|sum| sum.to_string())).chain(undated.map(|day| day.to_string())).collect()
}

fn folded(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}
