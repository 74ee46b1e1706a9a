//! The file of a place's duties: notices, opt-outs, claims, records, data.

use std::collections::BTreeMap;
use std::sync::Arc;

use dunlin_domain::calendar::holidays::HolidayCalendar;
use dunlin_domain::duty::outreach::Block;
use dunlin_domain::duty::preaction::LetterOfClaim;
use dunlin_domain::duty::provision::{Lifts, Provision};
use dunlin_domain::duty::retention::{Record, RecordKind, RetentionFloor, keep_through};
use dunlin_domain::duty::{Duties, OptOutLaw, Period, PreActionLaw, PrivacyLaw, ValidationLaw};
use dunlin_domain::ids::{Citation, RuleId, RuleName};
use dunlin_domain::obligor::Obligor;
use jiff::civil::Date;
use serde::Deserialize;

use crate::Calendars;
use crate::error::Reason;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DutyFile {
    name: String,
    version: u32,
    places: Vec<String>,
    validation: Option<RawValidation>,
    opt_out: Option<RawOptOut>,
    pre_action: Option<RawPreAction>,
    moratorium: Option<RawProvision>,
    stay: Option<RawProvision>,
    #[serde(default)]
    retention: Vec<RawFloor>,
    privacy: Option<RawPrivacy>,
    #[serde(default)]
    blocks: BTreeMap<String, RawProvision>,
    discretion: Option<RawProvision>,
    #[serde(default)]
    vectors: Vec<RawVector>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawProvision {
    id: String,
    source: String,
    valid_from: Date,
    valid_to: Option<Date>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawValidation {
    notice: RawProvision,
    dispute: RawProvision,
    notice_within: String,
    receipt: String,
    dispute_within: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawOptOut {
    revocation: RawProvision,
    commercial_email: RawProvision,
    honour_within: String,
    passed_on: RawProvision,
    window: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPreAction {
    protocol: RawProvision,
    answer_within: String,
    talks: String,
    direction: RawProvision,
    company_within: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFloor {
    rule: RawProvision,
    kind: RawKind,
    keep: String,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RawKind {
    Evidence,
    CallRecording,
    Books,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPrivacy {
    answers: RawProvision,
    answer_within: String,
    extended: String,
    erasure: RawProvision,
    accuracy: RawProvision,
    objection: RawProvision,
}

/// What a worked example asks the last day of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ask {
    /// To give the validation notice, from the initial communication.
    Notice,
    /// To dispute, from the day on which the notice is provided.
    Dispute,
    /// To honour an opt-out, from its receipt.
    OptOut,
    /// To answer a letter of claim, from its date, for an individual.
    AnswerClaim,
    /// To answer a request for personal data, from its receipt.
    AnswerRequest,
    /// To keep evidence, from the last activity.
    KeepEvidence,
    /// To keep a recording, from the call.
    KeepRecording,
    /// To keep books, from the day that was booked.
    KeepBooks,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawVector {
    ask: Ask,
    from: Date,
    last: Date,
}

/// A worked example: the last day of a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastDay {
    /// Of which period.
    pub ask: Ask,
    /// From which event.
    pub from: Date,
    /// The last day.
    pub last: Date,
}

impl LastDay {
    /// What the duties give; `None` where they know no such period.
    #[must_use]
    pub fn given(&self, duties: &Duties) -> Option<Date> {
        let keep = |kind| {
            let record = Record { kind, event: self.from, debt_open: false };
            keep_through(&duties.retention, &record).map(|(last, _)| last)
        };
        match self.ask {
            Ask::Notice => duties.validation.as_ref().map(|law| law.notice_due(self.from)),
            Ask::Dispute => duties.validation.as_ref().map(|law| law.period_end(self.from)),
            Ask::OptOut => duties.opt_out.as_ref().map(|law| law.honour_by(self.from)),
            Ask::AnswerRequest => duties.privacy.as_ref().map(|law| law.answer_by(self.from)),
            Ask::KeepEvidence => keep(RecordKind::Evidence),
            Ask::KeepRecording => keep(RecordKind::CallRecording),
            Ask::KeepBooks => keep(RecordKind::Books),
            Ask::AnswerClaim => {
                let letter = LetterOfClaim { dated: self.from, reply: None };
                let bar = duties.pre_action.as_ref()?.bars_claim(Obligor::NaturalPerson, Some(&letter), self.from)?;
                if let Lifts::On(day) = bar.lifts { day.yesterday().ok() } else { None }
            }
        }
    }
}

/// The duties of some places, and what they must give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DutyPack {
    /// Its name.
    pub name: RuleName,
    /// Counted from 1.
    pub version: u32,
    /// The duties by place. Each counts working days by the place's own holidays.
    pub duties: Vec<(String, Duties)>,
    /// Worked examples, in the first place.
    pub vectors: Vec<LastDay>,
}

pub(crate) fn parse(text: &str, calendars: &Calendars) -> Result<DutyPack, Reason> {
    let file: DutyFile = toml::from_str(text)?;
    let place = |place: &String| {
        let country = place.split('-').next().unwrap_or_default();
        let holidays = calendars.get(place).or_else(|| calendars.get(country)).or_else(|| calendars.get("EU"));
        let holidays = holidays.ok_or_else(|| Reason::NoHolidays(place.clone()))?;
        Ok((place.clone(), duties(&file, holidays)?))
    };
    let vector = |raw: &RawVector| LastDay { ask: raw.ask, from: raw.from, last: raw.last };
    Ok(DutyPack {
        name: RuleName::parse(&file.name)?,
        version: file.version,
        duties: file.places.iter().map(place).collect::<Result<_, Reason>>()?,
        vectors: file.vectors.iter().map(vector).collect(),
    })
}

fn duties(file: &DutyFile, holidays: &Arc<HolidayCalendar>) -> Result<Duties, Reason> {
    Ok(Duties {
        validation: file.validation.as_ref().map(|raw| validation(raw, holidays)).transpose()?,
        opt_out: file.opt_out.as_ref().map(|raw| opt_out(raw, holidays)).transpose()?,
        limitation: None,
        pre_action: file.pre_action.as_ref().map(|raw| pre_action(raw, holidays)).transpose()?,
        moratorium: file.moratorium.as_ref().map(provision).transpose()?,
        stay: file.stay.as_ref().map(provision).transpose()?,
        retention: file.retention.iter().map(floor).collect::<Result<_, _>>()?,
        privacy: file.privacy.as_ref().map(|raw| privacy(raw, holidays)).transpose()?,
        blocks: file
            .blocks
            .iter()
            .map(|(name, raw)| Ok((block(name)?, provision(raw)?)))
            .collect::<Result<_, Reason>>()?,
        discretion: file.discretion.as_ref().map(provision).transpose()?,
    })
}

pub(crate) fn block(name: &str) -> Result<Block, Reason> {
    Block::parse(name).ok_or_else(|| Reason::Block(name.to_owned()))
}

pub(crate) fn provision(raw: &RawProvision) -> Result<Provision, Reason> {
    Ok(Provision {
        id: RuleId::parse(&raw.id)?,
        source: Citation::parse(&raw.source)?,
        valid_from: raw.valid_from,
        valid_to: raw.valid_to,
    })
}

fn validation(raw: &RawValidation, holidays: &Arc<HolidayCalendar>) -> Result<ValidationLaw, Reason> {
    Ok(ValidationLaw {
        notice: provision(&raw.notice)?,
        dispute: provision(&raw.dispute)?,
        notice_within: raw.notice_within.parse()?,
        receipt: raw.receipt.parse()?,
        dispute_within: raw.dispute_within.parse()?,
        holidays: Arc::clone(holidays),
    })
}

fn opt_out(raw: &RawOptOut, holidays: &Arc<HolidayCalendar>) -> Result<OptOutLaw, Reason> {
    Ok(OptOutLaw {
        revocation: provision(&raw.revocation)?,
        commercial_email: provision(&raw.commercial_email)?,
        honour_within: raw.honour_within.parse()?,
        passed_on: provision(&raw.passed_on)?,
        window: raw.window.parse()?,
        // A day that is free in a holiday's stead would lengthen the sender's own time.
        holidays: Arc::new(holidays.without_substitutes()),
    })
}

fn pre_action(raw: &RawPreAction, holidays: &Arc<HolidayCalendar>) -> Result<PreActionLaw, Reason> {
    Ok(PreActionLaw {
        protocol: provision(&raw.protocol)?,
        answer_within: raw.answer_within.parse()?,
        talks: raw.talks.parse()?,
        direction: provision(&raw.direction)?,
        company_within: raw.company_within.parse()?,
        holidays: Arc::clone(holidays),
    })
}

fn floor(raw: &RawFloor) -> Result<RetentionFloor, Reason> {
    let kind = match raw.kind {
        RawKind::Evidence => RecordKind::Evidence,
        RawKind::CallRecording => RecordKind::CallRecording,
        RawKind::Books => RecordKind::Books,
    };
    Ok(RetentionFloor { provision: provision(&raw.rule)?, kind, keep: raw.keep.parse::<Period>()? })
}

fn privacy(raw: &RawPrivacy, holidays: &Arc<HolidayCalendar>) -> Result<PrivacyLaw, Reason> {
    Ok(PrivacyLaw {
        answers: provision(&raw.answers)?,
        answer_within: raw.answer_within.parse()?,
        extended: raw.extended.parse()?,
        erasure: provision(&raw.erasure)?,
        accuracy: provision(&raw.accuracy)?,
        objection: provision(&raw.objection)?,
        holidays: Arc::clone(holidays),
    })
}
