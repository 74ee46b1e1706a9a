//! The file of a language.

use std::collections::{BTreeMap, BTreeSet};

use dunlin_domain::duty::outreach::Block;
use dunlin_domain::duty::wording::{BlockText, Threat, ThreatWords, Wording};
use dunlin_domain::ids::RuleName;
use serde::Deserialize;

use crate::duties::{RawProvision, block, provision};
use crate::error::Reason;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WordingFile {
    name: String,
    version: u32,
    language: String,
    month_first: bool,
    negations: Vec<String>,
    debt: Vec<String>,
    pay: Vec<String>,
    until: Vec<String>,
    within: Vec<String>,
    numbers: Vec<String>,
    hours: Vec<String>,
    days: Vec<String>,
    weeks: Vec<String>,
    at_once: Vec<String>,
    weekdays: Vec<String>,
    months: Vec<String>,
    accuracy: RawProvision,
    blocks: BTreeMap<String, RawBlock>,
    threats: BTreeMap<RawThreat, RawThreatWords>,
    vectors: Vec<RawVector>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawBlock {
    text: String,
    says: Vec<Vec<String>>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RawThreat {
    Suit,
    Arrest,
    Seizure,
    Exposure,
    Deportation,
}

impl From<RawThreat> for Threat {
    fn from(raw: RawThreat) -> Self {
        match raw {
            RawThreat::Suit => Self::Suit,
            RawThreat::Arrest => Self::Arrest,
            RawThreat::Seizure => Self::Seizure,
            RawThreat::Exposure => Self::Exposure,
            RawThreat::Deportation => Self::Deportation,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawThreatWords {
    provision: RawProvision,
    phrases: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawVector {
    text: String,
    says: Vec<String>,
    threatens: Option<Vec<RawThreat>>,
}

/// A worked example: a text, and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The text.
    pub text: String,
    /// The demanded texts that it has.
    pub says: BTreeSet<Block>,
    /// What it threatens, where the example is about that.
    pub threatens: Option<BTreeSet<Threat>>,
}

/// The words of a language, and how texts in it must be understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WordingPack {
    /// Its name.
    pub name: RuleName,
    /// Counted from 1.
    pub version: u32,
    /// The words.
    pub wording: Wording,
    /// Worked examples.
    pub vectors: Vec<Reading>,
}

pub(crate) fn parse(text: &str) -> Result<WordingPack, Reason> {
    let file: WordingFile = toml::from_str(text)?;
    let lists = [
        &file.negations,
        &file.debt,
        &file.pay,
        &file.until,
        &file.within,
        &file.numbers,
        &file.at_once,
        &file.weekdays,
        &file.months,
    ];
    let groups = file.blocks.values().flat_map(|block| &block.says).chain(file.threats.values().map(|it| &it.phrases));
    if let Some(word) = lists.into_iter().chain(groups).flatten().find(|word| word.to_lowercase() != **word) {
        return Err(Reason::Capitals(word.clone()));
    }
    let vectors = file.vectors.into_iter().map(reading).collect::<Result<_, _>>()?;
    let block_of = |(name, raw): (String, RawBlock)| Ok((block(&name)?, BlockText { text: raw.text, says: raw.says }));
    let threat_of = |(threat, raw): (RawThreat, RawThreatWords)| {
        Ok((threat.into(), ThreatWords { provision: provision(&raw.provision)?, phrases: raw.phrases }))
    };
    let wording = Wording {
        language: file.language,
        blocks: file.blocks.into_iter().map(block_of).collect::<Result<_, Reason>>()?,
        threats: file.threats.into_iter().map(threat_of).collect::<Result<_, Reason>>()?,
        negations: file.negations,
        debt: file.debt,
        pay: file.pay,
        until: file.until,
        within: file.within,
        numbers: file.numbers,
        hours: file.hours,
        days: file.days,
        weeks: file.weeks,
        at_once: file.at_once,
        weekdays: file.weekdays,
        months: file.months,
        month_first: file.month_first,
        accuracy: provision(&file.accuracy)?,
    };
    Ok(WordingPack { name: RuleName::parse(&file.name)?, version: file.version, wording, vectors })
}

fn reading(raw: RawVector) -> Result<Reading, Reason> {
    let says = raw.says.iter().map(|name| block(name)).collect::<Result<_, _>>()?;
    let threatens = raw.threatens.map(|threats| threats.into_iter().map(Threat::from).collect());
    Ok(Reading { text: raw.text, says, threatens })
}

#[cfg(test)]
mod tests {
    use dunlin_domain::duty::lint::{said, threatened};

    use super::*;

    const EN: &str = include_str!("../wording/en.toml");

    #[test]
    fn texts_are_understood_as_in_the_examples() {
        let pack = parse(EN).unwrap();
        for Reading { text, says, threatens } in &pack.vectors {
            let known = said(text, &pack.wording);
            // What opens a correspondence says also what later letters have to.
            assert!(
                says.is_subset(&known) && known.difference(says).all(|it| *it == Block::MiniMirandaSubsequent),
                "{text}"
            );
            if let Some(threatens) = threatens {
                assert_eq!(threatened(text, &pack.wording), *threatens, "{text}");
            }
        }
    }

    #[test]
    fn every_text_that_is_demanded_says_what_it_must_and_threatens_only_what_it_announces() {
        let pack = parse(EN).unwrap();
        for block in Block::ALL {
            let text = &pack.wording.blocks.get(&block).unwrap().text;
            assert!(said(text, &pack.wording).contains(&block), "{block}");
            let announced =
                if block == Block::PreActionText { BTreeSet::from([Threat::Suit]) } else { BTreeSet::new() };
            assert_eq!(threatened(text, &pack.wording), announced, "{block}");
        }
    }

    #[test]
    fn words_that_could_never_be_found_are_refused() {
        let text = EN.replacen("\"jail\"", "\"Jail\"", 1);
        assert!(parse(&text).unwrap_err().to_string().contains("Jail"));
        let text = EN.replacen("[blocks.opt_out_line]", "[blocks.opt_in_line]", 1);
        assert!(parse(&text).unwrap_err().to_string().contains("opt_in_line"));
    }
}
