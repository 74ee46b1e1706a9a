//! What stands against charging, for rules and for orders: holds, moratoria, agreements, disputes, payments under way.

use crate::charging::{book, clause, fixed, late, laws, monthly, name, percent, rule, silent, told, yearly};
use crate::history::{Book, account, at, day, eur, invoice_id};
use dunlin_domain::agreement::{Dispute, DisputeReason, Promise, Settlement, Terms as Agreed};
use dunlin_domain::allocation::ComponentOrder;
use dunlin_domain::charge::ChargeRule;
use dunlin_domain::charge::fee::{FeeAmount, LateFee};
use dunlin_domain::charge::rule::{Booked, Levy, Times, WhileAgreed};
use dunlin_domain::debtor::{FeeRule, Journal, LateError, Ordered};
use dunlin_domain::hold::{Hold, HoldReason, HoldScope, SetBy};
use dunlin_domain::ids::{AgreementId, HoldId};
use dunlin_domain::ledger::EntryKind;
use dunlin_domain::policy::Policies;
use dunlin_domain::reason::Rule;

/// What each reason to hold does to a fee and to interest that fall into it, and after it.
#[test]
fn holds_stop_charges_each_in_its_way() {
    use HoldReason::{
        Attorney, CeaseRequest, Deceased, Hardship, Insolvent, Manual, Moratorium, ProviderRetry, StaleSource,
    };
    for (reason, meanwhile, after) in [
        (Attorney, (500, 740), (500, 1_479)),
        (CeaseRequest, (500, 740), (500, 1_479)),
        (Insolvent, (0, 0), (500, 1_479)),
        (Deceased, (0, 0), (500, 1_479)),
        (Hardship, (0, 0), (500, 1_479)),
        (StaleSource, (0, 0), (500, 1_479)),
        (Manual, (0, 0), (500, 1_479)),
        (ProviderRetry, (0, 0), (500, 1_479)),
        // Nothing of the 38 days from 5 March to 11 April, neither then nor afterwards.
        (Moratorium, (0, 0), (0, 542)),
    ] {
        let mut book = book(silent(vec![late(5, Times::Once, fixed(500)), yearly(Booked::Monthly)]));
        book.nights("2026-03-03", "2026-03-04");
        book.stopped(reason, HoldScope::Debtor, ("2026-03-05T12:00:00Z", Some("2026-04-12T00:00:00Z")));
        book.nights("2026-03-05", "2026-04-11");
        let of = |book: &Book, kind| book.charged().iter().filter(|one| one.1 == kind).map(|one| one.2).sum::<i64>();
        assert_eq!((of(&book, EntryKind::Fee), of(&book, EntryKind::Interest)), meanwhile, "{reason:?}");
        assert_eq!(book.reasons(Rule::ChargeBarred).is_empty(), !reason.stops_charges(), "{reason:?}");
        if reason.stops_charges() {
            assert_eq!(book.wake(), Some(at("2026-04-12T00:00:00Z")), "{reason:?}");
        }
        book.nights("2026-04-12", "2026-05-02");
        assert_eq!((of(&book, EntryKind::Fee), of(&book, EntryKind::Interest)), after, "{reason:?}");
        assert_eq!(of(&book, EntryKind::Interest), book.interest_owed("9", "2026-05-01"), "{reason:?}");
    }
}

#[test]
fn a_fee_whose_day_lies_in_a_moratorium_is_never_charged_and_one_after_it_is() {
    let mut book = book(silent(vec![late(5, monthly(3), fixed(500))]));
    book.nights("2026-03-03", "2026-03-04");
    book.stopped(HoldReason::Moratorium, HoldScope::Debtor, ("2026-03-05T12:00:00Z", None));
    book.nights("2026-03-05", "2026-03-20");
    assert!(book.debtor.lift(
        &HoldId::parse("h-0").unwrap(),
        SetBy::Staff,
        at("2026-03-20T12:00:00Z"),
        &mut Journal::default()
    ));
    book.nights("2026-03-21", "2026-07-01");
    assert_eq!(book.charged(), [told("2026-04-07", EntryKind::Fee, 500), told("2026-05-07", EntryKind::Fee, 500)]);
}

#[test]
fn a_moratorium_that_is_told_late_takes_its_interest_back() {
    let mut book = book(silent(vec![yearly(Booked::Monthly)]));
    book.nights("2026-03-03", "2026-04-01");
    assert_eq!(book.sum_charged(), 740);
    let hold = Hold {
        id: HoldId::parse("h").unwrap(),
        reason: HoldReason::Moratorium,
        scope: HoldScope::Debtor,
        since: at("2026-03-13T00:00:00Z"),
        until: Some(at("2026-05-12T00:00:00Z")),
        ends_with: None,
        set_by: SetBy::Staff,
        note: None,
    };
    book.debtor.hold(hold, at("2026-04-05T10:00:00Z"), &mut Journal::default()).unwrap();
    book.run("2026-04-05T11:00:00Z");
    assert_eq!(book.sum_charged(), 247, "ten days are left");
    book.nights("2026-04-06", "2026-06-01");
    assert_eq!(book.sum_charged(), book.interest_owed("9", "2026-06-01"));
}

/// What had paid the interest pays the principal then.
#[test]
fn interest_that_is_taken_back_after_it_was_paid_leaves_that_payment_to_the_principal() {
    let order = ComponentOrder::CostsInterestPrincipal;
    let mut book = book(silent(vec![yearly(Booked::Monthly)]).clearing(order));
    book.nights("2026-03-03", "2026-04-01");
    book.paid(740, "2026-04-02", "2026-04-02T12:00:00Z");
    let open = |book: &Book| {
        let open = book.debtor.invoices[&invoice_id("A")].components(order).unwrap();
        (open.interest.minor(), open.principal.minor())
    };
    assert_eq!(open(&book), (0, 100_000));
    book.stopped(HoldReason::Moratorium, HoldScope::Debtor, ("2026-03-13T00:00:00Z", None));
    book.run("2026-04-05T11:00:00Z");
    assert_eq!((book.sum_charged(), open(&book)), (247, (0, 100_000 - 493)));
}

#[test]
fn while_an_agreement_stands_nothing_is_charged_unless_the_rule_says_so() {
    for (while_agreed, meanwhile) in [(WhileAgreed::Wait, 0), (WhileAgreed::Charge, 500 + 740)] {
        let charges = [late(5, Times::Once, fixed(500)), yearly(Booked::Monthly)];
        let mut book = book(silent(charges.map(|rule| ChargeRule { while_agreed, ..rule }).into()));
        book.run("2026-03-03T00:00:00Z");
        let promise = Promise::new(eur(100_000), day("2026-04-10"), 2).unwrap();
        book.with_agreement(Agreed::Promise(promise), &[], "2026-03-03T10:00:00Z");
        book.nights("2026-03-04", "2026-04-12");
        assert_eq!(book.sum_charged(), meanwhile, "{while_agreed:?}");
        book.nights("2026-04-13", "2026-04-14");
        let days = if while_agreed == WhileAgreed::Wait { "2026-04-13" } else { "2026-04-01" };
        assert_eq!(book.sum_charged(), 500 + book.interest_owed("9", days), "it is broken: {while_agreed:?}");
    }
}

#[test]
fn what_is_contested_of_an_invoice_bears_nothing_until_it_is_decided() {
    let charges = || {
        vec![late(5, Times::Once, percent("2", 9_000)), yearly(Booked::Monthly), rule("flat", Levy::FixedSum(laws()))]
    };
    let contested = |amount| Agreed::Dispute(Dispute::new(amount, DisputeReason::Defective, Vec::new()).unwrap());
    for (amount, expected) in [(Some(eur(40_000)), 1_200 + 444), (None, 0)] {
        let mut book = book(silent(charges()));
        book.with_agreement(contested(amount), &["A"], "2026-03-02T10:00:00Z");
        book.nights("2026-03-03", "2026-04-01");
        assert_eq!(book.sum_charged(), expected, "{amount:?}");
        book.debtor.cancel(
            &AgreementId::parse("a-1").unwrap(),
            SetBy::Staff,
            at("2026-03-20T12:00:00Z"),
            &mut Journal::default(),
        );
        book.nights("2026-04-02", "2026-05-01");
        assert!(book.charged().contains(&told("2026-04-02", EntryKind::Fee, 4_000)));
        let interest = book.charged().iter().filter(|one| one.1 == EntryKind::Interest).map(|one| one.2).sum::<i64>();
        assert_eq!(interest, book.interest_owed("9", "2026-05-01"), "{amount:?}");
    }
}

#[test]
fn a_payment_under_way_and_a_payment_paid_back_stop_charges() {
    let charges = || silent(vec![late(5, Times::Once, fixed(500)), yearly(Booked::Monthly)]);
    let mut book = crate::charging::book(charges());
    book.pending("A", 100_000, "2026-03-05T00:00:00Z");
    book.nights("2026-03-06", "2026-03-20");
    assert_eq!(book.charged(), []);
    book.failed("A", 100_000, "2026-03-20T10:00:00Z");
    book.nights("2026-03-21", "2026-03-22");
    assert_eq!(book.charged(), [told("2026-03-21", EntryKind::Fee, 500)]);
    let mut book = crate::charging::book(charges());
    book.pay("A", 50_000, "2026-03-03");
    book.take_back("A", 50_000, 50_000, "2026-03-04");
    book.nights("2026-03-05", "2026-03-20");
    assert_eq!(book.charged(), [told("2026-03-07", EntryKind::Fee, 500)], "what the bank took back for good is owed");
}

/// What an order meets, and whether a reason helps.
#[test]
fn an_order_meets_the_same_obstacles_and_some_of_them_leave_it_to_the_creditor() {
    for (reason, refused, helps) in [
        (HoldReason::Attorney, false, true),
        (HoldReason::Hardship, true, true),
        (HoldReason::Deceased, true, true),
        (HoldReason::Insolvent, true, false),
        (HoldReason::Moratorium, true, false),
    ] {
        let mut book = book(Policies::built_in().unwrap());
        book.stopped(reason, HoldScope::Debtor, ("2026-03-05T12:00:00Z", None));
        let fee = LateFee { amount: FeeAmount::Fixed(eur(500)), authority: clause() };
        let order = FeeRule { name: name("late"), fee, period: name("once") };
        let mut charge = |despite| {
            let (ordered, mut journal) = (Ordered { now: at("2026-03-10T12:00:00Z"), despite }, Journal::default());
            let done = book.debtor.charge_fee(&invoice_id("A"), &order, day("2026-03-10"), ordered, &mut journal);
            done.map(|_| journal.entries[0].note.clone().unwrap())
        };
        match charge(None) {
            Ok(_) => assert!(!refused, "{reason:?}"),
            Err(LateError::Barred { barred, .. }) => {
                assert_eq!((barred.by.as_str(), refused), (reason.as_str(), true));
                let despite = charge(Some("they asked for it"));
                assert_eq!(despite.is_ok(), helps, "{reason:?}");
                let wanted = format!("contract clause 7.2; despite {}: they asked for it", reason.as_str());
                assert!(despite.is_err() || despite == Ok(wanted), "{reason:?}");
            }
            Err(other) => panic!("{reason:?}: {other}"),
        }
    }
}

/// Of 1,000.00 paid on 12 April, 41 days late, under a hold from 10 to 24 April.
#[test]
fn interest_of_what_is_paid_under_a_hold_waits_until_it_is_over() {
    use HoldReason::{Attorney, Hardship, Insolvent, Moratorium};
    let scopes = || [HoldScope::Debtor, HoldScope::Account(account()), HoldScope::Invoice(invoice_id("A"))];
    for (reason, days_owed) in [(Hardship, 1_011), (Insolvent, 1_011), (Moratorium, 937), (Attorney, 1_011)] {
        for scope in scopes() {
            let of_invoice = scope.invoice().is_some();
            let mut book = book(silent(vec![yearly(Booked::AtEnd)]));
            book.nights("2026-03-03", "2026-04-09");
            book.stopped(reason, scope, ("2026-04-10T00:00:00Z", Some("2026-04-25T00:00:00Z")));
            book.nights("2026-04-10", "2026-04-12");
            book.paid(100_000, "2026-04-12", "2026-04-12T10:00:00Z");
            let at_once = of_invoice || !reason.stops_charges();
            assert_eq!(book.sum_charged(), if at_once { days_owed } else { 0 }, "{reason:?}");
            assert!(book.debtor.invoices[&invoice_id("A")].is_live(), "{reason:?}");
            let next = book.debtor.next_charges(&account(), &book.policies, at("2026-04-13T12:00:00Z"));
            let foretold: i64 = next.iter().map(|one| one.amount.minor()).sum();
            book.nights("2026-04-13", "2026-04-24");
            assert_eq!(book.sum_charged(), if at_once { days_owed } else { 0 }, "{reason:?}");
            assert!(at_once || book.wake() == Some(at("2026-04-25T00:00:00Z")), "{reason:?}: {:?}", book.wake());
            book.nights("2026-04-25", "2026-05-10");
            assert_eq!(book.sum_charged(), days_owed, "{reason:?}");
            assert_eq!(foretold, if at_once { 0 } else { days_owed }, "{reason:?}");
            book.paid(days_owed, "2026-05-11", "2026-05-11T10:00:00Z");
            assert!(!book.debtor.invoices[&invoice_id("A")].is_live(), "{reason:?}");
        }
    }
}

/// Who accepted less does not ask for the interest of the part that was paid in full; an offer that lapsed forgives none.
#[test]
fn a_settlement_that_is_kept_forgives_interest() {
    for (more, expected) in [(50_000, 0), (0, 1_011)] {
        let mut book = book(silent(vec![yearly(Booked::AtEnd)]));
        book.invoice("B", "2026-02-01", "2026-06-30", 100_000);
        book.nights("2026-03-03", "2026-04-10");
        let settlement = Settlement::new(eur(150_000), day("2026-04-20"), 0).unwrap();
        book.with_agreement(Agreed::Settlement(settlement), &["A", "B"], "2026-04-10T10:00:00Z");
        book.paid(100_000, "2026-04-12", "2026-04-12T10:00:00Z");
        assert_eq!(book.sum_charged(), 0);
        if more > 0 {
            book.pay("B", more, "2026-04-13");
        }
        book.nights("2026-04-13", "2026-05-10");
        assert_eq!(book.sum_charged(), expected, "{more}");
    }
}
