//! Words for the person at the console.

use std::fmt::Display;
use std::io::{BufRead, IsTerminal, Write};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};

/// How often a work that goes on is shown anew.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Prints a line to standard output. A closed output is no reason to fail.
pub(crate) fn say(line: impl Display) {
    let mut out = std::io::stdout().lock();
    drop(writeln!(out, "{line}").and_then(|()| out.flush()));
}

/// Reads a password: from standard input as it comes with `quiet`, else by asking for it, unseen, twice.
pub(crate) fn read_password(quiet: bool) -> Result<String> {
    if quiet || !std::io::stdin().is_terminal() {
        let mut line = String::new();
        let read = std::io::stdin().lock().read_line(&mut line);
        read.context("cannot read the password")?;
        return Ok(line.trim_end_matches(['\r', '\n']).to_owned());
    }
    let first = rpassword::prompt_password("Password: ")?;
    if first != rpassword::prompt_password("Again: ")? {
        bail!("the two passwords differ");
    }
    Ok(first)
}

/// Shows on a terminal, and nowhere else, how far a long work has come: of `total` facts, or that it goes on.
pub(crate) fn progress(work: &'static str, total: Option<i64>) -> ProgressBar {
    let bar = match total.and_then(|total| u64::try_from(total).ok()) {
        Some(total) => {
            let style =
                ProgressStyle::with_template("{msg} {wide_bar} {human_pos} of {human_len} facts, {eta} left");
            ProgressBar::new(total).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        }
        None => ProgressBar::new_spinner(),
    };
    bar.enable_steady_tick(LOOK_EVERY);
    bar.with_message(work)
}

/// Prints an error and its causes to standard error.
pub(crate) fn complain(error: &anyhow::Error) {
    drop(writeln!(std::io::stderr(), "evently: {error:#}"));
}
