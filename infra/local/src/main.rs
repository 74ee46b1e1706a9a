//! The command line behind `cargo local`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand};
use dunlin_local::cases::{Cases, cases};
use dunlin_local::console::say;
use dunlin_local::error::LocalError;
use dunlin_local::functions::FUNCTIONS;
use dunlin_local::generate::{Generate, GenerateMany, generate, generate_many};
use dunlin_local::import::{Import, Rows, import};
use dunlin_local::replay::{Replay, replay};
use dunlin_local::replay_decision::{Wanted, replay_decision};
use dunlin_local::weigh::{Weigh, weigh};
use dunlin_local::{costs, demo, down, faults, paths, process, test, up};
use jiff::civil::{Date, date};

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
    /// Replay the sample book through four simulated months and show what happened
    Demo {
        #[command(flatten)]
        stack: StackArguments,
    },
    /// Replay invoices and payments through simulated days, on the deployed functions
    Replay(ReplayArguments),
    /// Import a CSV file into the running stack, with its progress
    Import {
        file: PathBuf,
        /// The rows are payments
        #[arg(long)]
        payments: bool,
        /// The rows are payment plans
        #[arg(long, conflicts_with = "payments")]
        plans: bool,
        /// Say what would happen, and change nothing
        #[arg(long)]
        dry_run: bool,
        /// The port of the stack that is meant
        #[arg(long)]
        port: Option<u16>,
    },
    /// Write a sample book: the same seed gives the same bytes
    Generate(GenerateArguments),
    /// Run worked cases of law through the engines and show where they differ
    Cases {
        /// A JSON array of cases
        file: PathBuf,
        /// Only these actions, each whole or the word before its colon
        #[arg(long, value_delimiter = ',')]
        actions: Vec<String>,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Make a decision on record again, from what it was made from, and compare the bytes
    ReplayDecision(ReplayDecisionArguments),
    /// Count what things cost, in requests, units and dollars, and write it into COSTS.md
    Costs,
    /// Send messages while everything fails that can, and count what was wrong, sent twice, lost or never settled
    Faults {
        /// At least so many
        #[arg(long, default_value_t = 20_000)]
        sends: u64,
        /// The same seed gives the same faults
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Check everything: format, template, lints, unit, property, store and end-to-end tests
    Test,
    /// Measure the functions as they are deployed: size, time until they ask for work, memory
    Weigh(WeighArguments),
}

#[derive(Args)]
struct StackArguments {
    /// The port of the stack, if none runs: 4566 unless said otherwise
    #[arg(long)]
    port: Option<u16>,
    /// Deploy the functions as they were last built
    #[arg(long)]
    no_build: bool,
}

#[derive(Args)]
struct ReplayArguments {
    /// CSV with a line for each invoice or credit note
    #[arg(long)]
    invoices: PathBuf,
    /// CSV with a line for each payment
    #[arg(long)]
    payments: PathBuf,
    /// The first day; what was open before it comes in first
    #[arg(long)]
    from: Date,
    /// The last day
    #[arg(long)]
    to: Date,
    /// The folder for messages.csv, decisions.csv, invoices.csv, rejected.csv and summary.json
    #[arg(long)]
    out: PathBuf,
    /// Print the summary as one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    stack: StackArguments,
}

#[derive(Args)]
struct ReplayDecisionArguments {
    /// `DEBTOR/DECISION`, as in `GET /v1/debtors/{id}/decisions`
    #[arg(required_unless_present = "file")]
    id: Option<String>,
    /// Keep it in this file, with all that it was made from; that names people
    #[arg(long, conflicts_with = "file")]
    save: Option<PathBuf>,
    /// One that was kept
    #[arg(long, conflicts_with = "id")]
    file: Option<PathBuf>,
}

impl ReplayDecisionArguments {
    fn run(self) -> Result<(), LocalError> {
        let Self { id, save, file } = self;
        replay_decision(&match file {
            Some(file) => Wanted::File(file),
            None => Wanted::OnRecord { id: id.unwrap_or_default(), save },
        })
    }
}

#[derive(Args)]
struct GenerateArguments {
    #[arg(long)]
    seed: u64,
    /// Write so many rows of invoices, however many, without holding them in memory
    #[arg(long)]
    invoices: Option<u64>,
    /// With --invoices, a tenth of them unless said otherwise
    #[arg(long, required_unless_present = "invoices")]
    debtors: Option<u64>,
    /// The first day; with --invoices, 1 January 2026 unless said otherwise
    #[arg(long, required_unless_present = "invoices")]
    from: Option<Date>,
    /// With --invoices, 90 unless said otherwise
    #[arg(long, required_unless_present = "invoices")]
    days: Option<u32>,
    /// The folder for invoices.csv and payments.csv: target/local/book unless said otherwise
    #[arg(long)]
    out: Option<PathBuf>,
}

impl GenerateArguments {
    fn run(self) -> Result<(), LocalError> {
        let Self { seed, invoices, debtors, from, days, out } = self;
        let out = out.unwrap_or_else(|| paths::local().join("book"));
        let (from, days) = (from.unwrap_or(date(2026, 1, 1)), days.unwrap_or(90));
        match invoices {
            Some(invoices) => {
                let debtors = debtors.unwrap_or(invoices.div_ceil(10));
                generate_many(&GenerateMany { seed, invoices, debtors, from, days, out })
            }
            None => generate(&Generate { seed, debtors: debtors.unwrap_or_default(), from, days, out }),
        }
    }
}

#[derive(Args)]
struct WeighArguments {
    /// Only these; all unless said otherwise
    #[arg(value_parser = PossibleValuesParser::new(FUNCTIONS))]
    functions: Vec<String>,
    /// How often each is started
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..))]
    runs: u16,
    /// Weigh the functions as they were last built by this command
    #[arg(long)]
    no_build: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
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
        LocalCommand::Demo { stack } => demo::demo(stack.port, !stack.no_build),
        LocalCommand::Replay(ReplayArguments { invoices, payments, from, to, out, json, stack }) => {
            replay(&Replay { invoices, payments, from, to, out }, stack.port, !stack.no_build, json)
        }
        LocalCommand::Import { file, payments, plans, dry_run, port } => {
            let rows = match (payments, plans) {
                (true, _) => Rows::Payments,
                (_, true) => Rows::Plans,
                _ => Rows::Invoices,
            };
            import(&Import { file, rows, dry_run }, port)
        }
        LocalCommand::Generate(wanted) => wanted.run(),
        LocalCommand::Cases { file, actions, json } => cases(&Cases { file, actions, json }),
        LocalCommand::ReplayDecision(wanted) => wanted.run(),
        LocalCommand::Costs => costs::costs(),
        LocalCommand::Faults { sends, seed } => faults::faults(sends, seed),
        LocalCommand::Test => test::test(),
        LocalCommand::Weigh(WeighArguments { functions, runs, no_build, json }) => {
            weigh(&Weigh { functions, runs, build: !no_build, json })
        }
    }
}
