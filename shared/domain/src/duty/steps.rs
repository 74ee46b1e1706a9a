//! What may be done about a debt on a day: ask for it, threaten a suit, issue a claim, prove it in bankruptcy.

use crate::collector::CollectorRole;
use jiff::ToSpan as _;
use jiff::civil::Date;

use super::Duties;
use super::because::Because;
use super::limitation::Age;
use super::preaction::LetterOfClaim;
use super::provision::{Bar, Lifts};
use super::retention::RecordKind;
use super::validation::{CreditorRequest, ValidationDispute};
use crate::charge::moratorium::Moratorium;
use crate::contact::DebtorKind;
use crate::money::Money;
use crate::obligor::Obligor;

/// A step that somebody wants to take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Ask for money: this much, or all of it where it is not said.
    Demand(Option<Money>),
    /// Give a notice that the law demands, which asks for nothing.
    Notify,
    /// Say that a claim may or will be issued.
    ThreatenSuit,
    /// Issue a claim.
    IssueClaim,
    /// File a proof of claim in the debtor's bankruptcy.
    ProveClaim,
}

/// What has happened in the validation of a debt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validation {
    /// The last day to dispute.
    pub period_end: Date,
    /// A dispute.
    pub dispute: Option<ValidationDispute>,
    /// A request for the original creditor.
    pub creditor_request: Option<CreditorRequest>,
}

/// What is known of a letter of claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PreAction {
    /// Nothing.
    Unknown,
    /// None was sent.
    NotSent,
    /// One was sent.
    Sent(LetterOfClaim),
}

/// What is known of a debt. What is not known is no obstacle here, and has to be found out before the step is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Debt {
    /// Who is to pay; a natural person where that is not known.
    pub obligor: Obligor,
    /// How old it is.
    pub age: Option<Age>,
    /// What has happened in its validation, where a notice is owed for it.
    pub validation: Option<Validation>,
    /// The debtor's moratoria.
    pub moratoria: Vec<Moratorium>,
    /// When a petition in the debtor's bankruptcy was filed.
    pub petition: Option<Date>,
    /// What is known of a letter of claim.
    pub letter: PreAction,
}

impl Duties {
    /// Everything that stands against a step on a day: hard stops, then what its time forbids.
    #[must_use]
    pub fn bars(&self, step: Step, debt: &Debt, on: Date) -> Vec<Bar> {
        let mut bars = Vec::new();
        if step != Step::ProveClaim {
            bars.extend(self.stayed(debt, on));
            bars.extend(self.in_moratorium(debt, on));
            bars.extend(self.unvalidated(step, debt, on));
        }
        bars.extend(self.out_of_time(step, debt, on));
        if step == Step::IssueClaim {
            bars.extend(self.too_soon(debt, on));
        }
        bars
    }

    /// These, as far as they bind whoever collects from such a debtor: what US federal law asks of debt collectors it does
    /// not ask of creditors, nor for the debts of businesses (15 U.S.C. 1692a(3), (5), (6)).
    #[must_use]
    pub fn between(mut self, role: CollectorRole, debtor: DebtorKind) -> Self {
        if role != CollectorRole::ThirdParty || debtor != DebtorKind::Consumer {
            self.validation = None;
            self.retention.retain(|floor| floor.kind == RecordKind::Books);
        }
        self
    }

    fn too_soon(&self, debt: &Debt, on: Date) -> Option<Bar> {
        let law = self.pre_action.as_ref()?;
        match &debt.letter {
            PreAction::Unknown => None,
            PreAction::NotSent => law.bars_claim(debt.obligor, None, on),
            PreAction::Sent(letter) => law.bars_claim(debt.obligor, Some(letter), on),
        }
    }

    fn stayed(&self, debt: &Debt, on: Date) -> Option<Bar> {
        let filed = debt.petition.filter(|filed| *filed <= on)?;
        self.stay.as_ref().map(|stay| stay.bar(Because::Stay(filed), Lifts::WhenMended))
    }

    fn in_moratorium(&self, debt: &Debt, on: Date) -> Option<Bar> {
        // A moratorium is for individuals.
        let law = self.moratorium.as_ref().filter(|law| law.in_force(on) && debt.obligor.is_natural())?;
        let last = debt.moratoria.iter().filter(|moratorium| moratorium.covers(on)).map(|it| it.last()).max()?;
        Some(law.bar(Because::Moratorium(last), Lifts::On(last.saturating_add(1.day()))))
    }

    fn unvalidated(&self, step: Step, debt: &Debt, on: Date) -> Vec<Bar> {
        let (Some(law), Some(validation)) = (&self.validation, &debt.validation) else { return Vec::new() };
        if step == Step::Notify {
            return Vec::new();
        }
        let demand = if let Step::Demand(amount) = step { amount } else { None };
        let end = validation.period_end;
        let disputed = validation.dispute.as_ref().and_then(|dispute| law.paused(dispute, end, demand, on));
        let asked = validation.creditor_request.as_ref().and_then(|request| law.asked(request, end, on));
        let threatened = if step == Step::ThreatenSuit { law.overshadowed(end, on) } else { None };
        [disputed, asked, threatened].into_iter().flatten().collect()
    }

    fn out_of_time(&self, step: Step, debt: &Debt, on: Date) -> Option<Bar> {
        let (law, age) = (self.limitation.as_ref()?, debt.age.as_ref()?);
        match step {
            // A debt that is gone cannot be asked for or proved; one that is only barred can (12 CFR 1006.26(b)).
            Step::Demand(_) | Step::Notify | Step::ProveClaim => law.bars_demand(age, on),
            Step::ThreatenSuit | Step::IssueClaim => law.bars_suit(age, on).or_else(|| {
                // Nobody sues in time that nobody knows.
                let row = law.rows.first().filter(|_| law.expiry(age, on).is_none())?;
                Some(row.provision.bar(Because::LimitationUnknown, Lifts::WhenMended))
            }),
        }
    }
}
