//! What a sandbox needs to start.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use crate::method::Chaos;

/// How a sandbox is to run. Has no `Debug`, as it holds secrets.
#[derive(Clone)]
pub struct SandboxConfig {
    /// Where it listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The folder of its journal; made if it is not there.
    pub journal_folder: PathBuf,
    /// What clients send as `Authorization: Bearer …`; not empty.
    pub secret_key: String,
    pub webhook: Option<Webhook>,
    pub chaos: Option<Chaos>,
}

/// Where entries are posted.
#[derive(Clone)]
pub struct Webhook {
    /// `http` only: the receiver is on the same machine or network.
    pub url: String,
    /// `whsec_` and 24 to 64 bytes in Base64, as Standard Webhooks has it.
    pub secret: String,
}

impl SandboxConfig {
    /// A sandbox on a free port of this machine, without webhooks or chaos.
    pub fn new(journal_folder: impl Into<PathBuf>, secret_key: impl Into<String>) -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            journal_folder: journal_folder.into(),
            secret_key: secret_key.into(),
            webhook: None,
            chaos: None,
        }
    }
}

/// The error of a configuration that cannot be.
pub(crate) fn invalid(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, why)
}
