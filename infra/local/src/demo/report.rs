//! What the demo prints.

use std::path::Path;

use super::layout::{Table, grouped};
use crate::replay::{AccountStanding, Standing, Summary};
use crate::stack::Description;

/// The figures, and one debtor's timeline.
pub(crate) fn of(summary: &Summary, timeline: Option<&str>, agreed: &str) -> String {
    let day = |day: Option<jiff::civil::Date>| day.map(|day| day.strftime("%-d %B %Y").to_string()).unwrap_or_default();
    let mut parts = vec![format!(
        "\nFrom {} to {}, in {} s: {} invoices and credit notes in, {} messages decided on.",
        day(summary.from),
        day(summary.to),
        summary.wall_time_ms / 1000,
        summary.invoices_handed_in.values().sum::<usize>(),
        summary.messages,
    )];
    parts.push(section("Invoices, as they ended", &invoices(summary)));
    parts.push(section("Reminders, by step and channel", &reminders(summary)));
    parts.push(section("Payments", &payments(summary)));
    parts.push(section("Aging by days overdue, and DSO, before and after", &standings(summary)));
    parts.push(format!("  DSO, {}.", summary.dso_method));
    if let Some(timeline) = timeline {
        parts.push(section("One debtor in full (times in UTC)", &format!("  {timeline}")));
    }
    parts.push(section("Agreed after that: a plan, a dispute, a settlement", agreed));
    parts.join("\n")
}

/// What to do now.
pub(crate) fn next(stack: &Description, debtor: Option<&str>, out: &Path, authorization: &Path) -> String {
    let Description { api_url, mailbox_url, sms_url, .. } = stack;
    let debtor = debtor.unwrap_or("D-0001");
    format!(
        "
Next
  The stack still runs.
  Mailbox   {mailbox_url}
  SMS       {sms_url}
  Files     {out}: every message, decision and invoice

  Ask the API yourself; the file holds the demo owner's token, which lasts an hour (`cargo local up` prints another):

  curl -H @{authorization} '{api_url}/v1/debtors/{debtor}'

  `cargo local replay --help` tells how to replay a book of your own, `cargo local down` stops the stack.",
        out = out.display(),
        authorization = authorization.display(),
    )
}

fn section(heading: &str, body: &str) -> String {
    format!("\n{heading}\n{body}")
}

fn invoices(summary: &Summary) -> String {
    let mut table = Table::new(2, &["currency", "status", "invoices", "amount", "still open"]);
    for one in &summary.invoices {
        let count = one.count.to_string();
        table.row(vec![one.currency.clone(), one.status.clone(), count, grouped(&one.amount), grouped(&one.balance)]);
    }
    table.text()
}

fn reminders(summary: &Summary) -> String {
    let mut table = Table::new(3, &["step", "stage", "channel", "sent", "withheld", "other"]);
    let mut rows: Vec<([&str; 3], [usize; 3])> = Vec::new();
    for one in &summary.messages_by_step {
        let words = [one.step.as_str(), one.stage.as_str(), one.channel.as_str()];
        if rows.last().is_none_or(|(last, _)| *last != words) {
            rows.push((words, [0; 3]));
        }
        let column = match one.status.as_str() {
            "sent" => 0,
            "withheld" => 1,
            _ => 2,
        };
        if let Some((_, counts)) = rows.last_mut()
            && let Some(count) = counts.get_mut(column)
        {
            *count += one.count;
        }
    }
    for (words, counts) in rows {
        let words = words.into_iter().map(str::to_owned);
        table.row(words.chain(counts.into_iter().map(|count| count.to_string())).collect());
    }
    for (step, count) in &summary.tasks_by_step {
        table.row(vec![step.clone(), "task for a person".to_owned(), String::new(), count.to_string()]);
    }
    table.text()
}

fn payments(summary: &Summary) -> String {
    let said: Vec<String> =
        summary.payments_handed_in.iter().map(|(status, count)| format!("{count} {status}")).collect();
    let mut table = Table::new(1, &["currency", "received", "credited"]);
    for one in &summary.received {
        table.row(vec![one.currency.clone(), grouped(&one.payments), grouped(&one.credit_notes)]);
    }
    format!("{}\n  handed in: {}", table.text(), said.join(", "))
}

fn standings(summary: &Summary) -> String {
    let standings = [&summary.before, &summary.after];
    let accounts = || standings.iter().copied().flatten().flat_map(|standing| &standing.accounts);
    let labels: Vec<String> =
        accounts().next().map(|one| one.aging.iter().map(|bucket| bucket.label()).collect()).unwrap_or_default();
    let mut header = vec!["currency", "as of"];
    header.extend(labels.iter().map(String::as_str));
    header.extend(["total", "DSO, days"]);
    let mut table = Table::new(2, &header);
    let row = |standing: &Standing, one: &AccountStanding| {
        let buckets = one.aging.iter().map(|bucket| grouped(&bucket.amount));
        let days = one.dso_countback_days.clone().unwrap_or_else(|| "n/a".to_owned());
        [one.currency.clone(), standing.as_of.to_string()]
            .into_iter()
            .chain(buckets)
            .chain([grouped(&one.receivables), days])
            .collect::<Vec<_>>()
    };
    let rows = standings.iter().copied().flatten();
    let mut rows: Vec<Vec<String>> =
        rows.flat_map(|standing| standing.accounts.iter().map(move |one| row(standing, one))).collect();
    rows.sort();
    rows.into_iter().for_each(|cells| table.row(cells));
    table.text()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replay::{InvoiceCount, Received, StepCount, standing_of};

    fn summary() -> Summary {
        let step = |step: &str, status: &str, count| StepCount {
            stage: "early".into(),
            step: step.into(),
            channel: "email".into(),
            status: status.into(),
            count,
        };
        Summary {
            from: Some("2026-01-01".parse().unwrap()),
            to: Some("2026-04-30".parse().unwrap()),
            invoices: vec![InvoiceCount {
                currency: "GBP".into(),
                status: "open".into(),
                count: 2,
                amount: "1234.50".into(),
                balance: "1000.00".into(),
            }],
            messages_by_step: vec![step("reminder-1", "sent", 5), step("reminder-1", "withheld", 1)],
            tasks_by_step: [("call-21".to_owned(), 3)].into(),
            payments_handed_in: [("booked".to_owned(), 7)].into(),
            received: vec![Received {
                portfolio: "main".into(),
                currency: "GBP".into(),
                payments: "99.00".into(),
                credit_notes: "0.00".into(),
            }],
            before: Some(standing_of(
                "2025-12-31".parse().unwrap(),
                "GBP",
                ["10.00", "0.00", "0.00", "0.00", "0.00"],
                Some("12.5"),
            )),
            after: Some(standing_of(
                "2026-04-30".parse().unwrap(),
                "GBP",
                ["5.00", "5.00", "0.00", "0.00", "0.00"],
                None,
            )),
            ..Summary::default()
        }
    }

    #[test]
    fn the_report_has_every_part() {
        let told = of(&summary(), Some("Granite Dental (D-0012), Europe/Berlin"), "  none");
        for part in [
            "From 1 January 2026 to 30 April 2026",
            "GBP       open           2  1,234.50    1,000.00",
            "reminder-1  early              email       5         1      0",
            "call-21     task for a person              3",
            "handed in: 7 booked",
            "GBP       2025-12-31    10.00  0.00   0.00   0.00  0.00  10.00       12.5",
            "GBP       2026-04-30     5.00  5.00   0.00   0.00  0.00  10.00        n/a",
            "Granite Dental (D-0012)",
        ] {
            assert!(told.contains(part), "{part:?} is not in:\n{told}");
        }
    }
}
