//! Every request of every function fails in every way that it can. The event is taken all the same or comes back, and
//! ends where it ends when nothing fails.

use dunlin_testkit::faults::{Fault, Faults};

use super::crash_points::{End, end, undisturbed};
use super::random::thorough;
use super::scenario::Scenario;
use crate::world::World;

/// Faults that the functions cannot tell apart: nothing has happened. One of them after the other is enough for all but
/// a thorough run.
const ALIKE: [Fault; 3] = [Fault::Throttled, Fault::Failed, Fault::Unreachable];

/// The faults to try on a request.
fn faults(asked: &str, number: usize) -> Vec<Fault> {
    let others = Fault::ALL.into_iter().filter(|fault| fault.befalls(asked));
    others.filter(|fault| thorough() || !ALIKE.contains(fault) || ALIKE[number % 3] == *fault).collect()
}

async fn every_request_fails(scenario: Scenario) {
    let (wanted, world) = (undisturbed(scenario).await, World::start().await);
    let event = scenario.prepare(&world).await;
    let (_, services) = (world.table.dynamo().take_asked(), *world.outside.asked.lock().unwrap());
    world.hand(&event).await;
    let (asked, services) = (world.table.dynamo().take_asked(), *world.outside.asked.lock().unwrap() - services);
    for (number, asked) in asked.iter().enumerate() {
        for fault in faults(asked, number) {
            let broken = Faults::after(number, fault);
            with_faults(scenario, &wanted, (broken, Faults::none()), &format!("{asked} {number} {fault:?}")).await;
        }
    }
    for number in 0..services {
        for fault in faults("", number) {
            let broken = Faults::after(number, fault);
            with_faults(scenario, &wanted, (Faults::none(), broken), &format!("service {number} {fault:?}")).await;
        }
    }
}

async fn with_faults(scenario: Scenario, wanted: &End, (table, services): (Faults, Faults), how: &str) {
    let world = World::without_retries().await;
    let event = scenario.prepare(&world).await;
    let sent = world.mails().len();
    world.table.dynamo().fail(table);
    *world.outside.faults.lock().unwrap() = services;
    let left = world.hand(&event).await;
    world.assert_right(sent).await;
    let got = end(&world, scenario, left).await;
    if scenario.has_one_end() {
        got.assert_equals(wanted, &format!("{scenario:?}, {how}"));
    }
}

/// Covers: where another transaction was at the counter, an event of no use was taken for counted.
#[tokio::test]
async fn an_event_of_no_use_is_counted_once_whatever_fails() {
    every_request_fails(Scenario::StripeOther).await;
}

/// The client's own retries meet what they did themselves: a request took effect, and nobody heard of it.
#[tokio::test]
async fn the_clients_own_retries_double_nothing() {
    for (scenario, first) in Scenario::ALL.into_iter().flat_map(|scenario| [(scenario, 0), (scenario, 2)]) {
        let (wanted, world) = (undisturbed(scenario).await, World::start().await);
        let event = scenario.prepare(&world).await;
        let sent = world.mails().len();
        let lost = (0..200).map(|request| (request % 5 == first).then_some(Fault::AnswerLost));
        world.table.dynamo().fail(Faults::script(lost));
        let left = world.hand(&event).await;
        world.assert_right(sent).await;
        let got = end(&world, scenario, left).await;
        if scenario.has_one_end() {
            got.assert_equals(&wanted, &format!("{scenario:?} from {first}"));
        }
    }
}

#[tokio::test]
async fn invoices_are_taken_in_once_whatever_fails() {
    every_request_fails(Scenario::Invoices).await;
}

#[tokio::test]
async fn a_file_is_taken_in_once_whatever_fails() {
    every_request_fails(Scenario::File).await;
}

#[tokio::test]
async fn a_run_reaches_every_shard_whatever_fails() {
    every_request_fails(Scenario::FanOut).await;
}

#[tokio::test]
async fn debtors_are_decided_once_whatever_fails() {
    every_request_fails(Scenario::Shards).await;
}

#[tokio::test]
async fn messages_go_out_once_and_rightly_whatever_fails() {
    every_request_fails(Scenario::Dispatch).await;
}

#[tokio::test]
async fn a_text_message_goes_out_once_whatever_fails() {
    every_request_fails(Scenario::Text).await;
}

#[tokio::test]
async fn feedback_is_heard_once_whatever_fails() {
    every_request_fails(Scenario::Heard).await;
}

#[tokio::test]
async fn payments_are_booked_once_whatever_fails() {
    every_request_fails(Scenario::Payments).await;
}

#[tokio::test]
async fn a_payment_for_many_invoices_is_allocated_whatever_fails() {
    every_request_fails(Scenario::Allocation).await;
}

#[tokio::test]
async fn a_payment_that_names_many_invoices_goes_where_it_says_whatever_fails() {
    every_request_fails(Scenario::Named).await;
}

#[tokio::test]
async fn what_the_bank_takes_back_reopens_the_same_invoices_whatever_fails() {
    every_request_fails(Scenario::Returned).await;
}

#[tokio::test]
async fn an_order_about_credit_is_carried_out_once_whatever_fails() {
    every_request_fails(Scenario::Credit).await;
}

#[tokio::test]
async fn a_debtor_changes_its_group_once_whatever_fails() {
    every_request_fails(Scenario::Amended).await;
}

#[tokio::test]
async fn groups_are_counted_once_and_told_of_whatever_fails() {
    every_request_fails(Scenario::GroupStream).await;
}

#[tokio::test]
async fn stripes_event_is_booked_once_whatever_fails() {
    every_request_fails(Scenario::Stripe).await;
}

#[tokio::test]
async fn commits_are_counted_once_and_told_whatever_fails() {
    every_request_fails(Scenario::Stream).await;
}
