//! The program itself, as a process that a test starts, kills and starts again.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use nix::sys::signal::Signal;
use servers::{Process, Program, SystemAccount, ports};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

/// A server that does not answer within this is broken.
const ANSWERS_WITHIN: Duration = Duration::from_secs(30);

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
    process: Process,
    _directory: TempDir,
}

impl EventlyProcess {
    /// Migrates the database of `settings`, starts `roles`, and waits until they are ready.
    ///
    /// # Panics
    /// Where the program is not built or does not start.
    #[expect(clippy::expect_used, reason = "a test fails by panic")]
    pub async fn start(roles: &str, settings: &[(&str, String)]) -> Self {
        let directory = SystemAccount::temporary_folder().expect("a temporary folder should be made");
        let port = ports::chosen(0).expect("a port should be free");
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let listen = ("EVENTLY_LISTEN", address.to_string());
        let environment = settings.iter().chain([&listen]);
        let program = Program {
            name: "evently",
            path: program(),
            arguments: ["serve", "--roles", roles].map(str::to_owned).to_vec(),
            environment: environment
                .map(|(name, value)| ((*name).to_owned(), value.clone()))
                .collect(),
            folder: directory.path().to_owned(),
            log: directory.path().join("log"),
            account: SystemAccount::to_drop_to().expect("there should be an account to run as"),
            stop: Signal::SIGTERM,
            stops_within: STOPS_WITHIN,
        };
        let mut process = Self {
            address,
            process: Process::new(program),
            _directory: directory,
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
        self.process.start().expect("evently should start");
        if timeout(ANSWERS_WITHIN, self.ready()).await.is_err() {
            let said = std::fs::read_to_string(&self.process.program.log).unwrap_or_default();
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
        let mut command = Command::new(&self.process.program.path);
        command
            .args(arguments)
            .envs(self.process.program.environment.clone())
            .stdin(Stdio::null());
        command.output().expect("evently should run")
    }

    /// Kills it at once. Does nothing where it does not run.
    pub fn kill_9(&mut self) {
        self.process.kill_9();
    }

    /// Asks it to stop as a service manager does; whether it ended by itself and well, in time.
    pub async fn terminate(&mut self) -> bool {
        let ended = self.process.stop().await;
        ended.is_some_and(|status| status.success())
    }
}

/// The program as the same build made it: test programs lie one folder below it.
///
/// # Panics
/// Where it is not built.
#[expect(clippy::expect_used, reason = "a test fails by panic")]
pub fn program() -> PathBuf {
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
