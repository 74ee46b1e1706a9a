//! The files of `--out`.

use std::fs;
use std::path::Path;

use csv::Writer;

use super::book::Rejected;
use super::error::ReplayError;
use super::measure::decimal;
use super::summary::Summary;
use super::table::{AccountDecision, Decision, Invoice, Message, Reason, Records, number};
use crate::error::{LocalError, at};

const MESSAGES: [&str; 13] = [
    "message_id",
    "debtor_ref",
    "portfolio",
    "currency",
    "stage",
    "step",
    "cycle",
    "channel",
    "planned_at",
    "sent_at",
    "status",
    "amount_due",
    "invoice_numbers",
];
const DECISIONS: [&str; 10] = [
    "decided_at",
    "debtor_ref",
    "portfolio",
    "currency",
    "action",
    "step",
    "message_id",
    "policy",
    "inputs",
    "reasons",
];
const INVOICES: [&str; 6] = ["invoice_number", "debtor_ref", "currency", "amount", "balance", "status"];
const REJECTED: [&str; 4] = ["file", "line", "column", "reason"];

/// Writes all of them; those of an earlier replay are replaced.
pub(crate) fn write(
    folder: &Path,
    records: &Records,
    rejected: &[Rejected],
    summary: &Summary,
) -> Result<(), LocalError> {
    fs::create_dir_all(folder).map_err(at(folder))?;
    let messages = records.messages.iter().map(message_row).collect::<Result<Vec<_>, _>>()?;
    table(&folder.join("messages.csv"), &MESSAGES, messages)?;
    let decisions = records.decisions.iter().flat_map(|one| one.accounts.iter().map(move |account| (one, account)));
    table(&folder.join("decisions.csv"), &DECISIONS, decisions.map(decision_row))?;
    let invoices = records.invoices.iter().map(invoice_row).collect::<Result<Vec<_>, _>>()?;
    table(&folder.join("invoices.csv"), &INVOICES, invoices)?;
    table(&folder.join("rejected.csv"), &REJECTED, rejected.iter().map(rejected_row))?;
    let file = folder.join("summary.json");
    fs::write(&file, summary.json()? + "\n").map_err(at(&file))
}

fn table<const N: usize>(
    path: &Path,
    header: &[&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> Result<(), ReplayError> {
    let failed = |source: csv::Error| ReplayError::Csv { path: path.to_path_buf(), source };
    let mut writer = Writer::from_path(path).map_err(failed)?;
    writer.write_record(header).map_err(failed)?;
    for row in rows {
        writer.write_record(&row).map_err(failed)?;
    }
    writer.flush().map_err(|error| failed(error.into()))
}

fn message_row(message: &Message) -> Result<[String; 13], ReplayError> {
    let numbers: Vec<&str> = message.lines.iter().map(|line| number(&line.invoice)).collect();
    let sent_at = message.settled_at.filter(|_| message.status == "sent").map(|at| at.to_string());
    Ok([
        message.message_id.clone(),
        message.debtor.clone(),
        message.portfolio.clone(),
        message.currency.clone(),
        message.stage.clone(),
        message.step.clone(),
        message.cycle.clone(),
        message.channel.clone(),
        message.planned_at.to_string(),
        sent_at.unwrap_or_default(),
        message.status.clone(),
        decimal(message.amount_due, &message.currency)?,
        numbers.join(";"),
    ])
}

fn decision_row((decision, account): (&Decision, &AccountDecision)) -> [String; 10] {
    [
        decision.at.to_string(),
        decision.debtor.clone(),
        account.portfolio.clone(),
        account.currency.clone(),
        account.action.clone(),
        account.step.clone().unwrap_or_default(),
        account.message_id.clone().unwrap_or_default(),
        format!("{}@{}", decision.policy, decision.policy_version),
        decision.inputs.clone(),
        reasons(&account.reasons),
    ]
}

/// `overdue(+): 9 days since 2026-03-01; quiet_hours(-): until ..`.
pub(crate) fn reasons(reasons: &[Reason]) -> String {
    let one =
        |reason: &Reason| format!("{}({}): {}", reason.rule, if reason.speaks_for { '+' } else { '-' }, reason.detail);
    reasons.iter().map(one).collect::<Vec<_>>().join("; ")
}

fn invoice_row(invoice: &Invoice) -> Result<[String; 6], ReplayError> {
    Ok([
        number(&invoice.invoice).to_owned(),
        invoice.debtor.clone(),
        invoice.currency.clone(),
        decimal(invoice.total, &invoice.currency)?,
        decimal(invoice.balance, &invoice.currency)?,
        invoice.status.clone(),
    ])
}

fn rejected_row(rejected: &Rejected) -> [String; 4] {
    [rejected.file.clone(), rejected.line.to_string(), rejected.column.clone(), rejected.reason.clone()]
}

#[cfg(test)]
mod tests {
    use super::super::book::tests::scratch;
    use super::super::table::Line;
    use super::*;

    fn message(status: &str) -> Message {
        Message {
            debtor: "=C,1".into(),
            message_id: "m1".into(),
            portfolio: "main".into(),
            currency: "GBP".into(),
            step: "reminder-1".into(),
            stage: "early".into(),
            cycle: "1".into(),
            channel: "email".into(),
            lines: vec![Line { invoice: "main/I1".into() }, Line { invoice: "main/A/2".into() }],
            amount_due: 1250,
            planned_at: "2026-03-02T08:00:00Z".parse().unwrap(),
            settled_at: Some("2026-03-02T08:00:00Z".parse().unwrap()),
            status: status.into(),
        }
    }

    #[test]
    fn the_files_have_the_promised_columns_and_shapes() {
        let folder = scratch("output");
        let reason =
            |speaks_for| Reason { rule: "overdue".into(), speaks_for, detail: "1 day; since, \"then\"".into() };
        let account = AccountDecision {
            portfolio: "main".into(),
            currency: "GBP".into(),
            action: "send".into(),
            step: Some("reminder-1".into()),
            message_id: None,
            reasons: vec![reason(true), reason(false)],
        };
        let decision = Decision {
            debtor: "C1".into(),
            at: "2026-03-02T08:00:00Z".parse().unwrap(),
            policy: "default".into(),
            policy_version: 1,
            inputs: "abc".into(),
            accounts: vec![account],
        };
        let invoice = Invoice {
            debtor: "C1".into(),
            invoice: "main/I1".into(),
            currency: "JPY".into(),
            total: 1000,
            balance: 0,
            status: "paid".into(),
        };
        let records = Records {
            messages: vec![message("sent"), message("withheld")],
            decisions: vec![decision],
            invoices: vec![invoice],
            ..Records::default()
        };
        let rejected =
            Rejected { file: "invoices.csv".into(), line: 7, column: "amount".into(), reason: "is missing".into() };
        write(&folder, &records, &[rejected], &Summary::default()).unwrap();
        let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
        assert_eq!(
            read("messages.csv"),
            "message_id,debtor_ref,portfolio,currency,stage,step,cycle,channel,planned_at,sent_at,status,amount_due,invoice_numbers\n\
             m1,\"=C,1\",main,GBP,early,reminder-1,1,email,2026-03-02T08:00:00Z,2026-03-02T08:00:00Z,sent,12.50,I1;A/2\n\
             m1,\"=C,1\",main,GBP,early,reminder-1,1,email,2026-03-02T08:00:00Z,,withheld,12.50,I1;A/2\n"
        );
        assert_eq!(
            read("decisions.csv"),
            "decided_at,debtor_ref,portfolio,currency,action,step,message_id,policy,inputs,reasons\n\
             2026-03-02T08:00:00Z,C1,main,GBP,send,reminder-1,,default@1,abc,\
             \"overdue(+): 1 day; since, \"\"then\"\"; overdue(-): 1 day; since, \"\"then\"\"\"\n"
        );
        assert_eq!(
            read("invoices.csv"),
            "invoice_number,debtor_ref,currency,amount,balance,status\nI1,C1,JPY,1000,0,paid\n"
        );
        assert_eq!(read("rejected.csv"), "file,line,column,reason\ninvoices.csv,7,amount,is missing\n");
        assert!(read("summary.json").starts_with("{\n"));
        fs::remove_dir_all(folder).unwrap();
    }
}
