//! How far the replay has got: a bar on a terminal, a line for each month otherwise.

use std::io::{self, IsTerminal};
use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};
use jiff::civil::Date;

use crate::console::say;

pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    days: usize,
    since: Instant,
}

impl Progress {
    pub(crate) fn begin(days: usize) -> Self {
        let bar = io::stderr().is_terminal().then(|| {
            let style = ProgressStyle::with_template("  {msg} {wide_bar} day {pos} of {len}, {eta} left");
            let bar = ProgressBar::new(u64::try_from(days).unwrap_or(u64::MAX)).with_message("the first day");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.tick();
            bar
        });
        Self { bar, days, since: Instant::now() }
    }

    /// `invoices` and `messages` are counted from the beginning.
    pub(crate) fn day_is_over(&mut self, day: Date, invoices: usize, messages: u64) {
        let said = format!("{day}: {invoices} invoices in, {messages} messages out");
        match &self.bar {
            Some(bar) => {
                bar.set_message(said);
                bar.inc(1);
            }
            None if day == day.last_of_month() => say(format!("  {said}")),
            None => {}
        }
    }

    pub(crate) fn end(self, invoices: usize, messages: u64) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
        let seconds = self.since.elapsed().as_secs();
        say(format!("  {} simulated days: {invoices} invoices in, {messages} messages out ({seconds} s)", self.days));
    }
}
