//! The least that is chased, by currency.

use crate::history::{Book, account, at, eur};
use dunlin_domain::by_currency::ByCurrency;
use dunlin_domain::decide::decide;
use dunlin_domain::ids::AccountKey;
use dunlin_domain::intake::InvoiceDraft;
use dunlin_domain::money::{Currency, Money};
use dunlin_domain::policy::{Policies, Policy};
use dunlin_domain::reason::Rule;

fn money(minor: i64, code: &str) -> Money {
    Money::from_minor(minor, Currency::parse(code).unwrap())
}

/// The built-in ladder, which chases from 5.00 EUR and from 400 JPY on.
fn book() -> Book {
    let mut book = Book::new("UTC");
    let minimums = ByCurrency::new([eur(500), money(400, "JPY")]).unwrap();
    let debt = Policy::built_in().unwrap().chasing_from(minimums);
    book.policies = Policies::new(debt, Policy::built_in_recovery().unwrap(), []);
    book
}

#[test]
fn what_is_open_decides_and_not_what_was_invoiced() {
    for (invoiced, paid, credit, asked) in [
        (500, 0, 0, true),
        (499, 0, 0, false),
        (10_000, 9_500, 0, true),
        (10_000, 9_501, 0, false),
        (10_000, 0, 9_501, false),
    ] {
        let mut book = book();
        book.invoice("A", "2026-02-01", "2026-03-02", invoiced);
        book.run("2026-02-20T00:00:00Z");
        if paid > 0 {
            book.pay("A", paid, "2026-02-27");
        }
        if credit > 0 {
            book.credit(credit, "2026-02-27");
        }
        let step = book.step_at("2026-03-03T09:00:00Z");
        assert_eq!((step.is_some(), book.reasons(Rule::BelowMinimum).is_empty()), (asked, asked), "{invoiced} {paid}");
        if !asked {
            assert_eq!(book.reasons(Rule::BelowMinimum), ["4.99 EUR is open, the least is 5.00"]);
            assert_eq!(book.wake(), None, "time alone changes nothing");
        }
    }
}

#[test]
fn the_cycle_of_too_little_begins_in_time_and_more_is_chased_from_there() {
    let mut book = book();
    book.invoice("A", "2026-02-01", "2026-03-02", 499);
    book.run("2026-02-27T09:00:00Z");
    assert_eq!(book.wake(), Some(at("2026-03-03T08:00:00Z")), "no courtesy, and a look when it is late");
    assert_eq!(book.step_at("2026-03-03T08:00:00Z"), None);
    assert!(book.debtor.accounts[&account()].cycle.is_some());
    book.invoice("B", "2026-03-04", "2026-04-30", 1);
    assert_eq!(book.step_at("2026-03-12T08:00:00Z").as_deref(), Some("reminder-7"), "as far as it has come");
}

#[test]
fn currencies_have_minimums_of_their_own_and_help_each_other_nowhere() {
    let mut book = book();
    let told = |number: &str, total: Money| InvoiceDraft {
        total,
        reported_paid: Money::zero(total.currency()),
        ..crate::history::draft(number, "2026-02-01", "2026-03-02", 1)
    };
    for (number, total) in [("A", eur(499)), ("B", money(401, "JPY")), ("C", money(1, "USD"))] {
        book.debtor.record_invoice(&told(number, total), &mut Default::default()).unwrap();
    }
    let now = at("2026-03-03T09:00:00Z");
    book.debtor.roll(&book.policies, now, &mut Default::default()).unwrap();
    let decided = decide(&book.debtor, &book.policies, &Default::default(), now);
    let acts = |code: &str| {
        let of = AccountKey { currency: Currency::parse(code).unwrap(), ..account() };
        decided.accounts.iter().find(|one| one.account == of).unwrap().action.is_some()
    };
    assert_eq!(["EUR", "JPY", "USD"].map(acts), [false, true, true]);
}
