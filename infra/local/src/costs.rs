//! `cargo local costs`: counts what things cost, writes it into `COSTS.md` and shows it.

use std::fs;

use crate::console::print;
use crate::error::{LocalError, at};
use crate::functions::cargo;
use crate::{paths, process};

/// Counts on an embedded table; takes as long as compiling the tests.
///
/// # Errors
/// [`LocalError::CommandFailed`] where the tests do not pass or an aim is missed, [`LocalError::File`].
pub fn costs() -> Result<(), LocalError> {
    let mut count = cargo(&["test", "--quiet", "--workspace", "--test", "it", "--", "costs::"]);
    count.env("DUNLIN_WRITE_COSTS", "1");
    process::run_aloud("costs", &mut count, "Install Rust from https://rustup.rs.")?;
    let file = paths::root().join("COSTS.md");
    print(fs::read_to_string(&file).map_err(at(&file))?)
}
