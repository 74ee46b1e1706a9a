//! Where logs ended on a day, kept where nobody can overwrite it.
//!
//! A tenant has an anchor for each day on which a log of it moved. Each binds the one before by its hash, so that none
//! can be changed, left out or put in between without the next one showing it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::chain::canonical;
use crate::{Digest, Head};

/// The format's name and version.
const FORMAT: &str = "dunlin-anchor/1";

/// Which anchor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnchorRef {
    /// Its day, in UTC, as `2026-03-02`.
    pub day: String,
    /// Its hash.
    pub hash: Digest,
}

/// Where one log ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnchoredHead {
    /// The debtor; none for the log of the tenant's own settings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub debtor: Option<String>,
    /// Where it ended.
    pub head: Head,
}

/// Where the logs of a tenant ended that moved on a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Anchor {
    format: String,
    tenant: String,
    day: String,
    /// The tenant's anchor before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    previous: Option<AnchorRef>,
    /// By debtor.
    heads: Vec<AnchoredHead>,
    /// Of the canonical JSON with [`Digest::NONE`] in this place.
    hash: Digest,
}

/// Why anchors prove nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnchorError {
    /// A file is not what an anchor is written as.
    #[error("this is not what an anchor is: {0}")]
    Form(&'static str),
    /// A file says something else than when it was written.
    #[error("the anchor of {0} was edited: its hash does not fit what it says")]
    Edited(String),
    /// Two files say something else of one day.
    #[error("there are two anchors of {0}, and they differ")]
    Twofold(String),
    /// An anchor names another predecessor than the one at hand.
    #[error("the anchor of {day} does not follow the one of {before}: one of them was written anew")]
    Broken {
        /// The later anchor's day.
        day: String,
        /// The earlier one's.
        before: String,
    },
}

impl Anchor {
    /// The anchor of a day, after the tenant's anchor before, of where logs ended: those of debtors, and without one that of
    /// the tenant's own settings.
    #[must_use]
    pub fn new(tenant: &str, day: &str, previous: Option<AnchorRef>, heads: BTreeMap<Option<String>, Head>) -> Self {
        let unsigned = Self {
            format: FORMAT.to_owned(),
            tenant: tenant.to_owned(),
            day: day.to_owned(),
            previous,
            heads: heads.into_iter().map(|(debtor, head)| AnchoredHead { debtor, head }).collect(),
            hash: Digest::NONE,
        };
        Self { hash: unsigned.computed_hash(), ..unsigned }
    }

    /// Reads what was anchored.
    ///
    /// # Errors
    /// [`AnchorError::Form`] and [`AnchorError::Edited`].
    pub fn read(bytes: &[u8]) -> Result<Self, AnchorError> {
        let anchor: Self = serde_json::from_slice(bytes).map_err(|_| AnchorError::Form("it cannot be read"))?;
        if anchor.format != FORMAT {
            return Err(AnchorError::Form("the format is another than dunlin-anchor/1"));
        }
        if anchor.write() != bytes {
            return Err(AnchorError::Form("it is written otherwise"));
        }
        if !anchor.heads.is_sorted_by(|a, b| a.debtor < b.debtor) {
            return Err(AnchorError::Form("logs go by their debtors, and each is there once"));
        }
        if anchor.hash != anchor.computed_hash() {
            return Err(AnchorError::Edited(anchor.day));
        }
        Ok(anchor)
    }

    /// What is kept.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        canonical(self)
    }

    /// The tenant's anchor before.
    #[must_use]
    pub fn previous(&self) -> Option<&AnchorRef> {
        self.previous.as_ref()
    }

    /// Where logs ended, by debtor.
    #[must_use]
    pub fn heads(&self) -> &[AnchoredHead] {
        &self.heads
    }

    /// How the next one names it.
    #[must_use]
    pub fn reference(&self) -> AnchorRef {
        AnchorRef { day: self.day.clone(), hash: self.hash }
    }

    fn computed_hash(&self) -> Digest {
        Digest::of(&canonical(&Self { hash: Digest::NONE, ..self.clone() }))
    }
}

/// Anchors that hang together, of any tenants and days. Days may be missing between them: no tenant moves on each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Anchors(BTreeMap<(String, String), Anchor>);

impl Anchors {
    /// Takes anchors in any order.
    ///
    /// # Errors
    /// [`AnchorError::Twofold`] and [`AnchorError::Broken`].
    pub fn new(anchors: impl IntoIterator<Item = Anchor>) -> Result<Self, AnchorError> {
        let mut found: BTreeMap<(String, String), Anchor> = BTreeMap::new();
        for anchor in anchors {
            let place = (anchor.tenant.clone(), anchor.day.clone());
            if found.get(&place).is_some_and(|known| *known != anchor) {
                return Err(AnchorError::Twofold(anchor.day));
            }
            found.insert(place, anchor);
        }
        for (before, after) in found.values().zip(found.values().skip(1)) {
            if before.tenant == after.tenant && !after.may_follow(before) {
                return Err(AnchorError::Broken { day: after.day.clone(), before: before.day.clone() });
            }
        }
        Ok(Self(found))
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Where a log ended, and on which day, as far as anchors name it.
    pub(crate) fn of(&self, tenant: &str, debtor: Option<&str>) -> Vec<(Head, String)> {
        let ours = self.0.values().filter(|anchor| anchor.tenant == tenant);
        let named = ours.filter_map(|anchor| {
            let at = anchor.heads.binary_search_by(|one| one.debtor.as_deref().cmp(&debtor)).ok()?;
            Some((anchor.heads.get(at)?.head, anchor.day.clone()))
        });
        named.collect()
    }
}

impl Anchor {
    /// Whether `before`, an anchor of an earlier day, can be the one before this, or one that is further back.
    fn may_follow(&self, before: &Self) -> bool {
        match &self.previous {
            Some(previous) if previous.day == before.day => previous.hash == before.hash,
            Some(previous) => previous.day > before.day,
            None => false,
        }
    }
}
