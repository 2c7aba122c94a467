//! Words for the person at the console.

use std::fmt::Display;
use std::io::{BufRead, IsTerminal, Write};
use std::process::Command;

use anyhow::{Context, Result, bail};

/// Prints a line to standard output. Nobody listening is no reason to fail.
pub(crate) fn say(line: impl Display) {
    let mut out = std::io::stdout().lock();
    drop(writeln!(out, "{line}").and_then(|()| out.flush()));
}

/// Reads a password: from standard input as it comes with `quiet`, else by asking for it, unseen, twice.
pub(crate) fn read_password(quiet: bool) -> Result<String> {
    if quiet || !std::io::stdin().is_terminal() {
        return read_line();
    }
    let _unseen = Unseen::begin();
    let first = ask("Password: ")?;
    if first != ask("Again: ")? {
        bail!("the two passwords differ");
    }
    Ok(first)
}

fn ask(question: &str) -> Result<String> {
    let mut terminal = std::io::stderr();
    write!(terminal, "{question}")?;
    terminal.flush()?;
    let answer = read_line()?;
    writeln!(terminal)?;
    Ok(answer)
}

fn read_line() -> Result<String> {
    let mut line = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut line)
        .context("cannot read the password")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// While this lives, the terminal does not show what is typed.
struct Unseen;

impl Unseen {
    fn begin() -> Self {
        echo("-echo");
        Self
    }
}

impl Drop for Unseen {
    fn drop(&mut self) {
        echo("echo");
    }
}

fn echo(mode: &str) {
    // A terminal that cannot hide its input still works.
    drop(Command::new("stty").arg(mode).status());
}

/// Prints an error and its causes to standard error.
pub(crate) fn complain(error: &anyhow::Error) {
    drop(writeln!(std::io::stderr(), "evently: {error:#}"));
}
