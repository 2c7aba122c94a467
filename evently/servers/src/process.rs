//! A program that runs as a child process: unprivileged, with its output in a file; started, stopped or killed.

use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, timeout};

use crate::programs;
use crate::system_account::SystemAccount;

/// Pause between two looks whether a process is gone, or answers.
pub(crate) const LOOK_EVERY: Duration = Duration::from_millis(5);
/// How long a server may take to stop.
pub(crate) const STOP_MAX: Duration = Duration::from_secs(15);

/// What to run, and how.
#[derive(Clone, Debug)]
pub struct Program {
    /// What people call it.
    pub name: &'static str,
    pub path: PathBuf,
    pub arguments: Vec<String>,
    pub environment: Vec<(String, String)>,
    /// Where it runs.
    pub folder: PathBuf,
    /// The file to which its output is added.
    pub log: PathBuf,
    /// Whom it runs as, when that is not us.
    pub account: Option<SystemAccount>,
    /// The signal that stops it in good order.
    pub stop: Signal,
    /// A stop that takes longer ends with a kill.
    pub stops_within: Duration,
}

impl Program {
    /// A command that runs it.
    fn command(&self) -> Result<Command> {
        let log = std::fs::File::options()
            .append(true)
            .create(true)
            .open(&self.log)
            .with_context(|| format!("cannot open the log of {}", self.name))?;
        let mut command = match programs::find("setpriv") {
            // The kernel stops the child when we are killed; the next start copes where it does not.
            Some(setpriv) => {
                let mut command = Command::new(setpriv);
                command
                    .arg("--pdeathsig")
                    .arg(self.stop.as_str().trim_start_matches("SIG"))
                    .arg("--")
                    .arg(&self.path);
                command
            }
            None => Command::new(&self.path),
        };
        command
            .args(&self.arguments)
            .current_dir(&self.folder)
            .env_remove("PGDATA")
            .env_remove("PGPORT")
            .env_remove("PGHOST")
            .envs(self.environment.clone())
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            // A Ctrl-C in the terminal goes to its whole process group, but servers stop after us.
            .process_group(0);
        if let Some(account) = &self.account {
            command.uid(account.uid).gid(account.gid);
        }
        Ok(command)
    }

    pub(crate) fn spawn(&self) -> Result<Child> {
        self.command()?
            .spawn()
            .with_context(|| format!("cannot start {}", self.path.display()))
    }
}

/// A program that may run; killed when dropped.
#[derive(Debug)]
pub struct Process {
    pub program: Program,
    pub(crate) child: Option<Child>,
}

impl Process {
    /// One that does not run yet.
    pub fn new(program: Program) -> Self {
        Self { program, child: None }
    }

    /// Starts it, after a kill where it runs.
    pub fn start(&mut self) -> Result<()> {
        self.kill_9();
        self.child = Some(self.program.spawn()?);
        Ok(())
    }

    pub fn id(&self) -> Option<u32> {
        self.child.as_ref()?.id()
    }

    /// Fails once the program has ended.
    pub(crate) fn still_runs(&mut self) -> Result<()> {
        match self.child.as_mut().map(Child::try_wait).transpose()? {
            Some(None) => Ok(()),
            ended => bail!("it ended: {:?}", ended.flatten()),
        }
    }

    /// Stops it in good order, or kills it when that takes too long. How it ended, if in good order.
    pub async fn stop(&mut self) -> Option<ExitStatus> {
        let pid = pid(self.id()?)?;
        if let Err(error) = kill(pid, self.program.stop) {
            tracing::warn!(server = self.program.name, %error, "cannot signal a server");
        }
        let child = self.child.as_mut()?;
        let ended = timeout(self.program.stops_within, child.wait()).await;
        if let Ok(Ok(status)) = ended {
            self.child = None;
            return Some(status);
        }
        tracing::warn!(server = self.program.name, "a server does not stop and is killed");
        self.kill_9();
        None
    }

    /// Kills it and its children at once, as a machine does that loses power, and waits until they are gone.
    pub fn kill_9(&mut self) {
        let Some(mut child) = self.child.take() else {
            return;
        };
        let children = child.id().map(children).unwrap_or_default();
        if child.start_kill().is_err() {
            return;
        }
        while child.try_wait().is_ok_and(|ended| ended.is_none()) {
            std::thread::sleep(LOOK_EVERY);
        }
        for pid in &children {
            // An error means that it ended meanwhile.
            let _ = kill(*pid, Signal::SIGKILL);
        }
        while children.iter().any(|pid| lives(*pid)) {
            std::thread::sleep(LOOK_EVERY);
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill_9();
    }
}

fn pid(id: u32) -> Option<Pid> {
    i32::try_from(id).ok().map(Pid::from_raw)
}

fn children(parent: u32) -> Vec<Pid> {
    let listed =
        std::fs::read_to_string(format!("/proc/{parent}/task/{parent}/children")).unwrap_or_default();
    listed
        .split_whitespace()
        .filter_map(|id| pid(id.parse().ok()?))
        .collect()
}

/// Whether a process still has memory: a zombie, which waits for its parent only, has none.
fn lives(pid: Pid) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    !status.is_empty() && !status.contains(") Z ") && !status.contains(") X ")
}

/// Stops a server that outlived the process that started it: the one with `id`, if `word` is on its command line.
/// Whether it was that server.
pub(crate) async fn stop_leftover(id: i32, word: &str, program: &Program) -> Result<bool> {
    let command_line = std::fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
    let mut words = command_line.split(|byte| *byte == 0);
    if !words.any(|argument| argument == word.as_bytes()) {
        return Ok(false);
    }
    let name = program.name;
    tracing::info!(
        server = name,
        pid = id,
        "stopping a server that an earlier start left behind"
    );
    let pid = Pid::from_raw(id);
    // An error means that it ended meanwhile.
    let _ = kill(pid, program.stop);
    let given_up = Instant::now() + program.stops_within;
    while kill(pid, None).is_ok() {
        if Instant::now() > given_up {
            bail!("{name} of an earlier start (process {id}) does not stop; end it and try again");
        }
        sleep(LOOK_EVERY).await;
    }
    Ok(true)
}
