//! `cargo local weigh`: how large the deployed functions are, and how fast and large they start.
//!
//! It builds as a deployment does, for this machine's processor, and apart from what `cargo local up` deploys. Each
//! function then starts many times under a stand-in for Lambda's Runtime API. What Lambda spends on fetching a
//! package and making a sandbox is not seen here, nor that its processor is another.

mod environment;
mod report;
mod runtime_api;
mod start;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::console::{Step, print, say};
use crate::error::{LocalError, at};
use crate::functions::{self, FUNCTIONS, cargo};
use crate::tools::BuildTools;
use crate::{paths, process};
use environment::environment;
use report::{AIMS, Starts, Weight};
use runtime_api::RuntimeApi;
use start::start;

/// What to weigh, and how.
#[derive(Debug, Clone)]
pub struct Weigh {
    /// All, if empty.
    pub functions: Vec<String>,
    /// Starts of each function that count.
    pub runs: u16,
    /// Build first.
    pub build: bool,
    /// Print one JSON object.
    pub json: bool,
}

/// Starts that come first and do not count: the binary comes from the disk once.
const WARM_UPS: u16 = 2;

/// How hard `sam deploy` compresses.
const ZIP_LEVEL: u8 = 6;

/// What a deployment leaves out (infra/README.md): compiled together, crates get the features that any of them wants.
const NOT_DEPLOYED: [&str; 4] = ["dunlin-local", "dunlin-testkit", "dunlin-tests", "dunlin-verify"];

/// Weighs each function and prints the table.
///
/// # Errors
/// [`LocalError`], also if a function does not start. A missed aim is none.
pub fn weigh(wanted: &Weigh) -> Result<(), LocalError> {
    let chosen = |name: &&str| wanted.functions.is_empty() || wanted.functions.iter().any(|one| one == name);
    let names: Vec<&str> = FUNCTIONS.into_iter().filter(chosen).collect();
    let tools = BuildTools::installed()?;
    if wanted.build {
        build(&tools, &names)?;
    }
    let template = paths::template();
    let template = fs::read_to_string(&template).map_err(at(&template))?;
    let api = RuntimeApi::start().map_err(at("127.0.0.1"))?;
    let weights = names.into_iter().map(|name| weigh_one(&tools, name, &template, &api, wanted.runs));
    let weights = weights.collect::<Result<Vec<_>, _>>()?;
    if wanted.json { print(report::json(&weights, &AIMS).to_string()) } else { print(report::table(&weights, &AIMS)) }
}

/// Where the optimised bootstraps lie: not where the template looks, which has those of `cargo local up`.
fn folder() -> PathBuf {
    paths::local().join("weigh")
}

fn build(tools: &BuildTools, names: &[&str]) -> Result<(), LocalError> {
    say("  building as for a deployment (this takes many minutes)");
    let mut cargo = cargo(&["lambda", "build", "--release", "--workspace"]);
    cargo.args(NOT_DEPLOYED.into_iter().flat_map(|name| ["--exclude", name]));
    cargo.args(names.iter().flat_map(|name| ["--bin", name])).arg("--lambda-dir").arg(folder());
    cargo.env("PATH", tools.path()).stdout(Stdio::null());
    process::run_aloud("cargo lambda build", &mut cargo, "Install Rust from https://rustup.rs.")
}

fn weigh_one(
    tools: &BuildTools,
    name: &str,
    template: &str,
    api: &RuntimeApi,
    runs: u16,
) -> Result<Weight, LocalError> {
    let step = Step::begin(format!("weighing {name}"));
    let bootstrap = folder().join(name).join("bootstrap");
    if !bootstrap.exists() {
        let reason = "it has not been built; leave out `--no-build`".to_owned();
        return Err(LocalError::DidNotStart { bootstrap, reason });
    }
    let zip = bootstrap.with_extension("zip");
    functions::pack(&tools.python(), &bootstrap, &zip, ZIP_LEVEL)?;
    let environment = environment(template, name, api.address());
    for _ in 0..WARM_UPS {
        start(&bootstrap, api, &environment)?;
    }
    let starts = (0..runs).map(|_| start(&bootstrap, api, &environment)).collect::<Result<Vec<_>, _>>()?;
    step.end();
    Ok(Weight {
        function: name.to_owned(),
        zip_bytes: size(&zip)?,
        bootstrap_bytes: size(&bootstrap)?,
        starts: Starts::of(&starts),
    })
}

fn size(file: &Path) -> Result<u64, LocalError> {
    fs::metadata(file).map(|metadata| metadata.len()).map_err(at(file))
}
