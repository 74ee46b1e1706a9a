//! One budget for a debtor: messages of two accounts and a call of a person race for the last slot of a week, step by step
//! between each other. Exactly one gets it, and the others are told which rule keeps them back.

use std::pin::Pin;

use dunlin_testkit::build::{draft, eur, money};
use dunlin_testkit::dice::Dice;
use serde_json::{Value, json};

use super::random::thorough;
use super::scenario::MORNING;
use super::two_at_once::polled;
use crate::world::{TENANT, World, call_to};

/// The rule whose last slot is raced for: three contacts in a week are all to a consumer in Europe.
const RULE: &str = "PLATFORM.EUROPE.WEEK";

/// When there is a slot again: at eight in Berlin, on the first day that is a week after the first call.
const FREE: &str = "2026-03-06T07:00:00Z";

/// One who is after the slot.
type Racer<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

async fn call_api(world: &World, route: &str, body: &Value) -> (i64, Value) {
    let mut request = call_to(route, Some(TENANT), &json!({ "id": "C1" }), &json!({}), &body.to_string());
    request["requestContext"]["requestId"] = json!(format!("call at {}", body["at"]));
    world.call_api(request).await
}

/// `C1` is a consumer in Germany who was called twice this week and owes in two currencies; both messages are planned.
async fn with_one_slot_left() -> (World, Vec<String>) {
    let world = World::start().await;
    let late = |number, total| draft("C1", number).issued("2026-02-01").due("2026-03-02").total(total).build();
    world.has([late("I1", eur("100.00")), late("I2", money("100.00", "USD"))]).await;
    let person = json!({ "kind": "consumer", "country": "DE", "time_zone": "Europe/Berlin" });
    assert_eq!(call_api(&world, "PATCH /v1/debtors/{id}", &person).await.0, 200);
    for at in ["2026-02-27T10:00:00Z", "2026-03-02T00:00:00Z"] {
        let call = json!({ "medium": "call", "at": at, "made": true });
        assert_eq!(call_api(&world, "POST /v1/debtors/{id}/contacts", &call).await.0, 201);
    }
    world.scan_at(MORNING).await;
    while world.project().await {}
    let planned = world.take_queue();
    assert_eq!(planned.len(), 2, "a message for each currency");
    (world, planned)
}

/// Lets each go on for a few polls, as `next` says, until all are done.
async fn race(mut racers: Vec<Racer<'_>>, mut next: impl FnMut(usize) -> (usize, usize)) {
    while !racers.is_empty() {
        let (which, polls) = next(racers.len());
        if polled(polls, &mut racers[which]).await.is_some() {
            drop(racers.remove(which));
        }
    }
}

/// Two dispatchers and a person race, each in a deployment of its own; `order` puts them into the race.
async fn raced(order: [usize; 3], how: &str, next: impl FnMut(usize) -> (usize, usize)) -> &'static str {
    let (world, planned) = with_one_slot_left().await;
    let (other, desk) = (world.beside(), world.beside());
    let (mut answer, mut back) = (None, [Vec::new(), Vec::new()]);
    let [eur_back, usd_back] = &mut back;
    {
        let call = json!({ "medium": "call", "to": { "line": "wireless" } });
        let mut racers: Vec<Option<Racer<'_>>> = vec![
            Some(Box::pin(async { *eur_back = world.deliver(&planned[..1]).await })),
            Some(Box::pin(async { *usd_back = other.deliver(&planned[1..]).await })),
            Some(Box::pin(async { answer = Some(call_api(&desk, "POST /v1/debtors/{id}/contacts", &call).await) })),
        ];
        race(order.iter().filter_map(|racer| racers[*racer].take()).collect(), next).await;
    }
    assert_eq!(back, [Vec::<String>::new(), Vec::new()], "{how}: nothing comes back");
    let (status, answer) = answer.unwrap();
    let (sent, called) = (world.mails().len(), usize::from(status == 201));
    assert_eq!(sent + called, 1, "{how}: {status} {answer}");
    assert_eq!(world.debtor("C1").await.contacts.len(), 3, "{how}");
    if called == 0 {
        assert_eq!((status, &answer["refusals"][0]["rule"]), (409, &json!(RULE)), "{how}: {answer}");
        assert_eq!(answer["earliest"], json!(FREE), "{how}");
    }
    let mut statuses: Vec<_> = world.messages("C1").await.into_iter().map(|(_, status)| status).collect();
    statuses.sort();
    let expected: &[&str] = if called == 1 { &["withheld", "withheld"] } else { &["sent", "withheld"] };
    assert_eq!(statuses, expected, "{how}");
    let withheld = world.past("C1", "MESSAGE").await.into_iter().filter(|message| message["status"] == "withheld");
    for message in withheld {
        assert!(json!(message).to_string().contains(RULE), "{how}: {message:?}");
    }
    let items = world.table.items().await;
    let head = items.iter().find(|item| item["SK"] == "LIVE#DEBTOR").unwrap();
    assert_eq!(head["due_at"], json!(FREE), "{how}: what was kept back is tried again then");
    world.assert_audited().await;
    if called == 1 { "call" } else { "message" }
}

#[tokio::test]
async fn the_last_slot_of_a_week_goes_to_one_of_two_messages_and_a_call() {
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        // One after the other: who comes first gets it.
        let won = raced(order, &format!("in the order {order:?}"), |_| (0, usize::MAX)).await;
        assert_eq!(won, if order[0] == 2 { "call" } else { "message" });
    }
    let mut winners = std::collections::BTreeSet::new();
    for seed in 0..if thorough() { 300 } else { 12 } {
        let mut dice = Dice::new(seed);
        winners.insert(raced([0, 1, 2], &format!("seed {seed}"), |left| (dice.index(left), 1 + dice.index(3))).await);
    }
    assert_eq!(winners.len(), 2, "the dice let only one kind win: {winners:?}");
}
