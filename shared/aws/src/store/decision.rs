//! Decisions on record: each with all that it was made from, so that anyone can make it again (I7).

use std::fmt;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use dunlin_domain::calendar::Calendar;
use dunlin_domain::decide::decide;
use dunlin_domain::decision::Evaluation;
use dunlin_domain::ids::{DebtorId, PolicyRef, TenantId};
use dunlin_domain::policy::{Policies, Policy};
use dunlin_domain::telling::{Told, Word};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::debtor::Commit;
use super::error::sort;
use super::history::sort_key;
use super::key::{self, DECISION, Key};
use super::record::{
    DecisionRecord, InputsError, InputsRecord, Item, PolicyRecord, canonical, fingerprint, from_item, pack, place,
    to_item, unpack,
};
use super::{Store, StoreError};

/// The attribute that holds what a decision was made from, packed.
pub(super) const MADE_FROM: &str = "made_from";
/// An item has room for 400 KB. A debtor with some 5,000 open invoices comes to more; its decisions keep the hash alone.
const MADE_FROM_MAX: usize = 256 * 1024;
/// Items of the history that are looked at for one page, at most so often.
const LOOKED_AT: i32 = 200;
const LOOKS_MAX: usize = 10;

/// A decision's name within its debtor: when it was made, in microseconds, and which commit wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct DecisionId {
    micros: i64,
    version: u64,
}

impl DecisionId {
    /// Reads what [`fmt::Display`] writes, such as `1772524800000000-2`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (micros, version) = text.split_once('-')?;
        let id = Self { micros: micros.parse().ok()?, version: version.parse().ok()? };
        // One decision has one name.
        (id.to_string() == text && Timestamp::from_microsecond(id.micros).is_ok()).then_some(id)
    }

    fn of(sk: &str) -> Option<Self> {
        let mut parts = sk.strip_prefix(key::PAST)?.split('#');
        let at: Timestamp = parts.next()?.parse().ok()?;
        let number = parts.next().filter(|kind| *kind == DECISION).and_then(|_| parts.next())?;
        Some(Self { micros: at.as_microsecond(), version: number.split('.').next()?.parse().ok()? })
    }

    fn key(self, tenant: &TenantId, debtor: &DebtorId) -> Key {
        let at = Timestamp::from_microsecond(self.micros).unwrap_or_default();
        key::past(tenant, debtor, at, DECISION, &format!("{:08}.000", self.version))
    }
}

impl fmt::Display for DecisionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.micros, self.version)
    }
}

/// A decision as it lies in the table.
#[derive(Debug, Clone)]
pub struct StoredDecision {
    /// Its name.
    pub id: DecisionId,
    /// When it was made.
    pub at: Timestamp,
    /// The policy for what began then.
    pub policy: PolicyRef,
    /// The packs that contact was judged by, such as `platform@1`; none where it was too large to keep.
    pub packs: Vec<String>,
    /// The hash of what it was made from.
    pub input_hash: String,
    /// What was decided for each account.
    pub accounts: Vec<Told>,
    /// Why a message that had been planned did not leave, where that was asked.
    pub withheld: Option<Vec<Word>>,
    record: DecisionRecord,
    inputs: Option<Value>,
}

/// Decisions, newest first, and where the next page begins.
#[derive(Debug, Clone)]
pub struct DecisionPage {
    /// The decisions.
    pub decisions: Vec<StoredDecision>,
    /// Where the next page begins, if there is one.
    pub next: Option<String>,
}

/// A decision with all that it was made from: whoever has it can make it again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DecisionFile {
    /// Its name within its debtor.
    pub id: String,
    /// What was decided.
    decision: Value,
    /// What it was made from; none where that was too large to keep.
    inputs: Option<Value>,
    /// The policies, in full.
    policies: Vec<Value>,
}

/// What came of making a decision again.
#[derive(Debug, Clone, PartialEq)]
pub enum Replay {
    /// The same bytes.
    Same,
    /// Something else: where, what it was, and what it is.
    Differs(Vec<(String, Value, Value)>),
    /// What it was made from, or the policies, are not what was hashed then.
    Altered,
    /// It was made under a version that this build does not have, or was too large to keep.
    NotHere(String),
}

impl StoredDecision {
    /// `None` for one of the shape before, which named its packs and says too little to be told. The timeline has it.
    fn read(item: Item) -> Result<Option<Self>, StoreError> {
        if item.contains_key("packs") {
            return Ok(None);
        }
        let place = place(&item);
        Self::of(item).map(Some).map_err(|error| error.within(&place))
    }

    fn of(mut item: Item) -> Result<Self, StoreError> {
        let sk = item.get("SK").and_then(|sk| sk.as_s().ok()).map_or("", String::as_str);
        let id = DecisionId::of(sk).ok_or_else(|| StoreError::corrupt("SK", "names no decision"))?;
        let packed = item.remove(MADE_FROM).and_then(|packed| packed.as_b().ok().cloned());
        let inputs = packed.map(|packed| {
            let text = unpack(packed.as_ref())?;
            serde_json::from_slice::<Value>(&text).map_err(|error| StoreError::corrupt(MADE_FROM, error))
        });
        let (inputs, record) = (inputs.transpose()?, from_item::<DecisionRecord>(item)?);
        let packs = inputs.as_ref().and_then(|inputs| inputs.get("packs")?.as_array()).into_iter().flatten();
        Ok(Self {
            id,
            at: record.at,
            policy: record.policy()?,
            packs: packs.filter_map(|pack| pack.as_str().map(str::to_owned)).collect(),
            input_hash: record.inputs.clone(),
            accounts: record.told()?,
            withheld: record.withheld()?,
            record,
            inputs,
        })
    }

    /// With all that it was made from. `policies` are the tenant's, of which versions never change.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`].
    pub fn file(&self, policies: &Policies) -> Result<DecisionFile, StoreError> {
        let used = match &self.inputs {
            Some(inputs) => read_inputs(inputs)?.policies_used(policies.all())?,
            None => Vec::new(),
        };
        let policies = used.iter().map(json).collect::<Result<_, _>>()?;
        let decision = json(&self.record)?;
        Ok(DecisionFile { id: self.id.to_string(), decision, inputs: self.inputs.clone(), policies })
    }
}

impl DecisionFile {
    /// The hash of what a decision is made from, with the policies in full.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`].
    pub fn hash_of(inputs: &Value, policies: &[Value]) -> Result<String, StoreError> {
        fingerprint(inputs, &policies)
    }

    /// Makes the decision again, from what is in the file and the packs of this build, and compares the bytes.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] where the file is not in the form of one.
    pub fn replay(&self, calendar: &Calendar) -> Result<Replay, StoreError> {
        let was: DecisionRecord =
            serde_json::from_value(self.decision.clone()).map_err(|error| StoreError::corrupt("decision", error))?;
        let Some(inputs) = &self.inputs else {
            return Ok(Replay::NotHere("what it was made from was too large to keep".to_owned()));
        };
        if Self::hash_of(inputs, &self.policies)? != was.inputs {
            return Ok(Replay::Altered);
        }
        let inputs = read_inputs(inputs)?;
        let kept: Vec<Policy> = self.policies.iter().map(read_policy).collect::<Result<_, _>>()?;
        let debtor = inputs.debtor()?;
        let policies = match inputs.policies(&debtor, &kept) {
            Ok(policies) => policies,
            Err(other @ InputsError::Other(_)) => return Ok(Replay::NotHere(other.to_string())),
            Err(InputsError::Unreadable(error)) => return Err(error),
        };
        let decision = decide(&debtor, &policies, calendar, inputs.at);
        let again = Evaluation { decision, on: Box::new(debtor), withheld: None };
        // Why a message did not leave is no part of what the rules are asked.
        let is = json(&DecisionRecord::of(&again, was.inputs.clone())?.withheld_as(&was))?;
        if canonical(&is)? == canonical(&self.decision)? {
            return Ok(Replay::Same);
        }
        let mut differs = Vec::new();
        differences("", &self.decision, &is, &mut differs);
        Ok(Replay::Differs(differs))
    }
}

/// What differs between two values, by the path to it.
fn differences(at: &str, was: &Value, is: &Value, found: &mut Vec<(String, Value, Value)>) {
    match (was, is) {
        (Value::Object(was), Value::Object(is)) => {
            for (name, one) in was {
                differences(&format!("{at}/{name}"), one, is.get(name).unwrap_or(&Value::Null), found);
            }
            for (name, one) in is.iter().filter(|(name, _)| !was.contains_key(*name)) {
                found.push((format!("{at}/{name}"), Value::Null, one.clone()));
            }
        }
        (Value::Array(was), Value::Array(is)) if was.len() == is.len() => {
            for (index, (was, is)) in was.iter().zip(is).enumerate() {
                differences(&format!("{at}/{index}"), was, is, found);
            }
        }
        (was, is) if was == is => {}
        (was, is) => found.push((at.to_owned(), was.clone(), is.clone())),
    }
}

fn json(value: &impl Serialize) -> Result<Value, StoreError> {
    serde_json::to_value(value).map_err(|error| StoreError::corrupt("decision", error))
}

fn read_inputs(inputs: &Value) -> Result<InputsRecord, StoreError> {
    InputsRecord::deserialize(inputs).map_err(|error| StoreError::corrupt("inputs", error))
}

fn read_policy(policy: &Value) -> Result<Policy, StoreError> {
    PolicyRecord::deserialize(policy).map_err(|error| StoreError::corrupt("policies", error))?.read()
}

/// The item of an evaluation.
pub(super) fn item(commit: &Commit<'_>, evaluation: &Evaluation, key: &Key) -> Result<Item, StoreError> {
    let inputs = InputsRecord::of(&evaluation.on, commit.policies, evaluation.decision.at);
    let hash = fingerprint(&inputs, &inputs.policies_used(commit.policies.all())?)?;
    let mut item = to_item(key, &DecisionRecord::of(evaluation, hash)?)?;
    let packed = pack(&canonical(&inputs)?)?;
    if packed.len() <= MADE_FROM_MAX {
        item.insert(MADE_FROM.to_owned(), AttributeValue::B(Blob::new(packed)));
    }
    Ok(item)
}

impl Store {
    /// A decision about a debtor, by its name.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn decision(
        &self,
        tenant: &TenantId,
        debtor: &DebtorId,
        id: DecisionId,
    ) -> Result<Option<StoredDecision>, StoreError> {
        let found = self.get(&id.key(tenant, debtor)).await?.map(StoredDecision::read).transpose()?;
        Ok(found.flatten())
    }

    /// At most `limit` decisions about a debtor, newest first, from `after` on. They lie among the rest of the history, so a
    /// page may be short, and even empty, though another follows.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn decisions(
        &self,
        tenant: &TenantId,
        debtor: &DebtorId,
        limit: usize,
        after: Option<&str>,
    ) -> Result<DecisionPage, StoreError> {
        let mut page = DecisionPage { decisions: Vec::new(), next: after.map(str::to_owned) };
        for _ in 0..LOOKS_MAX {
            let (items, next) = self.look_for_decisions(tenant, debtor, page.next.as_deref()).await?;
            for item in items {
                let Some(decision) = StoredDecision::read(item)? else { continue };
                let last = decision.id.key(tenant, debtor).sk.trim_start_matches(key::PAST).to_owned();
                page.decisions.push(decision);
                if page.decisions.len() >= limit {
                    page.next = Some(last);
                    return Ok(page);
                }
            }
            page.next = next;
            if page.next.is_none() {
                break;
            }
        }
        Ok(page)
    }

    async fn look_for_decisions(
        &self,
        tenant: &TenantId,
        debtor: &DebtorId,
        after: Option<&str>,
    ) -> Result<(Vec<Item>, Option<String>), StoreError> {
        // A filter may not name a key; nothing else of the history has this.
        let query = self.newest_first(tenant, debtor, after).filter_expression("attribute_exists(inputs)");
        let answer = query.limit(LOOKED_AT).send().await.map_err(sort)?;
        let next = answer.last_evaluated_key.as_ref().and_then(|last| sort_key(last)).map(str::to_owned);
        Ok((answer.items.unwrap_or_default(), next))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decision_has_one_name() {
        let id = DecisionId::parse("1772524800000000-2").unwrap();
        assert_eq!(id.to_string(), "1772524800000000-2");
        let sk = "PAST#2026-03-03T08:00:00.000000Z#DECISION#00000002.000";
        assert_eq!(DecisionId::of(sk), Some(id));
        for wrong in ["", "2", "1772524800000000", "1772524800000000-02", "+1-2", "9223372036854775807-1", "1-2-3"] {
            assert_eq!(DecisionId::parse(wrong), None, "{wrong}");
        }
        assert_eq!(DecisionId::of("PAST#2026-03-03T08:00:00.000000Z#ENTRY#00000002.000"), None);
    }
}
