//! What others hear of a change.

use std::collections::{BTreeMap, BTreeSet};

use dunlin_domain::agreement::{
    Count, Dispute, DisputeReason, Every, PaymentPlan, Period, Resolution, Schedule, Terms,
};
use dunlin_domain::allocation::{Advice, AllocationMethod};
use dunlin_domain::debtor::{AtHand, Charge, ChargeKind, CreditOrder, CreditUse, Journal, Proposal, WriteOff};
use dunlin_domain::event::Event;
use dunlin_domain::hold::{Hold, HoldReason, HoldScope, SetBy};
use dunlin_domain::ids::{AgreementId, HoldId, OutsideId, PortfolioId};
use dunlin_domain::remittance::{Effect, RemittanceKind};

use crate::history::{Book, account, at, day, eur, invoice_id, remittance_id};

/// An event as a listener reads it: kind, amount, reference, outcome, detail.
fn line(event: &Event) -> String {
    let amount = event.amount.map(|amount| amount.to_string());
    let id = event.agreement.as_ref().map(ToString::to_string).or(event.hold.as_ref().map(ToString::to_string));
    let parts = [id, amount, event.reference.clone(), event.outcome.map(str::to_owned), event.detail.clone()];
    let parts = parts.into_iter().flatten();
    std::iter::once(event.kind.as_str().to_owned()).chain(parts).collect::<Vec<_>>().join(" ")
}

impl Book {
    fn lines(&mut self) -> Vec<String> {
        std::mem::take(&mut self.events).iter().map(line).collect()
    }

    fn change(&mut self, change: impl FnOnce(&mut Self, &mut Journal)) -> Vec<String> {
        let mut journal = Journal::default();
        change(self, &mut journal);
        self.keep(journal);
        self.lines()
    }

    fn rolled(&mut self, now: &str) -> Vec<String> {
        self.change(|book, journal| book.debtor.roll(&book.policies, at(now), journal).unwrap())
    }
}

fn overdue() -> Book {
    let mut book = Book::new("UTC");
    book.invoice("A", "2026-02-01", "2026-03-02", 10_000);
    book.events.clear();
    book
}

fn effect(received: i64, refunded: i64, charged_back: i64) -> Option<Effect> {
    let (received, refunded, charged_back) = (eur(received), eur(refunded), eur(charged_back));
    Some(Effect { received, refunded, charged_back, in_flight: None, contested: false })
}

#[test]
fn a_payment_is_told_by_what_changed_each_time() {
    let mut book = overdue();
    let id = remittance_id(RemittanceKind::Payment, "p1");
    let paid = "payment/test/p1";
    let mut was = None;
    for (is, told) in [
        (effect(10_000, 0, 0), vec![format!("payment.received 100.00 {paid}"), "invoice.settled 100.00 paid".into()]),
        (effect(10_000, 300, 0), vec![format!("payment.reversed 3.00 {paid} refunded")]),
        (effect(10_000, 500, 0), vec![format!("payment.reversed 2.00 {paid} refunded")]),
        (effect(10_000, 500, 9_500), vec![format!("payment.reversed 95.00 {paid} charged_back")]),
        (effect(10_000, 500, 0), vec![format!("payment.regained 95.00 {paid} charged_back")]),
        (effect(10_000, 500, 0), vec![]),
        (
            effect(0, 0, 0),
            vec![format!("payment.reversed 100.00 {paid} returned"), format!("payment.regained 5.00 {paid} refunded")],
        ),
    ] {
        book.book(&id, "A", (was, is), day("2026-03-04"));
        let lines: Vec<_> = book.lines().into_iter().filter(|line| !line.starts_with("invoice.reopened")).collect();
        assert_eq!(lines, told);
        was = is;
    }
}

#[test]
fn what_the_ledger_does_is_told_from_its_entries() {
    let mut book = overdue();
    let on = day("2026-03-04");
    let key = OutsideId::parse("k1").unwrap();
    let charge = |kind, minor| Charge { kind, amount: eur(minor), authority: "clause 4", key: &key, on };
    let told = book.change(|book, journal| {
        book.debtor.charge(&invoice_id("A"), charge(ChargeKind::Fee, 500), journal).unwrap();
    });
    assert_eq!(told, ["fee.charged 5.00 k1 clause 4"]);
    let told = book.change(|book, journal| {
        let all = WriteOff { amount: eur(10_500), reason: "gone abroad", order: None, on };
        book.debtor.write_off(&invoice_id("A"), all, journal).unwrap();
    });
    assert_eq!(told, ["invoice.settled 0.00 written_off", "write_off.made 105.00 gone abroad"]);
    book.pay("A", 4_000, "2026-03-05");
    assert_eq!(book.lines(), ["payment.received 40.00 payment/test/p1", "write_off.recovered 40.00 payment/test/p1"]);
    book.invoice("B", "2026-02-01", "2026-03-02", 1_000);
    book.pay("B", 5_000, "2026-03-05");
    assert_eq!(book.lines().last().unwrap(), "credit.arose 40.00 payment/test/p2");
    book.invoice("C", "2026-02-01", "2026-03-02", 1_000);
    book.events.clear();
    for (what, minor, expected) in [
        (CreditUse::Apply(Advice::none()), 1_000, "credit.applied 10.00 payment/credit/o1"),
        (
            CreditUse::Move(PortfolioId::parse("other").unwrap()),
            700,
            "credit.moved 7.00 payment/credit/o1 moved to other",
        ),
        (CreditUse::Refund, 300, "credit.refunded 3.00 payment/credit/o1"),
    ] {
        let id = CreditOrder::id(OutsideId::parse("o1").unwrap()).unwrap();
        let order = CreditOrder { account: account(), amount: Some(eur(minor)), id, on, what };
        let told = book.change(|book, journal| {
            book.debtor.use_credit(&order, &BTreeMap::new(), journal).unwrap();
            let at_hand = AtHand::Nothing;
            while book.debtor.allocate(AllocationMethod::default(), 9, at_hand, journal).unwrap() {}
        });
        assert_eq!(told.last().unwrap(), expected);
        assert_eq!(told.iter().filter(|line| line.starts_with("credit.")).count(), 1, "{told:?}");
    }
}

#[test]
fn what_is_agreed_is_told_with_its_id_and_how_it_ended() {
    let mut book = overdue();
    let schedule = Schedule {
        total: eur(10_000),
        down_payment: None,
        first: day("2026-03-31"),
        every: Every::Period(Period::Months(1)),
        count: Count::Of(4),
    };
    let terms = Terms::Plan(PaymentPlan::new(schedule.instalments().unwrap(), 3, 2).unwrap());
    let id = AgreementId::parse("a-1").unwrap();
    let proposal = Proposal {
        id: id.clone(),
        account: account(),
        invoices: BTreeSet::new(),
        made_by: SetBy::Portal,
        terms,
        note: None,
    };
    let told =
        book.change(|book, journal| assert!(book.debtor.agree(proposal, at("2026-03-03T12:00:00Z"), journal).unwrap()));
    assert_eq!(told, ["plan.made a-1 100.00"]);
    book.pay("A", 5_000, "2026-03-20");
    book.events.clear();
    let paid = ["plan.instalment_paid a-1 25.00 2026-03-31", "plan.instalment_paid a-1 25.00 2026-04-30"];
    assert_eq!(book.rolled("2026-03-20T12:00:00Z"), paid);
    book.take_back("A", 5_000, 2_500, "2026-03-21");
    book.pay("A", 2_500, "2026-03-22");
    book.events.clear();
    assert_eq!(book.rolled("2026-03-22T12:00:00Z"), Vec::<String>::new(), "each is told once");
    let told = book
        .change(|book, journal| assert!(book.debtor.cancel(&id, SetBy::Staff, at("2026-03-22T12:00:00Z"), journal)));
    assert_eq!(told, ["plan.cancelled a-1 100.00 cancelled"]);
}

#[test]
fn a_dispute_and_a_hold_say_which_and_how_they_ended() {
    let mut book = overdue();
    let terms = Dispute::new(None, DisputeReason::Defective, Vec::new());
    let id = AgreementId::parse("d-1").unwrap();
    let proposal = Proposal {
        id: id.clone(),
        account: account(),
        invoices: [invoice_id("A")].into(),
        made_by: SetBy::Portal,
        terms: Terms::Dispute(terms.unwrap()),
        note: None,
    };
    let told =
        book.change(|book, journal| assert!(book.debtor.agree(proposal, at("2026-03-03T12:00:00Z"), journal).unwrap()));
    assert_eq!(told, ["dispute.opened d-1"]);
    let told = book.change(|book, journal| {
        assert!(book.debtor.resolve(&id, Resolution::Rejected, at("2026-03-03T12:00:00Z"), journal).unwrap().is_none())
    });
    assert_eq!(told, ["dispute.resolved d-1 rejected"]);
    let id = HoldId::parse("h-1").unwrap();
    let hold = Hold {
        id: id.clone(),
        reason: HoldReason::Hardship,
        scope: HoldScope::Amount(invoice_id("A"), eur(900)),
        since: at("2026-03-02T12:00:00Z"),
        until: None,
        ends_with: None,
        set_by: SetBy::Staff,
        note: None,
    };
    let now = at("2026-03-04T12:00:00Z");
    let told = book.change(|book, journal| assert!(book.debtor.hold(hold, now, journal).unwrap()));
    assert_eq!(told, ["hold.set h-1 9.00 hardship"]);
    let told = book.change(|book, journal| assert!(book.debtor.lift(&id, SetBy::Staff, now, journal)));
    assert_eq!(told, ["hold.ended h-1 9.00 lifted hardship"]);
}
