//! Which invoices a payment on account settles, and what comes of it when it goes back.

use dunlin_domain::allocation::{Advice, AdviceError, AllocationMethod, Named, NamedAmount, Proportion};
use dunlin_domain::ids::InvoiceId;
use dunlin_domain::money::Money;
use dunlin_domain::remittance::{Contest, Progress, RemittanceKind, Report, Stage};
use jiff::civil::Date;
use proptest::prelude::*;

use crate::desk::{Desk, amounts, by, contest, name, number, numbers, paid, payment, refunded};
use crate::history::{account, at, eur, invoice_id, remittance_id};

#[test]
fn payments_go_where_the_payer_says_then_by_the_method() {
    use AllocationMethod::{LargestFirst, OldestDueFirst, Proportional};
    let cases = [
        ("oldest first", 150, by(OldestDueFirst), vec![0, 150, 300, 400], 0),
        ("largest first", 500, by(LargestFirst), vec![100, 200, 200, 0], 0),
        ("proportional", 100, by(Proportional), vec![90, 180, 270, 360], 0),
        ("proportional, to the cent", 7, by(Proportional), vec![99, 199, 298, 397], 0),
        ("more than is open", 1_100, by(Proportional), vec![0, 0, 0, 0], 100),
        ("as named, in that order", 350, amounts(&[("D", 300), ("B", 40)]), vec![90, 160, 300, 100], 0),
        ("named beyond its balance", 400, amounts(&[("A", 400)]), vec![0, 0, 200, 400], 0),
        ("named twice", 300, amounts(&[("C", 100), ("C", 100)]), vec![0, 200, 100, 400], 0),
        ("unknown names", 150, amounts(&[("X", 50), ("D", 50), ("Y", 50)]), vec![100, 200, 300, 350], 100),
        ("unknown names and more", 260, amounts(&[("X", 50), ("D", 50)]), vec![0, 140, 300, 350], 50),
        ("an unknown number", 450, numbers(&["B", "X"]), vec![100, 0, 300, 400], 250),
        ("numbers alone, oldest among them", 450, numbers(&["D", "B", "X"]), vec![100, 0, 300, 150], 0),
        ("numbers and more", 650, numbers(&["D", "B"]), vec![50, 0, 300, 0], 0),
    ];
    for (what, minor, advice, expected, credit) in cases {
        for limit in [1, 2, 9] {
            let mut desk = Desk::with(&[100, 200, 300, 400]);
            desk.limit = limit;
            desk.pay(minor, &advice);
            assert_eq!((desk.balances(), desk.credit()), (expected.clone(), credit), "{what}, {limit} a step");
            let placed: i64 = desk.records.values().flat_map(|one| &one.lines).map(|line| line.amount.minor()).sum();
            assert_eq!(placed + credit, minor, "{what}: the records hold all of it");
        }
    }
}

#[test]
fn the_tenants_method_holds_where_the_payer_asks_for_none() {
    let mut desk = Desk::with(&[100, 200]);
    desk.method = AllocationMethod::LargestFirst;
    desk.pay(50, &Advice::none());
    assert_eq!(desk.balances(), [100, 150]);
}

#[test]
fn what_goes_back_is_first_credit_then_the_last_settled() {
    let mut desk = Desk::with(&[100, 200, 300]);
    desk.pay(650, &Advice::none());
    for (so_far, expected, credit) in [
        (20, [0, 0, 0], 30),
        (50, [0, 0, 0], 0),
        (150, [0, 0, 100], 0),
        (400, [0, 50, 300], 0),
        (650, [100, 200, 300], 0),
    ] {
        desk.told(&refunded(so_far));
        assert_eq!((desk.balances(), desk.credit()), (expected.to_vec(), credit), "{so_far} refunded");
    }
    let refunded: i64 = desk.book.debtor.invoices.values().map(|invoice| invoice.sums.refunded.minor()).sum();
    assert_eq!(refunded, 600);
}

#[test]
fn a_contest_takes_and_gives_back_to_the_same_invoices() {
    let contested = || {
        let mut desk = Desk::with(&[100, 200, 300]);
        desk.pay(620, &Advice::none());
        desk.told(&contest("dp", Contest::Open, 450));
        desk
    };
    let stopped =
        |desk: &Desk| ["A", "B", "C"].map(|of| !desk.book.debtor.invoices[&invoice_id(of)].contested.is_empty());
    let mut desk = contested();
    assert_eq!((desk.balances(), desk.credit(), stopped(&desk)), (vec![0, 130, 300], 0, [false, true, true]));
    desk.told(&contest("dp", Contest::Won, 450));
    assert_eq!((desk.balances(), desk.credit(), stopped(&desk)), (vec![0, 0, 0], 20, [false; 3]));
    let mut desk = contested();
    desk.told(&contest("dp", Contest::Lost, 450));
    assert_eq!((desk.balances(), desk.credit(), stopped(&desk)), (vec![0, 130, 300], 0, [false; 3]), "it is chased");
}

/// Covers: the mark of a contest went with the first line of an invoice that was settled by two.
#[test]
fn an_invoice_settled_twice_by_a_payment_is_stopped_while_any_of_it_is_contested() {
    let mut desk = Desk::with(&[100, 100]);
    desk.pay(200, &amounts(&[("A", 10), ("B", 10)]));
    desk.told(&contest("dp", Contest::Open, 185));
    let stopped: Vec<bool> = desk.book.debtor.invoices.values().map(|invoice| !invoice.contested.is_empty()).collect();
    assert_eq!((desk.balances(), stopped), (vec![90, 95], vec![true, true]));
}

#[test]
fn a_refund_gives_way_to_what_the_bank_takes_back() {
    let mut desk = Desk::with(&[100, 200]);
    desk.pay(300, &Advice::none());
    desk.told(&refunded(120));
    desk.told(&contest("dp", Contest::Lost, 250));
    let sums = |of: &str| desk.book.debtor.invoices[&invoice_id(of)].sums;
    let total = |part: fn(&dunlin_domain::invoice::Sums) -> Money| part(&sums("A")).minor() + part(&sums("B")).minor();
    assert_eq!((total(|sums| sums.refunded), total(|sums| sums.charged_back)), (50, 250));
    assert_eq!(desk.balances(), [100, 200]);
}

#[test]
fn a_voided_credit_note_takes_its_credit_along() {
    let mut desk = Desk::with(&[100]);
    let id = remittance_id(RemittanceKind::CreditNote, "CN");
    let stage = |stage, said: &str| Report {
        amount: Some(eur(70)),
        progress: Some(Progress::new(RemittanceKind::CreditNote, stage, at(said))),
        ..Report::about(id.clone())
    };
    desk.told(&stage(Stage::Settled, "2026-03-01T00:00:00Z"));
    assert_eq!((desk.balances(), desk.credit()), (vec![100], 70));
    desk.told(&stage(Stage::Failed, "2026-03-02T00:00:00Z"));
    assert_eq!((desk.balances(), desk.credit()), (vec![100], 0));
}

#[test]
fn an_advice_is_checked() {
    let one = |minor| Named::Amounts(vec![NamedAmount { number: number("A"), minor }]);
    assert_eq!(Advice::new(one(0), None), Err(AdviceError::NotPositive(number("A"))));
    let many = (0..=Advice::NAMES_MAX).map(|n| number(&n.to_string())).collect();
    assert!(matches!(Advice::new(Named::Numbers(many), None), Err(AdviceError::TooMany(2_001))));
    let long = (0..1_700).map(|n| number(&format!("{n:0120}"))).collect();
    assert!(matches!(Advice::new(Named::Numbers(long), None), Err(AdviceError::TooLong(_))));
    let named = Advice::new(one(101), None).unwrap();
    assert_eq!(named.clone().within(eur(100)), Err(AdviceError::MoreThanPaid(eur(100))));
    assert!(named.within(eur(101)).is_ok());
}

fn shares(amount: i64, balances: &[i64]) -> Option<Vec<i64>> {
    let one = |(n, minor): (usize, &i64)| {
        let due: Date = format!("2026-03-{:02}", 1 + n % 5).parse().unwrap();
        (due, invoice_id(&format!("I{n:03}")), eur(*minor))
    };
    let open: Vec<(Date, InvoiceId, Money)> = balances.iter().enumerate().map(one).collect();
    let whole = Proportion::of(eur(amount), &open).unwrap()?;
    Some(open.iter().map(|(due, invoice, balance)| whole.share(*due, invoice, *balance).minor()).collect())
}

#[test]
fn shares_go_by_largest_remainder_then_by_age() {
    for (amount, balances, expected) in [
        (100, &[100, 200, 300][..], &[17, 33, 50][..]),
        (100, &[100, 100, 100], &[34, 33, 33]),
        (2, &[100, 100, 100], &[1, 1, 0]),
        (1, &[1, 1_000], &[0, 1]),
        (10, &[3, 3, 7], &[2, 2, 6]),
    ] {
        assert_eq!(shares(amount, balances).unwrap(), expected, "{amount} over {balances:?}");
    }
    assert_eq!(shares(600, &[100, 200, 300]), None, "it covers all of them");
}

#[test]
fn money_for_an_invoice_waits_for_it_and_what_that_leaves_goes_by_the_method() {
    for (what, advice, expected, credit) in [
        ("its part", amounts(&[("Z", 60)]), [0, 20], 0),
        ("its part, of which it takes less", amounts(&[("Z", 90)]), [20, 0], 0),
        ("a number", numbers(&["Z"]), [20, 0], 0),
        ("two numbers, of which one is still not there", numbers(&["Y", "Z"]), [100, 0], 80),
    ] {
        let mut desk = Desk::with(&[100]);
        desk.pay(160, &advice);
        desk.arrive("Z", "2026-01-05", 80);
        let now = (desk.balances(), desk.credit());
        assert_eq!(now, (expected.to_vec(), credit), "{what}");
        desk.told(&refunded(160));
        assert_eq!((desk.balances(), desk.credit()), (vec![100, 80], 0), "{what}: all of it comes back");
    }
}

/// Covers: a payment on account that names what was given up became unapplied credit.
#[test]
fn named_money_makes_good_what_was_given_up_and_other_money_does_not() {
    let on = "2026-02-20".parse().unwrap();
    let stand = |advice: &Advice| {
        let mut desk = Desk::with(&[100, 200]);
        desk.book.give_up("A", 100, on);
        desk.book.give_up("B", 50, on);
        desk.pay(240, advice);
        let given_up = |of| desk.book.debtor.invoices[&invoice_id(of)].position().unwrap().written_off.minor();
        (desk.balances(), [given_up("A"), given_up("B")], desk.credit())
    };
    for (advice, expected) in [
        (Advice::none(), (vec![0, 0], [100, 50], 90)),
        (amounts(&[("A", 60)]), (vec![0, 0], [40, 50], 30)),
        (numbers(&["A", "B"]), (vec![0, 0], [10, 50], 0)),
        (numbers(&["B"]), (vec![0, 0], [100, 0], 40)),
    ] {
        assert_eq!(stand(&advice), expected, "{advice:?}");
    }
}

/// What may be said of the payment `P` of 600 over five invoices.
fn word() -> impl Strategy<Value = Report> {
    prop_oneof![
        Just(paid("P", 600)),
        (1..700_i64).prop_map(refunded),
        (0..2_u8, prop::sample::select(Contest::ALL.to_vec()), 1..700_i64).prop_map(|(n, state, minor)| contest(
            &format!("dp_{n}"),
            state,
            minor
        )),
    ]
}

proptest! {
    /// I2: payments and the invoices that they name come in any order, and each part is where it was meant to be.
    #[test]
    fn what_is_named_is_placed_there_whatever_comes_first(
        parts in prop::collection::vec(prop::collection::vec(0..50_i64, 4), 3),
        open in prop::collection::vec(1..30_i64, 4),
        order in Just((0..8_usize).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let mut desk = Desk::with(&[]);
        desk.book.invoice("N", "2026-01-01", "2026-01-01", 70);
        for event in order {
            match event {
                0..4 => {
                    let total = open[event] + parts.iter().map(|of| of[event]).sum::<i64>();
                    desk.arrive(&name(event), "2026-02-01", total);
                }
                4..7 => {
                    let of = &parts[event - 4];
                    let named = (0..4).map(name).collect::<Vec<_>>();
                    let named: Vec<_> = named.iter().map(String::as_str).zip(of.iter().copied()).filter(|(_, minor)| *minor > 0).collect();
                    if !named.is_empty() {
                        let id = format!("P{event}");
                        desk.report(&paid(&id, of.iter().sum()), &amounts(&named));
                        desk.run(&Advice::none());
                    }
                }
                // All of the first payment goes back, perhaps before it has come or its invoices have.
                _ => if parts[0].iter().sum::<i64>() > 0 {
                    let id = remittance_id(RemittanceKind::Payment, "P4");
                    let named: Vec<String> = (0..4).map(name).collect();
                    let named: Vec<_> = named.iter().map(String::as_str).zip(parts[0].iter().copied()).filter(|(_, minor)| *minor > 0).collect();
                    let amount = eur(parts[0].iter().sum());
                    desk.report(&Report { refunded: Some(amount), amount: Some(amount), ..Report::about(id) }, &amounts(&named));
                    desk.run(&Advice::none());
                }
            }
        }
        let expected = (0..4).map(|n| open[n] + parts[0][n]).chain([70]).collect::<Vec<_>>();
        prop_assert_eq!((desk.balances(), desk.book.debtor.accounts.get(&account()).map_or(0, |one| one.credit.minor())), (expected, 0));
    }

    #[test]
    fn shares_sum_to_the_amount_and_are_within_one_unit_of_exact(
        balances in prop::collection::vec(1..1_000_000_i64, 1..60),
        part in 0..1_000_i64,
    ) {
        let of: i64 = balances.iter().sum();
        let amount = i64::try_from(i128::from(of) * i128::from(part) / 1_000).unwrap();
        let shares = shares(amount, &balances).unwrap();
        prop_assert_eq!(shares.iter().sum::<i64>(), amount);
        for (share, balance) in shares.iter().zip(&balances) {
            let off = i128::from(*share) * i128::from(of) - i128::from(amount) * i128::from(*balance);
            prop_assert!(off.abs() < i128::from(of), "{} of {}", share, balance);
            prop_assert!(share <= balance);
        }
    }

    /// I2: whatever is said in whatever order, with steps in between or not, the same sums are received, refunded and
    /// charged back, nothing is stopped that should not be, and what is left is where it was placed.
    #[test]
    fn reports_on_a_payment_on_account_end_in_the_same_sums(
        words in prop::collection::vec((word(), 0..4_usize), 0..9),
        order in prop::collection::vec(any::<prop::sample::Index>(), 0..9),
    ) {
        let live = |words: Vec<(Report, usize)>| {
            let mut desk = Desk::with(&[100, 90, 80, 130, 150]);
            for (report, steps) in words {
                desk.report(&report, &Advice::none());
                for _ in 0..steps {
                    desk.step(&Advice::none());
                }
            }
            desk.told(&paid("P", 600));
            desk
        };
        let mut shuffled: Vec<_> = order.iter().filter(|_| !words.is_empty()).map(|index| index.get(&words).clone()).collect();
        shuffled.extend(words.iter().rev().cloned());
        let (one, other) = (live(words), live(shuffled));
        for desk in [&one, &other] {
            let effect = desk.known[&payment()].effect().unwrap().unwrap();
            let left = effect.received.minor() - effect.refunded.minor() - effect.charged_back.minor();
            let settled: i64 = desk.records.values().flat_map(|one| &one.lines).map(|line| line.left().unwrap().minor()).sum();
            prop_assert_eq!(settled + desk.credit(), left);
            prop_assert!(desk.credit() >= 0);
            let lefts = desk.records.values().flat_map(|one| &one.lines).map(|line| line.left().unwrap());
            prop_assert!(lefts.into_iter().all(|left| left.minor() >= 0));
            prop_assert_eq!(desk.balances().iter().sum::<i64>(), 550 - settled);
            for invoice in desk.book.debtor.invoices.values() {
                prop_assert!(effect.contested || invoice.contested.is_empty(), "what is decided stops nothing");
            }
            prop_assert!(!desk.book.debtor.is_allocating());
        }
        prop_assert_eq!(one.known[&payment()].effect().unwrap(), other.known[&payment()].effect().unwrap());
        prop_assert_eq!(one.credit() + 550 - one.balances().iter().sum::<i64>(), other.credit() + 550 - other.balances().iter().sum::<i64>());
    }
}
