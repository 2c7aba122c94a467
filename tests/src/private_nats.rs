//! A NATS that belongs to one test, which may kill it and wipe what it stored.

use std::process::Child;

use tempfile::TempDir;
use tokio::net::TcpStream;

use crate::process::{ANSWERS_WITHIN, command, free_port, hand_over, kill_9_with_children, program};

/// A server with a store and a port of its own; stopped and removed at the end.
#[derive(Debug)]
pub struct PrivateNats {
    /// Its address.
    pub url: String,
    directory: TempDir,
    port: u16,
    running: Option<Child>,
}

impl PrivateNats {
    /// Starts one with an empty store.
    ///
    /// # Panics
    /// Where NATS is not installed or does not start.
    #[expect(clippy::expect_used, reason = "a test fails by panic")]
    pub async fn start() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory should be made");
        hand_over(directory.path());
        let port = free_port();
        let mut server = Self {
            url: format!("nats://127.0.0.1:{port}"),
            directory,
            port,
            running: None,
        };
        server.restart().await;
        server
    }

    /// Starts it (again) on the same store and port, and waits until it listens.
    ///
    /// # Panics
    /// Where it does not.
    #[expect(clippy::expect_used, reason = "a test fails by panic")]
    pub async fn restart(&mut self) {
        self.kill_9();
        let port = self.port.to_string();
        let arguments = ["-a", "127.0.0.1", "-p", &port, "-js", "-sd", "store"];
        let child = command(&program("nats-server"), self.directory.path(), &arguments).spawn();
        self.running = Some(child.expect("nats-server should start"));
        crate::eventually("NATS listens", ANSWERS_WITHIN, || async {
            TcpStream::connect(("127.0.0.1", self.port)).await.is_ok()
        })
        .await;
    }

    /// Kills it. Does nothing where it does not run.
    pub fn kill_9(&mut self) {
        if let Some(mut child) = self.running.take() {
            kill_9_with_children(&mut child);
        }
    }

    /// Kills it and removes all that it stored. [`Self::restart`] then starts it empty.
    ///
    /// # Panics
    /// Where the store cannot be removed.
    #[expect(clippy::expect_used, reason = "a test fails by panic")]
    pub fn wipe_store(&mut self) {
        self.kill_9();
        let store = self.directory.path().join("store");
        if store.exists() {
            std::fs::remove_dir_all(store).expect("the store should be removable");
        }
    }
}

impl Drop for PrivateNats {
    fn drop(&mut self) {
        self.kill_9();
    }
}
