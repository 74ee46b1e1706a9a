//! The file of places, their zones and their area codes.

use dunlin_domain::calendar::Zone;
use dunlin_domain::gate::Jurisdiction;
use dunlin_domain::gate::atlas::Atlas;
use dunlin_domain::ids::RuleName;
use serde::Deserialize;

use crate::error::Reason;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlaceFile {
    name: String,
    version: u32,
    source: String,
    places: Vec<RawPlace>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPlace {
    code: String,
    zones: Vec<String>,
    #[serde(default)]
    areas: Vec<RawArea>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawArea {
    codes: Vec<u16>,
    zones: Vec<String>,
}

/// Which places are known, and whence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacePack {
    /// Its name.
    pub name: RuleName,
    /// Counted from 1.
    pub version: u32,
    /// Where zones and codes can be read.
    pub source: String,
}

/// Adds the places of a file to an atlas.
pub(crate) fn read(text: &str, atlas: &mut Atlas) -> Result<PlacePack, Reason> {
    let file: PlaceFile = toml::from_str(text)?;
    for raw in file.places {
        let place = Jurisdiction::parse(&raw.code)?;
        atlas.place(place.clone(), zones(&raw.zones)?)?;
        for area in raw.areas {
            let zones = zones(&area.zones)?;
            for code in area.codes {
                atlas.area_code(code, place.clone(), zones.clone())?;
            }
        }
    }
    Ok(PlacePack { name: RuleName::parse(&file.name)?, version: file.version, source: file.source })
}

fn zones(names: &[String]) -> Result<Vec<Zone>, Reason> {
    Ok(names.iter().map(|name| Zone::parse(name)).collect::<Result<_, _>>()?)
}
