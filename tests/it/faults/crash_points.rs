//! Every function dies after every number of polls, so between any two awaits. What it was woken with comes again.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::event::Event;
use super::scenario::{MORNING, Scenario};
use crate::world::World;

/// More polls than any of the events takes.
const POLLS_MAX: usize = 400;

/// What is left in the end: what matters in the table, and to whom was written.
#[derive(Debug)]
pub(super) struct End {
    table: BTreeMap<(String, String), Map<String, Value>>,
    written: Vec<String>,
}

impl End {
    /// I2 and I4: the end is the same whatever happened on the way.
    pub(super) fn assert_equals(&self, wanted: &Self, how: &str) {
        for (key, item) in &wanted.table {
            assert_eq!(self.table.get(key), Some(item), "{how}: {key:?}");
        }
        for (key, item) in &self.table {
            assert!(wanted.table.contains_key(key), "{how}: {item:?} should not be there");
        }
        assert_eq!(self.written, wanted.written, "{how}");
    }
}

/// Lets a world go on for two days after an event that came back, or did not, and looks what has become of it.
pub(super) async fn end(world: &World, scenario: Scenario, left: Option<Event>) -> End {
    world.mend();
    world.hand_again(left).await;
    for hour in ["2026-03-03T09:00:00Z", "2026-03-04T08:00:00Z"] {
        world.hour(hour).await;
    }
    world.assert_at_rest().await;
    world.assert_invariants().await;
    assert_told(world, scenario).await;
    let mut written: Vec<String> = world.mails().into_iter().map(|mail| mail.to).collect();
    written.extend(world.outside.texts.lock().unwrap().iter().map(|text| text.to.clone()));
    written.sort();
    let mut table = world.state().await;
    // When something was said is when it was said again.
    table.values_mut().for_each(|item| drop(item.remove("said")));
    // No two invocations have the same name.
    table.values_mut().for_each(|item| drop(item.remove("attempt")));
    End { table, written }
}

/// What only some of the scenarios are about.
async fn assert_told(world: &World, scenario: Scenario) {
    let statuses = |messages: Vec<(String, String)>| messages.into_iter().map(|(_, status)| status).collect::<Vec<_>>();
    match scenario {
        Scenario::Dispatch => {
            assert_eq!(statuses(world.messages("C2").await), ["withheld"]);
            for (debtor, to) in [("C1", "c1@customers.example"), ("C3", "c3@customers.example")] {
                let (statuses, written) = (statuses(world.messages(debtor).await), world.mails());
                let written = written.iter().filter(|mail| mail.to == to).count();
                // Sent and known; taken and its answer lost; or not even handed over, which nobody can tell apart.
                assert!(
                    statuses == ["sent"] && written == 1 || statuses == ["unknown"] && written <= 1,
                    "{statuses:?} {written}"
                );
            }
        }
        Scenario::Text => {
            let (statuses, written) = (statuses(world.messages("C1").await), world.outside.texts.lock().unwrap().len());
            assert!(
                statuses == ["sent"] && written == 1 || statuses == ["unknown"] && written <= 1,
                "{statuses:?} {written}"
            );
        }
        Scenario::StripeOther => {
            let items = world.table.items().await;
            let counted = items.iter().filter(|item| item["SK"] == "UNKNOWN#customer.created");
            assert_eq!(counted.map(|item| item["events"].as_i64().unwrap()).collect::<Vec<_>>(), [1]);
        }
        Scenario::File => {
            assert!(world.outside.objects.lock().unwrap().contains_key("results/demo/march.json"), "I4: no results");
        }
        _ => {}
    }
}

/// The end of a world in which nothing went wrong.
pub(super) async fn undisturbed(scenario: Scenario) -> End {
    let world = World::start().await;
    let event = scenario.prepare(&world).await;
    let left = world.hand(&event).await;
    assert_eq!(left.filter(|_| scenario.has_one_end()), None, "{scenario:?}");
    end(&world, scenario, None).await
}

async fn killed_at_every_poll(scenario: Scenario) {
    let wanted = undisturbed(scenario).await;
    for polls in 1..POLLS_MAX {
        let world = World::start().await;
        let event = scenario.prepare(&world).await;
        let sent = world.mails().len();
        let (done, left) = world.hand_and_kill(&event, polls).await;
        assert_eq!(world.now().to_string(), MORNING);
        world.assert_right(sent).await;
        let got = end(&world, scenario, left).await;
        if scenario.has_one_end() {
            got.assert_equals(&wanted, &format!("{scenario:?} killed after {polls} polls"));
        }
        if done {
            return;
        }
    }
    panic!("{scenario:?} takes more than {POLLS_MAX} polls");
}

#[tokio::test]
async fn invoices_are_taken_in_once_wherever_ingest_dies() {
    killed_at_every_poll(Scenario::Invoices).await;
}

#[tokio::test]
async fn a_file_is_taken_in_once_wherever_ingest_dies() {
    killed_at_every_poll(Scenario::File).await;
}

#[tokio::test]
async fn a_run_reaches_every_shard_wherever_the_scan_dies() {
    killed_at_every_poll(Scenario::FanOut).await;
}

#[tokio::test]
async fn debtors_are_decided_once_wherever_the_scan_dies() {
    killed_at_every_poll(Scenario::Shards).await;
}

#[tokio::test]
async fn rules_charge_once_wherever_the_scan_dies() {
    killed_at_every_poll(Scenario::Charges).await;
}

#[tokio::test]
async fn messages_go_out_once_and_rightly_wherever_dispatch_dies() {
    killed_at_every_poll(Scenario::Dispatch).await;
}

#[tokio::test]
async fn a_text_message_goes_out_once_wherever_dispatch_dies() {
    killed_at_every_poll(Scenario::Text).await;
}

#[tokio::test]
async fn feedback_is_heard_once_wherever_it_dies() {
    killed_at_every_poll(Scenario::Heard).await;
}

#[tokio::test]
async fn payments_are_booked_once_wherever_the_webhook_dies() {
    killed_at_every_poll(Scenario::Payments).await;
}

#[tokio::test]
async fn a_payment_for_many_invoices_is_allocated_wherever_the_webhook_dies() {
    killed_at_every_poll(Scenario::Allocation).await;
}

#[tokio::test]
async fn a_payment_that_names_many_invoices_goes_where_it_says_wherever_the_webhook_dies() {
    killed_at_every_poll(Scenario::Named).await;
}

#[tokio::test]
async fn what_the_bank_takes_back_reopens_the_same_invoices_wherever_the_webhook_dies() {
    killed_at_every_poll(Scenario::Returned).await;
}

#[tokio::test]
async fn an_order_about_credit_is_carried_out_once_wherever_the_api_dies() {
    killed_at_every_poll(Scenario::Credit).await;
}

#[tokio::test]
async fn a_debtor_changes_its_group_once_wherever_the_api_dies() {
    killed_at_every_poll(Scenario::Amended).await;
}

#[tokio::test]
async fn groups_are_counted_once_and_told_of_wherever_the_projector_dies() {
    killed_at_every_poll(Scenario::GroupStream).await;
}

#[tokio::test]
async fn stripes_event_is_booked_once_wherever_the_webhook_dies() {
    killed_at_every_poll(Scenario::Stripe).await;
}

#[tokio::test]
async fn an_event_of_no_use_is_counted_once_wherever_the_webhook_dies() {
    killed_at_every_poll(Scenario::StripeOther).await;
}

#[tokio::test]
async fn commits_are_counted_once_and_told_wherever_the_projector_dies() {
    killed_at_every_poll(Scenario::Stream).await;
}
