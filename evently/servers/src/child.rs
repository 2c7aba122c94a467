//! A server that runs as a child process: started, watched, started again when it dies, stopped at the end.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::system_account::SystemAccount;

/// First wait before a server that died is started again; doubles from then on.
const BACKOFF_MIN: Duration = Duration::from_millis(50);
/// Longest such wait: a person who repairs something should not wait for long.
const BACKOFF_MAX: Duration = Duration::from_secs(5);
/// A server that ran for this long was healthy: its next death counts as the first.
const HEALTHY_AFTER: Duration = Duration::from_secs(30);
/// How long a server may take to stop before it is killed.
const STOP_MAX: Duration = Duration::from_secs(15);

/// What to run, and how.
#[derive(Clone, Debug)]
pub struct Server {
    /// What people call it.
    pub name: &'static str,
    /// The program.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// Where it runs and writes its log, `server.log`.
    pub folder: PathBuf,
    /// Whom it runs as, when that is not us.
    pub account: Option<SystemAccount>,
    /// The `setpriv` of util-linux, where there is one.
    pub setpriv: Option<PathBuf>,
    /// The signal that stops it in good order.
    pub stop: Signal,
}

/// A server that is kept running.
pub struct Supervised {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Server {
    /// A command that runs `program` as this server's account, in its folder.
    pub fn command(&self) -> Result<Command> {
        let log = std::fs::File::options()
            .append(true)
            .create(true)
            .open(self.folder.with_extension("log"))
            .with_context(|| format!("cannot open the log of {}", self.name))?;
        let mut command = match &self.setpriv {
            // The kernel stops the child when we are killed; the next start copes where it does not.
            Some(setpriv) => {
                let mut command = Command::new(setpriv);
                command
                    .arg("--pdeathsig")
                    .arg(signal_name(self.stop))
                    .arg("--")
                    .arg(&self.program);
                command
            }
            None => Command::new(&self.program),
        };
        command
            .args(&self.arguments)
            .current_dir(&self.folder)
            .env_remove("PGDATA")
            .env_remove("PGPORT")
            .env_remove("PGHOST")
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

    /// Starts it and keeps it running until [`Supervised::stop`].
    pub fn supervise(self) -> Result<Supervised> {
        let first = self.spawn()?;
        let stop = CancellationToken::new();
        let task = tokio::spawn(keep_running(self, first, stop.clone()));
        Ok(Supervised { stop, task })
    }

    fn spawn(&self) -> Result<Child> {
        self.command()?
            .spawn()
            .with_context(|| format!("cannot start {}", self.program.display()))
    }
}

impl Supervised {
    /// Stops the server in good order, or kills it after 15 s.
    pub async fn stop(self) {
        self.stop.cancel();
        if let Err(error) = self.task.await {
            tracing::error!(%error, "a server's supervisor failed");
        }
    }
}

async fn keep_running(server: Server, mut child: Child, stop: CancellationToken) {
    let mut backoff = BACKOFF_MIN;
    loop {
        let started = Instant::now();
        tokio::select! {
            ended = child.wait() => {
                tracing::warn!(server = server.name, ?ended, "a server ended by itself; starting it again");
            }
            () = stop.cancelled() => return end(&server, child).await,
        }
        if started.elapsed() > HEALTHY_AFTER {
            backoff = BACKOFF_MIN;
        }
        child = loop {
            tokio::select! {
                () = sleep(backoff) => {}
                () = stop.cancelled() => return,
            }
            backoff = (backoff * 2).min(BACKOFF_MAX);
            match server.spawn() {
                Ok(child) => break child,
                Err(error) => tracing::error!(server = server.name, %error, "cannot start a server again"),
            }
        };
    }
}

async fn end(server: &Server, mut child: Child) {
    let pid = child
        .id()
        .and_then(|id| i32::try_from(id).ok())
        .map(Pid::from_raw);
    if let Some(pid) = pid
        && let Err(error) = kill(pid, server.stop)
    {
        tracing::warn!(server = server.name, %error, "cannot signal a server");
    }
    if timeout(STOP_MAX, child.wait()).await.is_err() {
        tracing::warn!(server = server.name, "a server does not stop and is killed");
        if let Err(error) = child.kill().await {
            tracing::error!(server = server.name, %error, "cannot kill a server");
        }
    }
}

/// A signal as `setpriv` wants it named.
fn signal_name(signal: Signal) -> String {
    signal.as_str().trim_start_matches("SIG").to_owned()
}

/// Stops a server that outlived the `evently dev` that started it; gives up waiting after 15 s.
pub async fn stop_leftover(pid: i32, signal: Signal, name: &'static str) -> Result<()> {
    let pid = Pid::from_raw(pid);
    tracing::info!(
        server = name,
        pid = pid.as_raw(),
        "stopping a server that an earlier start left behind"
    );
    // An error means that it ended meanwhile.
    let _ = kill(pid, signal);
    let given_up = Instant::now() + STOP_MAX;
    while kill(pid, None).is_ok() {
        if Instant::now() > given_up {
            anyhow::bail!("{name} of an earlier start (process {pid}) does not stop; end it and try again");
        }
        sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

/// Whether process `pid` runs and was started with `words` on its command line.
pub fn runs(pid: i32, word: &str) -> bool {
    std::fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| {
        String::from_utf8_lossy(&line)
            .split('\0')
            .any(|argument| argument == word)
    })
}
