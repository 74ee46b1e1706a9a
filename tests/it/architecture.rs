//! The shape of the house, held by a test rather than a wish.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn folders(of: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(root().join(of)).unwrap().map(|entry| entry.unwrap());
    let folders = entries.filter(|entry| entry.file_type().unwrap().is_dir());
    folders.map(|entry| entry.file_name().into_string().unwrap()).collect()
}

/// Every Rust file below a folder, with its text.
fn sources(below: &str) -> Vec<(PathBuf, String)> {
    let mut left = vec![root().join(below)];
    let mut found = Vec::new();
    while let Some(path) = left.pop() {
        if path.is_dir() {
            left.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            found.push((path, text));
        }
    }
    assert!(!found.is_empty(), "there is nothing below {below}");
    found
}

/// What a package depends on; asked once for each.
fn dependencies(package: &str) -> String {
    static KNOWN: Mutex<BTreeMap<String, String>> = Mutex::new(BTreeMap::new());
    let mut known = KNOWN.lock().unwrap();
    known.entry(package.to_owned()).or_insert_with(|| tree_of(package)).clone()
}

fn tree_of(package: &str) -> String {
    let arguments = ["tree", "--package", package, "--edges", "normal", "--prefix", "none", "--offline"];
    let tree = Command::new(env!("CARGO")).args(arguments).current_dir(root()).output().unwrap();
    let tree = String::from_utf8(tree.stdout).unwrap();
    assert!(tree.starts_with(package), "cargo tree knows no {package}");
    tree
}

fn depends_on(package: &str, banned: &str) -> bool {
    dependencies(package).lines().any(|line| line.starts_with(banned))
}

#[test]
fn the_domain_knows_no_cloud_no_runtime_and_no_wire_format() {
    for banned in ["aws", "tokio", "lambda", "reqwest", "ureq", "hyper", "serde_json", "dunlin-aws", "dunlin-providers"]
    {
        assert!(!depends_on("dunlin-domain", banned), "dunlin-domain depends on {banned}*");
    }
    for banned in ["aws", "tokio", "lambda", "ureq", "hyper", "dunlin-aws"] {
        for package in ["dunlin-audit", "dunlin-letters", "dunlin-packs", "dunlin-providers", "dunlin-verify"] {
            assert!(!depends_on(package, banned), "{package} depends on {banned}*");
        }
    }
}

#[test]
fn the_domain_reads_no_clock_no_environment_and_no_file() {
    for (path, text) in sources("shared/domain/src") {
        for banned in ["::now()", "std::env", "std::fs", "std::net", "std::thread", "async fn"] {
            assert!(!text.contains(banned), "{} has {banned}", path.display());
        }
    }
}

#[test]
fn imports_go_one_way() {
    let functions = folders("functions");
    for package in ["dunlin-audit", "dunlin-aws", "dunlin-domain", "dunlin-letters", "dunlin-packs", "dunlin-providers"]
    {
        for function in &functions {
            assert!(!depends_on(package, function), "{package} depends on {function}");
        }
    }
    assert!(!depends_on("dunlin-aws", "dunlin-providers"));
    for function in &functions {
        for other in functions.iter().filter(|other| *other != function) {
            assert!(!depends_on(function, other), "{function} depends on {other}");
        }
    }
}

#[test]
fn every_function_has_samples_a_template_entry_and_a_role_of_its_own() {
    let functions = folders("functions");
    assert_eq!(folders("events"), functions);
    let template = fs::read_to_string(root().join("infra/template.yaml")).unwrap();
    for function in functions {
        assert!(
            template.contains(&format!("CodeUri: ../target/lambda/{function}/")),
            "{function} is not in the template"
        );
        assert!(template.contains(&format!("PolicyName: {function}\n")), "{function} has no policy of its own");
    }
}

#[test]
fn files_are_rooms_with_one_subject() {
    for (path, text) in ["shared", "functions", "infra", "tests"].into_iter().flat_map(sources) {
        let lines = text.lines().count();
        let most = if path.ends_with("src/main.rs") && path.starts_with(root().join("functions")) { 40 } else { 500 };
        assert!(lines <= most, "{} has {lines} lines", path.display());
    }
}

fn template() -> String {
    fs::read_to_string(root().join("infra/template.yaml")).unwrap()
}

/// The resources of the template of one type, each with its own lines.
fn resources(of_type: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let template = template();
    let resources = template.split_once("\nResources:\n").unwrap().1.split_once("\nOutputs:\n").unwrap().0;
    let mut name = None;
    for line in resources.lines() {
        if let Some(key) = line.strip_prefix("  ").filter(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase())) {
            name = key.strip_suffix(':').map(str::to_owned);
        }
        if let Some(name) = &name {
            let block: &mut String = found.entry(name.clone()).or_default();
            block.push_str(line);
            block.push('\n');
        }
    }
    found.retain(|_, block| block.lines().any(|line| line == format!("    Type: {of_type}")));
    assert!(!found.is_empty(), "the template has no {of_type}");
    found
}

#[test]
fn every_alarm_is_explained_to_who_is_woken_by_it() {
    let alarms: BTreeSet<String> = resources("AWS::CloudWatch::Alarm").into_keys().collect();
    let runbook = fs::read_to_string(root().join("infra/README.md")).unwrap();
    let section = runbook.split_once("\n## Alarms\n").unwrap().1.split("\n## ").next().unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    let names = rows.flat_map(|row| row.split('|').nth(1).unwrap().split('`').skip(1).step_by(2));
    let explained: BTreeSet<String> = names.map(|name| format!("{name}Alarm")).collect();
    assert_eq!(alarms, explained);
}

#[test]
fn alarms_and_dashboard_name_only_what_is_counted() {
    let counted = fs::read_to_string(root().join("shared/aws/src/metrics.rs")).unwrap();
    let template = template();
    let on_dashboard = template.split("[\"Dunlin\", \"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned());
    let alarms =
        resources("AWS::CloudWatch::Alarm").into_values().filter(|alarm| alarm.contains("Namespace: Dunlin\n"));
    let alarmed = alarms.map(|alarm| alarm.split("MetricName: ").nth(1).unwrap().lines().next().unwrap().to_owned());
    let named: BTreeSet<String> = on_dashboard.chain(alarmed).collect();
    assert!(named.len() > 5, "{named:?}");
    for name in named {
        assert!(counted.contains(&format!("=> \"{name}\"")), "nobody counts {name}");
    }
}

/// What the exceptions in `.checkov.yaml` promise.
#[test]
fn queues_are_encrypted_and_somebody_watches_the_dead_letters() {
    let alarms = resources("AWS::CloudWatch::Alarm");
    for (name, queue) in resources("AWS::SQS::Queue") {
        assert!(queue.contains("SqsManagedSseEnabled: true"), "{name} is not encrypted");
        let watched = alarms.contains_key(&format!("{name}Alarm"));
        assert!(watched || !name.ends_with("DeadLetters"), "nobody is told of {name}");
    }
    for function in resources("AWS::Serverless::Function").into_keys() {
        assert!(alarms.contains_key(&format!("{function}ErrorsAlarm")), "nobody is told when {function} fails");
    }
}
