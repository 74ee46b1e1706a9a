//! The ladder, a table at a time: before, on and after each day, over weekends, clock changes and missed runs.

use crate::history::{Book, at, day};
use dunlin_domain::calendar::Calendar;
use dunlin_domain::decide::{Recheck, decide, recheck};
use dunlin_domain::decision::Action;
use dunlin_domain::message::{CycleRef, Outcome};
use dunlin_domain::policy::TaskKind;
use dunlin_domain::reason::Rule;

/// An invoice over 100.00 EUR that is due on Monday, 2 March 2026, in `zone`.
fn due_monday(zone: &str) -> Book {
    let mut book = Book::new(zone);
    book.invoice("A", "2026-02-01", "2026-03-02", 10_000);
    book
}

#[test]
fn each_step_comes_on_its_day_and_not_before() {
    for (hour, step) in [
        ("2026-02-26T12:00:00Z", None),
        ("2026-02-27T07:59:59Z", None),
        ("2026-02-27T08:00:00Z", Some("courtesy")),
        ("2026-03-02T12:00:00Z", Some("courtesy")),
        ("2026-03-03T07:59:59Z", None),
        ("2026-03-03T08:00:00Z", Some("reminder-1")),
        ("2026-03-06T12:00:00Z", Some("reminder-1")),
        ("2026-03-09T12:00:00Z", Some("reminder-7")),
        ("2026-03-16T12:00:00Z", Some("reminder-14")),
        ("2026-03-23T12:00:00Z", Some("call-21")),
        ("2026-04-01T12:00:00Z", Some("final-notice-30")),
        ("2026-04-16T12:00:00Z", Some("late-stage-45")),
        ("2030-01-01T12:00:00Z", Some("late-stage-45")),
    ] {
        assert_eq!(due_monday("Europe/London").step_at(hour).as_deref(), step, "{hour}");
    }
}

#[test]
fn weekends_and_nights_defer_to_the_debtors_next_morning() {
    // 27 February is the courtesy's Friday; in Sydney it begins eleven hours earlier, in New York five hours later.
    for (zone, hour, wake) in [
        ("Europe/London", "2026-02-26T22:00:00Z", "2026-02-27T08:00:00Z"),
        ("Australia/Sydney", "2026-02-26T12:00:00Z", "2026-02-26T21:00:00Z"),
        ("America/New_York", "2026-02-27T12:00:00Z", "2026-02-27T13:00:00Z"),
        ("Europe/London", "2026-02-28T12:00:00Z", "2026-03-02T08:00:00Z"),
        ("Europe/London", "2026-03-02T21:00:00Z", "2026-03-03T08:00:00Z"),
    ] {
        let mut book = due_monday(zone);
        assert_eq!(book.step_at(hour), None, "{zone} {hour}");
        assert_eq!(book.wake(), Some(at(wake)), "{zone} {hour}");
    }
}

#[test]
fn a_clock_change_does_not_move_the_hour() {
    let mut book = Book::new("America/New_York");
    book.invoice("A", "2026-02-01", "2026-03-06", 10_000); // The clocks go forward on Sunday, 8 March.
    book.run("2026-03-07T13:00:00Z");
    assert_eq!(book.wake(), Some(at("2026-03-09T12:00:00Z")));
    assert_eq!(book.step_at("2026-03-09T12:00:00Z").as_deref(), Some("reminder-1"));
}

#[test]
fn a_missed_run_takes_the_one_right_step_and_says_what_it_passed_over() {
    let mut book = due_monday("UTC");
    book.run("2026-03-17T09:00:00Z");
    let passed = book.reasons(Rule::StepSuperseded);
    assert_eq!(passed, ["reminder-1 by reminder-14", "reminder-7 by reminder-14"]);
    book.sent("2026-03-17T09:00:00Z");
    assert_eq!(book.step_at("2026-03-18T09:00:00Z"), None);
    assert_eq!(book.wake(), Some(at("2026-03-23T08:00:00Z")));
}

#[test]
fn a_step_is_taken_once_however_often_it_is_asked_for() {
    let mut book = due_monday("UTC");
    assert_eq!(book.step_at("2026-03-03T08:00:00Z").as_deref(), Some("reminder-1"));
    assert_eq!(book.step_at("2026-03-03T08:00:00Z"), None);
    book.sent("2026-03-03T08:00:00Z");
    for hour in 8..20 {
        assert_eq!(book.step_at(&format!("2026-03-03T{hour:02}:30:00Z")), None);
    }
}

#[test]
fn what_was_paid_is_not_asked_for() {
    let mut book = due_monday("UTC");
    book.invoice("B", "2026-02-01", "2026-03-02", 5_000);
    book.pay("A", 4_000, "2026-03-02");
    book.pay("B", 5_000, "2026-03-02");
    book.run("2026-03-03T08:00:00Z");
    let plan = book.plan().unwrap();
    assert_eq!(plan.amount_due.minor(), 6_000);
    assert_eq!(plan.lines.len(), 1);
}

#[test]
fn credit_is_set_against_the_oldest_first() {
    let mut book = due_monday("UTC");
    book.invoice("B", "2026-02-02", "2026-03-02", 5_000);
    book.credit(12_000, "2026-03-02");
    book.run("2026-03-03T08:00:00Z");
    assert_eq!(book.plan().unwrap().amount_due.minor(), 3_000);
    let mut covered = due_monday("UTC");
    covered.credit(10_000, "2026-03-02");
    assert_eq!(covered.step_at("2026-03-03T08:00:00Z"), None);
    assert_eq!(covered.reasons(Rule::CoveredByCredit), ["A"]);
}

#[test]
fn a_payment_under_way_stops_chasing_until_it_is_decided() {
    let mut book = due_monday("UTC");
    book.pending("A", 10_000, "2026-03-02T00:00:00Z");
    assert_eq!(book.step_at("2026-03-03T08:00:00Z"), None);
    assert_eq!(book.wake(), Some(at("2026-03-23T00:00:00Z")), "it is waited for, and then no longer");
    book.failed("A", 10_000, "2026-03-04T00:00:00Z");
    assert_eq!(book.step_at("2026-03-04T08:00:00Z").as_deref(), Some("reminder-1"));
}

#[test]
fn courtesies_go_by_due_date_and_join_a_running_cycle() {
    let mut book = due_monday("UTC");
    book.invoice("B", "2026-02-01", "2026-03-04", 5_000);
    assert_eq!(book.step_at("2026-02-27T08:00:00Z").as_deref(), Some("courtesy"));
    assert_eq!(book.plan().unwrap().cycle, CycleRef::Upcoming(day("2026-03-02")));
    book.sent("2026-02-27T08:00:00Z");
    assert_eq!(book.step_at("2026-03-02T08:00:00Z").as_deref(), Some("courtesy"), "another due date");
    book.sent("2026-03-02T08:00:00Z");
    book.invoice("C", "2026-02-01", "2026-03-05", 2_500);
    book.run("2026-03-03T08:00:00Z");
    let plan = book.plan().unwrap();
    let numbers: Vec<&str> = plan.lines.iter().map(|line| line.invoice.number.as_str()).collect();
    assert_eq!(numbers, ["A", "C"], "what is due soon and was not noted joins");
    book.sent("2026-03-03T08:00:00Z");
    book.pay("A", 10_000, "2026-03-04");
    assert_eq!(book.step_at("2026-03-04T08:00:00Z"), None, "its due date was mentioned");
}

#[test]
fn short_terms_get_no_courtesy() {
    let mut book = Book::new("UTC");
    book.invoice("A", "2026-03-02", "2026-03-03", 10_000);
    assert_eq!(book.step_at("2026-03-02T08:00:00Z"), None);
    assert_eq!(book.wake(), Some(at("2026-03-04T08:00:00Z")));
}

#[test]
fn a_new_cycle_begins_with_the_first_step() {
    let mut book = due_monday("UTC");
    book.run("2026-03-03T08:00:00Z");
    book.sent("2026-03-03T08:00:00Z");
    book.pay("A", 10_000, "2026-03-05");
    book.invoice("B", "2026-02-05", "2026-03-09", 5_000);
    book.run("2026-03-06T08:00:00Z");
    book.sent("2026-03-06T08:00:00Z");
    book.run("2026-03-10T08:00:00Z");
    let plan = book.plan().unwrap();
    assert_eq!((plan.step.as_str(), plan.cycle.to_string()), ("reminder-1", "2".to_owned()));
}

#[test]
fn an_earlier_step_never_follows_a_later_one() {
    let mut book = due_monday("UTC");
    book.run("2026-03-17T08:00:00Z");
    book.sent("2026-03-17T08:00:00Z");
    book.invoice("B", "2026-02-05", "2026-03-16", 5_000);
    book.pay("A", 10_000, "2026-03-17");
    assert_eq!(book.step_at("2026-03-17T09:00:00Z"), None);
    assert_eq!(book.wake(), Some(at("2026-04-06T08:00:00Z")), "21 days after B's due date");
}

#[test]
fn nobody_reachable_is_work_for_a_person() {
    let mut book = due_monday("UTC");
    book.unsubscribe();
    book.run("2026-03-03T08:00:00Z");
    assert!(matches!(book.action(), Some(Action::OpenTask { task, .. }) if task.kind == TaskKind::FindContact));
    assert_eq!(book.step_at("2026-03-03T09:00:00Z"), None);
}

#[test]
fn only_the_very_same_message_may_leave() {
    let calendar = Calendar::default();
    let planned = |change: &dyn Fn(&mut Book)| {
        let mut book = due_monday("UTC");
        book.invoice("B", "2026-02-01", "2026-03-02", 5_000);
        book.run("2026-03-03T08:00:00Z");
        let id = book.plan().unwrap().id;
        change(&mut book);
        let now = at("2026-03-03T08:30:00Z");
        recheck(&book.debtor, &id, &book.policies, &calendar, now)
    };
    let rules = |asked: Recheck| match asked {
        Recheck::Withhold(_, Outcome::Withheld(reasons)) => reasons.into_iter().map(|reason| reason.rule).collect(),
        _ => Vec::new(),
    };
    assert!(matches!(planned(&|_| ()), Recheck::Send(_)));
    assert_eq!(rules(planned(&|book| book.pay("B", 5_000, "2026-03-03"))), [Rule::Changed]);
    assert_eq!(rules(planned(&|book| book.unsubscribe())), [Rule::NoChannel]);
    let in_flight = rules(planned(&|book| {
        book.pending("A", 10_000, "2026-03-03T08:10:00Z");
        book.pending("B", 5_000, "2026-03-03T08:10:00Z");
    }));
    assert!(in_flight.contains(&Rule::PaymentInFlight), "{in_flight:?}");
    assert!(matches!(planned(&|book| book.sent("2026-03-03T08:20:00Z")), Recheck::Over));
}

#[test]
fn equal_inputs_give_equal_decisions() {
    let book = due_monday("Europe/London");
    let now = at("2026-03-03T08:00:00Z");
    let decided = decide(&book.debtor, &book.policies, &Calendar::default(), now);
    assert_eq!(decided, decide(&book.debtor.clone(), &book.policies, &Calendar::default(), now));
}
