//! Reading settings: from text to types, with every problem noted instead of the first.

use std::collections::BTreeMap;
use std::fmt::{self, Display};
use std::ops::RangeInclusive;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::payments::payments;
use super::{
    Config, DatabaseConfig, HttpConfig, LanesConfig, LogConfig, NatsConfig, SETTINGS, SecretsConfig,
};
use crate::token::{Keys, SKEW_MAX_S, SigningKey, TokenPolicy};

/// What every variable of ours begins with.
const PREFIX: &str = "EVENTLY_";

/// Variables of the tests are not settings.
const TESTS: &str = "EVENTLY_TEST_";

/// Bytes of a secret at least: as many as SHA-256 has.
const SECRET_BYTES_MIN: usize = 32;

/// Everything that is missing or wrong, one sentence each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigProblems(pub Vec<String>);

impl Display for ConfigProblems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the configuration cannot be used:")?;
        self.0.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}

impl std::error::Error for ConfigProblems {}

/// The environment of this process: the only place that reads it.
pub fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

pub(super) fn load(
    file: Option<&Path>,
    environment: impl IntoIterator<Item = (String, String)>,
) -> Result<Config, ConfigProblems> {
    let mut values = Values::default();
    if let Some(file) = file {
        values.add_file(file);
    }
    values.add_environment(environment);
    let parts = (
        http(&mut values),
        database(&mut values),
        nats(&mut values),
        secrets(&mut values),
        lanes(&mut values),
        payments(&mut values),
        log(&mut values),
    );
    let (Some(http), Some(database), Some(nats), Some(secrets), Some(lanes), Some(payments), Some(log)) =
        parts
    else {
        return Err(ConfigProblems(values.problems));
    };
    if !values.problems.is_empty() {
        return Err(ConfigProblems(values.problems));
    }
    Ok(Config {
        http,
        database,
        nats,
        secrets,
        lanes,
        payments,
        log,
    })
}

fn http(values: &mut Values) -> Option<HttpConfig> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let listen = values.parse("listen");
    let workers = values
        .set("workers")
        .map_or(Some(cores), |_| values.number("workers", 1..=1_024));
    let trusted_proxies = values.list("trusted_proxies");
    let cors_origins = values.list("cors_origins");
    let hsts = values.parse("hsts");
    let shutdown = values.number("shutdown_s", 1..=30).map(Duration::from_secs);
    Some(HttpConfig {
        listen: listen?,
        workers: workers?,
        trusted_proxies: trusted_proxies?,
        cors_origins: cors_origins?,
        hsts: hsts?,
        shutdown: shutdown?,
    })
}

fn database(values: &mut Values) -> Option<DatabaseConfig> {
    let all = values.set("database_url");
    let names = [
        "database_url_migrator",
        "database_url_writer",
        "database_url_projector",
        "database_url_reader",
    ];
    let urls = names.map(|name| values.set(name).or_else(|| all.clone()));
    if urls.iter().any(Option::is_none) {
        values.missing::<()>("database_url");
    }
    let writer = values.number("writer_connections", 2..=200);
    let projector = values.number("projector_connections", 4..=200);
    let reader = values.number("reader_connections", 1..=200);
    let [migrator_url, writer_url, projector_url, reader_url] = urls;
    Some(DatabaseConfig {
        migrator_url: migrator_url?,
        writer_url: writer_url?,
        projector_url: projector_url?,
        reader_url: reader_url?,
        writer_connections: writer?,
        projector_connections: projector?,
        reader_connections: reader?,
    })
}

fn nats(values: &mut Values) -> Option<NatsConfig> {
    let prefix = values.text("nats_prefix");
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if prefix.is_empty() || !prefix.chars().all(plain) {
        values.wrong::<()>("nats_prefix", "has other characters than a-z, 0-9 and -");
        return None;
    }
    Some(NatsConfig {
        url: values.set("nats_url"),
        prefix,
    })
}

fn secrets(values: &mut Values) -> Option<SecretsConfig> {
    let keys = signing_keys(values);
    let lifetime_s = values.number("token_lifetime_s", 60..=900);
    let cache_entries_max = values.number("token_cache_entries", 1..=10_000_000);
    let email_digest = match values.set("email_digest_secret") {
        Some(_) => values.secret("email_digest_secret"),
        None => values.missing("email_digest_secret"),
    };
    let client_digest = match values.set("client_digest_secret") {
        Some(_) => values.secret("client_digest_secret").map(Some),
        None => Some(None),
    };
    let (issuer, audience) = (values.text("token_issuer"), values.text("token_audience"));
    Some(SecretsConfig {
        keys: keys?,
        policy: TokenPolicy {
            issuer,
            audience,
            lifetime_s: lifetime_s?,
            skew_s: SKEW_MAX_S,
            cache_entries_max: cache_entries_max?,
        },
        email_digest: email_digest?,
        client_digest: client_digest?,
    })
}

fn signing_keys(values: &mut Values) -> Option<Keys> {
    let Some(text) = values.set("token_signing_keys") else {
        return values.missing("token_signing_keys");
    };
    let mut keys = Vec::new();
    for key in text.split(',') {
        if STANDARD.decode(key.trim()).is_ok_and(|bytes| is_weak(&bytes)) {
            return values.wrong("token_signing_keys", "holds a key that anybody would guess");
        }
        match SigningKey::parse(key) {
            Ok(key) => keys.push(key),
            Err(refusal) => return values.wrong("token_signing_keys", refusal),
        }
    }
    match Keys::new(keys) {
        Ok(keys) => Some(keys),
        Err(refusal) => values.wrong("token_signing_keys", refusal),
    }
}

fn lanes(values: &mut Values) -> Option<LanesConfig> {
    let mailbox_max = values.number("lane_mailbox_max", 1..=1_000_000);
    let lanes_max = values.number("lanes_max", 1..=1_000_000);
    let idle = values.number("lane_idle_s", 1..=86_400).map(Duration::from_secs);
    let bookings_max = values.number("lane_bookings_max", 4_096..=10_000_000);
    let snapshot_every = values.number("snapshot_every_facts", 100..=10_000_000);
    Some(LanesConfig {
        mailbox_max: mailbox_max?,
        lanes_max: lanes_max?,
        idle: idle?,
        bookings_max: bookings_max?,
        snapshot_every: snapshot_every?,
    })
}

fn log(values: &mut Values) -> Option<LogConfig> {
    let json = match values.text("log_format").as_str() {
        "json" => true,
        "text" => false,
        _ => return values.wrong("log_format", "is neither json nor text"),
    };
    Some(LogConfig {
        json,
        filter: values.text("log"),
    })
}

/// Settings as text, and what is wrong with them.
#[derive(Default)]
pub(super) struct Values {
    set: BTreeMap<&'static str, String>,
    problems: Vec<String>,
}

impl Values {
    fn add_file(&mut self, file: &Path) {
        let text = match std::fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) => {
                return self
                    .problems
                    .push(format!("{} cannot be read: {error}", file.display()));
            }
        };
        let table: toml::Table = match text.parse() {
            Ok(table) => table,
            Err(error) => {
                return self
                    .problems
                    .push(format!("{} is not TOML: {error}", file.display()));
            }
        };
        for (name, value) in table {
            let text = match value {
                toml::Value::String(text) => text,
                toml::Value::Integer(number) => number.to_string(),
                toml::Value::Boolean(truth) => truth.to_string(),
                toml::Value::Float(_)
                | toml::Value::Datetime(_)
                | toml::Value::Array(_)
                | toml::Value::Table(_) => {
                    self.problems.push(format!(
                        "{name} in the file is neither text, number nor truth value"
                    ));
                    continue;
                }
            };
            self.add(&name, text, &name);
        }
    }

    fn add_environment(&mut self, environment: impl IntoIterator<Item = (String, String)>) {
        for (variable, value) in environment {
            if variable.starts_with(TESTS) {
                continue;
            }
            if let Some(name) = variable.strip_prefix(PREFIX) {
                self.add(&name.to_ascii_lowercase(), value, &variable);
            }
        }
    }

    fn add(&mut self, name: &str, value: String, shown: &str) {
        match SETTINGS.iter().find(|setting| setting.name == name) {
            Some(setting) => drop(self.set.insert(setting.name, value)),
            None => self.problems.push(format!("{shown} is no setting")),
        }
    }

    /// The value where one is set and not empty.
    pub(super) fn set(&self, name: &str) -> Option<String> {
        self.set
            .get(name)
            .map(|value| value.trim().to_owned())
            .filter(|value| !value.is_empty())
    }

    /// The value, or the default.
    pub(super) fn text(&self, name: &str) -> String {
        let default = || {
            SETTINGS
                .iter()
                .find(|setting| setting.name == name)
                .map_or("", |setting| setting.default)
        };
        self.set(name).unwrap_or_else(|| default().to_owned())
    }

    fn parse<T: FromStr<Err: Display>>(&mut self, name: &str) -> Option<T> {
        match self.text(name).parse() {
            Ok(value) => Some(value),
            Err(error) => self.wrong(name, error),
        }
    }

    pub(super) fn number<T>(&mut self, name: &str, allowed: RangeInclusive<T>) -> Option<T>
    where
        T: FromStr<Err: Display> + PartialOrd + Display,
    {
        let number = self.parse(name)?;
        if allowed.contains(&number) {
            return Some(number);
        }
        self.wrong(
            name,
            format!(
                "{number} does not lie between {} and {}",
                allowed.start(),
                allowed.end()
            ),
        )
    }

    fn list<T: FromStr<Err: Display>>(&mut self, name: &str) -> Option<Vec<T>> {
        let text = self.text(name);
        let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
        match items.map(str::parse).collect() {
            Ok(list) => Some(list),
            Err(error) => self.wrong(name, error),
        }
    }

    fn secret(&mut self, name: &str) -> Option<Vec<u8>> {
        let Ok(bytes) = STANDARD.decode(self.text(name)) else {
            return self.wrong(name, "is not base64");
        };
        if bytes.len() < SECRET_BYTES_MIN || is_weak(&bytes) {
            return self.wrong(
                name,
                format!("is weak: take {SECRET_BYTES_MIN} random bytes or more"),
            );
        }
        Some(bytes)
    }

    pub(super) fn missing<T>(&mut self, name: &str) -> Option<T> {
        self.problems
            .push(format!("{PREFIX}{} is missing", name.to_ascii_uppercase()));
        None
    }

    /// Notes a problem; never the value, which may be a secret.
    pub(super) fn wrong<T>(&mut self, name: &str, why: impl Display) -> Option<T> {
        self.problems
            .push(format!("{PREFIX}{}: {why}", name.to_ascii_uppercase()));
        None
    }
}

/// Whether a secret is one of few bytes again and again.
fn is_weak(bytes: &[u8]) -> bool {
    let mut seen = [false; 256];
    let mut different = 0;
    for byte in bytes {
        if let Some(known @ false) = seen.get_mut(usize::from(*byte)) {
            *known = true;
            different += 1;
        }
    }
    different < 8
}
