//! What agreements come to over many invoices, and while something holds what they are about. Invoice `A` over 100.00 EUR
//! is due on Monday, 2 March 2026.

use dunlin_domain::agreement::{AgreementError, Resolution};
use dunlin_domain::allocation::Advice;
use dunlin_domain::debtor::{HoldError, Journal, Proposal};
use dunlin_domain::event::EventKind;
use dunlin_domain::hold::{Hold, HoldEvent, HoldReason, HoldScope, SetBy};
use dunlin_domain::ids::{AgreementId, HoldId};
use dunlin_domain::ledger::EntryKind;
use dunlin_domain::reason::Rule;

use crate::agreements::{dispute, hold, overdue, plan, promise, proposal, settlement};
use crate::desk::{Desk, paid};
use crate::history::{Book, at, eur, invoice_id};

#[test]
fn a_payment_on_account_is_judged_once_all_of_it_is_placed() {
    for (received, left) in [(4_000, 0), (2_000, 0), (1_999, 2_001)] {
        let mut desk = Desk::with(&[1_000; 4]);
        let now = "2026-03-01T12:00:00Z";
        desk.book.agreed(proposal(settlement(2_000, "2026-03-31"), &[]), now).unwrap();
        desk.report(&paid("P", received), &Advice::none());
        while desk.step(&Advice::none()) {
            desk.book.told(now);
        }
        desk.book.told(now);
        let written_off = desk.book.entries.iter().filter(|entry| entry.kind == EntryKind::WriteOff);
        let written_off: i64 = written_off.map(|entry| entry.amount.minor()).sum();
        assert_eq!(desk.balances().iter().sum::<i64>(), left, "{received}");
        assert_eq!((desk.credit(), written_off), (0, received + left - 4_000), "{received}");
    }
}

#[test]
fn a_part_that_is_held_is_held_once_of_what_is_due_first() {
    let mut book = overdue();
    book.agreed(proposal(plan(3), &[]), "2026-03-03T12:00:00Z").unwrap();
    let scope = HoldScope::Amount(invoice_id("A"), eur(3_000));
    book.held(hold(HoldReason::Manual, scope, None), "2026-03-03T12:00:00Z").unwrap();
    // Two instalments are over; the first is held, and a fifth of the second.
    assert!(book.step_at("2026-05-04T08:00:00Z").is_some());
    assert_eq!(book.asked(), [("A".into(), 2_000, "2026-04-30".into())]);
    assert_eq!(book.reasons(Rule::OnHold), ["manual, 25.00 EUR of A", "manual, 5.00 EUR of A"]);
}

#[test]
fn an_invoice_of_a_plan_can_be_contested_before_its_turn() {
    let mut book = Book::new("UTC");
    book.invoice("A", "2026-02-01", "2026-03-02", 6_000);
    book.invoice("B", "2026-02-01", "2026-03-03", 4_000);
    let now = "2026-03-03T12:00:00Z";
    book.agreed(proposal(plan(0), &[]), now).unwrap();
    let id = AgreementId::parse("d-1").unwrap();
    assert_eq!(book.agreed(Proposal { id, ..proposal(dispute(None), &["B"]) }, now), Ok(true));
}

#[test]
fn only_a_dispute_is_resolved_and_a_part_is_more_than_nothing() {
    let now = "2026-03-03T12:00:00Z";
    let id = AgreementId::parse("a-1").unwrap();
    let mut book = overdue();
    book.agreed(proposal(dispute(Some(4_000)), &["A"]), now).unwrap();
    for minor in [0, -1_500] {
        let nothing = book.debtor.resolve(&id, Resolution::Partly(eur(minor)), at(now), &mut Journal::default());
        assert_eq!(nothing, Err(AgreementError::NothingPromised("what is accepted")), "{minor}");
    }
    let mut promised = overdue();
    promised.agreed(proposal(promise(6_000, "2026-03-12"), &["A"]), now).unwrap();
    let none = promised.debtor.resolve(&id, Resolution::Rejected, at(now), &mut Journal::default());
    assert_eq!(none, Err(AgreementError::NoDispute(id)));
}

/// What is told on each of some days, of what comes to an end or is missed.
fn told_on(book: &mut Book, days: &[&str]) -> Vec<(String, EventKind)> {
    let counts = [EventKind::InstalmentMissed, EventKind::PlanDefaulted, EventKind::PromiseBroken];
    let mut all = Vec::new();
    for day in days {
        let told = book.told(&format!("{day}T06:00:00Z")).into_iter().filter(|kind| counts.contains(kind));
        all.extend(told.map(|kind| ((*day).to_owned(), kind)));
    }
    all
}

#[test]
fn nothing_is_missed_while_it_may_not_be_asked_for_and_grace_runs_from_there() {
    let whole = || HoldScope::Invoice(invoice_id("A"));
    let until = Some("2026-04-20T00:00:00Z");
    // The first instalment is due on 31 March, with three days of grace; held until the end of 19 April.
    let days = ["2026-04-05", "2026-04-19", "2026-04-20", "2026-04-23", "2026-04-24", "2026-04-25"];
    for scope in [HoldScope::Debtor, whole(), HoldScope::Amount(invoice_id("A"), eur(2_500))] {
        let mut book = overdue();
        book.agreed(proposal(plan(0), &[]), "2026-03-03T12:00:00Z").unwrap();
        book.held(hold(HoldReason::Moratorium, scope.clone(), until), "2026-03-30T12:00:00Z").unwrap();
        let ends = [EventKind::InstalmentMissed, EventKind::PlanDefaulted].map(|kind| ("2026-04-24".to_owned(), kind));
        assert_eq!(told_on(&mut book, &days), ends, "{scope:?}");
    }
    for scope in [HoldScope::Debtor, whole()] {
        let mut book = overdue();
        book.agreed(proposal(promise(5_000, "2026-04-01"), &["A"]), "2026-03-03T12:00:00Z").unwrap();
        book.held(hold(HoldReason::Attorney, scope.clone(), until), "2026-03-30T12:00:00Z").unwrap();
        assert_eq!(told_on(&mut book, &days[..4]), [("2026-04-23".to_owned(), EventKind::PromiseBroken)], "{scope:?}");
    }
    // A part leaves the rest to be asked for.
    let mut book = overdue();
    book.agreed(proposal(plan(0), &[]), "2026-03-03T12:00:00Z").unwrap();
    let part = HoldScope::Amount(invoice_id("A"), eur(2_499));
    book.held(hold(HoldReason::Manual, part, until), "2026-03-30T12:00:00Z").unwrap();
    assert_eq!(told_on(&mut book, &["2026-04-05"]).len(), 2);
}

#[test]
fn it_does_not_matter_when_the_end_of_a_hold_is_seen() {
    for days in [&["2026-04-20", "2026-04-23", "2026-04-24"][..], &["2026-04-23", "2026-04-24"], &["2026-04-24"]] {
        let mut book = overdue();
        book.agreed(proposal(plan(0), &[]), "2026-03-03T12:00:00Z").unwrap();
        let until = Some("2026-04-20T00:00:00Z");
        book.held(hold(HoldReason::Moratorium, HoldScope::Debtor, until), "2026-03-30T12:00:00Z").unwrap();
        let told = told_on(&mut book, days);
        assert!(told.iter().all(|(day, _)| day == "2026-04-24") && told.len() == 2, "{days:?}: {told:?}");
    }
}

#[test]
fn a_dispute_over_all_of_an_invoice_lets_its_plan_rest_and_who_lifts_it_starts_the_grace() {
    let mut book = overdue();
    book.agreed(proposal(plan(0), &[]), "2026-03-03T12:00:00Z").unwrap();
    let id = AgreementId::parse("d-1").unwrap();
    book.agreed(Proposal { id: id.clone(), ..proposal(dispute(None), &["A"]) }, "2026-03-04T12:00:00Z").unwrap();
    assert_eq!(told_on(&mut book, &["2026-04-10"]), []);
    book.debtor.resolve(&id, Resolution::Rejected, at("2026-04-10T12:00:00Z"), &mut Journal::default()).unwrap();
    let days = ["2026-04-11", "2026-04-13", "2026-04-14"];
    assert_eq!(told_on(&mut book, &days).first().map(|(day, _)| day.as_str()), Some("2026-04-14"));
}

#[test]
fn a_promise_at_rest_is_looked_at_again_when_a_hold_ends() {
    let mut book = overdue();
    book.agreed(proposal(promise(5_000, "2026-03-05"), &[]), "2026-03-03T12:00:00Z").unwrap();
    let until = Some("2026-04-20T00:00:00Z");
    book.held(hold(HoldReason::Manual, HoldScope::Invoice(invoice_id("A")), until), "2026-03-04T12:00:00Z").unwrap();
    assert_eq!(book.step_at("2026-03-20T08:00:00Z"), None);
    assert_eq!(book.wake(), Some(at("2026-04-20T00:00:00Z")));
    let lifted = HoldId::parse("h-1").unwrap();
    assert!(book.debtor.lift(&lifted, SetBy::Staff, at("2026-03-20T09:00:00Z"), &mut Journal::default()));
    assert_eq!(book.step_at("2026-03-20T10:00:00Z"), None);
    assert_eq!(book.wake(), Some(at("2026-03-23T00:00:00Z")), "two days of grace from there");
}

#[test]
fn a_hold_ends_in_the_commit_in_which_what_it_waits_for_happens() {
    let now = "2026-03-03T12:00:00Z";
    let waiting = |ends_with, scope| Hold { ends_with: Some(ends_with), ..hold(HoldReason::Manual, scope, None) };
    let ended = |journal: &Journal| journal.holds.iter().map(|(_, end)| end.as_str()).collect::<Vec<_>>();
    // A payment on the invoice, and on another one.
    for (scope, paid, ends) in [
        (HoldScope::Debtor, "B", &["paid"][..]),
        (HoldScope::Account(crate::history::account()), "B", &["paid"]),
        (HoldScope::Invoice(invoice_id("A")), "A", &["paid"]),
        (HoldScope::Invoice(invoice_id("A")), "B", &[]),
    ] {
        let mut book = overdue();
        book.invoice("B", "2026-02-01", "2026-03-03", 4_000);
        book.held(waiting(HoldEvent::Payment, scope.clone()), now).unwrap();
        let before = book.entries.len();
        book.pay(paid, 1_000, "2026-03-04");
        let mut journal = Journal { entries: book.entries.split_off(before), ..Journal::default() };
        book.debtor.roll(&book.policies, at("2026-03-04T12:00:00Z"), &mut journal).unwrap();
        assert_eq!(ended(&journal), ends, "{scope:?} {paid}");
    }
    let id = AgreementId::parse("a-1").unwrap();
    let mut book = overdue();
    let awaited = || waiting(HoldEvent::AgreementEnds(id.clone()), HoldScope::Debtor);
    assert_eq!(book.held(awaited(), now), Err(HoldError::NoAgreement(id.clone())));
    book.agreed(proposal(dispute(Some(4_000)), &["A"]), now).unwrap();
    book.held(awaited(), now).unwrap();
    let mut journal = Journal::default();
    book.debtor.resolve(&id, Resolution::Rejected, at(now), &mut journal).unwrap();
    assert_eq!(ended(&journal), ["agreement_ended"]);
}

#[test]
fn what_was_begun_in_time_is_waited_for_where_it_would_do() {
    let ends =
        [EventKind::SettlementLapsed, EventKind::SettlementKept, EventKind::PromiseBroken, EventKind::PromiseKept];
    let ended = |book: &mut Book, now: &str| book.told(now).into_iter().find(|kind| ends.contains(kind));
    let to_pay = |begun: &str, minor: i64| {
        let mut book = overdue();
        book.agreed(proposal(settlement(7_000, "2026-03-10"), &[]), "2026-03-03T12:00:00Z").unwrap();
        book.pending("A", minor, begun);
        book
    };
    let (in_time, late) = ("2026-03-10T22:00:00Z", "2026-03-11T01:00:00Z");
    for (begun, minor, waited) in [(in_time, 7_000, true), (in_time, 6_999, false), (late, 7_000, false)] {
        let mut book = to_pay(begun, minor);
        let lapsed = (!waited).then_some(EventKind::SettlementLapsed);
        assert_eq!(ended(&mut book, "2026-03-12T06:00:00Z"), lapsed, "{begun} {minor}");
    }
    let mut failed = to_pay(in_time, 7_000);
    assert_eq!(ended(&mut failed, "2026-03-12T06:00:00Z"), None);
    failed.failed("A", 7_000, in_time);
    assert_eq!(ended(&mut failed, "2026-03-12T07:00:00Z"), Some(EventKind::SettlementLapsed));
    let mut silent = to_pay(in_time, 7_000);
    assert_eq!(ended(&mut silent, "2026-03-31T21:00:00Z"), None);
    assert_eq!(ended(&mut silent, "2026-03-31T22:00:00Z"), Some(EventKind::SettlementLapsed), "waited for 21 days");
    let mut promised = overdue();
    promised.agreed(proposal(promise(5_000, "2026-03-08"), &[]), "2026-03-03T12:00:00Z").unwrap();
    promised.pending("A", 5_000, in_time);
    assert_eq!(ended(&mut promised, "2026-03-12T06:00:00Z"), None);
    assert_eq!(promised.step_at("2026-03-12T08:00:00Z"), None);
    assert_eq!(promised.wake(), Some(at("2026-03-31T22:00:00Z")));
}
