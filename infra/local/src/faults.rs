//! `cargo local faults`: sends thousands of messages through the functions while everything fails that can, and shows
//! what the judge found.

use std::fs;

use crate::console::print;
use crate::error::{LocalError, at};
use crate::functions::cargo;
use crate::{paths, process};

/// The test that does it with a few messages.
const TEST: &str = "faults::trial::nothing_is_sent_wrongly_twice_or_never_whatever_fails";

/// Sends at least so many messages, with the faults of a seed. By the program that the tests are compiled into already: an
/// optimised one takes longer to compile than it saves.
///
/// # Errors
/// [`LocalError::CommandFailed`] where a message was wrong, sent twice, lost or never settled, or an invariant does not
/// hold; [`LocalError::File`].
pub fn faults(sends: u64, seed: u64) -> Result<(), LocalError> {
    let figures = paths::local().join("faults.txt");
    fs::create_dir_all(paths::local()).map_err(at(&paths::local()))?;
    if figures.exists() {
        fs::remove_file(&figures).map_err(at(&figures))?;
    }
    let mut run = cargo(&["test", "--quiet", "--workspace", "--test", "it", "--", "--exact", TEST]);
    run.env("DUNLIN_SENDS", sends.to_string()).env("DUNLIN_SEED", seed.to_string()).env("DUNLIN_FIGURES", &figures);
    let ran = process::run_aloud("faults", &mut run, "Install Rust from https://rustup.rs.");
    if figures.exists() {
        print(fs::read_to_string(&figures).map_err(at(&figures))?)?;
    }
    ran
}
