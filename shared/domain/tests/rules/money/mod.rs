//! Random histories of money in three currencies: reports in any order and again, charges, write-offs, orders about
//! credit, holds, promises, plans, settlements and disputes, with days and steps in between. At every moment every
//! balance, hold, agreement and claim, and in the end the interest, is what a plain computation from the entries and
//! from what was handed in says. `DUNLIN_HISTORIES=10000 cargo test -p dunlin-domain money` runs ten thousand.

mod agreed;
mod cover;
mod interest;
mod naive;
mod settled;
mod told;

use std::collections::{BTreeMap, BTreeSet};

use dunlin_domain::allocation::{Advice, Allocation, AllocationMethod, Named, NamedAmount};
use dunlin_domain::calendar::Zone;
use dunlin_domain::debtor::{
    AtHand, BookingError, Charge, ChargeKind, CreditOrder, CreditUse, Debtor, Journal, Needs, OnAccount, WriteOff,
};
use dunlin_domain::ids::{AccountKey, InvoiceId, InvoiceNumber, OutsideId, SourceName};
use dunlin_domain::invoice::{SnapshotStamp, Standing};
use dunlin_domain::ledger::{Entry, EntryKind};
use dunlin_domain::money::{Currency, Money};
use dunlin_domain::remittance::{Contest, Progress, Remittance, RemittanceId, RemittanceKind, Report, Stage};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use proptest::prelude::*;

use self::agreed::Agreed;
use crate::history::{Book, account, at, day, draft, invoice_id, remittance_id};

/// Cents, yen, and thousandths of a dinar.
const CURRENCIES: [&str; 3] = ["EUR", "JPY", "KWD"];
/// The day on which a history begins: invoices fall due from the day before on.
const FIRST_DAY: &str = "2026-03-02";
/// Invoices `I0` to `I8`: three in each currency, one after the other.
const INVOICES: usize = 9;
/// Remittances 0 to 11: four in each currency.
const REMITTANCES: usize = 12;
/// The one that names an invoice and is not told by the invoice's own source.
const ELSEWHERE: usize = 1;
const CONTESTS: [&str; 2] = ["dp_0", "dp_1"];

fn currency(n: usize) -> Currency {
    Currency::parse(CURRENCIES[n % 3]).unwrap()
}

fn key(n: usize) -> AccountKey {
    AccountKey { currency: currency(n), ..account() }
}

fn money(n: usize, minor: i64) -> Money {
    Money::from_minor(minor, currency(n))
}

fn number(n: usize) -> InvoiceNumber {
    InvoiceNumber::parse(&format!("I{n}")).unwrap()
}

/// One thing that is handed in.
#[derive(Debug, Clone)]
enum Input {
    /// An invoice is told of, perhaps again with another total or standing, by a snapshot that may come late.
    Invoice { n: usize, total: i64, standing: Standing, reported: i64, late: i64 },
    /// A word about a remittance.
    Word { n: usize, word: Word, when: When },
    /// A charge; the key says which, so it may come twice.
    Charge { n: usize, key: u8, kind: ChargeKind, minor: i64 },
    /// A part is given up.
    GiveUp { n: usize, minor: i64 },
    /// A part of what was given up is owed again.
    TakeBack { n: usize, minor: i64 },
    /// An order about the credit in one currency.
    Order { n: usize, minor: i64, what: CreditUse },
    /// Little is taken for all that is open in a payment's currency, and the payment comes.
    Deal(usize),
    /// A step of allocating.
    Step,
    /// Days go by.
    Days(i64),
    /// A hold, an agreement, or the end of one.
    Agreed(Agreed),
}

/// When a word is said, and from which days what it says counts where the remittance names an invoice.
#[derive(Debug, Clone)]
struct When {
    hour: i64,
    on: i64,
    reversed_on: i64,
}

#[derive(Debug, Clone)]
enum Word {
    Stage(Stage),
    Refunded(i64),
    Contest(usize, Contest, i64),
}

/// Giving up, or taking back.
type Order = fn(&mut Debtor, &InvoiceId, WriteOff<'_>, &mut Journal) -> Result<(), BookingError>;

/// Where a remittance goes: 0 to 2 are payments for an invoice, 3 to 8 payments on account, 9 to 11 credit notes on account.
enum Purpose {
    Invoice(usize),
    Account(Advice),
}

fn id(n: usize) -> RemittanceId {
    let kind = if n >= 9 { RemittanceKind::CreditNote } else { RemittanceKind::Payment };
    let id = remittance_id(kind, &format!("r{n}"));
    if n == ELSEWHERE { RemittanceId { source: SourceName::parse("bank").unwrap(), ..id } } else { id }
}

/// What a remittance comes to; it is the same in every word about it.
fn amount(n: usize) -> i64 {
    [90, 200, 150, 260, 170, 310, 120, 75, 240, 60, 110, 35][n]
}

fn purpose(n: usize) -> Purpose {
    let part = |of: usize, minor| NamedAmount { number: number(of), minor };
    let advice = |named, method| Purpose::Account(Advice::new(named, method).unwrap());
    match n {
        0..3 => Purpose::Invoice(n),
        3 => advice(Named::Amounts(vec![part(6, 40), part(1, 50), part(0, 60)]), None),
        4 => advice(Named::Numbers([number(7), number(4), number(99)].into()), None),
        5 => advice(Named::Nothing, Some(AllocationMethod::Proportional)),
        6 => advice(Named::Nothing, Some(AllocationMethod::LargestFirst)),
        _ => advice(Named::Nothing, None),
    }
}

fn input() -> impl Strategy<Value = Input> {
    let standing =
        [Standing::Open, Standing::Open, Standing::Open, Standing::Paid, Standing::Uncollectible, Standing::Void];
    let standing = prop::sample::select(standing.to_vec());
    let reported = prop_oneof![2 => Just(0), 1 => 1..250_i64];
    let stage = prop::sample::select(vec![Stage::Settled, Stage::Settled, Stage::Pending, Stage::Failed]);
    let word = prop_oneof![
        4 => stage.prop_map(Word::Stage),
        2 => (0..300_i64).prop_map(Word::Refunded),
        2 => (0..2_usize, prop::sample::select(Contest::ALL.to_vec()), 1..300_i64)
            .prop_map(|(n, state, minor)| Word::Contest(n, state, minor)),
    ];
    let what = prop_oneof![
        2 => Just(CreditUse::Apply(Advice::none())),
        1 => Just(CreditUse::Apply(Advice::new(Named::Numbers((0..INVOICES).map(number).collect()), None).unwrap())),
        1 => Just(CreditUse::Refund),
    ];
    let kind = prop::sample::select(vec![ChargeKind::Fee, ChargeKind::Interest]);
    prop_oneof![
        4 => (0..INVOICES, 1..300_i64, standing, reported, 0..9_i64)
            .prop_map(|(n, total, standing, reported, late)| Input::Invoice { n, total, standing, reported, late }),
        10 => (0..REMITTANCES, word, 0..3_i64, -9..30_i64, -9..30_i64).prop_map(|(n, word, hour, on, reversed_on)| {
            Input::Word { n, word, when: When { hour, on, reversed_on } }
        }),
        2 => (0..INVOICES, 0..3_u8, kind, 1..40_i64)
            .prop_map(|(n, key, kind, minor)| Input::Charge { n, key, kind, minor }),
        1 => (0..INVOICES, 1..60_i64).prop_map(|(n, minor)| Input::GiveUp { n, minor }),
        1 => (0..INVOICES, 1..30_i64).prop_map(|(n, minor)| Input::TakeBack { n, minor }),
        2 => (0..3_usize, 1..90_i64, what).prop_map(|(n, minor, what)| Input::Order { n, minor, what }),
        1 => (3..9_usize).prop_map(Input::Deal),
        3 => Just(Input::Step),
        4 => (1..20_i64).prop_map(Input::Days),
        6 => agreed::input().prop_map(Input::Agreed),
    ]
}

/// The books, what the table would keep beside them, and everything that was handed in, as plain lists.
struct World {
    book: Book,
    known: BTreeMap<usize, Remittance>,
    records: BTreeMap<(RemittanceId, u32), Allocation>,
    words: Vec<(usize, Word)>,
    /// By invoice: what its source says of it and of payments in all.
    said: Vec<(usize, Standing, i64)>,
    charged: Vec<(usize, ChargeKind, i64)>,
    /// Invoices of which something was given up by itself.
    given_up: BTreeSet<usize>,
    paid_back: Vec<(usize, i64)>,
    orders: u32,
    /// What credit covered, by day, of each invoice that was settled.
    took: BTreeMap<usize, BTreeMap<Date, i64>>,
    today: Date,
    /// Entries since the clock was last rolled: those of the commit that is under way.
    unrolled: Vec<Entry>,
    desk: agreed::Desk,
}

impl World {
    fn new() -> Self {
        let mut world = Self {
            book: Book::new("UTC"),
            known: BTreeMap::new(),
            records: BTreeMap::new(),
            words: Vec::new(),
            said: Vec::new(),
            charged: Vec::new(),
            given_up: BTreeSet::new(),
            paid_back: Vec::new(),
            orders: 0,
            took: BTreeMap::new(),
            today: day(FIRST_DAY),
            unrolled: Vec::new(),
            desk: agreed::Desk::default(),
        };
        (0..INVOICES).for_each(|n| world.invoice(n, 100, (Standing::Open, 0), None));
        world
    }

    fn live(&mut self, input: &Input) {
        match input {
            Input::Invoice { n, total, standing, reported, late } => {
                let made = self.today.saturating_sub(late.days());
                self.invoice(*n, *total, (*standing, *reported), Some(made));
            }
            Input::Word { n, word, when } => self.word(*n, word, when),
            Input::Charge { n, key, kind, minor } => self.charge(*n, *key, *kind, *minor),
            Input::GiveUp { n, minor } => {
                if self.write_off(*n, *minor, Debtor::write_off) {
                    self.given_up.insert(*n);
                }
            }
            Input::TakeBack { n, minor } => {
                if self.write_off(*n, *minor, Debtor::reverse_write_off) {
                    self.given_up.insert(*n);
                }
            }
            Input::Order { n, minor, what } => self.order(*n, *minor, what),
            Input::Deal(n) => {
                let wanted = agreed::Wanted::Settlement { minor: 5, days: 9, grace: 0 };
                self.agreed(&Agreed::Agree { currency: n % 3, invoices: Vec::new(), wanted });
                self.word(*n, &Word::Stage(Stage::Settled), &When { hour: 1, on: 1, reversed_on: 1 });
                while self.step() {}
            }
            Input::Step => drop(self.step()),
            Input::Days(days) => self.today = self.today.saturating_add(days.days()),
            Input::Agreed(agreed) => self.agreed(agreed),
        }
        self.roll();
        self.hold();
        self.hold_agreed();
        self.hold_settled();
    }

    fn invoice(&mut self, n: usize, total: i64, (standing, reported): (Standing, i64), made: Option<Date>) {
        let mut draft = draft(&format!("I{n}"), "2026-02-01", &format!("2026-03-{:02}", 1 + n), 0);
        (draft.total, draft.reported_paid, draft.standing) = (money(n, total), money(n, reported), standing);
        let second = |made| Zone::parse("UTC").unwrap().midnight(made).as_second();
        draft.stamp = made.map(|made| SnapshotStamp { created: second(made), standing });
        self.said.push((n, standing, reported));
        let mut journal = Journal::default();
        self.book.debtor.record_invoice(&draft, &mut journal).unwrap();
        let gives_up = |entry: &Entry| entry.kind == EntryKind::WriteOff && entry.amount.minor() < 0;
        let given_up = self.book.debtor.invoices[&draft.id].standing == Standing::Uncollectible;
        assert!(given_up || !journal.entries.iter().any(gives_up), "a write-off swallows what is invoiced");
        self.keep(journal);
    }

    fn charge(&mut self, n: usize, key: u8, kind: ChargeKind, minor: i64) {
        let key = OutsideId::parse(&format!("k{key}")).unwrap();
        let invoice = invoice_id(&format!("I{n}"));
        let new = !self.book.debtor.invoices[&invoice].charges.contains(&key);
        let charge = Charge { kind, amount: money(n, minor), authority: "law", key: &key, on: self.today };
        let mut journal = Journal::default();
        if self.book.debtor.charge(&invoice, charge, &mut journal).is_ok() && new {
            self.charged.push((n, kind, minor));
        }
        self.keep(journal);
    }

    /// More than is open, or than is given up, is refused and changes nothing; else it is given up, or is no more.
    fn write_off(&mut self, n: usize, minor: i64, order: Order) -> bool {
        let invoice = invoice_id(&format!("I{n}"));
        let given_up = |world: &Self| world.book.debtor.invoices[&invoice].position().unwrap().written_off.minor();
        let was = (given_up(self), self.book.debtor.invoices[&invoice].balance().minor());
        let what = WriteOff { amount: money(n, minor), reason: "why", order: None, on: self.today };
        let mut journal = Journal::default();
        let done = order(&mut self.book.debtor, &invoice, what, &mut journal).is_ok();
        let is = (given_up(self), self.book.debtor.invoices[&invoice].balance().minor());
        let moved = if done { minor } else { 0 };
        assert_eq!((is.0 - was.0).abs(), moved, "I{n}");
        assert_eq!(is.0 + is.1, was.0 + was.1, "I{n}");
        self.keep(journal);
        done
    }

    fn word(&mut self, n: usize, word: &Word, when: &When) {
        self.words.push((n, word.clone()));
        let id = id(n);
        let [on, reversed_on] =
            [when.on, when.reversed_on].map(|days| Some(day(FIRST_DAY).saturating_add(days.days())));
        let mut report = Report { amount: Some(money(n, amount(n))), on, reversed_on, ..Report::about(id.clone()) };
        match word {
            Word::Stage(stage) => {
                // A later word outranks the one that a credit note stands; a payment that settled has.
                let hour = if n < 3 { when.hour } else { 1 };
                let said = at("2026-03-02T00:00:00Z").saturating_add(SignedDuration::from_hours(hour)).unwrap();
                report.progress = Some(Progress::new(id.kind, *stage, said));
            }
            Word::Refunded(minor) => report.refunded = Some(money(n, *minor)),
            Word::Contest(of, state, minor) => {
                report.contest = Some((OutsideId::parse(CONTESTS[*of]).unwrap(), *state, Some(money(n, *minor))));
            }
        }
        let known = self.known.entry(n).or_insert_with(|| Remittance::unseen(id.clone()));
        let was = known.course().unwrap();
        known.join(&report).unwrap();
        let is = known.course().unwrap().unwrap();
        let mut journal = Journal::default();
        let on = self.today;
        match purpose(n) {
            Purpose::Invoice(of) => {
                let invoice = invoice_id(&format!("I{of}"));
                self.book.debtor.book_on_invoice(&id, &invoice, (was.as_ref(), &is), &mut journal).unwrap();
            }
            Purpose::Account(advice) => {
                let recorded = self.recorded(&id);
                let (reversed_on, account) = (self.today, &key(n));
                let told = OnAccount { remittance: &id, account, on, reversed_on, advice: &advice, recorded };
                let effects = (was.map(|was| was.effect()), Some(is.effect()));
                self.book.debtor.book_on_account(told, effects, &mut journal).unwrap();
            }
        }
        self.keep(journal);
    }

    fn recorded(&self, id: &RemittanceId) -> u32 {
        self.records.keys().filter(|(of, _)| of == id).count().try_into().unwrap()
    }

    fn order(&mut self, n: usize, minor: i64, what: &CreditUse) {
        self.orders += 1;
        let id = CreditOrder::id(OutsideId::parse(&format!("order-{}", self.orders)).unwrap()).unwrap();
        let on = self.today;
        let order = CreditOrder { account: self::key(n), amount: Some(money(n, minor)), id, on, what: what.clone() };
        let recorded = self.book.debtor.credited_by(&order.account).into_iter();
        let recorded = recorded.map(|id| (id.clone(), self.recorded(&id))).collect();
        let mut journal = Journal::default();
        // Credit that is not there cannot be used.
        if self.book.debtor.use_credit(&order, &recorded, &mut journal).is_ok() && *what == CreditUse::Refund {
            self.paid_back.push((n, minor));
        }
        self.keep(journal);
    }

    fn step(&mut self) -> bool {
        let (record, advice, unknown);
        let at_hand = match self.book.debtor.needs() {
            Needs::Nothing => AtHand::Nothing,
            Needs::Advice(wanted) => {
                let n = (0..REMITTANCES).find(|n| id(*n) == wanted).unwrap();
                advice = match purpose(n) {
                    Purpose::Account(advice) => advice,
                    Purpose::Invoice(_) => Advice::none(),
                };
                unknown = self.book.debtor.to_find(&advice, 2);
                AtHand::Advice(&advice, &unknown)
            }
            Needs::Allocation(id, number) => {
                record = self.records[&(id, number)].clone();
                AtHand::Allocation(&record)
            }
        };
        let mut journal = Journal::default();
        let more = self.book.debtor.allocate(AllocationMethod::default(), 2, at_hand, &mut journal).unwrap();
        self.keep(journal);
        more
    }

    /// Lets the world know what day it is, as every commit does.
    fn roll(&mut self) {
        let expected = self.naive_roll();
        let entries = std::mem::take(&mut self.unrolled);
        let known = entries.len();
        let mut journal = Journal { entries, ..Journal::default() };
        self.book.debtor.roll(&self.book.policies, self.now(), &mut journal).unwrap();
        let ended: Vec<(String, &str)> =
            journal.agreements.iter().map(|(agreement, end)| (agreement.id.to_string(), end.as_str())).collect();
        assert_eq!(ended, expected, "how agreements end");
        journal.entries.drain(..known);
        self.keep(journal);
        self.unrolled.clear();
    }

    fn now(&self) -> Timestamp {
        Zone::parse("UTC").unwrap().midnight(self.today)
    }

    fn keep(&mut self, journal: Journal) {
        let known = self.book.entries.len();
        self.unrolled.extend(journal.entries.iter().cloned());
        let records = journal.allocations.clone().into_iter();
        self.records.extend(records.map(|one| ((one.remittance.clone(), one.number), one)));
        self.book.keep(journal);
        self.note_settled(known);
    }

    fn finish(&mut self) {
        let mut steps = 0;
        while self.step() {
            steps += 1;
            self.hold();
            self.hold_settled();
            assert!(steps < 10_000, "it never ends");
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a test asks whoever runs it")]
fn histories() -> u32 {
    std::env::var("DUNLIN_HISTORIES").map_or(300, |number| number.parse().unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: histories(), ..ProptestConfig::default() })]

    /// I1, I2 and I8.
    #[test]
    fn balances_are_what_a_plain_computation_says(
        inputs in prop::collection::vec(input(), 1..60),
        again in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
    ) {
        let mut world = World::new();
        for input in &inputs {
            world.live(input);
        }
        // Words come again, late and out of order.
        for index in again {
            if let input @ Input::Word { .. } = index.get(&inputs) {
                world.live(input);
            }
        }
        world.finish();
        world.hold();
        world.recompute();
        world.recompute_kinds();
        world.recompute_interest();
        world.recompute_told();
    }
}
