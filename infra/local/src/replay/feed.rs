//! Handing rows in through the API, as a tenant's own system would, and keeping account of what became of them.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::book::{DocumentRow, PaymentRow, Rejected, Row};
use super::error::ReplayError;
use crate::client::Client;
use crate::error::LocalError;

/// What one call of the API takes.
const BATCH: usize = 500;
/// A call that fails is made again, at most this often in all: every call can be repeated without effect.
const TRIES: u32 = 4;
/// Tokens last an hour.
const TOKEN_LASTS: Duration = Duration::from_secs(30 * 60);

/// What became of rows, by the API's word for it: `created`, `booked`, `rejected`.
pub(crate) type Outcomes = BTreeMap<String, usize>;

/// The way in.
pub(crate) struct Feed {
    client: Client,
    signed_in: Instant,
    invoices_file: String,
    payments_file: String,
    pub(crate) documents: Outcomes,
    pub(crate) payments: Outcomes,
    pub(crate) rejected: Vec<Rejected>,
}

impl Feed {
    pub(crate) fn new(client: Client, invoices_file: String, payments_file: String) -> Self {
        Self {
            client,
            signed_in: Instant::now(),
            invoices_file,
            payments_file,
            documents: Outcomes::new(),
            payments: Outcomes::new(),
            rejected: Vec::new(),
        }
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// Invoices and credit notes that were taken in or were there already.
    pub(crate) fn ingested(&self) -> usize {
        self.documents.iter().filter(|(status, _)| *status != "rejected").map(|(_, count)| count).sum()
    }

    pub(crate) fn post_documents(&mut self, rows: &[DocumentRow], at: Timestamp) -> Result<(), LocalError> {
        for batch in rows.chunks(BATCH) {
            let rows: Vec<&Row> = batch.iter().map(|row| &row.row).collect();
            let answer = self.post("/v1/invoices", "invoices", &rows, at)?;
            let file = self.invoices_file.clone();
            account(&answer, &rows, &file, &mut self.documents, &mut self.rejected)?;
        }
        Ok(())
    }

    pub(crate) fn post_payments(&mut self, rows: &[PaymentRow], at: Timestamp) -> Result<(), LocalError> {
        for batch in rows.chunks(BATCH) {
            let rows: Vec<&Row> = batch.iter().map(|row| &row.row).collect();
            let answer = self.post("/v1/payments", "payments", &rows, at)?;
            let file = self.payments_file.clone();
            account(&answer, &rows, &file, &mut self.payments, &mut self.rejected)?;
        }
        Ok(())
    }

    fn post(&mut self, path: &str, name: &str, rows: &[&Row], at: Timestamp) -> Result<Value, LocalError> {
        let rows: Vec<Value> = rows.iter().map(|row| row.json()).collect();
        let body = json!({ name: rows });
        let mut tries = 0;
        loop {
            if self.signed_in.elapsed() > TOKEN_LASTS {
                self.client.sign_in()?;
                self.signed_in = Instant::now();
            }
            tries += 1;
            let answer = self.client.api_post(path, &body, Some(at))?;
            if answer.is_success() {
                return Ok(answer.json);
            }
            if tries == TRIES || (400..500).contains(&answer.status) && ![401, 429].contains(&answer.status) {
                let what = format!("POST {path} at {at}");
                return Err(ReplayError::Api { what, status: answer.status, tries, body: answer.text }.into());
            }
            if answer.status == 401 {
                self.client.sign_in()?;
                self.signed_in = Instant::now();
            }
            std::thread::sleep(Duration::from_millis(200).saturating_mul(tries));
        }
    }
}

/// Counts the answers for a batch, and notes what was rejected under the row's line.
fn account(
    answer: &Value,
    rows: &[&Row],
    file: &str,
    outcomes: &mut Outcomes,
    rejected: &mut Vec<Rejected>,
) -> Result<(), ReplayError> {
    let unexpected = || ReplayError::unexpected("the API's answer", answer);
    let results = answer.get("results").and_then(Value::as_array).ok_or_else(unexpected)?;
    if results.len() != rows.len() {
        return Err(unexpected());
    }
    for result in results {
        let status = result.get("status").and_then(Value::as_str).ok_or_else(unexpected)?;
        *outcomes.entry(status.to_owned()).or_default() += 1;
        if status != "rejected" {
            continue;
        }
        let index = result.get("index").and_then(Value::as_u64).and_then(|index| usize::try_from(index).ok());
        let line = index.and_then(|index| rows.get(index)).ok_or_else(unexpected)?.line;
        let errors = result.get("errors").and_then(Value::as_array).ok_or_else(unexpected)?;
        for error in errors {
            let text = |name| error.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
            rejected.push(Rejected { file: file.to_owned(), line, column: text("field"), reason: text("reason") });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(line: u64) -> Row {
        Row { line, fields: vec![("invoice_number", format!("I{line}"))] }
    }

    #[test]
    fn each_answer_is_counted_and_a_rejection_leads_back_to_its_line() {
        let answer = json!({ "results": [
            { "index": 0, "status": "created", "errors": [] },
            { "index": 1, "status": "rejected", "errors": [
                { "field": "amount", "reason": "is missing" }, { "field": "due_date", "reason": "is missing" }] },
        ]});
        let (mut outcomes, mut rejected) = (Outcomes::new(), Vec::new());
        account(&answer, &[&row(2), &row(7)], "invoices.csv", &mut outcomes, &mut rejected).unwrap();
        assert_eq!(outcomes, Outcomes::from([("created".to_owned(), 1), ("rejected".to_owned(), 1)]));
        let found: Vec<(u64, &str)> = rejected.iter().map(|one| (one.line, one.column.as_str())).collect();
        assert_eq!(found, [(7, "amount"), (7, "due_date")]);
    }

    #[test]
    fn an_answer_that_leaves_a_row_out_is_refused() {
        let answer = json!({ "results": [{ "index": 0, "status": "created" }] });
        let counted = account(&answer, &[&row(2), &row(3)], "f", &mut Outcomes::new(), &mut Vec::new());
        assert!(matches!(counted, Err(ReplayError::Unexpected { .. })));
    }

    #[test]
    fn a_row_is_sent_with_its_columns_and_nothing_else() {
        assert_eq!(row(2).json(), json!({ "invoice_number": "I2" }));
    }
}
