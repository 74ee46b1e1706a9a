//! What the law asks of a message about debts: what it has to say, what it may not, and whether it may be sent at all.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::{Facts, Form, Texts};
use crate::collector::CollectorRole;
use crate::contact::DebtorKind;
use crate::debtor::Debtor;
use crate::duty::limitation::Age;
use crate::duty::lint::{Finding, Rendered, Terms, lint};
use crate::duty::outreach::{Block, Matter, Outreach};
use crate::duty::provision::{Bar, Lifts, Provision};
use crate::duty::steps::{Debt, PreAction, Step};
use crate::duty::wording::{Threat, Wording};
use crate::duty::{Because, Duties};
use crate::message::Plan;
use crate::obligor::Obligor;
use crate::profile::Profile;

/// Everything that is plausible where a debtor's country is not known.
const ANYWHERE: [&str; 3] = ["US", "GB-EAW", "EU"];

/// The places whose law a message has to meet: the debtor's own, or, where that is not known, each that it may be in. Who
/// collects its own debts owes no disclosure that depends on it.
#[must_use]
pub fn places(profile: &Profile, role: CollectorRole) -> Vec<String> {
    match (&profile.country, &profile.region) {
        (Some(country), Some(region)) => vec![format!("{country}-{region}")],
        (Some(country), None) => vec![country.clone()],
        (None, _) if role == CollectorRole::ThirdParty => ANYWHERE.map(str::to_owned).to_vec(),
        (None, _) => Vec::new(),
    }
}

/// What the law asks of one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Brief {
    /// The date on the debtor's calendar.
    pub on: Date,
    /// What it has to say.
    pub demanded: BTreeSet<Block>,
    /// What stands against asking for the money at all.
    pub barred: Vec<Bar>,
    /// What stands against threatening a suit.
    suit: Vec<Bar>,
    /// The last day to dispute, while it lies ahead.
    period_end: Option<Date>,
    /// The law by which the outside must not tell of a debt.
    discreet: Option<Provision>,
}

impl Brief {
    /// Of a plan's message in a form, as things stand on a day.
    #[must_use]
    pub fn of(plan: &Plan, form: Form, debtor: &Debtor, role: CollectorRole, duties: &Duties, on: Date) -> Self {
        let begun = first_contact(plan, debtor);
        let kind = debtor.profile.kind;
        let accrued = plan.lines.iter().map(|line| line.due_date).min().unwrap_or(on);
        let age = Age { accrued, contract: None, debtor: kind, acknowledged: Vec::new() };
        let law = duties.limitation.as_ref();
        let protected = role == CollectorRole::ThirdParty && kind == DebtorKind::Consumer;
        let validation = duties.validation.as_ref().filter(|_| protected);
        let outreach = Outreach {
            role,
            debtor: kind,
            // Whoever is not known to be a company may be a sole trader.
            obligor: Obligor::NaturalPerson,
            medium: form.medium(),
            matter: Matter::Demand,
            first: begun.is_none(),
            notice_due: validation.zip(begun).map(|(law, begun)| law.notice_due(begun)),
            regulated_credit: false,
            not_informed: begun.is_none(),
            time_barred: law.and_then(|law| law.expiry(&age, on)).is_some_and(|expiry| expiry.bar(on).is_some()),
        };
        let debt = Debt {
            obligor: Obligor::NaturalPerson,
            age: Some(age),
            validation: None,
            moratoria: Vec::new(),
            petition: None,
            letter: PreAction::Unknown,
        };
        Self {
            on,
            demanded: duties.demanded(&outreach, on),
            barred: duties.bars(Step::Demand(Some(plan.amount_due)), &debt, on),
            suit: duties.bars(Step::ThreatenSuit, &debt, on),
            period_end: validation.map(|law| law.period_end(begun.unwrap_or(on))),
            discreet: duties.discreet(&outreach).cloned(),
        }
    }

    /// What is wrong with a message as it would leave.
    #[must_use]
    pub fn lint(&self, texts: &Texts, plan: &Plan, facts: &Facts, duties: &Duties, wording: &Wording) -> Vec<Finding> {
        let (subject, html) = texts.subject_and_html().unzip();
        let (amounts, dates) = (facts.amounts(plan), facts.dates(plan));
        let suit = self.against_suits(duties, wording);
        let rendered = Rendered { medium: texts.form().medium(), subject, envelope: None, text: texts.text(), html };
        let terms = Terms {
            on: self.on,
            demanded: &self.demanded,
            amounts: Some(&amounts),
            dates: Some(&dates),
            notice: None,
            period_end: self.period_end,
            suit: &suit,
            discreet: self.discreet.as_ref(),
        };
        lint(&rendered, &terms, duties, wording)
    }

    /// Nobody threatens a suit by machine where it is not known how long one may sue.
    fn against_suits(&self, duties: &Duties, wording: &Wording) -> Vec<Bar> {
        let known = duties.limitation.is_some();
        let law = wording.threats.get(&Threat::Suit).filter(|_| !known);
        let unknown = law.map(|words| words.provision.bar(Because::LimitationUnknown, Lifts::WhenMended));
        self.suit.iter().cloned().chain(unknown).collect()
    }
}

/// The day of the first step of the running cycle that was taken: from then on the debtor knows of the debt.
fn first_contact(plan: &Plan, debtor: &Debtor) -> Option<Date> {
    let cycle = debtor.accounts.get(&plan.account)?.cycle.as_ref()?;
    cycle.done.values().map(|done| debtor.today(done.at)).min()
}
