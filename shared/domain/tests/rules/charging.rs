//! What rules charge by themselves: when, how much, how often, and what stands against it. Invoice `A` over 1,000.00 EUR is
//! due on Monday, 2 March 2026, of a German business.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU16;

use crate::history::{Book, account, at, day, effect_of, eur, invoice_id, on_one_day, remittance_id};
use dunlin_domain::agreement::{Period, Terms as Agreed};
use dunlin_domain::allocation::ComponentOrder;
use dunlin_domain::by_currency::ByCurrency;
use dunlin_domain::charge::fee::FeeLaw;
use dunlin_domain::charge::fixed_sum::{Band, FixedSum};
use dunlin_domain::charge::rates::AnnualRate;
use dunlin_domain::charge::rule::{Basis, Booked, FeeAmounts, LateFees, Levy, Times, WhileAgreed};
use dunlin_domain::charge::start::StartRule;
use dunlin_domain::charge::terms::Terms;
use dunlin_domain::charge::{Authority, ChargeRule, Laws, Regime, interest};
use dunlin_domain::contact::DebtorKind;
use dunlin_domain::debtor::{Journal, Proposal};
use dunlin_domain::event::EventKind;
use dunlin_domain::hold::{Hold, HoldReason, HoldScope, SetBy};
use dunlin_domain::ids::{AgreementId, Citation, HoldId, PolicyName, PolicyRef, RuleName, StepName};
use dunlin_domain::ledger::EntryKind;
use dunlin_domain::money::{Currency, Money};
use dunlin_domain::policy::{Policies, Policy, PolicyError, Stage, Step, StepAction, TaskKind};
use dunlin_domain::reason::Rule;
use dunlin_domain::remittance::{RemittanceKind, Stage as Progress};
use jiff::ToSpan as _;
use jiff::civil::Date;
use proptest::prelude::*;

pub(crate) fn name(text: &str) -> RuleName {
    RuleName::parse(text).unwrap()
}

pub(crate) fn clause() -> Authority {
    Authority::Contract(Citation::parse("clause 7.2").unwrap())
}

pub(crate) fn fixed(minor: i64) -> FeeAmounts {
    FeeAmounts::Fixed(ByCurrency::new([eur(minor)]).unwrap())
}

pub(crate) fn percent(share: &str, at_most: i64) -> FeeAmounts {
    let at_most = ByCurrency::new([eur(at_most)]).unwrap();
    FeeAmounts::Percent { share: AnnualRate::parse(share).unwrap(), at_most }
}

pub(crate) fn rule(of: &str, levy: Levy) -> ChargeRule {
    ChargeRule { name: name(of), levy, while_agreed: WhileAgreed::default() }
}

pub(crate) fn late(after_days: u16, times: Times, amounts: FeeAmounts) -> ChargeRule {
    rule("late", Levy::LateFees(LateFees::new(after_days, times, amounts, clause()).unwrap()))
}

pub(crate) fn monthly(at_most: u16) -> Times {
    Times::Every { period: Period::Months(1), at_most: NonZeroU16::new(at_most).unwrap() }
}

fn terms(percent: &str, authority: Authority) -> Terms {
    Terms::agreed(AnnualRate::parse(percent).unwrap(), None, authority)
}

/// 9 % and 40.00 EUR against businesses, from the day after the agreed one, in Germany alone.
pub(crate) fn laws() -> Laws {
    let section = || Authority::Statute(Citation::parse("BGB 288").unwrap());
    let currency = Currency::parse("EUR").unwrap();
    let bands = vec![Band { from: eur(0), sum: eur(4_000) }];
    let regime = Regime {
        name: name("de"),
        version: 1,
        valid_from: day("2014-07-29"),
        valid_to: None,
        start: StartRule::Agreed,
        interest: BTreeMap::from([(DebtorKind::Business, terms("9", section()))]),
        fixed_sum: BTreeMap::from([(DebtorKind::Business, FixedSum::new(currency, bands, section()).unwrap())]),
        contract_ousts: false,
        credit_excluded: None,
        fees: FeeLaw::default(),
        components: None,
    };
    Laws::new([("DE".to_owned(), regime)])
}

pub(crate) fn yearly(booked: Booked) -> ChargeRule {
    rule("yearly", Levy::Interest { basis: Basis::Statute(laws()), booked })
}

/// The built-in ladder with these rules.
fn policies(charges: Vec<ChargeRule>) -> Policies {
    let debt = Policy::built_in().unwrap().charging(charges).unwrap();
    Policies::new(debt, Policy::built_in_recovery().unwrap(), [])
}

/// A ladder that only ever asks a person to call, so that time alone charges.
pub(crate) fn silent(charges: Vec<ChargeRule>) -> Policies {
    let action = StepAction::Task(TaskKind::Call);
    let step = Step { name: StepName::parse("call").unwrap(), offset_days: 300, stage: Stage::Late, action };
    let id = PolicyRef { name: PolicyName::parse("silent").unwrap(), version: 3 };
    let debt = Policy::new(id, vec![step]).unwrap().charging(charges).unwrap();
    Policies::new(debt, Policy::built_in_recovery().unwrap(), [])
}

pub(crate) fn book(policies: Policies) -> Book {
    let mut book = Book::new("UTC");
    book.policies = policies;
    book.debtor.profile.kind = DebtorKind::Business;
    book.debtor.profile.country = Some("DE".to_owned());
    book.invoice("A", "2026-02-01", "2026-03-02", 100_000);
    book
}

impl Book {
    /// Day, kind and cents of each charge so far.
    pub(crate) fn charged(&self) -> Vec<(String, EntryKind, i64)> {
        let charges = self.entries.iter().filter(|one| matches!(one.kind, EntryKind::Fee | EntryKind::Interest));
        charges.map(|one| (one.on.to_string(), one.kind, one.amount.minor())).collect()
    }

    pub(crate) fn sum_charged(&self) -> i64 {
        self.charged().iter().map(|(.., minor)| minor).sum()
    }

    /// A payment valued on a day, told and committed at another.
    pub(crate) fn paid(&mut self, minor: i64, on: &str, told: &str) -> Vec<EventKind> {
        let mut journal = Journal::default();
        let id = remittance_id(RemittanceKind::Payment, &format!("late-{on}-{told}-{minor}"));
        let effect = effect_of(&id, minor, Progress::Settled, told);
        let course = on_one_day(day(on), effect.unwrap());
        self.debtor.book_on_invoice(&id, &invoice_id("A"), (None, &course), &mut journal).unwrap();
        self.debtor.roll(&self.policies, at(told), &mut journal).unwrap();
        self.entries.extend(journal.entries);
        journal.events.iter().map(|event| event.kind).collect()
    }

    pub(crate) fn stopped(&mut self, reason: HoldReason, scope: HoldScope, span: (&str, Option<&str>)) {
        let id = HoldId::parse(&format!("h-{}", self.debtor.holds.len())).unwrap();
        let (since, until) = (at(span.0), span.1.map(at));
        let hold = Hold { id, reason, scope, since, until, ends_with: None, set_by: SetBy::Staff, note: None };
        self.debtor.hold(hold, since, &mut Journal::default()).unwrap();
    }

    pub(crate) fn with_agreement(&mut self, terms: Agreed, invoices: &[&str], now: &str) {
        let proposal = Proposal {
            id: AgreementId::parse("a-1").unwrap(),
            account: account(),
            invoices: invoices.iter().map(|number| invoice_id(number)).collect::<BTreeSet<_>>(),
            made_by: SetBy::Staff,
            terms,
            note: None,
        };
        self.debtor.agree(proposal, at(now), &mut Journal::default()).unwrap();
    }

    /// Lives through the nights from one day to another, both included.
    pub(crate) fn nights(&mut self, from: &str, to: &str) {
        let to = day(to);
        for day in day(from).series(1.day()).take_while(|day| *day <= to) {
            self.run(&format!("{day}T00:00:00Z"));
        }
    }

    pub(crate) fn interest_owed(&self, percent: &str, last: &str) -> i64 {
        let invoice = &self.debtor.invoices[&invoice_id("A")];
        let cover = self.debtor.covered(invoice);
        let balance = invoice.open_balance(self.policies.components(None), &cover).unwrap();
        let free = self.debtor.moratoria(&invoice_id("A"));
        let quote = interest(&terms(percent, clause()), &balance, day("2026-03-03"), day(last), &free).unwrap();
        quote.total.minor()
    }
}

pub(crate) fn told(on: &str, kind: EntryKind, minor: i64) -> (String, EntryKind, i64) {
    (on.to_owned(), kind, minor)
}

#[test]
fn the_built_in_policies_charge_nothing() {
    let mut book = book(Policies::built_in().unwrap());
    book.nights("2026-03-02", "2026-06-30");
    assert_eq!(book.charged(), []);
}

#[test]
fn a_late_fee_comes_on_its_day_once_however_often_it_is_asked_for() {
    let mut book = book(policies(vec![late(5, Times::Once, fixed(500))]));
    book.run("2026-03-03T09:00:00Z");
    book.sent("2026-03-03T09:00:00Z");
    assert_eq!(book.wake(), Some(at("2026-03-09T08:00:00Z")).min(Some(at("2026-03-07T00:00:00Z"))));
    book.run("2026-03-06T23:59:59Z");
    assert_eq!(book.charged(), []);
    for minute in 0..120 {
        book.run(&format!("2026-03-07T{:02}:{:02}:00Z", minute / 60, minute % 60));
    }
    book.nights("2026-03-08", "2026-12-31");
    assert_eq!(book.charged(), [told("2026-03-07", EntryKind::Fee, 500)]);
    let entry = book.entries.iter().find(|entry| entry.kind == EntryKind::Fee).unwrap();
    assert_eq!(entry.note.as_deref(), Some("contract clause 7.2 (default@1, late)"));
    assert_eq!(entry.reference.as_deref(), Some("late-fee/late/once"));
}

#[test]
fn the_day_of_a_charge_wakes_where_nothing_else_does() {
    let mut book = book(silent(vec![late(5, Times::Once, fixed(500)), yearly(Booked::Monthly)]));
    book.run("2026-02-10T00:00:00Z");
    assert_eq!(book.wake(), Some(at("2026-03-07T00:00:00Z")));
    book.run("2026-03-07T00:00:00Z");
    book.run("2026-03-07T00:00:00Z");
    assert_eq!(book.wake(), Some(at("2026-04-01T00:00:00Z")));
}

#[test]
fn a_fee_of_each_period_ends_with_the_last_and_those_that_were_missed_are_not_made_up_for() {
    for (nights, expected) in [
        (vec![("2026-03-03", "2026-12-31")], vec!["2026-03-07", "2026-04-07", "2026-05-07"]),
        (vec![("2026-03-03", "2026-03-10"), ("2026-05-20", "2026-06-20")], vec!["2026-03-07", "2026-05-20"]),
        (vec![("2026-11-03", "2026-11-05")], vec!["2026-11-03"]),
    ] {
        let mut book = book(silent(vec![late(5, monthly(3), fixed(500))]));
        nights.into_iter().for_each(|(from, to)| book.nights(from, to));
        let days: Vec<String> = book.charged().into_iter().map(|(on, ..)| on).collect();
        assert_eq!(days, expected);
    }
}

#[test]
fn a_share_is_of_what_is_open_and_capped_and_a_currency_without_an_amount_is_told() {
    for (paid, share, expected) in [(0, "2", 2_000), (0, "5", 4_000), (60_000, "2", 800), (100_000, "2", 0)] {
        let mut book = book(silent(vec![late(5, Times::Once, percent(share, 4_000))]));
        if paid > 0 {
            book.pay("A", paid, "2026-03-05");
        }
        book.nights("2026-03-07", "2026-03-08");
        assert_eq!(book.sum_charged(), expected, "{paid} {share}");
    }
    let pounds = ByCurrency::new([Money::from_minor(500, Currency::parse("GBP").unwrap())]).unwrap();
    let mut book = book(silent(vec![late(5, Times::Once, FeeAmounts::Fixed(pounds))]));
    book.run("2026-03-07T00:00:00Z");
    assert_eq!(book.reasons(Rule::NotChargeable), ["late on A: the rule names no amount in EUR"]);
    assert_eq!(book.charged(), []);
}

#[test]
fn a_message_asks_for_what_was_charged_before_it() {
    let charges = vec![late(7, Times::Once, fixed(500)), yearly(Booked::WithMessages)];
    let mut book = book(policies(charges));
    book.run("2026-03-03T09:00:00Z");
    // A day at 9 %.
    assert_eq!(book.plan().unwrap().amount_due, eur(100_025));
    assert_eq!(book.charged(), [told("2026-03-03", EntryKind::Interest, 25)]);
    assert_eq!(book.reasons(Rule::ChargeDue), ["0.25 EUR on A by yearly of default@1"]);
    book.sent("2026-03-03T09:00:00Z");
    book.run("2026-03-09T09:00:00Z");
    assert_eq!(book.plan().unwrap().amount_due, eur(100_025 + 500 + 148), "the fee, and six more days");
    book.sent("2026-03-09T09:00:00Z");
    book.nights("2026-03-10", "2026-03-15");
    assert_eq!(book.charged().len(), 3, "no message, no interest");
}

#[test]
fn interest_is_booked_monthly_and_its_sum_is_one_quote() {
    let mut book = book(silent(vec![yearly(Booked::Monthly)]));
    book.nights("2026-03-03", "2026-04-10");
    book.paid(40_000, "2026-04-12", "2026-04-12T10:00:00Z");
    book.nights("2026-04-13", "2026-08-01");
    let days: Vec<String> = book.charged().into_iter().map(|(on, ..)| on).collect();
    assert_eq!(days, ["2026-04-01", "2026-05-01", "2026-06-01", "2026-07-01", "2026-08-01"]);
    assert_eq!(book.sum_charged(), book.interest_owed("9", "2026-08-01"));
}

#[test]
fn a_run_that_was_missed_books_interest_up_to_today_and_no_second_time_in_the_month() {
    let mut book = book(silent(vec![yearly(Booked::Monthly)]));
    book.nights("2026-05-20", "2026-05-31");
    assert_eq!(book.charged(), [told("2026-05-20", EntryKind::Interest, book.interest_owed("9", "2026-05-20"))]);
}

#[test]
fn what_is_left_of_interest_is_charged_with_the_payment_that_would_close_the_invoice() {
    for booked in Booked::ALL {
        let mut book = book(silent(vec![yearly(booked)]));
        book.nights("2026-03-03", "2026-04-20");
        let told = book.paid(100_000 + book.sum_charged(), "2026-04-20", "2026-04-20T10:00:00Z");
        assert_eq!(book.sum_charged(), book.interest_owed("9", "2026-04-20"), "{booked:?}");
        assert_eq!(book.sum_charged(), 1_208, "49 days");
        assert!(!told.contains(&EventKind::InvoiceSettled) && !told.contains(&EventKind::InvoiceReopened), "{told:?}");
        book.nights("2026-04-21", "2026-06-30");
        assert_eq!(book.sum_charged(), 1_208, "interest bears none");
        let told = book.paid(book.debtor.balance(&account()).unwrap().minor(), "2026-07-01", "2026-07-01T10:00:00Z");
        assert!(told.contains(&EventKind::InvoiceSettled));
        assert_eq!(book.debtor.balance(&account()).unwrap(), eur(0), "{booked:?}");
    }
}

#[test]
fn who_pays_in_time_and_is_told_of_late_owes_no_interest() {
    let mut book = book(silent(vec![yearly(Booked::AtEnd)]));
    book.nights("2026-03-03", "2026-03-20");
    book.paid(100_000, "2026-03-02", "2026-03-20T10:00:00Z");
    assert_eq!((book.charged(), book.debtor.balance(&account()).unwrap()), (vec![], eur(0)));
}

#[test]
fn what_was_paid_late_before_it_was_known_here_is_left_as_it_was() {
    let mut book = book(silent(vec![yearly(Booked::AtEnd)]));
    book.run("2026-06-15T10:00:00Z");
    let told = book.paid(100_000, "2026-05-20", "2026-06-15T12:00:00Z");
    assert!(told.contains(&EventKind::InvoiceSettled));
    assert_eq!(book.charged(), []);
}

#[test]
fn a_payment_that_is_told_late_takes_back_what_it_left_no_room_for_though_the_invoice_is_closed() {
    let mut book = book(silent(vec![yearly(Booked::Monthly)]));
    book.nights("2026-03-03", "2026-04-01");
    let told = book.paid(100_740, "2026-03-22", "2026-04-02T12:00:00Z");
    assert!(told.contains(&EventKind::InvoiceSettled));
    assert_eq!((book.sum_charged(), book.interest_owed("9", "2026-04-02")), (493, 493));
    assert_eq!(book.debtor.accounts[&account()].credit, eur(247));
    // The same where it is that payment that closes the invoice.
    let mut book = self::book(silent(vec![yearly(Booked::Monthly)]));
    book.nights("2026-03-03", "2026-04-01");
    book.paid(90_740, "2026-04-02", "2026-04-02T12:00:00Z");
    book.paid(10_000, "2026-03-08", "2026-04-03T12:00:00Z");
    assert_eq!((book.sum_charged(), book.interest_owed("9", "2026-04-03")), (703, 703));
    assert_eq!(book.debtor.accounts[&account()].credit, eur(37));
    // And where two are told at once.
    let mut book = self::book(silent(vec![yearly(Booked::Monthly)]));
    book.nights("2026-03-03", "2026-04-01");
    let mut journal = Journal::default();
    for (place, minor) in [50_000, 50_740].into_iter().enumerate() {
        let id = remittance_id(RemittanceKind::Payment, &format!("twin-{place}"));
        let effect = effect_of(&id, minor, Progress::Settled, "2026-04-02T12:00:00Z");
        let course = on_one_day(day("2026-03-22"), effect.unwrap());
        book.debtor.book_on_invoice(&id, &invoice_id("A"), (None, &course), &mut journal).unwrap();
    }
    book.debtor.roll(&book.policies, at("2026-04-02T12:00:00Z"), &mut journal).unwrap();
    assert_eq!(book.interest_owed("9", "2026-04-02"), 493);
    assert_eq!(book.debtor.accounts[&account()].credit, eur(247));
}

#[test]
fn a_fixed_sum_is_charged_once_whoever_orders_it() {
    let sum = || rule("flat", Levy::FixedSum(laws()));
    let mut book = book(silent(vec![sum()]));
    book.nights("2026-03-02", "2026-04-02");
    assert_eq!(book.charged(), [told("2026-03-03", EntryKind::Fee, 4_000)]);
    let key = book.entries.iter().find(|entry| entry.kind == EntryKind::Fee).unwrap().reference.clone();
    assert_eq!(key.as_deref(), Some("fixed-sum/de"), "the same as that of one that is ordered");
    for (kind, country, says) in [
        (DebtorKind::Consumer, Some("DE"), "flat on A: the law gives no fixed sum against this debtor"),
        (DebtorKind::Business, Some("AT"), "flat on A: the law of AT is not known"),
        (DebtorKind::Business, None, "flat on A: the debtor's country is not known, so that its law is not"),
    ] {
        let mut book = self::book(silent(vec![sum()]));
        (book.debtor.profile.kind, book.debtor.profile.country) = (kind, country.map(str::to_owned));
        book.run("2026-03-10T00:00:00Z");
        assert_eq!((book.reasons(Rule::NotChargeable), book.charged()), (vec![says.to_owned()], vec![]));
    }
}

#[test]
fn a_preview_is_what_is_booked() {
    let charges = vec![late(5, Times::Once, percent("2", 9_000)), yearly(Booked::Monthly)];
    let mut book = book(silent(charges));
    book.run("2026-02-20T00:00:00Z");
    for night in ["2026-03-07", "2026-04-01", "2026-05-01"] {
        let next = book.debtor.next_charges(
            &account(),
            &book.policies,
            at("2026-02-20T00:00:00Z").max(at(&format!("{night}T00:00:00Z")).checked_sub(9.hours()).unwrap()),
        );
        let before = book.charged().len();
        book.run(&format!("{night}T00:00:00Z"));
        let foretold: Vec<(String, i64)> = next.iter().map(|one| (one.on.to_string(), one.amount.minor())).collect();
        let booked: Vec<(String, i64)> = book.charged().into_iter().skip(before).map(|one| (one.0, one.2)).collect();
        assert_eq!((foretold.len(), foretold), (1, booked), "{night}");
    }
}

#[test]
fn more_than_a_commit_takes_is_charged_in_steps_before_anything_is_written() {
    let mut book = Book::new("UTC");
    book.policies = policies(vec![late(1, Times::Once, fixed(500))]);
    for number in 0..70 {
        book.invoice(&format!("A{number}"), "2026-02-01", "2026-03-02", 1_000);
    }
    for charged in [30, 60] {
        assert_eq!(book.step_at("2026-03-03T09:00:00Z"), None);
        assert_eq!((book.charged().len(), book.reasons(Rule::Charging).len()), (charged, 1));
    }
    assert_eq!(book.step_at("2026-03-03T09:00:00Z").as_deref(), Some("reminder-1"));
    assert_eq!((book.charged().len(), book.plan().unwrap().amount_due), (70, eur(70 * 1_500)));
}

#[test]
fn a_cycle_keeps_the_rules_that_it_began_under() {
    let old = silent(vec![late(5, Times::Once, fixed(500))]);
    let mut book = book(old.clone());
    book.run("2026-03-03T00:00:00Z");
    let steps = old.current(dunlin_domain::policy::Subject::Debt).steps().to_vec();
    let id = PolicyRef { name: PolicyName::parse("silent").unwrap(), version: 4 };
    let new = Policy::new(id, steps).unwrap().charging(vec![late(1, Times::Once, fixed(9_900))]).unwrap();
    let old = old.current(dunlin_domain::policy::Subject::Debt).clone();
    book.policies = Policies::new(new, Policy::built_in_recovery().unwrap(), [old]);
    book.nights("2026-03-04", "2026-03-20");
    assert_eq!(book.charged(), [told("2026-03-07", EntryKind::Fee, 500)]);
    assert!(book.entries.iter().any(|entry| entry.note.as_deref() == Some("contract clause 7.2 (silent@3, late)")));
}

#[test]
fn rules_that_contradict_each_other_are_refused() {
    let with = |charges| Policy::built_in().unwrap().charging(charges).map(drop);
    let twice = vec![late(1, Times::Once, fixed(1)), late(2, Times::Once, fixed(1))];
    assert_eq!(with(twice), Err(PolicyError::RepeatedRule(name("late"))));
    let contract = Levy::Interest { basis: Basis::Contract(terms("5", clause())), booked: Booked::AtEnd };
    assert_eq!(with(vec![yearly(Booked::Monthly), rule("own", contract)]), Err(PolicyError::ChargedTwice(name("own"))));
    let flat = |of| rule(of, Levy::FixedSum(laws()));
    assert_eq!(with(vec![flat("a"), flat("b")]), Err(PolicyError::ChargedTwice(name("b"))));
}

#[derive(Debug, Clone)]
struct Paid {
    minor: i64,
    on: i32,
    told_after: i32,
}

fn payments() -> impl Strategy<Value = Vec<Paid>> {
    let one = (1..60_000_i64, 0..150_i32, 0..40_i32);
    prop::collection::vec(one.prop_map(|(minor, on, told_after)| Paid { minor, on, told_after }), 0..5)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whenever payments are told, however often rules are asked and whatever holds for a time, interest comes to what one
    /// quote says in the end.
    #[test]
    fn interest_does_not_hang_on_when_it_was_booked(
        payments in payments(), skipped in prop::collection::btree_set(1..190_i32, 0..120),
        held in prop::option::of((0..150_i32, 1..40_i32)), costs_first: bool, booked in prop::sample::select(Booked::ALL.to_vec()),
    ) {
        let order = if costs_first { ComponentOrder::CostsInterestPrincipal } else { ComponentOrder::PrincipalFirst };
        let ladder = if booked == Booked::WithMessages { policies } else { silent };
        let mut book = book(ladder(vec![yearly(booked)]).clearing(order));
        let date = |days: i32| -> Date { day("2026-03-03").saturating_add(days.days()) };
        for days in 0..=214 {
            if let Some((from, long)) = held.filter(|(from, _)| *from == days) {
                let (since, until) = (format!("{}T00:00:00Z", date(from)), format!("{}T00:00:00Z", date(from + long)));
                book.stopped(HoldReason::Hardship, HoldScope::Debtor, (&since, Some(&until)));
            }
            for (place, paid) in payments.iter().enumerate().filter(|(_, one)| one.on + one.told_after == days) {
                let told = at(&format!("{}T12:00:{place:02}Z", date(days)));
                book.paid(paid.minor, &date(paid.on).to_string(), &told.to_string());
            }
            if !skipped.contains(&days) {
                let night = format!("{}T18:00:00Z", date(days));
                book.run(&night);
                book.run(&night);
                book.sent(&night);
            }
        }
        let known = &book.debtor.invoices[&invoice_id("A")];
        let (charged, open) = (known.sums.interest.minor(), known.components(order).unwrap());
        let (first_of_month, today) = ("2026-10-01", date(214).to_string());
        if !open.principal.is_positive() {
            prop_assert_eq!(charged, book.interest_owed("9", &today));
        } else if booked == Booked::Monthly {
            prop_assert_eq!(charged, book.interest_owed("9", first_of_month));
        } else {
            prop_assert!(charged <= book.interest_owed("9", &today));
        }
        prop_assert_eq!(charged, book.sum_charged());
        let entries: i64 = book.entries.iter().filter(|one| one.invoice.is_some()).map(|one| one.amount.minor()).sum();
        prop_assert_eq!(entries, known.balance().minor());
        let parts = open.costs.minor() + open.interest.minor() + open.principal.minor();
        prop_assert_eq!(parts, known.balance().minor());
    }
}
