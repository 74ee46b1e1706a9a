//! Two of everything on one table: the same event handed to two deployments at once, a second scan while the first runs,
//! a payment while a message goes out, clocks that jump. Nothing happens twice.

use std::pin::Pin;
use std::task::Poll;

use dunlin_testkit::build::draft;
use dunlin_testkit::dice::Dice;
use jiff::SignedDuration;
use serde_json::json;

use super::HANDED_AGAIN_AFTER;
use super::crash_points::{end, undisturbed};
use super::event::Event;
use super::random::thorough;
use super::scenario::{MORNING, Scenario, payment};
use crate::world::World;

/// More polls than an event takes.
const POLLS_MAX: usize = 400;

/// Polls a future so many times; its output if it was done by then.
pub(super) async fn polled<F: Future + ?Sized>(polls: usize, future: &mut Pin<Box<F>>) -> Option<F::Output> {
    let mut left = polls;
    std::future::poll_fn(move |context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        future.as_mut().poll(context).map(Some)
    })
    .await
}

/// Runs the second while the first rests after so many polls; whether the first was not done by then.
async fn meanwhile<A, B>(
    polls: usize,
    first: impl Future<Output = A>,
    second: impl Future<Output = B>,
) -> (bool, A, B) {
    let mut first = Box::pin(first);
    let done = polled(polls, &mut first).await;
    let (before, second) = (done.is_none(), second.await);
    let first = match done {
        Some(done) => done,
        None => first.await,
    };
    (before, first, second)
}

/// Runs both, a poll of this and a poll of that, as the dice fall.
pub(super) async fn at_once<A>(
    dice: &mut Dice,
    first: impl Future<Output = A>,
    second: impl Future<Output = A>,
) -> [A; 2] {
    let (mut first, mut second) = (Box::pin(first), Box::pin(second));
    let (mut one, mut other) = (None, None);
    while one.is_none() || other.is_none() {
        let polls = 1 + dice.index(3);
        if one.is_none() && (other.is_some() || dice.one_in(2)) {
            one = polled(polls, &mut first).await;
        } else {
            other = polled(polls, &mut second).await;
        }
    }
    [one.unwrap(), other.unwrap()]
}

/// The same event handed to two deployments at once, as the dice fall.
async fn handed_to_two(scenario: Scenario, seed: u64, wanted: &super::crash_points::End) {
    let (mut dice, world) = (Dice::new(seed), World::start().await);
    let twin = world.beside();
    let event = scenario.prepare(&world).await;
    let sent = world.mails().len();
    let [left, again] = at_once(&mut dice, world.hand(&event), twin.hand(&event)).await;
    world.assert_right(sent).await;
    world.hand_again(again).await;
    let got = end(&world, scenario, left).await;
    if scenario.has_one_end() {
        got.assert_equals(wanted, &format!("{scenario:?}, seed {seed}"));
    }
}

#[tokio::test]
async fn two_deployments_on_one_table_do_nothing_twice() {
    for scenario in Scenario::ALL {
        let wanted = undisturbed(scenario).await;
        for seed in 0..if thorough() { 100 } else { 2 } {
            handed_to_two(scenario, seed, &wanted).await;
        }
    }
}

#[tokio::test]
async fn a_message_that_two_workers_have_at_once_goes_out_once() {
    for polls in 1..POLLS_MAX {
        let (world, scenario) = (World::start().await, Scenario::Dispatch);
        let (event, twin) = (scenario.prepare(&world).await, world.beside());
        let (both, left, again) = meanwhile(polls, world.hand(&event), twin.hand(&event)).await;
        world.assert_right(0).await;
        world.hand_again(again).await;
        end(&world, scenario, left).await;
        assert_eq!(world.mails().len(), 2, "after {polls} polls");
        if !both {
            return;
        }
    }
    panic!("dispatch takes more than {POLLS_MAX} polls");
}

/// I5: a payment that is booked before the message is claimed keeps it back, wherever the worker is.
#[tokio::test]
async fn a_payment_while_a_message_goes_out_keeps_it_back_until_it_is_claimed() {
    for polls in 1..POLLS_MAX {
        let world = World::start().await;
        let planned = Scenario::Text.prepare(&world).await;
        let paid = Event::Payments(json!([payment("P1", "invoice_number", "I1", "100.00")]));
        let claimed_before = async {
            assert_eq!(world.hand(&paid).await, None);
            let items = world.table.items().await;
            let head = items.iter().find(|item| item["SK"] == "LIVE#DEBTOR").unwrap();
            let pending = head["accounts"][0].get("pending").cloned();
            // Either it is being sent, or it is over; one that is only planned may not leave any more.
            pending.is_none_or(|pending| pending.get("attempt").is_some())
        };
        let (both, left, claimed) = meanwhile(polls, world.hand(&planned), claimed_before).await;
        let texts = world.outside.texts.lock().unwrap().len();
        assert!(texts == 0 || claimed, "after {polls} polls");
        world.hand_again(left).await;
        world.hour("2026-03-03T09:00:00Z").await;
        world.assert_at_rest().await;
        world.assert_invariants().await;
        assert_eq!(world.outside.texts.lock().unwrap().len(), texts, "after {polls} polls");
        if !both {
            assert_eq!(texts, 1);
            return;
        }
    }
    panic!("dispatch takes more than {POLLS_MAX} polls");
}

/// The payment is listed on the look-up item that the invoice's commit replaces: whoever is first, they meet.
#[tokio::test]
async fn a_payment_on_account_and_the_invoice_that_it_names_do_not_miss_each_other() {
    for polls in 1..POLLS_MAX {
        let world = World::start().await;
        world.has([draft("C1", "I1").build()]).await;
        let (twin, mut paid) = (world.beside(), payment("P1", "debtor_ref", "C1", "100.00"));
        paid["allocations"] = json!([{ "invoice_number": "I9", "amount": "100.00" }]);
        let paid = Event::Payments(json!([paid]));
        let (both, left, ()) = meanwhile(polls, world.hand(&paid), twin.has([draft("C1", "I9").build()])).await;
        world.hand_again(left).await;
        let stand = (world.stands("I9").await.0, world.stands("I1").await.0);
        assert_eq!(stand, (0, 10_000), "after {polls} polls");
        world.assert_ledger().await;
        if !both {
            return;
        }
    }
    panic!("a payment takes more than {POLLS_MAX} polls");
}

async fn is_claimed(world: &World) -> bool {
    let items = world.table.items().await;
    let head = items.iter().find(|item| item["SK"] == "LIVE#DEBTOR").unwrap();
    head["accounts"][0]["pending"].get("attempt").is_some()
}

/// Covers: both wrote down that the attempt had fallen silent, and the one that lost the race for the head wrote over the
/// other's part of the audit log.
#[tokio::test]
async fn two_who_find_an_attempt_silent_leave_the_audit_log_whole() {
    for polls in 1..POLLS_MAX {
        let world = World::start().await;
        let planned = Scenario::Text.prepare(&world).await;
        for died_after in 1..POLLS_MAX {
            world.hand_and_kill(&planned, died_after).await;
            if is_claimed(&world).await {
                break;
            }
        }
        world.wait(HANDED_AGAIN_AFTER);
        let (twin, paid) = (world.beside(), payment("P1", "invoice_number", "I1", "40.00"));
        let paid = Event::Payments(json!([paid]));
        let (both, left, paid_left) = meanwhile(polls, world.hand(&paid), twin.hand(&planned)).await;
        world.assert_audited().await;
        world.hand_again(left).await;
        world.hand_again(paid_left).await;
        assert_eq!(
            world.messages("C1").await,
            [("reminder-1".to_owned(), "unknown".to_owned())],
            "after {polls} polls"
        );
        if !both {
            return;
        }
    }
    panic!("a payment takes more than {POLLS_MAX} polls");
}

#[tokio::test]
async fn a_second_scan_while_the_first_runs_plans_nothing_twice() {
    for polls in 1..POLLS_MAX {
        let world = World::start().await;
        let (shards, twin) = (Scenario::Shards.prepare(&world).await, world.beside());
        let next_hour = async {
            twin.scan_event(json!({ "time": "2026-03-03T09:00:00Z" })).await.unwrap();
            for body in twin.outside.take_scan_work() {
                twin.scan_event(crate::world::sqs(&[body])).await.unwrap();
            }
        };
        let (both, left, ()) = meanwhile(polls, world.hand(&shards), next_hour).await;
        end(&world, Scenario::Shards, left).await;
        assert_eq!((world.mails().len(), world.told("message.planned")), (3, 3), "after {polls} polls");
        if !both {
            return;
        }
    }
    panic!("a shard takes more than {POLLS_MAX} polls");
}

/// The clock of a debtor in Berlin goes forward on 29 March; those of the functions jump at random all the while.
#[tokio::test]
async fn clocks_that_jump_send_nothing_twice() {
    for seed in 0..if thorough() { 100 } else { 2 } {
        let (mut dice, world) = (Dice::new(seed), World::start().await);
        world.set_clock("2026-03-27T00:00:00Z");
        world.has([draft("C1", "I1").issued("2026-03-01").due("2026-03-26").zone("Europe/Berlin").build()]).await;
        for hour in 0..5 * 24 {
            world.set_clock(MORNING);
            let hours = (24 * 24) + hour - 8 + dice.pick(&[0, 0, 0, 1, -1]);
            world.wait(SignedDuration::from_hours(hours));
            let scheduled = world.now().to_string();
            if (4..20).contains(&(hour % 24)) {
                world.scan_at(&scheduled).await;
                world.wait(SignedDuration::from_mins(dice.pick(&[0, 0, 60, -60])));
                world.pump().await;
            }
        }
        world.assert_invariants().await;
        let mails = world.mails();
        assert_eq!(mails.len(), 1, "seed {seed}: {mails:?}");
        let local = mails[0].at.in_tz("Europe/Berlin").unwrap();
        assert!((8..20).contains(&local.hour()), "seed {seed}: at {local}");
    }
}
