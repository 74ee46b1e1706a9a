//! What is written to whom, and when. `I1` is over 100.00 EUR and due on Monday, 2 March 2026.

use dunlin_testkit::build::{credit_note, draft, eur, for_debtor, for_invoice, money, payment};
use serde_json::json;

use crate::world::{World, text};

/// Terms so short that no courtesy comes before.
const SHORT: &str = "2026-03-01";

#[tokio::test]
async fn the_first_step_after_due_comes_on_its_day_and_once() {
    let world = World::start().await;
    world.has([draft("C1", "I1").issued(SHORT).build()]).await;
    world.hour("2026-03-02T12:00:00Z").await;
    assert_eq!(world.mails().len(), 0, "due today is not late");
    world.hour("2026-03-03T07:00:00Z").await;
    assert_eq!(world.mails().len(), 0, "before the contact hours");
    world.hour("2026-03-03T08:00:00Z").await;
    let mails = world.mails();
    assert_eq!(mails.len(), 1);
    assert_eq!((mails[0].to.as_str(), mails[0].subject.as_str()), ("c1@customers.example", "Invoice I1 from demo Ltd"));
    assert!(mails[0].text.contains("EUR 100.00"), "{}", mails[0].text);
    world.days("2026-03-03", "2026-03-08").await;
    assert_eq!(world.messages("C1").await, [("reminder-1".into(), "sent".into())]);
}

#[tokio::test]
async fn an_unpaid_invoice_climbs_the_whole_ladder() {
    let world = World::start().await;
    world.set_clock("2026-02-20T00:00:00Z");
    world.has([draft("C1", "I1").build()]).await;
    world.days("2026-02-20", "2026-04-20").await;
    let sent: Vec<_> = world.mails().iter().map(|mail| mail.at.to_string()[..13].to_owned()).collect();
    assert_eq!(sent, ["2026-02-27T08", "2026-03-03T08", "2026-03-09T08", "2026-03-16T08", "2026-04-01T08"]);
    let steps: Vec<String> = world.messages("C1").await.into_iter().map(|(step, _)| step).collect();
    assert_eq!(steps, ["courtesy", "reminder-1", "reminder-7", "reminder-14", "final-notice-30"]);
    let tasks = world.past("C1", "TASK").await;
    let tasks: Vec<(&str, &str)> = tasks.iter().map(|task| (text(task, "step"), text(task, "kind"))).collect();
    assert_eq!(tasks, [("call-21", "call"), ("late-stage-45", "hand_over")]);
    assert!(
        world.table.store().due(0, world.now(), 9, None).await.unwrap().debtors.is_empty(),
        "nothing is left to do"
    );
    assert!(
        world.table.store().due(1, world.now(), 9, None).await.unwrap().debtors.is_empty(),
        "nothing is left to do"
    );
}

#[tokio::test]
async fn a_weekend_defers_to_the_next_working_day() {
    let world = World::start().await;
    world.has([draft("C1", "I1").issued("2026-03-05").due("2026-03-06").build()]).await;
    world.days("2026-03-07", "2026-03-08").await;
    assert_eq!(world.mails().len(), 0);
    world.hour("2026-03-09T08:00:00Z").await;
    assert_eq!(world.messages("C1").await, [("reminder-1".into(), "sent".into())]);
}

#[tokio::test]
async fn quiet_hours_are_those_of_the_debtors_own_clock() {
    let world = World::start().await;
    world.has([draft("C1", "I1").issued(SHORT).zone("America/Los_Angeles").build()]).await;
    world.has([draft("C2", "I2").issued(SHORT).zone("Asia/Tokyo").build()]).await;
    world.hour("2026-03-02T22:00:00Z").await;
    assert_eq!(world.mails().len(), 0, "Monday at noon, and Tuesday at 7 in Tokyo");
    world.hour("2026-03-02T23:00:00Z").await;
    assert_eq!(world.mails().pop().unwrap().to, "c2@customers.example", "Tuesday at 8 in Tokyo");
    world.hour("2026-03-03T15:00:00Z").await;
    assert_eq!(world.mails().len(), 1, "Tuesday at 7 in Los Angeles");
    world.hour("2026-03-03T16:00:00Z").await;
    assert_eq!(world.mails().pop().unwrap().to, "c1@customers.example");
}

#[tokio::test]
async fn missed_runs_send_the_one_right_step() {
    let world = World::start().await;
    world.has([draft("C1", "I1").issued(SHORT).build()]).await;
    world.hour("2026-03-18T09:00:00Z").await;
    world.hour("2026-03-18T10:00:00Z").await;
    assert_eq!(world.messages("C1").await, [("reminder-14".into(), "sent".into())]);
    let superseded = world.past("C1", "DECISION").await[0]["accounts"].to_string().matches("step_superseded").count();
    assert_eq!(superseded, 2, "the steps of day 1 and 7 are passed over, and it is written down");
    world.days("2026-03-19", "2026-03-22").await;
    assert_eq!(world.mails().len(), 1);
}

#[tokio::test]
async fn a_partial_payment_is_taken_off() {
    let world = World::start().await;
    world.has([draft("C1", "I1").issued(SHORT).build()]).await;
    world.post_payments(json!([{ "payment_ref": "P1", "invoice_number": "I1", "paid_on": "2026-03-02", "amount": "40.00", "currency": "EUR" }])).await;
    world.hour("2026-03-03T08:00:00Z").await;
    assert!(world.mails()[0].text.contains("Total: EUR 60.00"), "{}", world.mails()[0].text);
}

#[tokio::test]
async fn a_paid_invoice_is_never_mentioned() {
    let world = World::start().await;
    world.has([draft("C1", "I1").issued(SHORT).build(), draft("C1", "I2").issued(SHORT).build()]).await;
    world.post_payments(json!([{ "payment_ref": "P1", "invoice_number": "I1", "paid_on": "2026-03-02", "amount": "100", "currency": "EUR" }])).await;
    world.days("2026-03-03", "2026-04-20").await;
    let mails = world.mails();
    assert_eq!(mails.len(), 4);
    assert!(mails.iter().all(|mail| mail.text.contains("I2") && !mail.text.contains("I1")));
    assert_eq!(world.stands("I1").await, (0, "paid".to_owned()));
}

#[tokio::test]
async fn credit_is_netted_and_shown() {
    let world = World::start().await;
    let tenancy = world.tenancy().await;
    world.has([draft("C1", "I1").issued(SHORT).build(), draft("C2", "I2").issued(SHORT).build()]).await;
    let notes = [
        credit_note("CN1", for_debtor("C1"), eur("30"), "2026-03-02"),
        credit_note("CN2", for_invoice("I2"), eur("30"), "2026-03-02"),
    ];
    for note in notes {
        world.table.books().record_report(&tenancy, &note, None, world.now()).await.unwrap().unwrap();
    }
    world.hour("2026-03-03T08:00:00Z").await;
    let of = |to: &str| world.mails().into_iter().find(|mail| mail.to.starts_with(to)).unwrap().text;
    assert!(of("c1").contains("Your credit with us: EUR -30.00"), "{}", of("c1"));
    assert!(of("c1").contains("Total: EUR 70.00"), "{}", of("c1"));
    assert!(of("c2").contains("I2: EUR 70.00, due 2 March 2026"), "{}", of("c2"));
}

#[tokio::test]
async fn credit_that_covers_stops_the_chase_until_more_falls_due() {
    let world = World::start().await;
    let tenancy = world.tenancy().await;
    world.has([draft("C1", "I1").issued(SHORT).build()]).await;
    world.has([draft("C1", "I2").issued(SHORT).due("2026-03-18").total(eur("50")).build()]).await;
    let note = credit_note("CN1", for_debtor("C1"), eur("100"), "2026-03-02");
    world.table.books().record_report(&tenancy, &note, None, world.now()).await.unwrap().unwrap();
    world.days("2026-03-03", "2026-03-18").await;
    assert_eq!(world.mails().len(), 0);
    assert!(world.rules_against("C1").await.contains(&"covered_by_credit".to_owned()));
    world.days("2026-03-19", "2026-03-20").await;
    let mails = world.mails();
    assert_eq!(mails.len(), 1, "what the credit does not cover is chased once it is late");
    assert!(mails[0].text.contains("I2") && mails[0].text.contains("Total: EUR 50.00"), "{}", mails[0].text);
}

#[tokio::test]
async fn a_payment_under_way_stops_the_chase_and_its_failure_starts_it_again() {
    let world = World::start().await;
    world.has([draft("C1", "I1").issued(SHORT).build()]).await;
    let payment = |status: &str| json!([{ "payment_ref": "P1", "invoice_number": "I1", "paid_on": "2026-03-02", "amount": "100", "currency": "EUR", "status": status }]);
    world.post_payments(payment("pending")).await;
    world.days("2026-03-03", "2026-03-05").await;
    assert_eq!(world.mails().len(), 0);
    world.set_clock("2026-03-05T23:00:00Z");
    world.post_payments(payment("failed")).await;
    world.hour("2026-03-06T08:00:00Z").await;
    assert_eq!(world.messages("C1").await, [("reminder-1".into(), "sent".into())]);
}

#[tokio::test]
async fn a_payment_that_never_comes_is_waited_for_three_weeks() {
    let world = World::start().await;
    world.has([draft("C1", "I1").issued(SHORT).build()]).await;
    world.post_payments(json!([{ "payment_ref": "P1", "invoice_number": "I1", "paid_on": "2026-03-02", "amount": "100", "currency": "EUR", "status": "pending" }])).await;
    world.days("2026-03-03", "2026-03-22").await;
    assert_eq!(world.mails().len(), 0);
    world.days("2026-03-23", "2026-03-24").await;
    let tasks = world.past("C1", "TASK").await;
    assert_eq!(tasks.iter().map(|task| text(task, "step")).collect::<Vec<_>>(), ["call-21"]);
}

#[tokio::test]
async fn a_courtesy_joins_the_message_of_a_running_cycle() {
    let world = World::start().await;
    world
        .has([
            draft("C1", "I1").issued(SHORT).build(),
            draft("C1", "I2").issued("2026-02-10").due("2026-03-12").build(),
        ])
        .await;
    world.days("2026-03-03", "2026-03-12").await;
    let mails = world.mails();
    assert_eq!(mails.len(), 2, "reminder-1 on the 3rd, reminder-7 on the 9th, and nothing more about I2");
    assert!(!mails[0].text.contains("I2") && mails[1].text.contains("I1") && mails[1].text.contains("I2"));
    assert!(mails[1].text.contains("fall due in the next days"), "{}", mails[1].text);
}

#[tokio::test]
async fn a_courtesy_is_sent_once_for_each_due_date() {
    let world = World::start().await;
    world.set_clock("2026-02-20T00:00:00Z");
    world
        .has([draft("C1", "I1").build(), draft("C1", "I2").build(), draft("C1", "I3").due("2026-03-25").build()])
        .await;
    world.days("2026-02-24", "2026-03-02").await;
    let mails = world.mails();
    assert_eq!(mails.len(), 1);
    assert!(mails[0].text.contains("I1") && mails[0].text.contains("I2") && !mails[0].text.contains("I3"));
    world.post_payments(json!([{ "payment_ref": "P1", "debtor_ref": "C1", "paid_on": "2026-03-02", "amount": "200", "currency": "EUR" }])).await;
    world.days("2026-03-03", "2026-03-25").await;
    assert_eq!(world.mails().len(), 2);
    assert!(world.mails()[1].text.contains("I3"));
}

/// Covers: a debtor's clock that is set back across midnight made a due date "today" again.
#[tokio::test]
async fn a_courtesy_is_not_repeated_when_the_debtors_clock_is_set_back() {
    let world = World::start().await;
    world.set_clock("2026-02-20T00:00:00Z");
    world.has([draft("C1", "I1").zone("Asia/Tokyo").build()]).await;
    world.days("2026-02-26", "2026-03-01").await;
    assert_eq!(world.mails().len(), 1);
    // 15:30 UTC: the 3rd in Tokyo, so the due date is past; still the 2nd in Los Angeles.
    world.set_clock("2026-03-02T15:30:00Z");
    world.has([draft("C1", "I2").due("2026-05-01").zone("Asia/Tokyo").build()]).await;
    world.set_clock("2026-03-02T16:00:00Z");
    world.has([draft("C1", "I1").zone("America/Los_Angeles").build()]).await;
    world.hour("2026-03-02T17:00:00Z").await;
    assert_eq!(world.mails().len(), 1);
}

#[tokio::test]
async fn currencies_and_creditors_are_written_about_apart() {
    let world = World::start().await;
    world
        .has([
            draft("C1", "I1").issued(SHORT).build(),
            draft("C1", "I2").issued(SHORT).total(money("200.00", "USD")).build(),
            draft("C1", "I3").issued(SHORT).portfolio("second").build(),
        ])
        .await;
    world.hour("2026-03-03T08:00:00Z").await;
    let mut mails = world.mails();
    mails.sort_by(|a, b| a.subject.cmp(&b.subject));
    let subjects: Vec<&str> = mails.iter().map(|mail| mail.subject.as_str()).collect();
    assert_eq!(subjects, ["Invoice I1 from demo Ltd", "Invoice I2 from demo Ltd", "Invoice I3 from demo Ltd"]);
    assert!(mails[1].text.contains("USD 200.00") && !mails[1].text.contains("EUR"));
}

#[tokio::test]
async fn text_messages_need_consent_and_nothing_else_opens_a_task() {
    let world = World::start().await;
    let without = |of: &str, number: &str| draft(of, number).issued(SHORT).without_email();
    world.has([without("C1", "I1").phone("+441632960123", true).build()]).await;
    world.has([without("C2", "I2").phone("+441632960124", false).build()]).await;
    world.hour("2026-03-03T08:00:00Z").await;
    let texts = world.outside.texts.lock().unwrap().clone();
    assert_eq!(texts.len(), 1);
    assert_eq!(texts[0].to, "+441632960123");
    assert!(texts[0].text.contains("invoice I1 of EUR 100.00") && texts[0].text.contains("STOP"), "{}", texts[0].text);
    let tasks = world.past("C2", "TASK").await;
    assert_eq!(tasks.iter().map(|task| text(task, "kind")).collect::<Vec<_>>(), ["find_contact"]);
    world.hour("2026-03-03T09:00:00Z").await;
    assert_eq!(world.past("C2", "TASK").await.len(), 1, "one task for the step");
}

#[tokio::test]
async fn a_settled_cycle_ends_and_the_next_one_begins_anew() {
    let world = World::start().await;
    world.has([draft("C1", "I1").issued(SHORT).build()]).await;
    world.hour("2026-03-03T08:00:00Z").await;
    let tenancy = world.tenancy().await;
    let paid = payment("P1", for_invoice("I1"), eur("100"), "2026-03-04");
    world.set_clock("2026-03-04T09:00:00Z");
    world.table.books().record_report(&tenancy, &paid, None, world.now()).await.unwrap().unwrap();
    world.has([draft("C1", "I2").issued("2026-03-04").due("2026-03-05").build()]).await;
    world.days("2026-03-05", "2026-03-06").await;
    let messages = world.past("C1", "MESSAGE").await;
    let cycles: Vec<(&str, &str)> = messages.iter().map(|one| (text(one, "step"), text(one, "cycle"))).collect();
    assert_eq!(cycles, [("reminder-1", "1"), ("reminder-1", "2")]);
    assert_ne!(messages[0]["message_id"], messages[1]["message_id"]);
    assert_eq!((world.told("cycle.began"), world.told("cycle.ended")), (2, 1));
}
