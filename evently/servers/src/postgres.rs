//! A private PostgreSQL: its cluster is made on the first start and reused on the next.

use std::fs::Permissions;
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use nix::sys::signal::Signal;
use sqlx::{Connection, Executor, PgConnection};
use tempfile::TempDir;
use tokio::time::{Instant, sleep};

use crate::ports;
use crate::process::{LOOK_EVERY, Process, Program, STOP_MAX, stop_leftover};
use crate::programs::Programs;
use crate::supervised::Supervised;
use crate::system_account::SystemAccount;
use crate::{TEMPORARY_PASSWORD, USER};

/// How long the server may take to answer: a recovery after kill -9 replays its write-ahead log first.
const START_MAX: Duration = Duration::from_mins(2);

/// A server does not start while a child of one that was killed still ends, so that it is started up to so many times.
const STARTS_MAX: u32 = 30;
const START_AGAIN_AFTER: Duration = Duration::from_millis(100);

const SETTINGS: [&str; 10] = [
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    // Many tests at once have pools of their own.
    "max_connections=500",
    "shared_buffers=256MB",
    "max_wal_size=2GB",
    "checkpoint_completion_target=0.9",
    "autovacuum_naptime=15s",
    "jit=off",
    "timezone=UTC",
    "log_timezone=UTC",
];

/// A server with a cluster and a port of its own on the loopback address; killed when dropped.
#[derive(Debug)]
pub struct PostgresServer {
    process: Process,
    port: u16,
    password: String,
    _temporary: Option<TempDir>,
}

impl PostgresServer {
    /// Starts a server on the cluster in `data`, which is made where it is missing, with `password` for its superuser.
    /// Takes `port` if that is free.
    pub async fn start(data: &Path, port: u16, password: &str) -> Result<Self> {
        Self::start_in(data, port, password, None, Vec::new()).await
    }

    /// Starts a server on an empty cluster that is removed when the server is dropped.
    pub async fn temporary() -> Result<Self> {
        Self::temporary_with(Vec::new()).await
    }

    /// The same with `environment` beside its own.
    pub async fn temporary_with(environment: Vec<(String, String)>) -> Result<Self> {
        let folder = SystemAccount::temporary_folder()?;
        let data = folder.path().join("postgres");
        Self::start_in(&data, 0, TEMPORARY_PASSWORD, Some(folder), environment).await
    }

    async fn start_in(
        data: &Path,
        port: u16,
        password: &str,
        temporary: Option<TempDir>,
        environment: Vec<(String, String)>,
    ) -> Result<Self> {
        let made_by = std::fs::read_to_string(data.join("PG_VERSION")).ok();
        let programs = Programs::find(made_by.as_deref())?;
        let account = SystemAccount::to_drop_to()?;
        if made_by.is_none() {
            let cluster = NewCluster {
                initdb: &programs.initdb,
                data,
                password,
                account: account.as_ref(),
                sync: temporary.is_none(),
            };
            cluster.make().await?;
        }
        let mut program = Program {
            name: "PostgreSQL",
            path: programs.postgres,
            arguments: Vec::new(),
            environment,
            folder: data.to_owned(),
            log: data.with_extension("log"),
            account,
            stop: Signal::SIGINT, // "fast" shutdown: ends connections, leaves a clean cluster
            stops_within: STOP_MAX,
        };
        cope_with_leftover(&program).await?;
        let port = ports::remembered_or_free(port)?;
        program.arguments = arguments(data, port);
        let mut server = Self {
            process: Process::new(program),
            port,
            password: password.to_owned(),
            _temporary: temporary,
        };
        server.restart().await?;
        Ok(server)
    }

    /// Kills it, where it runs, starts it again on the same data and port, and waits until it answers.
    pub async fn restart(&mut self) -> Result<()> {
        self.process.kill_9();
        cope_with_leftover(&self.process.program).await?;
        self.process.start()?;
        let log = self.process.program.log.display().to_string();
        self.wait_until_ready()
            .await
            .with_context(|| format!("PostgreSQL does not start; its log is {log}"))
    }

    /// Kills it with all its children at once. Does nothing where it does not run.
    pub fn kill_9(&mut self) {
        self.process.kill_9();
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

    /// The superuser's address of `database`.
    pub fn url(&self, database: &str) -> String {
        format!(
            "postgres://{USER}:{}@127.0.0.1:{}/{database}",
            self.password, self.port
        )
    }

    /// Makes `database` where it is missing; the superuser's address of it.
    pub async fn database(&self, database: &str) -> Result<String> {
        let mut connection = PgConnection::connect(&self.url("postgres")).await?;
        let there: Option<i32> = sqlx::query_scalar("select 1 from pg_database where datname = $1")
            .bind(database)
            .fetch_optional(&mut connection)
            .await?;
        if there.is_none() {
            connection
                .execute(format!("create database {database}").as_str())
                .await?;
        }
        connection.close().await?;
        Ok(self.url(database))
    }

    async fn wait_until_ready(&mut self) -> Result<()> {
        let given_up = Instant::now() + START_MAX;
        let mut starts_left = STARTS_MAX;
        loop {
            match PgConnection::connect(&self.url("postgres")).await {
                Ok(connection) => return Ok(connection.close().await?),
                Err(error) if Instant::now() > given_up => return Err(error.into()),
                Err(_) => sleep(LOOK_EVERY).await,
            }
            if let Err(ended) = self.process.still_runs() {
                starts_left -= 1;
                if starts_left == 0 {
                    return Err(ended);
                }
                sleep(START_AGAIN_AFTER).await;
                self.process.start()?;
            }
        }
    }
}

fn arguments(data: &Path, port: u16) -> Vec<String> {
    let place = [
        "-D".to_owned(),
        data.display().to_string(),
        "-p".to_owned(),
        port.to_string(),
    ];
    let settings = SETTINGS
        .iter()
        .flat_map(|setting| ["-c".to_owned(), (*setting).to_owned()]);
    place.into_iter().chain(settings).collect()
}

/// A cluster that is to be made.
struct NewCluster<'a> {
    initdb: &'a Path,
    data: &'a Path,
    password: &'a str,
    account: Option<&'a SystemAccount>,
    /// Whether it is to survive a loss of power from the beginning.
    sync: bool,
}

impl NewCluster<'_> {
    async fn make(&self) -> Result<()> {
        let password = self.data.with_extension("initial-password");
        let mut file = std::fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&password)?;
        file.write_all(self.password.as_bytes())?;
        if let Some(account) = self.account {
            account.give(&password)?;
        }
        // Letters beyond ASCII sort and fold right in C.UTF-8; a system without it still has C.
        let mut outcome = self.initdb(&password, "C.UTF-8").await;
        if outcome.is_err() {
            outcome = self.initdb(&password, "C").await;
        }
        std::fs::remove_file(&password)?;
        outcome
    }

    async fn initdb(&self, password: &Path, locale: &str) -> Result<()> {
        if self.data.exists() {
            // Left by an initialisation that was interrupted: without PG_VERSION no server ever ran on it.
            std::fs::remove_dir_all(self.data)?;
        }
        std::fs::create_dir(self.data)?;
        std::fs::set_permissions(self.data, Permissions::from_mode(0o700))?;
        let mut command = tokio::process::Command::new(self.initdb);
        command
            .args(["--auth=scram-sha-256", "--encoding=UTF8", "--no-instructions"])
            .arg(format!("--username={USER}"))
            .arg(format!("--locale={locale}"))
            .arg(format!("--pwfile={}", password.display()))
            .args((!self.sync).then_some("--no-sync"))
            .arg("-D")
            .arg(self.data)
            .current_dir(self.data)
            .env_remove("PGDATA")
            .stdin(Stdio::null());
        if let Some(account) = self.account {
            account.give(self.data)?;
            command.uid(account.uid).gid(account.gid);
        }
        let output = command.output().await.context("cannot run initdb")?;
        if !output.status.success() {
            bail!(
                "initdb refused: {}",
                String::from_utf8_lossy(&output.stderr).trim()
            );
        }
        Ok(())
    }
}

/// A server that outlived its parent is stopped; a pid file that names some other program is taken away, because
/// PostgreSQL would take that program for itself.
async fn cope_with_leftover(program: &Program) -> Result<()> {
    let pid_file = program.folder.join("postmaster.pid");
    let Ok(text) = std::fs::read_to_string(&pid_file) else {
        return Ok(());
    };
    let first = text.lines().next().and_then(|line| line.trim().parse().ok());
    let data = program.folder.display().to_string();
    let stopped = match first {
        Some(pid) => stop_leftover(pid, &data, program).await? || !Path::new("/proc/self").exists(),
        None => false,
    };
    if !stopped {
        std::fs::remove_file(&pid_file)?;
    }
    Ok(())
}
