//! Running other programs, and ending those that outlive a command.
//!
//! Process groups are ended through the shell's `kill`: the house forbids `unsafe`, and so system calls.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::console::print;
use crate::error::LocalError;

/// Process groups that end when this program is interrupted.
static OURS: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Exit status of a program ended by Ctrl-C, by convention 128 + SIGINT.
const INTERRUPTED_STATUS: i32 = 130;

/// From now on Ctrl-C (or SIGTERM) ends the groups registered by [`end_on_interrupt`] before it ends this program.
///
/// # Errors
/// [`LocalError::Signals`] if another handler is installed.
pub fn handle_interrupts() -> Result<(), LocalError> {
    ctrlc::set_handler(|| {
        INTERRUPTED.store(true, Ordering::SeqCst);
        crate::console::say("\nInterrupted: stopping what was started.");
        let ours = OURS.lock().map(|ours| ours.clone()).unwrap_or_default();
        for group in ours {
            end_group(group, Path::new("")); // started by us a moment ago: no stranger's
        }
        std::process::exit(INTERRUPTED_STATUS);
    })?;
    Ok(())
}

/// After an interrupt, what goes wrong is its consequence and not worth a word: waits for the end instead.
pub fn hush_if_interrupted() {
    while INTERRUPTED.load(Ordering::SeqCst) {
        thread::park();
    }
}

pub(crate) fn end_on_interrupt(group: u32) {
    if let Ok(mut ours) = OURS.lock() {
        ours.insert(group);
    }
}

/// The group stays after this program has ended, or has been ended already.
pub(crate) fn keep_on_interrupt(group: u32) {
    if let Ok(mut ours) = OURS.lock() {
        ours.remove(&group);
    }
}

/// Runs a program to its end and returns its standard output; what it said is in the error if it fails.
pub(crate) fn run(what: &str, command: &mut Command, advice: &'static str) -> Result<String, LocalError> {
    let Output { status, stdout, stderr } =
        wait(command.stdout(Stdio::piped()).stderr(Stdio::piped())).map_err(not_started(command, advice))?;
    let said = String::from_utf8_lossy(&stdout).into_owned();
    if status.success() {
        return Ok(said);
    }
    let output = format!("{said}{}", String::from_utf8_lossy(&stderr));
    Err(LocalError::CommandFailed { what: what.to_owned(), outcome: status.to_string(), output: last_lines(&output) })
}

/// Runs a program to its end, its output going where ours goes.
pub(crate) fn run_aloud(what: &str, command: &mut Command, advice: &'static str) -> Result<(), LocalError> {
    let status = wait(command).map_err(not_started(command, advice))?.status;
    if status.success() {
        return Ok(());
    }
    Err(LocalError::CommandFailed { what: what.to_owned(), outcome: status.to_string(), output: String::new() })
}

/// The same, and `hear` gets each line of its standard output.
pub(crate) fn run_heard(
    what: &str,
    command: &mut Command,
    advice: &'static str,
    mut hear: impl FnMut(&str),
) -> Result<(), LocalError> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .process_group(0)
        .spawn()
        .map_err(not_started(command, advice))?;
    let group = child.id();
    end_on_interrupt(group);
    let lines = child.stdout.take().map(|output| BufReader::new(output).lines());
    for line in lines.into_iter().flatten().map_while(Result::ok) {
        print(&line)?;
        hear(&line);
    }
    let status = child.wait();
    keep_on_interrupt(group);
    let status = status.map_err(not_started(command, advice))?;
    if status.success() {
        return Ok(());
    }
    Err(LocalError::CommandFailed { what: what.to_owned(), outcome: status.to_string(), output: String::new() })
}

/// Waits for the program in a group of its own, so that an interrupt ends it together with what it has started.
fn wait(command: &mut Command) -> std::io::Result<Output> {
    let child = command.stdin(Stdio::null()).process_group(0).spawn()?;
    let group = child.id();
    end_on_interrupt(group);
    let output = child.wait_with_output();
    keep_on_interrupt(group);
    output
}

fn not_started(command: &Command, advice: &'static str) -> impl FnOnce(std::io::Error) -> LocalError {
    let tool = command.get_program().to_string_lossy().into_owned();
    move |error| match error.kind() {
        std::io::ErrorKind::NotFound => LocalError::MissingTool { tool, advice },
        _ => LocalError::CommandFailed { what: tool, outcome: error.to_string(), output: String::new() },
    }
}

fn last_lines(text: &str) -> String {
    const LINES: usize = 30;
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    lines.get(lines.len().saturating_sub(LINES)..).unwrap_or_default().join("\n")
}

/// Ends a process group whose commands mention `folder`: politely, then by force. An id that the system has given
/// to a stranger since is left alone.
pub(crate) fn end_group(group: u32, folder: &Path) {
    const PATIENCE: Duration = Duration::from_secs(5);
    if !lives(group, folder) {
        return;
    }
    signal("TERM", group);
    let asked = Instant::now();
    while asked.elapsed() < PATIENCE {
        thread::sleep(Duration::from_millis(50));
        if !lives(group, folder) {
            return;
        }
    }
    signal("KILL", group);
}

fn signal(name: &str, group: u32) {
    let _ = Command::new("sh")
        .args(["-c", &format!("kill -s {name} -- -{group}")])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
}

/// Whether a process of the group is alive whose command line mentions `folder`.
pub(crate) fn lives(group: u32, folder: &Path) -> bool {
    let folder = folder.to_string_lossy();
    processes().iter().any(|process| process.group == group && !process.dead && process.command.contains(&*folder))
}

struct Process {
    group: u32,
    /// Ended, but not yet collected by its parent.
    dead: bool,
    command: String,
}

fn processes() -> Vec<Process> {
    match fs::read_dir("/proc") {
        Ok(entries) => entries.flatten().filter_map(|entry| from_proc(&entry.path())).collect(),
        Err(_) => from_ps(),
    }
}

fn from_proc(folder: &Path) -> Option<Process> {
    // `pid (name) state ppid pgrp ...`; the name may hold anything, a parenthesis too.
    let stat = fs::read_to_string(folder.join("stat")).ok()?;
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace();
    let dead = fields.next()? == "Z";
    let group = fields.nth(1)?.parse().ok()?;
    let command = fs::read(folder.join("cmdline")).ok()?;
    Some(Process { group, dead, command: String::from_utf8_lossy(&command).into_owned() })
}

/// Where there is no `/proc`, as on macOS.
fn from_ps() -> Vec<Process> {
    let Ok(output) = Command::new("ps").args(["-A", "-o", "pgid=,stat=,command="]).output() else {
        return Vec::new();
    };
    let process = |line: &str| {
        let (group, rest) = line.trim_start().split_once(' ')?;
        let (stat, command) = rest.trim_start().split_once(' ')?;
        Some(Process { group: group.parse().ok()?, dead: stat.starts_with('Z'), command: command.to_owned() })
    };
    String::from_utf8_lossy(&output.stdout).lines().filter_map(process).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_ends_with_its_children_and_a_strangers_stays() -> std::io::Result<()> {
        let script = "sleep 61 & sleep 61 # dunlin-marker";
        let mut child = Command::new("sh").args(["-c", script]).process_group(0).spawn()?;
        let group = child.id();
        // A process that is just starting has no command line yet.
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
        while !lives(group, Path::new("dunlin-marker")) && std::time::Instant::now() < deadline {
            std::thread::yield_now();
        }

        end_group(group, Path::new("another-marker"));
        assert!(lives(group, Path::new("dunlin-marker")));

        end_group(group, Path::new("dunlin-marker"));
        assert!(!lives(group, Path::new("sleep")));
        child.wait().map(drop)
    }
}
