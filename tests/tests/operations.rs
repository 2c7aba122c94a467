//! What operators rely on: readiness, a port of their own, and NATS over TLS.

#[cfg(test)]
#[path = "operations/asking.rs"]
mod asking;
#[cfg(test)]
#[path = "operations/nats_with_tls.rs"]
mod nats_with_tls;

use std::net::SocketAddr;
use std::time::Duration;

use asking::get;
use nats_with_tls::NatsWithTls;
use serde_json::Value;
use servers::ports;
use sqlx::Executor;
use tests::{DIGEST_SECRET, EventlyProcess, TestDatabase, eventually, signing_key};

/// What does not show within this is not there.
const SHOWS_WITHIN: Duration = Duration::from_secs(20);

fn settings(database: &TestDatabase) -> Vec<(&'static str, String)> {
    vec![
        ("EVENTLY_DATABASE_URL", database.url.clone()),
        ("EVENTLY_TOKEN_SIGNING_KEYS", signing_key()),
        ("EVENTLY_EMAIL_DIGEST_SECRET", DIGEST_SECRET.to_owned()),
    ]
}

#[tokio::test]
async fn a_process_is_ready_only_while_the_newest_migration_is_there() {
    let database = TestDatabase::create().await;
    let evently = EventlyProcess::start("query-api", &settings(&database)).await;
    let mut owner = database.owner().await;
    let newest = "version = (select max(version) from _sqlx_migrations)";
    for (success, status) in [(false, 503), (true, 200)] {
        let set = format!("update _sqlx_migrations set success = {success} where {newest}");
        owner.execute(set.as_str()).await.unwrap();
        eventually("readiness follows the schema", SHOWS_WITHIN, || async {
            get(evently.address, "/health/ready").await.0 == status
        })
        .await;
    }
}

#[tokio::test]
async fn operators_have_metrics_and_health_on_a_port_of_their_own_which_the_public_port_then_lacks() {
    let database = TestDatabase::create().await;
    let operators = SocketAddr::from(([127, 0, 0, 1], ports::chosen(0).unwrap()));
    let mut settings = settings(&database);
    settings.push(("EVENTLY_OPS_LISTEN", operators.to_string()));
    let roles = "command-api,query-api,projections,processes";
    let evently = EventlyProcess::start(roles, &settings).await;
    assert_eq!(get(evently.address, "/metrics").await.0, 404);
    assert_eq!(get(evently.address, "/health/ready").await.0, 200);
    assert_eq!(get(operators, "/health/live").await.0, 200);
    assert_eq!(get(operators, "/health/ready").await.0, 200);
    assert_eq!(get(operators, "/api/v1/events").await.0, 404);
    let (status, metrics) = get(operators, "/metrics").await;
    assert_eq!(status, 200);
    let of_type = |line: &str| Some(line.strip_prefix("# TYPE ")?.split(' ').next()?.to_owned());
    let families: Vec<String> = metrics.lines().filter_map(of_type).collect();
    assert!(families.len() > 5, "{metrics}");
    for family in families {
        assert!(
            metrics.contains(&format!("# HELP {family} ")),
            "{family} has no HELP"
        );
    }
}

#[tokio::test]
async fn evently_connects_to_a_nats_with_tls_whose_issuer_it_is_told_to_trust() {
    let database = TestDatabase::create().await;
    let mut nats = NatsWithTls::start().await;
    let mut settings = settings(&database);
    settings.push(("EVENTLY_NATS_URL", nats.url()));
    settings.push(("SSL_CERT_FILE", nats.issuer()));
    let evently = EventlyProcess::start("command-api,relay", &settings).await;
    eventually("it is connected", SHOWS_WITHIN, || async {
        let (_, body) = get(evently.address, "/api/v1/health/status").await;
        let status: Value = serde_json::from_str(&body).unwrap();
        status["parts"]["nats"]["state"] == "up" && status["parts"]["relay"]["details"]["leading"] == true
    })
    .await;
    nats.kill_9();
}
