//! What is agreed and held, as counters: the difference of each change, and what they come to.

use std::collections::BTreeMap;

use dunlin_domain::agreement::{Dispute, DisputeReason, Promise, Terms};
use dunlin_domain::debtor::{Agreed, Deltas, Journal, Proposal, Tally, Turn};
use dunlin_domain::hold::{Hold, HoldReason, HoldScope, SetBy};
use dunlin_domain::ids::{AgreementId, HoldId};
use dunlin_domain::remittance::{RemittanceKind, Stage};

use crate::history::{Book, account, at, course_of, day, eur, invoice_id, remittance_id};

#[derive(Default)]
struct Counters {
    standing: BTreeMap<Agreed, Tally>,
    turns: BTreeMap<(Agreed, Turn), Tally>,
}

/// Makes a change, lets time pass and counts both, as a commit does.
fn change(book: &mut Book, counters: &mut Counters, now: &str, change: impl FnOnce(&mut Book, &mut Journal)) {
    let (before, mut journal) = (book.debtor.clone(), Journal::default());
    change(book, &mut journal);
    book.debtor.roll(&book.policies, at(now), &mut journal).unwrap();
    let deltas = Deltas::between(Some(&before), &book.debtor, &journal, at(now));
    for ((of, what), more) in deltas.standing {
        assert_eq!(of, account());
        let sum = counters.standing.entry(what).or_default();
        (sum.count, sum.minor) = (sum.count + more.count, sum.minor + more.minor);
    }
    for ((_, _, what, turn), more) in deltas.turns {
        let sum = counters.turns.entry((what, turn)).or_default();
        (sum.count, sum.minor) = (sum.count + more.count, sum.minor + more.minor);
    }
    counters.standing.retain(|_, sum| *sum != Tally::default());
}

fn tally(count: i64, minor: i64) -> Tally {
    Tally { count, minor }
}

fn proposal(id: &str, terms: Terms) -> Proposal {
    Proposal {
        id: AgreementId::parse(id).unwrap(),
        account: account(),
        invoices: [invoice_id("A")].into(),
        made_by: SetBy::Portal,
        terms,
        note: None,
    }
}

#[test]
fn what_stands_is_what_is_still_to_come_and_each_end_is_counted() {
    let mut book = Book::new("UTC");
    book.invoice("A", "2026-02-01", "2026-03-02", 10_000);
    let mut counted = Counters::default();
    let agree = |book: &mut Book, journal: &mut Journal, id: &str, terms| {
        assert!(book.debtor.agree(proposal(id, terms), at("2026-03-03T12:00:00Z"), journal).unwrap());
    };
    let pay = |book: &mut Book, journal: &mut Journal, id: &str, minor| {
        let id = remittance_id(RemittanceKind::Payment, id);
        let course = course_of(&id, minor, Stage::Settled, "2026-03-04T00:00:00Z").unwrap();
        book.debtor.book_on_invoice(&id, &invoice_id("A"), (None, &course), journal).unwrap();
    };
    let promise = |minor, by| Terms::Promise(Promise::new(eur(minor), day(by), 2).unwrap());
    change(&mut book, &mut counted, "2026-03-03T12:00:00Z", |book, journal| {
        agree(book, journal, "p1", promise(6_000, "2026-03-12"));
    });
    assert_eq!(counted.standing, [(Agreed::Promise, tally(1, 6_000))].into());
    change(&mut book, &mut counted, "2026-03-04T12:00:00Z", |book, journal| pay(book, journal, "x1", 2_000));
    assert_eq!(counted.standing, [(Agreed::Promise, tally(1, 4_000))].into());
    change(&mut book, &mut counted, "2026-03-15T00:00:00Z", |_, _| {});
    assert!(counted.standing.is_empty(), "{:?}", counted.standing);
    let turns =
        [((Agreed::Promise, Turn::Made), tally(1, 6_000)), ((Agreed::Promise, Turn::PartlyKept), tally(1, 6_000))];
    assert_eq!(counted.turns, turns.into());
    let dispute = Terms::Dispute(Dispute::new(Some(eur(3_000)), DisputeReason::Defective, Vec::new()).unwrap());
    let hold = |id: &str, scope| Hold {
        id: HoldId::parse(id).unwrap(),
        reason: HoldReason::Hardship,
        scope,
        since: at("2026-03-15T12:00:00Z"),
        until: None,
        ends_with: None,
        set_by: SetBy::Staff,
        note: None,
    };
    change(&mut book, &mut counted, "2026-03-15T12:00:00Z", |book, journal| {
        agree(book, journal, "d1", dispute);
        let now = at("2026-03-15T12:00:00Z");
        for (id, minor) in [("h1", 5_000), ("h2", 5_000)] {
            let scope = HoldScope::Amount(invoice_id("A"), eur(minor));
            assert!(book.debtor.hold(hold(id, scope), now, journal).unwrap());
        }
    });
    assert_eq!(counted.standing, [(Agreed::Dispute, tally(1, 3_000)), (Agreed::Hold, tally(2, 8_000))].into());
    change(&mut book, &mut counted, "2026-03-16T12:00:00Z", |book, journal| pay(book, journal, "x2", 8_000));
    assert!(counted.standing.is_empty(), "{:?}", counted.standing);
    assert_eq!(counted.turns[&(Agreed::Dispute, Turn::Settled)], tally(1, 3_000));
}
