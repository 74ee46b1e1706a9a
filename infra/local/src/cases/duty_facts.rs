//! A case of duties as what is known of a debt, under the law of its place.

use std::collections::BTreeSet;
use std::sync::Arc;

use dunlin_domain::charge::itemization::Itemization;
use dunlin_domain::collector::CollectorRole;
use dunlin_domain::contact::DebtorKind;
use dunlin_domain::duty::limitation::{Age, LimitationRow};
use dunlin_domain::duty::outreach::{Block, Matter, Medium, Outreach};
use dunlin_domain::duty::preaction::{Documents, LetterOfClaim, Reply};
use dunlin_domain::duty::provision::Bar;
use dunlin_domain::duty::steps::{Debt, PreAction, Step, Validation};
use dunlin_domain::duty::validation::{Addressee, CreditorRequest, DisputeForm, Disputed, ValidationDispute};
use dunlin_domain::duty::{Duties, LimitationLaw, Period, ValidationLaw};
use dunlin_domain::money::{Currency, Money};
use dunlin_domain::obligor::Obligor;
use jiff::civil::{Date, date};

use super::claim::moratorium;
use super::given::Given;
use super::outcome::Unanswered;

/// The day by whose law a case is judged that names none.
const ANY_DAY: Date = date(2026, 1, 1);
/// The fields that may hold the day on which a case is judged.
const TODAY: [&str; 2] = ["now", "as_of"];
/// The fields that may hold a day by which the law in force is chosen, where there is no such day.
const EVENTS: [&str; 6] = [
    "notice_provided",
    "notice_sent",
    "initial_communication",
    "opt_out_received",
    "revocation_received",
    "request_received",
];

/// A case: the law of its place, and what is known of the debt.
pub(super) struct Facts {
    pub(super) duties: Duties,
    pub(super) debt: Debt,
    pub(super) currency: Currency,
    role: CollectorRole,
    debtor: DebtorKind,
    today: Option<Date>,
}

impl Facts {
    pub(super) fn today(&self) -> Result<Date, Unanswered> {
        self.today.ok_or(Unanswered::Missing("now"))
    }

    pub(super) fn today_or_any(&self) -> Date {
        self.today.unwrap_or(ANY_DAY)
    }

    pub(super) fn bars(&self, step: Step) -> Result<Vec<Bar>, Unanswered> {
        let timeless = self.debt.age.is_none() && self.debt.validation.is_none() && self.debt.moratoria.is_empty();
        let on = if timeless { self.today_or_any() } else { self.today()? };
        Ok(self.duties.bars(step, &self.debt, on))
    }
}

pub(super) fn facts(given: &Given) -> Result<Facts, Unanswered> {
    let place = place(given)?;
    let today = given.first_day_of(&TODAY)?;
    let in_force = today.or(given.first_day_of(&EVENTS)?).unwrap_or(ANY_DAY);
    let packs = dunlin_packs::packs().map_err(|error| Unanswered::field("jurisdiction", error))?;
    let (role, debtor) = (role(given)?, given.debtor()?);
    let mut duties = packs.duties(&place, in_force).between(role, debtor);
    as_told(&mut duties, given)?;
    let currency = Currency::parse(if place.starts_with("GB") {
        "GBP"
    } else if place.starts_with("US") {
        "USD"
    } else {
        "EUR"
    });
    let currency = currency.map_err(|error| Unanswered::field("jurisdiction", error))?;
    let debt = Debt {
        obligor: obligor(given)?,
        age: age(given, debtor)?,
        validation: validation(&duties, given, currency)?,
        moratoria: moratorium(given)?.into_iter().collect(),
        petition: given.part("flags").map(|flags| flags.day("bankruptcy_petition_filed")).transpose()?.flatten(),
        letter: letter(given)?.map_or(PreAction::Unknown, PreAction::Sent),
    };
    Ok(Facts { duties, debt, currency, role, debtor, today })
}

/// The jurisdiction; within the United States the state, where one is told.
fn place(given: &Given) -> Result<String, Unanswered> {
    let jurisdiction = given.jurisdiction()?;
    let mut state = given.text("state")?;
    for location in given.parts("locations") {
        state = state.or(location.text("state")?);
    }
    Ok(match state {
        Some(state) if jurisdiction == "US" => format!("US-{state}"),
        _ => jurisdiction,
    })
}

fn role(given: &Given) -> Result<CollectorRole, Unanswered> {
    let Some(role) = given.text("collector_role")? else { return Ok(CollectorRole::ThirdParty) };
    let unknown = || Unanswered::field("collector_role", format!("{role:?} is no role known here"));
    CollectorRole::parse(&role).ok_or_else(unknown)
}

fn obligor(given: &Given) -> Result<Obligor, Unanswered> {
    let company = matches!(given.text("obligor")?.as_deref(), Some("llc_no_guarantor"))
        || matches!(
            given.text("debtor_type")?.as_deref(),
            Some("limited_company" | "company" | "partnership" | "public_authority")
        );
    Ok(if company { Obligor::Company } else { Obligor::NaturalPerson })
}

/// Puts what a case tells of the law in the place of what the packs say.
fn as_told(duties: &mut Duties, given: &Given) -> Result<(), Unanswered> {
    let policy = given.part("policy");
    let observed = policy.as_ref().map(|it| it.flag("exclude_observed_holidays")).transpose()?.flatten();
    if let (Some(law), false) = (&mut duties.validation, observed.unwrap_or_default()) {
        law.holidays = Arc::new(law.holidays.without_substitutes());
    }
    let Some(years) = given.text("limitation_years")? else { return Ok(()) };
    let years: u16 = years.parse().map_err(|_| Unanswered::field("limitation_years", "is not a number of years"))?;
    let law = duties.limitation.as_ref();
    let row = law.and_then(|law| law.rows.first().map(|row| (law.effect, row.clone())));
    let (effect, row) = row.ok_or_else(|| Unanswered::field("limitation_years", "no time to sue is known here"))?;
    let period = Period::years(years);
    let told = LimitationRow { contracts: Vec::new(), debtor: None, period, anew: row.anew.map(|_| period), ..row };
    duties.limitation = Some(LimitationLaw { rows: vec![told], effect });
    Ok(())
}

fn age(given: &Given, debtor: DebtorKind) -> Result<Option<Age>, Unanswered> {
    let Some(accrued) = given.first_day_of(&["cause_of_action_accrued", "claim_arose", "due_date"])? else {
        return Ok(None);
    };
    let mut acknowledged = Vec::new();
    for act in ["acknowledgment", "part_payment", "partial_payment"] {
        acknowledged.extend(given.day(act)?);
    }
    Ok(Some(Age { accrued, contract: None, debtor, acknowledged }))
}

fn validation(duties: &Duties, given: &Given, currency: Currency) -> Result<Option<Validation>, Unanswered> {
    let Some(law) = &duties.validation else { return Ok(None) };
    let dispute = dispute(given, currency)?;
    let asked = given.day("original_creditor_request_received")?;
    let answered = given.day("original_creditor_sent")?;
    let provided = given.first_day_of(&["notice_provided", "notice_sent"])?;
    let named = given.day("validation_end")?.or_else(|| provided.map(|day| law.period_end(day)));
    // Where the period is not told, what was said in it is taken to have been in time.
    let last_said = asked.max(dispute.map(|dispute| dispute.received));
    let Some(period_end) = named.or(last_said) else { return Ok(None) };
    let creditor_request = asked.map(|received| CreditorRequest { received, answered });
    Ok(Some(Validation { period_end, dispute, creditor_request }))
}

fn dispute(given: &Given, currency: Currency) -> Result<Option<ValidationDispute>, Unanswered> {
    let Some(received) = given.day("dispute_received")? else { return Ok(None) };
    let form = match given.text("dispute_form")?.as_deref() {
        None | Some("written" | "email_to_accepted_address" | "portal_message" | "letter") => DisputeForm::Written,
        Some("oral") => DisputeForm::Oral,
        Some(other) => return Err(Unanswered::field("dispute_form", format!("{other:?} is no form known here"))),
    };
    let part = (given.money("disputed_amount", currency)?, given.money("total", currency)?);
    let disputed = if let (Some(amount), Some(of)) = part { Disputed::Part { amount, of } } else { Disputed::All };
    let done = given.flag("verification_done")?.unwrap_or_default();
    let verified = given.day("verification_sent")?.or(done.then_some(received));
    Ok(Some(ValidationDispute { received, form, disputed, verified }))
}

fn letter(given: &Given) -> Result<Option<LetterOfClaim>, Unanswered> {
    let Some(dated) = given.day("letter_of_claim_dated")? else { return Ok(None) };
    let documents = match (given.flag("documents_requested")?, given.day("documents_provided")?) {
        (_, Some(day)) => Documents::Provided(day),
        (Some(true), None) => Documents::Requested,
        (Some(false) | None, None) => Documents::NotRequested,
    };
    let reply = given.day("reply_form_received")?.map(|received| Reply { received, documents });
    Ok(Some(LetterOfClaim { dated, reply }))
}

/// To whom a notice goes.
pub(super) enum Named {
    Debtor,
    Estate(Option<String>),
}

impl Named {
    pub(super) fn as_addressee(&self) -> Addressee<'_> {
        match self {
            Self::Debtor => Addressee::Debtor,
            Self::Estate(name) => Addressee::Estate(name.as_deref()),
        }
    }
}

pub(super) fn addressee(given: &Given) -> Result<Named, Unanswered> {
    if given.text("debtor_status")?.as_deref() != Some("deceased") {
        return Ok(Named::Debtor);
    }
    let addressee = given.part("addressee");
    Ok(Named::Estate(addressee.map(|it| it.text("name")).transpose()?.flatten()))
}

/// What is wrong with the parts of a debt against the amount that is named.
pub(super) fn itemized(law: &ValidationLaw, given: &Given) -> Result<Option<Bar>, Unanswered> {
    let usd = Currency::parse("USD").map_err(|error| Unanswered::field("amount_on_itemization_date", error))?;
    let mut named = None;
    for name in ["demand_amount", "total", "current_amount"] {
        named = named.or(given.money(name, usd)?);
    }
    let (Some(amount), Some(named)) = (given.money("amount_on_itemization_date", usd)?, named) else { return Ok(None) };
    let part = |name| Ok::<_, Unanswered>(given.money(name, usd)?.unwrap_or_else(|| Money::zero(usd)));
    let (interest, fees) = (part("interest")?, part("fees")?);
    let (payments, credits) = (part("payments")?, part("credits")?);
    Ok(law.itemized(&Itemization { amount, interest, fees, payments, credits }, named).err())
}

/// The message as far as law decides by it what must be said, and what it says. What a case is silent about is said.
pub(super) fn outreach(facts: &Facts, given: &Given) -> Result<(Outreach, BTreeSet<Block>), Unanswered> {
    let medium = match given.text("channel")?.as_deref() {
        Some("email") => Medium::Email,
        Some("sms" | "robotext") => Medium::Sms,
        Some("postcard") => Medium::Postcard,
        Some("call" | "live_manual_call" | "prerecorded_voice") => Medium::Call,
        Some("voicemail") => Medium::Voicemail,
        _ => Medium::Letter,
    };
    let statements = [
        ("disclosure_debt_collector", &[Block::MiniMirandaInitial, Block::MiniMirandaSubsequent][..]),
        ("email_opt_out_statement", &[Block::OptOutLine]),
        ("sms_opt_out_statement", &[Block::OptOutLine]),
        ("art14_notice_included", &[Block::Article14Notice]),
    ];
    let mut said: BTreeSet<Block> = Block::ALL.into_iter().collect();
    for (name, blocks) in statements {
        if given.flag(name)? == Some(false) {
            said.retain(|block| !blocks.contains(block));
        }
    }
    let outreach = Outreach {
        role: facts.role,
        debtor: facts.debtor,
        obligor: facts.debt.obligor,
        medium,
        matter: Matter::Demand,
        first: given.flag("first_communication")?.unwrap_or_default(),
        notice_due: None,
        regulated_credit: given.flag("regulated_credit")?.unwrap_or_default(),
        not_informed: given.text("data_obtained_from")?.as_deref() == Some("creditor"),
        time_barred: false,
    };
    Ok((outreach, said))
}
