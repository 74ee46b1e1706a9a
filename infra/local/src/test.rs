//! `cargo local test`: everything CI asks, in the order in which it fails fastest.

use std::process::Command;
use std::time::Instant;

use crate::console::{print, say};
use crate::error::LocalError;
use crate::functions::cargo;
use crate::tools::{StripeTool, Tools};
use crate::{paths, process};

/// Runs every check and stops at the first that fails.
///
/// # Errors
/// [`LocalError::CommandFailed`] names the check.
pub fn test() -> Result<(), LocalError> {
    let tools = Tools::installed()?;
    // A test starts it, and tests need no network.
    StripeTool::installed()?;
    let mut template = Command::new(tools.cfn_lint());
    template.arg(paths::template());
    let mut security = Command::new(tools.checkov()?);
    security.arg("--config-file").arg(paths::root().join(".checkov.yaml")).arg("--file").arg(paths::template());

    check("format", &mut cargo(&["fmt", "--all", "--check"]))?;
    check("template", &mut template)?;
    check("security of the template", &mut security)?;
    check("lints", &mut cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    // Tests do not build the functions' binaries, and the end-to-end tests deploy them.
    check("build", &mut cargo(&["build", "--workspace", "--all-targets"]))?;
    check("examples in the documentation", &mut cargo(&["test", "--workspace", "--doc"]))?;
    let mut count = Count::default();
    say("\n== tests");
    let tests = &mut cargo(&["test", "--workspace", "--all-targets"]);
    process::run_heard("tests", tests, RUST, |line| count.add(line))?;
    say("\nAll checks passed.");
    print(format!("{} passed, {} failed", count.passed, count.failed))
}

/// What the test runner counted, over all its programs.
#[derive(Debug, Default, PartialEq, Eq)]
struct Count {
    passed: u64,
    failed: u64,
}

impl Count {
    /// Adds a line such as `test result: ok. 4 passed; 0 failed; 0 ignored; ...`.
    fn add(&mut self, line: &str) {
        let Some((_, counts)) = line.strip_prefix("test result: ").and_then(|rest| rest.split_once(". ")) else {
            return;
        };
        for part in counts.split("; ") {
            match part.split_once(' ') {
                Some((number, "passed")) => self.passed += number.parse().unwrap_or(0),
                Some((number, "failed")) => self.failed += number.parse().unwrap_or(0),
                _ => {}
            }
        }
    }
}

const RUST: &str = "Install Rust from https://rustup.rs.";

fn check(heading: &str, command: &mut Command) -> Result<(), LocalError> {
    say(format!("\n== {heading}"));
    let since = Instant::now();
    process::run_aloud(heading, command, RUST)?;
    say(format!("== {heading}: passed in {} s", since.elapsed().as_secs()));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_of_all_programs_are_added() {
        let mut count = Count::default();
        for line in [
            "running 4 tests",
            "test result: ok. 4 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s",
            "test result: FAILED. 10 passed; 2 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s",
        ] {
            count.add(line);
        }
        assert_eq!(count, Count { passed: 14, failed: 2 });
    }
}
