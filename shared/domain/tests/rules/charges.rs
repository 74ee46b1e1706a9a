//! Fees, interest and write-offs: what they do to a balance, its components and its principal by day.

use dunlin_domain::allocation::ComponentOrder;
use dunlin_domain::by_day::ByDay;
use dunlin_domain::debtor::{BookingError, Charge, ChargeKind, Charged, Journal, WriteOff};
use dunlin_domain::event::EventKind;
use dunlin_domain::ids::OutsideId;
use dunlin_domain::invoice::{Invoice, Standing};
use dunlin_domain::ledger::EntryKind;
use dunlin_domain::money::{Currency, Money, MoneyError};
use dunlin_domain::remittance::{Effect, RemittanceKind, Stage};
use proptest::prelude::*;

use crate::history::{Book, account, day, draft, effect_of, eur, invoice_id, remittance_id};

fn book() -> Book {
    let mut book = Book::new("UTC");
    book.invoice("A", "2026-02-01", "2026-03-02", 100);
    book
}

fn invoice(book: &Book) -> &Invoice {
    &book.debtor.invoices[&invoice_id("A")]
}

fn charge(book: &mut Book, kind: ChargeKind, amount: Money, key: &str, on: &str) -> Result<Charged, BookingError> {
    let key = OutsideId::parse(key).unwrap();
    let charge = Charge { kind, amount, authority: "Act 1998, s 5A", key: &key, on: day(on) };
    let mut journal = Journal::default();
    let done = book.debtor.charge(&invoice_id("A"), charge, &mut journal);
    book.entries.extend(journal.entries);
    done
}

fn write_off(book: &mut Book, minor: i64, on: &str) -> Result<(), BookingError> {
    let mut journal = Journal::default();
    let order = OutsideId::parse("order").unwrap();
    let what = WriteOff { amount: eur(minor), reason: "goodwill", order: Some(&order), on: day(on) };
    let done = book.debtor.write_off(&invoice_id("A"), what, &mut journal);
    book.entries.extend(journal.entries);
    done
}

/// What is told of it, by event and detail.
fn take_back(book: &mut Book, minor: i64, on: &str) -> Result<Vec<(EventKind, Option<String>)>, BookingError> {
    let mut journal = Journal::default();
    let what = WriteOff { amount: eur(minor), reason: "a mistake", order: None, on: day(on) };
    let done = book.debtor.reverse_write_off(&invoice_id("A"), what, &mut journal);
    book.entries.extend(journal.entries);
    done.map(|()| journal.events.into_iter().map(|event| (event.kind, event.detail)).collect())
}

/// Costs, interest and principal.
fn open(book: &Book, order: ComponentOrder) -> [i64; 3] {
    let open = invoice(book).components(order).unwrap();
    [open.costs.minor(), open.interest.minor(), open.principal.minor()]
}

fn sum_of_entries(book: &Book) -> i64 {
    let entries = book.entries.iter().filter(|entry| entry.invoice.is_some());
    entries.map(|entry| entry.amount.minor()).sum()
}

#[test]
fn a_charge_is_owed_once_for_each_key() {
    let mut book = book();
    assert_eq!(charge(&mut book, ChargeKind::Fee, eur(40), "fixed-sum", "2026-03-03"), Ok(Charged::Booked));
    assert_eq!(charge(&mut book, ChargeKind::Fee, eur(40), "fixed-sum", "2026-03-04"), Ok(Charged::Before));
    assert_eq!(charge(&mut book, ChargeKind::Interest, eur(3), "interest-2026-03", "2026-03-31"), Ok(Charged::Booked));
    assert_eq!((invoice(&book).balance(), sum_of_entries(&book)), (eur(143), 143));
    let told: Vec<_> =
        book.entries.iter().map(|entry| (entry.kind, entry.reference.as_deref(), entry.note.as_deref())).collect();
    assert_eq!(told[1], (EntryKind::Fee, Some("fixed-sum"), Some("Act 1998, s 5A")));
    assert_eq!(told[2].0, EntryKind::Interest);
}

#[test]
fn what_cannot_be_charged_or_given_up_is_refused() {
    let mut book = book();
    let usd = Money::from_minor(5, Currency::parse("USD").unwrap());
    let before = book.debtor.clone();
    assert_eq!(charge(&mut book, ChargeKind::Fee, eur(0), "k", "2026-03-03"), Err(BookingError::NotPositive(eur(0))));
    assert!(matches!(
        charge(&mut book, ChargeKind::Fee, usd, "k", "2026-03-03"),
        Err(BookingError::Money(MoneyError::CurrencyMismatch(..)))
    ));
    assert!(matches!(write_off(&mut book, 101, "2026-03-03"), Err(BookingError::MoreThanOpen { .. })));
    assert_eq!(book.debtor, before);
    for standing in [Standing::Uncollectible, Standing::Void] {
        let mut told = draft("A", "2026-02-01", "2026-03-02", 100);
        told.standing = standing;
        book.debtor.record_invoice(&told, &mut Journal::default()).unwrap();
        assert!(matches!(
            charge(&mut book, ChargeKind::Fee, eur(1), "k", "2026-03-03"),
            Err(BookingError::NotOwed { .. })
        ));
    }
}

/// §367(1) of the German Civil Code: costs, then interest, then the principal.
#[test]
fn the_order_of_components_says_what_a_payment_clears() {
    for (paid, principal_first, costs_first) in [
        (0, [40, 5, 100], [40, 5, 100]),
        (30, [40, 5, 70], [10, 5, 100]),
        (42, [40, 5, 58], [0, 3, 100]),
        (110, [30, 5, 0], [0, 0, 35]),
        (145, [0, 0, 0], [0, 0, 0]),
    ] {
        let mut book = book();
        charge(&mut book, ChargeKind::Fee, eur(40), "fee", "2026-03-03").unwrap();
        charge(&mut book, ChargeKind::Interest, eur(5), "interest", "2026-03-04").unwrap();
        book.pay("A", paid, "2026-03-05");
        assert_eq!(open(&book, ComponentOrder::PrincipalFirst), principal_first, "{paid}");
        assert_eq!(open(&book, ComponentOrder::CostsInterestPrincipal), costs_first, "{paid}");
    }
}

/// What goes back reopens what was cleared last.
#[test]
fn a_reversal_undoes_the_order() {
    for (back, principal_first, costs_first) in [(20, [40, 5, 10], [0, 0, 55]), (110, [40, 5, 100], [40, 5, 100])] {
        let mut book = book();
        charge(&mut book, ChargeKind::Fee, eur(40), "fee", "2026-03-03").unwrap();
        charge(&mut book, ChargeKind::Interest, eur(5), "interest", "2026-03-04").unwrap();
        let id = remittance_id(RemittanceKind::Payment, "p");
        let was = effect_of(&id, 110, Stage::Settled, "2026-03-05T00:00:00Z");
        book.book(&id, "A", (None, was), day("2026-03-05"));
        let is = was.map(|was| Effect { refunded: eur(back), ..was });
        book.book(&id, "A", (was, is), day("2026-03-10"));
        assert_eq!(open(&book, ComponentOrder::PrincipalFirst), principal_first, "{back}");
        assert_eq!(open(&book, ComponentOrder::CostsInterestPrincipal), costs_first, "{back}");
    }
}

#[test]
fn a_later_charge_takes_nothing_back_of_what_was_settled() {
    let mut book = book();
    book.pay("A", 100, "2026-03-05");
    charge(&mut book, ChargeKind::Interest, eur(2), "interest", "2026-03-06").unwrap();
    assert_eq!(open(&book, ComponentOrder::CostsInterestPrincipal), [0, 2, 0]);
    assert_eq!(invoice(&book).status(), "open");
}

#[test]
fn the_principal_is_known_for_each_day() {
    let mut book = book();
    book.pay("A", 30, "2026-03-05");
    let id = remittance_id(RemittanceKind::Payment, "p2");
    let was = effect_of(&id, 50, Stage::Settled, "2026-03-10T00:00:00Z");
    book.book(&id, "A", (None, was), day("2026-03-10"));
    let is = was.map(|was| Effect { charged_back: eur(50), ..was });
    book.book(&id, "A", (was, is), day("2026-03-20"));
    write_off(&mut book, 10, "2026-03-25").unwrap();
    let days: Vec<(String, i64)> = invoice(&book)
        .principal_by_day(ComponentOrder::default(), &ByDay::default())
        .unwrap()
        .iter()
        .map(|(day, open)| (day.to_string(), open.minor()))
        .collect();
    let expected =
        [("2026-02-01", 100), ("2026-03-05", 70), ("2026-03-10", 20), ("2026-03-20", 70), ("2026-03-25", 60)];
    assert_eq!(days, expected.map(|(day, open)| (day.to_owned(), open)));
}

#[test]
fn what_is_paid_beyond_what_is_left_makes_a_write_off_good() {
    let mut book = book();
    write_off(&mut book, 30, "2026-03-03").unwrap();
    let stands = |book: &Book| {
        let position = invoice(book).position().unwrap();
        (position.balance.minor(), position.written_off.minor(), book.debtor.accounts[&account()].credit.minor())
    };
    assert_eq!(stands(&book), (70, 30, 0));
    for (paid, expected) in [(70, (0, 30, 0)), (20, (0, 10, 0)), (15, (0, 0, 5))] {
        book.pay("A", paid, "2026-03-05");
        assert_eq!(stands(&book), expected, "after {paid} more");
        assert_eq!(sum_of_entries(&book), 0);
    }
    let recovered: i64 =
        book.entries.iter().filter(|entry| entry.kind == EntryKind::WriteOff).map(|entry| entry.amount.minor()).sum();
    assert_eq!(recovered, 0, "all of it was made good");
    charge(&mut book, ChargeKind::Fee, eur(40), "fee", "2026-03-06").unwrap();
    assert_eq!(stands(&book), (35, 0, 0), "what was made good swallows no later charge");
}

#[test]
fn a_write_off_is_taken_back_as_far_as_it_was_not_made_good() {
    let mut book = book();
    write_off(&mut book, 100, "2026-03-03").unwrap();
    let order = book.entries.last().unwrap().reference.clone();
    assert_eq!(order.as_deref(), Some("order"), "the entry refers to its order");
    book.pay("A", 40, "2026-03-05");
    let before = book.debtor.clone();
    for too_much in [61, 100] {
        let refused = take_back(&mut book, too_much, "2026-03-06");
        assert!(matches!(refused, Err(BookingError::MoreThanGivenUp { given_up, .. }) if given_up == eur(60)));
    }
    assert!(matches!(take_back(&mut book, 0, "2026-03-06"), Err(BookingError::NotPositive(_))));
    assert_eq!(book.debtor, before);
    let told = take_back(&mut book, 25, "2026-03-06").unwrap();
    assert_eq!(told, [(EventKind::InvoiceReopened, Some("a mistake".to_owned()))]);
    let entry = book.entries.last().unwrap();
    let told = (entry.kind, entry.amount, entry.note.as_deref());
    assert_eq!(told, (EntryKind::WriteOff, eur(25), Some("a mistake")));
    assert_eq!((invoice(&book).balance(), sum_of_entries(&book)), (eur(25), 25));
    assert_eq!(take_back(&mut book, 35, "2026-03-07").unwrap(), [], "it was open already");
    assert_eq!((invoice(&book).balance(), sum_of_entries(&book)), (eur(60), 60));
    let days = invoice(&book).principal_by_day(ComponentOrder::default(), &ByDay::default()).unwrap();
    let days: Vec<(String, i64)> = days.iter().map(|(day, open)| (day.to_string(), open.minor())).collect();
    let expected = [("2026-02-01", 100), ("2026-03-03", 0), ("2026-03-06", 25), ("2026-03-07", 60)];
    assert_eq!(days, expected.map(|(day, open)| (day.to_owned(), open)));
}

#[derive(Debug, Clone)]
enum Event {
    Pay(i64),
    /// Paid, and taken back later.
    Returned(i64),
    Charge(ChargeKind, i64),
    GiveUp(i64),
    TakeBack(i64),
}

fn event() -> impl Strategy<Value = (Event, u8)> {
    let event = prop_oneof![
        3 => (1..90_i64).prop_map(Event::Pay),
        1 => (1..90_i64).prop_map(Event::Returned),
        2 => (prop::bool::ANY, 1..40_i64)
            .prop_map(|(fee, minor)| Event::Charge(if fee { ChargeKind::Fee } else { ChargeKind::Interest }, minor)),
        1 => (1..40_i64).prop_map(Event::GiveUp),
        1 => (1..40_i64).prop_map(Event::TakeBack),
    ];
    (event, 1..28_u8)
}

/// What happened on which day, told in this order; each payment keeps the id and day of its place.
fn live(events: &[(usize, (Event, u8))]) -> Book {
    let mut book = book();
    for (place, (event, on)) in events {
        let on = format!("2026-03-{on:02}");
        let id = remittance_id(RemittanceKind::Payment, &format!("pay{place}"));
        match event {
            Event::Pay(minor) => {
                let effect = effect_of(&id, *minor, Stage::Settled, "2026-03-01T00:00:00Z");
                book.book(&id, "A", (None, effect), day(&on));
            }
            Event::Returned(minor) => {
                let was = effect_of(&id, *minor, Stage::Settled, "2026-03-01T00:00:00Z");
                let is = was.map(|was| Effect { charged_back: was.received, ..was });
                book.book(&id, "A", (None, was), day(&on));
                book.book(&id, "A", (was, is), day("2026-03-28"));
            }
            Event::Charge(kind, minor) => {
                charge(&mut book, *kind, eur(*minor), &format!("k{place}"), &on).unwrap();
            }
            Event::GiveUp(minor) => drop(write_off(&mut book, *minor, &on)),
            Event::TakeBack(minor) => drop(take_back(&mut book, *minor, &on)),
        }
    }
    book
}

proptest! {
    /// I1, and the components sum to the balance.
    #[test]
    fn components_sum_to_the_balance(events in prop::collection::vec(event(), 0..12)) {
        let book = live(&events.into_iter().enumerate().collect::<Vec<_>>());
        let balance = invoice(&book).balance().minor();
        prop_assert_eq!(sum_of_entries(&book), balance);
        for order in ComponentOrder::ALL {
            let open = open(&book, order);
            prop_assert_eq!(open.iter().sum::<i64>(), balance);
            prop_assert!(open.iter().all(|part| *part >= 0));
            let days = invoice(&book).principal_by_day(order, &ByDay::default()).unwrap();
            prop_assert_eq!(days.last_key_value().map_or(0, |(_, open)| open.minor()), open[2]);
        }
    }

    /// I2: the order in which things are told changes neither balance nor components nor what was open on a day.
    #[test]
    fn days_do_not_hang_on_the_order_of_telling(
        events in prop::collection::vec(event(), 0..12).prop_map(|events| {
            let told: Vec<_> = events.into_iter().enumerate().filter(|(_, (event, _))| !matches!(event, Event::GiveUp(_) | Event::TakeBack(_))).collect();
            told
        }).prop_shuffle(),
    ) {
        let mut sorted = events.clone();
        sorted.sort_by_key(|(place, _)| *place);
        let (one, other) = (live(&sorted), live(&events));
        for order in ComponentOrder::ALL {
            prop_assert_eq!(open(&one, order), open(&other, order));
            prop_assert_eq!(invoice(&one).principal_by_day(order, &ByDay::default()), invoice(&other).principal_by_day(order, &ByDay::default()));
        }
        prop_assert_eq!(invoice(&one).balance(), invoice(&other).balance());
    }
}
