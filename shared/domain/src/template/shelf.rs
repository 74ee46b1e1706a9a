//! The versions of templates that a tenant saved, and which template a message takes.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{Edition, Form, Language, TemplateKey, TemplateRef};
use crate::ids::TemplateName;
use crate::message::{CycleRef, Plan};
use crate::policy::{Policies, Stage, StepAction, Subject};

/// The template of messages while a provider tries a payment again, whatever their stage.
pub const RECOVERY: &str = "recovery";

/// A tenant's templates: when each version was saved. The texts lie elsewhere, because few need them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shelf(BTreeMap<TemplateKey, BTreeMap<u32, Timestamp>>);

impl FromIterator<(TemplateKey, u32, Timestamp)> for Shelf {
    fn from_iter<T: IntoIterator<Item = (TemplateKey, u32, Timestamp)>>(saved: T) -> Self {
        let mut shelf = Self::default();
        for (key, version, at) in saved {
            shelf.0.entry(key).or_default().insert(version, at);
        }
        shelf
    }
}

impl Shelf {
    /// Every version, and when it was saved.
    pub fn versions(&self) -> impl Iterator<Item = (&TemplateKey, u32, Timestamp)> {
        self.0.iter().flat_map(|(key, versions)| versions.iter().map(move |(version, at)| (key, *version, *at)))
    }

    /// The latest version of a template.
    #[must_use]
    pub fn latest(&self, key: &TemplateKey) -> Option<u32> {
        self.0.get(key)?.last_key_value().map(|(version, _)| *version)
    }

    /// The version that was the latest at a moment.
    fn as_of(&self, key: &TemplateKey, at: Timestamp) -> Option<u32> {
        let saved = self.0.get(key)?.iter().filter(|(_, saved)| **saved <= at);
        saved.map(|(version, _)| *version).max()
    }

    /// The template of a message that was decided at `planned_at`: in the first of these languages in which there is one;
    /// within it the step's own before its stage's, and the tenant's before Dunlin's. A version that was saved later does
    /// not count, so what is under way stays as it was decided.
    #[must_use]
    pub fn choose(
        &self,
        plan: &Plan,
        planned_at: Timestamp,
        languages: &[Language],
        built_in: impl Fn(&TemplateKey) -> Option<u32>,
    ) -> Option<TemplateRef> {
        let form = Form::from(plan.channel);
        let wanted = languages.iter().flat_map(|language| {
            let key = |name| TemplateKey { name, form, language: language.clone() };
            names(plan).into_iter().map(key)
        });
        wanted.into_iter().find_map(|key| {
            let own = self.as_of(&key, planned_at).map(Edition::Own);
            let edition = own.or_else(|| built_in(&key).map(Edition::BuiltIn))?;
            Some(TemplateRef { key, edition })
        })
    }
}

/// The names of templates that a message may take, the best first.
fn names(plan: &Plan) -> Vec<TemplateName> {
    let stage = match plan.cycle {
        CycleRef::Recovery(_) => RECOVERY,
        CycleRef::Overdue(_) | CycleRef::Upcoming(_) => plan.stage.as_str(),
    };
    [plan.step.as_str(), stage].into_iter().filter_map(|name| TemplateName::parse(name).ok()).collect()
}

/// When a template is used: about what, and how far that has come.
pub type Occasion = (Subject, Stage);

/// The occasions on which a template of this name is used; none where it is neither a stage, nor `recovery`, nor a step
/// of the policies for what begins now that writes to the debtor.
#[must_use]
pub fn occasions(name: &TemplateName, policies: &Policies) -> Vec<Occasion> {
    let steps = |about: Subject| {
        let writes =
            policies.current(about).steps().iter().filter(|step| matches!(step.action, StepAction::Message(_)));
        writes.map(move |step| (step, about))
    };
    let all = steps(Subject::Debt).chain(steps(Subject::Recovery));
    if let Some(stage) = Stage::parse(name.as_str()) {
        return vec![(Subject::Debt, stage)];
    }
    let meant = all.filter(|(step, about)| {
        step.name.as_str() == name.as_str() || (*about == Subject::Recovery && name.as_str() == RECOVERY)
    });
    meant.map(|(step, about)| (about, step.stage)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str) -> TemplateKey {
        TemplateKey { name: TemplateName::parse(name).unwrap(), form: Form::Email, language: Language::english() }
    }

    #[test]
    fn a_version_counts_from_the_moment_it_was_saved() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let shelf: Shelf = [(key("early"), 2, at(20)), (key("early"), 1, at(10))].into_iter().collect();
        let as_of = |second| shelf.as_of(&key("early"), at(second));
        assert_eq!([9, 10, 19, 20, 99].map(as_of), [None, Some(1), Some(1), Some(2), Some(2)]);
        assert_eq!((shelf.latest(&key("early")), shelf.latest(&key("late"))), (Some(2), None));
    }

    #[test]
    fn a_name_is_a_stage_or_recovery_or_a_step_that_writes() {
        let policies = Policies::built_in().unwrap();
        let used = |name: &str| occasions(&TemplateName::parse(name).unwrap(), &policies);
        assert_eq!(used("mid"), [(Subject::Debt, Stage::Mid)]);
        assert_eq!(used("final-notice-30"), [(Subject::Debt, Stage::Late)]);
        assert_eq!(used("payment-failed-10"), [(Subject::Recovery, Stage::Mid)]);
        assert_eq!(used(RECOVERY), [(Subject::Recovery, Stage::Early), (Subject::Recovery, Stage::Mid)]);
        assert_eq!([used("call-21"), used("nothing")], [[], []]);
    }
}
