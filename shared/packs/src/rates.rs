//! The file of a rate table.

use std::collections::BTreeMap;

use dunlin_domain::charge::rates::{AnnualRate, HalfYear, RateRow, RateTable, Standing};
use dunlin_domain::ids::RuleName;
use serde::Deserialize;

use crate::error::Reason;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RateFile {
    name: String,
    version: u32,
    source: String,
    series: Vec<Series>,
}

/// Rows of one source.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Series {
    standing: RawStanding,
    source: String,
    /// By half-year.
    percent: BTreeMap<String, String>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RawStanding {
    Published,
    Derived,
}

/// A table of reference rates and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RatePack {
    /// Counted from 1.
    pub version: u32,
    /// Who sets the rate.
    pub source: String,
    /// The rates.
    pub table: RateTable,
}

pub(crate) fn parse(text: &str) -> Result<RatePack, Reason> {
    let file: RateFile = toml::from_str(text)?;
    let rows: Vec<RateRow> = file.series.into_iter().map(rows).collect::<Result<Vec<_>, _>>()?.concat();
    let table = RateTable::new(RuleName::parse(&file.name)?, rows)?;
    Ok(RatePack { version: file.version, source: file.source, table })
}

fn rows(series: Series) -> Result<Vec<RateRow>, Reason> {
    let standing = match series.standing {
        RawStanding::Published => Standing::Published,
        RawStanding::Derived => Standing::Derived,
    };
    let row = |(half, percent): (&String, &String)| {
        let source = series.source.clone();
        Ok(RateRow { half: HalfYear::parse(half)?, rate: AnnualRate::parse(percent)?, standing, source })
    };
    series.percent.iter().map(row).collect()
}
