//! The emulator's process: one Python program that is the cloud and starts the functions as its children.

use std::fs::{self, File};
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::console::Step;
use crate::error::{LocalError, at};
use crate::stack::{Description, Options};
use crate::tools::Tools;
use crate::{paths, process};

/// The region of every local stack.
pub(crate) const REGION: &str = "us-east-1";

const READY_WITHIN: Duration = Duration::from_secs(60);

/// A running emulator. Dropped before [`Emulator::keep`], it is stopped.
#[derive(Debug)]
pub(crate) struct Emulator {
    port: u16,
    group: u32,
    log: PathBuf,
    kept: bool,
}

impl Emulator {
    /// One that was started earlier, and stays.
    pub(crate) fn of(stack: &Description) -> Self {
        Self { port: stack.port, group: stack.process_group, log: stack.log.clone(), kept: true }
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn group(&self) -> u32 {
        self.group
    }

    pub(crate) fn log(&self) -> &Path {
        &self.log
    }

    /// From here on somebody else stops it.
    pub(crate) fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        if !self.kept {
            process::end_group(self.group, &paths::local());
            process::keep_on_interrupt(self.group);
        }
    }
}

/// Starts an emulator with nothing in it and waits until it answers.
pub(crate) fn start(tools: &Tools, port: u16, options: &Options) -> Result<Emulator, LocalError> {
    let step = Step::begin(format!("starting the emulator on port {port}"));
    expect_free(port)?;
    let folder = &options.folder;
    for old in ["s3", "state", "tmp"] {
        let old = folder.join(old);
        if old.exists() {
            fs::remove_dir_all(&old).map_err(at(&old))?;
        }
        fs::create_dir_all(&old).map_err(at(&old))?;
    }
    let log = folder.join("ministack.log");
    let output = File::create(&log).map_err(at(&log))?;
    let errors = output.try_clone().map_err(at(&log))?;

    let mut command = Command::new(tools.emulator());
    // Functions inherit all of it, so it gets what it needs and nothing else of the caller's.
    command.env_clear();
    for name in ["PATH", "HOME", "LANG"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command
        .env("BIND_HOST", "127.0.0.1")
        .env("GATEWAY_PORT", port.to_string())
        .env("MINISTACK_HOST", "127.0.0.1")
        .env("MINISTACK_REGION", REGION)
        .env("AUTH", "true")
        .env("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{port}"))
        .env("TMPDIR", folder.join("tmp"))
        .env("S3_DATA_DIR", folder.join("s3"))
        .env("STATE_DIR", folder.join("state"));
    if options.ends_with_us {
        command.env("DUNLIN_OWNER", std::process::id().to_string());
    }
    command.current_dir(folder).stdin(Stdio::null()).stdout(output).stderr(errors).process_group(0);
    let mut child = command
        .spawn()
        .map_err(|error| LocalError::EmulatorDidNotStart { reason: error.to_string(), log: log.clone() })?;

    process::end_on_interrupt(child.id());
    let emulator = Emulator { port, group: child.id(), log, kept: false };
    wait_until_ready(&mut child, &emulator)?;
    step.end();
    Ok(emulator)
}

fn wait_until_ready(child: &mut Child, emulator: &Emulator) -> Result<(), LocalError> {
    let failed = |reason: String| LocalError::EmulatorDidNotStart { reason, log: emulator.log.clone() };
    let address = format!("{}/_ministack/ready", emulator.endpoint());
    let since = Instant::now();
    while since.elapsed() < READY_WITHIN {
        if let Ok(Some(status)) = child.try_wait() {
            return Err(failed(format!("it ended by itself ({status})")));
        }
        if ureq::get(&address).call().is_ok() {
            return Ok(());
        }
        thread::sleep(Duration::from_millis(100));
    }
    Err(failed(format!("it was not ready within {} s", READY_WITHIN.as_secs())))
}

/// Refuses a port that somebody listens on.
pub(crate) fn expect_free(port: u16) -> Result<(), LocalError> {
    TcpListener::bind(("127.0.0.1", port)).map(drop).map_err(|_| LocalError::PortInUse(port))
}

/// A port nobody listens on at this moment.
pub(crate) fn free_port() -> Result<u16, LocalError> {
    let address = TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr());
    address.map(|address| address.port()).map_err(at("127.0.0.1"))
}
