//! From a template and a plan to a message that may leave.

use dunlin_domain::debtor::Debtor;
use dunlin_domain::duty::Duties;
use dunlin_domain::duty::wording::Wording;
use dunlin_domain::message::Plan;
use dunlin_domain::template::brief::places;
use dunlin_domain::template::segments::{SEGMENTS_MAX, segments};
use dunlin_domain::template::{Brief, Facts, Language, Sender, Texts};
use dunlin_packs::{Packs, packs};
use jiff::Timestamp;

use crate::fault::Fault;
use crate::mask::masked;
use crate::render::render;

/// To whom, for whom and when a message is written.
#[derive(Debug, Clone, Copy)]
pub struct Writer<'a> {
    /// To whom.
    pub debtor: &'a Debtor,
    /// For whom.
    pub sender: &'a Sender<'a>,
    /// When.
    pub now: Timestamp,
}

/// A message that may leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Composed {
    /// What it says.
    pub texts: Texts,
    /// What it says beyond its plan.
    pub facts: Facts,
}

/// Writes a plan's message by a template in a language, and holds it against the law.
///
/// # Errors
/// Every [`Fault`] for which it may not leave.
pub fn compose(
    template: &Texts,
    language: &Language,
    plan: &Plan,
    Writer { debtor, sender, now }: Writer<'_>,
) -> Result<Composed, Vec<Fault>> {
    let packs = packs().map_err(|error| vec![Fault::Law(error.clone())])?;
    let wording = wording(packs, language).map_err(|fault| vec![fault])?;
    let on = debtor.today(now);
    let places = places(&debtor.profile, sender.role);
    let duties = places.iter().map(|place| packs.duties(place, on)).reduce(Duties::or).unwrap_or_default();
    let brief = Brief::of(plan, template.form(), debtor, sender.role, &duties, on);
    if !brief.barred.is_empty() {
        return Err(brief.barred.into_iter().map(Fault::Barred).collect());
    }
    let facts = Facts::gather(plan, debtor, sender, brief.demanded.clone(), now);
    let texts = render(template, plan, &facts, wording).map_err(|fault| vec![fault])?;
    let findings = brief.lint(&masked(&texts, plan, &facts), plan, &facts, &duties, wording);
    let mut faults: Vec<Fault> = findings.into_iter().map(Fault::Wrong).collect();
    if let Texts::Sms(text) = &texts {
        faults.extend(Some(segments(text)).filter(|count| *count > SEGMENTS_MAX).map(Fault::TooLong));
    }
    if faults.is_empty() { Ok(Composed { texts, facts }) } else { Err(faults) }
}

/// Writes a message by a template and facts that are known, such as those of one that was sent.
///
/// # Errors
/// [`Fault`], as [`render`].
pub fn again(template: &Texts, language: &Language, plan: &Plan, facts: &Facts) -> Result<Texts, Fault> {
    let packs = packs().map_err(|error| Fault::Law(error.clone()))?;
    render(template, plan, facts, wording(packs, language)?)
}

fn wording<'a>(packs: &'a Packs, language: &Language) -> Result<&'a Wording, Fault> {
    let pack = packs.wording(language.as_str()).ok_or_else(|| Fault::Language(language.clone()))?;
    Ok(&pack.wording)
}
