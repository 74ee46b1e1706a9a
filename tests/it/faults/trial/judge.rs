//! The judge: says of every message that left whether it was right by all that was committed before its claim.
//!
//! It reads the table's stream, so it knows in which order things were committed, and goes by its own books of what was
//! told from outside. Of the table it takes a claim's word for what it is about, and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use dunlin_aws::mail::message_of;
use dunlin_testkit::table::image;
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::people::{Person, cents};
use crate::world::{SentMail, SentText, number, text};

/// Something that is told of a debtor from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fact {
    pub(super) debtor: String,
    pub(super) what: What,
    /// What stands in an item once the fact is committed. Without it, it counts from the answer.
    pub(super) mark: Option<String>,
}

/// What is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum What {
    /// So many cents were paid on an invoice.
    Paid(String, i64),
    /// Nothing may be sent before.
    Held(Timestamp),
    /// An address may not be used any more.
    Stopped(String),
}

/// What names a message that left: message and attempt.
type Key = (String, String);

/// A message that an attempt was about to send, as of its commit.
#[derive(Debug, Clone)]
struct Claim {
    debtor: String,
    step: (String, String),
    channel: String,
    lease_until: Timestamp,
    /// What each invoice is said to have open, in cents.
    lines: BTreeMap<String, i64>,
    amount: i64,
    /// Why it should not have been made.
    objections: Vec<String>,
    /// How many facts were known of the debtor.
    known: usize,
}

/// What is known, and what was found.
#[derive(Debug, Default)]
pub(super) struct Judge {
    pub(super) people: BTreeMap<String, Person>,
    /// Facts that are told and not known to be committed.
    open: Vec<Fact>,
    /// How many facts are known of each debtor.
    known: BTreeMap<String, usize>,
    claims: BTreeMap<Key, Claim>,
    /// The latest claim of a text to each debtor: texts carry nothing that leads back.
    texting: BTreeMap<String, Key>,
    left: BTreeMap<String, Vec<Key>>,
    /// How often a message of a step was said to have bounced, by debtor, cycle and step.
    bounced: BTreeMap<(String, (String, String)), usize>,
    pub(super) wrong: Vec<String>,
    pub(super) duplicates: Vec<String>,
    pub(super) mails: u64,
    pub(super) texts: u64,
    /// Messages of which something was committed between claim and leaving.
    pub(super) crossed: u64,
}

impl Judge {
    /// A fact is about to be told.
    pub(super) fn announce(&mut self, fact: &Fact) {
        if let What::Paid(invoice, amount) = &fact.what {
            let person = self.people.get_mut(&fact.debtor).unwrap();
            person.invoices.get_mut(invoice).unwrap().unpromised -= amount;
        }
        self.open.push(fact.clone());
    }

    /// Whoever told a fact was told that it is known. The stream has been read up to here.
    pub(super) fn answered(&mut self, fact: &Fact, now: Timestamp) {
        if let Some(place) = self.open.iter().position(|one| one == fact) {
            self.open.remove(place);
            self.know(fact, now);
        }
    }

    fn know(&mut self, fact: &Fact, now: Timestamp) {
        *self.known.entry(fact.debtor.clone()).or_default() += 1;
        let person = self.people.get_mut(&fact.debtor).unwrap();
        let today = person.today(now);
        match &fact.what {
            What::Paid(invoice, amount) => {
                let owed = person.invoices.get_mut(invoice).unwrap();
                owed.open -= amount;
                if owed.open == 0 {
                    person.disturbed = person.disturbed.max(Some(today));
                }
            }
            What::Held(until) => {
                person.held_until = person.held_until.max(Some(*until));
                person.disturbed = person.disturbed.max(Some(person.today(*until)));
            }
            What::Stopped(address) => {
                person.stopped.insert(address.clone());
            }
        }
    }

    /// A mail is about to be said to have bounced: its step may be tried once more.
    pub(super) fn bounces(&mut self, mail: &SentMail) {
        if let Some(claim) = self.claims.get(&key_of(mail)) {
            *self.bounced.entry((claim.debtor.clone(), claim.step.clone())).or_default() += 1;
        }
    }

    /// Reads the next record of the stream.
    pub(super) fn read(&mut self, record: &Value, now: Timestamp) {
        if !self.open.is_empty() {
            let said = record.to_string();
            let is_in = |fact: &Fact| fact.mark.as_ref().is_some_and(|mark| said.contains(mark));
            let (known, open) = std::mem::take(&mut self.open).into_iter().partition(is_in);
            self.open = open;
            let known: Vec<Fact> = known;
            known.iter().for_each(|fact| self.know(fact, now));
        }
        if record["dynamodb"]["Keys"]["SK"]["S"] == "LIVE#DEBTOR" {
            self.read_head(&image(record));
        }
    }

    fn read_head(&mut self, head: &Map<String, Value>) {
        for account in head.get("accounts").and_then(Value::as_array).into_iter().flatten() {
            let Some(pending) = account.get("pending").and_then(Value::as_object) else { continue };
            let Some(attempt) = pending.get("attempt").and_then(Value::as_array) else { continue };
            let plan = pending["plan"].as_object().unwrap();
            let word = |index: usize| attempt[index].as_str().unwrap().to_owned();
            let key = (text(plan, "message_id").to_owned(), word(0));
            if self.claims.contains_key(&key) {
                continue;
            }
            let debtor = text(head, "debtor").to_owned();
            let line = |line: &Value| {
                let line = line.as_object().unwrap();
                (text(line, "invoice").split_once('/').unwrap().1.to_owned(), number(line, "balance"))
            };
            let lines = plan["lines"].as_array().unwrap().iter().map(line).collect();
            let (at, to) = (text(head, "committed_at").parse().unwrap(), text(pending, "to"));
            let objections = self.objections(&debtor, at, to, &lines);
            let claim = Claim {
                step: (text(plan, "cycle").to_owned(), text(plan, "step").to_owned()),
                channel: text(plan, "channel").to_owned(),
                lease_until: word(1).parse().unwrap(),
                lines,
                amount: number(plan, "amount_due"),
                objections,
                known: self.known.get(&debtor).copied().unwrap_or_default(),
                debtor: debtor.clone(),
            };
            if claim.channel == "sms" {
                self.texting.insert(debtor, key.clone());
            }
            self.claims.insert(key, claim);
        }
    }

    /// What speaks against a message of which nothing but the claim is known yet.
    fn objections(&self, debtor: &str, at: Timestamp, to: &str, lines: &BTreeMap<String, i64>) -> Vec<String> {
        let person = &self.people[debtor];
        let mut found = Vec::new();
        if person.held_until.is_some_and(|until| until > at) {
            found.push("on hold".to_owned());
        }
        if person.may_not_be_written_to_at(to) {
            found.push(format!("{to} may not be used"));
        }
        for (invoice, asked) in lines {
            let open = person.invoices[invoice].open;
            if open != *asked {
                found.push(format!("{invoice} is asked for {asked} and has {open} open"));
            }
        }
        let today = person.today(at);
        let overdue = person.invoices.iter().filter(|(_, owed)| owed.open > 0 && owed.due < today);
        found.extend(overdue.filter(|(one, _)| !lines.contains_key(*one)).map(|(one, _)| format!("{one} is left out")));
        found
    }

    /// A mail left.
    pub(super) fn mail_left(&mut self, mail: &SentMail) {
        self.mails += 1;
        let key = key_of(mail);
        let says = |claim: &Claim| {
            let listed =
                claim.lines.iter().all(|(one, open)| mail.text.contains(&format!("  {one}: EUR {},", cents(*open))));
            let listed_all = mail.text.matches(": EUR ").count() == claim.lines.len() + 1;
            listed && listed_all && mail.text.contains(&format!("  Total: EUR {}\n", cents(claim.amount)))
        };
        self.left(&key, mail.at, says);
    }

    /// A text left, if it is one that was planned and no answer to a debtor's.
    pub(super) fn text_left(&mut self, text: &SentText) {
        if text.text.contains("you are unsubscribed") {
            return;
        }
        self.texts += 1;
        let debtor = self.people.iter().find(|(_, person)| person.phone.as_ref() == Some(&text.to)).map(|(id, _)| id);
        let key = debtor.and_then(|id| self.texting.get(id)).cloned().unwrap_or_default();
        self.left(&key, text.at, |claim| text.text.contains(&format!("EUR {}", cents(claim.amount))));
    }

    fn left(&mut self, key: &Key, at: Timestamp, says: impl Fn(&Claim) -> bool) {
        let Some(claim) = self.claims.get(key) else {
            self.wrong.push(format!("{key:?} left at {at} without a claim"));
            return;
        };
        let mut objections = claim.objections.clone();
        if !self.people[&claim.debtor].may_be_written_to(at) {
            objections.push("it is night, or no working day".to_owned());
        }
        if at >= claim.lease_until {
            objections.push("its lease was over".to_owned());
        }
        if !says(claim) || claim.lines.values().sum::<i64>() != claim.amount {
            objections.push("it says something else than was claimed".to_owned());
        }
        if !objections.is_empty() {
            self.wrong.push(format!("{} to {} at {at}: {}", claim.step.1, claim.debtor, objections.join(", ")));
        }
        if self.known.get(&claim.debtor).copied().unwrap_or_default() > claim.known {
            self.crossed += 1;
        }
        let before = self.left.entry(claim.debtor.clone()).or_default();
        let of_step = before.iter().filter(|one| self.claims[*one].step == claim.step).count();
        let tries = self.bounced.get(&(claim.debtor.clone(), claim.step.clone())).copied().unwrap_or_default();
        if before.iter().any(|one| one.0 == key.0) || of_step > tries {
            self.duplicates.push(format!("{} to {} at {at}", claim.step.1, claim.debtor));
        }
        before.push(key.clone());
    }

    /// Whether a message left, and on which channel.
    pub(super) fn channel_of_left(&self, key: &Key) -> Option<&str> {
        let claim = self.claims.get(key)?;
        self.left.get(&claim.debtor)?.contains(key).then_some(claim.channel.as_str())
    }

    /// Whether anything of a channel has left to a debtor.
    pub(super) fn has_left(&self, debtor: &str, channel: &str) -> bool {
        self.left.get(debtor).into_iter().flatten().any(|key| self.claims[key].channel == channel)
    }

    /// The steps of which a message left to a debtor.
    pub(super) fn steps_left(&self, debtor: &str) -> BTreeSet<String> {
        let left = self.left.get(debtor).into_iter().flatten();
        left.map(|key| self.claims[key].step.1.clone()).collect()
    }
}

fn key_of(mail: &SentMail) -> Key {
    let tags = mail.tags.iter().map(|(tag, value)| (tag.clone(), vec![value.clone()])).collect();
    let whose = message_of(&tags).unwrap();
    (whose.message.as_str().to_owned(), whose.attempt)
}
