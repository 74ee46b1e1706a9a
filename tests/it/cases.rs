//! Worked cases of law, through the same translation as `cargo local cases`.

use std::path::{Path, PathBuf};

use dunlin_local::cases::{Case, Cases, Unanswered, cases, read};
use dunlin_local::error::LocalError;
use serde_json::json;

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data").join(name)
}

fn case(action: &str, given: &serde_json::Value, expected: &serde_json::Value) -> Case {
    let case = json!({ "id": "T", "topic": "test", "given": given, "action": action, "expected": expected });
    serde_json::from_value(case).unwrap()
}

#[test]
fn every_case_of_money_is_answered_as_it_should_be() {
    let cases = read(&data("charges.json")).unwrap();
    assert!(cases.len() > 60, "{}", cases.len());
    let differing: Vec<String> = cases
        .iter()
        .filter_map(|case| {
            case.difference().map(|got| format!("{} {}: {got}, not {}", case.id, case.action, case.expected))
        })
        .collect();
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

#[test]
fn a_run_over_a_file_fails_where_a_case_differs() {
    let run = |actions: &[&str]| {
        let actions = actions.iter().map(|action| (*action).to_owned()).collect();
        cases(&Cases { file: data("charges.json"), actions, json: true })
    };
    run(&["compute", "lookup: statutory rate (reference + 8) in percent"]).unwrap();
    let missing = cases(&Cases { file: data("nothing.json"), actions: Vec::new(), json: false });
    assert!(matches!(missing, Err(LocalError::File { .. })));
    let wrong = case("compute: interest in EUR", &json!({ "jurisdiction": "EU" }), &json!(1));
    assert!(wrong.difference().is_some());
}

#[test]
fn what_no_engine_answers_and_what_cannot_be_read_is_said() {
    let given = json!({ "jurisdiction": "GB-EAW", "debtor_type": "business", "principal": "100.00" });
    assert_eq!(case("place_call", &given, &json!("allow")).answer(), Err(Unanswered::NoEngine));
    assert_eq!(case("compute: shoe size", &given, &json!(1)).answer(), Err(Unanswered::NoEngine));
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
