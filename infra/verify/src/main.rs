//! Verifies an exported audit log offline: `dunlin-verify FILE [--anchor ANCHOR...]`.
//!
//! It needs nothing but the file, and the anchors where they are at hand: those of the days that the log is to be held
//! against, in any order. It exits with 0 where the log is what was recorded, and else says in which line it is not.

use std::ffi::OsString;
use std::fs::File;
use std::io::{BufReader, Write as _};
use std::process::ExitCode;

use dunlin_audit::{Anchor, Anchors, verify};

const USAGE: &str = "usage: dunlin-verify FILE [--anchor ANCHOR...]";

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let Some(file) = arguments.next() else { return say(2, USAGE) };
    if arguments.next().is_some_and(|option| option != "--anchor") {
        return say(2, USAGE);
    }
    let anchors = match read_anchors(arguments) {
        Ok(anchors) => anchors,
        Err(why) => return say(2, &why),
    };
    let input = match File::open(&file) {
        Ok(input) => BufReader::new(input),
        Err(error) => return say(2, &format!("{}: {error}", file.display())),
    };
    match verify(input, &anchors) {
        Ok(found) => say(
            0,
            &format!(
                "{} records and {} history items of {} hang together; {} of {} anchors met; the last hash is {}",
                found.head.seq,
                found.items,
                found.debtor.map_or("the tenant's settings".to_owned(), |debtor| format!("debtor {debtor}")),
                found.anchors,
                anchors.len(),
                found.head.hash
            ),
        ),
        Err(fault) => say(1, &fault.to_string()),
    }
}

fn read_anchors(paths: impl Iterator<Item = OsString>) -> Result<Anchors, String> {
    let read = |path: OsString| {
        let named = |why: String| format!("{}: {why}", path.display());
        let bytes = std::fs::read(&path).map_err(|error| named(error.to_string()))?;
        Anchor::read(&bytes).map_err(|error| named(error.to_string()))
    };
    let anchors: Vec<Anchor> = paths.map(read).collect::<Result<_, _>>()?;
    Anchors::new(anchors).map_err(|error| error.to_string())
}

fn say(code: u8, line: &str) -> ExitCode {
    // Whoever asked may have gone away.
    let _ = writeln!(std::io::stdout(), "{line}");
    ExitCode::from(code)
}
