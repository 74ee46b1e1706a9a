//! All that is said to a person, on standard error; standard output is for results.

use std::borrow::Cow;
use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::error::LocalError;

/// A line of progress.
pub fn say(line: impl AsRef<str>) {
    // Whoever closed the terminal does not want to read that it is closed.
    let _ = writeln!(io::stderr(), "{}", line.as_ref());
}

/// A result, on standard output.
///
/// # Errors
/// [`LocalError::Terminal`] if standard output is closed.
pub fn print(text: impl AsRef<str>) -> Result<(), LocalError> {
    writeln!(io::stdout(), "{}", text.as_ref()).map_err(LocalError::Terminal)
}

/// Something that takes a while: a spinner on a terminal, one line at its end otherwise.
pub(crate) struct Step {
    what: Cow<'static, str>,
    since: Instant,
    spinner: Option<ProgressBar>,
}

impl Step {
    pub(crate) fn begin(what: impl Into<Cow<'static, str>>) -> Self {
        let what = what.into();
        let spinner = io::stderr().is_terminal().then(|| {
            let style = ProgressStyle::with_template("  {spinner} {msg} {elapsed}");
            let spinner = ProgressBar::new_spinner().with_message(what.clone());
            spinner.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
            spinner.enable_steady_tick(Duration::from_millis(100));
            spinner
        });
        Self { what, since: Instant::now(), spinner }
    }

    pub(crate) fn end(self) {
        if let Some(spinner) = self.spinner {
            spinner.finish_and_clear();
        }
        let spent = self.since.elapsed();
        say(format!("  {} ({}.{} s)", self.what, spent.as_secs(), spent.subsec_millis() / 100));
    }
}
