//! I3 and I5: scans, payments and dispatches at random, late, twice, throttled and killed on the way.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use serde_json::json;

use super::{block_on, histories};
use crate::world::{SentMail, SesAnswer, World, killed_after};
use dunlin_testkit::build::draft;

/// Invoices `N0` to `N3`, two each of the debtors C0 and C1, 100.00 EUR each, due from 1 to 10 March.
const DUE: [&str; 4] = ["2026-03-02", "2026-03-06", "2026-03-01", "2026-03-10"];

#[derive(Debug, Clone)]
enum Step {
    /// Time goes by.
    Wait { hours: i64, minutes: i64 },
    /// It is the next morning, when messages go out.
    Morning,
    /// The scan runs, for the last full hour.
    Scan { kill: Option<usize> },
    /// The stream is read.
    Project,
    /// Messages of the queue are delivered; those chosen once more.
    Deliver { again: usize, kill: Option<usize> },
    /// An invoice is paid, in part or in full.
    Pay { n: usize, cents: i64 },
    /// How SES answers from now on.
    Ses(SesAnswer),
}

fn step() -> impl Strategy<Value = Step> {
    let kill = || prop::option::weighted(0.2, 1_usize..25);
    let answers = prop_oneof![
        3 => Just(SesAnswer::Taken),
        1 => Just(SesAnswer::Throttled),
        1 => Just(SesAnswer::Refused),
        1 => Just(SesAnswer::Lost),
        1 => Just(SesAnswer::TimedOut),
    ];
    prop_oneof![
        2 => (0_i64..30, 0_i64..60).prop_map(|(hours, minutes)| Step::Wait { hours, minutes }),
        3 => Just(Step::Morning),
        5 => kill().prop_map(|kill| Step::Scan { kill }),
        4 => Just(Step::Project),
        4 => (0_usize..4, kill()).prop_map(|(again, kill)| Step::Deliver { again, kill }),
        3 => (0_usize..4, prop_oneof![Just(10_000_i64), Just(2_500), Just(6_000)]).prop_map(|(n, cents)| Step::Pay { n, cents }),
        1 => answers.prop_map(Step::Ses),
    ]
}

/// What is known apart from the table: what each invoice still has open.
struct Model {
    open: BTreeMap<String, i64>,
    payments: usize,
    /// Every message that was ever in the queue.
    seen: Vec<String>,
}

impl Model {
    /// I5: a mail lists only what is open when it leaves, and asks for exactly that.
    fn check(&self, mail: &SentMail) {
        let listed: Vec<(&String, &i64)> =
            self.open.iter().filter(|(number, _)| mail.text.contains(number.as_str())).collect();
        assert!(!listed.is_empty(), "{}", mail.text);
        for (number, cents) in &listed {
            assert!(**cents > 0, "I5: {number} is settled, and yet: {}", mail.text);
        }
        let sum: i64 = listed.iter().map(|(_, cents)| **cents).sum();
        let total = format!("Total: EUR {}.{:02}\n", sum / 100, sum % 100);
        assert!(mail.text.contains(&total), "I5: {total} is open, and yet: {}", mail.text);
    }
}

fn clock(now: Timestamp) -> String {
    now.to_string()
}

async fn take(world: &World, model: &mut Model, step: &Step) {
    let sent = world.mails().len();
    match step {
        Step::Wait { hours, minutes } => {
            let later = SignedDuration::from_hours(*hours).checked_add(SignedDuration::from_mins(*minutes)).unwrap();
            world.set_clock(&clock(world.now().checked_add(later).unwrap()));
        }
        Step::Morning => {
            let today = jiff::tz::TimeZone::UTC.to_datetime(world.now()).date();
            world.set_clock(&format!("{}T08:00:00Z", today.tomorrow().unwrap()));
        }
        Step::Scan { kill } => {
            let now = world.now();
            let hour = clock(Timestamp::from_second(now.as_second() - now.as_second().rem_euclid(3_600)).unwrap());
            if let Some(polls) = kill {
                killed_after(*polls, world.scan_at(&hour)).await;
                // Its shards' messages are still in their queue.
            }
            world.scan_at(&hour).await;
            world.set_clock(&clock(now));
        }
        Step::Project => {
            world.project().await;
        }
        Step::Deliver { again, kill } => {
            let mut queue = world.take_queue();
            model.seen.extend(queue.iter().cloned());
            queue.extend(model.seen.iter().rev().take(*again).cloned());
            if let Some(polls) = kill {
                killed_after(*polls, world.deliver(&queue)).await;
            }
            let returned = world.deliver(&queue).await;
            world.queue.lock().unwrap().extend(returned);
        }
        Step::Pay { n, cents } => {
            let number = format!("N{n}");
            let cents = (*cents).min(model.open[&number]);
            if cents > 0 {
                model.payments += 1;
                let amount = format!("{}.{:02}", cents / 100, cents % 100);
                let results = world.post_payments(json!([{ "payment_ref": format!("P{}", model.payments), "invoice_number": number, "paid_on": "2026-03-01", "amount": amount, "currency": "EUR" }])).await;
                assert_eq!(results[0]["status"], "booked");
                *model.open.get_mut(&number).unwrap() -= cents;
            }
        }
        Step::Ses(answer) => world.outside.answer(*answer),
    }
    for mail in world.mails().iter().skip(sent) {
        model.check(mail);
    }
}

proptest! {
    #![proptest_config(histories(30))]

    #[test]
    fn nothing_is_sent_twice_and_nothing_wrong(steps in prop::collection::vec(step(), 5..45)) {
        block_on(async {
            let world = World::start().await;
            let invoices = DUE.iter().enumerate();
            world.has(invoices.map(|(n, due)| draft(&format!("C{}", n / 2), &format!("N{n}")).due(due).build())).await;
            let open = (0..DUE.len()).map(|n| (format!("N{n}"), 10_000)).collect();
            let mut model = Model { open, payments: 0, seen: Vec::new() };
            for step in &steps {
                take(&world, &mut model, step).await;
            }
            // Afterwards all is well, and the deployment comes to rest.
            world.outside.answer(SesAnswer::Taken);
            for _ in 0..3 {
                for step in [Step::Wait { hours: 7, minutes: 0 }, Step::Scan { kill: None }, Step::Project, Step::Deliver { again: 9, kill: None }] {
                    take(&world, &mut model, &step).await;
                }
            }
            world.pump().await;
            assert_eq!(world.counted_metric("WrongSend"), 0);
            world.assert_messages().await;
            world.assert_ledger().await;
            world.assert_counted().await;
            world.assert_audited().await;
            world.assert_replayed().await;
        });
    }
}
