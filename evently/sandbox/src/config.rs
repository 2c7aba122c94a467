//! What a sandbox needs to know before it starts.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use crate::chaos::Chaos;

/// How a sandbox is to run.
#[derive(Clone)]
pub struct SandboxConfig {
    /// Where it listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The folder of its journal; made if it is not there.
    pub journal_folder: PathBuf,
    /// What clients send as `Authorization: Bearer …`; not empty.
    pub secret_key: String,
    /// Where it tells what happens, if anywhere.
    pub webhook: Option<Webhook>,
    /// Added to every answer.
    pub latency: Duration,
    /// Whether behaviours are drawn by lot.
    pub chaos: Option<Chaos>,
}

/// Where the sandbox tells what happens.
#[derive(Clone)]
pub struct Webhook {
    /// An address, `http` only: the receiver is on the same machine or network.
    pub url: String,
    /// `whsec_` and 24 to 64 bytes in Base64, as Standard Webhooks has it.
    pub secret: String,
}

impl SandboxConfig {
    /// A sandbox on a free port of this machine, without webhooks, latency or chaos.
    pub fn new(journal_folder: impl Into<PathBuf>, secret_key: impl Into<String>) -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            journal_folder: journal_folder.into(),
            secret_key: secret_key.into(),
            webhook: None,
            latency: Duration::ZERO,
            chaos: None,
        }
    }
}

/// Secrets are left out.
impl fmt::Debug for SandboxConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SandboxConfig")
            .field("listen", &self.listen)
            .field("journal_folder", &self.journal_folder)
            .field("webhook", &self.webhook)
            .field("latency", &self.latency)
            .field("chaos", &self.chaos)
            .finish_non_exhaustive()
    }
}

/// The secret is left out.
impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

/// The error of a configuration that cannot be.
pub(crate) fn invalid(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, why)
}
