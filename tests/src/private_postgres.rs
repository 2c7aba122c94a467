//! A PostgreSQL that belongs to one test, which may kill it.

use std::path::PathBuf;
use std::process::Child;

use sqlx::{Connection, PgConnection};
use tempfile::TempDir;

use crate::process::{ANSWERS_WITHIN, command, free_port, hand_over, kill_9_with_children, program};

/// A server with a data directory and a port of its own; stopped and removed at the end.
#[derive(Debug)]
pub struct PrivatePostgres {
    /// A superuser's address of the database `postgres`.
    pub url: String,
    directory: TempDir,
    port: u16,
    running: Option<Child>,
}

impl PrivatePostgres {
    /// Makes an empty cluster and starts it.
    ///
    /// # Panics
    /// Where PostgreSQL is not installed or does not start.
    #[expect(clippy::expect_used, reason = "a test fails by panic")]
    pub async fn start() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory should be made");
        hand_over(directory.path());
        let arguments = [
            "-D",
            "data",
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
            "--no-sync",
        ];
        let made = command(&program("initdb"), directory.path(), &arguments).status();
        assert!(
            made.is_ok_and(|status| status.success()),
            "initdb should succeed, see {}",
            directory.path().display()
        );
        let port = free_port();
        let url = format!("postgres://postgres@127.0.0.1:{port}/postgres");
        let mut server = Self {
            url,
            directory,
            port,
            running: None,
        };
        server.restart().await;
        server
    }

    /// Starts it (again) on the same data and port, and waits until it answers.
    ///
    /// # Panics
    /// Where it does not.
    #[expect(clippy::expect_used, reason = "a test fails by panic")]
    pub async fn restart(&mut self) {
        self.kill_9();
        let port = self.port.to_string();
        let listen = [
            "-c",
            "listen_addresses=127.0.0.1",
            "-c",
            "unix_socket_directories=",
            "-c",
            "max_connections=100",
        ];
        let arguments: Vec<&str> = ["-D", "data", "-p", &port].into_iter().chain(listen).collect();
        let child = command(&program("postgres"), self.directory.path(), &arguments).spawn();
        self.running = Some(child.expect("postgres should start"));
        crate::eventually("PostgreSQL answers", ANSWERS_WITHIN, || async {
            PgConnection::connect(&self.url).await.is_ok()
        })
        .await;
    }

    /// Kills it with all its children at once. Does nothing where it does not run.
    pub fn kill_9(&mut self) {
        if let Some(mut child) = self.running.take() {
            kill_9_with_children(&mut child);
        }
    }

    /// Where its data and its log are.
    pub fn directory(&self) -> PathBuf {
        self.directory.path().to_owned()
    }
}

impl Drop for PrivatePostgres {
    fn drop(&mut self) {
        self.kill_9();
    }
}
