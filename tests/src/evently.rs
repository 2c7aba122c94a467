//! The program itself, as a process that a test starts, kills and starts again.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use crate::process::{ANSWERS_WITHIN, command, free_port, hand_over, kill_9_with_children};

/// A stop that takes longer is broken: it is bounded to 30 seconds.
const STOPS_WITHIN: Duration = Duration::from_secs(35);

/// Pause between two looks whether it is ready.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Lines of its log that are shown where it does not become ready.
const LAST_LINES: usize = 20;

/// `evently serve` with its settings.
#[derive(Debug)]
pub struct EventlyProcess {
    /// Where it listens, across restarts.
    pub address: SocketAddr,
    roles: String,
    settings: Vec<(String, String)>,
    directory: TempDir,
    running: Option<Child>,
}

impl EventlyProcess {
    /// Migrates the database of `settings`, starts `roles`, and waits until they are ready.
    ///
    /// # Panics
    /// Where the program is not built or does not start.
    #[expect(clippy::expect_used, reason = "a test fails by panic")]
    pub async fn start(roles: &str, settings: &[(&str, String)]) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory should be made");
        hand_over(directory.path());
        let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let mut settings: Vec<(String, String)> = settings
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect();
        settings.push(("EVENTLY_LISTEN".to_owned(), address.to_string()));
        let mut process = Self {
            address,
            roles: roles.to_owned(),
            settings,
            directory,
            running: None,
        };
        let migrated = process.run(&["migrate"]);
        assert!(migrated.status.success(), "migrate should succeed: {migrated:?}");
        process.restart().await;
        process
    }

    /// Kills it, where it runs, and starts it again with the same settings.
    ///
    /// # Panics
    /// Where it does not become ready.
    #[expect(clippy::expect_used, reason = "a test fails by panic")]
    pub async fn restart(&mut self) {
        self.kill_9();
        let arguments = ["serve", "--roles", &self.roles];
        let mut command = command(&program(), self.directory.path(), &arguments);
        let child = command.envs(self.settings.clone()).spawn();
        self.running = Some(child.expect("evently should start"));
        if timeout(ANSWERS_WITHIN, self.ready()).await.is_err() {
            let said = std::fs::read_to_string(self.directory.path().join("log")).unwrap_or_default();
            let last: Vec<&str> = said.lines().rev().take(LAST_LINES).collect();
            assert!(
                last.is_empty(),
                "evently should become ready; last it said, the latest first: {last:#?}"
            );
        }
        self.until_ready().await;
    }

    /// Waits until it says that it is ready.
    ///
    /// # Panics
    /// Where it does not say so.
    pub async fn until_ready(&self) {
        crate::eventually("evently is ready", ANSWERS_WITHIN, || is_ready(self.address)).await;
    }

    async fn ready(&self) {
        while !is_ready(self.address).await {
            sleep(LOOK_EVERY).await;
        }
    }

    /// Runs the program once with the same settings; what it said.
    ///
    /// # Panics
    /// Where the program is not built.
    #[expect(clippy::expect_used, reason = "a test fails by panic")]
    pub fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(program());
        command
            .args(arguments)
            .envs(self.settings.clone())
            .stdin(Stdio::null());
        command.output().expect("evently should run")
    }

    /// Kills it at once. Does nothing where it does not run.
    pub fn kill_9(&mut self) {
        if let Some(mut child) = self.running.take() {
            kill_9_with_children(&mut child);
        }
    }

    /// Asks it to stop as a service manager does; whether it ended by itself and well, in time.
    ///
    /// # Panics
    /// Where it does not run.
    #[expect(clippy::expect_used, reason = "a test fails by panic")]
    pub async fn terminate(&mut self) -> bool {
        let mut child = self.running.take().expect("evently should run");
        let pid = i32::try_from(child.id()).expect("a process id should fit");
        kill(Pid::from_raw(pid), Signal::SIGTERM).expect("a signal should be sent");
        let ended = tokio::task::spawn_blocking(move || child.wait());
        matches!(timeout(STOPS_WITHIN, ended).await, Ok(Ok(Ok(status))) if status.success())
    }
}

impl Drop for EventlyProcess {
    fn drop(&mut self) {
        self.kill_9();
    }
}

/// The program as the same build made it: test programs lie one folder below it.
#[expect(clippy::expect_used, reason = "a test fails by panic")]
fn program() -> PathBuf {
    let test = std::env::current_exe().expect("a test should know its own program");
    let folder = test
        .parent()
        .and_then(std::path::Path::parent)
        .expect("a program should lie in a folder");
    let program = folder.join("evently");
    assert!(
        program.is_file(),
        "{} should be built: script/test builds it",
        program.display()
    );
    program
}

async fn is_ready(address: SocketAddr) -> bool {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let Ok(mut stream) = TcpStream::connect(address).await else {
        return false;
    };
    let request = b"GET /health/ready HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n";
    if stream.write_all(request).await.is_err() {
        return false;
    }
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.is_ok() && answer.starts_with(b"HTTP/1.1 200")
}
