//! The packs of contact: each answers its examples, and no two rows of one rule are in force at once.

use dunlin_domain::calendar::Zone;
use dunlin_domain::contact::PhoneNumber;
use dunlin_domain::gate::{Jurisdiction, Law, Medium};
use dunlin_packs::packs;
use jiff::civil::Date;

#[test]
fn every_rule_of_contact_answers_its_packs_examples() {
    for pack in packs().unwrap().rule_packs() {
        let law = Law { rules: pack.rules.clone() };
        assert!(!pack.vectors.is_empty(), "{}", pack.name);
        for vector in &pack.vectors {
            assert_eq!(
                vector.refused(&law),
                vector.refused_by,
                "{}: {:?} {}",
                pack.name,
                vector.attempt.medium,
                vector.now
            );
        }
    }
}

#[test]
fn an_area_code_has_every_zone_that_it_spans_and_toll_free_numbers_tell_nothing() {
    let atlas = packs().unwrap().atlas();
    assert!(atlas.area_codes().count() > 380, "{}", atlas.area_codes().count());
    let of = |number: &str| {
        let place = atlas.of_number(&PhoneNumber::parse(number).unwrap())?;
        let zones: Vec<&str> = place.zones.iter().map(Zone::name).collect();
        Some(format!("{} {}", place.jurisdiction, zones.join(" ")))
    };
    for (number, place) in [
        ("+13055550100", "US-FL America/New_York"),
        ("+18505550100", "US-FL America/New_York America/Chicago"),
        ("+12085550100", "US-ID America/Boise America/Los_Angeles"),
        ("+16055550100", "US-SD America/Chicago America/Denver"),
        ("+17015550100", "US-ND America/Chicago America/Denver"),
        ("+14235550100", "US-TN America/Chicago America/New_York"),
        ("+15415550100", "US-OR America/Los_Angeles America/Boise"),
        ("+19065550100", "US-MI America/Detroit America/Menominee"),
        ("+12125550100", "US-NY-NYC America/New_York"),
        ("+18075550100", "CA-ON America/Toronto America/Winnipeg"),
    ] {
        assert_eq!(of(number).as_deref(), Some(place));
    }
    for silent in ["+18005550100", "+18885550100", "+442079460000", "+19995550100"] {
        assert_eq!(of(silent), None, "{silent}");
    }
    let whole = atlas.of_address(&Jurisdiction::parse("US").unwrap());
    assert!(whole.zones.len() > 10, "{:?}", whole.zones);
}

#[test]
fn rows_of_one_rule_are_never_in_force_together() {
    let rules = &packs().unwrap().law().rules;
    for (at, rule) in rules.iter().enumerate() {
        for other in rules.iter().skip(at + 1).filter(|other| other.id == rule.id) {
            let overlap = rule.valid_from <= Some(other.valid_to.unwrap_or(Date::MAX))
                && other.valid_from <= Some(rule.valid_to.unwrap_or(Date::MAX));
            let apart = Medium::ALL.iter().all(|medium| !(rule.media.has(*medium) && other.media.has(*medium)));
            assert!(!overlap || apart, "{}", rule.id);
        }
    }
}
