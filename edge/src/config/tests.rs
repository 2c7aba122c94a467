//! What an operator may and may not configure.

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
    assert_eq!(config.database.reader_url, "postgres://localhost/evently");
    assert_eq!(config.nats.url, None);
}

#[test]
fn everything_that_is_missing_is_told_at_once() {
    let problems = Config::load(None, []).unwrap_err().0;
    assert_eq!(problems.len(), 3, "{problems:?}");
}

#[test]
fn every_wrong_value_is_told_at_once_without_the_value() {
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
    let file = std::env::temp_dir().join(format!("evently-{}.toml", uuid::Uuid::new_v4()));
    std::fs::write(&file, "listen = \"127.0.0.1:1\"\nworkers = 3\nhsts = true\n").unwrap();
    let mut environment = sound();
    environment.push(("EVENTLY_LISTEN".to_owned(), "127.0.0.1:2".to_owned()));
    let config = Config::load(Some(&file), environment).unwrap();
    std::fs::remove_file(&file).unwrap();
    assert_eq!(
        (config.http.listen.port(), config.http.workers, config.http.hsts),
        (2, 3, true)
    );
}

#[test]
fn secrets_are_not_shown() {
    let shown = format!("{:?}", Config::load(None, sound()).unwrap());
    assert!(
        !shown.contains("postgres://") && !shown.contains("0123456789abcdef"),
        "{shown}"
    );
}

#[test]
fn every_setting_is_documented() {
    let document = include_str!("../../../docs/configuration.md");
    for setting in SETTINGS {
        let default = if setting.default.is_empty() {
            String::new()
        } else {
            format!("`{}`", setting.default)
        };
        let row = format!(
            "| `EVENTLY_{}` | {default} | {} | {} |",
            setting.name.to_ascii_uppercase(),
            setting.unit,
            setting.meaning
        );
        assert!(document.contains(&row), "docs/configuration.md lacks\n{row}");
    }
}
