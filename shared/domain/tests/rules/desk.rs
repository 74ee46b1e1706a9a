//! A debtor with payments on account, worked through a step at a time as commits would.

use std::collections::BTreeMap;

use dunlin_domain::allocation::{Advice, Allocation, AllocationMethod, Named, NamedAmount};
use dunlin_domain::debtor::{AtHand, CreditError, CreditOrder, Journal, Needs, OnAccount};
use dunlin_domain::ids::{InvoiceId, InvoiceNumber, OutsideId};
use dunlin_domain::remittance::{Contest, Progress, Remittance, RemittanceId, RemittanceKind, Report, Stage};

use crate::history::{Book, account, at, day, eur, invoice_id, remittance_id};

const PAID_ON: &str = "2026-03-01";

/// A debtor, and its payments' allocations as the table would keep them.
pub(crate) struct Desk {
    pub(crate) book: Book,
    pub(crate) method: AllocationMethod,
    pub(crate) limit: usize,
    pub(crate) known: BTreeMap<RemittanceId, Remittance>,
    pub(crate) records: BTreeMap<(RemittanceId, u32), Allocation>,
    /// What was said of each payment, and the invoices that payments wait for.
    said: BTreeMap<RemittanceId, Advice>,
    awaiting: Vec<(InvoiceId, RemittanceId)>,
    steps: usize,
}

impl Desk {
    /// Invoices A, B, C, ... of these amounts, each due a day after the one before.
    pub(crate) fn with(amounts: &[i64]) -> Self {
        let mut book = Book::new("UTC");
        for (n, minor) in amounts.iter().enumerate() {
            book.invoice(&name(n), "2026-01-01", &format!("2026-02-{:02}", n + 1), *minor);
        }
        let (method, limit) = (AllocationMethod::default(), 2);
        let (known, records, said, awaiting) = Default::default();
        Self { book, method, limit, known, records, said, awaiting, steps: 0 }
    }

    pub(crate) fn report(&mut self, report: &Report, advice: &Advice) {
        let known = self.known.entry(report.id.clone()).or_insert_with(|| Remittance::unseen(report.id.clone()));
        let was = known.effect().unwrap();
        known.join(report).unwrap();
        let is = known.effect().unwrap();
        self.said.entry(report.id.clone()).or_insert_with(|| advice.clone());
        let told = OnAccount {
            remittance: &report.id,
            account: &account(),
            on: day(PAID_ON),
            reversed_on: report.reversed_on.unwrap_or(day("2026-03-09")),
            advice,
            recorded: self.recorded(&report.id),
        };
        let mut journal = Journal::default();
        self.book.debtor.book_on_account(told, (was, is), &mut journal).unwrap();
        self.keep(journal);
    }

    pub(crate) fn run(&mut self, advice: &Advice) {
        while self.step(advice) {}
    }

    /// One step, as a commit would make it.
    pub(crate) fn step(&mut self, advice: &Advice) -> bool {
        let mut journal = Journal::default();
        let (record, said, unknown);
        let at_hand = match self.book.debtor.needs() {
            Needs::Nothing => AtHand::Nothing,
            Needs::Advice(id) => {
                said = self.said.get(&id).unwrap_or(advice).clone();
                unknown = self.book.debtor.to_find(&said, self.limit);
                AtHand::Advice(&said, &unknown)
            }
            Needs::Allocation(id, number) => {
                record = self.records[&(id, number)].clone();
                AtHand::Allocation(&record)
            }
        };
        let more = self.book.debtor.allocate(self.method, self.limit, at_hand, &mut journal).unwrap();
        self.keep(journal);
        self.steps += 1;
        assert!(self.steps < 1_000, "it never ends");
        more
    }

    pub(crate) fn keep(&mut self, journal: Journal) {
        self.book.entries.extend(journal.entries);
        self.awaiting.extend(journal.awaiting);
        for allocation in journal.allocations {
            assert!(allocation.lines.len() <= self.limit, "a step settles a few: {allocation:?}");
            self.records.insert((allocation.remittance.clone(), allocation.number), allocation);
        }
        self.hold_i1();
    }

    fn recorded(&self, id: &RemittanceId) -> u32 {
        self.records.keys().filter(|(of, _)| of == id).count().try_into().unwrap()
    }

    /// An invoice is handed in, and what waits for it is placed, as its commit does.
    pub(crate) fn arrive(&mut self, number: &str, due: &str, minor: i64) {
        self.book.invoice(number, "2026-01-01", due, minor);
        let invoice = invoice_id(number);
        let (waited, left) = std::mem::take(&mut self.awaiting).into_iter().partition(|(of, _)| *of == invoice);
        self.awaiting = left;
        let waited: Vec<(InvoiceId, RemittanceId)> = waited;
        let others = |id: &RemittanceId| self.awaiting.iter().any(|(_, of)| of == id);
        let waited: Vec<(RemittanceId, bool)> = waited.into_iter().map(|(_, id)| (id.clone(), others(&id))).collect();
        for (remittance, others_unknown) in waited {
            let advice = self.said[&remittance].clone();
            let (account, on) = (account(), day(PAID_ON));
            let recorded = self.recorded(&remittance);
            let told = OnAccount {
                remittance: &remittance,
                account: &account,
                on,
                reversed_on: on,
                advice: &advice,
                recorded,
            };
            let mut journal = Journal::default();
            self.book.debtor.place_awaited(told, &invoice, others_unknown, &mut journal).unwrap();
            self.keep(journal);
        }
        self.run(&Advice::none());
    }

    pub(crate) fn pay(&mut self, minor: i64, advice: &Advice) {
        self.report(&paid("P", minor), advice);
        self.run(advice);
    }

    pub(crate) fn told(&mut self, report: &Report) {
        self.report(report, &Advice::none());
        self.run(&Advice::none());
    }

    pub(crate) fn balances(&self) -> Vec<i64> {
        self.book.debtor.invoices.values().map(|invoice| invoice.balance().minor()).collect()
    }

    pub(crate) fn credit(&self) -> i64 {
        self.book.debtor.accounts[&account()].credit.minor()
    }

    /// Carries an order about credit out.
    pub(crate) fn order(&mut self, order: &CreditOrder) -> Result<(), CreditError> {
        let count = |id: RemittanceId| {
            let recorded = self.records.keys().filter(|(of, _)| *of == id).count();
            (id, u32::try_from(recorded).unwrap())
        };
        let recorded = self.book.debtor.credited_by(&order.account).into_iter().map(count).collect();
        let mut journal = Journal::default();
        self.book.debtor.use_credit(order, &recorded, &mut journal)?;
        self.limit = self.limit.max(CreditOrder::NAMES_MAX);
        self.keep(journal);
        self.run(&Advice::none());
        Ok(())
    }

    /// I1, at every moment.
    pub(crate) fn hold_i1(&self) {
        let sum = |invoice: &InvoiceId| -> i64 {
            let entries = self.book.entries.iter().filter(|entry| entry.invoice.as_ref() == Some(invoice));
            entries.map(|entry| entry.amount.minor()).sum()
        };
        for invoice in self.book.debtor.invoices.values() {
            assert_eq!(sum(&invoice.id), invoice.balance().minor(), "I1: {}", invoice.id);
        }
        for (key, account) in &self.book.debtor.accounts {
            let entries = self.book.entries.iter().filter(|entry| entry.invoice.is_none() && entry.account == *key);
            let sum: i64 = entries.map(|entry| entry.amount.minor()).sum();
            assert_eq!(sum, -account.unapplied().unwrap().minor(), "I1: unapplied credit of {key}");
        }
    }
}

pub(crate) fn name(n: usize) -> String {
    char::from(b'A' + u8::try_from(n).unwrap()).to_string()
}

pub(crate) fn payment() -> RemittanceId {
    remittance_id(RemittanceKind::Payment, "P")
}

pub(crate) fn paid(id: &str, minor: i64) -> Report {
    let id = remittance_id(RemittanceKind::Payment, id);
    let progress = Progress::new(id.kind, Stage::Settled, at("2026-03-01T00:00:00Z"));
    Report { amount: Some(eur(minor)), progress: Some(progress), ..Report::about(id) }
}

pub(crate) fn refunded(minor: i64) -> Report {
    Report { refunded: Some(eur(minor)), ..Report::about(payment()) }
}

pub(crate) fn contest(id: &str, state: Contest, minor: i64) -> Report {
    Report { contest: Some((OutsideId::parse(id).unwrap(), state, Some(eur(minor)))), ..Report::about(payment()) }
}

pub(crate) fn number(text: &str) -> InvoiceNumber {
    InvoiceNumber::parse(text).unwrap()
}

pub(crate) fn amounts(parts: &[(&str, i64)]) -> Advice {
    let parts = parts.iter().map(|(of, minor)| NamedAmount { number: number(of), minor: *minor });
    Advice::new(Named::Amounts(parts.collect()), None).unwrap()
}

pub(crate) fn numbers(of: &[&str]) -> Advice {
    Advice::new(Named::Numbers(of.iter().map(|of| number(of)).collect()), None).unwrap()
}

pub(crate) fn by(method: AllocationMethod) -> Advice {
    Advice::new(Named::Nothing, Some(method)).unwrap()
}
