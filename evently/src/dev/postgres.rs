//! The private PostgreSQL of `evently dev`: made on the first start, reused on the next.

use std::fs::Permissions;
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use nix::sys::signal::Signal;
use sqlx::{Connection, Executor, PgConnection};
use tokio::time::{Instant, sleep};

use super::folder::Folder;
use servers::child::{Server, Supervised, runs, stop_leftover};
use servers::ports;
use servers::programs::Programs;

/// How long the server may take to answer: a recovery after kill -9 replays its write-ahead log first.
const START_MAX: Duration = Duration::from_mins(2);
/// The database that Evently uses.
const DATABASE: &str = "evently";

/// The major version of the cluster in `folder`, where there is one.
pub(crate) fn cluster_version(folder: &Folder) -> Option<String> {
    std::fs::read_to_string(folder.server("postgres").join("PG_VERSION")).ok()
}

/// Starts the server on its remembered port, or on a free one, and waits until it answers.
pub(crate) async fn start(folder: &mut Folder, programs: &Programs) -> Result<Supervised> {
    let data = folder.server("postgres");
    if !data.join("PG_VERSION").exists() {
        initialise(folder, programs, &data).await?;
    }
    cope_with_leftover(&data).await?;
    folder.remembered.postgres_port = ports::remembered_or_free(folder.remembered.postgres_port)?;
    folder.remember()?;

    let server = Server {
        name: "PostgreSQL",
        program: programs.postgres.clone(),
        arguments: arguments(&data, folder.remembered.postgres_port),
        folder: data,
        account: folder.account.clone(),
        setpriv: programs.setpriv.clone(),
        stop: Signal::SIGINT, // "fast" shutdown: ends connections, leaves a clean cluster
    };
    let log = server.folder.with_extension("log");
    let supervised = server.supervise()?;
    if let Err(error) = wait_until_ready(folder).await {
        supervised.stop().await;
        return Err(error)
            .with_context(|| format!("PostgreSQL does not start; its log is {}", log.display()));
    }
    Ok(supervised)
}

/// The URL of Evently's database.
pub(crate) fn url(folder: &Folder) -> String {
    database_url(folder, DATABASE)
}

fn database_url(folder: &Folder, database: &str) -> String {
    let remembered = &folder.remembered;
    format!(
        "postgres://evently:{}@127.0.0.1:{}/{database}",
        remembered.postgres_password, remembered.postgres_port
    )
}

fn arguments(data: &Path, port: u16) -> Vec<String> {
    let mut arguments = vec![
        "-D".to_owned(),
        data.display().to_string(),
        "-p".to_owned(),
        port.to_string(),
    ];
    for setting in [
        "listen_addresses=127.0.0.1",
        "unix_socket_directories=",
        "max_connections=100",
        "shared_buffers=256MB",
        "max_wal_size=2GB",
        "checkpoint_completion_target=0.9",
        "autovacuum_naptime=15s",
        "jit=off",
        "timezone=UTC",
        "log_timezone=UTC",
    ] {
        arguments.push("-c".to_owned());
        arguments.push(setting.to_owned());
    }
    arguments
}

async fn initialise(folder: &Folder, programs: &Programs, data: &Path) -> Result<()> {
    let password = folder.server("initial-password");
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&password)?;
    file.write_all(folder.remembered.postgres_password.as_bytes())?;
    if let Some(account) = &folder.account {
        account.give(&password)?;
    }
    // Letters beyond ASCII sort and fold right in C.UTF-8; a system without it still has C.
    let mut outcome = run_initdb(folder, programs, data, &password, "C.UTF-8").await;
    if outcome.is_err() {
        outcome = run_initdb(folder, programs, data, &password, "C").await;
    }
    std::fs::remove_file(&password)?;
    outcome
}

async fn run_initdb(
    folder: &Folder,
    programs: &Programs,
    data: &Path,
    password: &Path,
    locale: &str,
) -> Result<()> {
    if data.exists() {
        // Left by an initialisation that was interrupted: without PG_VERSION no server ever ran on it.
        std::fs::remove_dir_all(data)?;
    }
    std::fs::create_dir(data)?;
    std::fs::set_permissions(data, Permissions::from_mode(0o700))?;
    let mut command = tokio::process::Command::new(&programs.initdb);
    command
        .args([
            "--username=evently",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--no-instructions",
        ])
        .arg(format!("--locale={locale}"))
        .arg(format!("--pwfile={}", password.display()))
        .arg("-D")
        .arg(data)
        .current_dir(data)
        .env_remove("PGDATA")
        .stdin(Stdio::null());
    if let Some(account) = &folder.account {
        account.give(data)?;
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

/// A server that outlived its parent is stopped; a pid file that names some other program is taken away, because
/// PostgreSQL would take that program for itself.
async fn cope_with_leftover(data: &Path) -> Result<()> {
    let pid_file = data.join("postmaster.pid");
    let Ok(text) = std::fs::read_to_string(&pid_file) else {
        return Ok(());
    };
    let Some(pid) = text
        .lines()
        .next()
        .and_then(|line| line.trim().parse::<i32>().ok())
    else {
        return Ok(std::fs::remove_file(&pid_file)?);
    };
    if runs(pid, &data.display().to_string()) {
        return stop_leftover(pid, Signal::SIGINT, "PostgreSQL").await;
    }
    if Path::new("/proc/self").exists() {
        std::fs::remove_file(&pid_file)?;
    }
    Ok(())
}

/// Waits for an answer, and makes the database where it is missing.
async fn wait_until_ready(folder: &Folder) -> Result<()> {
    let given_up = Instant::now() + START_MAX;
    let mut connection = loop {
        match PgConnection::connect(&database_url(folder, "postgres")).await {
            Ok(connection) => break connection,
            Err(error) if Instant::now() > given_up => return Err(error.into()),
            Err(_) => sleep(Duration::from_millis(50)).await,
        }
    };
    let there: Option<i32> = sqlx::query_scalar("select 1 from pg_database where datname = $1")
        .bind(DATABASE)
        .fetch_optional(&mut connection)
        .await?;
    if there.is_none() {
        connection
            .execute(format!("create database {DATABASE}").as_str())
            .await?;
    }
    connection.close().await?;
    Ok(())
}
