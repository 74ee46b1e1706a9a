//! Nothing is charged on what the account's unapplied credit covers, and what a payment left over pays the interest that
//! its invoice still owed. Invoice `A` over 1,000.00 EUR is due on 2 March 2026; interest is 9 %.

use std::collections::BTreeMap;

use dunlin_domain::allocation::{Advice, Allocation, AllocationMethod, ComponentOrder};
use dunlin_domain::charge::fee::{FeeAmount, LateFee};
use dunlin_domain::charge::rates::AnnualRate;
use dunlin_domain::charge::regime::DebtKind;
use dunlin_domain::charge::rule::{Booked, Levy, Times};
use dunlin_domain::charge::{Claim, OpenBalance, Start};
use dunlin_domain::contact::DebtorKind;
use dunlin_domain::debtor::{AtHand, CreditOrder, CreditUse, FeeRule, Journal, LateError, Ordered};
use dunlin_domain::event::EventKind;
use dunlin_domain::ids::OutsideId;
use dunlin_domain::invoice::{SnapshotStamp, Standing};
use dunlin_domain::ledger::EntryKind;
use dunlin_domain::reason::Rule;
use dunlin_domain::remittance::{RemittanceKind, Stage};

use crate::charging::{book, clause, fixed, late, laws, name, rule, silent, yearly};
use crate::history::{Book, account, at, day, draft, effect_of, eur, invoice_id, on_account, remittance_id};

fn charging() -> Book {
    book(silent(vec![late(5, Times::Once, fixed(500)), yearly(Booked::Monthly), rule("flat", Levy::FixedSum(laws()))]))
}

fn interest_on(book: &Book, number: &str) -> i64 {
    book.debtor.invoices[&invoice_id(number)].sums.interest.minor()
}

impl Book {
    /// A payment on account, placed and committed at once.
    fn paid_on_account(&mut self, minor: i64, on: &str) -> (Vec<EventKind>, Vec<Allocation>) {
        let id = remittance_id(RemittanceKind::Payment, &format!("on-account-{on}"));
        let effect = effect_of(&id, minor, Stage::Settled, &format!("{on}T10:00:00Z"));
        let mut journal = Journal::default();
        self.debtor.book_on_account(on_account(&id, day(on)), (None, effect), &mut journal).unwrap();
        while self.debtor.allocate(AllocationMethod::default(), 20, AtHand::Nothing, &mut journal).unwrap() {}
        self.debtor.roll(&self.policies, at(&format!("{on}T10:00:00Z")), &mut journal).unwrap();
        self.entries.extend(journal.entries);
        (journal.events.iter().map(|event| event.kind).collect(), journal.allocations)
    }

    fn order_credit(&mut self, minor: i64, on: &str, what: CreditUse) {
        let id = CreditOrder::id(OutsideId::parse(&format!("order-{on}")).unwrap()).unwrap();
        let order = CreditOrder { account: account(), amount: Some(eur(minor)), id, on: day(on), what };
        let mut journal = Journal::default();
        self.debtor.use_credit(&order, &BTreeMap::new(), &mut journal).unwrap();
        while self.debtor.allocate(AllocationMethod::default(), 20, AtHand::Nothing, &mut journal).unwrap() {}
        self.debtor.roll(&self.policies, at(&format!("{on}T10:00:00Z")), &mut journal).unwrap();
        self.entries.extend(journal.entries);
    }
}

#[test]
fn credit_that_is_there_before_the_debt_is_late_leaves_nothing_to_charge() {
    let mut book = charging();
    book.credit(100_000, "2026-02-01");
    book.run("2026-03-07T00:00:00Z");
    assert_eq!(book.reasons(Rule::CoveredByCredit).first().map(String::as_str), Some("A"));
    book.nights("2026-03-08", "2026-05-05");
    assert_eq!(book.charged(), []);
    assert_eq!(book.debtor.next_charges(&account(), &book.policies, at("2026-05-05T12:00:00Z")), []);
}

/// Of 60 days until 1 May on 1,000.00, which are 14.79, what credit leaves from the day it is there.
#[test]
fn interest_is_on_what_credit_does_not_cover_from_the_day_it_is_there() {
    for (minor, on, expected) in [
        (40_000, "2026-02-01", 888),
        (100_000, "2026-04-01", 740),
        // 30 days of 1,000.00 and 30 of 400.00.
        (60_000, "2026-04-01", 740 + 296),
        (100_000, "2026-05-01", 1_479),
    ] {
        let mut book = book(silent(vec![yearly(Booked::Monthly)]));
        book.nights("2026-03-03", "2026-04-20");
        // Told late: what was charged too much is taken back.
        book.credit(minor, on);
        book.nights("2026-04-21", "2026-05-01");
        assert_eq!(book.sum_charged(), expected, "{minor} on {on}");
    }
}

#[test]
fn what_is_due_first_is_covered_first_and_takes_that_along_when_it_is_settled() {
    let mut book = book(silent(vec![yearly(Booked::Monthly)]));
    book.invoice("B", "2026-02-01", "2026-03-03", 100_000);
    book.credit(100_000, "2026-02-01");
    book.nights("2026-03-03", "2026-04-01");
    assert_eq!((interest_on(&book, "A"), interest_on(&book, "B")), (0, 715));
    // Credit that was on A all the time settles it; B is late all the same.
    book.order_credit(100_000, "2026-04-10", CreditUse::Apply(Advice::none()));
    assert_eq!(book.debtor.invoices[&invoice_id("A")].status(), "credited");
    book.nights("2026-04-11", "2026-05-01");
    assert_eq!((interest_on(&book, "A"), interest_on(&book, "B")), (0, 1_455));
    // A payment for A frees the credit for B, from that day.
    let mut other = self::book(silent(vec![yearly(Booked::Monthly)]));
    other.invoice("B", "2026-02-01", "2026-03-03", 100_000);
    other.credit(100_000, "2026-02-01");
    other.nights("2026-03-03", "2026-04-10");
    other.paid(100_000, "2026-04-10", "2026-04-10T10:00:00Z");
    other.debtor.invoices.remove(&invoice_id("A"));
    other.nights("2026-04-11", "2026-06-01");
    assert_eq!(interest_on(&other, "B"), 937, "38 days");
}

#[test]
fn credit_that_is_paid_back_covers_until_then() {
    let mut book = book(silent(vec![yearly(Booked::Monthly)]));
    book.credit(100_000, "2026-02-01");
    book.nights("2026-03-03", "2026-04-01");
    book.order_credit(100_000, "2026-04-01", CreditUse::Refund);
    book.nights("2026-04-02", "2026-05-01");
    assert_eq!(book.sum_charged(), 740, "30 days");
}

#[test]
fn an_order_charges_on_what_credit_does_not_cover() {
    for (credit, expected) in [(60_000, Ok(eur(800))), (100_000, Err(LateError::Nothing(invoice_id("A"))))] {
        let mut book = book(silent(vec![]));
        book.credit(credit, "2026-02-01");
        let amount = FeeAmount::Percent { share: AnnualRate::parse("2").unwrap(), at_most: None };
        let fee = LateFee { amount, authority: clause() };
        let order = FeeRule { name: name("late"), fee, period: name("once") };
        let ordered = Ordered { now: at("2026-03-10T12:00:00Z"), despite: None };
        let id = invoice_id("A");
        let (on, mut journal) = (day("2026-03-10"), Journal::default());
        assert_eq!(book.debtor.charge_fee(&id, &order, on, ordered, &mut journal), expected);
        let claim = Claim {
            debtor: DebtorKind::Business,
            debt: DebtKind::Trade,
            balance: OpenBalance::new(eur(100_000)),
            start: Start::On(day("2026-03-03")),
            as_of: day("2026-05-01"),
            moratoria: Vec::new(),
            agreed: None,
        };
        let laws = laws();
        let regime = laws.of("DE").unwrap();
        let order = ComponentOrder::default();
        let quote = book.debtor.charge_late(&id, regime, claim, order, ordered, &mut journal);
        let balances = quote.map(|quote| quote.interest.segments.iter().map(|one| one.balance).collect::<Vec<_>>());
        let nothing = Err(LateError::Nothing(id));
        assert_eq!(balances, if credit < 100_000 { Ok(vec![eur(40_000)]) } else { nothing });
    }
}

#[test]
fn what_a_payment_on_account_leaves_over_pays_the_interest_of_what_it_settled() {
    for (minor, left, credit) in [(101_208, 0, 0), (101_000, 208, 0), (101_300, 0, 92), (100_000, 1_208, 0)] {
        let mut book = book(silent(vec![yearly(Booked::AtEnd), late(55, Times::Once, fixed(500))]));
        book.nights("2026-03-03", "2026-04-20");
        let (events, allocations) = book.paid_on_account(minor, "2026-04-20");
        assert_eq!((book.sum_charged(), book.debtor.balance(&account()).unwrap()), (1_208, eur(left)), "{minor}");
        assert_eq!(book.debtor.accounts[&account()].credit, eur(credit), "{minor}");
        assert_eq!(events.contains(&EventKind::InvoiceSettled), left == 0, "{minor}");
        assert!(!events.contains(&EventKind::InvoiceReopened), "{minor}");
        let [allocation] = allocations.as_slice() else { panic!("{allocations:?}") };
        assert_eq!((allocation.lines[0].amount, allocation.credit), (eur(minor - credit), eur(credit)), "{minor}");
        let on_account: i64 =
            book.entries.iter().filter(|one| one.invoice.is_none()).map(|one| one.amount.minor()).sum();
        assert_eq!(on_account, -credit, "I1");
        book.nights("2026-04-21", "2026-06-30");
        let fees = book.charged().iter().filter(|one| one.1 == EntryKind::Fee).count();
        assert_eq!(fees, usize::from(left > 0), "{minor}");
    }
}

/// What is left over comes from elsewhere, as the payment does: it is not within what the invoice's provider says was paid.
#[test]
fn what_is_left_over_pays_beside_what_a_provider_says_was_paid() {
    let mut book = book(silent(vec![yearly(Booked::AtEnd)]));
    let mut told = draft("A", "2026-02-01", "2026-03-02", 100_000);
    told.reported_paid = eur(40_000);
    told.stamp = Some(SnapshotStamp { created: at("2026-02-10T12:00:00Z").as_second(), standing: Standing::Open });
    let mut journal = Journal::default();
    book.debtor.record_invoice(&told, &mut journal).unwrap();
    book.entries.extend(journal.entries);
    book.nights("2026-03-03", "2026-04-20");
    book.paid_on_account(60_725, "2026-04-20");
    assert_eq!((book.sum_charged(), book.debtor.balance(&account()).unwrap()), (725, eur(0)), "49 days of 600.00");
    assert_eq!(book.debtor.accounts[&account()].credit, eur(0));
}
