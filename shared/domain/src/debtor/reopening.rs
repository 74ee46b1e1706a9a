//! Why something that was settled, or planned, is owed again.

use std::fmt;

use super::booking::Cause;
use crate::agreement::AgreementEnd;
use crate::ids::AgreementId;
use crate::ledger::EntryKind;
use crate::money::Money;

/// What made it owed again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReopenedBy {
    /// The debtor's bank took a payment back.
    ChargedBack,
    /// The creditor paid a payment back.
    Refunded,
    /// A payment that had come in was returned.
    Returned,
    /// A credit note was taken back.
    CreditNoteVoided,
    /// A fee or interest was charged on it.
    Charged,
    /// More is owed on the invoice than was told before.
    Raised,
    /// Too many instalments of a plan were missed.
    PlanDefaulted,
    /// A plan was called off.
    PlanCancelled,
    /// It was not noted at the time.
    Unrecorded,
}

impl ReopenedBy {
    /// Every one.
    pub const ALL: [Self; 9] = [
        Self::ChargedBack,
        Self::Refunded,
        Self::Returned,
        Self::CreditNoteVoided,
        Self::Charged,
        Self::Raised,
        Self::PlanDefaulted,
        Self::PlanCancelled,
        Self::Unrecorded,
    ];

    /// The name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ChargedBack => "charged_back",
            Self::Refunded => "refunded",
            Self::Returned => "returned",
            Self::CreditNoteVoided => "credit_note_voided",
            Self::Charged => "charged",
            Self::Raised => "raised",
            Self::PlanDefaulted => "plan_defaulted",
            Self::PlanCancelled => "plan_cancelled",
            Self::Unrecorded => "unrecorded",
        }
    }

    /// Reads what [`ReopenedBy::as_str`] writes.
    #[must_use]
    pub fn parse(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == value)
    }
}

/// Why it is owed again, and of what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reopening {
    /// What happened.
    pub by: ReopenedBy,
    /// To which payment, credit note, charge or plan, by its id.
    pub reference: Option<String>,
}

impl Reopening {
    /// What an account from before the cause was kept has.
    pub const UNRECORDED: Self = Self { by: ReopenedBy::Unrecorded, reference: None };

    /// By what the ledger did to an invoice at once: what went back says more than what was charged or raised with it.
    pub(super) fn of_invoice(differences: &[(EntryKind, Money, Option<&str>)], cause: Cause<'_>) -> Self {
        let more = |kind| differences.iter().any(|(one, amount, _)| *one == kind && amount.is_positive());
        let told = [
            (EntryKind::Chargeback, ReopenedBy::ChargedBack),
            (EntryKind::Refund, ReopenedBy::Refunded),
            (EntryKind::Payment, ReopenedBy::Returned),
            (EntryKind::Credit, ReopenedBy::CreditNoteVoided),
            (EntryKind::Fee, ReopenedBy::Charged),
            (EntryKind::Interest, ReopenedBy::Charged),
        ];
        let by = told.into_iter().find(|(kind, _)| more(*kind)).map_or(ReopenedBy::Raised, |(_, by)| by);
        Self { by, reference: cause.reference.map(ToString::to_string) }
    }

    /// By a plan that came to nothing; `None` where its debts are not owed as before.
    pub(super) fn of_plan(plan: &AgreementId, end: &AgreementEnd) -> Option<Self> {
        let by = match end {
            AgreementEnd::Defaulted => ReopenedBy::PlanDefaulted,
            AgreementEnd::Cancelled(_) => ReopenedBy::PlanCancelled,
            AgreementEnd::Kept
            | AgreementEnd::PartlyKept
            | AgreementEnd::Broken
            | AgreementEnd::Completed
            | AgreementEnd::Lapsed
            | AgreementEnd::Settled
            | AgreementEnd::Resolved(_) => return None,
        };
        Some(Self { by, reference: Some(plan.to_string()) })
    }
}

impl fmt::Display for Reopening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.by.as_str())?;
        self.reference.as_ref().map_or(Ok(()), |reference| write!(f, ", {reference}"))
    }
}
