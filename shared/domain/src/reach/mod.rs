//! How a debtor can be reached: what is known of each address, what is said of messages to it, and what it answers.
//!
//! | module | what it is about |
//! | --- | --- |
//! | [`address`] | an e-mail address or a phone number |
//! | [`consent`] | what was agreed to for an address |
//! | [`point`], [`points`] | an address of a debtor with all that is known of it; all of a debtor's |
//! | [`preferences`] | what the debtor wants, whatever the address |
//! | [`suppression`] | an address that a tenant must not use |
//! | [`feedback`] | what providers say of a message after it has left |
//! | [`reply`] | what a text that comes back means |

pub mod address;
pub mod consent;
pub mod feedback;
pub mod point;
pub mod points;
pub mod preferences;
pub mod reply;
pub mod suppression;

pub use address::Address;
pub use consent::{Consent, ConsentKind, ConsentSource, GivenTo, Withdrawn};
pub use feedback::{Feedback, Word};
pub use point::{ContactPoint, ContactPurpose, Rest, Stopped, Way};
pub use points::{ContactPoints, PointError};
pub use preferences::Preferences;
pub use reply::Reply;
pub use suppression::{StopReason, Suppression};
