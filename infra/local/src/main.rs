//! The command line behind `cargo local`.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use dunlin_local::console::say;
use dunlin_local::error::LocalError;
use dunlin_local::{down, process, test, up};

#[derive(Parser)]
#[command(name = "cargo local", bin_name = "cargo local", about = "Dunlin on this machine, without Docker")]
struct Arguments {
    #[command(subcommand)]
    command: LocalCommand,
}

#[derive(Subcommand)]
enum LocalCommand {
    /// Install the tools, build, start the emulator, deploy, and create a demo tenant
    Up {
        /// The port everything is reached at
        #[arg(long, default_value_t = 4566)]
        port: u16,
        /// Print one JSON object for scripts instead of text
        #[arg(long)]
        json: bool,
        /// Deploy the functions as they were last built
        #[arg(long)]
        no_build: bool,
    },
    /// Stop the stack that `up` started
    Down,
    /// Check everything: format, template, lints, unit, property, store and end-to-end tests
    Test,
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            process::hush_if_interrupted();
            say(format!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn run(command: LocalCommand) -> Result<(), LocalError> {
    process::handle_interrupts()?;
    match command {
        LocalCommand::Up { port, json, no_build } => {
            let stack = up::up(port, !no_build)?;
            if json { up::show_json(&stack) } else { up::show(&stack) }
        }
        LocalCommand::Down => down::down(),
        LocalCommand::Test => test::test(),
    }
}
