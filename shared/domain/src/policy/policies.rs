//! All policies of a tenant.

use std::collections::BTreeMap;

use super::{Policy, PolicyError, Subject};
use crate::allocation::ComponentOrder;
use crate::charge::{Laws, Regime};
use crate::gate::ContactRules;
use crate::ids::PolicyRef;

/// A tenant's policies: for each subject the one for what begins now, and those that running cycles began under; and which
/// part of an invoice a payment clears first, on which interest hangs; and by what contact is judged.
#[derive(Debug, Clone)]
pub struct Policies {
    debt: Policy,
    recovery: Policy,
    earlier: BTreeMap<PolicyRef, Policy>,
    components: Option<ComponentOrder>,
    laws: Laws,
    contact: ContactRules,
}

impl Policies {
    /// `debt` and `recovery` for what begins now, `earlier` for what runs.
    #[must_use]
    pub fn new(debt: Policy, recovery: Policy, earlier: impl IntoIterator<Item = Policy>) -> Self {
        let earlier = earlier.into_iter().map(|policy| (policy.id.clone(), policy)).collect();
        let (laws, contact) = (Laws::default(), ContactRules::default());
        Self { debt, recovery, earlier, components: None, laws, contact }
    }

    /// The same where payments clear the parts of an invoice in this order, whatever the law says where nothing is agreed.
    #[must_use]
    pub fn clearing(self, components: ComponentOrder) -> Self {
        Self { components: Some(components), ..self }
    }

    /// The same where, unless the tenant has chosen, these laws say in which order.
    #[must_use]
    pub fn under(self, laws: Laws) -> Self {
        Self { laws, ..self }
    }

    /// The order in which a debtor's payments clear the parts of an invoice: what the tenant has chosen, else what the law of
    /// the debtor's country (ISO 3166) says, else the principal first.
    #[must_use]
    pub fn components(&self, country: Option<&str>) -> ComponentOrder {
        let law = || country.and_then(|country| self.laws.of(country)?.components);
        self.components.or_else(law).unwrap_or_default()
    }

    /// The order that the tenant has chosen, where it has.
    #[must_use]
    pub fn chosen_components(&self) -> Option<ComponentOrder> {
        self.components
    }

    /// The law of a country (ISO 3166) on what is owed late, where it is known.
    #[must_use]
    pub fn law(&self, country: &str) -> Option<&Regime> {
        self.laws.of(country)
    }

    /// The same where contact is judged by these rules; without, by none.
    #[must_use]
    pub fn contacting_by(self, contact: ContactRules) -> Self {
        Self { contact, ..self }
    }

    /// The same where this policy is in use for a subject.
    #[must_use]
    pub fn using(self, subject: Subject, policy: Policy) -> Self {
        match subject {
            Subject::Debt => Self { debt: policy, ..self },
            Subject::Recovery => Self { recovery: policy, ..self },
        }
    }

    /// By what contact is judged.
    #[must_use]
    pub fn contact(&self) -> &ContactRules {
        &self.contact
    }

    /// Every policy.
    pub fn all(&self) -> impl Iterator<Item = &Policy> {
        [&self.debt, &self.recovery].into_iter().chain(self.earlier.values())
    }

    /// The policies of a tenant who chose none.
    ///
    /// # Errors
    /// Never, which a test shows.
    pub fn built_in() -> Result<Self, PolicyError> {
        Ok(Self::new(Policy::built_in()?, Policy::built_in_recovery()?, []))
    }

    /// The policy for what begins now.
    #[must_use]
    pub fn current(&self, subject: Subject) -> &Policy {
        match subject {
            Subject::Debt => &self.debt,
            Subject::Recovery => &self.recovery,
        }
    }

    /// The policy that a subject is pursued under since its cycle turned to it; the current one where that version is gone.
    #[must_use]
    pub fn began_under(&self, subject: Subject, id: &PolicyRef) -> &Policy {
        self.earlier.get(id).unwrap_or_else(|| self.current(subject))
    }
}
