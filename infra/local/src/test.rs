//! `cargo local test`: everything CI asks, in the order in which it fails fastest.

use std::process::Command;
use std::time::Instant;

use crate::console::say;
use crate::error::LocalError;
use crate::functions::cargo;
use crate::tools::Tools;
use crate::{paths, process};

/// Runs every check and stops at the first that fails.
///
/// # Errors
/// [`LocalError::CommandFailed`] names the check.
pub fn test() -> Result<(), LocalError> {
    let tools = Tools::installed()?;
    let mut template = Command::new(tools.cfn_lint());
    template.arg(paths::template());

    check("format", &mut cargo(&["fmt", "--all", "--check"]))?;
    check("template", &mut template)?;
    check("lints", &mut cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    // Tests do not build the functions' binaries, and the end-to-end tests deploy them.
    check("build", &mut cargo(&["build", "--workspace", "--all-targets"]))?;
    check("tests", &mut cargo(&["test", "--workspace", "--all-targets"]))?;
    check("examples in the documentation", &mut cargo(&["test", "--workspace", "--doc"]))?;
    say("\nAll checks passed.");
    Ok(())
}

fn check(heading: &str, command: &mut Command) -> Result<(), LocalError> {
    say(format!("\n== {heading}"));
    let since = Instant::now();
    process::run_aloud(heading, command, "Install Rust from https://rustup.rs.")?;
    say(format!("== {heading}: passed in {} s", since.elapsed().as_secs()));
    Ok(())
}
