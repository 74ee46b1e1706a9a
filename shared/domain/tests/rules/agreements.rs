//! Holds and agreements, a story each: what stops, what goes on, and how it ends. Invoice `A` over 100.00 EUR is due on
//! Monday, 2 March 2026, where the clock shows UTC.

use std::collections::BTreeSet;

use crate::history::{Book, account, at, day, eur, invoice_id};
use dunlin_domain::agreement::{
    AgreementError, Count, Dispute, DisputeReason, PaymentPlan, Period, Promise, Resolution, Schedule, Settlement,
    Terms,
};
use dunlin_domain::debtor::{HoldError, Journal, Proposal, ReopenedBy};
use dunlin_domain::event::EventKind;
use dunlin_domain::hold::{Hold, HoldReason, HoldScope, SetBy};
use dunlin_domain::ids::{AgreementId, HoldId};
use dunlin_domain::ledger::EntryKind;
use dunlin_domain::reason::Rule;

fn overdue() -> Book {
    let mut book = Book::new("UTC");
    book.invoice("A", "2026-02-01", "2026-03-02", 10_000);
    book
}

fn hold(reason: HoldReason, scope: HoldScope, until: Option<&str>) -> Hold {
    let id = HoldId::parse("h-1").unwrap();
    Hold {
        id,
        reason,
        scope,
        since: at("2026-03-02T12:00:00Z"),
        until: until.map(at),
        set_by: SetBy::Staff,
        note: None,
    }
}

fn proposal(terms: Terms, invoices: &[&str]) -> Proposal {
    Proposal {
        id: AgreementId::parse("a-1").unwrap(),
        account: account(),
        invoices: invoices.iter().map(|number| invoice_id(number)).collect::<BTreeSet<_>>(),
        made_by: SetBy::Portal,
        terms,
        note: None,
    }
}

fn promise(minor: i64, by: &str) -> Terms {
    Terms::Promise(Promise::new(eur(minor), day(by), 2).unwrap())
}

fn settlement(minor: i64, by: &str) -> Terms {
    Terms::Settlement(Settlement::new(eur(minor), day(by)).unwrap())
}

fn dispute(minor: Option<i64>) -> Terms {
    Terms::Dispute(Dispute::new(minor.map(eur), DisputeReason::Defective, Vec::new()).unwrap())
}

/// Four monthly instalments of 25.00 EUR from 31 March.
fn plan(misses_allowed: u8) -> Terms {
    let schedule = Schedule {
        total: eur(10_000),
        down_payment: None,
        first: day("2026-03-31"),
        every: Period::Months(1),
        count: Count::Of(4),
    };
    Terms::Plan(PaymentPlan::new(schedule.instalments().unwrap(), 3, misses_allowed).unwrap())
}

impl Book {
    fn held(&mut self, hold: Hold, now: &str) -> Result<bool, HoldError> {
        self.debtor.hold(hold, at(now), &mut Journal::default())
    }

    fn agreed(&mut self, proposal: Proposal, now: &str) -> Result<bool, AgreementError> {
        self.debtor.agree(proposal, at(now), &mut Journal::default())
    }

    /// The events of letting time pass until `now`.
    fn told(&mut self, now: &str) -> Vec<EventKind> {
        let mut journal = Journal::default();
        self.debtor.roll(&self.policies, at(now), &mut journal).unwrap();
        self.entries.extend(journal.entries);
        journal.events.iter().map(|event| event.kind).collect()
    }

    /// The step that is taken at `now` and sent, if one is.
    fn sent_at(&mut self, now: &str) -> Option<String> {
        let step = self.step_at(now)?;
        self.sent(now);
        Some(step)
    }

    fn asked(&self) -> Vec<(String, i64, String)> {
        let lines = self.plan().map(|plan| plan.lines).unwrap_or_default();
        let line = |line: &dunlin_domain::message::Line| {
            (line.invoice.number.to_string(), line.balance.minor(), line.due_date.to_string())
        };
        lines.iter().map(line).collect()
    }
}

#[test]
fn a_hold_stops_everything_until_its_time_and_chasing_resumes_by_itself() {
    for scope in [HoldScope::Debtor, HoldScope::Account(account()), HoldScope::Invoice(invoice_id("A"))] {
        for set_by in SetBy::ALL {
            let mut book = overdue();
            let until = Some("2026-03-10T00:00:00Z");
            let hold = Hold { set_by, ..hold(HoldReason::Hardship, scope.clone(), until) };
            assert_eq!(book.held(hold.clone(), "2026-03-02T12:00:00Z"), Ok(true));
            assert_eq!(book.held(hold, "2026-03-02T13:00:00Z"), Ok(false), "set again, it is no news");
            assert_eq!(book.step_at("2026-03-03T08:00:00Z"), None, "{scope:?} {set_by:?}");
            assert_eq!(book.reasons(Rule::OnHold).len(), 1);
            assert_eq!(book.wake(), Some(at("2026-03-10T00:00:00Z")), "{scope:?}");
            assert!(book.told("2026-03-10T00:00:00Z").contains(&EventKind::HoldEnded));
            assert_eq!(book.step_at("2026-03-10T08:00:00Z").as_deref(), Some("reminder-7"));
        }
    }
}

#[test]
fn a_hold_without_an_end_is_lifted_by_someone() {
    let mut book = overdue();
    book.held(hold(HoldReason::Attorney, HoldScope::Debtor, None), "2026-03-02T12:00:00Z").unwrap();
    assert_eq!(book.step_at("2030-01-01T12:00:00Z"), None);
    assert_eq!(book.wake(), None);
    assert!(book.debtor.lift(
        &HoldId::parse("h-1").unwrap(),
        SetBy::Staff,
        at("2026-03-05T00:00:00Z"),
        &mut Journal::default()
    ));
    assert_eq!(book.step_at("2030-01-01T12:00:00Z").as_deref(), Some("late-stage-45"));
}

#[test]
fn what_is_held_of_an_invoice_is_not_asked_for_and_the_rest_is() {
    let mut book = overdue();
    book.invoice("B", "2026-02-01", "2026-03-02", 5_000);
    let scope = HoldScope::Amount(invoice_id("A"), eur(4_000));
    book.held(hold(HoldReason::Manual, scope, None), "2026-03-02T12:00:00Z").unwrap();
    assert_eq!(book.step_at("2026-03-03T08:00:00Z").as_deref(), Some("reminder-1"));
    let due = || "2026-03-02".to_owned();
    assert_eq!(book.asked(), [("A".into(), 6_000, due()), ("B".into(), 5_000, due())]);
    assert_eq!(book.reasons(Rule::OnHold), ["manual, 40.00 EUR of A"]);
}

#[test]
fn a_hold_ends_with_its_invoice() {
    let mut book = overdue();
    book.held(hold(HoldReason::Manual, HoldScope::Invoice(invoice_id("A")), None), "2026-03-02T12:00:00Z").unwrap();
    book.pay("A", 10_000, "2026-03-04");
    assert!(book.told("2026-03-04T12:00:00Z").contains(&EventKind::HoldEnded));
    assert!(book.debtor.holds.is_empty());
}

#[test]
fn holds_that_cannot_be_are_refused() {
    let now = "2026-03-02T12:00:00Z";
    let mut book = overdue();
    let promised = book.held(hold(HoldReason::Promise, HoldScope::Debtor, None), now);
    assert_eq!(promised, Err(HoldError::ComesByAgreement(HoldReason::Promise)));
    let over = book.held(hold(HoldReason::Manual, HoldScope::Debtor, Some(now)), now);
    assert_eq!(over, Err(HoldError::Over(at(now))));
    let unknown = book.held(hold(HoldReason::Manual, HoldScope::Invoice(invoice_id("X")), None), now);
    assert_eq!(unknown, Err(HoldError::NothingOpen(invoice_id("X"))));
    book.held(hold(HoldReason::Manual, HoldScope::Debtor, None), now).unwrap();
    let other = book.held(hold(HoldReason::Hardship, HoldScope::Debtor, None), now);
    assert!(matches!(other, Err(HoldError::IdTaken(_))));
}

#[test]
fn a_promise_stops_chasing_until_it_is_broken_and_the_ladder_goes_on_where_it_was() {
    let mut book = overdue();
    assert_eq!(book.sent_at("2026-03-03T08:00:00Z").as_deref(), Some("reminder-1"));
    book.agreed(proposal(promise(10_000, "2026-03-12"), &[]), "2026-03-04T12:00:00Z").unwrap();
    assert_eq!(book.step_at("2026-03-09T08:00:00Z"), None);
    assert_eq!(book.reasons(Rule::OnHold), ["promise, until 2026-03-15T00:00:00Z"]);
    assert_eq!(book.wake(), Some(at("2026-03-15T00:00:00Z")), "the 12th and two days of grace");
    assert!(!book.told("2026-03-14T23:59:59Z").contains(&EventKind::PromiseBroken));
    assert!(book.told("2026-03-15T00:00:00Z").contains(&EventKind::PromiseBroken));
    assert_eq!(book.step_at("2026-03-16T08:00:00Z").as_deref(), Some("reminder-14"));
}

#[test]
fn a_promise_is_kept_partly_kept_or_broken_by_what_came() {
    for (paid, taken_back, end) in [
        (6_000, 0, Some(EventKind::PromiseKept)),
        (5_000, 0, Some(EventKind::PromisePartlyKept)),
        (6_000, 2_000, Some(EventKind::PromisePartlyKept)),
        (6_000, 6_000, Some(EventKind::PromiseBroken)),
    ] {
        let mut book = overdue();
        book.agreed(proposal(promise(6_000, "2026-03-12"), &["A"]), "2026-03-04T12:00:00Z").unwrap();
        book.pay("A", paid, "2026-03-10");
        if taken_back > 0 {
            book.take_back("A", paid, taken_back, "2026-03-11");
        }
        let told = [book.told("2026-03-11T12:00:00Z"), book.told("2026-03-15T00:00:00Z")].concat();
        let ends = [EventKind::PromiseKept, EventKind::PromisePartlyKept, EventKind::PromiseBroken];
        assert_eq!(told.into_iter().find(|kind| ends.contains(kind)), end, "{paid} - {taken_back}");
        assert!(book.debtor.agreements.is_empty());
    }
}

#[test]
fn chasing_follows_the_instalments_of_a_plan() {
    let mut book = overdue();
    assert_eq!(book.sent_at("2026-03-16T08:00:00Z").as_deref(), Some("reminder-14"));
    book.agreed(proposal(plan(1), &[]), "2026-03-17T12:00:00Z").unwrap();
    assert!(book.told("2026-03-17T12:00:00Z").contains(&EventKind::CycleEnded), "nothing is overdue under the plan");
    assert_eq!(book.step_at("2026-03-27T12:00:00Z"), None);
    // A courtesy three days before, of the instalment alone.
    assert_eq!(book.step_at("2026-03-30T08:00:00Z").as_deref(), Some("courtesy"));
    assert_eq!(book.asked(), [("A".into(), 2_500, "2026-03-31".into())]);
    book.sent("2026-03-30T08:00:00Z");
    book.pay("A", 2_500, "2026-03-31");
    assert_eq!(book.step_at("2026-04-13T08:00:00Z"), None);
    // The second is late: a ladder of its own.
    book.told("2026-05-01T00:00:00Z");
    assert_eq!(book.sent_at("2026-05-01T08:00:00Z").as_deref(), Some("reminder-1"));
    assert!(book.told("2026-05-04T00:00:00Z").contains(&EventKind::InstalmentMissed));
    assert!(!book.told("2026-05-05T00:00:00Z").contains(&EventKind::InstalmentMissed), "it is told once");
    // A second miss is one too many: all is owed, and the ladder goes on where it was before the plan.
    let told = book.told("2026-06-04T00:00:00Z");
    assert!(told.contains(&EventKind::PlanDefaulted), "{told:?}");
    assert_eq!(book.step_at("2026-06-04T08:00:00Z").as_deref(), Some("late-stage-45"));
}

#[test]
fn a_plan_that_is_called_off_leaves_the_ladder_where_it_was() {
    let mut book = overdue();
    assert_eq!(book.sent_at("2026-03-16T08:00:00Z").as_deref(), Some("reminder-14"));
    book.agreed(proposal(plan(1), &[]), "2026-03-17T08:00:00Z").unwrap();
    book.run("2026-03-17T08:00:00Z");
    assert!(book.debtor.cancel(&AgreementId::parse("a-1").unwrap(), SetBy::Staff, &mut Journal::default()));
    assert!(book.told("2026-03-18T08:00:00Z").contains(&EventKind::CycleResumed));
    assert_eq!(book.step_at("2026-03-18T08:00:00Z"), None, "reminder-14 was sent");
    assert_eq!(book.step_at("2026-03-23T08:00:00Z").as_deref(), Some("call-21"));
}

#[test]
fn a_plan_is_completed_by_its_last_payment() {
    let mut book = overdue();
    book.agreed(proposal(plan(0), &["A"]), "2026-03-03T12:00:00Z").unwrap();
    book.pay("A", 10_000, "2026-03-20");
    let told = book.told("2026-03-20T12:00:00Z");
    assert!(told.contains(&EventKind::PlanCompleted), "{told:?}");
}

#[test]
fn a_settlement_gives_the_rest_up_in_the_change_that_pays_it() {
    let mut book = overdue();
    book.agreed(proposal(settlement(7_000, "2026-03-31"), &[]), "2026-03-03T12:00:00Z").unwrap();
    assert_eq!(book.step_at("2026-03-16T08:00:00Z"), None);
    book.pay("A", 7_000, "2026-03-20");
    assert!(book.told("2026-03-20T12:00:00Z").contains(&EventKind::SettlementKept));
    let invoice = book.debtor.invoices.get(&invoice_id("A")).unwrap();
    assert!(invoice.balance().is_zero());
    assert_eq!(invoice.position().unwrap().written_off, eur(3_000));
    let written_off = book.entries.iter().find(|entry| entry.kind == EntryKind::WriteOff).unwrap();
    assert_eq!(written_off.amount, eur(-3_000));
}

#[test]
fn a_settlement_that_lapses_restores_the_whole() {
    let mut book = overdue();
    book.agreed(proposal(settlement(7_000, "2026-03-10"), &[]), "2026-03-03T12:00:00Z").unwrap();
    book.pay("A", 1_000, "2026-03-09");
    assert!(book.told("2026-03-11T00:00:00Z").contains(&EventKind::SettlementLapsed));
    assert_eq!(book.step_at("2026-03-11T08:00:00Z").as_deref(), Some("reminder-7"));
    assert_eq!(book.asked(), [("A".into(), 9_000, "2026-03-02".into())]);
}

#[test]
fn what_is_contested_is_not_chased_and_a_person_decides() {
    let now = "2026-03-03T07:00:00Z";
    for (contested, resolution, credited) in [
        (None, Resolution::Accepted, Some(10_000)),
        (Some(4_000), Resolution::Accepted, Some(4_000)),
        (Some(4_000), Resolution::Partly(eur(1_500)), Some(1_500)),
        (Some(4_000), Resolution::Rejected, None),
    ] {
        let mut book = overdue();
        book.agreed(proposal(dispute(contested), &["A"]), now).unwrap();
        let step = book.step_at("2026-03-03T08:00:00Z");
        assert_eq!(step.is_some(), contested.is_some(), "the rest stays collectable");
        let asked = contested.map(|contested| ("A".to_owned(), 10_000 - contested, "2026-03-02".to_owned()));
        assert_eq!(book.asked(), asked.into_iter().collect::<Vec<_>>());
        let id = AgreementId::parse("a-1").unwrap();
        let answer = book.debtor.resolve(&id, resolution, &mut Journal::default()).unwrap();
        assert_eq!(answer, credited.map(|minor| (invoice_id("A"), eur(minor))));
        assert!(book.debtor.agreements.is_empty());
    }
    let mut book = overdue();
    book.agreed(proposal(dispute(Some(4_000)), &["A"]), now).unwrap();
    let id = AgreementId::parse("a-1").unwrap();
    let too_much = book.debtor.resolve(&id, Resolution::Partly(eur(4_001)), &mut Journal::default());
    assert_eq!(too_much, Err(AgreementError::MoreThanOpen { told: eur(4_001), open: eur(4_000) }));
}

#[test]
fn agreements_that_cannot_be_are_refused() {
    let now = "2026-03-03T12:00:00Z";
    let refused = |terms, invoices: &[&str]| overdue().agreed(proposal(terms, invoices), now).unwrap_err().to_string();
    assert_eq!(refused(promise(10_001, "2026-03-12"), &[]), "100.01 is more than the 100.00 that is open");
    assert_eq!(refused(promise(1, "2026-03-02"), &[]), "the date 2026-03-02 is before today, 2026-03-03");
    assert_eq!(refused(promise(1, "2026-03-12"), &["X"]), "nothing is open on an invoice main/X of this account");
    let mut settled = overdue();
    settled.pay("A", 2_500, "2026-03-03");
    let wrong = settled.agreed(proposal(plan(0), &[]), now).unwrap_err();
    assert_eq!(wrong.to_string(), "the instalments come to 100.00, and 75.00 is open on what the plan covers");
    let mut twice = overdue();
    twice.agreed(proposal(plan(0), &[]), now).unwrap();
    assert_eq!(twice.agreed(proposal(plan(0), &[]), now), Ok(false), "agreed again, it is no news");
    let other = Proposal { id: AgreementId::parse("a-2").unwrap(), ..proposal(promise(1, "2026-03-12"), &[]) };
    assert_eq!(
        twice.agreed(other, now).unwrap_err().to_string(),
        "invoice main/A is covered by a-1; cancel that first"
    );
}

#[test]
fn a_payment_that_is_taken_back_resumes_the_ladder_where_it_was_left() {
    let mut book = overdue();
    assert_eq!(book.sent_at("2026-03-09T08:00:00Z").as_deref(), Some("reminder-7"));
    book.pay("A", 10_000, "2026-03-10");
    assert!(book.told("2026-03-10T12:00:00Z").contains(&EventKind::CycleEnded));
    book.take_back("A", 10_000, 10_000, "2026-03-13");
    let reopened = book.events.iter().rfind(|event| event.kind == EventKind::InvoiceReopened).unwrap();
    let because = (Some(ReopenedBy::ChargedBack), Some("payment/test/p1"));
    assert_eq!((reopened.cause, reopened.reference.as_deref()), because);
    let mut journal = Journal::default();
    book.debtor.roll(&book.policies, at("2026-03-13T12:00:00Z"), &mut journal).unwrap();
    let resumed = journal.events.iter().find(|event| event.kind == EventKind::CycleResumed).unwrap();
    assert_eq!((resumed.cause, resumed.reference.as_deref()), because);
    assert_eq!(book.step_at("2026-03-13T12:00:00Z"), None, "reminder-7 was sent");
    assert_eq!(book.reasons(Rule::Resumed), ["charged_back, payment/test/p1"]);
    assert_eq!(book.step_at("2026-03-16T12:00:00Z").as_deref(), Some("reminder-14"));
}

#[test]
fn a_dispute_ends_with_what_it_is_about() {
    let mut book = overdue();
    book.agreed(proposal(dispute(Some(4_000)), &["A"]), "2026-03-03T07:00:00Z").unwrap();
    book.pay("A", 10_000, "2026-03-04");
    assert!(book.told("2026-03-04T12:00:00Z").contains(&EventKind::DisputeResolved));
    assert!(book.debtor.agreements.is_empty());
}
