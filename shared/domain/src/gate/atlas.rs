//! What an address or a phone number tells of where someone may be.

use std::collections::BTreeMap;

use super::place::{Evidence, Jurisdiction, Place};
use crate::calendar::Zone;
use crate::contact::PhoneNumber;

/// Places with their zones, and area codes of the North American Numbering Plan with their places.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Atlas {
    zones: BTreeMap<Jurisdiction, Vec<Zone>>,
    area_codes: BTreeMap<u16, (Jurisdiction, Vec<Zone>)>,
}

/// What an atlas cannot hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AtlasError {
    /// A place of which no zone is known.
    #[error("{0} needs a zone")]
    NoZone(Jurisdiction),
    /// A place that is there already.
    #[error("{0} is there twice")]
    Place(Jurisdiction),
    /// An area code that is there already, or is none.
    #[error("{0} is no area code, or is there twice")]
    AreaCode(u16),
}

impl Atlas {
    /// Adds a place and every zone that it lies in.
    ///
    /// # Errors
    /// [`AtlasError::NoZone`], [`AtlasError::Place`].
    pub fn place(&mut self, place: Jurisdiction, zones: Vec<Zone>) -> Result<(), AtlasError> {
        if zones.is_empty() {
            return Err(AtlasError::NoZone(place));
        }
        if self.zones.contains_key(&place) {
            return Err(AtlasError::Place(place));
        }
        self.zones.insert(place, zones);
        Ok(())
    }

    /// Adds an area code, its place and every zone that it spans.
    ///
    /// # Errors
    /// [`AtlasError::AreaCode`], [`AtlasError::NoZone`].
    pub fn area_code(&mut self, code: u16, place: Jurisdiction, zones: Vec<Zone>) -> Result<(), AtlasError> {
        if zones.is_empty() {
            return Err(AtlasError::NoZone(place));
        }
        if !(201..=989).contains(&code) || self.area_codes.contains_key(&code) {
            return Err(AtlasError::AreaCode(code));
        }
        self.area_codes.insert(code, (place, zones));
        Ok(())
    }

    /// Where an address lies: the place or, where its zones are not known, the smallest around it; for a country of which
    /// only the parts are known, all of theirs.
    #[must_use]
    pub fn of_address(&self, jurisdiction: &Jurisdiction) -> Place {
        let own =
            self.zones.iter().rev().find(|(around, _)| around.reaches(jurisdiction)).map(|(_, zones)| zones.clone());
        let zones = own.unwrap_or_else(|| {
            let mut all: Vec<Zone> = Vec::new();
            for zone in self.zones.iter().filter(|(part, _)| jurisdiction.reaches(part)).flat_map(|(_, zones)| zones) {
                if !all.contains(zone) {
                    all.push(zone.clone());
                }
            }
            all
        });
        Place { jurisdiction: jurisdiction.clone(), zones, evidence: Evidence::Address }
    }

    /// The parts of a place that are known, each with its zones.
    pub fn parts(&self, of: &Jurisdiction) -> impl Iterator<Item = Place> {
        let parts = self.zones.iter().filter(move |(part, _)| *part != of && of.reaches(part));
        parts.map(|(part, zones)| Place {
            jurisdiction: part.clone(),
            zones: zones.clone(),
            evidence: Evidence::Address,
        })
    }

    /// Where the holder of a phone number may be. Toll-free and foreign numbers, and codes that are not known, tell nothing.
    #[must_use]
    pub fn of_number(&self, number: &PhoneNumber) -> Option<Place> {
        let national = number.as_str().strip_prefix("+1").filter(|national| national.len() == 10)?;
        let code: u16 = national.get(..3)?.parse().ok()?;
        let (jurisdiction, zones) = self.area_codes.get(&code)?;
        Some(Place { jurisdiction: jurisdiction.clone(), zones: zones.clone(), evidence: Evidence::AreaCode })
    }

    /// Every area code.
    pub fn area_codes(&self) -> impl Iterator<Item = u16> {
        self.area_codes.keys().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(code: &str) -> Jurisdiction {
        Jurisdiction::parse(code).unwrap()
    }

    fn zones(names: &[&str]) -> Vec<Zone> {
        names.iter().map(|name| Zone::parse(name).unwrap()).collect()
    }

    #[test]
    fn the_smallest_place_that_is_known_gives_the_zones_and_a_country_those_of_its_parts() {
        let mut atlas = Atlas::default();
        atlas.place(code("US-NY"), zones(&["America/New_York"])).unwrap();
        atlas.place(code("US-SD"), zones(&["America/Chicago", "America/Denver"])).unwrap();
        atlas.place(code("GB"), zones(&["Europe/London"])).unwrap();
        let of = |place: &str| {
            atlas.of_address(&code(place)).zones.iter().map(|zone| zone.name().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(of("US-NY-NYC"), ["America/New_York"]);
        assert_eq!(of("GB-SCT"), ["Europe/London"]);
        assert_eq!(of("US"), ["America/New_York", "America/Chicago", "America/Denver"]);
        assert_eq!(of("JP"), Vec::<String>::new());
    }

    #[test]
    fn what_an_atlas_cannot_hold_is_refused() {
        let mut atlas = Atlas::default();
        atlas.area_code(605, code("US-SD"), zones(&["America/Chicago"])).unwrap();
        assert_eq!(atlas.area_code(605, code("US-SD"), zones(&["UTC"])), Err(AtlasError::AreaCode(605)));
        assert_eq!(atlas.area_code(101, code("US-SD"), zones(&["UTC"])), Err(AtlasError::AreaCode(101)));
        assert_eq!(atlas.area_code(606, code("US-KY"), Vec::new()), Err(AtlasError::NoZone(code("US-KY"))));
        assert_eq!(atlas.place(code("US-KY"), Vec::new()), Err(AtlasError::NoZone(code("US-KY"))));
    }
}
