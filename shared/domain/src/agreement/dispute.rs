//! What a debtor contests.

use super::AgreementError;
use crate::money::Money;

/// Why an invoice is contested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DisputeReason {
    /// What was invoiced did not arrive.
    NotReceived,
    /// It arrived, and is not as agreed.
    Defective,
    /// The price or quantity is wrong.
    WrongAmount,
    /// The same was invoiced before.
    Duplicate,
    /// It was paid already.
    AlreadyPaid,
    /// The debtor did not order it.
    NotOrdered,
    /// It was invoiced to someone else.
    NotMine,
    /// Terms or references are missing or wrong.
    Terms,
    /// Anything else, as the note says.
    Other,
}

impl DisputeReason {
    /// Every reason.
    pub const ALL: [Self; 9] = [
        Self::NotReceived,
        Self::Defective,
        Self::WrongAmount,
        Self::Duplicate,
        Self::AlreadyPaid,
        Self::NotOrdered,
        Self::NotMine,
        Self::Terms,
        Self::Other,
    ];

    /// The reason's name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotReceived => "not_received",
            Self::Defective => "defective",
            Self::WrongAmount => "wrong_amount",
            Self::Duplicate => "duplicate",
            Self::AlreadyPaid => "already_paid",
            Self::NotOrdered => "not_ordered",
            Self::NotMine => "not_mine",
            Self::Terms => "terms",
            Self::Other => "other",
        }
    }

    /// Reads what [`DisputeReason::as_str`] writes.
    #[must_use]
    pub fn parse(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == value)
    }
}

/// An invoice that is contested, or so much of it; the rest stays collectable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dispute {
    amount: Option<Money>,
    reason: DisputeReason,
    evidence: Vec<String>,
}

impl Dispute {
    /// `amount` of the invoice is contested, or all of it; `evidence` says where to find what supports it.
    ///
    /// # Errors
    /// [`AgreementError::NothingPromised`] where the amount is not more than nothing.
    pub fn new(amount: Option<Money>, reason: DisputeReason, evidence: Vec<String>) -> Result<Self, AgreementError> {
        if amount.is_some_and(|amount| !amount.is_positive()) {
            return Err(AgreementError::NothingPromised("the contested amount"));
        }
        Ok(Self { amount, reason, evidence })
    }

    /// How much is contested; `None` for all.
    #[must_use]
    pub fn amount(&self) -> Option<Money> {
        self.amount
    }

    /// Why.
    #[must_use]
    pub fn reason(&self) -> DisputeReason {
        self.reason
    }

    /// Where to find what supports it.
    #[must_use]
    pub fn evidence(&self) -> &[String] {
        &self.evidence
    }
}

/// What a person decided about a dispute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolution {
    /// The debtor is right: what was contested is credited.
    Accepted,
    /// The debtor is right about so much.
    Partly(Money),
    /// All is owed.
    Rejected,
}
