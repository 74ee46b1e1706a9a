//! Worked cases of law, through the same translation as `cargo local cases`.

use std::fs;
use std::path::{Path, PathBuf};

use dunlin_local::cases::{Case, Cases, Difference, Unanswered, run};
use dunlin_local::error::LocalError;
use serde_json::json;

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data").join(name)
}

fn case(action: &str, given: &serde_json::Value, expected: &serde_json::Value) -> Case {
    let case = json!({ "id": "T", "topic": "test", "given": given, "action": action, "expected": expected });
    serde_json::from_value(case).unwrap()
}

/// What differs in a file of at least so many cases.
fn differing(file: &str, at_least: usize) -> Vec<String> {
    let run = run(&Cases { file: data(file), actions: Vec::new(), json: false }).unwrap();
    assert!(run.cases >= at_least, "{}", run.cases);
    let line = |one: &Difference| format!("{} {}: {}, not {}", one.id, one.action, one.got, one.expected);
    run.differing.iter().map(line).collect()
}

#[test]
fn every_case_of_money_is_answered_as_it_should_be() {
    let differing = differing("charges.json", 60);
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

#[test]
fn every_case_of_contact_is_answered_as_it_should_be() {
    let differing = differing("contacts.json", 200);
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

#[test]
fn every_case_of_duties_is_answered_as_it_should_be() {
    let differing = differing("duties.json", 50);
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

#[test]
fn a_run_takes_the_actions_asked_for_and_keeps_what_differs() {
    let run = |file: PathBuf, actions: &[&str]| {
        run(&Cases { file, actions: actions.iter().map(|action| (*action).to_owned()).collect(), json: false })
    };
    let all = run(data("charges.json"), &[]).unwrap().cases;
    let fees = run(data("charges.json"), &["charge_fee"]).unwrap().cases;
    let some = run(data("charges.json"), &["charge_fee", " compute: interest"]).unwrap().cases;
    assert!(0 < fees && fees < some && some < all);
    // A word that no case has shows nothing, and must not pass for a run in which all agreed.
    assert!(matches!(run(data("charges.json"), &["comptue"]), Err(LocalError::NoCases { .. })));
    assert!(matches!(run(data("nothing.json"), &[]), Err(LocalError::File { .. })));

    let text = fs::read_to_string(data("charges.json")).unwrap();
    let wrong = Path::new(env!("CARGO_TARGET_TMPDIR")).join("wrong_cases.json");
    fs::write(&wrong, text.replacen("\"expected\": 30.82", "\"expected\": 30.83", 1)).unwrap();
    let differing = run(wrong, &[]).unwrap().differing;
    let spoilt = Path::new(env!("CARGO_TARGET_TMPDIR")).join("spoilt_cases.json");
    fs::write(&spoilt, text.replacen("\"expected\": 30.82", "\"expected\": null", 1)).unwrap();
    let unread = run(spoilt, &[]).unwrap().differing;
    assert_eq!((unread.len(), unread[0].id.as_str()), (1, "E01"));
    assert!(unread[0].got.contains("null is not allow, deny or a number"), "{}", unread[0].got);
    assert_eq!((differing.len(), differing[0].got.as_str(), differing[0].id.as_str()), (1, "30.82", "E01"));
}

#[test]
fn what_no_engine_answers_and_what_cannot_be_read_is_said() {
    let given = json!({ "jurisdiction": "GB-EAW", "debtor_type": "business", "principal": "100.00" });
    assert_eq!(case("send_pigeon", &given, &json!("allow")).answer(), Err(Unanswered::NoEngine));
    assert_eq!(case("compute: shoe size", &given, &json!(1)).answer(), Err(Unanswered::NoEngine));
    // No day and no rate is made up.
    assert_eq!(case("compute: interest", &given, &json!(1)).answer(), Err(Unanswered::Missing("interest_from")));
    let begun =
        json!({ "jurisdiction": "GB-EAW", "debtor_type": "business", "principal": "1", "relevant_day": "2026-01-31" });
    assert_eq!(case("compute: interest", &begun, &json!(1)).answer(), Err(Unanswered::Missing("paid_on")));
    let nothing = json!({ "jurisdiction": "GB-EAW", "debtor_type": "business", "rate": "8", "days_late": 10 });
    assert_eq!(case("compute: interest", &nothing, &json!(1)).answer(), Err(Unanswered::Missing("principal")));
    assert_eq!(case("count: sheep", &nothing, &json!(1)).answer(), Err(Unanswered::NoEngine));
    let call = json!({ "jurisdiction": "US", "now": "2026-03-04T10:00:00-05:00", "now_zone": "America/New_York" });
    for (field, value) in [
        ("jurisdiction", json!("usa")),
        ("now", json!("tomorrow")),
        ("now_zone", json!("Mars/Olympus")),
        ("channel", json!("pigeon")),
        ("purpose", json!("revenge")),
        ("collector_role", json!("fourth_party")),
        ("obligor", json!("ghost")),
    ] {
        let mut given = call.clone();
        given[field] = value;
        let got = case("place_call", &given, &json!("allow")).difference().unwrap();
        assert!(got.starts_with(field), "{got}");
    }
    for (field, value) in [
        ("principal", json!("1,000")),
        ("jurisdiction", json!("AT")),
        ("debtor_type", json!("ghost")),
        ("rounding", json!("to the moon")),
        ("day_count", json!("ACT/364")),
        ("paid_on", json!("31.12.2025")),
        ("rate", json!("8%")),
    ] {
        let mut given = given.clone();
        given[field] = value;
        let got = case("compute: interest", &given, &json!(1)).difference().unwrap();
        assert!(got.starts_with(field), "{got}");
    }
}
