//! Holds and agreements in a history, and what plain lists of them say.

mod ends;

use std::collections::{BTreeMap, BTreeSet};

use dunlin_domain::agreement::{
    AgreementError, Count, Dispute, DisputeReason, Every, Instalment, PaymentPlan, Period, Promise, Resolution,
    Schedule, Settlement, Terms,
};
use dunlin_domain::debtor::{Journal, Proposal};
use dunlin_domain::hold::{Hold, HoldEvent, HoldReason, HoldScope, SetBy};
use dunlin_domain::ids::{AgreementId, HoldId};
use dunlin_domain::ledger::EntryKind;
use dunlin_domain::remittance::{RemittanceKind, Stage};
use jiff::ToSpan as _;
use jiff::civil::Date;
use proptest::prelude::*;

use self::ends::unpaid;
use super::settled::Kept;
use super::{CURRENCIES, INVOICES, World, key, money};
use crate::history::{invoice_id, remittance_id};

/// A hold, an agreement, or the end of one. Those that stand are named by their place in the list of them.
#[derive(Debug, Clone)]
pub(super) enum Agreed {
    Hold { scope: Scope, days: Option<i64>, with: With },
    Lift(prop::sample::Index),
    Agree { currency: usize, invoices: Vec<usize>, wanted: Wanted },
    Cancel(prop::sample::Index),
    Resolve(prop::sample::Index, Resolve),
}

/// What a hold is about.
#[derive(Debug, Clone)]
pub(super) enum Scope {
    Debtor,
    Account(usize),
    Invoice(usize),
    Amount(usize, i64),
}

/// What ends a hold besides its time: an agreement is named by its place in the list of them.
#[derive(Debug, Clone)]
pub(super) enum With {
    Nothing,
    Payment,
    Agreement(prop::sample::Index),
}

/// What is to be agreed. A plan takes what is open.
#[derive(Debug, Clone)]
pub(super) enum Wanted {
    Promise { minor: i64, days: i64, grace: u8 },
    Plan { first: i64, every: u16, count: u16, grace: u8, misses: u8 },
    Settlement { minor: i64, days: i64, grace: u8 },
    Dispute { minor: Option<i64> },
}

/// How a dispute is resolved; a part in minor units.
#[derive(Debug, Clone)]
pub(super) enum Resolve {
    Accept,
    Partly(i64),
    Reject,
}

pub(super) fn input() -> impl Strategy<Value = Agreed> {
    let scope = prop_oneof![
        1 => Just(Scope::Debtor),
        1 => (0..CURRENCIES.len()).prop_map(Scope::Account),
        2 => (0..INVOICES).prop_map(Scope::Invoice),
        2 => (0..INVOICES, 1..150_i64).prop_map(|(n, minor)| Scope::Amount(n, minor)),
    ];
    let wanted = prop_oneof![
        (1..200_i64, 0..30_i64, 0..4_u8).prop_map(|(minor, days, grace)| Wanted::Promise { minor, days, grace }),
        (0..20_i64, 1..20_u16, 1..5_u16, 0..4_u8, 0..3_u8)
            .prop_map(|(first, every, count, grace, misses)| Wanted::Plan { first, every, count, grace, misses }),
        (1..150_i64, 0..30_i64, 0..4_u8).prop_map(|(minor, days, grace)| Wanted::Settlement { minor, days, grace }),
        prop::option::of(1..150_i64).prop_map(|minor| Wanted::Dispute { minor }),
    ];
    let with = prop_oneof![
        3 => Just(With::Nothing),
        1 => Just(With::Payment),
        1 => any::<prop::sample::Index>().prop_map(With::Agreement),
    ];
    let resolve = prop_oneof![Just(Resolve::Accept), (-5..100_i64).prop_map(Resolve::Partly), Just(Resolve::Reject)];
    prop_oneof![
        3 => (scope, prop::option::of(1..40_i64), with)
            .prop_map(|(scope, days, with)| Agreed::Hold { scope, days, with }),
        1 => any::<prop::sample::Index>().prop_map(Agreed::Lift),
        6 => (0..CURRENCIES.len(), prop::collection::vec(0..3_usize, 0..3), wanted)
            .prop_map(|(currency, invoices, wanted)| Agreed::Agree { currency, invoices, wanted }),
        1 => any::<prop::sample::Index>().prop_map(Agreed::Cancel),
        2 => (any::<prop::sample::Index>(), resolve).prop_map(|(index, resolve)| Agreed::Resolve(index, resolve)),
    ]
}

/// A hold as it was set.
#[derive(Debug)]
struct Standing {
    scope: Scope,
    until: Option<Date>,
    paid: bool,
    agreement: Option<String>,
}

/// An agreement as it was made.
#[derive(Debug)]
struct Made {
    currency: usize,
    /// None for all that is owed in the currency.
    invoices: Option<BTreeSet<usize>>,
    /// How many entries there were.
    since: usize,
    /// Days that went by while nothing could be asked for, with the day on which that ended.
    rested: BTreeMap<Date, Date>,
    what: What,
}

#[derive(Debug)]
enum What {
    Promise { minor: i64, by: Date, grace: u8 },
    Plan { instalments: Vec<(Date, i64)>, grace: u8, misses: u8 },
    Settlement { minor: i64, over: Date },
    Dispute { minor: Option<i64> },
}

/// What stands, and what disputes came to.
#[derive(Debug, Default)]
pub(super) struct Desk {
    holds: BTreeMap<String, Standing>,
    agreements: BTreeMap<String, Made>,
    /// What was credited on invoices for disputes that were accepted.
    pub(super) credited: Vec<(usize, i64)>,
    /// Settlements that were kept by payments.
    pub(super) kept: Vec<Kept>,
    ids: usize,
}

impl Made {
    fn covers(&self, n: usize) -> bool {
        n % 3 == self.currency && self.invoices.as_ref().is_none_or(|invoices| invoices.contains(&n))
    }
}

impl World {
    pub(super) fn agreed(&mut self, agreed: &Agreed) {
        self.desk.ids += 1;
        let id = format!("n-{:04}", self.desk.ids);
        match agreed {
            Agreed::Hold { scope, days, with } => self.set(&id, scope, *days, with),
            Agreed::Lift(index) => {
                if let Some(id) = pick(&self.desk.holds, *index) {
                    let (hold, now) = (HoldId::parse(&id).unwrap(), self.now());
                    self.rest(self.today);
                    let lifted = self.book.debtor.lift(&hold, SetBy::Staff, now, &mut Journal::default());
                    assert!(lifted && self.desk.holds.remove(&id).is_some());
                }
            }
            Agreed::Agree { currency, invoices, wanted } => self.agree(&id, *currency, invoices, wanted),
            Agreed::Cancel(index) => {
                if let Some(id) = pick(&self.desk.agreements, *index) {
                    let of = AgreementId::parse(&id).unwrap();
                    if matches!(self.desk.agreements[&id].what, What::Dispute { .. }) {
                        self.rest(self.today);
                    }
                    self.desk.agreements.remove(&id);
                    let cancelled = self.book.debtor.cancel(&of, SetBy::Staff, self.now(), &mut Journal::default());
                    assert!(cancelled);
                    self.free(&id);
                }
            }
            Agreed::Resolve(index, resolve) => self.resolve(*index, resolve),
        }
    }

    fn set(&mut self, id: &str, scope: &Scope, days: Option<i64>, with: &With) {
        let paid = matches!(with, With::Payment);
        let agreement = match with {
            With::Agreement(index) => pick(&self.desk.agreements, *index),
            With::Nothing | With::Payment => None,
        };
        let awaited = agreement.as_ref().map(|id| HoldEvent::AgreementEnds(AgreementId::parse(id).unwrap()));
        let until = days.map(|days| self.today.saturating_add(days.days()));
        let invoice = |n: &usize| invoice_id(&format!("I{n}"));
        let hold = Hold {
            id: HoldId::parse(id).unwrap(),
            reason: HoldReason::Manual,
            scope: match scope {
                Scope::Debtor => HoldScope::Debtor,
                Scope::Account(c) => HoldScope::Account(key(*c)),
                Scope::Invoice(n) => HoldScope::Invoice(invoice(n)),
                Scope::Amount(n, minor) => HoldScope::Amount(invoice(n), money(*n, *minor)),
            },
            since: self.now(),
            until: until.map(|day| dunlin_domain::calendar::Zone::parse("UTC").unwrap().midnight(day)),
            ends_with: awaited.or(paid.then_some(HoldEvent::Payment)),
            set_by: SetBy::Api,
            note: None,
        };
        let open = match scope {
            Scope::Debtor | Scope::Account(_) => true,
            Scope::Invoice(n) | Scope::Amount(n, _) => self.open(*n) > 0,
        };
        let set = self.book.debtor.hold(hold, self.now(), &mut Journal::default());
        assert_eq!(set.is_ok(), open, "a hold needs something that is owed");
        if open {
            self.desk.holds.insert(id.to_owned(), Standing { scope: scope.clone(), until, paid, agreement });
        }
    }

    fn agree(&mut self, id: &str, currency: usize, invoices: &[usize], wanted: &Wanted) {
        let named: BTreeSet<usize> = invoices.iter().map(|n| n * 3 + currency).collect();
        let named = match wanted {
            Wanted::Dispute { .. } => named.into_iter().take(1).collect(),
            Wanted::Promise { .. } | Wanted::Plan { .. } | Wanted::Settlement { .. } => named,
        };
        let open = (0..INVOICES).filter(|n| n % 3 == currency && self.open(*n) > 0);
        let open: BTreeSet<usize> = if named.is_empty() { open.collect() } else { named.clone() };
        let asked: i64 = open.iter().map(|n| self.open(*n)).sum();
        let Some((terms, what)) = self.terms(currency, asked, wanted) else { return };
        let proposal = Proposal {
            id: AgreementId::parse(id).unwrap(),
            account: key(currency),
            invoices: named.iter().map(|n| invoice_id(&format!("I{n}"))).collect(),
            made_by: SetBy::Portal,
            terms,
            note: None,
        };
        if matches!(wanted, Wanted::Dispute { .. }) && named.is_empty() {
            return;
        }
        match self.book.debtor.agree(proposal, self.now(), &mut Journal::default()) {
            Ok(news) => {
                assert!(news && asked > 0);
                let all = named.is_empty() && matches!(wanted, Wanted::Promise { .. });
                let invoices = (!all).then_some(open);
                let since = self.book.entries.len();
                let made = Made { currency, invoices, since, rested: BTreeMap::new(), what };
                self.desk.agreements.insert(id.to_owned(), made);
            }
            Err(AgreementError::Covered { agreement, .. }) => {
                assert!(self.desk.agreements.contains_key(agreement.as_str()), "it stands");
            }
            Err(AgreementError::NothingOpen(of)) => {
                assert!(named.iter().any(|n| invoice_id(&format!("I{n}")) == of && self.open(*n) == 0), "{of} is open");
            }
            Err(AgreementError::NothingOpenAtAll(_)) => {
                assert!((0..INVOICES).filter(|n| n % 3 == currency).all(|n| self.open(n) == 0), "something is open");
            }
            Err(error) => {
                let more = matches!(&error, AgreementError::MoreThanOpen { told, .. } if told.minor() > asked);
                assert!(more, "{error}");
            }
        }
    }

    fn terms(&self, currency: usize, asked: i64, wanted: &Wanted) -> Option<(Terms, What)> {
        let after = |days: i64| self.today.saturating_add(days.days());
        Some(match wanted {
            Wanted::Promise { minor, days, grace } => (
                Terms::Promise(Promise::new(money(currency, *minor), after(*days), *grace).unwrap()),
                What::Promise { minor: *minor, by: after(*days), grace: *grace },
            ),
            Wanted::Settlement { minor, days, grace } => (
                Terms::Settlement(Settlement::new(money(currency, *minor), after(*days), *grace).unwrap()),
                What::Settlement { minor: *minor, over: after(days + i64::from(*grace) + 1) },
            ),
            Wanted::Dispute { minor } => {
                let amount = minor.map(|minor| money(currency, minor));
                let dispute = Dispute::new(amount, DisputeReason::Defective, Vec::new()).unwrap();
                (Terms::Dispute(dispute), What::Dispute { minor: *minor })
            }
            Wanted::Plan { first, every, count, grace, misses } => {
                let schedule = Schedule {
                    total: money(currency, asked),
                    down_payment: None,
                    first: after(*first),
                    every: Every::Period(Period::Days(*every)),
                    count: Count::Of(*count),
                };
                let instalments = schedule.instalments().ok()?;
                let plain = |one: &Instalment| (one.due, one.amount.minor());
                let what = instalments.iter().map(plain).collect();
                // What is open may be too little for so many.
                let plan = PaymentPlan::new(instalments, *grace, *misses).ok()?;
                (Terms::Plan(plan), What::Plan { instalments: what, grace: *grace, misses: *misses })
            }
        })
    }

    fn resolve(&mut self, index: prop::sample::Index, resolve: &Resolve) {
        let Some(id) = pick(&self.desk.agreements, index) else { return };
        let made = &self.desk.agreements[&id];
        let What::Dispute { minor } = &made.what else { return };
        let n = *made.invoices.as_ref().unwrap().first().unwrap();
        let contested = minor.map_or(self.open(n), |minor| minor.min(self.open(n)));
        let (resolution, expected) = match resolve {
            Resolve::Accept => (Resolution::Accepted, contested),
            Resolve::Partly(part) => (Resolution::Partly(money(n, *part)), *part),
            Resolve::Reject => (Resolution::Rejected, 0),
        };
        let of = AgreementId::parse(&id).unwrap();
        let Ok(credited) = self.book.debtor.resolve(&of, resolution, self.now(), &mut Journal::default()) else {
            assert!(expected > contested || matches!(resolve, Resolve::Partly(..=0)));
            return;
        };
        self.rest(self.today);
        self.desk.agreements.remove(&id);
        self.free(&id);
        assert_eq!(credited.as_ref().map_or(0, |(_, amount)| amount.minor()), expected);
        if let Some((invoice, amount)) = credited {
            let note = remittance_id(RemittanceKind::CreditNote, &id);
            let effect = crate::history::effect_of(&note, 1, Stage::Settled, "2026-03-02T00:00:00Z").unwrap();
            let zero = money(n, 0);
            let effect =
                dunlin_domain::remittance::Effect { received: amount, refunded: zero, charged_back: zero, ..effect };
            self.desk.credited.push((n, amount.minor()));
            let mut journal = Journal::default();
            let course = crate::history::on_one_day(self.today, effect);
            self.book.debtor.book_on_invoice(&note, &invoice, (None, &course), &mut journal).unwrap();
            self.keep(journal);
        }
    }

    /// What is open of an invoice, from the entries.
    fn open(&self, n: usize) -> i64 {
        let invoice = invoice_id(&format!("I{n}"));
        let entries = self.book.entries.iter().filter(|entry| entry.invoice.as_ref() == Some(&invoice));
        entries.map(|entry| entry.amount.minor()).sum()
    }

    /// What payments settled of an agreement's debts since it was made, from the entries.
    fn received(&self, made: &Made) -> i64 {
        let covered = (0..INVOICES).filter(|n| made.covers(*n));
        covered.map(|n| self.paid_by(n, self.book.entries.len()) - self.paid_by(n, made.since)).sum()
    }

    /// What the first entries say that payments settled of an invoice: what came in, as far as it was owed, and was not
    /// credited.
    fn paid_by(&self, n: usize, entries: usize) -> i64 {
        let invoice = invoice_id(&format!("I{n}"));
        let (mut owed, mut came_in, mut credited) = (0, 0, 0);
        for entry in self.book.entries[..entries].iter().filter(|entry| entry.invoice.as_ref() == Some(&invoice)) {
            let minor = entry.amount.minor();
            let overpaid = entry.note.as_deref() == Some("overpayment moved to unapplied credit");
            match entry.kind {
                EntryKind::Adjustment if overpaid => {}
                EntryKind::Charge | EntryKind::Fee | EntryKind::Interest | EntryKind::Adjustment => owed += minor,
                EntryKind::Payment | EntryKind::Refund | EntryKind::Chargeback => came_in -= minor,
                EntryKind::Credit => (came_in, credited) = (came_in - minor, credited - minor),
                EntryKind::WriteOff => {}
            }
        }
        came_in.min(owed) - credited.min(owed)
    }

    /// What stands, what is due and what is held of it, as the lists say.
    pub(super) fn hold_agreed(&self) {
        let debtor = &self.book.debtor;
        assert!(debtor.holds.keys().map(HoldId::as_str).eq(self.desk.holds.keys()), "holds that stand");
        assert!(debtor.agreements.keys().map(AgreementId::as_str).eq(self.desk.agreements.keys()), "agreements");
        for (id, made) in &self.desk.agreements {
            let known = &debtor.agreements[&AgreementId::parse(id).unwrap()];
            assert_eq!(known.received.minor(), self.received(made), "received under {id}");
        }
        for (c, code) in CURRENCIES.iter().enumerate() {
            let all = self.desk.holds.values().any(|hold| match hold.scope {
                Scope::Debtor => true,
                Scope::Account(of) => of == c,
                Scope::Invoice(_) | Scope::Amount(..) => false,
            });
            let promised = self.desk.agreements.values().any(|made| made.currency == c && made.invoices.is_none());
            let still = debtor.standstill(&key(c), self.now());
            assert_eq!(still.is_some(), all || promised, "{code} stands still");
            let claims = debtor.claims(&key(c), self.now());
            let mut parts: BTreeMap<usize, i64> = BTreeMap::new();
            for claim in &claims {
                let n: usize = claim.invoice.id.number.as_str()[1..].parse().unwrap();
                let held = debtor.held(&key(c), claim, self.now()).map_or(0, |held| held.amount.minor());
                let (whole, all_parts) = self.naive_held(n, false);
                // What is due first is held first.
                let left = parts.entry(n).or_insert(all_parts);
                let part = claim.amount.minor().min(*left);
                *left -= part;
                assert_eq!(held, if whole { claim.amount.minor() } else { part }, "held of I{n}");
            }
            for n in (0..INVOICES).filter(|n| n % 3 == c) {
                let planned = |made: &&Made| made.covers(n) && matches!(made.what, What::Plan { .. });
                if self.desk.agreements.values().find(planned).is_none() {
                    let ours = claims.iter().filter(|claim| claim.invoice.id.number.as_str() == format!("I{n}"));
                    assert_eq!(ours.map(|claim| claim.amount.minor()).sum::<i64>(), self.open(n), "I{n} is asked for");
                }
            }
            self.hold_plans(c, &claims);
        }
    }

    /// Under a plan so much is asked for as its instalments that are over, and the next, come to.
    fn hold_plans(&self, c: usize, claims: &[dunlin_domain::debtor::Claim<'_>]) {
        for made in self.desk.agreements.values().filter(|made| made.currency == c) {
            let What::Plan { instalments, .. } = &made.what else { continue };
            let left = unpaid(instalments, self.received(made));
            let over = left.iter().filter(|(due, _)| *due < self.today).map(|(_, minor)| minor).sum::<i64>();
            let next = left.iter().find(|(due, _)| *due >= self.today).map_or(0, |(_, minor)| *minor);
            let open: i64 = (0..INVOICES).filter(|n| made.covers(*n)).map(|n| self.open(n)).sum();
            let ours =
                claims.iter().filter(|claim| made.covers(claim.invoice.id.number.as_str()[1..].parse().unwrap()));
            assert_eq!(ours.map(|claim| claim.amount.minor()).sum::<i64>(), open.min(over + next), "{made:?}");
        }
    }
}

fn pick<T>(standing: &BTreeMap<String, T>, index: prop::sample::Index) -> Option<String> {
    (!standing.is_empty()).then(|| standing.keys().nth(index.index(standing.len())).unwrap().clone())
}
