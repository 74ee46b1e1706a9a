//! The law of every jurisdiction that is known.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Regime;

/// Regimes by jurisdiction. A copy costs next to nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Laws(Arc<BTreeMap<String, Regime>>);

impl Laws {
    /// Takes each regime with its jurisdiction: two letters of ISO 3166, or `EU`.
    #[must_use]
    pub fn new(regimes: impl IntoIterator<Item = (String, Regime)>) -> Self {
        Self(Arc::new(regimes.into_iter().collect()))
    }

    /// The law of a jurisdiction; parts of a country (`GB-SCT`) have the country's. A member state whose own law is not
    /// known is not taken for the directive.
    #[must_use]
    pub fn of(&self, jurisdiction: &str) -> Option<&Regime> {
        self.0.get(jurisdiction.split('-').next().unwrap_or_default())
    }

    /// Every jurisdiction that is known, in order.
    pub fn jurisdictions(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}
