//! The directory of debtors: where a name stands, and how a debtor stands on a day.

use dunlin_domain::directory::{NamePlace, Standing, Wanted};
use dunlin_domain::ids::PortfolioId;
use jiff::civil::date;
use proptest::prelude::*;

use crate::history::Book;

#[test]
fn names_stand_by_their_letters_alone() {
    for (name, place) in [
        ("Example & Sons Ltd", "example & sons ltd"),
        ("  ACME\t GmbH\n", "acme gmbh"),
        ("Émile Çelik", "émile çelik"),
        ("", ""),
        (" \u{0} ", ""),
    ] {
        assert_eq!(NamePlace::of(name).as_str(), place);
    }
    assert_eq!(NamePlace::of(&"İ".repeat(500)).as_str().chars().count(), 60);
}

#[test]
fn standing_follows_the_day_and_the_creditor_asked_for() {
    let mut book = Book::new("UTC");
    assert_eq!(book.debtor.listing().standing(None, date(2026, 3, 1)), Some(Standing::Clear));
    book.invoice("I1", "2026-02-01", "2026-03-09", 100);
    book.invoice("I2", "2026-02-01", "2026-03-02", 100);
    let (main, other) = (PortfolioId::parse("main").unwrap(), PortfolioId::parse("other").unwrap());
    for (today, standing) in
        [(date(2026, 3, 1), Standing::Open), (date(2026, 3, 2), Standing::Open), (date(2026, 3, 3), Standing::Overdue)]
    {
        let listing = book.debtor.listing();
        assert_eq!(listing.standing(None, today), Some(standing), "{today}");
        assert_eq!(listing.standing(Some(&main), today), Some(standing), "{today}");
        assert_eq!(listing.standing(Some(&other), today), None);
        for wanted in Standing::ALL {
            let only =
                |portfolio: Option<&PortfolioId>| Wanted { portfolio: portfolio.cloned(), standing: Some(wanted) };
            assert_eq!(only(None).takes(&listing, today), wanted == standing, "{today} {wanted:?}");
            assert!(!only(Some(&other)).takes(&listing, today));
        }
    }
}

proptest! {
    #[test]
    fn a_name_stands_among_those_that_begin_as_it_does(name in "\\PC{0,80}", chars in 0_usize..80) {
        let begins: String = name.chars().take(chars).collect();
        // What changes when it is cut is no beginning: a blank, or a letter whose small form depends on the next.
        let (begins, whole) = (NamePlace::of(&begins), NamePlace::of(&name));
        prop_assume!(!name.contains('Σ'));
        prop_assert!(whole.as_str().starts_with(begins.as_str()), "{begins:?} {whole:?}");
        prop_assert_eq!(NamePlace::of(whole.as_str()), whole);
    }
}
