//! What comes between a plan and its message: payments, holds, refusals, bounces; and what is heard of messages that left.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::judge::{Fact, What};
use super::people::cents;
use super::round::{Round, Waiting};
use crate::faults::event::Event;
use crate::feedback::{bounced, complained, delivered, replied, text_delivered};
use crate::world::{SentMail, SentText};

/// How many minutes a provider's word takes.
const LATE: [i64; 7] = [0, 1, 4, 10, 300, 1_700, 4_000];

impl Round {
    /// Something about one of the debtors that a batch of plans is about, in one of three cases.
    pub(super) fn come_between(&mut self, batch: &[Waiting]) -> Option<Waiting> {
        let picked = self.dice.index(batch.len());
        let Event::Planned(bodies) = &batch[picked].event else { return None };
        let planned: Value = serde_json::from_str(&bodies[0]).unwrap();
        let debtor = planned["detail"]["debtor"].as_str().unwrap().to_owned();
        if !self.dice.one_in(3) {
            return None;
        }
        match self.dice.below(8) {
            0 | 1 => self.pay(debtor, false),
            2 => self.pay(debtor, true),
            3 => Some(self.hold(debtor)),
            4 => self.stop(debtor),
            5 => self.unsubscribe(debtor),
            _ => self.hear_now(&debtor),
        }
    }

    fn tell(&mut self, kind: &str, event: Event, fact: Fact) -> Waiting {
        *self.figures.told.entry(kind.to_owned()).or_default() += 1;
        self.judge.announce(&fact);
        Waiting { event, from: self.world.now(), fact: Some(fact) }
    }

    fn mark(&mut self, of: char) -> String {
        self.facts += 1;
        format!("{of}{:06}", self.facts)
    }

    fn pay(&mut self, debtor: String, in_part: bool) -> Option<Waiting> {
        let invoices = &self.judge.people[&debtor].invoices;
        let open: Vec<(String, i64)> = invoices
            .iter()
            .filter(|(_, owed)| owed.unpromised > 1)
            .map(|(number, owed)| (number.clone(), owed.unpromised))
            .collect();
        if open.is_empty() {
            return None;
        }
        let (invoice, unpromised) = open[self.dice.index(open.len())].clone();
        let amount = if in_part { unpromised / 2 } else { unpromised };
        let mark = self.mark('P');
        let yesterday = self.world.now().checked_sub(SignedDuration::from_hours(24)).unwrap().to_string();
        let paid = json!({
            "payment_ref": mark, "invoice_number": invoice, "paid_on": &yesterday[..10], "amount": cents(amount),
            "currency": "EUR",
        });
        let fact = Fact { debtor, what: What::Paid(invoice, amount), mark: Some(mark) };
        let kind = if in_part { "payment in part" } else { "payment" };
        Some(self.tell(kind, Event::Payments(json!([paid])), fact))
    }

    fn hold(&mut self, debtor: String) -> Waiting {
        let mark = self.mark('H');
        let hours = 12 + i64::try_from(self.dice.below(100)).unwrap();
        let until = self.world.now().checked_add(SignedDuration::from_hours(hours)).unwrap();
        let hold = json!({ "reason": "manual", "until": until.to_string(), "note": mark });
        let event = Event::Held(debtor.clone(), mark.clone(), hold);
        self.tell("hold", event, Fact { debtor, what: What::Held(until), mark: Some(mark) })
    }

    /// `STOP` by text, from someone who got one.
    fn stop(&mut self, debtor: String) -> Option<Waiting> {
        let phone = self.judge.people[&debtor].phone.clone().filter(|_| self.judge.has_left(&debtor, "sms"))?;
        let mark = self.mark('R');
        let said = replied(&phone, &mark, "STOP", &self.world.now().to_string());
        let fact = Fact { debtor, what: What::Stopped(phone), mark: Some(mark) };
        Some(self.tell("STOP", Event::Heard(vec![said]), fact))
    }

    /// One click, by someone who got an e-mail.
    fn unsubscribe(&mut self, debtor: String) -> Option<Waiting> {
        let mailbox = self.judge.people[&debtor].mailbox.clone()?;
        let link = {
            let mails = self.world.outside.mails.lock().unwrap();
            mails.iter().find(|mail| mail.to == mailbox)?.headers["List-Unsubscribe"].clone()
        };
        let token = link.rsplit_once('/').unwrap().1.trim_end_matches('>').to_owned();
        let fact = Fact { debtor, what: What::Stopped(mailbox), mark: None };
        Some(self.tell("unsubscribe", Event::Unsubscribed(token), fact))
    }

    /// A provider's word about the debtor that would have come later.
    fn hear_now(&mut self, debtor: &str) -> Option<Waiting> {
        let is_about = |one: &Waiting| one.fact.as_ref().is_some_and(|fact| fact.debtor == debtor);
        let place = self.waiting.iter().position(is_about)?;
        let waiting = self.waiting.remove(place);
        Some(Waiting { from: self.world.now(), ..waiting })
    }

    /// Sooner or later SES says what became of a mail.
    pub(super) fn hear_of_mail(&mut self, mail: &SentMail) {
        let said_at = self.world.now().to_string();
        let debtor = mail.to.split_once('@').unwrap().0.to_uppercase();
        let stop = Fact { debtor, what: What::Stopped(mail.to.clone()), mark: None };
        let (kind, body, fact) = match self.dice.below(30) {
            0 | 1 => ("hard bounce", bounced(mail, "Permanent", &said_at), Some(stop)),
            2 | 3 => ("soft bounce", bounced(mail, "Transient", &said_at), None),
            4 => ("complaint", complained(mail, &said_at), Some(stop)),
            _ => ("delivery", delivered(mail, &said_at), None),
        };
        *self.figures.told.entry(kind.to_owned()).or_default() += 1;
        if kind.ends_with("bounce") {
            self.judge.bounces(mail);
        }
        if let Some(fact) = &fact {
            self.judge.announce(fact);
        }
        self.hear_later(body, fact);
    }

    /// The same of a text, where the carrier's word leads back to it.
    pub(super) fn hear_of_text(&mut self, text: &SentText) {
        let body = text_delivered(&text.provider_id, self.world.now());
        self.hear_later(body, None);
    }

    fn hear_later(&mut self, body: String, fact: Option<Fact>) {
        if self.is_deaf {
            return;
        }
        let minutes = self.dice.pick(&LATE);
        let from = self.world.now().checked_add(SignedDuration::from_mins(minutes)).unwrap();
        self.wait_for_fact(Event::Heard(vec![body]), from, fact);
    }
}
