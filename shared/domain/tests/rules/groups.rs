//! Groups of companies: who may be whose parent, what counts against a credit limit, and what moves with a debtor.

use std::collections::BTreeMap;

use dunlin_domain::agreement::{Dispute, DisputeReason, Terms};
use dunlin_domain::calendar::Zone;
use dunlin_domain::credit::CreditLimit;
use dunlin_domain::debtor::{
    Around, Debtor, DebtorPatch, Deltas, GroupDelta, GroupError, Journal, Membership, Patch, Proposal,
};
use dunlin_domain::event::EventKind;
use dunlin_domain::hold::SetBy;
use dunlin_domain::ids::{AgreementId, DebtorId};
use jiff::Timestamp;
use proptest::prelude::*;

use crate::history::{Book, account, at, eur, invoice_id};

const NOW: &str = "2026-03-02T12:00:00Z";

fn id(of: &str) -> DebtorId {
    DebtorId::parse(of).unwrap()
}

fn named(of: &str) -> Debtor {
    Debtor { id: id(of), ..Book::new("UTC").debtor }
}

fn join(debtor: &mut Debtor, parent: Option<&Debtor>, children: u64) -> Result<(), GroupError> {
    let zone = Zone::parse("UTC").unwrap();
    let said = parent.map_or(Patch::Clear, |parent| Patch::Set(parent.id.clone()));
    let patch = DebtorPatch { parent: said, ..DebtorPatch::default() };
    debtor.amend(&patch, Around { parent, children, zone: &zone, now: Timestamp::UNIX_EPOCH }, &mut Journal::default())
}

#[test]
fn a_group_has_one_level_and_no_circle() {
    let (mut top, mut child, mut other) = (named("TOP"), named("CHILD"), named("OTHER"));
    assert_eq!(join(&mut top.clone(), Some(&top), 0), Err(GroupError::Itself(id("TOP"))));
    assert_eq!(top.lead(), Ok(true));
    assert_eq!(top.lead(), Ok(false));
    join(&mut child, Some(&top), 0).unwrap();
    assert_eq!((child.group(), top.group()), (Some(&id("TOP")), Some(&id("TOP"))));
    let nested = GroupError::NotAtTheTop { parent: id("CHILD"), of: id("TOP") };
    assert_eq!(join(&mut other, Some(&child), 0), Err(nested.clone()));
    assert_eq!(child.lead(), Err(nested.clone()));
    assert_eq!(join(&mut top, Some(&child), 1), Err(nested), "no circle");
    let children = GroupError::HasChildren { debtor: id("TOP"), children: 1 };
    assert_eq!(join(&mut top, Some(&other), 1), Err(children));
    join(&mut child, None, 0).unwrap();
    assert_eq!(child.membership, Membership::Alone);
    join(&mut top, Some(&other), 0).unwrap();
    assert_eq!(top.membership, Membership::Of(id("OTHER")), "once its children have left, a parent may be a child");
}

#[test]
fn a_parent_that_nobody_knows_is_refused() {
    let mut child = named("CHILD");
    let zone = Zone::parse("UTC").unwrap();
    let patch = DebtorPatch { parent: Patch::Set(id("TOP")), ..DebtorPatch::default() };
    let around = Around { parent: None, children: 0, zone: &zone, now: Timestamp::UNIX_EPOCH };
    let refused = child.amend(&patch, around, &mut Journal::default());
    assert_eq!(refused, Err(GroupError::Unknown(id("TOP"))));
}

#[test]
fn more_than_one_transaction_counts_does_not_move() {
    let mut book = Book::new("UTC");
    for n in 0..=40 {
        let month = format!("{}-{:02}-01", 2020 + n / 12, 1 + n % 12);
        book.invoice(&format!("I{n}"), &month, &month, 100);
    }
    let (mut debtor, top, other) = (book.debtor, named("TOP"), named("OTHER"));
    join(&mut debtor, Some(&top), 0).unwrap();
    let spread = GroupError::TooSpread { debtor: id("C1"), months: 41, max: 40 };
    assert_eq!(join(&mut debtor, Some(&other), 0), Err(spread));
    join(&mut debtor, None, 0).unwrap();
    join(&mut debtor, Some(&other), 0).unwrap();
}

/// What is told of the credit limit when the clock goes on.
fn told(book: &mut Book) -> Vec<(EventKind, i64)> {
    let mut journal = Journal::default();
    book.debtor.roll(&book.policies, at(NOW), &mut journal).unwrap();
    let limits = [EventKind::CreditLimitExceeded, EventKind::CreditLimitRestored];
    let events = journal.events.into_iter().filter(|event| limits.contains(&event.kind));
    events.map(|event| (event.kind, event.amount.unwrap().minor())).collect()
}

fn limit(book: &mut Book, minor: i64) {
    book.debtor.credit.set_limit(CreditLimit::new(eur(minor)).unwrap());
}

#[test]
fn a_limit_is_told_of_once_each_way() {
    use EventKind::{CreditLimitExceeded as Exceeded, CreditLimitRestored as Restored};
    let mut book = Book::new("UTC");
    limit(&mut book, 10_000);
    book.invoice("A", "2026-02-01", "2026-03-02", 10_000);
    assert_eq!(told(&mut book), [], "as much as the limit is within");
    book.invoice("B", "2026-02-01", "2026-03-02", 5_000);
    assert_eq!(told(&mut book), [(Exceeded, 15_000)]);
    assert_eq!(told(&mut book), [], "once");
    book.pay("B", 1_000, "2026-03-01");
    assert_eq!(told(&mut book), [], "still above");
    limit(&mut book, 14_000);
    assert_eq!(told(&mut book), [(Restored, 14_000)], "the limit was raised");
    limit(&mut book, 9_000);
    assert_eq!(told(&mut book), [(Exceeded, 14_000)]);
    contest(&mut book, "A", Some(6_000));
    assert_eq!(told(&mut book), [(Restored, 8_000)], "what is contested does not count");
    book.debtor.cancel(&dispute_about("A"), SetBy::Api, at("2026-03-20T12:00:00Z"), &mut Journal::default());
    assert_eq!(told(&mut book), [(Exceeded, 14_000)]);
    book.pending("A", 10_000, NOW);
    assert_eq!(told(&mut book), [], "a payment under way may still fail");
    book.credit(6_000, "2026-03-02");
    assert_eq!(told(&mut book), [(Restored, 8_000)], "unapplied credit counts for the debtor");
    limit(&mut book, 0);
    assert_eq!(told(&mut book), [(Exceeded, 8_000)], "no credit at all");
    book.debtor.credit.lift_limit(eur(0).currency());
    assert_eq!(told(&mut book), [(Restored, 8_000)]);
    limit(&mut book, 0);
    assert_eq!(told(&mut book), [(Exceeded, 8_000)]);
    book.debtor.lead().unwrap();
    assert_eq!(told(&mut book), [(Restored, 8_000)], "the limit is the group's now");
}

fn dispute_about(number: &str) -> AgreementId {
    AgreementId::parse(&format!("d-{}", number.to_lowercase())).unwrap()
}

fn contest(book: &mut Book, number: &str, minor: Option<i64>) {
    let dispute = Dispute::new(minor.map(eur), DisputeReason::Defective, Vec::new()).unwrap();
    let proposal = Proposal {
        id: dispute_about(number),
        account: account(),
        invoices: [invoice_id(number)].into(),
        made_by: SetBy::Api,
        terms: Terms::Dispute(dispute),
        note: None,
    };
    book.debtor.agree(proposal, at(NOW), &mut Journal::default()).unwrap();
}

#[test]
fn no_more_is_contested_than_is_open() {
    let mut book = Book::new("UTC");
    book.invoice("A", "2026-02-01", "2026-03-02", 10_000);
    book.invoice("B", "2026-02-01", "2026-03-02", 7_000);
    contest(&mut book, "A", Some(9_000));
    contest(&mut book, "B", None);
    book.pay("A", 4_000, "2026-03-01");
    let owed = book.debtor.owed_by_currency().unwrap()[&eur(0).currency()];
    assert_eq!((owed.open.minor(), owed.disputed.minor()), (13_000, 13_000));
    assert_eq!(owed.exposure().unwrap().minor(), 0);
}

/// One commit of one of three debtors.
#[derive(Debug, Clone)]
enum Step {
    Invoice(usize, i64),
    Pay(usize, i64),
    Contest(usize),
    Limit(usize, i64),
    Lift(usize),
    Join(usize, usize),
    Leave(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let who = 0..3_usize;
    let step = prop_oneof![
        (who.clone(), 1..9_999_i64).prop_map(|(who, minor)| Step::Invoice(who, minor)),
        (who.clone(), 1..9_999_i64).prop_map(|(who, minor)| Step::Pay(who, minor)),
        who.clone().prop_map(Step::Contest),
        (who.clone(), 0..20_000_i64).prop_map(|(who, minor)| Step::Limit(who, minor)),
        who.clone().prop_map(Step::Lift),
        (who.clone(), who.clone()).prop_map(|(who, parent)| Step::Join(who, parent)),
        who.prop_map(Step::Leave),
    ];
    prop::collection::vec(step, 1..40)
}

/// The sums of each group, as the counters would have them: every commit's deltas, added up.
#[derive(Default)]
struct Counted(BTreeMap<(DebtorId, &'static str), i64>, BTreeMap<String, i64>);

impl Counted {
    fn add(&mut self, deltas: &Deltas) {
        for ((group, _), delta) in &deltas.groups {
            for (name, minor) in delta.named() {
                *self.0.entry((group.clone(), name)).or_default() += minor;
            }
        }
        for ((group, _, due), minor) in &deltas.groups_open {
            *self.1.entry(format!("{group} {due}")).or_default() += minor;
        }
        self.0.retain(|_, sum| *sum != 0);
        self.1.retain(|_, sum| *sum != 0);
    }
}

fn children(all: &[Book; 3], of: &DebtorId) -> u64 {
    all.iter().filter(|one| one.debtor.membership.parent() == Some(of)).count().try_into().unwrap()
}

fn take(all: &mut [Book; 3], step: &Step, n: usize) {
    match *step {
        Step::Invoice(who, minor) => {
            let due = format!("2026-{:02}-02", 3 + n % 3);
            all[who].invoice(&format!("{who}-{n}"), "2026-02-01", &due, minor);
        }
        Step::Pay(who, minor) => {
            if let Some(number) = all[who].debtor.invoices.keys().next().map(|one| one.number.to_string()) {
                all[who].pay(&number, minor, "2026-03-01");
            }
        }
        Step::Contest(who) => {
            let open = all[who].debtor.invoices.values().find(|one| one.balance().is_positive());
            let known = |number: &str| all[who].debtor.agreements.contains_key(&dispute_about(number));
            if let Some(number) = open.map(|one| one.id.number.to_string()).filter(|number| !known(number)) {
                contest(&mut all[who], &number, None);
            }
        }
        Step::Limit(who, minor) => limit(&mut all[who], minor),
        Step::Lift(who) => all[who].debtor.credit.lift_limit(eur(0).currency()),
        Step::Join(who, parent) => {
            let children = children(all, &all[who].debtor.id);
            let parent = all[parent].debtor.clone();
            if parent.membership == Membership::Leads {
                let _ = join(&mut all[who].debtor, Some(&parent), children);
            } else if parent.id != all[who].debtor.id {
                let at = all.iter().position(|one| one.debtor.id == parent.id).unwrap();
                let _ = all[at].debtor.lead();
            }
        }
        Step::Leave(who) => join(&mut all[who].debtor, None, 0).unwrap(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Whoever joins, leaves or changes its group takes its sums along to the cent: what the commits of all debtors add up
    /// to is what the members of each group owe.
    #[test]
    fn the_counters_of_a_group_are_the_sums_of_its_members(steps in steps()) {
        let mut all = ["A", "B", "C"].map(|of| {
            let mut book = Book::new("UTC");
            book.debtor.id = id(of);
            book
        });
        let mut counted = Counted::default();
        for (n, step) in steps.iter().enumerate() {
            let before = [0, 1, 2].map(|who: usize| all[who].debtor.clone());
            take(&mut all, step, n);
            for (before, book) in before.iter().zip(&all) {
                counted.add(&Deltas::between(Some(before), &book.debtor, &Journal::default(), Timestamp::UNIX_EPOCH));
            }
            let mut naive = Counted::default();
            for one in &all {
                naive.add(&Deltas::between(None, &one.debtor, &Journal::default(), Timestamp::UNIX_EPOCH));
            }
            prop_assert_eq!(&counted.0, &naive.0);
            prop_assert_eq!(&counted.1, &naive.1);
            for one in &all {
                let open: i64 = one.debtor.invoices.values().map(|invoice| invoice.balance().minor()).sum();
                let alone = Deltas::between(None, &one.debtor, &Journal::default(), Timestamp::UNIX_EPOCH);
                let sums: Vec<&GroupDelta> = alone.groups.values().collect();
                match one.debtor.group() {
                    None => prop_assert!(sums.is_empty() && alone.groups_open.is_empty()),
                    Some(_) => prop_assert_eq!(sums.iter().map(|sum| sum.open).sum::<i64>(), open),
                }
            }
        }
    }
}
