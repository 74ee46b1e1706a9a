//! Records, and how they are chained.

use serde::{Deserialize, Serialize};

use crate::Digest;

/// Who changed something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Actor {
    /// `staff`, `api`, `portal`, `provider`, `import`, `system`.
    pub kind: String,
    /// Who of them, by an id that names no person: the subject of a token, a provider, an import, a function.
    pub id: String,
}

impl Actor {
    /// Someone of this kind.
    #[must_use]
    pub fn new(kind: &str, id: &str) -> Self {
        Self { kind: kind.to_owned(), id: id.to_owned() }
    }

    /// One of our own functions, by itself.
    #[must_use]
    pub fn system(function: &str) -> Self {
        Self::new("system", function)
    }
}

/// A change of a debtor, or of a tenant's settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// When, RFC 3339 in UTC.
    pub at: String,
    /// Who.
    pub actor: Actor,
    /// What: the names of the events that it told, in order.
    pub what: Vec<String>,
    /// Why, where someone said so.
    pub why: Option<String>,
    /// The digest of the state before; [`Digest::NONE`] where there was none.
    pub before: Digest,
    /// The digest of the state after.
    pub after: Digest,
    /// The shape that the states were digested in: of another shape the same state has another digest.
    pub shape: u32,
    /// The digest of what was written into the history, see [`crate::Written`].
    pub written: Digest,
}

/// Where a chain ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// How many records there are.
    pub seq: u64,
    /// The hash of the last.
    pub hash: Digest,
}

impl Head {
    /// Of a chain without records.
    pub const EMPTY: Self = Self { seq: 0, hash: Digest::NONE };
}

/// One record of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// Which of its log, counted from 1.
    pub seq: u64,
    /// The tenant.
    pub tenant: String,
    /// The debtor; none in the log of the tenant's own settings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub debtor: Option<String>,
    /// See [`Change::at`].
    pub at: String,
    /// See [`Change::actor`].
    pub actor: Actor,
    /// See [`Change::what`].
    pub what: Vec<String>,
    /// See [`Change::why`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// See [`Change::before`].
    pub before: Digest,
    /// See [`Change::after`].
    pub after: Digest,
    /// See [`Change::shape`].
    pub shape: u32,
    /// See [`Change::written`].
    pub written: Digest,
    /// The hash of the record before.
    pub prev: Digest,
    /// The hash of this record: of its canonical JSON with [`Digest::NONE`] in this place.
    pub hash: Digest,
}

impl Record {
    /// The record of a change that follows `head`.
    #[must_use]
    pub fn new(tenant: &str, debtor: Option<&str>, head: Head, change: Change) -> Self {
        let Change { at, actor, what, why, before, after, shape, written } = change;
        let unsigned = Self {
            seq: head.seq.saturating_add(1),
            tenant: tenant.to_owned(),
            debtor: debtor.map(str::to_owned),
            at,
            actor,
            what,
            why,
            before,
            after,
            shape,
            written,
            prev: head.hash,
            hash: Digest::NONE,
        };
        Self { hash: unsigned.computed_hash(), ..unsigned }
    }

    /// The chain that ends with it.
    #[must_use]
    pub fn head(&self) -> Head {
        Head { seq: self.seq, hash: self.hash }
    }

    /// The hash that it should have.
    #[must_use]
    pub fn computed_hash(&self) -> Digest {
        Digest::of(&canonical(&Self { hash: Digest::NONE, ..self.clone() }))
    }
}

/// The canonical JSON of something.
pub(crate) fn canonical(value: &impl Serialize) -> Vec<u8> {
    // The types here have no maps but those of JSON itself, whose names are text.
    serde_json::to_vec(value).unwrap_or_default()
}
