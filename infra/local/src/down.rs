//! `cargo local down`: nothing left running.

use crate::console::say;
use crate::error::LocalError;
use crate::stack::Description;
use crate::{paths, process};

/// Stops the stack that `cargo local up` left running: the emulator and the functions it started.
///
/// # Errors
/// [`LocalError::Json`] if the stack's description cannot be read.
pub fn down() -> Result<(), LocalError> {
    let Some(stack) = Description::running()? else {
        Description::forget(&paths::local());
        say("No stack is running.");
        return Ok(());
    };
    process::end_group(stack.process_group, &paths::local());
    Description::forget(&paths::local());
    say(format!("Stopped the stack on port {}.", stack.port));
    Ok(())
}
