//! The ladder: which step follows how many days after (or before) the due date, what is charged on the way, and what is
//! too little to chase. A policy is data; its rules are in [`crate::decide`] and [`crate::debtor`].

mod policies;

pub use policies::Policies;

use crate::by_currency::ByCurrency;
use crate::charge::ChargeRule;
use crate::charge::rule::Levy;
use crate::charge::terms::Terms;
use crate::contact::Channel;
use crate::ids::{IdError, PolicyName, PolicyRef, RuleName, StepName};

/// What is pursued, which decides the policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// What the debtor has to pay without further ado.
    Debt,
    /// A payment that a provider failed to collect and tries again: what is asked for is a card that works.
    Recovery,
}

impl Subject {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Debt, Self::Recovery];

    /// Its name, in the API and in the table.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Debt => "debts",
            Self::Recovery => "recovery",
        }
    }

    /// Reads what [`Subject::as_str`] writes.
    #[must_use]
    pub fn parse(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|subject| subject.as_str() == value)
    }
}

/// How far a debt has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Not yet due: a courtesy.
    Upcoming,
    /// Friendly reminders.
    Early,
    /// A collector engages.
    Mid,
    /// Final notice and escalation.
    Late,
}

impl Stage {
    /// Every stage.
    pub const ALL: [Self; 4] = [Self::Upcoming, Self::Early, Self::Mid, Self::Late];

    /// The stage's name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Upcoming => "upcoming",
            Self::Early => "early",
            Self::Mid => "mid",
            Self::Late => "late",
        }
    }

    /// Reads what [`Stage::as_str`] writes.
    #[must_use]
    pub fn parse(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.as_str() == value)
    }
}

/// Work for a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TaskKind {
    /// Call the debtor.
    Call,
    /// Take the debt over to late-stage work.
    HandOver,
    /// Find a way to reach the debtor: no channel of the step can be used.
    FindContact,
    /// Mend what a message says, or say it otherwise: what it would have said was refused.
    MendMessage,
}

impl TaskKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Call, Self::HandOver, Self::FindContact, Self::MendMessage];

    /// The kind's name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::HandOver => "hand_over",
            Self::FindContact => "find_contact",
            Self::MendMessage => "mend_message",
        }
    }

    /// Reads what [`TaskKind::as_str`] writes.
    #[must_use]
    pub fn parse(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == value)
    }
}

/// What a step does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepAction {
    /// Writes to the debtor by the first of these channels that can be used.
    Message(Vec<Channel>),
    /// Opens a task.
    Task(TaskKind),
}

/// One rung.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Its name, unique within the policy.
    pub name: StepName,
    /// Days after the due date; negative: before it. Never 0.
    pub offset_days: i32,
    /// The stage; `Upcoming` exactly where the offset is negative.
    pub stage: Stage,
    /// What it does.
    pub action: StepAction,
}

/// What is wrong with a policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// There is nothing to do in it.
    #[error("a policy needs at least one step")]
    Empty,
    /// Two steps share a name or a day.
    #[error("step {0} repeats the name or the day of another step")]
    Repeated(StepName),
    /// Stage and day contradict each other, or the day is out of range.
    #[error("step {0} must be of stage upcoming before the due date and of another after it, within -90 to 365 days")]
    WrongDay(StepName),
    /// A message without a channel.
    #[error("step {0} is a message without a channel")]
    NoChannel(StepName),
    /// Two charge rules share a name.
    #[error("charge rule {0} repeats the name of another rule")]
    RepeatedRule(RuleName),
    /// Two charge rules would charge the same: interest, or the fixed sum.
    #[error(
        "charge rule {0} charges what another rule charges already: keep one for interest and one for the fixed sum"
    )]
    ChargedTwice(RuleName),
}

/// A version of a ladder, its steps in order of their days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    id: PolicyRef,
    steps: Vec<Step>,
    charges: Vec<ChargeRule>,
    minimums: ByCurrency,
}

impl Policy {
    /// Checks the steps and puts them in order.
    ///
    /// # Errors
    /// [`PolicyError`], which names the step.
    pub fn new(id: PolicyRef, mut steps: Vec<Step>) -> Result<Self, PolicyError> {
        steps.sort_by_key(|step| step.offset_days);
        for (index, step) in steps.iter().enumerate() {
            let rest = steps.iter().skip(index.saturating_add(1));
            if rest.clone().any(|other| other.name == step.name || other.offset_days == step.offset_days) {
                return Err(PolicyError::Repeated(step.name.clone()));
            }
            let before = step.offset_days < 0;
            let fits = before == (step.stage == Stage::Upcoming) && step.offset_days != 0;
            if !fits || !(-90..=365).contains(&step.offset_days) {
                return Err(PolicyError::WrongDay(step.name.clone()));
            }
            if step.action == StepAction::Message(Vec::new()) {
                return Err(PolicyError::NoChannel(step.name.clone()));
            }
        }
        if steps.is_empty() {
            return Err(PolicyError::Empty);
        }
        Ok(Self { id, steps, charges: Vec::new(), minimums: ByCurrency::default() })
    }

    /// The same with rules by which it charges; without, it charges nothing.
    ///
    /// # Errors
    /// [`PolicyError::RepeatedRule`], [`PolicyError::ChargedTwice`].
    pub fn charging(self, charges: Vec<ChargeRule>) -> Result<Self, PolicyError> {
        for (index, rule) in charges.iter().enumerate() {
            let earlier = || charges.iter().take(index);
            if earlier().any(|other| other.name == rule.name) {
                return Err(PolicyError::RepeatedRule(rule.name.clone()));
            }
            let alike = |other: &ChargeRule| match (&other.levy, &rule.levy) {
                (Levy::Interest { .. }, Levy::Interest { .. }) | (Levy::FixedSum(_), Levy::FixedSum(_)) => true,
                (Levy::LateFees(_) | Levy::Interest { .. } | Levy::FixedSum(_), _) => false,
            };
            if earlier().any(alike) {
                return Err(PolicyError::ChargedTwice(rule.name.clone()));
            }
        }
        Ok(Self { charges, ..self })
    }

    /// The same with the least that an account must owe to be chased, by currency; without, the least amount is.
    #[must_use]
    pub fn chasing_from(self, minimums: ByCurrency) -> Self {
        Self { minimums, ..self }
    }

    /// The ladder a tenant has who chose none: a courtesy 3 days before, reminders 1, 7 and 14 days after, a call at
    /// 21, a final notice at 30 and late-stage work at 45.
    ///
    /// # Errors
    /// Never, which a test shows.
    pub fn built_in() -> Result<Self, PolicyError> {
        use Channel::{Email, Sms};
        let by_mail = || StepAction::Message(vec![Email, Sms]);
        let rungs = [
            ("courtesy", -3, Stage::Upcoming, by_mail()),
            ("reminder-1", 1, Stage::Early, by_mail()),
            ("reminder-7", 7, Stage::Early, by_mail()),
            ("reminder-14", 14, Stage::Mid, by_mail()),
            ("call-21", 21, Stage::Mid, StepAction::Task(TaskKind::Call)),
            ("final-notice-30", 30, Stage::Late, by_mail()),
            ("late-stage-45", 45, Stage::Late, StepAction::Task(TaskKind::HandOver)),
        ];
        Self::of_rungs("default", rungs)
    }

    /// What a tenant has who chose nothing else for payments that a provider tries again: a message on the day after the
    /// first try failed and, because the last one is not announced as such, one at 10 days. Providers end their calendars
    /// after two weeks unless told otherwise (Stripe, "Automate payment retries").
    ///
    /// # Errors
    /// Never, which a test shows.
    pub fn built_in_recovery() -> Result<Self, PolicyError> {
        let by_mail = || StepAction::Message(vec![Channel::Email, Channel::Sms]);
        let rungs =
            [("payment-failed-1", 1, Stage::Early, by_mail()), ("payment-failed-10", 10, Stage::Mid, by_mail())];
        Self::of_rungs("recovery", rungs)
    }

    fn of_rungs<const N: usize>(name: &str, rungs: [(&str, i32, Stage, StepAction); N]) -> Result<Self, PolicyError> {
        let step = |(name, offset_days, stage, action)| -> Result<Step, IdError> {
            Ok(Step { name: StepName::parse(name)?, offset_days, stage, action })
        };
        let steps: Result<Vec<Step>, IdError> = rungs.into_iter().map(step).collect();
        let (Ok(name), Ok(steps)) = (PolicyName::parse(name), steps) else { return Err(PolicyError::Empty) };
        Self::new(PolicyRef { name, version: 1 }, steps)
    }

    /// Its name and version.
    #[must_use]
    pub fn id(&self) -> &PolicyRef {
        &self.id
    }

    /// The steps before the due date, in order.
    pub fn courtesies(&self) -> impl DoubleEndedIterator<Item = &Step> {
        self.steps.iter().filter(|step| step.offset_days < 0)
    }

    /// The steps after the due date, in order.
    pub fn ladder(&self) -> impl DoubleEndedIterator<Item = &Step> {
        self.steps.iter().filter(|step| step.offset_days > 0)
    }

    /// All steps, in order.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The rules by which it charges.
    #[must_use]
    pub fn charges(&self) -> &[ChargeRule] {
        &self.charges
    }

    /// The contract's own interest, where it charges that.
    #[must_use]
    pub fn contract(&self) -> Option<&Terms> {
        self.charges.iter().find_map(ChargeRule::contract)
    }

    /// The least that an account must owe to be chased.
    #[must_use]
    pub fn minimums(&self) -> &ByCurrency {
        &self.minimums
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(name: &str, offset_days: i32, stage: Stage) -> Step {
        let action = StepAction::Message(vec![Channel::Email]);
        Step { name: StepName::parse(name).unwrap(), offset_days, stage, action }
    }

    fn policy(steps: Vec<Step>) -> Result<Policy, PolicyError> {
        Policy::new(PolicyRef { name: PolicyName::parse("p").unwrap(), version: 1 }, steps)
    }

    #[test]
    fn the_built_in_policies_are_sound() {
        let policies = Policies::built_in().unwrap();
        let recovery = policies.current(Subject::Recovery);
        assert_eq!(recovery.courtesies().count(), 0, "who pays by card is not written to before it is charged");
        assert_eq!(recovery.ladder().map(|s| s.offset_days).collect::<Vec<_>>(), [1, 10]);
        let built_in = policies.current(Subject::Debt);
        assert_eq!(built_in.courtesies().count(), 1);
        assert_eq!(built_in.ladder().map(|s| s.offset_days).collect::<Vec<_>>(), [1, 7, 14, 21, 30, 45]);
    }

    #[test]
    fn contradictions_are_refused() {
        let (a, b) = (step("a", 1, Stage::Early), step("b", 1, Stage::Early));
        assert!(matches!(policy(vec![a.clone(), b]), Err(PolicyError::Repeated(_))));
        assert!(matches!(policy(vec![step("a", 1, Stage::Upcoming)]), Err(PolicyError::WrongDay(_))));
        assert!(matches!(policy(vec![step("a", -1, Stage::Early)]), Err(PolicyError::WrongDay(_))));
        assert!(matches!(policy(vec![step("a", 0, Stage::Early)]), Err(PolicyError::WrongDay(_))));
        assert!(matches!(policy(vec![]), Err(PolicyError::Empty)));
        let silent = Step { action: StepAction::Message(vec![]), ..a };
        assert!(matches!(policy(vec![silent]), Err(PolicyError::NoChannel(_))));
    }
}
