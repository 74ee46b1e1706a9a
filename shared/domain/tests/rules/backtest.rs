//! Lives lived again: what was done is what would have been done, and another policy's differences are named.

use std::collections::BTreeMap;

use dunlin_domain::backtest::{
    Against, DIFFERENCES_NAMED, Fact, History, Life, Prices, Remembered, Trial, Window, live,
};
use dunlin_domain::by_currency::ByCurrency;
use dunlin_domain::calendar::Calendar;
use dunlin_domain::charge::rates::AnnualRate;
use dunlin_domain::charge::rule::{Basis, Booked, FeeAmounts, LateFees, Levy, Times, WhileAgreed};
use dunlin_domain::charge::terms::Terms;
use dunlin_domain::charge::{Authority, ChargeRule};
use dunlin_domain::contact::Channel;
use dunlin_domain::debtor::{Debtor, Journal};
use dunlin_domain::hold::{Hold, HoldReason, HoldScope, SetBy};
use dunlin_domain::ids::{Citation, DebtorId, HoldId, PolicyName, PolicyRef, PortfolioId, RuleName, StepName};
use dunlin_domain::ledger::{Entry, EntryKind};
use dunlin_domain::money::{Currency, Money};
use dunlin_domain::policy::{Policies, Policy, Stage, Step, StepAction, Subject};
use dunlin_domain::reason::Rule;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use proptest::prelude::*;

use crate::history::{Book, at, day, draft};

const FROM: &str = "2026-02-01T00:00:00Z";
const TO: &str = "2026-06-01T00:00:00Z";

fn window() -> Window {
    Window { from: at(FROM), to: at(TO) }
}

/// A policy of e-mails on these days.
fn mails(version: u32, days: &[i32]) -> Policies {
    let step = |offset_days: &i32| Step {
        name: StepName::parse(&format!("day{offset_days}").replace('-', "-before-")).unwrap(),
        offset_days: *offset_days,
        stage: if *offset_days < 0 { Stage::Upcoming } else { Stage::Early },
        action: StepAction::Message(vec![Channel::Email]),
    };
    let id = PolicyRef { name: PolicyName::parse("mails").unwrap(), version };
    let policy = Policy::new(id, days.iter().map(step).collect()).unwrap();
    Policies::new(policy, Policy::built_in_recovery().unwrap(), [])
}

/// The history of a book whose invoices were these.
fn history(invoices: &[(&str, &str, &str, i64)], entries: &[Entry]) -> History {
    let raised = |(number, issued, due, minor): &(&str, &str, &str, i64)| {
        (day(issued), Fact::Invoice(Box::new(draft(number, issued, due, *minor))))
    };
    let booked = entries.iter().map(|entry| (entry.on, Fact::Entry(entry.clone())));
    History::new(Book::new("Europe/Berlin").debtor, invoices.iter().map(raised).chain(booked).collect())
}

/// What the books hold of a debtor who never had a hold or an agreement that is over.
fn books(debtor: Debtor, entries: Vec<Entry>) -> Remembered {
    Remembered { debtor, closed: Vec::new(), entries, holds: Vec::new(), agreements: Vec::new() }
}

fn steps(life: &Life) -> Vec<(String, String)> {
    let date = |at: Timestamp| at.to_string()[..10].to_owned();
    life.contacts.iter().map(|contact| (contact.step.to_string(), date(contact.at))).collect()
}

#[test]
fn a_debtor_who_pays_late_is_written_to_until_then() {
    let invoices = [("A", "2026-02-01", "2026-03-02", 100)];
    let mut book = Book::new("Europe/Berlin");
    book.invoice("A", "2026-02-01", "2026-03-02", 100);
    book.pay("A", 100, "2026-03-12");
    let life = |policies: &Policies| {
        live(&history(&invoices, &book.entries), policies, &Calendar::default(), window()).unwrap()
    };
    let built_in = life(&Policies::built_in().unwrap());
    let expected = [("courtesy", "2026-02-27"), ("reminder-1", "2026-03-03"), ("reminder-7", "2026-03-09")];
    assert_eq!(steps(&built_in), expected.map(|(step, on)| (step.to_owned(), on.to_owned())));
    let other = life(&mails(2, &[1, 3, 5, 9, 12]));
    assert_eq!(other.contacts.len(), 4, "{:?}", steps(&other));

    let mut trial = Trial::default();
    trial.add(&built_in, &other);
    assert_eq!(trial.comparison.more, 1);
    assert_eq!(trial.comparison.first, BTreeMap::from([(built_in.debtor.clone(), (3, 4))]));
    let Trial { old, new, .. } = &trial;
    assert_eq!((old.contacts(), old.by_month[&(2026, 3)], new.most_in_a_week), (3, 2, 3));
    let prices = Prices(BTreeMap::from([(Channel::Email, "0.0001".parse().unwrap())]));
    assert_eq!(new.cost(&prices).to_string(), "0.0004");
    assert_eq!(
        trial.in_words(),
        [
            "4 messages would have gone out instead of 3",
            "4 messages at most to one debtor instead of 3",
            "3 messages at most to one debtor within seven days instead of 2",
            "1 debtor would have got more messages",
        ]
    );
}

#[test]
fn a_trial_of_one_creditor_leaves_the_others_out() {
    let invoices = [("A", "2026-02-01", "2026-03-02", 100)];
    let mut life =
        live(&history(&invoices, &[]), &Policies::built_in().unwrap(), &Calendar::default(), window()).unwrap();
    let main = PortfolioId::parse("main").unwrap();
    life.against.insert((main.clone(), Against::Rule(Rule::OnHold)), 2);
    assert_eq!(life.clone().only(&main), life);
    let other = life.clone().only(&PortfolioId::parse("other").unwrap());
    let silent = Life { contacts: Vec::new(), tasks: Vec::new(), against: BTreeMap::new(), ..life.clone() };
    assert!(!life.tasks.is_empty());
    assert_eq!(other, silent);
}

/// A late fee, and interest that is told at the end.
fn charging(version: u32) -> Policies {
    let authority = || Authority::Contract(Citation::parse("7.2").unwrap());
    let amounts = ByCurrency::new([Money::from_minor(500, Currency::parse("EUR").unwrap())]).unwrap();
    let fees = LateFees::new(3, Times::Once, FeeAmounts::Fixed(amounts), authority()).unwrap();
    let terms = Terms::agreed(AnnualRate::parse("10").unwrap(), None, authority());
    let rule = |name: &str, levy| ChargeRule {
        name: RuleName::parse(name).unwrap(),
        levy,
        while_agreed: WhileAgreed::default(),
    };
    let interest = Levy::Interest { basis: Basis::Contract(terms), booked: Booked::AtEnd };
    let policy = mails(version, &[1, 7]).current(Subject::Debt).clone();
    let policy = policy.charging(vec![rule("late", Levy::LateFees(fees)), rule("yearly", interest)]).unwrap();
    Policies::new(policy, Policy::built_in_recovery().unwrap(), [])
}

#[test]
fn what_a_rule_charged_is_charged_by_the_replay_alone() {
    let mut book = Book::new("Europe/Berlin");
    book.policies = charging(1);
    book.invoice("A", "2026-02-01", "2026-03-02", 10_000);
    for hour in 0..24 * 12 {
        let now = at("2026-03-02T00:00:00Z").saturating_add(SignedDuration::from_hours(hour)).unwrap();
        book.run(&now.to_string());
        if book.plan().is_some() {
            book.sent(&now.to_string());
        }
    }
    let fees = book.entries.iter().filter(|entry| entry.kind == EntryKind::Fee).count();
    assert_eq!(fees, 1, "{:?}", book.entries);
    book.charge("A", 50, day("2026-03-10"));
    let asked = |policies: &Policies| {
        let history = History::remembered(books(book.debtor.clone(), book.entries.clone()));
        let life = live(&history, policies, &Calendar::default(), window()).unwrap();
        life.contacts.iter().map(|contact| contact.amount_due.minor()).collect::<Vec<_>>()
    };
    assert_eq!(asked(&charging(1)), [10_000, 10_500], "once, as it was");
    assert_eq!(asked(&mails(2, &[1, 7])), [10_000, 10_000], "not at all where the policy charges nothing");
    assert_eq!(asked(&mails(2, &[1, 14])), [10_000, 10_050], "what was ordered is owed under both");
}

/// A trial over some debtors, each written to so often under each policy.
fn trial(debtors: &[(u32, usize, usize)]) -> Trial {
    let invoices = [("A", "2026-02-01", "2026-03-02", 100)];
    let whole = live(&history(&invoices, &[]), &mails(1, &[1, 3, 5, 9, 12]), &Calendar::default(), window()).unwrap();
    let some = |id: u32, times: usize| {
        let debtor = DebtorId::parse(&format!("C-{id:04}")).unwrap();
        let contacts = whole.contacts.iter().take(times).cloned().collect();
        Life { debtor, contacts, ..whole.clone() }
    };
    let mut trial = Trial::default();
    debtors.iter().for_each(|(id, old, new)| trial.add(&some(*id, *old), &some(*id, *new)));
    trial
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// However debtors are shared out, and in whatever order the parts are put together, it is one trial.
    #[test]
    fn parts_of_a_trial_come_to_the_whole(times in prop::collection::vec((0..4_usize, 0..4_usize, 0..5_usize), 0..120)) {
        let debtors: Vec<(u32, usize, usize)> =
            times.iter().enumerate().map(|(id, (old, new, _))| (u32::try_from(id).unwrap(), *old, *new)).collect();
        let whole = trial(&debtors);
        let part = |number: usize| {
            let of = debtors.iter().zip(&times).filter(|(_, (.., part))| *part == number);
            trial(&of.map(|(debtor, _)| *debtor).collect::<Vec<_>>())
        };
        let mut merged = Trial::default();
        (0..5).rev().for_each(|number| merged.merge(part(number)));
        prop_assert_eq!(&merged, &whole);
        let seen = &whole.comparison;
        let named = seen.only_old + seen.only_new + seen.more + seen.less;
        prop_assert_eq!(seen.first.len(), usize::try_from(named).unwrap().min(DIFFERENCES_NAMED));
        prop_assert_eq!(whole.old.contacted, seen.only_old + seen.more + seen.less + seen.same + seen.otherwise);
    }
}

#[test]
fn what_was_before_the_window_is_lived_and_not_counted() {
    let invoices = [("A", "2026-02-01", "2026-03-02", 100)];
    let from = at("2026-03-08T00:00:00Z");
    let window = Window { from, ..window() };
    let life = live(&history(&invoices, &[]), &Policies::built_in().unwrap(), &Calendar::default(), window).unwrap();
    let first: Vec<String> = steps(&life).into_iter().map(|(step, _)| step).collect();
    assert_eq!(first, ["reminder-7", "reminder-14", "final-notice-30"]);
    assert_eq!(life.tasks.len(), 2, "a call, and the hand-over");
}

#[test]
fn a_hold_that_is_over_held_for_its_days() {
    let mut book = Book::new("UTC");
    book.invoice("A", "2026-02-01", "2026-03-02", 100);
    let hold = Hold {
        id: HoldId::parse("h1").unwrap(),
        reason: HoldReason::Manual,
        scope: HoldScope::Debtor,
        since: at("2026-03-02T15:00:00Z"),
        until: None,
        ends_with: None,
        set_by: SetBy::Staff,
        note: None,
    };
    let life = |holds: Vec<(Hold, Timestamp)>| {
        let books = Remembered { holds, ..books(book.debtor.clone(), book.entries.clone()) };
        let life = live(&History::remembered(books), &mails(1, &[1, 7, 14]), &Calendar::default(), window()).unwrap();
        steps(&life).into_iter().map(|(step, _)| step).collect::<Vec<_>>()
    };
    assert_eq!(life(Vec::new()), ["day1", "day7", "day14"]);
    assert_eq!(life(vec![(hold.clone(), at("2026-03-08T10:00:00Z"))]), ["day7", "day14"]);
    assert_eq!(life(vec![(hold.clone(), at("2026-03-02T16:00:00Z"))]), ["day1", "day7", "day14"], "within a day");
    book.debtor.hold(hold, at("2026-03-02T15:00:00Z"), &mut Journal::default()).unwrap();
    let held = live(
        &History::remembered(books(book.debtor.clone(), book.entries.clone())),
        &mails(1, &[1]),
        &Calendar::default(),
        window(),
    );
    assert_eq!(held.unwrap().contacts, [], "it stands");
}

/// What may happen to one of three invoices.
#[derive(Debug, Clone)]
enum Word {
    Paid(usize, i64),
    TakenBack(usize),
    Charged(usize, i64),
    GivenUp(usize, i64),
}

fn word() -> impl Strategy<Value = Word> {
    prop_oneof![
        3 => (0..3_usize, 1..120_i64).prop_map(|(n, minor)| Word::Paid(n, minor)),
        1 => (0..3_usize).prop_map(Word::TakenBack),
        1 => (0..3_usize, 1..20_i64).prop_map(|(n, minor)| Word::Charged(n, minor)),
        1 => (0..3_usize, 1..20_i64).prop_map(|(n, minor)| Word::GivenUp(n, minor)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    /// Under the policy that was in force, a replay from the ledger does what was done, message by message.
    #[test]
    fn a_replay_does_what_was_done(words in prop::collection::vec((0..100_i64, word()), 0..12)) {
        const NUMBERS: [&str; 3] = ["A", "B", "C"];
        let invoices =
            [("A", "2026-02-02", "2026-03-02", 100), ("B", "2026-02-10", "2026-03-12", 80), ("C", "2026-03-02", "2026-04-01", 60)];
        let mut words = words;
        words.sort_by_key(|(day, _)| *day);
        let mut book = Book::new("Europe/Berlin");
        let mut done: Vec<(String, String)> = Vec::new();
        let mut paid: BTreeMap<usize, Vec<i64>> = BTreeMap::new();
        let mut words = words.into_iter().peekable();
        let first = day("2026-02-02");
        for offset in 0..100_i64 {
            let date: Date = first.saturating_add(offset.days());
            for (number, issued, due, minor) in invoices.iter().filter(|(_, issued, ..)| day(issued) == date) {
                book.invoice(number, issued, due, *minor);
            }
            while let Some((_, word)) = words.next_if(|(day, _)| *day <= offset) {
                tell(&mut book, &word, date, &mut paid, NUMBERS);
            }
            let midnight = book.debtor.profile.zone.midnight(date);
            for hour in 0..24 {
                let now = midnight.saturating_add(SignedDuration::from_hours(hour)).unwrap();
                book.run(&now.to_string());
                if let Some(plan) = book.plan() {
                    done.push((plan.step.to_string(), date.to_string()));
                    book.sent(&now.to_string());
                }
            }
        }
        let to = book.debtor.profile.zone.midnight(first.saturating_add(100.days()));
        let window = Window { from: at("2026-01-01T00:00:00Z"), to };
        // The books keep what became of the invoices; the history is made from that.
        let history = History::remembered(books(book.debtor.clone(), book.entries.clone()));
        let life = live(&history, &book.policies, &Calendar::default(), window).unwrap();
        let lived: Vec<(String, String)> = life
            .contacts
            .iter()
            .map(|contact| (contact.step.to_string(), book.debtor.today(contact.at).to_string()))
            .collect();
        prop_assert_eq!(lived, done);
    }
}

fn tell(book: &mut Book, word: &Word, date: Date, paid: &mut BTreeMap<usize, Vec<i64>>, numbers: [&str; 3]) {
    let known = |book: &Book, n: usize| book.debtor.invoices.contains_key(&crate::history::invoice_id(numbers[n]));
    let on = date.to_string();
    match word {
        Word::Paid(n, minor) if known(book, *n) => {
            book.pay(numbers[*n], *minor, &on);
            paid.entry(*n).or_default().push(*minor);
        }
        Word::TakenBack(n) => {
            // Only the latest payment of all can be told of again.
            let last = paid.values().flatten().count();
            if let Some(minor) = paid.get(n).and_then(|all| all.last().copied()).filter(|_| last == 1) {
                book.take_back(numbers[*n], minor, minor, &on);
            }
        }
        Word::Charged(n, minor) if known(book, *n) => book.charge(numbers[*n], *minor, date),
        Word::GivenUp(n, minor) if known(book, *n) => book.give_up(numbers[*n], *minor, date),
        Word::Paid(..) | Word::Charged(..) | Word::GivenUp(..) => {}
    }
}
