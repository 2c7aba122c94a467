//! What an operator sets of PostgreSQL and NATS.

use schemars::JsonSchema;
use secrecy::SecretString;
use serde::de::Error;
use serde::{Deserialize, Deserializer};

use crate::database::DatabaseRole;

/// An address and a pool for each role of the database. Addresses hold passwords.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(default)]
pub struct DatabaseSettings {
    /// PostgreSQL, for every role that has no address of its own
    #[schemars(with = "String", extend("unit" = "URL, required"))]
    pub database_url: Option<SecretString>,
    /// PostgreSQL as owner of the schema
    #[schemars(with = "String", extend("unit" = "URL"))]
    pub database_url_migrator: Option<SecretString>,
    /// PostgreSQL for appending
    #[schemars(with = "String", extend("unit" = "URL"))]
    pub database_url_writer: Option<SecretString>,
    /// PostgreSQL for building read tables
    #[schemars(with = "String", extend("unit" = "URL"))]
    pub database_url_projector: Option<SecretString>,
    /// PostgreSQL for queries; may be a replica
    #[schemars(with = "String", extend("unit" = "URL"))]
    pub database_url_reader: Option<SecretString>,
    /// The pool for loading aggregates, at most; appending has two connections of its own
    #[schemars(range(min = 2, max = 200), extend("unit" = "connections"))]
    pub writer_connections: u32,
    /// The projectors' pool, at most
    #[schemars(range(min = 4, max = 200), extend("unit" = "connections"))]
    pub projector_connections: u32,
    /// The queries' pool, at most
    #[schemars(range(min = 1, max = 200), extend("unit" = "connections"))]
    pub reader_connections: u32,
}

impl Default for DatabaseSettings {
    fn default() -> Self {
        Self {
            database_url: None,
            database_url_migrator: None,
            database_url_writer: None,
            database_url_projector: None,
            database_url_reader: None,
            writer_connections: 8,
            projector_connections: 6,
            reader_connections: 8,
        }
    }
}

impl DatabaseSettings {
    /// Where `role` logs in; `None` where neither it nor all roles have an address.
    pub fn url(&self, role: DatabaseRole) -> Option<&SecretString> {
        let own = match role {
            DatabaseRole::Migrator => &self.database_url_migrator,
            DatabaseRole::Writer => &self.database_url_writer,
            DatabaseRole::Projector => &self.database_url_projector,
            DatabaseRole::Reader => &self.database_url_reader,
        };
        own.as_ref().or(self.database_url.as_ref())
    }
}

/// Where NATS is, and under which names. The address may hold a token.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(default)]
pub struct NatsSettings {
    /// NATS; the role relay requires it, the others ask the log more often without it
    #[schemars(with = "String", extend("unit" = "URL"))]
    pub nats_url: Option<SecretString>,
    /// First token of every subject
    #[serde(deserialize_with = "prefix")]
    #[schemars(extend("unit" = "a-z, 0-9, -"))]
    pub nats_prefix: String,
    /// Whether each fact is published by itself too, on `{prefix}.fact.{aggregate}.{id}.{fact}`: for consumers that choose by
    /// subject; it costs NATS and the relay several times as much
    #[schemars(extend("unit" = "true or false"))]
    pub nats_single_facts: bool,
}

impl Default for NatsSettings {
    fn default() -> Self {
        Self {
            nats_url: None,
            nats_prefix: "evently".to_owned(),
            nats_single_facts: false,
        }
    }
}

fn prefix<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let prefix = String::deserialize(deserializer)?;
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if prefix.is_empty() {
        Err(Error::custom("must not be empty"))
    } else if prefix.chars().all(plain) {
        Ok(prefix)
    } else {
        Err(Error::custom("has other characters than a-z, 0-9 and -"))
    }
}
