//! What an operator may and may not configure.

use secrecy::ExposeSecret;

use super::*;

fn sound() -> Vec<(String, String)> {
    let secret = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
    [
        ("EVENTLY_DATABASE_URL", "postgres://localhost/evently"),
        ("EVENTLY_TOKEN_SIGNING_KEYS", secret),
        ("EVENTLY_EMAIL_DIGEST_SECRET", secret),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec()
}

fn with(name: &str, value: &str) -> Result<Config, ConfigProblems> {
    let mut environment = sound();
    environment.push((name.to_owned(), value.to_owned()));
    Config::load(None, environment)
}

#[test]
fn three_settings_are_enough() {
    let config = Config::load(None, sound()).unwrap();
    assert_eq!(config.http.listen.port(), 8080);
    let reader = config.database.url(DatabaseRole::Reader).unwrap();
    assert_eq!(reader.expose_secret(), "postgres://localhost/evently");
    assert!(config.nats.nats_url.is_none());
}

#[test]
fn everything_that_is_missing_is_reported_at_once() {
    let problems = Config::load(None, []).unwrap_err().0;
    assert_eq!(problems.len(), 3, "{problems:?}");
}

#[test]
fn every_wrong_value_is_reported_at_once_without_the_value() {
    let mut environment = sound();
    for (name, value) in [
        ("EVENTLY_LISTEN", "hello"),
        ("EVENTLY_SHUTDOWN_S", "31"),
        ("EVENTLY_LOG_FORMAT", "xml"),
    ] {
        environment.push((name.to_owned(), value.to_owned()));
    }
    let problems = Config::load(None, environment).unwrap_err();
    assert_eq!(problems.0.len(), 3, "{problems}");
    assert!(!problems.to_string().contains("hello"));
}

#[test]
fn a_variable_that_is_no_setting_is_refused_but_those_of_tests_are_not() {
    assert!(
        with("EVENTLY_LISTN", "x")
            .unwrap_err()
            .to_string()
            .contains("EVENTLY_LISTN is no setting")
    );
    assert!(with("EVENTLY_TEST_DATABASE_URL", "x").is_ok());
}

#[test]
fn origins_are_listed_one_by_one_and_never_by_a_wildcard() {
    let config = with("EVENTLY_CORS_ORIGINS", "https://a.example, http://localhost:3000").unwrap();
    assert_eq!(config.http.cors_origins.len(), 2);
    assert!(with("EVENTLY_CORS_ORIGINS", "https://a.example,*").is_err());
}

#[test]
fn weak_and_short_secrets_are_refused() {
    let same = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    for (name, value) in [
        ("EVENTLY_EMAIL_DIGEST_SECRET", same),
        ("EVENTLY_EMAIL_DIGEST_SECRET", "c2hvcnQ="),
        ("EVENTLY_EMAIL_DIGEST_SECRET", "?"),
        ("EVENTLY_CLIENT_DIGEST_SECRET", "c2hvcnQ="),
        ("EVENTLY_TOKEN_SIGNING_KEYS", same),
        ("EVENTLY_TOKEN_SIGNING_KEYS", "c2hvcnQ="),
    ] {
        assert!(with(name, value).is_err(), "{name} {value}");
    }
}

#[test]
fn the_environment_wins_over_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("evently.toml");
    std::fs::write(&file, "listen = \"127.0.0.1:1\"\nworkers = 3\nhsts = true\n").unwrap();
    let mut environment = sound();
    environment.push(("EVENTLY_LISTEN".to_owned(), "127.0.0.1:2".to_owned()));
    let config = Config::load(Some(&file), environment).unwrap();
    assert_eq!(
        (config.http.listen.port(), config.http.workers, config.http.hsts),
        (2, Some(3), true)
    );
}

#[test]
fn the_names_of_a_file_are_checked_too() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("evently.toml");
    for (text, problem) in [
        ("listn = \"127.0.0.1:1\"", "EVENTLY_LISTN is no setting"),
        ("listen = ", "evently.toml"),
    ] {
        std::fs::write(&file, text).unwrap();
        let problems = Config::load(Some(&file), sound()).unwrap_err().to_string();
        assert!(problems.contains(problem), "{problems}");
    }
    assert!(Config::load(Some(&folder.path().join("none.toml")), sound()).is_err());
}

#[test]
fn a_gateway_that_takes_payments_is_set_up() {
    for (name, value) in [
        ("EVENTLY_PAYMENT_GATEWAY", "stripe"),
        ("EVENTLY_SANDBOX_KEY", "sk_1"),
    ] {
        let problems = with(name, value).unwrap_err().to_string();
        assert!(problems.contains("is missing"), "{problems}");
    }
}

#[test]
fn secrets_are_not_shown() {
    let shown = format!("{:?}", Config::load(None, sound()).unwrap());
    assert!(
        !shown.contains("postgres://") && !shown.contains("0123456789abcdef"),
        "{shown}"
    );
}

/// After changing a setting, copy what this prints.
#[test]
fn every_setting_is_documented_and_nothing_else_is() {
    let document = include_str!("../../../docs/configuration.md");
    let rows: Vec<String> = Setting::all_of::<Config>().iter().map(Setting::row).collect();
    let documented: Vec<&str> = document
        .lines()
        .filter(|line| line.starts_with("| `EVENTLY_"))
        .collect();
    for row in &rows {
        assert!(
            documented.contains(&row.as_str()),
            "docs/configuration.md lacks\n{}",
            rows.join("\n")
        );
    }
    assert_eq!(
        documented.len(),
        rows.len(),
        "a row of docs/configuration.md is of no setting"
    );
}
