//! What a booking does to balances, credit and standing.

use dunlin_domain::allocation::AllocationMethod;
use dunlin_domain::debtor::{AtHand, BookingError, Invoiced, Journal};
use dunlin_domain::ids::SourceName;
use dunlin_domain::invoice::{SnapshotStamp, Standing, Stop};
use dunlin_domain::ledger::EntryKind;
use dunlin_domain::money::{Currency, Money};
use dunlin_domain::remittance::{Effect, RemittanceId, RemittanceKind, Stage};

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
    let mut journal = Journal::default();
    let invoiced = book.debtor.record_invoice(&draft, &mut journal).unwrap();
    book.entries.extend(journal.entries);
    invoiced
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

/// A payment for A that its own source does not know of.
fn transfer(book: &mut Book, minor: i64) {
    let source = SourceName::parse("bank").unwrap();
    let id = RemittanceId { source, ..remittance_id(RemittanceKind::Payment, "transfer") };
    let effect = effect_of(&id, minor, Stage::Settled, "2026-03-01T00:00:00Z");
    book.book(&id, "A", (None, effect), day("2026-03-01"));
}

#[test]
fn a_payment_from_elsewhere_adds_to_what_the_source_says_was_paid() {
    let mut book = book();
    snapshot(&mut book, 1, Standing::Open, 7_000);
    transfer(&mut book, 3_000);
    assert_eq!(stands(&book), (0, 0));
    assert_eq!(book.entries.last().map(|entry| (entry.kind, entry.amount)), Some((EntryKind::Payment, eur(-3_000))));
}

#[test]
fn a_payment_that_was_reported_in_all_and_told_late_counts_once_beside_what_was_placed() {
    for late in [false, true] {
        let mut book = book();
        snapshot(&mut book, 1, Standing::Open, 7_000);
        if !late {
            book.pay("A", 7_000, "2026-03-01");
        }
        let id = remittance_id(RemittanceKind::Payment, "bank");
        let effect = effect_of(&id, 3_000, Stage::Settled, "2026-03-01T00:00:00Z");
        let mut journal = Journal::default();
        book.debtor.book_on_account(on_account(&id, day("2026-03-01")), (None, effect), &mut journal).unwrap();
        book.debtor.allocate(AllocationMethod::default(), 1, AtHand::Nothing, &mut journal).unwrap();
        if late {
            book.pay("A", 7_000, "2026-03-01");
        }
        assert_eq!(stands(&book), (0, 0), "late: {late}");
    }
}

#[test]
fn what_its_source_calls_settled_fills_up_what_is_not_known_and_no_more() {
    let cases = [
        // what the source says was paid, from elsewhere, a fee: what is open, and credit
        (0, 0, 0, (0, 0)),
        (7_000, 0, 0, (0, 0)),
        (0, 3_000, 0, (0, 0)),
        (0, 10_000, 0, (0, 0)),
        (0, 12_000, 0, (0, 2_000)),
        (10_000, 3_000, 0, (0, 3_000)),
        (0, 0, 500, (500, 0)),
        (0, 500, 500, (0, 0)),
        (0, 10_500, 500, (0, 0)),
        (10_000, 200, 500, (300, 0)),
    ];
    for (said, elsewhere, fee, expected) in cases {
        for early in [false, true] {
            let mut book = book();
            if early {
                snapshot(&mut book, 1, Standing::Paid, said);
            }
            if fee > 0 {
                book.charge("A", fee, day("2026-03-01"));
            }
            transfer(&mut book, elsewhere);
            snapshot(&mut book, 1, Standing::Paid, said);
            assert_eq!(stands(&book), expected, "{said} said, {elsewhere} from elsewhere, fee {fee}, early: {early}");
        }
    }
}

#[test]
fn what_its_source_says_was_paid_counts_from_the_first_snapshot_that_says_so() {
    let second = |text: &str| at(text).as_second();
    let mut book = book();
    for (made, paid) in
        [("2026-04-20T10:00:00Z", 7_000), ("2026-04-01T10:00:00Z", 7_000), ("2026-06-20T10:00:00Z", 7_000)]
    {
        snapshot(&mut book, second(made), Standing::Open, paid);
    }
    let on = |book: &Book| {
        let mut days = std::collections::BTreeMap::<_, i64>::new();
        for entry in book.entries.iter().filter(|entry| entry.kind == EntryKind::Payment) {
            *days.entry(entry.on).or_default() -= entry.amount.minor();
        }
        days.retain(|_, paid| *paid != 0);
        days.into_iter().collect::<Vec<_>>()
    };
    assert_eq!(on(&book), [(day("2026-04-01"), 7_000)]);
    book.pay("A", 7_000, "2026-03-10");
    assert_eq!(on(&book), [(day("2026-03-10"), 7_000)], "the payment itself says from when it counts");
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
fn what_was_given_up_and_made_good_does_not_swallow_a_higher_total() {
    let cases = [
        // given up, received, the new total: what is open, and given up
        (10_000, 10_000, 15_000, (5_000, 0)),
        (10_000, 0, 15_000, (5_000, 10_000)),
        (4_000, 8_000, 15_000, (5_000, 2_000)),
        (10_000, 10_000, 9_000, (0, 0)),
        (10_000, 4_000, 8_000, (0, 4_000)),
    ];
    for (given_up, received, total, expected) in cases {
        let mut book = book();
        book.give_up("A", given_up, day("2026-03-05"));
        book.pay("A", received, "2026-03-15");
        book.invoice("A", "2026-02-01", "2026-03-02", total);
        let position = book.debtor.invoices[&invoice_id("A")].position().unwrap();
        let found = (position.balance.minor(), position.written_off.minor());
        assert_eq!(found, expected, "{given_up} given up, {received} received, then {total}");
    }
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
