//! `summary.json`: the figures of a replay.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Serialize;

use super::error::ReplayError;
use super::feed::Outcomes;
use super::measure::{self, DSO_METHOD, Standing, decimal};
use super::plan::LeftOut;
use super::table::Records;
use crate::client::Client;
use crate::error::LocalError;

/// The figures of a replay. Amounts are decimal strings.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Summary {
    pub from: Option<Date>,
    pub to: Option<Date>,
    pub simulated_days: usize,
    pub hours_scanned: usize,
    pub wall_time_ms: u64,
    pub input: Input,
    /// Answers of the API for invoices and credit notes, by status.
    pub invoices_handed_in: BTreeMap<String, usize>,
    /// Answers of the API for payments, by status.
    pub payments_handed_in: BTreeMap<String, usize>,
    /// Rows of the input that were rejected; `rejected.csv` lists every complaint.
    pub rejected_rows: usize,
    pub left_out: BTreeMap<String, usize>,
    pub invoices: Vec<InvoiceCount>,
    /// What came in during the window.
    pub received: Vec<Received>,
    pub messages: usize,
    pub messages_by_status: BTreeMap<String, usize>,
    pub messages_by_step: Vec<StepCount>,
    pub tasks_by_step: BTreeMap<String, usize>,
    pub decisions: usize,
    /// What the emulator's inboxes hold.
    pub emails_in_mailbox: usize,
    pub sms_in_mailbox: usize,
    /// Messages in dead-letter queues: anything but 0 is a failure of the platform.
    pub dead_letters: u64,
    pub dso_method: &'static str,
    pub before: Option<Standing>,
    pub after: Option<Standing>,
}

/// Rows of the input files that could be read.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Input {
    pub invoice_rows: usize,
    pub payment_rows: usize,
    /// Rows from before the window that were brought in on its first day.
    pub opening_invoices: usize,
    pub opening_payments: usize,
}

/// Invoices as they ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InvoiceCount {
    pub currency: String,
    pub status: String,
    pub count: usize,
    pub amount: String,
    pub balance: String,
}

/// What came in, on one account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Received {
    pub portfolio: String,
    pub currency: String,
    pub payments: String,
    pub credit_notes: String,
}

/// Messages of one step, channel and status.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct StepCount {
    pub stage: String,
    pub step: String,
    pub channel: String,
    pub status: String,
    pub count: usize,
}

/// What the run itself knows.
pub(crate) struct Run<'a> {
    pub(crate) window: (Date, Date),
    pub(crate) days: usize,
    pub(crate) hours: usize,
    pub(crate) wall_time_ms: u64,
    pub(crate) input: Input,
    pub(crate) documents: &'a Outcomes,
    pub(crate) payments: &'a Outcomes,
    pub(crate) rejected_rows: usize,
    pub(crate) left_out: &'a LeftOut,
    pub(crate) before: Standing,
    pub(crate) after: Standing,
}

impl Summary {
    pub(crate) fn of(run: Run<'_>, records: &Records, client: &Client) -> Result<Self, LocalError> {
        let mut received = Vec::new();
        for account in &run.after.accounts {
            let sums = measure::sums(client, &account.portfolio, &account.currency, run.window)?;
            let sum = |name: &str| sums.get(name).copied().unwrap_or(0).saturating_neg();
            received.push(Received {
                portfolio: account.portfolio.clone(),
                currency: account.currency.clone(),
                payments: decimal(sum("payment"), &account.currency)?,
                credit_notes: decimal(sum("credit"), &account.currency)?,
            });
        }
        let mut dead_letters = 0;
        for address in client.stack().dead_letters.values() {
            let depth = client.sqs_depth(address)?;
            dead_letters += depth.waiting + depth.in_flight + depth.delayed;
        }
        Ok(Self {
            from: Some(run.window.0),
            to: Some(run.window.1),
            simulated_days: run.days,
            hours_scanned: run.hours,
            wall_time_ms: run.wall_time_ms,
            input: run.input,
            invoices_handed_in: run.documents.clone(),
            payments_handed_in: run.payments.clone(),
            rejected_rows: run.rejected_rows,
            left_out: left_out(run.left_out),
            invoices: invoices(records)?,
            received,
            messages: records.messages.len(),
            messages_by_status: count(records.messages.iter().map(|message| message.status.clone())),
            messages_by_step: steps(records),
            tasks_by_step: count(records.tasks.iter().map(|task| task.step.clone())),
            decisions: records.decisions.len(),
            emails_in_mailbox: client.mailbox()?.len(),
            sms_in_mailbox: client.sms()?.len(),
            dead_letters,
            dso_method: DSO_METHOD,
            before: Some(run.before),
            after: Some(run.after),
        })
    }

    /// As `--json` prints it and `summary.json` keeps it.
    ///
    /// # Errors
    /// [`ReplayError::Unexpected`]; there is no known way to come by it.
    pub fn json(&self) -> Result<String, ReplayError> {
        serde_json::to_string_pretty(self).map_err(|error| ReplayError::unexpected("the summary", error))
    }
}

fn left_out(left_out: &LeftOut) -> BTreeMap<String, usize> {
    let named = [
        ("invoices_settled_before_window", left_out.invoices_settled_before_window),
        ("invoices_issued_after_window", left_out.invoices_issued_after_window),
        ("payments_of_invoices_settled_before_window", left_out.payments_of_invoices_settled_before_window),
        ("payments_for_invoices_never_ingested", left_out.payments_for_invoices_never_ingested),
        ("payments_made_after_window", left_out.payments_made_after_window),
    ];
    named.map(|(name, count)| (name.to_owned(), count)).into()
}

fn count<T: Ord>(things: impl Iterator<Item = T>) -> BTreeMap<T, usize> {
    let mut counts = BTreeMap::new();
    for thing in things {
        *counts.entry(thing).or_default() += 1;
    }
    counts
}

fn invoices(records: &Records) -> Result<Vec<InvoiceCount>, ReplayError> {
    let mut groups: BTreeMap<(&str, &str), (usize, i64, i64)> = BTreeMap::new();
    for invoice in &records.invoices {
        let (count, total, balance) = groups.entry((&invoice.currency, &invoice.status)).or_default();
        *count += 1;
        *total = total.saturating_add(invoice.total);
        *balance = balance.saturating_add(invoice.balance);
    }
    let group = |((currency, status), (count, total, balance)): ((&str, &str), (usize, i64, i64))| {
        Ok(InvoiceCount {
            currency: currency.to_owned(),
            status: status.to_owned(),
            count,
            amount: decimal(total, currency)?,
            balance: decimal(balance, currency)?,
        })
    };
    groups.into_iter().map(group).collect()
}

/// In the order of the stages, then of the steps' names.
fn steps(records: &Records) -> Vec<StepCount> {
    let of = records.messages.iter().map(|message| StepCount {
        stage: message.stage.clone(),
        step: message.step.clone(),
        channel: message.channel.clone(),
        status: message.status.clone(),
        count: 0,
    });
    let mut steps: Vec<StepCount> = count(of).into_iter().map(|(step, count)| StepCount { count, ..step }).collect();
    const STAGES: [&str; 4] = ["upcoming", "early", "mid", "late"];
    // Reminders are named by their day, so a longer number comes later.
    steps.sort_by_key(|one| {
        let stage = STAGES.iter().position(|stage| *stage == one.stage);
        (stage, one.step.len(), one.step.clone(), one.channel.clone(), one.status.clone())
    });
    steps
}

#[cfg(test)]
mod tests {
    use super::super::table::{Invoice, Message};
    use super::*;

    fn message(stage: &str, step: &str, status: &str) -> Message {
        Message {
            debtor: "C1".into(),
            message_id: "m1".into(),
            portfolio: "main".into(),
            currency: "GBP".into(),
            step: step.into(),
            stage: stage.into(),
            cycle: "1".into(),
            channel: "email".into(),
            lines: vec![],
            amount_due: 1250,
            planned_at: "2026-03-02T08:00:00Z".parse().unwrap(),
            settled_at: None,
            status: status.into(),
        }
    }

    #[test]
    fn steps_are_counted_in_the_order_of_the_ladder() {
        let messages = vec![
            message("mid", "reminder-14", "sent"),
            message("early", "reminder-7", "sent"),
            message("early", "reminder-7", "withheld"),
            message("early", "reminder-1", "sent"),
            message("early", "reminder-1", "sent"),
            message("upcoming", "courtesy", "sent"),
        ];
        let steps = steps(&Records { messages, ..Records::default() });
        let found: Vec<(&str, &str, usize)> =
            steps.iter().map(|one| (one.step.as_str(), one.status.as_str(), one.count)).collect();
        assert_eq!(
            found,
            [
                ("courtesy", "sent", 1),
                ("reminder-1", "sent", 2),
                ("reminder-7", "sent", 1),
                ("reminder-7", "withheld", 1),
                ("reminder-14", "sent", 1)
            ]
        );
    }

    #[test]
    fn invoices_are_summed_by_currency_and_status_and_never_across() {
        let invoice = |currency: &str, status: &str, balance| Invoice {
            debtor: "C1".into(),
            invoice: "main/I".into(),
            currency: currency.into(),
            total: 1000,
            balance,
            status: status.into(),
        };
        let invoices_of = vec![invoice("GBP", "open", 400), invoice("GBP", "open", 1000), invoice("EUR", "paid", 0)];
        let counted = invoices(&Records { invoices: invoices_of, ..Records::default() }).unwrap();
        let found: Vec<(&str, usize, &str, &str)> = counted
            .iter()
            .map(|one| (one.currency.as_str(), one.count, one.amount.as_str(), one.balance.as_str()))
            .collect();
        assert_eq!(found, [("EUR", 1, "10.00", "0.00"), ("GBP", 2, "20.00", "14.00")]);
    }

    #[test]
    fn what_was_left_out_is_named_in_full() {
        let named = left_out(&LeftOut { payments_for_invoices_never_ingested: 3, ..LeftOut::default() });
        assert_eq!(named.len(), 5);
        assert_eq!(named["payments_for_invoices_never_ingested"], 3);
    }
}
