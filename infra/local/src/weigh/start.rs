//! One start of a function: from its birth to the moment it asks for its first event.

use std::fs;
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::error::{LocalError, at};
use crate::process;
use crate::weigh::runtime_api::{Request, RuntimeApi};

/// As long as Lambda lets a function start.
const PATIENCE: Duration = Duration::from_secs(10);

/// What one start took.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Start {
    pub(crate) took: Duration,
    /// Memory in use when it was done.
    pub(crate) resident_bytes: u64,
    /// The most memory in use until then.
    pub(crate) peak_bytes: u64,
}

pub(crate) fn start(bootstrap: &Path, api: &RuntimeApi, environment: &[(String, String)]) -> Result<Start, LocalError> {
    let mut command = Command::new(bootstrap);
    command.env_clear().envs(environment.iter().map(|(name, value)| (name, value)));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).process_group(0);
    let born = Instant::now();
    let mut function = Running::new(command.spawn().map_err(at(bootstrap))?);
    let request = function.first_request(api).map_err(|reason| did_not_start(bootstrap, reason))?;

    let status = Path::new("/proc").join(function.0.id().to_string()).join("status");
    let status = fs::read_to_string(&status).map_err(at(&status))?;
    let memory = |name| memory_bytes(&status, name).ok_or_else(|| did_not_start(bootstrap, format!("no {name}")));
    Ok(Start {
        took: request.at.saturating_duration_since(born),
        resident_bytes: memory("VmRSS")?,
        peak_bytes: memory("VmHWM")?,
    })
}

fn did_not_start(bootstrap: &Path, reason: String) -> LocalError {
    LocalError::DidNotStart { bootstrap: bootstrap.to_path_buf(), reason }
}

/// A function that ends when this is dropped, or this program is interrupted.
struct Running(Child);

impl Running {
    fn new(child: Child) -> Self {
        process::end_on_interrupt(child.id());
        Self(child)
    }

    fn first_request(&mut self, api: &RuntimeApi) -> Result<Request, String> {
        const LOOK: Duration = Duration::from_millis(200);
        let since = Instant::now();
        while since.elapsed() < PATIENCE {
            match api.request_within(LOOK) {
                Some(request) if request.is_next() => return Ok(request),
                Some(Request { call, body, .. }) => return Err(format!("{call} {body}")),
                None => {}
            }
            if let Ok(Some(status)) = self.0.try_wait() {
                return Err(format!("it ended by itself ({status}). {}", self.last_words()));
            }
        }
        Err(format!("it was silent for {} s", PATIENCE.as_secs()))
    }

    fn last_words(&mut self) -> String {
        let mut words = String::new();
        if let Some(errors) = &mut self.0.stderr {
            let _ = errors.read_to_string(&mut words);
        }
        words.trim_end().to_owned()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
        process::keep_on_interrupt(self.0.id());
    }
}

/// A line such as `VmRSS:     12345 kB` of `/proc/<process>/status`.
fn memory_bytes(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    let kibibytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    kibibytes.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A shell as the function. It reads `script` before anything else; a script that was written a moment ago and
    /// started itself could be found busy.
    fn start_shell(name: &str, script: &str) -> Result<Start, LocalError> {
        let api = RuntimeApi::start().unwrap();
        let path = std::env::temp_dir().join(format!("dunlin-{}-{name}", std::process::id()));
        fs::write(&path, script).unwrap();
        let script = ("BASH_ENV", path.display().to_string());
        let port = ("PORT", api.address().port().to_string());
        let start = start(Path::new("/bin/bash"), &api, &[script, port].map(|(name, value)| (name.to_owned(), value)));
        fs::remove_file(&path).unwrap();
        start
    }

    #[test]
    fn a_start_ends_with_the_first_next() {
        let asks = "exec 3<>/dev/tcp/127.0.0.1/$PORT\nsleep 0.05\n\
            printf 'GET /2018-06-01/runtime/invocation/next HTTP/1.1\\r\\n\\r\\n' >&3\nread -r answer <&3";
        let start = start_shell("asks", asks).unwrap();
        assert!(start.took >= Duration::from_millis(50) && start.took < PATIENCE, "{start:?}");
        assert!(start.resident_bytes > 0 && start.peak_bytes >= start.resident_bytes, "{start:?}");
    }

    #[test]
    fn a_function_that_ends_says_why() {
        let error = start_shell("ends", "echo TABLE_NAME is not set >&2; exit 3").unwrap_err().to_string();
        assert!(error.contains("exit status: 3") && error.contains("TABLE_NAME is not set"), "{error}");
    }

    #[test]
    fn memory_is_read_in_bytes() {
        let status = "Name:\tbootstrap\nVmHWM:\t   20000 kB\nVmRSS:\t   10000 kB\n";
        assert_eq!(memory_bytes(status, "VmRSS"), Some(10_240_000));
        assert_eq!(memory_bytes(status, "VmHWM"), Some(20_480_000));
        assert_eq!(memory_bytes(status, "VmSwap"), None);
    }
}
