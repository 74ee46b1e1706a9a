//! What is left when a round is at rest: who should have been written to and was not, and what nobody knows.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::figures::Figures;
use super::round::Round;
use crate::world::{number, text};

/// A message's id in its sort key has so many characters.
const ID_LENGTH: usize = 32;

impl Round {
    pub(super) async fn count(mut self) -> Figures {
        let items = self.world.table.items().await;
        let mut taken: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for item in &items {
            let debtor = || text(item, "PK").rsplit_once('#').unwrap().1.to_owned();
            if let Some((_, name)) = text(item, "SK").split_once("#MESSAGE#") {
                self.count_message(name, item);
                if item["status"] == "unknown" {
                    taken.entry(debtor()).or_default().insert(text(item, "step").to_owned());
                }
            }
            if text(item, "SK").contains("#TASK#") {
                taken.entry(debtor()).or_default().insert(text(item, "step").to_owned());
            }
        }
        let proven: Vec<&str> = items.iter().filter_map(|item| text(item, "SK").strip_suffix(".proven")).collect();
        self.figures.settled = u64::try_from(proven.len()).unwrap();
        for item in items.iter().filter(|item| item.get("status").is_some_and(|status| status == "unknown")) {
            if !proven.contains(&text(item, "SK")) {
                self.count_unknown(item);
            }
        }
        self.count_lost(taken);
        self.count_books(&items);
        let (judge, mut figures) = (self.judge, self.figures);
        (figures.mails, figures.texts, figures.crossed) = (judge.mails, judge.texts, judge.crossed);
        (figures.wrong, figures.duplicates) = (judge.wrong, judge.duplicates);
        figures
    }

    fn count_message(&mut self, name: &str, item: &Map<String, Value>) {
        if item["status"] == "withheld" {
            for reason in item["reasons"].as_array().unwrap() {
                let rule = reason["rule"].as_str().unwrap().to_owned();
                *self.figures.withheld.entry(rule).or_default() += 1;
            }
        }
        if item["status"] == "sent" && self.judge.channel_of_left(&key(name)).is_none() {
            self.figures.lost.push(format!("{name} is marked as sent and did not leave"));
        }
    }

    fn count_unknown(&mut self, item: &Map<String, Value>) {
        let name = text(item, "SK").split_once("#MESSAGE#").unwrap().1;
        match self.judge.channel_of_left(&key(name)) {
            Some("email") => self.figures.unsettled.push(name.to_owned()),
            Some(_) => self.figures.unanswered_texts += 1,
            None => self.figures.never_left += 1,
        }
    }

    fn count_lost(&mut self, mut taken: BTreeMap<String, BTreeSet<String>>) {
        for (debtor, person) in &self.judge.people {
            let steps = taken.entry(debtor.clone()).or_default();
            steps.extend(self.judge.steps_left(debtor));
            let missing = person.missing(steps, self.world.now());
            self.figures.lost.extend(missing.iter().map(|step| format!("{step} of {debtor}")));
        }
    }

    /// What was told and answered is in the books.
    fn count_books(&mut self, items: &[Map<String, Value>]) {
        for invoice in items.iter().filter(|item| item.contains_key("standing")) {
            let debtor = text(invoice, "PK").rsplit_once('#').unwrap().1;
            let name = text(invoice, "invoice").split_once('/').unwrap().1;
            let known = self.judge.people.get(debtor).and_then(|person| person.invoices.get(name));
            if known.map(|owed| owed.open) != Some(number(invoice, "balance")) {
                self.figures.lost.push(format!("what was paid on {name}"));
            }
        }
    }
}

/// Message and attempt, as a message's sort key ends with them.
fn key(name: &str) -> (String, String) {
    let name = name.strip_suffix(".proven").unwrap_or(name);
    let (id, attempt) = name.split_at(ID_LENGTH.min(name.len()));
    (id.to_owned(), attempt.trim_start_matches('.').to_owned())
}
