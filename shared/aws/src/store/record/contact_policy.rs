//! What a tenant decides about contact, as its settings keep it. What is not there is as the platform has it.

use dunlin_domain::collector::CollectorRole;
use dunlin_domain::gate::policy::Role;
use dunlin_domain::gate::{ContactPolicy, ContactRules, Lawbook, Loosened};
use dunlin_domain::ids::{Citation, RuleId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{is_zero, known, read};
use crate::store::error::StoreError;

/// A tenant's contact policy.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct ContactPolicyRecord {
    /// Counts how often it was decided; a writer names the one that it has seen.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) version: u32,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    loosened: Vec<LoosenedRecord>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    attorney_silence_days: Option<i32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gap_minutes: Option<i32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    calls_a_day: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    margin_minutes: Option<i32>,
    #[serde(default, skip_serializing_if = "is_zero")]
    pause_on_any_dispute: bool,
}

/// A default that does not hold for the tenant, on what basis, why, who decided it, and until when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct LoosenedRecord {
    rule: String,
    basis: String,
    reason: String,
    role: String,
    decided_at: Timestamp,
    expires: Timestamp,
}

impl ContactPolicyRecord {
    /// What differs from the platform's.
    pub(crate) fn of(policy: &ContactPolicy, version: u32) -> Self {
        let otherwise = ContactPolicy::default();
        let unless = |own: i32, otherwise: i32| (own != otherwise).then_some(own);
        Self {
            version,
            loosened: policy.loosened.iter().map(LoosenedRecord::of).collect(),
            attorney_silence_days: unless(policy.attorney_silence_days, otherwise.attorney_silence_days),
            gap_minutes: policy.gap_minutes,
            calls_a_day: policy.calls_a_day,
            margin_minutes: unless(policy.margin_minutes, otherwise.margin_minutes),
            pause_on_any_dispute: policy.pause_on_any_dispute,
        }
    }

    pub(crate) fn policy(&self) -> Result<ContactPolicy, StoreError> {
        let otherwise = ContactPolicy::default();
        let loosened = |(index, one): (usize, &LoosenedRecord)| {
            one.read().map_err(|error| error.within(&format!("contact.loosened[{index}]")))
        };
        Ok(ContactPolicy {
            loosened: self.loosened.iter().enumerate().map(loosened).collect::<Result<_, _>>()?,
            attorney_silence_days: self.attorney_silence_days.unwrap_or(otherwise.attorney_silence_days),
            gap_minutes: self.gap_minutes,
            calls_a_day: self.calls_a_day,
            margin_minutes: self.margin_minutes.unwrap_or(otherwise.margin_minutes),
            pause_on_any_dispute: self.pause_on_any_dispute,
            ..otherwise
        })
    }

    pub(crate) fn read(&self, book: Lawbook, collector: CollectorRole) -> Result<ContactRules, StoreError> {
        Ok(ContactRules { book, collector, policy: self.policy()? })
    }
}

impl LoosenedRecord {
    fn of(loosened: &Loosened) -> Self {
        Self {
            rule: loosened.rule().to_string(),
            basis: loosened.basis().to_string(),
            reason: loosened.reason().to_owned(),
            role: loosened.role().as_str().to_owned(),
            decided_at: loosened.decided(),
            expires: loosened.expires(),
        }
    }

    fn read(&self) -> Result<Loosened, StoreError> {
        let role = known("role", &self.role, Role::parse(&self.role))?;
        let rule = read("rule", RuleId::parse(&self.rule))?;
        let basis = read("basis", Citation::parse(&self.basis))?;
        read("loosened", Loosened::new(rule, (basis, &self.reason), role, (self.decided_at, self.expires)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(json: &str) -> Result<ContactRules, StoreError> {
        serde_json::from_str::<ContactPolicyRecord>(json).unwrap().read(Lawbook::default(), CollectorRole::FirstParty)
    }

    #[test]
    fn a_tenant_that_decided_nothing_has_the_platforms_policy() {
        assert_eq!(settings("{}").unwrap(), ContactRules::default());
    }

    #[test]
    fn what_is_loosened_needs_basis_role_reason_and_expiry() {
        let loosened = |role: &str, reason: &str| {
            settings(&format!(
                r#"{{"margin_minutes": 5, "loosened": [{{"rule": "PLATFORM.US.HOURS",
                "basis": "Opinion of counsel", "reason": "{reason}", "role": "{role}",
                "decided_at": "2026-01-01T00:00:00Z", "expires": "2026-06-01T00:00:00Z"}}]}}"#
            ))
        };
        let rules = loosened("owner", "business debtors on night shift").unwrap();
        assert_eq!(rules.policy.margin_minutes, 5);
        assert_eq!(rules.policy.loosened[0].rule().as_str(), "PLATFORM.US.HOURS");
        let written = ContactPolicyRecord::of(&rules.policy, 2);
        assert_eq!((written.version, written.policy().unwrap()), (2, rules.policy));
        for (role, reason, says) in [
            ("manager", "business debtors on night shift", "compliance officer"),
            ("owner", "because", "10 to 500"),
            ("king", "business debtors on night shift", "role"),
        ] {
            let error = loosened(role, reason).unwrap_err().to_string();
            assert!(error.contains(says) && error.contains("contact.loosened[0]"), "{error}");
        }
    }
}
