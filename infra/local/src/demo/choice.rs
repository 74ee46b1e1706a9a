//! The debtor whose story is told: reminded, paid in parts, paid in full.

use std::collections::BTreeMap;

use crate::replay::{Records, number};

/// What counts for the choice.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Story {
    sent: usize,
    partial: usize,
    open: i64,
    lines: usize,
}

/// A story much longer than this is not read.
const LINES_AT_BEST: usize = 60;

/// The debtor with the best story: an invoice paid in parts and in full, at best nothing left open, the most reminders,
/// not too long.
pub(crate) fn debtor(records: &Records) -> Option<String> {
    let mut stories: BTreeMap<&str, Story> = BTreeMap::new();
    let settled = records.invoices.iter().filter(|invoice| invoice.balance == 0);
    let settled: BTreeMap<&str, i64> = settled.map(|invoice| (number(&invoice.invoice), invoice.total)).collect();
    for message in &records.messages {
        let story = stories.entry(&message.debtor).or_default();
        story.lines += 1;
        story.sent += usize::from(message.status == "sent");
    }
    for invoice in &records.invoices {
        let story = stories.entry(&invoice.debtor).or_default();
        story.lines += 1;
        story.open = story.open.saturating_add(invoice.balance);
    }
    for decision in &records.decisions {
        stories.entry(&decision.debtor).or_default().lines += 1;
    }
    for entry in &records.entries {
        let story = stories.entry(&entry.debtor).or_default();
        story.lines += 1;
        let total = entry.invoice.as_deref().and_then(|invoice| settled.get(number(invoice)));
        let partial = entry.kind == "payment" && total.is_some_and(|total| entry.amount.saturating_neg() < *total);
        story.partial += usize::from(partial);
    }
    let rank = |story: &Story| {
        // A credit note and a payment are two parts as well, but a payment alone is never one.
        (story.partial > 1, story.open == 0, story.lines <= LINES_AT_BEST, story.sent, usize::MAX - story.lines)
    };
    let best = stories.into_iter().filter(|(_, story)| story.sent > 0).max_by_key(|(_, story)| rank(story));
    best.map(|(debtor, _)| debtor.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replay::{Entry, Invoice, Message};

    fn add(records: &mut Records, debtor: &str, sent: usize, balance: i64, paid: &[i64]) {
        let invoice = format!("main/{debtor}");
        records.invoices.push(Invoice {
            debtor: debtor.into(),
            invoice: invoice.clone(),
            currency: "GBP".into(),
            total: 100,
            balance,
            status: String::new(),
        });
        for amount in paid {
            let entry = Entry {
                debtor: debtor.into(),
                kind: "payment".into(),
                invoice: Some(invoice.clone()),
                amount: -amount,
            };
            records.entries.push(entry);
        }
        for index in 0..sent {
            records.messages.push(Message {
                debtor: debtor.into(),
                message_id: format!("{debtor}{index}"),
                portfolio: "main".into(),
                currency: "GBP".into(),
                step: String::new(),
                stage: String::new(),
                cycle: String::new(),
                channel: String::new(),
                lines: vec![],
                amount_due: 1,
                planned_at: "2026-03-02T08:00:00Z".parse().unwrap(),
                settled_at: None,
                status: "sent".into(),
            });
        }
    }

    #[test]
    fn who_paid_in_parts_and_in_full_after_reminders_is_preferred() {
        let mut records = Records::default();
        add(&mut records, "never", 6, 100, &[]);
        add(&mut records, "at-once", 5, 0, &[100]);
        add(&mut records, "in-parts", 3, 0, &[40, 60]);
        add(&mut records, "in-parts-early", 1, 0, &[40, 60]);
        add(&mut records, "half-way", 4, 60, &[40]);
        assert_eq!(debtor(&records).as_deref(), Some("in-parts"));
    }

    #[test]
    fn nobody_is_chosen_where_nothing_was_sent() {
        let mut records = Records::default();
        add(&mut records, "silent", 0, 0, &[100]);
        assert_eq!(debtor(&records), None);
    }
}
