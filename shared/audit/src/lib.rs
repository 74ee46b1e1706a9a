//! The audit log: every change of a debtor and of a tenant's settings, each naming the one before by its hash.
//!
//! A [`Record`] says who changed what, when and why, and binds the state before and after and all that was written into
//! the history by their digests. Records of a debtor form a chain, and so do those of a tenant's settings; where one ends is
//! its [`Head`], which is anchored outside of the table once a day, see [`Anchor`]. An [export](Export) is a file that anyone can [verify] offline: an edit, a
//! deletion, an insertion or another order breaks the chain, and a chain that was made anew from some point on does not
//! meet its anchor.
//!
//! Hashes are SHA-256 over the canonical JSON of what they bind: no blanks, fields in the order of the types here, the
//! fields of a history item in alphabetical order.

#![warn(clippy::arithmetic_side_effects, missing_docs)]

mod anchor;
mod chain;
mod digest;
mod export;
mod verify;

pub use anchor::{Anchor, AnchorError, AnchorRef, AnchoredHead, Anchors};
pub use chain::{Actor, Change, Head, Record};
pub use digest::Digest;
pub use export::{Export, ExportError, Part, Written, bytes_of};
pub use verify::{Fault, Flaw, Verified, verify};
