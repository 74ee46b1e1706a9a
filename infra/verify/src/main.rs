//! Verifies an exported audit log offline: `dunlin-verify FILE [ANCHOR...]`.
//!
//! It needs nothing but the file, and the anchors where they are at hand; it exits with 0 where the log is what was
//! recorded, and else says in which line it is not.

use std::fs::File;
use std::io::{BufReader, Write as _};
use std::process::ExitCode;

use dunlin_audit::{Anchor, verify};

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let Some(file) = arguments.next() else {
        return say(2, "usage: dunlin-verify FILE [ANCHOR...]");
    };
    let mut anchors = Vec::new();
    for path in arguments {
        match read_anchor(&path) {
            Ok(anchor) => anchors.push(anchor),
            Err(why) => return say(2, &format!("{}: {why}", path.display())),
        }
    }
    let input = match File::open(&file) {
        Ok(input) => BufReader::new(input),
        Err(error) => return say(2, &format!("{}: {error}", file.display())),
    };
    match verify(input, &anchors) {
        Ok(found) => say(
            0,
            &format!(
                "{} records and {} history items of debtor {} hang together; {} of {} anchors met; the last hash is {}",
                found.head.seq,
                found.items,
                found.debtor,
                found.anchors,
                anchors.len(),
                found.head.hash
            ),
        ),
        Err(fault) => say(1, &fault.to_string()),
    }
}

fn read_anchor(path: &std::ffi::OsStr) -> Result<Anchor, String> {
    Anchor::read(&std::fs::read(path).map_err(|error| error.to_string())?)
}

fn say(code: u8, line: &str) -> ExitCode {
    // Whoever asked may have gone away.
    let _ = writeln!(std::io::stdout(), "{line}");
    ExitCode::from(code)
}
