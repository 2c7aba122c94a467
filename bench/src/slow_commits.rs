//! A PostgreSQL whose commits take longer, as on another disk: a library that is compiled here delays each flush of its
//! write-ahead log. (`commit_delay` is not the same: who commits during that pause shares its flush.)

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use servers::{PostgresServer, SystemAccount};
use sqlx::{Connection, PgConnection};

const SOURCE: &str = include_str!("slow_commits.c");

/// Starts a PostgreSQL of its own whose commits take `commit_ms` longer than the disk does; fails where they do not.
pub(crate) async fn postgres(commit_ms: u64) -> anyhow::Result<PostgresServer> {
    if commit_ms == 0 {
        return PostgresServer::temporary().await;
    }
    // The server keeps the library in memory when its folder is removed.
    let folder = SystemAccount::temporary_folder()?;
    let library = folder.path().join("slow_commits.so");
    compile(commit_ms, &library)?;
    let preload = ("LD_PRELOAD".to_owned(), library.display().to_string());
    let server = PostgresServer::temporary_with(vec![preload]).await?;
    let mut connection = PgConnection::connect(&server.url("postgres")).await?;
    let took = commit(&mut connection).await?;
    ensure!(
        took >= Duration::from_millis(commit_ms),
        "--commit-ms {commit_ms} has no effect, a commit takes {} ms: this PostgreSQL does not load a library of `cc`",
        took.as_millis()
    );
    Ok(server)
}

fn compile(commit_ms: u64, library: &Path) -> anyhow::Result<()> {
    let mut compiler = Command::new("cc")
        .args(["-shared", "-fPIC", "-O2", "-x", "c", "-"])
        .arg(format!("-DCOMMIT_MS={commit_ms}"))
        .arg("-o")
        .arg(library)
        .stdin(Stdio::piped())
        .spawn()
        .context("--commit-ms needs the C compiler `cc`")?;
    let mut source = compiler.stdin.take().context("cc has no input")?;
    source.write_all(SOURCE.as_bytes())?;
    drop(source);
    let ended = compiler.wait()?;
    ensure!(ended.success(), "cc cannot compile what delays commits: {ended}");
    Ok(())
}

/// How long a commit takes.
async fn commit(connection: &mut PgConnection) -> sqlx::Result<Duration> {
    let started = Instant::now();
    sqlx::query("select pg_logical_emit_message(true, 'bench', '')")
        .execute(connection)
        .await?;
    Ok(started.elapsed())
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn connection(server: &PostgresServer) -> PgConnection {
        PgConnection::connect(&server.url("postgres")).await.unwrap()
    }

    #[tokio::test]
    async fn each_commit_takes_longer_by_what_was_asked_for() {
        let server = postgres(50).await.unwrap();
        let mut connection = connection(&server).await;
        for _ in 0..3 {
            let took = commit(&mut connection).await.unwrap();
            assert!(took >= Duration::from_millis(50), "{took:?}");
        }
    }

    #[tokio::test]
    async fn a_commit_during_a_flush_waits_for_a_flush_of_its_own() {
        let server = postgres(200).await.unwrap();
        let (mut first, mut second) = (connection(&server).await, connection(&server).await);
        let started = Instant::now();
        let later = async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            commit(&mut second).await
        };
        let (first, second) = tokio::join!(commit(&mut first), later);
        first.and(second).unwrap();
        assert!(
            started.elapsed() >= Duration::from_millis(400),
            "{:?}",
            started.elapsed()
        );
    }
}
