//! A private NATS with JetStream.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use nix::sys::signal::Signal;
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep};

use crate::ports;
use crate::process::{LOOK_EVERY, Process, Program, STOP_MAX, stop_leftover};
use crate::programs::Programs;
use crate::supervised::Supervised;
use crate::system_account::SystemAccount;
use crate::{TEMPORARY_PASSWORD, USER};

/// How long the server may take to answer: it reads its whole store first.
const START_MAX: Duration = Duration::from_secs(30);

/// A server with a store and a port of its own on the loopback address; killed when dropped.
#[derive(Debug)]
pub struct NatsServer {
    process: Process,
    port: u16,
    password: String,
    _temporary: Option<TempDir>,
}

impl NatsServer {
    /// Starts a server with its store in `data`, which asks its clients for `password`. Takes `port` if that is free.
    pub async fn start(data: &Path, port: u16, password: &str) -> Result<Self> {
        Self::start_in(data, port, password, None).await
    }

    /// Starts a server with an empty store that is removed when the server is dropped.
    pub async fn temporary() -> Result<Self> {
        let folder = SystemAccount::temporary_folder()?;
        let data = folder.path().join("nats");
        Self::start_in(&data, 0, TEMPORARY_PASSWORD, Some(folder)).await
    }

    async fn start_in(data: &Path, port: u16, password: &str, temporary: Option<TempDir>) -> Result<Self> {
        std::fs::create_dir_all(data)?;
        std::fs::set_permissions(data, Permissions::from_mode(0o700))?;
        let configuration = data.join("nats.conf");
        let program = Program {
            name: "NATS",
            path: Programs::find(None)?.nats_server,
            arguments: vec!["-c".to_owned(), configuration.display().to_string()],
            environment: Vec::new(),
            folder: data.to_owned(),
            log: data.with_extension("log"),
            account: SystemAccount::to_drop_to()?,
            stop: Signal::SIGTERM,
            stops_within: STOP_MAX,
        };
        cope_with_leftover(&program).await?;
        let mut server = Self {
            process: Process::new(program),
            port: ports::remembered_or_free(port)?,
            password: password.to_owned(),
            _temporary: temporary,
        };
        server.write_configuration(&configuration)?;
        server.restart().await?;
        Ok(server)
    }

    /// Kills it, where it runs, starts it again on the same store and port, and waits until it answers.
    pub async fn restart(&mut self) -> Result<()> {
        self.process.start()?;
        let log = self.process.program.log.display().to_string();
        self.wait_until_ready()
            .await
            .with_context(|| format!("NATS does not start; its log is {log}"))
    }

    /// Kills it. Does nothing where it does not run.
    pub fn kill_9(&mut self) {
        self.process.kill_9();
    }

    /// Kills it and removes all that it stored; [`Self::restart`] then starts it empty.
    pub fn wipe_store(&mut self) -> Result<()> {
        self.kill_9();
        let store = self.process.program.folder.join("jetstream");
        if store.exists() {
            std::fs::remove_dir_all(store)?;
        }
        Ok(())
    }

    /// Keeps it running from now on.
    ///
    /// # Panics
    /// Outside of a runtime.
    pub fn supervise(self) -> Supervised {
        Supervised::new(self.process)
    }

    pub fn id(&self) -> Option<u32> {
        self.process.id()
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// The address for clients, with the password.
    pub fn url(&self) -> String {
        format!("nats://{USER}:{}@127.0.0.1:{}", self.password, self.port)
    }

    /// The password goes into a file, because everybody on the machine can read command lines.
    fn write_configuration(&self, path: &Path) -> Result<()> {
        let data = &self.process.program.folder;
        let text = format!(
            "listen: \"127.0.0.1:{port}\"\npid_file: \"{pid}\"\nauthorization {{ user: {USER}, password: \"{password}\" }}\n\
             jetstream {{ store_dir: \"{store}\", max_file_store: 8GB }}\n",
            port = self.port,
            pid = pid_file(data).display(),
            password = self.password,
            store = data.display(),
        );
        std::fs::write(path, text)?;
        std::fs::set_permissions(path, Permissions::from_mode(0o600))?;
        if let Some(account) = &self.process.program.account {
            account.give(data)?;
            account.give(path)?;
        }
        Ok(())
    }

    async fn wait_until_ready(&mut self) -> Result<()> {
        let given_up = Instant::now() + START_MAX;
        while TcpStream::connect(("127.0.0.1", self.port)).await.is_err() {
            self.process.still_runs()?;
            if Instant::now() > given_up {
                bail!("it does not answer on port {}", self.port);
            }
            sleep(LOOK_EVERY).await;
        }
        Ok(())
    }
}

fn pid_file(data: &Path) -> PathBuf {
    data.join("nats.pid")
}

async fn cope_with_leftover(program: &Program) -> Result<()> {
    let text = std::fs::read_to_string(pid_file(&program.folder)).unwrap_or_default();
    if let (Ok(pid), Some(configuration)) = (text.trim().parse(), program.arguments.last()) {
        stop_leftover(pid, configuration, program).await?;
    }
    Ok(())
}
