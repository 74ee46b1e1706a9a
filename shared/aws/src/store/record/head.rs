use std::collections::BTreeMap;

use dunlin_domain::contact::Channel;
use dunlin_domain::credit::CreditTerms;
use dunlin_domain::debtor::{
    Account, Cycle, Debtor, Deltas, Membership, RecordedContact, ReopenedBy, Reopening, StepDone, Tries,
};
use dunlin_domain::directory::NamePlace;
use dunlin_domain::event::Event;
use dunlin_domain::ids::{AccountKey, DebtorId, PersonId, PolicyName, PolicyRef, PortfolioId, StepName, TenantId};
use dunlin_domain::message::{CycleRef, Pending, PendingState};
use dunlin_domain::money::{Currency, Money};
use dunlin_domain::policy::Subject;
use dunlin_domain::reach::Address;
use dunlin_domain::remittance::RemittanceId;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::contact::ContactRecord;
use super::hold::MoratoriumRecord;
use super::invoice::{InFlightRecord, in_flight_records, read_in_flight};
use super::profile::ProfileRecord;
use super::written::{read_written, written_pair};
use super::{AllocatingRecord, CreditRecord, DeltasRecord, PlanRecord, Record, is_zero, known, read};
use crate::store::audit::LogRecord;
use crate::store::error::StoreError;

/// The head of a debtor: who it is, the state of each account, and what the last commit changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct HeadRecord {
    pub(crate) tenant: String,
    pub(crate) debtor: String,
    /// Counts commits; each commit is conditional on it.
    pub(crate) version: u64,
    /// Counts the commits that changed counters; the projector's cursor follows it.
    pub(crate) sequence: u64,
    profile: ProfileRecord,
    /// Whether it is the parent of a group; what joins the group asks for it.
    #[serde(default, skip_serializing_if = "is_zero")]
    leads: bool,
    /// Its parent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    parent: Option<String>,
    #[serde(default, skip_serializing_if = "is_zero")]
    credit: CreditRecord,
    accounts: Vec<AccountRecord>,
    /// When a message of ours was claimed, and by which channel.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    contacts: Vec<(Timestamp, String)>,
    /// The contacts of people.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    contacted: Vec<ContactRecord>,
    /// Moratoria that are over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    moratoria: Vec<MoratoriumRecord>,
    /// The sparse index: absent where nothing is to come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) due_shard: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) due_at: Option<String>,
    /// Messages under way; absent where there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) unsettled: Option<u32>,
    /// When the last commit was made.
    pub(crate) committed_at: Timestamp,
    /// What the last commit did to the counters.
    #[serde(default)]
    pub(crate) deltas: DeltasRecord,
    /// What the last commit has to tell.
    #[serde(default)]
    pub(crate) events: Vec<EventRecord>,
    /// The trace that the last commit was made in, where it has something to tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) trace: Option<String>,
    /// Where its audit log stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) log: Option<LogRecord>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct AccountRecord {
    portfolio: String,
    currency: String,
    credit: i64,
    /// Whose the credit is, by the payment.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    credits: BTreeMap<String, i64>,
    /// What came to the credit and went from it, by day.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    by_day: BTreeMap<Date, i64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    allocating: Vec<AllocatingRecord>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    in_flight: BTreeMap<String, InFlightRecord>,
    cycles: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cycle: Option<CycleRecord>,
    #[serde(default, skip_serializing_if = "is_zero")]
    left_off: i32,
    #[serde(default, skip_serializing_if = "is_zero")]
    reopened: bool,
    /// Why, and of what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reopened_by: Option<ReopeningRecord>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    noted: BTreeMap<Date, i32>,
    /// Cycle, step, messages of it that did not arrive, and whether another one was handed over since.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tries: Vec<(String, String, u8, bool)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pending: Option<PendingRecord>,
}

/// What made something owed again, and of what.
type ReopeningRecord = (String, Option<String>);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct CycleRecord {
    number: u32,
    began: Date,
    policy: String,
    policy_version: u32,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    done: BTreeMap<String, (i32, Timestamp)>,
    #[serde(default, skip_serializing_if = "is_zero")]
    resumed_after: i32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    resumed_by: Option<ReopeningRecord>,
    /// Whether it is about payments that a provider tries again, and the steps taken about these.
    #[serde(default, skip_serializing_if = "is_zero")]
    recovery: bool,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    recovery_done: BTreeMap<String, (i32, Timestamp)>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct PendingRecord {
    plan: PlanRecord,
    planned_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    attempt: Option<(String, Timestamp)>,
    /// Where the attempt sends it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    to: Option<String>,
    /// The version of the template, and the hash of what it made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    written: Option<(String, String)>,
}

/// What happened, as the projector finds it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct EventRecord {
    pub(crate) kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) portfolio: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) currency: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) invoice: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) message_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) agreement: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) hold: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) amount: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reference: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) outcome: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) cause: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) detail: Option<String>,
}

impl EventRecord {
    pub(crate) fn of(event: &Event) -> Self {
        let account_currency = event.account.as_ref().map(|key| key.currency);
        Self {
            kind: event.kind.as_str().to_owned(),
            portfolio: event.account.as_ref().map(|key| key.portfolio.to_string()),
            currency: event.amount.map(Money::currency).or(account_currency).map(|one| one.code().to_owned()),
            invoice: event.invoice.as_ref().map(ToString::to_string),
            message_id: event.message.as_ref().map(ToString::to_string),
            agreement: event.agreement.as_ref().map(ToString::to_string),
            hold: event.hold.as_ref().map(ToString::to_string),
            amount: event.amount.map(Money::minor),
            reference: event.reference.clone(),
            outcome: event.outcome.map(str::to_owned),
            cause: event.cause.map(|cause| cause.as_str().to_owned()),
            detail: event.detail.clone(),
        }
    }
}

/// What a commit adds to a head besides the debtor's own state.
pub(crate) struct HeadStamp<'a> {
    pub(crate) version: u64,
    pub(crate) sequence: u64,
    pub(crate) committed_at: Timestamp,
    pub(crate) due: Option<(String, String)>,
    pub(crate) deltas: &'a Deltas,
    pub(crate) events: &'a [Event],
    pub(crate) trace: Option<String>,
    pub(crate) log: Option<LogRecord>,
}

impl Record for HeadRecord {
    const SCHEMA: u32 = 3;

    /// What its last commit changed and had to tell is in the stream already.
    fn upgraded(self) -> Self {
        Self {
            profile: self.profile.clone().upgraded(self.committed_at),
            deltas: DeltasRecord::default(),
            events: Vec::new(),
            trace: None,
            ..self
        }
    }
}

impl HeadRecord {
    pub(crate) fn of(debtor: &Debtor, stamp: HeadStamp<'_>) -> Self {
        let unsettled = debtor.accounts.values().filter(|account| account.pending.is_some()).count();
        let (due_shard, due_at) = stamp.due.unzip();
        let person = PersonId::from(&debtor.id);
        Self {
            tenant: debtor.tenant.to_string(),
            debtor: debtor.id.to_string(),
            version: stamp.version,
            sequence: stamp.sequence,
            profile: ProfileRecord::of(&debtor.profile),
            leads: debtor.membership == Membership::Leads,
            parent: debtor.membership.parent().map(ToString::to_string),
            credit: CreditRecord::of(debtor),
            accounts: debtor.accounts.iter().map(|(key, account)| AccountRecord::of(key, account)).collect(),
            contacts: messages(debtor),
            contacted: debtor.contacts.iter().filter_map(|one| ContactRecord::of(one, &person)).collect(),
            moratoria: debtor.moratoria.iter().map(MoratoriumRecord::of).collect(),
            due_shard,
            due_at,
            unsettled: u32::try_from(unsettled).ok().filter(|count| *count > 0),
            committed_at: stamp.committed_at,
            deltas: DeltasRecord::of(stamp.deltas),
            events: stamp.events.iter().map(EventRecord::of).collect(),
            trace: stamp.trace.filter(|_| !stamp.events.is_empty()),
            log: stamp.log,
        }
    }

    /// The debtor's own state, without anything that a commit adds to it.
    pub(crate) fn of_state(debtor: &Debtor) -> Self {
        let (committed_at, deltas) = (Timestamp::UNIX_EPOCH, &Deltas::default());
        let stamp =
            HeadStamp { version: 0, sequence: 0, committed_at, due: None, deltas, events: &[], trace: None, log: None };
        Self::of(debtor, stamp)
    }

    fn membership(&self) -> Result<Membership, StoreError> {
        match &self.parent {
            Some(parent) => Ok(Membership::Of(read("parent", DebtorId::parse(parent))?)),
            None if self.leads => Ok(Membership::Leads),
            None => Ok(Membership::Alone),
        }
    }

    /// Where its name stands in the directory.
    pub(crate) fn name_place(&self) -> NamePlace {
        NamePlace::of(self.profile.name())
    }

    /// What it is granted.
    pub(crate) fn terms(&self) -> Result<CreditTerms, StoreError> {
        self.credit.terms()
    }

    /// Every contact that counts, newest last.
    fn contacts(&self, person: &PersonId) -> Result<Vec<RecordedContact>, StoreError> {
        let message = |(at, channel): &(Timestamp, String)| {
            let channel = known("channel", channel, Channel::parse(channel))?;
            Ok::<_, StoreError>(RecordedContact::of_message(person.clone(), *at, channel))
        };
        let contacted = self.contacted.iter().map(|one| one.read(person));
        let mut all = self.contacts.iter().map(message).chain(contacted).collect::<Result<Vec<_>, _>>()?;
        all.sort_by_key(|one| one.contact().at);
        Ok(all)
    }

    /// The debtor without its invoices.
    pub(crate) fn read(&self) -> Result<Debtor, StoreError> {
        let accounts = self.accounts.iter().map(AccountRecord::read).collect::<Result<_, _>>()?;
        let id = read("debtor", DebtorId::parse(&self.debtor))?;
        Ok(Debtor {
            tenant: read("tenant", TenantId::parse(&self.tenant))?,
            contacts: self.contacts(&PersonId::from(&id))?,
            id,
            membership: self.membership()?,
            credit: self.credit.terms()?,
            exceeded: self.credit.exceeded()?,
            profile: self.profile.read(self.committed_at)?,
            accounts,
            invoices: BTreeMap::new(),
            holds: BTreeMap::new(),
            moratoria: self.moratoria.iter().map(MoratoriumRecord::read).collect::<Result<_, _>>()?,
            agreements: BTreeMap::new(),
        })
    }
}

/// The contacts that messages of ours were.
fn messages(debtor: &Debtor) -> Vec<(Timestamp, String)> {
    let messages = debtor.contacts.iter().filter(|one| one.id().is_none()).map(RecordedContact::contact);
    messages.map(|contact| (contact.at, contact.medium.as_str().to_owned())).collect()
}

impl AccountRecord {
    fn of(key: &AccountKey, account: &Account) -> Self {
        Self {
            portfolio: key.portfolio.to_string(),
            currency: key.currency.code().to_owned(),
            credit: account.credit.minor(),
            credits: account.credits.iter().map(|(id, own)| (id.to_string(), own.minor())).collect(),
            by_day: account.by_day.days().clone(),
            allocating: account.allocating.iter().map(AllocatingRecord::of).collect(),
            in_flight: in_flight_records(&account.in_flight),
            cycles: account.cycles,
            cycle: account.cycle.as_ref().map(CycleRecord::of),
            left_off: account.left_off,
            reopened: account.reopened.is_some(),
            reopened_by: account.reopened.as_ref().and_then(reopening),
            noted: account.noted.clone(),
            tries: account.tries.iter().map(tries).collect(),
            pending: account.pending.as_ref().map(PendingRecord::of),
        }
    }

    fn read(&self) -> Result<(AccountKey, Account), StoreError> {
        let currency = read("currency", Currency::parse(&self.currency))?;
        let key = AccountKey { portfolio: read("portfolio", PortfolioId::parse(&self.portfolio))?, currency };
        let own = |(id, minor): (&String, &i64)| {
            Ok::<_, StoreError>((read("credits", RemittanceId::parse(id))?, Money::from_minor(*minor, currency)))
        };
        let account = Account {
            credit: Money::from_minor(self.credit, currency),
            credits: self.credits.iter().map(own).collect::<Result<_, _>>()?,
            by_day: self.by_day.iter().map(|(on, minor)| (*on, *minor)).collect(),
            allocating: self.allocating.iter().map(|one| one.read(currency)).collect::<Result<_, _>>()?,
            in_flight: read_in_flight(&self.in_flight, currency)?,
            cycles: self.cycles,
            cycle: self.cycle.as_ref().map(CycleRecord::read).transpose()?,
            left_off: self.left_off,
            reopened: read_reopening(self.reopened, self.reopened_by.as_ref())?,
            noted: self.noted.clone(),
            tries: self.tries.iter().map(read_tries).collect::<Result<_, _>>()?,
            pending: self.pending.as_ref().map(PendingRecord::read).transpose()?,
        };
        Ok((key, account))
    }
}

/// Nothing where the cause was not noted: what a state without one was bound by does not change.
fn reopening(why: &Reopening) -> Option<ReopeningRecord> {
    (*why != Reopening::UNRECORDED).then(|| (why.by.as_str().to_owned(), why.reference.clone()))
}

fn read_reopening(reopened: bool, why: Option<&ReopeningRecord>) -> Result<Option<Reopening>, StoreError> {
    let noted = why.map(|(by, reference)| {
        let by = known("reopened_by", by, ReopenedBy::parse(by))?;
        Ok(Reopening { by, reference: reference.clone() })
    });
    Ok(noted.transpose()?.or(reopened.then_some(Reopening::UNRECORDED)))
}

fn tries(((cycle, step), tries): (&(CycleRef, StepName), &Tries)) -> (String, String, u8, bool) {
    (cycle.to_string(), step.to_string(), tries.failed, tries.retaken)
}

fn read_tries(
    (cycle, step, failed, retaken): &(String, String, u8, bool),
) -> Result<((CycleRef, StepName), Tries), StoreError> {
    let cycle = known("cycle", cycle, CycleRef::parse(cycle))?;
    Ok(((cycle, read("step", StepName::parse(step))?), Tries { failed: *failed, retaken: *retaken }))
}

impl CycleRecord {
    fn of(cycle: &Cycle) -> Self {
        let done = |subject| {
            let steps = cycle.done.iter().filter(move |((about, _), _)| *about == subject);
            steps.map(|((_, name), step)| (name.to_string(), (step.offset_days, step.at))).collect()
        };
        Self {
            number: cycle.number,
            began: cycle.began,
            policy: cycle.policy.name.to_string(),
            policy_version: cycle.policy.version,
            done: done(Subject::Debt),
            resumed_after: cycle.resumed_after,
            resumed_by: cycle.resumed_by.as_ref().and_then(reopening),
            recovery: cycle.about == Subject::Recovery,
            recovery_done: done(Subject::Recovery),
        }
    }

    fn read(&self) -> Result<Cycle, StoreError> {
        let of = |subject| move |(name, done)| (subject, name, done);
        let recovery = self.recovery_done.iter().map(of(Subject::Recovery));
        let done = self.done.iter().map(of(Subject::Debt)).chain(recovery);
        let step = |(subject, name, (offset_days, at)): (Subject, &String, &(i32, Timestamp))| {
            let done = StepDone { offset_days: *offset_days, at: *at };
            Ok::<_, StoreError>(((subject, read("step", StepName::parse(name))?), done))
        };
        Ok(Cycle {
            number: self.number,
            began: self.began,
            about: if self.recovery { Subject::Recovery } else { Subject::Debt },
            policy: PolicyRef { name: read("policy", PolicyName::parse(&self.policy))?, version: self.policy_version },
            done: done.map(step).collect::<Result<_, _>>()?,
            resumed_after: self.resumed_after,
            resumed_by: read_reopening(self.resumed_by.is_some(), self.resumed_by.as_ref())?,
        })
    }
}

impl PendingRecord {
    fn of(pending: &Pending) -> Self {
        let (attempt, to, written) = match &pending.state {
            PendingState::Planned => (None, None, None),
            PendingState::Sending { attempt, lease_until, to, written } => {
                let to = to.as_ref().map(|to| to.as_str().to_owned());
                (Some((attempt.clone(), *lease_until)), to, written.as_ref().map(written_pair))
            }
        };
        Self { plan: PlanRecord::of(&pending.plan), planned_at: pending.planned_at, attempt, to, written }
    }

    fn read(&self) -> Result<Pending, StoreError> {
        let plan = self.plan.read()?;
        let to = self.to.as_deref().map(|to| read("to", Address::parse(plan.channel, to))).transpose()?;
        let state = match &self.attempt {
            None => PendingState::Planned,
            Some((attempt, lease_until)) => {
                let written = self.written.as_ref().map(read_written).transpose()?;
                PendingState::Sending { attempt: attempt.clone(), lease_until: *lease_until, to, written }
            }
        };
        Ok(Pending { plan, planned_at: self.planned_at, state })
    }
}
