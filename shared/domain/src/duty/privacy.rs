//! What people may ask of their personal data (Regulation (EU) 2016/679, GDPR; the United Kingdom's alike).

use std::sync::Arc;

use jiff::civil::Date;

use super::because::Because;
use super::period::Period;
use super::provision::{Bar, Lifts, Provision};
use crate::calendar::holidays::HolidayCalendar;

/// The rights of people over their data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrivacyLaw {
    /// Article 12(3): when requests are answered.
    pub answers: Provision,
    /// From a request to the last day for an answer.
    pub answer_within: Period,
    /// The same, where the debtor was told in time that it takes longer, and why.
    pub extended: Period,
    /// Article 17: erasure.
    pub erasure: Provision,
    /// Article 18(1)(a): data that is contested.
    pub accuracy: Provision,
    /// Article 21: objection.
    pub objection: Provision,
    /// The days on which no period ends.
    pub holidays: Arc<HolidayCalendar>,
}

/// What somebody asks of their data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DataRequest {
    /// To erase it.
    Erasure,
    /// Not to use it.
    Objection,
    /// That it is not right.
    AccuracyContested {
        /// Whether it has been verified since.
        verified: bool,
    },
}

/// What the use of personal data rests on (article 6(1)). Collection never rests on consent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LawfulBasis {
    /// A contract with the debtor.
    Contract,
    /// A duty of law.
    LegalObligation,
    /// Interests of the creditor.
    LegitimateInterests,
}

/// What data is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// To write to the debtor without a person's doing.
    AutomatedDunning,
    /// To collect, by people.
    Collection,
    /// To sell something.
    Marketing,
}

/// What a right weighs against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grounds {
    /// What the use rests on.
    pub basis: LawfulBasis,
    /// Whether it is needed to establish, exercise or defend legal claims.
    pub legal_claim: bool,
}

/// Why a debt's data may have to stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keeping {
    /// Whether the debt is open.
    pub debt_open: bool,
    /// Whether it is needed to establish, exercise or defend legal claims.
    pub legal_claim: bool,
    /// Whether every law that wants it kept has run out.
    pub retention_over: bool,
}

impl PrivacyLaw {
    /// The last day to answer a request, or to say that it takes longer.
    #[must_use]
    pub fn answer_by(&self, received: Date) -> Date {
        self.answer_within.last_day(received, &self.holidays)
    }

    /// The last day to answer where the debtor was told in time that it takes longer (article 12(3), second sentence).
    #[must_use]
    pub fn answer_by_extended(&self, received: Date) -> Date {
        self.extended.last_day(received, &self.holidays)
    }

    /// Whether an answer was in time.
    ///
    /// # Errors
    /// A [`Bar`] where it came after the last day.
    pub fn timely(&self, received: Date, answered: Date) -> Result<(), Bar> {
        let by = self.answer_by(received);
        if answered <= by { Ok(()) } else { Err(self.answers.bar(Because::AnswerLate(by), Lifts::Never)) }
    }

    /// Whether a debt's data may be erased, and so must be where somebody asks for it.
    ///
    /// # Errors
    /// A [`Bar`] while it is needed for legal claims or kept by law (article 17(3)(b), (e)).
    pub fn may_erase(&self, keeping: Keeping) -> Result<(), Bar> {
        if keeping.debt_open || keeping.legal_claim || !keeping.retention_over {
            return Err(self.erasure.bar(Because::NeededForClaims, Lifts::WhenMended));
        }
        Ok(())
    }

    /// What a request says against a use. Whoever asks for erasure is answered with [`PrivacyLaw::may_erase`]; until then
    /// what may go on is what an objection leaves.
    #[must_use]
    pub fn bars_use(&self, request: DataRequest, wanted: Use, grounds: Grounds) -> Option<Bar> {
        match (request, wanted) {
            (DataRequest::AccuracyContested { verified: true }, _) => None,
            // Article 18(2): restricted data may still be used for legal claims, by somebody who looks at it.
            (DataRequest::AccuracyContested { verified: false }, Use::Collection) if grounds.legal_claim => None,
            (DataRequest::AccuracyContested { verified: false }, _) => {
                Some(self.accuracy.bar(Because::AccuracyContested, Lifts::WhenMended))
            }
            (DataRequest::Objection | DataRequest::Erasure, Use::Marketing) => {
                Some(self.objection.bar(Because::Objected, Lifts::Never))
            }
            (DataRequest::Objection | DataRequest::Erasure, Use::AutomatedDunning | Use::Collection) => {
                // Article 21(1) is about legitimate interests only, and gives way to legal claims.
                let stands = grounds.basis != LawfulBasis::LegitimateInterests || grounds.legal_claim;
                (!stands).then(|| self.objection.bar(Because::Objected, Lifts::WhenMended))
            }
        }
    }
}
