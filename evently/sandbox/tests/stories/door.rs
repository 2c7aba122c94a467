//! Who may come in, what is readable, and how the sandbox stops.

use std::time::Duration;

use reqwest::{Client, RequestBuilder};
use sandbox::{Sandbox, SandboxConfig};
use serde_json::json;
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::stage::{SECRET_KEY, Stage, sent};

#[tokio::test]
async fn only_who_knows_the_secret_key_comes_in() {
    let stage = Stage::set();
    let client = Client::new();
    for path in [&["v1", "journal"][..], &["v1", "charges", "k"], &["nowhere"]] {
        for token in [
            None,
            Some(""),
            Some("sk_sandbox_of_test"),
            Some("sk_sandbox_of_testss"),
        ] {
            let request = client.get(stage.url(path));
            let request = token.into_iter().fold(request, RequestBuilder::bearer_auth);
            let answer = sent(request).await.unwrap();
            assert_eq!(answer.error(), (401, "unauthorized"), "{path:?} {token:?}");
        }
    }
    let basic = client.get(stage.url(&["v1", "journal"]));
    let basic = basic.header("authorization", SECRET_KEY);
    assert_eq!(sent(basic).await.unwrap().status, 401);
    let health = client.get(stage.url(&["health"]));
    assert_eq!(sent(health).await.unwrap().status, 200);
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_and_binds_no_key() {
    let stage = Stage::set();
    let good = json!({ "amount": 1, "currency": "EUR", "method": "sandbox_approve", "metadata": {} });
    let post = async |body: String| {
        let request = stage.post(&["v1", "charges"]).header("idempotency-key", "k");
        sent(request.body(body)).await.unwrap()
    };
    for (field, value) in [
        ("amount", json!(0)),
        ("amount", json!(-1)),
        ("amount", json!(1.5)),
        ("amount", json!(9_007_199_254_740_992_u64)),
        ("currency", json!("eur")),
        ("currency", json!("EURO")),
        ("method", json!(null)),
        ("metadata", json!({ "seat": 7 })),
        ("captured", json!(true)),
    ] {
        let mut body = good.clone();
        body[field] = value;
        let answer = post(body.to_string()).await;
        assert_eq!(answer.error(), (400, "invalid_request"), "{body}");
    }
    for text in ["", "{", "[]", "{} {}"] {
        let answer = post(text.to_owned()).await;
        assert_eq!(answer.error(), (400, "invalid_request"), "{text}");
    }
    assert_eq!(post("x".repeat(20_000)).await.error(), (413, "body_too_large"));
    assert_eq!(post(good.to_string()).await.status, 200);
    for (request, error) in [
        (stage.get(&["v1", "charges"]), (405, "method_not_allowed")),
        (stage.post(&["health"]), (405, "method_not_allowed")),
        (stage.get(&["nowhere"]), (404, "not_found")),
    ] {
        assert_eq!(sent(request).await.unwrap().error(), error);
    }
}

#[tokio::test]
async fn stopping_closes_what_hangs_and_gives_what_is_under_way() {
    let stage = Stage::set();
    let request = |method| {
        let body = json!({ "amount": 1, "currency": "EUR", "method": method });
        let request = stage.post(&["v1", "charges"]).header("idempotency-key", method);
        tokio::spawn(sent(request.json(&body)))
    };
    let (slow, hanging) = (request("sandbox_slow"), request("sandbox_timeout_after_capture"));
    stage.captured("sandbox_slow").await;
    stage.captured("sandbox_timeout_after_capture").await;
    let (started, address) = (Instant::now(), stage.sandbox.address());
    let folder = stage.config.journal_folder.clone();
    stage.sandbox.stop().await;
    let took = started.elapsed();
    assert!(took < Duration::from_secs(6), "{took:?}");
    assert_eq!(slow.await.unwrap().unwrap().body["status"], "captured");
    assert_eq!(hanging.await.unwrap(), None);
    assert!(TcpStream::connect(address).await.is_err());
    let again = Stage::with(|config| config.journal_folder = folder);
    assert_eq!(again.entries().await.len(), 2);
}

#[tokio::test]
async fn without_a_secret_key_there_is_no_sandbox() {
    let folder = tempfile::tempdir().unwrap();
    let error = Sandbox::start(SandboxConfig::new(folder.path(), "")).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
}
