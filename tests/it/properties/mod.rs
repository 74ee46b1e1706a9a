//! The invariants on random histories, through the handlers and the table. A history that breaks one is made as short as
//! possible and printed.

mod books;
mod sending;
mod stripe;

use std::collections::{BTreeMap, BTreeSet};

use proptest::test_runner::Config;
use serde_json::{Map, Value};

use crate::world::{World, number, text};

/// So many random histories, each in a world of its own.
fn histories(cases: u32) -> Config {
    Config { cases, max_shrink_iters: 40, failure_persistence: None, ..Config::default() }
}

pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// Items by debtor.
pub(crate) type Items = Vec<Map<String, Value>>;

impl World {
    /// I1: each invoice's entries sum to its balance, live or closed; those of an account without an invoice sum to minus
    /// what is unapplied. I8: whatever is summed is in one currency.
    pub(crate) async fn assert_ledger(&self) {
        let items = self.table.items().await;
        let mut of_invoice: BTreeMap<(String, String), (i64, BTreeSet<String>)> = BTreeMap::new();
        let mut of_account: BTreeMap<(String, String, String), i64> = BTreeMap::new();
        for entry in items.iter().filter(|item| text(item, "SK").contains("#ENTRY#")) {
            let (pk, amount) = (text(entry, "PK").to_owned(), number(entry, "amount"));
            let (portfolio, currency) = (text(entry, "portfolio").to_owned(), text(entry, "currency").to_owned());
            match entry.get("invoice").and_then(Value::as_str) {
                Some(invoice) => {
                    let (sum, currencies) = of_invoice.entry((pk, invoice.to_owned())).or_default();
                    *sum += amount;
                    currencies.insert(currency);
                }
                None => *of_account.entry((pk, portfolio, currency)).or_default() += amount,
            }
        }
        for invoice in invoices(&items) {
            let key = (text(invoice, "PK").to_owned(), text(invoice, "invoice").to_owned());
            let (sum, currencies) = of_invoice.remove(&key).unwrap_or_default();
            assert_eq!(sum, number(invoice, "balance"), "I1: entries of {key:?}");
            assert!(
                currencies.iter().all(|one| one == text(invoice, "currency")),
                "I8: entries of {key:?}: {currencies:?}"
            );
        }
        assert!(of_invoice.is_empty(), "I1: entries without an invoice: {of_invoice:?}");
        for head in items.iter().filter(|item| item["SK"] == "LIVE#DEBTOR") {
            for account in head["accounts"].as_array().unwrap() {
                let name = |field: &str| account[field].as_str().unwrap().to_owned();
                let allocating = account["allocating"].as_array().cloned().unwrap_or_default();
                let waiting: i64 = allocating.iter().map(|one| one["remaining"].as_i64().unwrap()).sum();
                let key = (text(head, "PK").to_owned(), name("portfolio"), name("currency"));
                let sum = of_account.remove(&key).unwrap_or_default();
                assert_eq!(sum, -(account["credit"].as_i64().unwrap() + waiting), "I1: unapplied credit of {key:?}");
            }
        }
        assert!(of_account.values().all(|sum| *sum == 0), "I1: entries without an account: {of_account:?}");
        self.assert_listed().await;
    }

    /// I3: no message twice. I8: a message speaks of one currency.
    pub(crate) async fn assert_messages(&self) {
        let mails = self.mails();
        let ids: BTreeSet<&str> = mails.iter().map(|mail| mail.message_id.as_str()).collect();
        assert_eq!(ids.len(), mails.len(), "I3: a message went out twice: {mails:?}");
        for mail in &mails {
            let currencies = ["EUR", "USD"].iter().filter(|currency| mail.text.contains(*currency)).count();
            assert_eq!(currencies, 1, "I8: {}", mail.text);
        }
        let items = self.table.items().await;
        let sent =
            items.iter().filter(|item| text(item, "SK").contains("#MESSAGE#") && item["status"] == "sent").count();
        let went_out = mails.len() + self.outside.texts.lock().unwrap().len();
        assert!(sent <= went_out, "{sent} are marked as sent, {went_out} went out");
    }
}

/// Every invoice, live or closed.
pub(crate) fn invoices(items: &Items) -> impl Iterator<Item = &Map<String, Value>> {
    items.iter().filter(|item| item.contains_key("standing"))
}
