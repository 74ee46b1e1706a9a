//! A debtor with one account in EUR, lived through step by step.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use dunlin_domain::allocation::Advice;
use dunlin_domain::calendar::{Calendar, Zone};
use dunlin_domain::contact::EmailAddress;
use dunlin_domain::course::{Course, Turn};
use dunlin_domain::debtor::{Charge, ChargeKind, Debtor, Journal, OnAccount, WriteOff};
use dunlin_domain::decide::decide;
use dunlin_domain::decision::{AccountDecision, Action};
use dunlin_domain::event::Event;
use dunlin_domain::ids::{AccountKey, DebtorId, InvoiceId, OutsideId, PortfolioId, SourceName, TenantId};
use dunlin_domain::intake::{Due, InvoiceDraft};
use dunlin_domain::invoice::{Source, Standing};
use dunlin_domain::ledger::Entry;
use dunlin_domain::message::{Outcome, Plan};
use dunlin_domain::money::{Currency, Money};
use dunlin_domain::policy::Policies;
use dunlin_domain::profile::{Profile, ProfilePatch};
use dunlin_domain::reach::Address;
use dunlin_domain::reason::Rule;
use dunlin_domain::remittance::{Effect, Progress, Remittance, RemittanceId, RemittanceKind, Report, Stage};
use jiff::Timestamp;
use jiff::civil::Date;

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn day(text: &str) -> Date {
    text.parse().unwrap()
}

pub(crate) fn eur(minor: i64) -> Money {
    Money::from_minor(minor, Currency::parse("EUR").unwrap())
}

pub(crate) fn account() -> AccountKey {
    AccountKey { portfolio: PortfolioId::parse("main").unwrap(), currency: Currency::parse("EUR").unwrap() }
}

pub(crate) fn invoice_id(number: &str) -> InvoiceId {
    InvoiceId::parse(&format!("main/{number}")).unwrap()
}

pub(crate) fn remittance_id(kind: RemittanceKind, id: &str) -> RemittanceId {
    RemittanceId { kind, source: SourceName::parse("test").unwrap(), outside_id: OutsideId::parse(id).unwrap() }
}

pub(crate) fn draft(number: &str, issued: &str, due: &str, minor: i64) -> InvoiceDraft {
    InvoiceDraft {
        debtor: DebtorId::parse("C1").unwrap(),
        profile: ProfilePatch::default(),
        id: invoice_id(number),
        source: Source { name: SourceName::parse("test").unwrap(), outside_id: OutsideId::parse(number).unwrap() },
        customer: None,
        issue_date: day(issued),
        due_date: Due::On(day(due)),
        total: eur(minor),
        description: None,
        standing: Standing::Open,
        reported_paid: eur(0),
        stamp: None,
        attempts: None,
    }
}

/// A debtor, its ledger, and what was last decided.
pub(crate) struct Book {
    pub(crate) debtor: Debtor,
    pub(crate) policies: Policies,
    pub(crate) entries: Vec<Entry>,
    /// What others were told.
    pub(crate) events: Vec<Event>,
    last: Option<AccountDecision>,
    payments: u32,
}

impl Book {
    pub(crate) fn new(zone: &str) -> Self {
        let mut profile = Profile::unknown("Customer 1".to_owned(), Zone::parse(zone).unwrap());
        profile.contacts.set(Address::Email(EmailAddress::parse("ap@c1.example").unwrap()));
        let debtor = Debtor::new(TenantId::parse("t").unwrap(), DebtorId::parse("C1").unwrap(), profile);
        let policies = Policies::built_in().unwrap();
        Self { debtor, policies, entries: Vec::new(), events: Vec::new(), last: None, payments: 0 }
    }

    pub(crate) fn unsubscribe(&mut self) {
        self.debtor.unsubscribe(at("2026-03-01T00:00:00Z"), &mut Journal::default());
    }

    pub(crate) fn keep(&mut self, journal: Journal) {
        self.events.extend(journal.told());
        self.entries.extend(journal.entries);
    }

    pub(crate) fn invoice(&mut self, number: &str, issued: &str, due: &str, minor: i64) {
        let mut journal = Journal::default();
        self.debtor.record_invoice(&draft(number, issued, due, minor), &mut journal).unwrap();
        self.keep(journal);
    }

    pub(crate) fn book(
        &mut self,
        id: &RemittanceId,
        invoice: &str,
        effects: (Option<Effect>, Option<Effect>),
        on: Date,
    ) {
        let (was, is) = (effects.0.map(|was| on_one_day(on, was)), on_one_day(on, effects.1.unwrap()));
        self.book_course(id, invoice, (was.as_ref(), &is));
    }

    pub(crate) fn book_course(&mut self, id: &RemittanceId, invoice: &str, courses: (Option<&Course>, &Course)) {
        let mut journal = Journal::default();
        self.debtor.book_on_invoice(id, &invoice_id(invoice), courses, &mut journal).unwrap();
        self.keep(journal);
    }

    /// A payment that settles at once.
    pub(crate) fn pay(&mut self, invoice: &str, minor: i64, on: &str) {
        self.payments += 1;
        let id = remittance_id(RemittanceKind::Payment, &format!("p{}", self.payments));
        let effect = effect_of(&id, minor, Stage::Settled, &format!("{on}T00:00:00Z"));
        self.book(&id, invoice, (None, effect), day(on));
    }

    /// The bank takes so much of the latest payment back, for good.
    pub(crate) fn take_back(&mut self, invoice: &str, paid: i64, minor: i64, on: &str) {
        let id = remittance_id(RemittanceKind::Payment, &format!("p{}", self.payments));
        let was = effect_of(&id, paid, Stage::Settled, &format!("{on}T00:00:00Z"));
        let is = was.map(|effect| Effect { charged_back: eur(minor), ..effect });
        self.book(&id, invoice, (was, is), day(on));
    }

    /// A fee, once for each day.
    pub(crate) fn charge(&mut self, invoice: &str, minor: i64, on: Date) {
        let key = OutsideId::parse(&format!("fee {on}")).unwrap();
        let charge = Charge { kind: ChargeKind::Fee, amount: eur(minor), authority: "clause 1", key: &key, on };
        let mut journal = Journal::default();
        self.debtor.charge(&invoice_id(invoice), charge, &mut journal).unwrap();
        self.keep(journal);
    }

    /// So much of it is given up, where that much is open.
    pub(crate) fn give_up(&mut self, invoice: &str, minor: i64, on: Date) {
        let mut journal = Journal::default();
        let _ = {
            let what = WriteOff { amount: eur(minor), reason: "goodwill", order: None, on };
            self.debtor.write_off(&invoice_id(invoice), what, &mut journal)
        };
        self.keep(journal);
    }

    /// A payment under way; one for each invoice.
    pub(crate) fn pending(&mut self, invoice: &str, minor: i64, now: &str) {
        let id = remittance_id(RemittanceKind::Payment, &format!("pending-{invoice}"));
        let effect = effect_of(&id, minor, Stage::Pending, now);
        self.book(&id, invoice, (None, effect), at(now).to_zoned(jiff::tz::TimeZone::UTC).date());
    }

    /// That payment fails.
    pub(crate) fn failed(&mut self, invoice: &str, minor: i64, now: &str) {
        let id = remittance_id(RemittanceKind::Payment, &format!("pending-{invoice}"));
        let (was, is) = (effect_of(&id, minor, Stage::Pending, now), effect_of(&id, minor, Stage::Failed, now));
        self.book(&id, invoice, (was, is), at(now).to_zoned(jiff::tz::TimeZone::UTC).date());
    }

    /// A credit note that names no invoice.
    pub(crate) fn credit(&mut self, minor: i64, on: &str) {
        let id = remittance_id(RemittanceKind::CreditNote, "cn");
        let effect = effect_of(&id, minor, Stage::Settled, &format!("{on}T00:00:00Z"));
        let mut journal = Journal::default();
        self.debtor.book_on_account(on_account(&id, day(on)), (None, effect), &mut journal).unwrap();
        self.keep(journal);
    }

    /// Evaluates at `now` and carries the decision out.
    pub(crate) fn run(&mut self, now: &str) {
        let now = at(now);
        let mut journal = Journal::default();
        self.debtor.roll(&self.policies, now, &mut journal).unwrap();
        let decision = decide(&self.debtor, &self.policies, &Calendar::default(), now);
        self.last = decision.accounts.first().cloned();
        self.debtor.carry_out(decision, now, &mut journal).unwrap();
        self.keep(journal);
    }

    /// The step that is taken at `now`, if one is.
    pub(crate) fn step_at(&mut self, now: &str) -> Option<String> {
        self.run(now);
        match self.action()? {
            Action::Send(plan) => Some(plan.step.to_string()),
            Action::OpenTask { task, .. } => Some(task.step.to_string()),
        }
    }

    pub(crate) fn action(&self) -> Option<&Action> {
        self.last.as_ref()?.action.as_ref()
    }

    pub(crate) fn plan(&self) -> Option<Plan> {
        Some(self.debtor.accounts.get(&account())?.pending.as_ref()?.plan.clone())
    }

    pub(crate) fn wake(&self) -> Option<Timestamp> {
        self.last.as_ref()?.wake
    }

    pub(crate) fn reasons(&self, rule: Rule) -> Vec<String> {
        let reasons = self.last.iter().flat_map(|last| &last.reasons);
        reasons.filter(|reason| reason.rule == rule).map(|reason| reason.detail.to_string()).collect()
    }

    /// The message under way goes out.
    pub(crate) fn sent(&mut self, now: &str) {
        let mut journal = Journal::default();
        self.debtor.settle(&account(), Outcome::Sent("id".to_owned()), at(now), &mut journal);
        self.keep(journal);
    }
}

/// A course that brought all of an effect on one day.
pub(crate) fn on_one_day(day: Date, effect: Effect) -> Course {
    let Effect { received, refunded, charged_back, in_flight, contested } = effect;
    let days = BTreeMap::from([(day, Turn { received, refunded, charged_back })]);
    Course::new(received.currency(), days, in_flight, contested).unwrap()
}

/// A remittance on the account in EUR that has not been allocated yet and names nothing.
pub(crate) fn on_account(remittance: &RemittanceId, on: Date) -> OnAccount<'_> {
    static ACCOUNT: LazyLock<AccountKey> = LazyLock::new(account);
    static ADVICE: LazyLock<Advice> = LazyLock::new(Advice::none);
    OnAccount { remittance, account: &ACCOUNT, on, reversed_on: on, advice: &ADVICE, recorded: 0 }
}

pub(crate) fn effect_of(id: &RemittanceId, minor: i64, stage: Stage, said: &str) -> Option<Effect> {
    course_of(id, minor, stage, said).map(|course| course.effect())
}

/// The same with its days.
pub(crate) fn course_of(id: &RemittanceId, minor: i64, stage: Stage, said: &str) -> Option<Course> {
    let mut remittance = Remittance::unseen(id.clone());
    let progress = Progress::new(id.kind, stage, at(said));
    let report = Report { amount: Some(eur(minor)), progress: Some(progress), ..Report::about(id.clone()) };
    remittance.join(&report).unwrap();
    remittance.course().unwrap()
}
