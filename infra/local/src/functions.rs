//! The functions' binaries, built for the machine at hand.
//!
//! Not by cargo-lambda, which is for deployments (`cargo lambda build --release`): it compiles for a target of its
//! own, so every AWS SDK would be compiled once for it and once more for the tests. One plain build of the whole
//! workspace serves the functions, the tests and clippy's metadata alike; a function is then a copy of its binary
//! under the name that Lambda, or the emulator, starts.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::console::{Step, say};
use crate::error::{LocalError, at};
use crate::tools::Tools;
use crate::{paths, process};

/// The functions of infra/template.yaml. Each is a crate, a binary and a folder of that name.
pub const FUNCTIONS: [&str; 10] = [
    "invoice-ingest",
    "aging-scan",
    "reminder-dispatch",
    "delivery-feedback",
    "payment-webhook",
    "projector",
    "collections-api",
    "audit-anchor",
    "policy-backtest",
    "table-migration",
];

const CARGO_ADVICE: &str = "Install Rust from https://rustup.rs.";

/// The one build that everything local uses.
pub(crate) fn cargo(subcommand: &[&str]) -> Command {
    let mut cargo = Command::new("cargo");
    cargo.args(subcommand).current_dir(paths::root());
    // The template looks for functions under the default target folder.
    cargo.env("CARGO_TARGET_DIR", paths::root().join("target"));
    cargo
}

pub(crate) fn build() -> Result<(), LocalError> {
    say("  building the workspace (the first time takes several minutes)");
    process::run_aloud(
        "cargo build",
        cargo(&["build", "--workspace", "--all-targets"]).stdout(Stdio::null()),
        CARGO_ADVICE,
    )
}

/// A function ready to be deployed.
pub(crate) struct Package {
    pub(crate) name: &'static str,
    pub(crate) zip: PathBuf,
}

/// Puts every function where the template's `CodeUri` looks, and a package of it beside. A function that has not
/// changed keeps both, so packaging, the slow part of a deployment, is done once for each build.
pub(crate) fn package(tools: &Tools) -> Result<Vec<Package>, LocalError> {
    let step = Step::begin("packaging the functions");
    let packages = FUNCTIONS.into_iter().map(|name| package_one(tools, name)).collect();
    step.end();
    packages
}

fn package_one(tools: &Tools, name: &'static str) -> Result<Package, LocalError> {
    let binary = paths::root().join("target/debug").join(name);
    if !binary.exists() {
        return Err(LocalError::NotBuilt(binary));
    }
    let folder = paths::lambda().join(name);
    fs::create_dir_all(&folder).map_err(at(&folder))?;
    let packages = paths::local().join("packages");
    fs::create_dir_all(&packages).map_err(at(&packages))?;

    // First beside the folder and then into it, so that nobody ever finds half a file.
    let fresh = paths::lambda().join(format!("{name}.{}", std::process::id()));
    strip(&binary, &fresh)?;
    let bytes = fs::read(&fresh).map_err(at(&fresh))?;
    let bootstrap = folder.join("bootstrap");
    if fs::read(&bootstrap).ok().as_ref() == Some(&bytes) {
        fs::remove_file(&fresh).map_err(at(&fresh))?;
    } else {
        fs::rename(&fresh, &bootstrap).map_err(at(&bootstrap))?;
    }

    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    let zip = packages.join(format!("{name}-{:016x}.zip", hasher.finish()));
    if !zip.exists() {
        remove_packages(&packages, name)?;
        let half = packages.join(format!("{name}.{}", std::process::id()));
        pack(&tools.python(), &bootstrap, &half, 1)?;
        fs::rename(&half, &zip).map_err(at(&zip))?;
    }
    Ok(Package { name, zip })
}

/// Puts a bootstrap into a package. By Python, because its zlib is compiled with optimisation and ours would not be.
pub(crate) fn pack(python: &Path, bootstrap: &Path, package: &Path, level: u8) -> Result<(), LocalError> {
    let mut python = Command::new(python);
    python.args(["-c", ZIP]).arg(bootstrap).arg(package).arg(level.to_string());
    process::run("packaging a function", &mut python, "").map(drop)
}

const ZIP: &str = "
import sys, zipfile
source, target, level = sys.argv[1:]
with zipfile.ZipFile(target, 'w', zipfile.ZIP_DEFLATED, compresslevel=int(level)) as package:
    package.write(source, 'bootstrap')
";

/// Those of earlier builds.
fn remove_packages(packages: &Path, name: &str) -> Result<(), LocalError> {
    for old in fs::read_dir(packages).map_err(at(packages))?.flatten() {
        let file = old.file_name();
        if file.to_string_lossy().strip_prefix(name).is_some_and(|rest| rest.starts_with('-')) {
            fs::remove_file(old.path()).map_err(at(old.path()))?;
        }
    }
    Ok(())
}

/// A copy without symbols, a fifth of the size, where binutils are installed; else a plain copy.
fn strip(binary: &Path, copy: &Path) -> Result<(), LocalError> {
    let stripped = Command::new("strip").arg("-o").arg(copy).arg(binary).stderr(Stdio::null()).status();
    if !stripped.is_ok_and(|status| status.success()) {
        fs::copy(binary, copy).map_err(at(binary))?;
    }
    Ok(())
}
