//! Worked examples that travel with the rules of contact.

use dunlin_domain::calendar::Zone;
use dunlin_domain::contact::DebtorKind;
use dunlin_domain::gate::attempt::OptOutLine;
use dunlin_domain::gate::history::{Initiator, Outcome};
use dunlin_domain::gate::{
    Attempt, Contact, ContactPolicy, Content, Evidence, Facts, Gate, History, Jurisdiction, Law, Medium, Mode, Place,
    Purpose,
};
use dunlin_domain::ids::{PersonId, RuleId};
use jiff::Timestamp;
use serde::Deserialize;

use crate::error::Reason;
use crate::regime::RawKind as RawDebtor;
use crate::rule::RawCollector;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawContactVector {
    place: String,
    zone: String,
    collector: RawCollector,
    debtor: RawDebtor,
    regulated_credit: Option<bool>,
    medium: String,
    #[serde(default)]
    offers: bool,
    now: Timestamp,
    /// When, and how; `conversation` is a call in which they spoke.
    #[serde(default)]
    contacts: Vec<(Timestamp, String)>,
    /// The rules of this pack that refuse.
    refused_by: Vec<String>,
}

/// An attempt, and what the rules of its pack must say of it under the law alone or with the platform's defaults.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactVector {
    /// What is known of the debtor.
    pub facts: Facts,
    /// The contacts before.
    pub history: History,
    /// The attempt.
    pub attempt: Attempt,
    /// When.
    pub now: Timestamp,
    /// The rules that refuse, in their order.
    pub refused_by: Vec<RuleId>,
}

impl ContactVector {
    /// The rules of `law` that refuse.
    #[must_use]
    pub fn refused(&self, law: &Law) -> Vec<RuleId> {
        let policy = ContactPolicy { mode: Mode::PlatformDefaults, ..ContactPolicy::default() };
        let verdict = Gate::new(law, &self.facts, &self.history, &policy).permit(&self.attempt, self.now);
        verdict.refusals().iter().map(|refusal| refusal.rule.clone()).collect()
    }
}

impl TryFrom<RawContactVector> for ContactVector {
    type Error = Reason;

    fn try_from(raw: RawContactVector) -> Result<Self, Reason> {
        let person = PersonId::parse("debtor")?;
        let contacts = raw.contacts.iter().map(|(at, how)| contact(*at, how, &person));
        let place = Place {
            jurisdiction: Jurisdiction::parse(&raw.place)?,
            zones: vec![Zone::parse(&raw.zone)?],
            evidence: Evidence::Address,
        };
        let mut facts = Facts {
            collector: Some(raw.collector.into()),
            kind: Some(DebtorKind::from(raw.debtor)),
            places: vec![place],
            ..Facts::default()
        };
        facts.credit.regulated = raw.regulated_credit;
        let mut attempt = Attempt::new(medium(&raw.medium)?, person.clone());
        attempt.purpose = if raw.offers { Purpose::Marketing } else { Purpose::Collect };
        attempt.content = Content {
            says_debt_collector: true,
            privacy_notice: true,
            opt_out: OptOutLine::Simple,
            one_click: true,
            ..Content::default()
        };
        Ok(Self {
            facts,
            history: History(contacts.collect::<Result<_, _>>()?),
            attempt,
            now: raw.now,
            refused_by: raw.refused_by.iter().map(|id| RuleId::parse(id)).collect::<Result<_, _>>()?,
        })
    }
}

fn medium(name: &str) -> Result<Medium, Reason> {
    Medium::parse(name).ok_or_else(|| Reason::Medium(name.to_owned()))
}

fn contact(at: Timestamp, how: &str, person: &PersonId) -> Result<Contact, Reason> {
    let spoke = how == "conversation";
    Ok(Contact {
        at,
        medium: if spoke { Medium::Call } else { medium(how)? },
        purpose: Purpose::Collect,
        initiator: Initiator::Collector,
        person: person.clone(),
        debts: Vec::new(),
        line: None,
        outcome: if spoke { Outcome::Conversation } else { Outcome::Reached },
    })
}
