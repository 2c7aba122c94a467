//! The door: who may come in, what is readable, and how connections end.

use std::time::Duration;

use reqwest::{Client, RequestBuilder};
use sandbox::{Chaos, Sandbox, SandboxConfig};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::stage::{SECRET_KEY, Stage, sent};

#[tokio::test]
async fn only_who_knows_the_secret_key_comes_in() {
    let stage = Stage::set();
    let client = Client::new();
    let paths: [&[&str]; 4] = [
        &["v1", "journal"],
        &["v1", "charges", "k"],
        &["v1", "charges"],
        &["nowhere"],
    ];
    for path in paths {
        for token in [
            None,
            Some(""),
            Some("sk"),
            Some("sk_sandbox_of_test"),
            Some("sk_sandbox_of_testss"),
        ] {
            let request = client.get(stage.url(path));
            let request = token.into_iter().fold(request, RequestBuilder::bearer_auth);
            let answer = sent(request).await.unwrap();
            assert_eq!(answer.error(), (401, "unauthorized"), "{path:?} {token:?}");
        }
    }
    let basic = client
        .get(stage.url(&["v1", "journal"]))
        .header("authorization", SECRET_KEY);
    assert_eq!(sent(basic).await.unwrap().status, 401);
    assert_eq!(
        sent(client.get(stage.url(&["health"]))).await.unwrap().status,
        200
    );
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_and_binds_no_key() {
    let stage = Stage::set();
    let good = json!({ "amount": 1, "currency": "EUR", "method": "sandbox_approve", "metadata": {} });
    let changes = [
        ("amount", json!(0)),
        ("amount", json!(-1)),
        ("amount", json!(1.5)),
        ("amount", json!("1")),
        ("amount", json!(9_007_199_254_740_992_u64)),
        ("currency", json!("eur")),
        ("currency", json!("EURO")),
        ("currency", json!(null)),
        ("method", json!(null)),
        ("metadata", json!({ "seat": 7 })),
        ("captured", json!(true)),
    ];
    for (field, value) in changes {
        let mut body = good.clone();
        body[field] = value;
        let request = stage
            .post(&["v1", "charges"])
            .header("idempotency-key", "k")
            .json(&body);
        assert_eq!(
            sent(request).await.unwrap().error(),
            (400, "invalid_request"),
            "{body}"
        );
    }
    for text in ["", "{", "[]", "null", "{} {}"] {
        let request = stage
            .post(&["v1", "refunds"])
            .header("idempotency-key", "k")
            .body(text);
        assert_eq!(
            sent(request).await.unwrap().error(),
            (400, "invalid_request"),
            "{text}"
        );
    }
    let request = stage
        .post(&["v1", "charges"])
        .header("idempotency-key", "k")
        .json(&good);
    assert_eq!(sent(request).await.unwrap().status, 200);
}

#[tokio::test]
async fn errors_of_the_framework_look_like_all_others() {
    let stage = Stage::set();
    let large = stage
        .post(&["v1", "charges"])
        .header("idempotency-key", "k")
        .body("x".repeat(20_000));
    assert_eq!(sent(large).await.unwrap().error(), (413, "body_too_large"));
    assert_eq!(
        sent(stage.get(&["v1", "charges"])).await.unwrap().error(),
        (405, "method_not_allowed")
    );
    assert_eq!(
        sent(stage.post(&["health"])).await.unwrap().error(),
        (405, "method_not_allowed")
    );
    assert_eq!(
        sent(stage.get(&["nowhere"])).await.unwrap().error(),
        (404, "not_found")
    );
}

#[tokio::test]
async fn latency_is_added_to_every_answer() {
    let stage = Stage::with(|config| config.latency = Duration::from_millis(200));
    let requests = [
        stage.get(&["v1", "journal"]),
        stage.get(&["nowhere"]),
        Client::new().get(stage.url(&["v1", "journal"])),
    ];
    for request in requests {
        let started = Instant::now();
        sent(request).await.unwrap();
        assert!(started.elapsed() >= Duration::from_millis(200));
    }
}

/// Sends a charge over a bare connection; tells every byte of the answer, and when the connection was closed.
async fn bare_charge(stage: &Stage, key: &str) -> (Vec<u8>, Duration) {
    let body = r#"{"amount":1,"currency":"EUR","method":"sandbox_random"}"#;
    let request = format!(
        "POST /v1/charges HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {SECRET_KEY}\r\nidempotency-key: {key}\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    let started = Instant::now();
    let mut connection = TcpStream::connect(stage.sandbox.address()).await.unwrap();
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // A connection that was answered stays open; nobody waits for it.
    let closed = tokio::time::timeout(Duration::from_secs(4), connection.read_to_end(&mut answer)).await;
    if answer.is_empty() {
        closed.expect("a connection without an answer is closed").unwrap();
    }
    (answer, started.elapsed())
}

#[tokio::test]
async fn a_connection_that_hangs_is_closed_without_a_byte() {
    let stage = Stage::with(|config| config.chaos = Some(Chaos { seed: 1 }));
    let charges = (0..30).map(|number| {
        let stage = &stage;
        async move { bare_charge(stage, &format!("k-{number}")).await }
    });
    let answers = futures::future::join_all(charges).await;
    let silent: Vec<_> = answers.iter().filter(|(answer, _)| answer.is_empty()).collect();
    assert!(!silent.is_empty() && silent.len() < answers.len());
    for (_, after) in silent {
        assert!(
            *after >= Duration::from_millis(1_500) && *after < Duration::from_secs(3),
            "{after:?}"
        );
    }
    let answered = answers.iter().filter(|(answer, _)| !answer.is_empty());
    assert!(
        answered
            .into_iter()
            .all(|(answer, _)| answer.starts_with(b"HTTP/1.1 "))
    );
}

#[tokio::test]
async fn stopping_closes_what_hangs_and_gives_what_is_under_way() {
    let stage = Stage::set();
    let Stage { sandbox, config, .. } = &stage;
    let body = json!({ "amount": 1, "currency": "EUR", "method": "sandbox_slow" });
    let slow = stage
        .post(&["v1", "charges"])
        .header("idempotency-key", "slow")
        .json(&body);
    let body = json!({ "amount": 1, "currency": "EUR", "method": "sandbox_timeout_after_capture" });
    let hanging = stage
        .post(&["v1", "charges"])
        .header("idempotency-key", "hanging")
        .json(&body);
    let (slow, hanging) = (tokio::spawn(sent(slow)), tokio::spawn(sent(hanging)));
    tokio::time::sleep(Duration::from_millis(500)).await;
    let (started, config, address) = (Instant::now(), config.clone(), sandbox.address());
    stage.sandbox.stop().await;
    assert!(
        started.elapsed() < Duration::from_secs(6),
        "{:?}",
        started.elapsed()
    );
    assert_eq!(slow.await.unwrap().unwrap().body["status"], "captured");
    assert_eq!(hanging.await.unwrap(), None);
    assert!(TcpStream::connect(address).await.is_err());
    let again = Stage::with(|fresh| fresh.journal_folder = config.journal_folder);
    assert_eq!(again.entries().await.len(), 2);
}

#[tokio::test]
async fn without_a_secret_key_there_is_no_sandbox() {
    let folder = tempfile::tempdir().unwrap();
    let error = Sandbox::start(SandboxConfig::new(folder.path(), "")).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
}
