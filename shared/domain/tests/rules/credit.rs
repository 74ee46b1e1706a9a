//! What becomes of unapplied credit.

use dunlin_domain::allocation::{Advice, AllocationMethod};
use dunlin_domain::debtor::{CreditError, CreditOrder, CreditUse};
use dunlin_domain::ids::{AccountKey, OutsideId, PortfolioId};
use dunlin_domain::ledger::EntryKind;
use dunlin_domain::remittance::{Contest, Progress, RemittanceKind, Report, Stage};

use crate::desk::{Desk, amounts, by, contest, numbers, refunded};
use crate::history::{account, at, day, draft, eur, invoice_id, remittance_id};

fn order(minor: Option<i64>, what: CreditUse) -> CreditOrder {
    let (id, on) = (CreditOrder::id(OutsideId::parse("order-1").unwrap()).unwrap(), day("2026-03-05"));
    CreditOrder { account: account(), amount: minor.map(eur), id, on, what }
}

/// A payment of 160 over an invoice of 100, then invoices B of 50 and C of 80, and a credit of 60.
fn desk() -> Desk {
    let mut desk = Desk::with(&[100]);
    desk.pay(160, &Advice::none());
    desk.book.invoice("B", "2026-01-01", "2026-02-20", 50);
    desk.book.invoice("C", "2026-01-01", "2026-02-10", 80);
    desk
}

#[test]
fn credit_settles_what_is_named_and_no_more_or_goes_by_the_method() {
    for (minor, advice, expected, credit) in [
        (None, Advice::none(), [0, 50, 20], 0),
        (Some(30), Advice::none(), [0, 50, 50], 30),
        (None, by(AllocationMethod::Proportional), [0, 27, 43], 0),
        (None, numbers(&["B"]), [0, 0, 80], 10),
        (None, amounts(&[("C", 5), ("B", 40)]), [0, 10, 75], 15),
        (Some(30), amounts(&[("C", 25), ("B", 5)]), [0, 45, 55], 30),
    ] {
        let mut desk = desk();
        desk.order(&order(minor, CreditUse::Apply(advice.clone()))).unwrap();
        assert_eq!((desk.balances(), desk.credit()), (expected.to_vec(), credit), "{minor:?} {advice:?}");
        desk.told(&refunded(160));
        assert_eq!((desk.balances(), desk.credit()), (vec![100, 50, 80], 0), "all of it comes back from where it went");
    }
}

/// Covers: an order that names an invoice which takes nothing was answered as if it had been carried out.
#[test]
fn named_credit_makes_good_what_was_given_up_and_is_refused_where_nothing_takes_it() {
    let mut desk = desk();
    desk.book.give_up("B", 50, day("2026-03-02"));
    for named in [numbers(&["A"]), numbers(&["B", "X"]), amounts(&[("C", 5), ("A", 5)])] {
        let refused = desk.order(&order(None, CreditUse::Apply(named.clone())));
        assert!(matches!(refused, Err(CreditError::TakesNothing(_))), "{named:?}: {refused:?}");
    }
    assert_eq!((desk.balances(), desk.credit()), (vec![0, 0, 80], 60));
    desk.order(&order(Some(30), CreditUse::Apply(numbers(&["B"])))).unwrap();
    assert_eq!(desk.book.debtor.invoices[&invoice_id("B")].position().unwrap().written_off, eur(20));
    desk.order(&order(None, CreditUse::Apply(amounts(&[("B", 20)])))).unwrap();
    assert_eq!((desk.balances(), desk.credit()), (vec![0, 0, 80], 10));
}

#[test]
fn an_overpayment_of_an_invoice_can_be_used_too() {
    let mut desk = Desk::with(&[100, 50]);
    desk.book.pay("A", 130, "2026-03-01");
    desk.order(&order(None, CreditUse::Apply(Advice::none()))).unwrap();
    assert_eq!((desk.balances(), desk.credit()), (vec![0, 20], 0));
}

#[test]
fn credit_moves_to_another_creditor_and_is_paid_back() {
    let mut desk = desk();
    let other = PortfolioId::parse("other").unwrap();
    desk.order(&order(Some(25), CreditUse::Move(other.clone()))).unwrap();
    desk.order(&order(Some(15), CreditUse::Refund)).unwrap();
    let there = AccountKey { portfolio: other, ..account() };
    assert_eq!((desk.credit(), desk.book.debtor.accounts[&there].credit), (20, eur(25)));
    let back: Vec<_> = desk.book.entries.iter().filter(|entry| entry.kind == EntryKind::Refund).collect();
    assert_eq!(back.len(), 1);
    assert_eq!((back[0].amount, back[0].reference.as_deref()), (eur(15), Some("payment/credit/order-1")));
}

/// What was paid back and is then taken by the bank as well is owed.
#[test]
fn credit_that_is_gone_twice_is_below_nothing() {
    let mut desk = desk();
    desk.order(&order(None, CreditUse::Refund)).unwrap();
    desk.told(&contest("dp", Contest::Lost, 160));
    assert_eq!((desk.balances(), desk.credit()), (vec![100, 50, 80], -60));
}

#[test]
fn what_cannot_be_done_changes_nothing() {
    let mut desk = desk();
    let before = desk.book.debtor.clone();
    let elsewhere = AccountKey { portfolio: PortfolioId::parse("other").unwrap(), ..account() };
    let many: Vec<(String, i64)> = (0..21).map(|n| (format!("I{n}"), 1)).collect();
    let many: Vec<(&str, i64)> = many.iter().map(|(number, minor)| (number.as_str(), *minor)).collect();
    let same = CreditUse::Move(account().portfolio);
    assert!(matches!(desk.order(&order(Some(61), CreditUse::Refund)), Err(CreditError::NotEnough { .. })));
    assert!(matches!(desk.order(&order(Some(0), CreditUse::Refund)), Err(CreditError::Nothing(_))));
    assert!(matches!(desk.order(&order(None, same)), Err(CreditError::SamePortfolio(_))));
    assert!(matches!(desk.order(&order(None, CreditUse::Apply(amounts(&many)))), Err(CreditError::TooMany(21))));
    let nobody = CreditOrder { account: elsewhere, ..order(None, CreditUse::Refund) };
    assert!(matches!(desk.order(&nobody), Err(CreditError::Nothing(_))));
    assert_eq!(desk.book.debtor, before);
    desk.report(&refunded(10), &Advice::none());
    assert!(matches!(desk.order(&order(None, CreditUse::Refund)), Err(CreditError::Busy(_))));
}

#[test]
fn a_credit_note_that_was_applied_and_is_voided_reopens_what_it_settled() {
    let mut desk = Desk::with(&[100]);
    let id = remittance_id(RemittanceKind::CreditNote, "CN");
    let told = |stage, said: &str| Report {
        amount: Some(eur(70)),
        progress: Some(Progress::new(RemittanceKind::CreditNote, stage, at(said))),
        ..Report::about(id.clone())
    };
    desk.told(&told(Stage::Settled, "2026-03-01T00:00:00Z"));
    desk.order(&order(Some(60), CreditUse::Apply(Advice::none()))).unwrap();
    assert_eq!((desk.balances(), desk.credit()), (vec![40], 10));
    assert_eq!(desk.book.debtor.invoices[&invoice_id("A")].sums.credited, eur(60));
    desk.told(&told(Stage::Failed, "2026-03-02T00:00:00Z"));
    assert_eq!((desk.balances(), desk.credit()), (vec![100], 0));
}

/// The invoice that comes later is settled by credit that is ordered to; nothing is applied by itself.
#[test]
fn credit_waits_for_an_order() {
    let mut desk = Desk::with(&[100]);
    desk.pay(160, &Advice::none());
    let mut journal = dunlin_domain::debtor::Journal::default();
    desk.book.debtor.record_invoice(&draft("B", "2026-03-01", "2026-03-30", 50), &mut journal).unwrap();
    assert_eq!((desk.balances(), desk.credit()), (vec![0, 50], 60));
}
