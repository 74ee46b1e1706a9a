//! Payments that a provider collects by itself: what is said while it tries again, and whose turn it is when it gives up.

use dunlin_domain::calendar::Calendar;
use dunlin_domain::collection::Attempts;
use dunlin_domain::debtor::Journal;
use dunlin_domain::decide::{Recheck, recheck};
use dunlin_domain::hold::{Hold, HoldReason, HoldScope, SetBy};
use dunlin_domain::ids::HoldId;
use dunlin_domain::intake::{Due, InvoiceDraft};
use dunlin_domain::invoice::{SnapshotStamp, Standing, Stop};
use dunlin_domain::message::CycleRef;
use dunlin_domain::policy::Subject;
use dunlin_domain::reason::Rule;
use proptest::prelude::*;

use crate::history::{Book, account, at, day, draft, invoice_id};

/// How far the provider says at `told` that it has come with an invoice over 100.00 EUR of Monday, 2 March 2026.
fn snapshot(number: &str, told: &str, made: u32, next: Option<&str>) -> InvoiceDraft {
    let stamp = SnapshotStamp { created: at(told).as_second(), standing: Standing::Open };
    let attempts = Attempts { made, next: next.map(at), page: None };
    let draft = draft(number, "2026-03-02", "2026-03-02", 10_000);
    InvoiceDraft { stamp: Some(stamp), attempts: Some(attempts), ..draft }
}

fn paid(draft: InvoiceDraft) -> InvoiceDraft {
    let stamp = draft.stamp.map(|stamp| SnapshotStamp { standing: Standing::Paid, ..stamp });
    InvoiceDraft { standing: Standing::Paid, reported_paid: draft.total, stamp, ..draft }
}

impl Book {
    fn takes_in(&mut self, draft: &InvoiceDraft) {
        self.debtor.record_invoice(draft, &mut Journal::default()).unwrap();
    }

    /// The step that is taken at `now`; a message goes out at once.
    fn lived(&mut self, now: &str) -> Option<String> {
        let step = self.step_at(now);
        self.sent(now);
        step
    }
}

/// The first try failed on the day of the invoice; the next is on Thursday.
fn failed_on_monday() -> Book {
    let mut book = Book::new("UTC");
    book.takes_in(&snapshot("A", "2026-03-02T10:00:00Z", 1, Some("2026-03-05T10:00:00Z")));
    book
}

#[test]
fn a_failed_payment_is_pursued_along_the_providers_calendar_and_then_like_any_other() {
    let mut book = failed_on_monday();
    for (now, told, step) in [
        ("2026-03-02T12:00:00Z", None, None),
        ("2026-03-03T07:59:59Z", None, None),
        ("2026-03-03T08:00:00Z", None, Some("payment-failed-1")),
        ("2026-03-05T12:00:00Z", Some((2, Some("2026-03-12T20:00:00Z"))), None),
        ("2026-03-11T12:00:00Z", None, None),
        ("2026-03-12T12:00:00Z", None, Some("payment-failed-10")),
        ("2026-03-12T21:00:00Z", Some((3, Some("2026-03-16T10:00:00Z"))), None),
        ("2026-03-16T10:00:00Z", Some((4, None)), None),
        ("2026-03-17T09:59:59Z", None, None),
        ("2026-03-17T10:00:00Z", None, Some("reminder-1")),
        ("2026-03-22T12:00:00Z", None, None),
        ("2026-03-23T12:00:00Z", None, Some("reminder-7")),
        ("2026-03-30T12:00:00Z", None, Some("reminder-14")),
    ] {
        if let Some((made, next)) = told {
            book.takes_in(&snapshot("A", now, made, next));
        }
        assert_eq!(book.lived(now).as_deref(), step, "{now}");
    }
    assert_eq!(book.debtor.accounts[&account()].cycles, 1, "it is one stretch of being late");
}

#[test]
fn a_recovery_says_so_and_wakes_in_time() {
    let mut book = failed_on_monday();
    book.run("2026-03-02T12:00:00Z");
    assert_eq!(book.wake(), Some(at("2026-03-03T08:00:00Z")));
    book.run("2026-03-03T08:00:00Z");
    let plan = book.plan().unwrap();
    assert_eq!((plan.cycle.clone(), plan.policy.to_string()), (CycleRef::Recovery(1), "recovery@1".to_owned()));
    assert_eq!(CycleRef::parse(&plan.cycle.to_string()), Some(plan.cycle));
    book.sent("2026-03-03T08:00:00Z");
    book.run("2026-03-03T09:00:00Z");
    assert_eq!(book.wake(), Some(at("2026-03-06T10:00:00Z")), "a day after the next try it is the debtor's turn");
}

#[test]
fn the_ladder_counts_from_the_day_the_provider_gave_up() {
    let mut book = failed_on_monday();
    book.takes_in(&snapshot("A", "2026-03-30T10:00:00Z", 4, None));
    book.run("2026-03-31T10:00:00Z");
    let plan = book.plan().unwrap();
    assert_eq!((plan.step.as_str(), plan.lines[0].due_date), ("reminder-1", day("2026-03-30")));
}

#[test]
fn a_provider_that_falls_silent_is_waited_for_a_day() {
    for (now, step) in [
        ("2026-03-05T09:59:59Z", Some("payment-failed-1")),
        ("2026-03-05T10:00:00Z", None),
        ("2026-03-06T09:59:59Z", None),
        ("2026-03-06T10:00:00Z", Some("reminder-1")),
    ] {
        let mut book = failed_on_monday();
        assert_eq!(book.step_at(now).as_deref(), step, "{now}");
    }
}

#[test]
fn what_the_provider_has_not_tried_yet_is_left_to_it_in_silence() {
    let mut book = Book::new("UTC");
    book.takes_in(&snapshot("A", "2026-03-02T10:00:00Z", 0, Some("2026-03-04T10:00:00Z")));
    assert_eq!(book.step_at("2026-03-03T12:00:00Z"), None);
    let until = at("2026-03-05T10:00:00Z");
    assert_eq!(
        book.debtor.invoices[&invoice_id("A")].stop(at("2026-03-03T12:00:00Z")),
        Some(Stop::ProviderRetry(until))
    );
    assert_eq!(book.reasons(Rule::OnHold), ["provider_retry, 100.00 EUR of A, until 2026-03-05T10:00:00Z"]);
    assert_eq!(book.wake(), Some(until));
}

#[test]
fn payment_ends_it_at_once() {
    let mut book = failed_on_monday();
    book.run("2026-03-03T08:00:00Z");
    let message = book.plan().unwrap().id;
    book.takes_in(&paid(snapshot("A", "2026-03-03T08:00:01Z", 2, None)));
    let now = at("2026-03-03T08:00:02Z");
    book.debtor.roll(&book.policies, now, &mut Journal::default()).unwrap();
    assert!(book.debtor.accounts[&account()].cycle.is_none());
    let asked = recheck(&book.debtor, &message, &book.policies, &Calendar::default(), now);
    assert!(matches!(asked, Recheck::Withhold(..)), "{asked:?}");
}

#[test]
fn who_is_charged_by_the_provider_gets_no_courtesy() {
    let mut auto =
        InvoiceDraft { due_date: Due::On(day("2026-03-20")), ..snapshot("A", "2026-03-02T10:00:00Z", 0, None) };
    for (attempts, step) in [(auto.attempts.take(), None), (None, Some("courtesy"))] {
        let mut book = Book::new("UTC");
        book.takes_in(&InvoiceDraft { attempts, ..auto.clone() });
        assert_eq!(book.step_at("2026-03-17T12:00:00Z").as_deref(), step);
        assert_eq!(book.step_at("2026-03-23T12:00:00Z").as_deref(), Some("reminder-1"));
    }
}

#[test]
fn beside_a_debt_the_ladder_goes_on_without_what_the_provider_tries() {
    let mut book = failed_on_monday();
    book.invoice("B", "2026-02-01", "2026-02-27", 5_000);
    assert_eq!(book.lived("2026-03-03T08:00:00Z").as_deref(), Some("reminder-1"));
    assert_eq!(book.reasons(Rule::OnHold), ["provider_retry, 100.00 EUR of A, until 2026-03-06T10:00:00Z"]);
    book.pay("B", 5_000, "2026-03-04");
    book.run("2026-03-04T08:00:00Z");
    let plan = book.plan().unwrap();
    assert_eq!((plan.step.as_str(), plan.amount_due.minor()), ("payment-failed-1", 10_000));
    assert_eq!(book.debtor.accounts[&account()].cycle.as_ref().unwrap().about, Subject::Recovery);
}

#[test]
fn a_date_that_is_told_late_repeats_nothing() {
    let mut book = failed_on_monday();
    assert_eq!(book.lived("2026-03-03T08:00:00Z").as_deref(), Some("payment-failed-1"));
    // The failure comes without the next date, which follows a second later.
    book.takes_in(&snapshot("A", "2026-03-05T10:00:00Z", 2, None));
    assert_eq!(book.lived("2026-03-05T10:00:00Z"), None);
    book.takes_in(&snapshot("A", "2026-03-05T10:00:01Z", 2, Some("2026-03-10T10:00:00Z")));
    assert_eq!(book.lived("2026-03-05T12:00:00Z"), None);
    // Even after the ladder has begun, because the provider was silent for too long.
    assert_eq!(book.lived("2026-03-11T10:00:00Z").as_deref(), Some("reminder-1"));
    book.takes_in(&snapshot("A", "2026-03-11T11:00:00Z", 3, Some("2026-03-13T10:00:00Z")));
    assert_eq!(book.lived("2026-03-11T12:00:00Z"), None);
    assert_eq!(book.lived("2026-03-12T12:00:00Z").as_deref(), Some("payment-failed-10"));
    assert_eq!(book.lived("2026-03-16T12:00:00Z"), None, "the first reminder is not sent again");
}

#[test]
fn a_hold_stops_a_recovery_too() {
    let mut book = failed_on_monday();
    let hold = Hold {
        id: HoldId::parse("h1").unwrap(),
        reason: HoldReason::Hardship,
        scope: HoldScope::Invoice(invoice_id("A")),
        since: at("2026-03-02T12:00:00Z"),
        until: None,
        ends_with: None,
        set_by: SetBy::Staff,
        note: None,
    };
    book.debtor.hold(hold, at("2026-03-02T12:00:00Z"), &mut Journal::default()).unwrap();
    assert_eq!(book.step_at("2026-03-03T08:00:00Z"), None);
}

/// Snapshots of one invoice, some of one second, some that leave paying to the debtor.
fn snapshots() -> impl Strategy<Value = Vec<InvoiceDraft>> {
    let next = prop::option::of(0..5_i64);
    let one = (0..4_i64, prop::option::of((0..4_u32, next)));
    prop::collection::vec(one, 1..7).prop_map(|told| {
        let draft = |(second, attempts): (i64, Option<(u32, Option<i64>)>)| {
            let at = |day: i64| at("2026-03-02T10:00:00Z").saturating_add(jiff::Span::new().hours(24 * day)).unwrap();
            let attempts = attempts.map(|(made, next)| Attempts { made, next: next.map(at), page: None });
            let stamp = SnapshotStamp { created: at(0).as_second() + second, standing: Standing::Open };
            InvoiceDraft { attempts, stamp: Some(stamp), ..draft("A", "2026-03-02", "2026-03-02", 10_000) }
        };
        told.into_iter().map(draft).collect()
    })
}

proptest! {
    /// I2, of calendars.
    #[test]
    fn any_order_and_number_of_snapshots_ends_with_the_same_calendar(
        (told, order) in snapshots().prop_flat_map(|told| {
            let repeated = told.iter().chain(&told).cloned().collect::<Vec<_>>();
            (Just(told), Just(repeated).prop_shuffle())
        })
    ) {
        let end = |told: &[InvoiceDraft]| {
            let mut book = Book::new("UTC");
            told.iter().for_each(|draft| book.takes_in(draft));
            book.debtor.invoices[&invoice_id("A")].clone()
        };
        let (once, shuffled) = (end(&told), end(&order));
        prop_assert_eq!(&once, &shuffled);
        let newest = told.iter().map(|draft| draft.stamp.unwrap().created).max();
        let last = told.iter().filter(|draft| draft.stamp.map(|stamp| stamp.created) == newest);
        prop_assert_eq!(once.collection.attempts, last.map(|draft| draft.attempts.clone()).max().unwrap());
    }
}
