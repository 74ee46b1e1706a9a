//! Where a debtor may be: which law applies, and which clock counts.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;

use crate::calendar::Zone;

/// The member states of the European Union, as ISO 3166 writes them.
const MEMBER_STATES: [&str; 27] = [
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU", "LV",
    "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
];

/// What law that holds everywhere names.
const ANYWHERE: &str = "ANY";

/// Whose law: a country (`US`), a part of one (`US-MA`, `GB-SCT`), a city (`US-NY-NYC`), the `EU`, or `ANY`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Jurisdiction(Arc<str>);

/// What is no jurisdiction.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a jurisdiction: write a country or a part of one, such as US, US-MA, US-NY-NYC, GB-EAW or EU")]
pub struct UnknownJurisdiction(String);

impl Jurisdiction {
    /// Reads a code such as `US-MA`.
    ///
    /// # Errors
    /// [`UnknownJurisdiction`] where it is not capitals in groups of two or three, joined by hyphens.
    pub fn parse(code: &str) -> Result<Self, UnknownJurisdiction> {
        let group = |group: &str| {
            (2..=3).contains(&group.len()) && group.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
        };
        let well_formed = code.len() <= 12 && code.split('-').all(group);
        if well_formed { Ok(Self(code.into())) } else { Err(UnknownJurisdiction(code.chars().take(20).collect())) }
    }

    /// Somewhere, of which no more is known: the law that holds anywhere.
    #[must_use]
    pub fn anywhere() -> Self {
        Self(ANYWHERE.into())
    }

    /// The code.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The country, or `EU`.
    #[must_use]
    pub fn country(&self) -> &str {
        self.0.split('-').next().unwrap_or_default()
    }

    /// Whether its law applies at `place`: the same, a part of it, or a member of the Union.
    #[must_use]
    pub fn reaches(&self, place: &Self) -> bool {
        match self.as_str() {
            ANYWHERE => true,
            "EU" => place.country() == "EU" || MEMBER_STATES.contains(&place.country()),
            own => place.0.strip_prefix(own).is_some_and(|rest| rest.is_empty() || rest.starts_with('-')),
        }
    }
}

impl fmt::Display for Jurisdiction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why someone is thought to be at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence {
    /// The debtor said so at this moment: it settles where they are now.
    Stated(Timestamp),
    /// An address on file.
    Address,
    /// The area code of a phone number on file.
    AreaCode,
    /// The network they last signed in from.
    Network,
}

/// Where a debtor may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Whose law applies there.
    pub jurisdiction: Jurisdiction,
    /// Every zone that it may lie in; none where it says nothing of the clock.
    pub zones: Vec<Zone>,
    /// Why they are thought to be there.
    pub evidence: Evidence,
}

/// The zones whose clocks count: those of the place that the debtor last stated, else those of every place that is known
/// of (12 CFR 1006.6(b)(1)(i), comment 6(b)(1)(i)-2).
#[must_use]
pub fn zones(places: &[Place]) -> Vec<Zone> {
    let stated = |place: &&Place| match place.evidence {
        Evidence::Stated(at) => Some(at),
        Evidence::Address | Evidence::AreaCode | Evidence::Network => None,
    };
    let known = places.iter().filter(|place| !place.zones.is_empty());
    let latest = known.clone().filter(|place| stated(place).is_some()).max_by_key(stated);
    let mut zones: Vec<Zone> = Vec::new();
    for zone in known.filter(|place| latest.is_none_or(|latest| latest == *place)).flat_map(|place| &place.zones) {
        if !zones.contains(zone) {
            zones.push(zone.clone());
        }
    }
    zones
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(code: &str, zone: &str, evidence: Evidence) -> Place {
        let zones = vec![Zone::parse(zone).unwrap()];
        Place { jurisdiction: Jurisdiction::parse(code).unwrap(), zones, evidence }
    }

    #[test]
    fn law_reaches_the_parts_of_its_country_and_the_members_of_the_union() {
        let code = |code: &str| Jurisdiction::parse(code).unwrap();
        for (law, place, reaches) in [
            ("US", "US-MA", true),
            ("US-NY", "US-NY-NYC", true),
            ("US-NY-NYC", "US-NY", false),
            ("US-MA", "US", false),
            ("EU", "DE", true),
            ("EU", "GB-EAW", false),
            ("GB", "GB-SCT", true),
            ("GB-EAW", "GB", false),
            ("ANY", "JP", true),
        ] {
            assert_eq!(code(law).reaches(&code(place)), reaches, "{law} {place}");
        }
        for bad in ["", "us", "U", "US-", "US--MA", "US MA", "US-MASSA"] {
            assert!(Jurisdiction::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_the_debtor_stated_last_settles_the_clock() {
        let east = place("US", "America/New_York", Evidence::AreaCode);
        let west = place("US", "America/Los_Angeles", Evidence::Address);
        let hills = place("US", "America/Denver", Evidence::Stated("2026-03-01T00:00:00Z".parse().unwrap()));
        let coast = place("US", "America/Los_Angeles", Evidence::Stated("2026-03-02T00:00:00Z".parse().unwrap()));
        let names = |places: &[Place]| zones(places).iter().map(|zone| zone.name().to_owned()).collect::<Vec<_>>();
        assert_eq!(names(&[east.clone(), west.clone(), east.clone()]), ["America/New_York", "America/Los_Angeles"]);
        assert_eq!(names(&[east, coast, hills, west]), ["America/Los_Angeles"]);
    }
}
