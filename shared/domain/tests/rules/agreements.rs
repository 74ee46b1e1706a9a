//! Holds and agreements, a story each: what stops, what goes on, and how it ends. Invoice `A` over 100.00 EUR is due on
//! Monday, 2 March 2026, where the clock shows UTC.

use std::collections::BTreeSet;

use crate::history::{Book, account, at, course_of, day, effect_of, eur, invoice_id, remittance_id};
use dunlin_domain::agreement::{
    AgreementError, Count, Dispute, DisputeReason, Every, PaymentPlan, Period, Promise, Resolution, Schedule,
    Settlement, Terms,
};
use dunlin_domain::allocation::ComponentOrder;
use dunlin_domain::by_day::ByDay;
use dunlin_domain::debtor::{HoldError, Journal, Proposal, ReopenedBy};
use dunlin_domain::event::EventKind;
use dunlin_domain::hold::{Hold, HoldReason, HoldScope, SetBy};
use dunlin_domain::ids::{AgreementId, HoldId};
use dunlin_domain::ledger::EntryKind;
use dunlin_domain::money::Currency;
use dunlin_domain::reason::Rule;
use dunlin_domain::remittance::{Effect, RemittanceKind, Stage};

pub(crate) fn overdue() -> Book {
    let mut book = Book::new("UTC");
    book.invoice("A", "2026-02-01", "2026-03-02", 10_000);
    book
}

pub(crate) fn hold(reason: HoldReason, scope: HoldScope, until: Option<&str>) -> Hold {
    let id = HoldId::parse("h-1").unwrap();
    Hold {
        id,
        reason,
        scope,
        since: at("2026-03-02T12:00:00Z"),
        until: until.map(at),
        ends_with: None,
        set_by: SetBy::Staff,
        note: None,
    }
}

pub(crate) fn proposal(terms: Terms, invoices: &[&str]) -> Proposal {
    Proposal {
        id: AgreementId::parse("a-1").unwrap(),
        account: account(),
        invoices: invoices.iter().map(|number| invoice_id(number)).collect::<BTreeSet<_>>(),
        made_by: SetBy::Portal,
        terms,
        note: None,
    }
}

pub(crate) fn promise(minor: i64, by: &str) -> Terms {
    Terms::Promise(Promise::new(eur(minor), day(by), 2).unwrap())
}

pub(crate) fn settlement(minor: i64, by: &str) -> Terms {
    Terms::Settlement(Settlement::new(eur(minor), day(by), 0).unwrap())
}

pub(crate) fn dispute(minor: Option<i64>) -> Terms {
    Terms::Dispute(Dispute::new(minor.map(eur), DisputeReason::Defective, Vec::new()).unwrap())
}

/// Four monthly instalments of 25.00 EUR from 31 March.
pub(crate) fn plan(misses_allowed: u8) -> Terms {
    let schedule = Schedule {
        total: eur(10_000),
        down_payment: None,
        first: day("2026-03-31"),
        every: Every::Period(Period::Months(1)),
        count: Count::Of(4),
    };
    Terms::Plan(PaymentPlan::new(schedule.instalments().unwrap(), 3, misses_allowed).unwrap())
}

impl Book {
    pub(crate) fn held(&mut self, hold: Hold, now: &str) -> Result<bool, HoldError> {
        self.debtor.hold(hold, at(now), &mut Journal::default())
    }

    pub(crate) fn agreed(&mut self, proposal: Proposal, now: &str) -> Result<bool, AgreementError> {
        self.debtor.agree(proposal, at(now), &mut Journal::default())
    }

    /// The events of letting time pass until `now`.
    pub(crate) fn told(&mut self, now: &str) -> Vec<EventKind> {
        let mut journal = Journal::default();
        self.debtor.roll(&self.policies, at(now), &mut journal).unwrap();
        self.entries.extend(journal.entries);
        journal.events.iter().map(|event| event.kind).collect()
    }

    /// The step that is taken at `now` and sent, if one is.
    pub(crate) fn sent_at(&mut self, now: &str) -> Option<String> {
        let step = self.step_at(now)?;
        self.sent(now);
        Some(step)
    }

    pub(crate) fn asked(&self) -> Vec<(String, i64, String)> {
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
    let not_ours = dunlin_domain::ids::AccountKey { currency: Currency::parse("USD").unwrap(), ..account() };
    let elsewhere = book.held(hold(HoldReason::Manual, HoldScope::Account(not_ours.clone()), None), now);
    assert_eq!(elsewhere, Err(HoldError::NoAccount(not_ours)));
    let since = at("2026-03-03T00:00:00Z");
    let not_yet = book.held(Hold { since, ..hold(HoldReason::Moratorium, HoldScope::Debtor, None) }, now);
    assert_eq!(not_yet, Err(HoldError::NotYet(since)));
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
    assert!(book.debtor.cancel(
        &AgreementId::parse("a-1").unwrap(),
        SetBy::Staff,
        at("2026-03-17T09:00:00Z"),
        &mut Journal::default()
    ));
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

/// The bank takes so much of a payment of 70.00 back, and may lose it again.
fn contested(book: &mut Book, invoice: &str, (was, is): (i64, i64), on: &str) {
    let id = remittance_id(RemittanceKind::Payment, "p1");
    let effect = |minor| {
        let paid = effect_of(&id, 7_000, Stage::Settled, "2026-03-20T00:00:00Z");
        paid.map(|paid| Effect { charged_back: eur(minor), contested: minor > 0, ..paid })
    };
    book.book(&id, invoice, (effect(was), effect(is)), day(on));
}

#[test]
fn a_settlement_stands_and_falls_with_the_money_that_it_was_kept_by() {
    let mut book = overdue();
    book.agreed(proposal(settlement(7_000, "2026-03-31"), &[]), "2026-03-03T12:00:00Z").unwrap();
    book.pay("A", 7_000, "2026-03-20");
    book.told("2026-03-20T12:00:00Z");
    let open = |book: &Book| book.debtor.invoices[&invoice_id("A")].balance();
    contested(&mut book, "A", (0, 7_000), "2026-04-02");
    assert_eq!(open(&book), eur(10_000), "the whole is owed");
    book.pay("A", 500, "2026-04-10");
    assert_eq!(open(&book), eur(9_500), "a payment after its time does not bring it back");
    contested(&mut book, "A", (7_000, 0), "2026-05-04");
    assert_eq!(open(&book), eur(0), "a contest that is won does");
    assert_eq!(book.debtor.invoices[&invoice_id("A")].position().unwrap().written_off, eur(2_500));
    let given_up = book.entries.iter().filter(|entry| entry.kind == EntryKind::WriteOff);
    let given_up: Vec<_> = given_up
        .map(|entry| (entry.on.to_string(), entry.amount.minor(), entry.note.as_deref().unwrap_or_default()))
        .collect();
    let lapsed = "the settlement lapsed: what was paid for it went back";
    assert_eq!(
        given_up,
        [
            ("2026-03-20".to_owned(), -3_000, "settled for less"),
            ("2026-04-02".to_owned(), 3_000, lapsed),
            ("2026-05-04".to_owned(), -2_500, "settled for less"),
        ]
    );
    let principal = book.debtor.invoices[&invoice_id("A")]
        .principal_by_day(ComponentOrder::PrincipalFirst, &ByDay::default())
        .unwrap();
    let by_day: Vec<_> = principal.into_iter().map(|(on, open)| (on.to_string(), open.minor())).collect();
    let expected =
        [("2026-02-01", 10_000), ("2026-03-20", 0), ("2026-04-02", 10_000), ("2026-04-10", 9_500), ("2026-05-04", 0)];
    assert_eq!(by_day, expected.map(|(on, minor)| (on.to_owned(), minor)), "interest follows by day");
}

/// Covers: a payment that was told again with another day was undone and booked anew, and its settlement lapsed in between.
#[test]
fn a_settlement_stands_where_its_payment_only_moves_to_another_day() {
    let mut book = overdue();
    book.agreed(proposal(settlement(7_000, "2026-03-31"), &[]), "2026-03-03T12:00:00Z").unwrap();
    let id = remittance_id(RemittanceKind::Payment, "p1");
    let [first, again] = ["2026-03-18T00:00:00Z", "2026-03-20T00:00:00Z"]
        .map(|said| course_of(&id, 7_000, Stage::Settled, said).unwrap());
    book.book_course(&id, "A", (None, &first));
    book.told("2026-03-20T12:00:00Z");
    book.book_course(&id, "A", (Some(&first), &again));
    assert_eq!(book.debtor.invoices[&invoice_id("A")].position().unwrap().written_off, eur(3_000));
    assert_eq!(book.debtor.invoices[&invoice_id("A")].balance(), eur(0));
}

#[test]
fn invoices_that_were_settled_together_are_owed_again_together() {
    let mut book = overdue();
    book.invoice("B", "2026-02-01", "2026-03-02", 2_000);
    book.agreed(proposal(settlement(7_500, "2026-03-31"), &[]), "2026-03-03T12:00:00Z").unwrap();
    book.pay("A", 7_000, "2026-03-20");
    book.pay("A", 1_000, "2026-03-20");
    book.told("2026-03-20T12:00:00Z");
    let open = |book: &Book| ["A", "B"].map(|of| book.debtor.invoices[&invoice_id(of)].balance().minor());
    let stopped = |book: &Book| ["A", "B"].map(|of| !book.debtor.invoices[&invoice_id(of)].contested.is_empty());
    assert_eq!(open(&book), [0, 0]);
    contested(&mut book, "A", (0, 500), "2026-04-02");
    assert_eq!(open(&book), [0, 0], "so much had been paid beyond what was accepted");
    contested(&mut book, "A", (500, 501), "2026-04-03");
    assert_eq!(
        (open(&book), stopped(&book)),
        ([2_501, 2_000], [true, true]),
        "nothing is chased while it is contested"
    );
    contested(&mut book, "A", (501, 0), "2026-05-04");
    assert_eq!((open(&book), stopped(&book)), ([0, 0], [false, false]));
}

/// Covers: a credit note of what was accepted kept a settlement, and the rest was given up.
#[test]
fn a_credit_note_keeps_nothing_it_makes_the_debt_smaller() {
    let credited = |terms| {
        let mut book = overdue();
        book.agreed(proposal(terms, &["A"]), "2026-03-03T12:00:00Z").unwrap();
        let id = remittance_id(RemittanceKind::CreditNote, "cn");
        let note = effect_of(&id, 6_000, Stage::Settled, "2026-03-04T00:00:00Z");
        book.book(&id, "A", (None, note), day("2026-03-04"));
        book
    };
    for (terms, broken, over) in [
        (settlement(6_000, "2026-03-10"), EventKind::SettlementLapsed, "2026-03-11T00:00:00Z"),
        (promise(6_000, "2026-03-10"), EventKind::PromiseBroken, "2026-03-13T00:00:00Z"),
    ] {
        let mut book = credited(terms.clone());
        book.told("2026-03-04T12:00:00Z");
        assert!(!book.debtor.agreements.is_empty(), "no money has come");
        assert!(book.told(over).contains(&broken));
        assert_eq!(book.debtor.invoices[&invoice_id("A")].position().unwrap().balance, eur(4_000));
        let mut book = credited(terms);
        book.pay("A", 4_000, "2026-03-05");
        book.told("2026-03-05T12:00:00Z");
        assert!(book.debtor.agreements.is_empty(), "nothing is left to pay: it is kept");
        assert_eq!(book.debtor.invoices[&invoice_id("A")].position().unwrap().written_off, eur(0));
    }
    // Four instalments of 25.00, of which 40.00 is left to pay: the first whole, the second in part.
    let mut book = credited(plan(0));
    for (paid, on, end) in [(2_500, "2026-03-31", None), (1_500, "2026-04-30", Some(EventKind::PlanCompleted))] {
        book.pay("A", paid, on);
        let told = book.told(&format!("{on}T12:00:00Z"));
        assert_eq!(told.into_iter().find(|kind| *kind == EventKind::PlanCompleted), end, "{on}");
    }
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
        let answer = book.debtor.resolve(&id, resolution, at(now), &mut Journal::default()).unwrap();
        assert_eq!(answer, credited.map(|minor| (invoice_id("A"), eur(minor))));
        assert!(book.debtor.agreements.is_empty());
    }
    let mut book = overdue();
    book.agreed(proposal(dispute(Some(4_000)), &["A"]), now).unwrap();
    let id = AgreementId::parse("a-1").unwrap();
    let too_much = book.debtor.resolve(&id, Resolution::Partly(eur(4_001)), at(now), &mut Journal::default());
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
