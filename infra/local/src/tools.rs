//! The tools of the local stack and of the tests: the emulator, the AWS command line, cfn-lint, checkov and localstripe,
//! from PyPI, under `target/`.

use std::ffi::OsString;
use std::fs;
use std::iter;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::console::Step;
use crate::error::{LocalError, at};
use crate::{paths, process};

const PYTHON_ADVICE: &str = "Install Python 3.10 or newer.";

/// Environments of their own, because the emulator pins a `botocore` that the AWS command line does not want, and
/// checkov brings a hundred packages that only the tests need.
const EMULATOR: Environment = Environment { name: "emulator", packages: &["ministack[full]==1.5.33"] };
const DEPLOY: Environment = Environment { name: "deploy", packages: &["awscli==1.46.3", "cfn-lint==1.58.0"] };
const CHECK: Environment = Environment { name: "check", packages: &["checkov==3.3.30"] };
/// What compiles for deployments; the local stack does without.
const BUILD: Environment = Environment { name: "build", packages: &["cargo-lambda==1.9.2", "ziglang==0.17.1"] };

/// A live Stripe; only the tests need it.
const STRIPE: Environment = Environment { name: "stripe", packages: &["localstripe==1.15.10"] };

/// Makes the emulator's Python import our `emulator_site.py` whenever it starts.
const SITE_HOOK: (&str, &str) = ("dunlin.pth", "import dunlin_emulator_site\n");
const SITE_MODULE: (&str, &str) = ("dunlin_emulator_site.py", include_str!("emulator_site.py"));

struct Environment {
    name: &'static str,
    packages: &'static [&'static str],
}

/// Installed tools.
pub(crate) struct Tools {
    folder: PathBuf,
}

impl Tools {
    /// Installs what is missing; takes a minute or two the first time and nothing after that.
    pub(crate) fn installed() -> Result<Self, LocalError> {
        let folder = paths::local().join("tools");
        EMULATOR.install(&folder)?;
        DEPLOY.install(&folder)?;
        add_site_hook(&folder.join(EMULATOR.name))?;
        Ok(Self { folder })
    }

    pub(crate) fn emulator(&self) -> PathBuf {
        self.folder.join("emulator/bin/ministack")
    }

    pub(crate) fn python(&self) -> PathBuf {
        self.folder.join("deploy/bin/python")
    }

    pub(crate) fn aws(&self) -> PathBuf {
        self.folder.join("deploy/bin/aws")
    }

    pub(crate) fn cfn_lint(&self) -> PathBuf {
        self.folder.join("deploy/bin/cfn-lint")
    }

    /// Installed when first asked for: it takes a minute, and a stack runs without it.
    pub(crate) fn checkov(&self) -> Result<PathBuf, LocalError> {
        CHECK.install(&self.folder)?;
        Ok(self.folder.join("check/bin/checkov"))
    }
}

/// Installed tools that compile for deployments.
pub(crate) struct BuildTools {
    folder: PathBuf,
}

impl BuildTools {
    /// Installs what is missing.
    pub(crate) fn installed() -> Result<Self, LocalError> {
        let folder = paths::local().join("tools");
        BUILD.install(&folder)?;
        Ok(Self { folder: folder.join(BUILD.name).join("bin") })
    }

    pub(crate) fn python(&self) -> PathBuf {
        self.folder.join("python")
    }

    /// The search path with these tools first.
    pub(crate) fn path(&self) -> OsString {
        let others = std::env::var_os("PATH").unwrap_or_default();
        let folders = iter::once(self.folder.clone()).chain(std::env::split_paths(&others));
        std::env::join_paths(folders).unwrap_or(others)
    }
}

/// Installed localstripe.
pub(crate) struct StripeTool {
    folder: PathBuf,
}

impl StripeTool {
    /// Installs it if it is missing.
    pub(crate) fn installed() -> Result<Self, LocalError> {
        let folder = paths::local().join("tools");
        STRIPE.install(&folder)?;
        Ok(Self { folder: folder.join(STRIPE.name) })
    }

    pub(crate) fn python(&self) -> PathBuf {
        self.folder.join("bin/python")
    }
}

impl Environment {
    fn install(&self, tools: &Path) -> Result<(), LocalError> {
        let folder = tools.join(self.name);
        let stamp = folder.join("installed");
        let wanted = self.packages.join("\n");
        if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
            return Ok(());
        }

        let step = Step::begin(format!("installing {}", self.packages.join(" and ")));
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(at(&folder))?;
        }
        fs::create_dir_all(tools).map_err(at(tools))?;
        let failed = |error| match error {
            LocalError::CommandFailed { output, .. } => LocalError::Install { folder: folder.clone(), reason: output },
            other => other,
        };
        let mut venv = Command::new("python3");
        venv.args(["-m", "venv"]).arg(&folder);
        process::run("python3 -m venv", &mut venv, PYTHON_ADVICE).map_err(failed)?;
        let mut pip = Command::new(folder.join("bin/python"));
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]).args(self.packages);
        process::run("pip install", &mut pip, PYTHON_ADVICE).map_err(failed)?;
        fs::write(&stamp, wanted).map_err(at(&stamp))?;
        step.end();
        Ok(())
    }
}

fn add_site_hook(environment: &Path) -> Result<(), LocalError> {
    let library = environment.join("lib");
    for python in fs::read_dir(&library).map_err(at(&library))?.flatten() {
        let packages = python.path().join("site-packages");
        for (name, text) in [SITE_MODULE, SITE_HOOK] {
            let file = packages.join(name);
            if fs::read_to_string(&file).is_ok_and(|there| there == text) {
                continue;
            }
            fs::write(&file, text).map_err(at(&file))?;
        }
    }
    Ok(())
}
