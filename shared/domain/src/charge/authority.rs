//! What a charge rests on.

use std::fmt;

use crate::ids::Citation;
use crate::money::Money;

/// What a charge rests on: without one there is no charge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Authority {
    /// A law permits it.
    Statute(Citation),
    /// The agreement that made the debt provides for it, in this clause.
    Contract(Citation),
}

impl Authority {
    /// `statute` or `contract`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Statute(_) => "statute",
            Self::Contract(_) => "contract",
        }
    }

    /// The section or the clause.
    #[must_use]
    pub fn citation(&self) -> &Citation {
        match self {
            Self::Statute(citation) | Self::Contract(citation) => citation,
        }
    }
}

impl fmt::Display for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind(), self.citation())
    }
}

/// An amount that may be charged, and what it rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    /// How much.
    pub amount: Money,
    /// What it rests on.
    pub authority: Authority,
}
