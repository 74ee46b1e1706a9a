use std::collections::BTreeMap;

use dunlin_domain::calendar::Zone;
use dunlin_domain::contact::{Channel, DebtorKind, EmailAddress, PhoneNumber};
use dunlin_domain::debtor::{Account, Cycle, Debtor, Deltas, MessageCount, StepDone};
use dunlin_domain::event::Event;
use dunlin_domain::ids::{AccountKey, DebtorId, PolicyName, PolicyRef, PortfolioId, StepName, TenantId};
use dunlin_domain::ledger::EntryKind;
use dunlin_domain::message::{Pending, PendingState};
use dunlin_domain::money::{Currency, Money};
use dunlin_domain::policy::Subject;
use dunlin_domain::profile::Profile;
use dunlin_domain::remittance::RemittanceId;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::invoice::{InFlightRecord, in_flight_records, read_in_flight};
use super::written::{read_written, written_pair};
use super::{AllocatingRecord, PlanRecord, Record, is_zero, known, read};
use crate::store::error::StoreError;

/// The head of a debtor: who it is, the state of each account, and what the last commit changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct HeadRecord {
    pub(crate) tenant: String,
    pub(crate) debtor: String,
    /// Counts commits; each commit is conditional on it.
    pub(crate) version: u64,
    /// Counts the commits that changed counters; the projector's cursor follows it. Heads of schema 1 counted every
    /// commit, by their version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sequence: Option<u64>,
    profile: ProfileRecord,
    accounts: Vec<AccountRecord>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    contacts: Vec<(Timestamp, String)>,
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
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct ProfileRecord {
    name: String,
    kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
    #[serde(default)]
    sms_consent: bool,
    #[serde(default)]
    email_opted_out: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    country: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    region: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    language: Option<String>,
    time_zone: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct AccountRecord {
    portfolio: String,
    currency: String,
    credit: i64,
    /// Whose the credit is, by the payment.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    credits: BTreeMap<String, i64>,
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
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    noted: BTreeMap<Date, i32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pending: Option<PendingRecord>,
}

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
    /// The version of the template, and the hash of what it made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    written: Option<(String, String)>,
}

/// What a commit did to the counters, as lists that stay small.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct DeltasRecord {
    /// Portfolio, currency, due date, minor units, invoices.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) open: Vec<(String, String, Date, i64, i64)>,
    /// Portfolio, currency, day, kind of entry, minor units.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) booked: Vec<(String, String, Date, String, i64)>,
    /// Portfolio, currency, day, state, messages.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) messages: Vec<(String, String, Date, String, i64)>,
}

impl DeltasRecord {
    fn of(deltas: &Deltas) -> Self {
        let names = |key: &AccountKey| (key.portfolio.to_string(), key.currency.code().to_owned());
        let open = deltas.open.iter().map(|((key, due), delta)| {
            let (portfolio, currency) = names(key);
            (portfolio, currency, *due, delta.minor, delta.invoices)
        });
        let booked = deltas.booked.iter().map(|((key, on, kind), minor)| {
            let (portfolio, currency) = names(key);
            (portfolio, currency, *on, kind.as_str().to_owned(), *minor)
        });
        let messages = deltas.messages.iter().map(|((key, day, state), count)| {
            let (portfolio, currency) = names(key);
            (portfolio, currency, *day, state.as_str().to_owned(), *count)
        });
        Self { open: open.collect(), booked: booked.collect(), messages: messages.collect() }
    }

    pub(crate) fn read(&self) -> Result<Deltas, StoreError> {
        let account = |portfolio: &str, currency: &str| {
            let portfolio = read("portfolio", PortfolioId::parse(portfolio))?;
            Ok::<_, StoreError>(AccountKey { portfolio, currency: read("currency", Currency::parse(currency))? })
        };
        let mut deltas = Deltas::default();
        for (portfolio, currency, due, minor, invoices) in &self.open {
            let delta = dunlin_domain::debtor::OpenDelta { minor: *minor, invoices: *invoices };
            deltas.open.insert((account(portfolio, currency)?, *due), delta);
        }
        for (portfolio, currency, on, kind, minor) in &self.booked {
            let kind = known("kind", kind, EntryKind::parse(kind))?;
            deltas.booked.insert((account(portfolio, currency)?, *on, kind), *minor);
        }
        for (portfolio, currency, day, state, count) in &self.messages {
            // Schema 1 also counted what was planned; nobody asked.
            if state == "planned" {
                continue;
            }
            let state = known("state", state, MessageCount::parse(state))?;
            deltas.messages.insert((account(portfolio, currency)?, *day, state), *count);
        }
        Ok(deltas)
    }
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
    pub(crate) amount: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) detail: Option<String>,
}

impl EventRecord {
    fn of(event: &Event) -> Self {
        let account_currency = event.account.as_ref().map(|key| key.currency);
        Self {
            kind: event.kind.as_str().to_owned(),
            portfolio: event.account.as_ref().map(|key| key.portfolio.to_string()),
            currency: event.amount.map(Money::currency).or(account_currency).map(|one| one.code().to_owned()),
            invoice: event.invoice.as_ref().map(ToString::to_string),
            message_id: event.message.as_ref().map(ToString::to_string),
            amount: event.amount.map(Money::minor),
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
}

impl Record for HeadRecord {
    const SCHEMA: u32 = 2;

    /// What its last commit changed and had to tell is in the stream already.
    fn upgraded(self) -> Self {
        Self {
            sequence: Some(self.sequence()),
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
        Self {
            tenant: debtor.tenant.to_string(),
            debtor: debtor.id.to_string(),
            version: stamp.version,
            sequence: Some(stamp.sequence),
            profile: ProfileRecord::of(&debtor.profile),
            accounts: debtor.accounts.iter().map(|(key, account)| AccountRecord::of(key, account)).collect(),
            contacts: debtor.contacts.iter().map(|(at, channel)| (*at, channel.as_str().to_owned())).collect(),
            due_shard,
            due_at,
            unsettled: u32::try_from(unsettled).ok().filter(|count| *count > 0),
            committed_at: stamp.committed_at,
            deltas: DeltasRecord::of(stamp.deltas),
            events: stamp.events.iter().map(EventRecord::of).collect(),
            trace: stamp.trace.filter(|_| !stamp.events.is_empty()),
        }
    }

    /// How many commits have changed counters.
    pub(crate) fn sequence(&self) -> u64 {
        self.sequence.unwrap_or(self.version)
    }

    /// Which change of counters the last commit made; in schema 1 every commit was one.
    pub(crate) fn counted_as(&self, changes_counters: bool) -> Option<u64> {
        match self.sequence {
            Some(sequence) => changes_counters.then_some(sequence),
            None => Some(self.version),
        }
    }

    /// The debtor without its invoices.
    pub(crate) fn read(&self) -> Result<Debtor, StoreError> {
        let accounts = self.accounts.iter().map(AccountRecord::read).collect::<Result<_, _>>()?;
        let contact = |(at, channel): &(Timestamp, String)| {
            Ok::<_, StoreError>((*at, known("channel", channel, Channel::parse(channel))?))
        };
        Ok(Debtor {
            tenant: read("tenant", TenantId::parse(&self.tenant))?,
            id: read("debtor", DebtorId::parse(&self.debtor))?,
            profile: self.profile.read()?,
            accounts,
            invoices: BTreeMap::new(),
            holds: BTreeMap::new(),
            agreements: BTreeMap::new(),
            contacts: self.contacts.iter().map(contact).collect::<Result<_, _>>()?,
        })
    }
}

impl ProfileRecord {
    fn of(profile: &Profile) -> Self {
        Self {
            name: profile.name.clone(),
            kind: profile.kind.as_str().to_owned(),
            email: profile.email.as_ref().map(|email| email.as_str().to_owned()),
            phone: profile.phone.as_ref().map(|phone| phone.as_str().to_owned()),
            sms_consent: profile.sms_consent,
            email_opted_out: profile.email_opted_out,
            country: profile.country.clone(),
            region: profile.region.clone(),
            language: profile.language.clone(),
            time_zone: profile.zone.name().to_owned(),
        }
    }

    fn read(&self) -> Result<Profile, StoreError> {
        let email = self.email.as_deref().map(|email| read("email", EmailAddress::parse(email)));
        let phone = self.phone.as_deref().map(|phone| read("phone", PhoneNumber::parse(phone)));
        Ok(Profile {
            name: self.name.clone(),
            kind: read("kind", DebtorKind::parse(&self.kind))?,
            email: email.transpose()?,
            phone: phone.transpose()?,
            sms_consent: self.sms_consent,
            email_opted_out: self.email_opted_out,
            country: self.country.clone(),
            region: self.region.clone(),
            language: self.language.clone(),
            zone: read("time_zone", Zone::parse(&self.time_zone))?,
        })
    }
}

impl AccountRecord {
    fn of(key: &AccountKey, account: &Account) -> Self {
        Self {
            portfolio: key.portfolio.to_string(),
            currency: key.currency.code().to_owned(),
            credit: account.credit.minor(),
            credits: account.credits.iter().map(|(id, own)| (id.to_string(), own.minor())).collect(),
            allocating: account.allocating.iter().map(AllocatingRecord::of).collect(),
            in_flight: in_flight_records(&account.in_flight),
            cycles: account.cycles,
            cycle: account.cycle.as_ref().map(CycleRecord::of),
            left_off: account.left_off,
            reopened: account.reopened,
            noted: account.noted.clone(),
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
            allocating: self.allocating.iter().map(|one| one.read(currency)).collect::<Result<_, _>>()?,
            in_flight: read_in_flight(&self.in_flight, currency)?,
            cycles: self.cycles,
            cycle: self.cycle.as_ref().map(CycleRecord::read).transpose()?,
            left_off: self.left_off,
            reopened: self.reopened,
            noted: self.noted.clone(),
            pending: self.pending.as_ref().map(PendingRecord::read).transpose()?,
        };
        Ok((key, account))
    }
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
        })
    }
}

impl PendingRecord {
    fn of(pending: &Pending) -> Self {
        let (attempt, written) = match &pending.state {
            PendingState::Planned => (None, None),
            PendingState::Sending { attempt, lease_until, written } => {
                (Some((attempt.clone(), *lease_until)), written.as_ref().map(written_pair))
            }
        };
        Self { plan: PlanRecord::of(&pending.plan), planned_at: pending.planned_at, attempt, written }
    }

    fn read(&self) -> Result<Pending, StoreError> {
        let state = match &self.attempt {
            None => PendingState::Planned,
            Some((attempt, lease_until)) => {
                let written = self.written.as_ref().map(read_written).transpose()?;
                PendingState::Sending { attempt: attempt.clone(), lease_until: *lease_until, written }
            }
        };
        Ok(Pending { plan: self.plan.read()?, planned_at: self.planned_at, state })
    }
}
