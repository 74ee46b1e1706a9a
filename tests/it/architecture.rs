//! The shape of the house, held by a test rather than a wish.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

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

fn dependencies(package: &str) -> String {
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
        assert!(!depends_on("dunlin-providers", banned), "dunlin-providers depends on {banned}*");
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
    for package in ["dunlin-aws", "dunlin-domain", "dunlin-providers"] {
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
