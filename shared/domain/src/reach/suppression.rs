//! An address that a tenant must not use, whoever of its debtors has it.

use jiff::Timestamp;

use super::address::Address;
use crate::ids::DebtorId;
use crate::named::named;

/// Why an address is not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum StopReason {
    /// Nothing can be delivered there.
    HardBounce,
    /// Nothing could be delivered there several times in a row.
    SoftBounces,
    /// Its holder called a message spam.
    Complaint,
    /// Its holder answered with a word that ends messages (47 CFR 64.1200(a)(10)).
    Stop,
    /// Its holder asked in their own words for no more messages.
    Refused,
    /// Its holder followed the link that ends e-mail (RFC 8058).
    Unsubscribed,
    /// Someone of the tenant said so.
    Manual,
}

named!(
    StopReason,
    HardBounce => "hard_bounce",
    SoftBounces => "soft_bounces",
    Complaint => "complaint",
    Stop => "stop",
    Refused => "refused",
    Unsubscribed => "unsubscribed",
    Manual => "manual",
);

impl StopReason {
    /// Whether its holder wants no messages. One that cannot be delivered to says nothing of the holder's others.
    #[must_use]
    pub fn is_refusal(self) -> bool {
        !matches!(self, Self::HardBounce | Self::SoftBounces)
    }
}

/// An address that a tenant must not use. No event lifts it; a person may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppression {
    /// The address.
    pub address: Address,
    /// Why; the reason that became known first stays.
    pub reason: StopReason,
    /// Since when.
    pub since: Timestamp,
    /// What said so: a provider's id of the event, or a note.
    pub source: Option<String>,
    /// The debtors who have it on record, so that they can be told when it is lifted.
    pub debtors: Vec<DebtorId>,
}

impl Suppression {
    /// Puts a debtor on the list of who knows of it; `false` where it is there already.
    pub fn noted_by(&mut self, debtor: &DebtorId) -> bool {
        let is_new = !self.debtors.contains(debtor);
        if is_new {
            self.debtors.push(debtor.clone());
        }
        is_new
    }
}
