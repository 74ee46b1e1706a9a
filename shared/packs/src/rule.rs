//! The file of rules of contact.

use std::collections::BTreeMap;

use dunlin_domain::collector::CollectorRole;
use dunlin_domain::gate::law::{Class, CommercialCredit, LineFilter, Protects, Rule, Scope, When};
use dunlin_domain::gate::{Jurisdiction, Media, Medium};
use dunlin_domain::ids::{Citation, RuleId, RuleName};
use dunlin_domain::money::{Currency, Money};
use jiff::civil::Date;
use serde::Deserialize;

use crate::Calendars;
use crate::contact_vector::{ContactVector, RawContactVector};
use crate::error::Reason;
use crate::rule_kind::RawKind;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleFile {
    name: String,
    version: u32,
    source: String,
    scopes: BTreeMap<String, RawScope>,
    rules: Vec<RawRule>,
    #[serde(default)]
    vectors: Vec<RawContactVector>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawScope {
    places: Vec<String>,
    collector: Option<RawCollector>,
    protects: RawProtects,
    commercial: Option<RawCommercial>,
    #[serde(default)]
    regulated_credit: bool,
    past_due_days: Option<i32>,
    #[serde(default)]
    in_collection: bool,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RawCollector {
    FirstParty,
    ThirdParty,
}

impl From<RawCollector> for CollectorRole {
    fn from(raw: RawCollector) -> Self {
        match raw {
            RawCollector::FirstParty => Self::FirstParty,
            RawCollector::ThirdParty => Self::ThirdParty,
        }
    }
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RawProtects {
    Consumers,
    Individuals,
    Everyone,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCommercial {
    /// With its currency: `500000 USD`.
    at_most: String,
    entered_from: Date,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RawClass {
    Hard,
    Standing,
    Default,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RawLine {
    #[default]
    Any,
    Work,
    NotWork,
    Residential,
    Wireless,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRule {
    id: String,
    source: String,
    class: RawClass,
    scope: String,
    media: Vec<String>,
    #[serde(default)]
    automated: bool,
    #[serde(default)]
    solicits: bool,
    #[serde(default)]
    line: RawLine,
    valid_from: Option<Date>,
    valid_to: Option<Date>,
    asks: RawKind,
}

/// Rules of contact, where they come from, and examples that they must answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RulePack {
    /// Its name.
    pub name: RuleName,
    /// Counted from 1.
    pub version: u32,
    /// Where the rules can be read.
    pub source: String,
    /// The rules.
    pub rules: Vec<Rule>,
    /// Worked examples.
    pub vectors: Vec<ContactVector>,
}

pub(crate) fn parse(text: &str, calendars: &Calendars) -> Result<RulePack, Reason> {
    let file: RuleFile = toml::from_str(text)?;
    let scopes = file.scopes.into_iter().map(|(name, raw)| Ok((name, scope(&raw)?)));
    let scopes = scopes.collect::<Result<BTreeMap<_, _>, Reason>>()?;
    let rules = file.rules.into_iter().map(|raw| rule(raw, &scopes, calendars)).collect::<Result<_, _>>()?;
    let vectors = file.vectors.into_iter().map(ContactVector::try_from).collect::<Result<_, _>>()?;
    Ok(RulePack { name: RuleName::parse(&file.name)?, version: file.version, source: file.source, rules, vectors })
}

fn scope(raw: &RawScope) -> Result<Scope, Reason> {
    let commercial = |raw: &RawCommercial| {
        Ok::<_, Reason>(CommercialCredit { at_most: amount(&raw.at_most)?, entered_from: raw.entered_from })
    };
    Ok(Scope {
        places: raw.places.iter().map(|place| Jurisdiction::parse(place)).collect::<Result<_, _>>()?,
        collector: raw.collector.map(Into::into),
        protects: match raw.protects {
            RawProtects::Consumers => Protects::Consumers,
            RawProtects::Individuals => Protects::Individuals,
            RawProtects::Everyone => Protects::Everyone,
        },
        commercial: raw.commercial.as_ref().map(commercial).transpose()?,
        regulated_credit: raw.regulated_credit,
        past_due_days: raw.past_due_days,
        in_collection: raw.in_collection,
    })
}

pub(crate) fn amount(text: &str) -> Result<Money, Reason> {
    let (amount, code) = text.split_once(' ').ok_or_else(|| Reason::Amount(text.to_owned()))?;
    Ok(Money::parse(amount, Currency::parse(code)?)?)
}

fn rule(raw: RawRule, scopes: &BTreeMap<String, Scope>, calendars: &Calendars) -> Result<Rule, Reason> {
    let line = match raw.line {
        RawLine::Any => LineFilter::Any,
        RawLine::Work => LineFilter::Work,
        RawLine::NotWork => LineFilter::NotWork,
        RawLine::Residential => LineFilter::Residential,
        RawLine::Wireless => LineFilter::Wireless,
    };
    Ok(Rule {
        id: RuleId::parse(&raw.id)?,
        source: Citation::parse(&raw.source)?,
        class: match raw.class {
            RawClass::Hard => Class::Hard,
            RawClass::Standing => Class::Standing,
            RawClass::Default => Class::Default,
        },
        scope: scopes.get(&raw.scope).cloned().ok_or_else(|| Reason::NoScope(raw.scope.clone()))?,
        media: media(&raw.media)?,
        when: When { automated: raw.automated, solicits: raw.solicits, line },
        valid_from: raw.valid_from,
        valid_to: raw.valid_to,
        kind: raw.asks.kind(calendars)?,
    })
}

/// Media by name, or by the group that they belong to.
pub(crate) fn media(names: &[String]) -> Result<Media, Reason> {
    let mut all = Vec::new();
    for name in names {
        match name.as_str() {
            "all" => all.extend(Medium::ALL),
            "texts" => all.extend([Medium::Sms, Medium::Robotext]),
            "electronic" => all.extend([Medium::Email, Medium::Sms, Medium::Robotext]),
            "calls" => all.extend([Medium::Call, Medium::Prerecorded, Medium::Voicemail]),
            "post" => all.extend([Medium::Letter, Medium::Postcard]),
            one => all.push(Medium::parse(one).ok_or_else(|| Reason::Medium(name.clone()))?),
        }
    }
    Ok(all.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_rule_is_refused_with_the_reason() {
        let calendars = Calendars::new();
        let pack = include_str!("../rules/us-federal.toml");
        for (from, to, says) in [
            ("US.REGF.CEASE", "us.regf.cease", "must be parts of A-Z"),
            ("scope = \"fdcpa\"", "scope = \"fcdpa\"", "there is no scope fcdpa"),
            ("\"public_post\"", "\"public_poster\"", "is not a medium"),
            ("daily = ", "dayly = ", "is not a day"),
            ("\"08:00\", \"21:00\"", "\"21:00\", \"08:00\"", "must end after they begin"),
            ("most = 7, days = 7", "most = 7", "either days or hours"),
            ("most = 7, days = 7", "most = 0, days = 7", "from 1 on"),
            ("class = \"hard\"", "class = \"soft\"", "unknown variant"),
            ("consent = true", "consent = true, sundays = false", "sundays"),
            ("places = [\"US\"]", "places = [\"usa\"]", "is not a jurisdiction"),
            ("zone = \"America/New_York\"", "zone = \"New York\"", "is not a time zone"),
        ] {
            let text = pack.replacen(from, to, 1);
            assert_ne!(text, pack, "{from}");
            let error = parse(&text, &calendars).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
    }
}
