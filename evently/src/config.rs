//! Configuration: a TOML file, then the environment, checked as a whole at the start.
//!
//! Settings live in the crates that use them, as structs whose schema (names, defaults, units, ranges, meanings) is all
//! that is written of them: values are read by it, and docs/configuration.md is compared with it.

mod setting;

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use config::{Environment, File, FileFormat};
use edge::secret::DigestSecret;
use edge::settings::HttpSettings;
use edge::token::{Keys, TokenPolicy};
use event_store::database::DatabaseRole;
use event_store::{DatabaseSettings, NatsSettings};
use gateway::PaymentSettings;
use lanes::LaneSettings;
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use self::setting::Setting;
use crate::telemetry::TelemetrySettings;

/// Variables of the tests are not settings.
const TESTS: &str = "EVENTLY_TEST_";

macro_rules! sections {
    ($($name:ident: $section:ty),* $(,)?) => {
        /// Everything that can be configured, by section; names are flat.
        #[derive(Clone, Debug, JsonSchema)]
        pub(crate) struct Config {
            $(#[schemars(flatten)] pub(crate) $name: $section,)*
        }

        impl Reader {
            /// All sections; each is read, whatever is wrong with another.
            fn sections(&mut self) -> Option<Config> {
                $(let $name = self.section();)*
                Some(Config { $($name: $name?,)* })
            }
        }
    };
}

sections! {
    http: HttpSettings,
    database: DatabaseSettings,
    nats: NatsSettings,
    secrets: Secrets,
    tokens: TokenPolicy,
    lanes: LaneSettings,
    payments: PaymentSettings,
    telemetry: TelemetrySettings,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct Secrets {
    /// Ed25519 seeds or PKCS#8 documents; the first signs, all verify
    #[schemars(with = "Vec<String>", extend("unit" = "base64"))]
    pub(crate) token_signing_keys: Keys,
    /// Key by which e-mail addresses are found
    #[schemars(with = "String", extend("unit" = "base64, 32 bytes or more"))]
    pub(crate) email_digest_secret: DigestSecret,
    /// Key of the digest of client addresses; where not set, one of the process's own
    #[serde(default)]
    #[schemars(with = "String", extend("unit" = "base64, 32 bytes or more"))]
    pub(crate) client_digest_secret: Option<DigestSecret>,
}

/// Everything that is missing or wrong, one sentence each; never a value, which may be a secret.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ConfigProblems(Vec<String>);

impl fmt::Display for ConfigProblems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the configuration cannot be used:")?;
        self.0.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}

impl std::error::Error for ConfigProblems {}

/// The environment of this process: the only place that reads it.
pub(crate) fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

impl Config {
    /// Reads `file`, where there is one, then `environment`, which wins. Reports everything that is wrong at once.
    pub(crate) fn load(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigProblems> {
        let mut reader = Reader::new(file, environment)?;
        let config = reader.sections();
        let lacks_url = |database: DatabaseSettings| {
            let mut roles = DatabaseRole::ALL.into_iter();
            roles.any(|role| database.url(role).is_none())
        };
        if reader.section().is_some_and(lacks_url) {
            reader.missing("database_url");
        }
        let lacking = |payments: PaymentSettings| payments.lacking();
        if let Some(name) = reader.section().and_then(lacking) {
            reader.missing(name);
        }
        let sound = reader.problems.0.is_empty();
        config.filter(|_| sound).ok_or(reader.problems)
    }
}

/// The values of settings, and what is wrong with them.
struct Reader {
    settings: Vec<Setting>,
    given: Map<String, Value>,
    problems: ConfigProblems,
}

impl Reader {
    fn new(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigProblems> {
        let mut texts = texts(file, environment).map_err(|problem| ConfigProblems(vec![problem]))?;
        let mut reader = Self {
            settings: Setting::all_of::<Config>(),
            given: Map::new(),
            problems: ConfigProblems::default(),
        };
        for setting in &reader.settings {
            let text = texts.remove(&setting.name).unwrap_or_default();
            match setting.parse(text.trim()) {
                Ok(Some(value)) => drop(reader.given.insert(setting.name.clone(), value)),
                Ok(None) => {}
                Err(problem) => reader.problems.0.push(problem),
            }
        }
        for name in texts.keys() {
            reader
                .problems
                .0
                .push(format!("{} is no setting", setting::variable(name)));
        }
        Ok(reader)
    }

    /// One section; a value that does not fit is noted and left out, so that the next one is looked at too. `None` where
    /// a setting is missing that must be there, which was noted before.
    fn section<T: DeserializeOwned>(&mut self) -> Option<T> {
        loop {
            let error = match serde_path_to_error::deserialize(Value::Object(self.given.clone())) {
                Ok(section) => return Some(section),
                Err(error) => error,
            };
            let path = error.path().to_string();
            let setting = self.settings.iter().find(|setting| setting.is_at(&path))?;
            self.given.remove(&setting.name)?;
            self.problems.0.push(setting.wrong(error.inner()));
        }
    }

    fn missing(&mut self, name: &str) {
        self.problems
            .0
            .push(format!("{} is missing", setting::variable(name)));
    }
}

/// Settings as text, by name.
fn texts(
    file: Option<&Path>,
    environment: impl IntoIterator<Item = (String, String)>,
) -> Result<BTreeMap<String, String>, String> {
    let environment = environment
        .into_iter()
        .filter(|(name, _)| !name.starts_with(TESTS));
    let environment = Environment::with_prefix(setting::PREFIX).source(Some(environment.collect()));
    let mut sources = config::Config::builder();
    if let Some(file) = file {
        sources = sources.add_source(File::from(file).format(FileFormat::Toml));
    }
    let read = sources.add_source(environment).build();
    read.and_then(config::Config::try_deserialize)
        .map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests;
