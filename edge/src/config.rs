//! Configuration: from a TOML file and the environment, checked as a whole at the start.

mod payments;
mod read;
mod settings;

use std::fmt;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use ipnet::IpNet;

pub use read::{ConfigProblems, environment};
pub use settings::{SETTINGS, Setting};

use crate::request::Origin;
use crate::token::{Keys, TokenPolicy};

/// Everything that can be configured.
#[derive(Clone, Debug)]
pub struct Config {
    /// Serving HTTP.
    pub http: HttpConfig,
    /// PostgreSQL.
    pub database: DatabaseConfig,
    /// NATS.
    pub nats: NatsConfig,
    /// Keys and secrets.
    pub secrets: SecretsConfig,
    /// Bounds of lanes.
    pub lanes: LanesConfig,
    /// Payment gateways.
    pub payments: PaymentsConfig,
    /// Logs.
    pub log: LogConfig,
}

/// Serving HTTP.
#[derive(Clone, Debug)]
pub struct HttpConfig {
    /// Address and port; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Threads that serve requests.
    pub workers: usize,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Origins that browsers may call from, besides our own.
    pub cors_origins: Vec<Origin>,
    /// Whether to send `Strict-Transport-Security`.
    pub hsts: bool,
    /// How long a stop waits for what is under way.
    pub shutdown: Duration,
}

/// PostgreSQL: an address and a pool for each role of the database. Addresses hold passwords and are not shown.
#[derive(Clone)]
pub struct DatabaseConfig {
    /// For the owner of the schema.
    pub migrator_url: String,
    /// For appending.
    pub writer_url: String,
    /// For building read tables.
    pub projector_url: String,
    /// For queries.
    pub reader_url: String,
    /// The writer's pool, at most.
    pub writer_connections: u32,
    /// The projectors' pool, at most.
    pub projector_connections: u32,
    /// The queries' pool, at most.
    pub reader_connections: u32,
}

/// NATS. The address may hold a token and is not shown.
#[derive(Clone)]
pub struct NatsConfig {
    /// Its address; `None` to do without.
    pub url: Option<String>,
    /// First token of every subject.
    pub prefix: String,
}

/// Keys and secrets; none is shown.
#[derive(Clone)]
pub struct SecretsConfig {
    /// Keys of access tokens; the first signs.
    pub keys: Keys,
    /// What is demanded of access tokens.
    pub policy: TokenPolicy,
    /// Key by which e-mail addresses are found.
    pub email_digest: Vec<u8>,
    /// Key of the digest of client addresses; `None` for one of the process's own.
    pub client_digest: Option<Vec<u8>>,
}

/// Bounds of lanes.
#[derive(Clone, Debug)]
pub struct LanesConfig {
    /// Orders that may wait in one lane.
    pub mailbox_max: usize,
    /// Lanes alive at once.
    pub lanes_max: usize,
    /// An idle lane is evicted after this.
    pub idle: Duration,
    /// Bookings that a lane keeps in memory.
    pub bookings_max: usize,
    /// Facts of a stream between two snapshots.
    pub snapshot_every: u64,
}

/// Payment gateways.
#[derive(Clone, Debug, Default)]
pub struct PaymentsConfig {
    /// Which one takes new payments; `None`: payments cannot be made.
    pub taking: Option<GatewayKind>,
    /// The sandbox, where it is set up.
    pub sandbox: Option<GatewayAccess>,
    /// Stripe, where it is set up.
    pub stripe: Option<GatewayAccess>,
    /// How long one call to a gateway may take.
    pub call_within: Duration,
}

/// The gateways that there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GatewayKind {
    /// Our own, which takes no money.
    Sandbox,
    /// <https://stripe.com>
    Stripe,
}

/// Where a gateway is, and the secrets shared with it, which are not shown.
#[derive(Clone)]
pub struct GatewayAccess {
    /// Its address.
    pub url: String,
    /// The key of our account there.
    pub key: String,
    /// Secrets of its webhooks; several while one replaces another.
    pub webhook_secrets: Vec<String>,
}

/// Logs.
#[derive(Clone, Debug)]
pub struct LogConfig {
    /// One JSON object a line, rather than text.
    pub json: bool,
    /// What is logged, as `tracing_subscriber::EnvFilter` reads it.
    pub filter: String,
}

impl Config {
    /// Reads `file`, where there is one, then `environment`, which wins. Tells everything that is wrong at once.
    pub fn load(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigProblems> {
        read::load(file, environment)
    }
}

impl fmt::Debug for DatabaseConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DatabaseConfig")
            .field("writer_connections", &self.writer_connections)
            .field("projector_connections", &self.projector_connections)
            .field("reader_connections", &self.reader_connections)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for GatewayAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GatewayAccess")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for NatsConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NatsConfig")
            .field("prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for SecretsConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretsConfig")
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
