//! What an operator sets of serving HTTP.

use std::net::SocketAddr;

use ipnet::IpNet;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::request::Origin;

/// Serving HTTP.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(default)]
pub struct HttpSettings {
    /// Where HTTP is served; port 0 takes a free one
    #[schemars(extend("unit" = "address:port"))]
    pub listen: SocketAddr,
    /// Where health and metrics are served for operators; where set, `/metrics` is here alone, else on the port of the API
    #[schemars(with = "String", extend("unit" = "address:port"))]
    pub ops_listen: Option<SocketAddr>,
    /// Threads that serve requests; one per core where not set
    #[schemars(with = "u32", range(min = 1, max = 1_024), extend("unit" = "threads"))]
    pub workers: Option<usize>,
    /// Proxies whose `X-Forwarded-For` is believed
    #[schemars(with = "Vec<String>", extend("unit" = "networks"))]
    pub trusted_proxies: Vec<IpNet>,
    /// Origins that browsers may call from, besides our own; `http://localhost:*` is each port there
    #[schemars(with = "Vec<String>", extend("unit" = "origins"))]
    pub cors_origins: Vec<Origin>,
    /// Send `Strict-Transport-Security`; only behind TLS
    pub hsts: bool,
    /// How long a stop waits for what is under way
    #[schemars(range(min = 1, max = 30), extend("unit" = "seconds"))]
    pub shutdown_s: u64,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            ops_listen: None,
            workers: None,
            trusted_proxies: Vec::new(),
            cors_origins: Vec::new(),
            hsts: false,
            shutdown_s: 30,
        }
    }
}
