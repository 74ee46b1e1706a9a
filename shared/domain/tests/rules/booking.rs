//! What a booking does to balances, credit and standing.

use dunlin_domain::allocation::AllocationMethod;
use dunlin_domain::debtor::{AtHand, BookingError, Invoiced, Journal};
use dunlin_domain::invoice::{SnapshotStamp, Standing, Stop};
use dunlin_domain::money::{Currency, Money};
use dunlin_domain::remittance::{Effect, RemittanceKind, Stage};

use crate::history::{Book, account, at, day, draft, effect_of, eur, invoice_id, on_account, remittance_id};

fn book() -> Book {
    let mut book = Book::new("UTC");
    book.invoice("A", "2026-02-01", "2026-03-02", 10_000);
    book
}

/// Balance of A and unapplied credit, in cents.
fn stands(book: &Book) -> (i64, i64) {
    let invoice = &book.debtor.invoices[&invoice_id("A")];
    (invoice.balance().minor(), book.debtor.accounts[&account()].credit.minor())
}

fn snapshot(book: &mut Book, created: i64, standing: Standing, paid: i64) -> Invoiced {
    let mut draft = draft("A", "2026-02-01", "2026-03-02", 10_000);
    draft.standing = standing;
    draft.reported_paid = eur(paid);
    draft.stamp = Some(SnapshotStamp { created, standing });
    book.debtor.record_invoice(&draft, &mut Journal::default()).unwrap()
}

#[test]
fn a_payment_told_by_itself_and_by_its_invoice_counts_once() {
    let mut book = book();
    snapshot(&mut book, 1, Standing::Open, 6_000);
    assert_eq!(stands(&book), (4_000, 0));
    book.pay("A", 6_000, "2026-03-01");
    assert_eq!(stands(&book), (4_000, 0));
    book.pay("A", 4_000, "2026-03-02");
    assert_eq!(stands(&book), (0, 0));
}

#[test]
fn what_is_paid_too_much_is_credit_and_comes_back_when_more_is_owed() {
    let mut book = book();
    book.pay("A", 12_000, "2026-03-01");
    assert_eq!(stands(&book), (0, 2_000));
    book.invoice("A", "2026-02-01", "2026-03-02", 13_000);
    assert_eq!(stands(&book), (1_000, 0));
}

#[test]
fn nothing_is_owed_on_what_is_void_and_what_was_paid_is_credit() {
    let mut book = book();
    book.pay("A", 3_000, "2026-03-01");
    snapshot(&mut book, 1, Standing::Void, 0);
    assert_eq!(stands(&book), (0, 3_000));
    assert_eq!(book.debtor.invoices[&invoice_id("A")].status(), "void");
}

#[test]
fn what_was_given_up_can_still_be_paid() {
    let mut book = book();
    snapshot(&mut book, 1, Standing::Uncollectible, 0);
    assert_eq!(stands(&book), (0, 0));
    assert_eq!(book.debtor.invoices[&invoice_id("A")].position().unwrap().written_off, eur(10_000));
    book.pay("A", 4_000, "2026-03-01");
    assert_eq!(book.debtor.invoices[&invoice_id("A")].position().unwrap().written_off, eur(6_000));
}

#[test]
fn an_older_snapshot_changes_nothing() {
    let mut book = book();
    assert_eq!(snapshot(&mut book, 5, Standing::Paid, 10_000), Invoiced::Updated);
    assert_eq!(snapshot(&mut book, 3, Standing::Open, 0), Invoiced::Unchanged);
    assert_eq!(stands(&book), (0, 0));
}

#[test]
fn a_refund_reopens_the_debt_and_stops_chasing_it() {
    let mut book = book();
    book.pay("A", 10_000, "2026-03-01");
    let id = remittance_id(RemittanceKind::Payment, "p1");
    let was = effect_of(&id, 10_000, Stage::Settled, "2026-03-01T00:00:00Z");
    let is = was.map(|was| Effect { refunded: eur(2_500), ..was });
    book.book(&id, "A", (was, is), day("2026-03-05"));
    assert_eq!(stands(&book), (2_500, 0));
    assert_eq!(book.debtor.invoices[&invoice_id("A")].stop(at("2026-03-05T00:00:00Z")), Some(Stop::Refunded));
}

#[test]
fn a_payment_on_account_settles_the_oldest_first_a_step_at_a_time() {
    let mut book = book();
    book.invoice("B", "2026-01-01", "2026-02-01", 5_000);
    book.invoice("C", "2026-02-01", "2026-03-31", 5_000);
    let id = remittance_id(RemittanceKind::Payment, "bank");
    let effect = effect_of(&id, 17_000, Stage::Settled, "2026-03-01T00:00:00Z");
    let mut journal = Journal::default();
    book.debtor.book_on_account(on_account(&id, day("2026-03-01")), (None, effect), &mut journal).unwrap();
    let balances = |book: &Book| ["B", "A", "C"].map(|n| book.debtor.invoices[&invoice_id(n)].balance().minor());
    assert_eq!(balances(&book), [5_000, 10_000, 5_000]);
    for (more, expected) in [(true, [0, 10_000, 5_000]), (true, [0, 0, 5_000]), (false, [0, 0, 3_000])] {
        assert_eq!(book.debtor.allocate(AllocationMethod::default(), 1, AtHand::Nothing, &mut journal).unwrap(), more);
        assert_eq!(balances(&book), expected);
    }
}

#[test]
fn an_invoice_keeps_its_currency() {
    let mut book = book();
    let mut draft = draft("A", "2026-02-01", "2026-03-02", 10_000);
    draft.total = Money::from_minor(10_000, Currency::parse("USD").unwrap());
    draft.reported_paid = Money::zero(draft.total.currency());
    let before = book.debtor.clone();
    let refused = book.debtor.record_invoice(&draft, &mut Journal::default());
    assert!(matches!(refused, Err(BookingError::CurrencyChanged { .. })));
    assert_eq!(book.debtor, before);
}
