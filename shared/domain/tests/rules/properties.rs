//! The invariants, on random histories. A failing case prints its seed and is kept beside this file.

use std::collections::{BTreeMap, BTreeSet};

use dunlin_domain::allocation::AllocationMethod;
use dunlin_domain::calendar::Calendar;
use dunlin_domain::collection::Attempts;
use dunlin_domain::debtor::{AtHand, Deltas, Journal};
use dunlin_domain::decide::{Recheck, decide, recheck};
use dunlin_domain::decision::Action;
use dunlin_domain::ids::{InvoiceId, OutsideId};
use dunlin_domain::intake::InvoiceDraft;
use dunlin_domain::invoice::{SnapshotStamp, Standing, Stop};
use dunlin_domain::ledger::EntryKind;
use dunlin_domain::message::{CycleRef, Outcome};
use dunlin_domain::money::Money;
use dunlin_domain::remittance::{Contest, Effect, Progress, Remittance, RemittanceId, RemittanceKind, Report, Stage};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use crate::history::{Book, account, at, draft, eur, invoice_id, on_account, remittance_id};

const NUMBERS: [&str; 3] = ["A", "B", "C"];
const START: &str = "2026-03-02T00:00:00Z";

/// A word about a remittance, at some time.
fn report(id: RemittanceId) -> impl Strategy<Value = Report> {
    let kind = id.kind;
    let progress = (0..4_i64, prop::sample::select(vec![Stage::Pending, Stage::Failed, Stage::Settled]));
    let contest = (0..2_u8, prop::sample::select(Contest::ALL.to_vec()), 1..60_i64);
    let on = (prop::option::of(-20..20_i64), prop::option::of(-20..20_i64));
    let parts = (prop::option::of((progress, 1..200_i64)), prop::option::of(0..250_i64), prop::option::of(contest), on);
    parts.prop_map(move |(progress, refunded, contest, (on, reversed_on))| {
        let said = |day: i64| at(START).saturating_add(SignedDuration::from_hours(24 * day)).unwrap();
        let date = |day: i64| said(day).to_zoned(jiff::tz::TimeZone::UTC).date();
        Report {
            on: on.map(date),
            reversed_on: reversed_on.map(date),
            amount: progress.map(|(_, amount)| eur(amount)),
            progress: progress.map(|((day, stage), _)| Progress::new(kind, stage, said(day))),
            refunded: refunded.map(eur),
            contest: contest.map(|(n, state, amount)| {
                let part = (amount > 9).then(|| eur(amount));
                (OutsideId::parse(&format!("dp_{n}")).unwrap(), state, part)
            }),
            ..Report::about(id.clone())
        }
    })
}

fn joined(id: &RemittanceId, reports: &[Report]) -> Remittance {
    let mut remittance = Remittance::unseen(id.clone());
    for report in reports {
        remittance.join(report).unwrap();
    }
    remittance
}

fn payment() -> RemittanceId {
    remittance_id(RemittanceKind::Payment, "pi_1")
}

/// One thing that happens.
#[derive(Debug, Clone)]
enum Step {
    /// An invoice is told of (again), perhaps with other terms.
    Invoice { number: usize, due_in: i64, total: i64, standing: Standing },
    /// A provider says how far it has come with collecting an invoice, and in how many hours it tries next.
    Collected { number: usize, made: u32, next_in: Option<i64> },
    /// A remittance is reported on.
    Report { remittance: usize, report: Box<Report> },
    /// A payment that names no invoice.
    OnAccount { amount: i64 },
    /// Hours pass, and the scan runs.
    Scan { hours: i64 },
    /// The message under way is asked for and goes out, or is withheld.
    Dispatch,
}

/// Each remittance is for one invoice.
fn remittances() -> Vec<(RemittanceId, usize)> {
    let payment = |n: usize| (remittance_id(RemittanceKind::Payment, &format!("pi_{n}")), n % NUMBERS.len());
    let note = |n: usize| (remittance_id(RemittanceKind::CreditNote, &format!("cn_{n}")), n % NUMBERS.len());
    (0..4).map(payment).chain((0..2).map(note)).collect()
}

fn step() -> impl Strategy<Value = Step> {
    let standing = prop::sample::select(vec![
        Standing::Open,
        Standing::Open,
        Standing::Open,
        Standing::Uncollectible,
        Standing::Void,
    ]);
    let invoice = (0..NUMBERS.len(), 0..40_i64, 1..300_i64, standing);
    let reported = prop::sample::select(remittances().into_iter().enumerate().collect::<Vec<_>>());
    let reported =
        reported.prop_flat_map(|(index, (id, _))| report(id).prop_map(move |report| (index, Box::new(report))));
    let collected = (0..NUMBERS.len(), 0..3_u32, prop::option::of(-30..200_i64));
    prop_oneof![
        2 => collected.prop_map(|(number, made, next_in)| Step::Collected { number, made, next_in }),
        2 => invoice.prop_map(|(number, due_in, total, standing)| Step::Invoice { number, due_in, total, standing }),
        4 => reported.prop_map(|(remittance, report)| Step::Report { remittance, report }),
        1 => (1..400_i64).prop_map(|amount| Step::OnAccount { amount }),
        4 => (1..200_i64).prop_map(|hours| Step::Scan { hours }),
        3 => Just(Step::Dispatch),
    ]
}

/// A book and what the world has said to it so far.
struct World {
    book: Book,
    now: Timestamp,
    known: BTreeMap<usize, Remittance>,
    payments: u32,
    sent: Vec<(String, BTreeSet<InvoiceId>)>,
}

impl World {
    fn new() -> Self {
        let mut book = Book::new("Europe/Berlin");
        for number in NUMBERS {
            book.invoice(number, "2026-02-01", "2026-03-02", 100);
        }
        Self { book, now: at(START), known: BTreeMap::new(), payments: 0, sent: Vec::new() }
    }

    fn live(&mut self, step: &Step) {
        let before = self.book.debtor.clone();
        let entries = self.book.entries.len();
        match step {
            Step::Invoice { number, due_in, total, standing } => {
                let due = self.book.debtor.today(self.now).saturating_add(jiff::Span::new().days(*due_in));
                let mut draft = draft(NUMBERS[*number], "2026-02-01", &due.to_string(), *total);
                draft.standing = *standing;
                self.take_in(&draft);
            }
            Step::Collected { number, made, next_in } => {
                let stamp = SnapshotStamp { created: self.now.as_second(), standing: Standing::Open };
                let hours = |hours| self.now.saturating_add(SignedDuration::from_hours(hours)).unwrap();
                let attempts = Attempts { made: *made, next: next_in.map(hours), page: None };
                let draft = draft(NUMBERS[*number], "2026-02-01", "2026-03-02", 100);
                self.take_in(&InvoiceDraft { stamp: Some(stamp), attempts: Some(attempts), ..draft });
            }
            Step::Report { remittance, report } => self.report(*remittance, report),
            Step::OnAccount { amount } => self.on_account(*amount),
            Step::Scan { hours } => {
                self.now = self.now.saturating_add(SignedDuration::from_hours(*hours)).unwrap();
                self.book.run(&self.now.to_string());
                self.at_rest();
            }
            Step::Dispatch => self.dispatch(),
        }
        let journal = Journal { entries: self.book.entries.split_off(entries), ..Journal::default() };
        let deltas = Deltas::between(Some(&before), &self.book.debtor, &journal, jiff::Timestamp::UNIX_EPOCH);
        self.book.entries.extend(journal.entries);
        let open = |debtor: &dunlin_domain::debtor::Debtor| debtor.balance(&account()).unwrap().minor();
        let counted: i64 = deltas.open.values().map(|delta| delta.minor).sum();
        assert_eq!(counted, open(&self.book.debtor) - open(&before), "counters follow the balance");
    }

    fn take_in(&mut self, draft: &InvoiceDraft) {
        let mut journal = Journal::default();
        self.book.debtor.record_invoice(draft, &mut journal).unwrap();
        self.book.entries.extend(journal.entries);
    }

    fn report(&mut self, index: usize, report: &Report) {
        let (id, number) = remittances()[index].clone();
        let known = self.known.entry(index).or_insert_with(|| Remittance::unseen(id.clone()));
        let was = known.course().unwrap();
        known.join(report).unwrap();
        // What has no amount yet cannot be booked.
        if let Some(is) = known.course().unwrap() {
            self.book.book_course(&id, NUMBERS[number], (was.as_ref(), &is));
        }
    }

    fn on_account(&mut self, amount: i64) {
        self.payments += 1;
        let id = remittance_id(RemittanceKind::Payment, &format!("bank_{}", self.payments));
        let effect = crate::history::effect_of(&id, amount, Stage::Settled, START);
        let on = self.now.to_zoned(jiff::tz::TimeZone::UTC).date();
        let mut journal = Journal::default();
        self.book.debtor.book_on_account(on_account(&id, on), (None, effect), &mut journal).unwrap();
        while self.book.debtor.allocate(AllocationMethod::default(), 1, AtHand::Nothing, &mut journal).unwrap() {}
        self.book.entries.extend(journal.entries);
    }

    /// After a decision nothing is left to do at the same moment, and the next look is not in the past.
    fn at_rest(&self) {
        let again = decide(&self.book.debtor, &self.book.policies, &Calendar::default(), self.now);
        assert!(!again.acts(), "a decision that was carried out acts again: {again:?}");
        assert!(again.wake().is_none_or(|wake| wake > self.now), "{:?} is not after {}", again.wake(), self.now);
    }

    fn dispatch(&mut self) {
        let Some(plan) = self.book.plan() else { return };
        let mut journal = Journal::default();
        self.book.debtor.roll(&self.book.policies, self.now, &mut journal).unwrap();
        match recheck(&self.book.debtor, &plan.id, &self.book.policies, &Calendar::default(), self.now) {
            Recheck::Send(plan) => {
                let today = self.book.debtor.today(self.now);
                for line in &plan.lines {
                    let invoice = &self.book.debtor.invoices[&line.invoice];
                    assert_eq!(invoice.balance(), line.balance, "I5: the balance at the moment");
                    let tried_again = matches!(plan.cycle, CycleRef::Recovery(_)).then_some(()).and_then(|()| {
                        invoice.collection.retry(self.now)?;
                        invoice.collection.left_until(self.now).map(Stop::ProviderRetry)
                    });
                    assert_eq!(invoice.stop(self.now), tried_again, "I5: nothing stops it but what it is about");
                    assert!(line.due_date < today || !plan.notes.is_empty());
                }
                let total = Money::sum(plan.account.currency, plan.lines.iter().map(|line| line.balance)).unwrap();
                assert_eq!(plan.amount_due, total.minus(plan.credit).unwrap());
                assert!(plan.amount_due.is_positive());
                assert!(Calendar::default().closed(&self.book.debtor.profile.zone, self.now).is_none());
                let named = plan.lines.iter().map(|line| line.invoice.clone()).collect();
                self.sent.push((plan.id.to_string(), named));
                self.book.sent(&self.now.to_string());
            }
            Recheck::Withhold(key, outcome) => {
                assert!(matches!(&outcome, Outcome::Withheld(reasons) if !reasons.is_empty()), "a reason is given");
                self.book.debtor.settle(&key, outcome, self.now, &mut journal);
            }
            Recheck::UnderWay | Recheck::Over => {}
        }
    }

    fn hold_i1(&self) {
        let sum = |invoice: Option<&InvoiceId>| {
            let entries = self.book.entries.iter().filter(|entry| entry.invoice.as_ref() == invoice);
            entries.map(|entry| entry.amount.minor()).sum::<i64>()
        };
        for invoice in self.book.debtor.invoices.values() {
            assert_eq!(sum(Some(&invoice.id)), invoice.balance().minor(), "I1: {}", invoice.id);
            assert!(invoice.balance().minor() >= 0);
        }
        let unapplied = self.book.debtor.accounts[&account()].unapplied().unwrap().minor();
        assert_eq!(sum(None), -unapplied, "I1: unapplied credit");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    /// I1, I3, I5: whatever happens, in whatever order.
    #[test]
    fn histories_keep_the_books_and_send_each_message_once(steps in prop::collection::vec(step(), 1..60)) {
        let mut world = World::new();
        for step in &steps {
            world.live(step);
            world.hold_i1();
        }
        let ids: BTreeSet<&String> = world.sent.iter().map(|(id, _)| id).collect();
        prop_assert_eq!(ids.len(), world.sent.len(), "I3: a message went out twice");
    }

    /// I2: the order of reports does not matter, nor does repeating them.
    #[test]
    fn reports_join_in_any_order(
        reports in prop::collection::vec(report(payment()), 1..8),
        order in prop::collection::vec(any::<prop::sample::Index>(), 0..16),
    ) {
        let once = joined(&payment(), &reports);
        let mut shuffled: Vec<Report> = order.iter().map(|index| index.get(&reports).clone()).collect();
        shuffled.extend(reports.iter().rev().cloned());
        let again = joined(&payment(), &shuffled);
        prop_assert_eq!(&once, &again);
        prop_assert_eq!(once.course().unwrap(), again.course().unwrap());
        let effect: Option<Effect> = once.effect().unwrap();
        if let Some(effect) = effect {
            let gone = effect.refunded.plus(effect.charged_back).unwrap();
            prop_assert!(gone.minor() <= effect.received.minor(), "no more goes back than came in");
        }
    }

    /// I2: booking the differences, step by step, ends where booking the whole at once does, on the same days.
    #[test]
    fn differences_add_up(reports in prop::collection::vec(report(payment()), 1..8)) {
        let mut stepwise = World::new();
        for report in &reports {
            stepwise.report(0, report);
        }
        let mut whole = World::new();
        if let Some(course) = joined(&remittances()[0].0, &reports).course().unwrap() {
            whole.book.book_course(&remittances()[0].0, NUMBERS[0], (None, &course));
        }
        let by_day = |world: &World| {
            let mut days = BTreeMap::<_, i64>::new();
            // An overpayment is moved to credit when it is found out.
            for entry in world.book.entries.iter().filter(|entry| entry.kind != EntryKind::Adjustment) {
                *days.entry((entry.kind, entry.on)).or_default() += entry.amount.minor();
            }
            days.retain(|_, sum| *sum != 0);
            days
        };
        prop_assert_eq!(by_day(&stepwise), by_day(&whole));
        let id = invoice_id(NUMBERS[0]);
        prop_assert_eq!(&stepwise.book.debtor.invoices[&id], &whole.book.debtor.invoices[&id]);
        prop_assert_eq!(stepwise.book.debtor.accounts[&account()].credit, whole.book.debtor.accounts[&account()].credit);
    }

    /// I2: a provider's snapshots end in the same invoice in any order.
    #[test]
    fn snapshots_end_in_the_same_invoice(
        snapshots in prop::collection::vec((0..4_i64, 0..300_i64, prop::sample::select(Standing::ALL.to_vec())), 1..6),
    ) {
        let live = |order: Vec<&(i64, i64, Standing)>| {
            let mut book = Book::new("UTC");
            for (created, paid, standing) in order {
                // Two snapshots of one second and standing say the same.
                let total = if *standing == Standing::Open { 100 + created } else { 200 + created };
                let mut draft = draft("A", "2026-02-01", "2026-03-02", total);
                draft.standing = *standing;
                draft.reported_paid = eur(*paid);
                draft.stamp = Some(dunlin_domain::invoice::SnapshotStamp { created: *created, standing: *standing });
                let mut journal = Journal::default();
                book.debtor.record_invoice(&draft, &mut journal).unwrap();
                book.entries.extend(journal.entries);
            }
            (book.debtor.invoices[&invoice_id("A")].clone(), book.debtor.accounts[&account()].credit)
        };
        let forwards = live(snapshots.iter().collect());
        let backwards = live(snapshots.iter().rev().chain(&snapshots).collect());
        prop_assert_eq!(forwards, backwards);
    }

    /// I7: the same inputs, the same decision; I8: nothing crosses currencies.
    #[test]
    fn decisions_are_functions_of_their_inputs(steps in prop::collection::vec(step(), 1..30)) {
        let mut world = World::new();
        for step in &steps {
            world.live(step);
        }
        let decided = decide(&world.book.debtor, &world.book.policies, &Calendar::default(), world.now);
        let again = decide(&world.book.debtor.clone(), &world.book.policies.clone(), &Calendar::default(), world.now);
        prop_assert_eq!(&decided, &again);
        for one in &decided.accounts {
            if let Some(Action::Send(plan)) = &one.action {
                prop_assert!(plan.lines.iter().all(|line| line.balance.currency() == one.account.currency));
            }
        }
    }
}
