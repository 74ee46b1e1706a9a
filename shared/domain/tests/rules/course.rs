//! From which days counts what is said of a payment of an invoice.

use std::collections::BTreeMap;

use dunlin_domain::ids::OutsideId;
use dunlin_domain::ledger::EntryKind;
use dunlin_domain::remittance::{Contest, Progress, Remittance, RemittanceId, RemittanceKind, Report, Stage};
use jiff::civil::Date;

use crate::history::{Book, at, day, eur, invoice_id, remittance_id};

fn id() -> RemittanceId {
    remittance_id(RemittanceKind::Payment, "pi_1")
}

/// So much of it came, or is to come, on a day; said at noon of another.
fn told(stage: Stage, on: &str, said: &str) -> Report {
    Report {
        amount: Some(eur(1_000)),
        progress: Some(Progress::new(RemittanceKind::Payment, stage, at(&format!("{said}T12:00:00Z")))),
        on: Some(day(on)),
        ..Report::about(id())
    }
}

fn refunded(report: Report, minor: i64, on: &str) -> Report {
    Report { refunded: Some(eur(minor)), reversed_on: Some(day(on)), ..report }
}

/// Contested without saying how much of it.
fn contested(report: Report, state: Contest, on: &str) -> Report {
    part_contested(report, state, None, on)
}

fn part_contested(report: Report, state: Contest, minor: Option<i64>, on: &str) -> Report {
    let contest = Some((OutsideId::parse("dp_1").unwrap(), state, minor.map(eur)));
    Report { contest, reversed_on: Some(day(on)), ..report }
}

/// What was received by day, less what went back: as the invoice has it, and by its ledger.
fn lived(reports: &[Report]) -> [Vec<(Date, i64)>; 2] {
    let mut book = Book::new("UTC");
    book.invoice("A", "2026-02-01", "2026-03-02", 1_000);
    let mut known = Remittance::unseen(id());
    for report in reports {
        let was = known.course().unwrap();
        known.join(report).unwrap();
        if let Some(is) = known.course().unwrap() {
            book.book_course(&id(), "A", (was.as_ref(), &is));
        }
    }
    let mut booked = BTreeMap::<Date, i64>::new();
    for entry in book.entries.iter().filter(|entry| entry.kind != EntryKind::Charge) {
        *booked.entry(entry.on).or_default() -= entry.amount.minor();
    }
    booked.retain(|_, sum| *sum != 0);
    let dated = &book.debtor.invoices[&invoice_id("A")].dated;
    [dated.iter().map(|(day, moved)| (*day, moved.received)).collect(), booked.into_iter().collect()]
}

#[test]
fn days_follow_from_all_that_was_said_and_not_from_its_order() {
    let paid = || told(Stage::Settled, "2026-03-10", "2026-03-10");
    let nothing = || Report::about(id());
    let cases = [
        ("paid", vec![paid()], vec![("2026-03-10", 1_000)]),
        (
            "refunded later",
            vec![paid(), refunded(nothing(), 400, "2026-06-20"), refunded(nothing(), 1_000, "2026-07-01")],
            vec![("2026-03-10", 1_000), ("2026-06-20", -400), ("2026-07-01", -600)],
        ),
        ("came back the same day", vec![paid(), refunded(nothing(), 1_000, "2026-03-10")], vec![]),
        (
            "told to come, and came later",
            vec![told(Stage::Pending, "2026-06-20", "2026-06-01"), told(Stage::Settled, "2026-06-23", "2026-06-23")],
            vec![("2026-06-23", 1_000)],
        ),
        (
            "told again with another day",
            vec![paid(), told(Stage::Settled, "2026-03-05", "2026-03-12")],
            vec![("2026-03-05", 1_000)],
        ),
        (
            "returned, all told at once",
            vec![contested(told(Stage::Settled, "2026-03-05", "2026-03-16"), Contest::Lost, "2026-03-15")],
            vec![("2026-03-05", 1_000), ("2026-03-15", -1_000)],
        ),
        (
            "contested and won",
            vec![
                paid(),
                contested(nothing(), Contest::Open, "2026-04-05"),
                contested(nothing(), Contest::Won, "2026-05-20"),
            ],
            vec![("2026-03-10", 1_000), ("2026-04-05", -1_000), ("2026-05-20", 1_000)],
        ),
        (
            "a part is contested, and later words do not say how much",
            vec![
                paid(),
                part_contested(nothing(), Contest::Open, Some(300), "2026-04-05"),
                contested(nothing(), Contest::Won, "2026-05-20"),
                part_contested(nothing(), Contest::Lost, Some(300), "2026-06-20"),
            ],
            vec![("2026-03-10", 1_000), ("2026-04-05", -300), ("2026-05-20", 300), ("2026-06-20", -300)],
        ),
        ("never before it came", vec![paid(), refunded(nothing(), 400, "2026-03-01")], vec![("2026-03-10", 600)]),
    ];
    for (what, reports, expected) in cases {
        let expected: Vec<_> = expected.into_iter().map(|(on, minor)| (day(on), minor)).collect();
        let backwards: Vec<Report> = reports.iter().rev().cloned().collect();
        let again = [reports.clone(), reports.clone()].concat();
        for (order, reports) in [("in order", reports), ("backwards", backwards), ("twice", again)] {
            assert_eq!(lived(&reports), [expected.clone(), expected.clone()], "{what}, {order}");
        }
    }
}
