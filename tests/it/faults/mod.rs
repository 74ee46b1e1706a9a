//! What may go wrong goes wrong: functions die between any two awaits, services fail in every way that they can, events
//! come broken, twice and out of order, clocks jump. Afterwards the invariants hold and nothing is left undone.
//!
//! | module | what it is about |
//! | --- | --- |
//! | [`budget`] | messages and a call race for the last slot of a cap |
//! | [`event`] | events, handed over again until they are taken |
//! | [`scenario`] | for each function a world and an event that makes it do all that it does |
//! | [`crash_points`] | the function dies after every number of polls |
//! | [`injected`] | every request fails in every way |
//! | [`many`] | a payment over a thousand invoices dies after every commit |
//! | [`history`], [`random`] | long histories of both at random; a seed replays one |
//! | [`poison`] | events and items that cannot be read |
//! | [`trial`] | thousands of messages, and a judge who looks at what left |
//! | [`two_at_once`] | two of everything, step by step between each other |

mod budget;
mod crash_points;
mod event;
mod history;
mod injected;
mod many;
mod poison;
mod random;
mod scenario;
mod trial;
mod two_at_once;

use dunlin_testkit::faults::Faults;
use jiff::SignedDuration;
use serde_json::{Map, Value};

use self::event::Event;
use crate::properties::{Items, invoices};
use crate::world::{SentMail, SesAnswer, World, number, text};

/// How long after a failure an event is handed over again: SQS's visibility timeout, which is longer than a lease.
const HANDED_AGAIN_AFTER: SignedDuration = SignedDuration::from_mins(6);

impl World {
    /// From now on all is well with every service.
    fn mend(&self) {
        self.table.dynamo().fail(Faults::none());
        *self.outside.faults.lock().unwrap() = Faults::none();
        *self.outside.bus_failures.lock().unwrap() = 0;
        self.outside.answer(SesAnswer::Taken);
    }

    fn wait(&self, time: SignedDuration) {
        self.set_clock(&self.now().checked_add(time).unwrap().to_string());
    }

    /// Hands over again what came back, as AWS would, until it is taken.
    async fn hand_again(&self, event: Option<Event>) {
        let mut left = event;
        for _ in 0..4 {
            let Some(event) = left else { return };
            self.wait(HANDED_AGAIN_AFTER);
            left = self.hand(&event).await;
        }
        assert!(left.is_none(), "nothing is wrong any more, and yet it comes back: {left:?}");
    }

    /// I1, I3 and I8, counters and I7, at any time at which the stream has been read.
    async fn assert_invariants(&self) {
        self.assert_ledger().await;
        self.assert_messages().await;
        self.assert_counted().await;
        self.assert_audited().await;
        self.assert_grouped().await;
        self.assert_replayed().await;
    }

    /// I5: what went out since then lists what is open, and asks for exactly that. Nothing else may have happened since.
    async fn assert_right(&self, sent_before: usize) {
        let mails = self.mails();
        if mails.len() > sent_before {
            let items = self.table.items().await;
            mails.iter().skip(sent_before).for_each(|mail| assert_mail_is_right(mail, &items));
        }
    }

    /// Nothing is under way, nothing waits to be handed over, and nothing is due.
    async fn assert_at_rest(&self) {
        assert_eq!(self.take_queue(), [""; 0], "the dispatch queue");
        assert!(self.table.new_heads().is_empty(), "the stream");
        for head in self.table.items().await.iter().filter(|item| item["SK"] == "LIVE#DEBTOR") {
            for account in head["accounts"].as_array().unwrap() {
                let busy = account.get("pending").or(account.get("allocating"));
                assert_eq!(busy, None, "of {}", text(head, "PK"));
            }
        }
        for shard in 0..dunlin_testkit::table::DUE_SHARDS {
            let due = self.table.store().due(shard, self.now(), 9, None).await.unwrap();
            assert!(due.debtors.is_empty(), "{due:?}");
        }
    }
}

fn assert_mail_is_right(mail: &SentMail, items: &Items) {
    let mailbox = |item: &Map<String, Value>| {
        let contacts = item.get("profile")?["contacts"].as_array()?.clone();
        contacts.into_iter().find(|contact| contact["address"] == mail.to)
    };
    let (head, mailbox) = items.iter().find_map(|item| Some((item, mailbox(item)?))).unwrap();
    assert_eq!(mailbox.get("stopped"), None, "I5: {mail:?}");
    let currency = if mail.text.contains("USD") { "USD" } else { "EUR" };
    let account = head["accounts"].as_array().unwrap().iter().find(|account| account["currency"] == currency).unwrap();
    assert_eq!(account.get("in_flight").or(account.get("allocating")), None, "I5: {mail:?}");
    let mut due = -account["credit"].as_i64().unwrap();
    for invoice in invoices(items) {
        let name = text(invoice, "invoice").split_once('/').unwrap().1;
        if text(invoice, "PK") == text(head, "PK") && mail.text.contains(&format!("  {name}: {currency} ")) {
            assert!(number(invoice, "balance") > 0, "I5: {name} is settled, and yet: {}", mail.text);
            due += number(invoice, "balance");
        }
    }
    let total = format!("Total: {currency} {}.{:02}\n", due / 100, due % 100);
    assert!(mail.text.contains(&total), "I5: {total} is open, and yet: {}", mail.text);
}
