//! Webhooks: signed, repeated until they are taken, and never in the way of an answer.

use std::time::Duration;

use sandbox::{Sandbox, SandboxConfig, Webhook};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::time::Instant;

use crate::receiver::{Received, Receiver};
use crate::stage::Stage;

fn staged(receiver: &Receiver) -> Stage {
    Stage::with(|config| config.webhook = Some(receiver.webhook.clone()))
}

fn kinds(sent: &[Received]) -> Vec<&str> {
    sent.iter()
        .map(|each| each.body["type"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn a_capture_is_sent_with_a_signature() {
    let receiver = Receiver::answering([]);
    let stage = staged(&receiver);
    let charge = stage.charge("k", "sandbox_approve").await.body;
    let sent = &receiver.receives(1).await[0];
    let expected = json!({ "type": "charge.captured", "timestamp": charge["created_at"], "data": charge });
    assert_eq!(sent.body, expected);
    let created: chrono::DateTime<chrono::Utc> =
        serde_json::from_value(charge["created_at"].clone()).unwrap();
    assert!((sent.timestamp - created.timestamp()).abs() <= 10);
    assert_eq!(stage.charge("k", "sandbox_approve").await.body, charge);
    receiver.receives(1).await; // a repeat is no news
}

#[tokio::test]
async fn every_entry_is_sent() {
    let receiver = Receiver::answering([]);
    let stage = staged(&receiver);
    stage.charge("k-1", "sandbox_approve").await;
    receiver.receives(1).await;
    stage.charge("k-2", "sandbox_decline").await;
    receiver.receives(2).await;
    let settled = stage.refund("r-1", "k-1", 1_200).await.body;
    receiver.receives(3).await;
    stage.refund("r-2", "k-1", 1_200).await;
    let sent = receiver.receives(4).await;
    assert_eq!(
        kinds(&sent),
        [
            "charge.captured",
            "charge.declined",
            "refund.settled",
            "refund.refused"
        ]
    );
    assert_eq!(sent[2].body["data"], settled);
}

#[tokio::test]
async fn methods_send_twice_out_of_order_or_later() {
    for (method, first, second, same_id) in [
        ("sandbox_duplicate", "charge.captured", "charge.captured", true),
        ("sandbox_out_of_order", "charge.captured", "charge.pending", false),
        ("sandbox_pending", "charge.pending", "charge.captured", false),
        (
            "sandbox_decline_then_capture",
            "charge.declined",
            "charge.captured",
            false,
        ),
    ] {
        let receiver = Receiver::answering([]);
        let stage = staged(&receiver);
        stage.charge("k", method).await;
        let sent = receiver.receives(2).await;
        assert_eq!(kinds(&sent), [first, second]);
        assert_eq!(sent[0].id == sent[1].id, same_id, "{method}");
        assert_eq!(sent[0].body == sent[1].body, same_id, "{method}");
        let status = second.strip_prefix("charge.");
        assert_eq!(sent[1].body["data"]["status"].as_str(), status, "{method}");
        assert_eq!(stage.found_charge("k").await.body["status"], "captured");
    }
}

#[tokio::test]
async fn what_is_not_taken_is_sent_again_later_and_later() {
    let receiver = Receiver::answering([500, 302]);
    let stage = staged(&receiver);
    stage.charge("k", "sandbox_approve").await;
    let sent = receiver.receives(3).await;
    assert!(
        sent.iter()
            .all(|each| each.id == sent[0].id && each.body == sent[0].body)
    );
    assert!(sent[1].at - sent[0].at >= Duration::from_millis(490));
    assert!(sent[2].at - sent[1].at >= Duration::from_millis(990));
}

#[tokio::test]
async fn a_receiver_that_never_answers_delays_nothing() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let receiver = Receiver::answering([]);
    let url = format!("http://{}/", silent.local_addr().unwrap());
    let stage = Stage::with(|config| {
        config.webhook = Some(Webhook {
            url,
            ..receiver.webhook.clone()
        });
    });
    let started = Instant::now();
    for number in 0..100 {
        stage.charge(&format!("k-{number}"), "sandbox_approve").await;
    }
    assert!(
        started.elapsed() < Duration::from_secs(4),
        "{:?}",
        started.elapsed()
    );
    let started = Instant::now();
    stage.sandbox.stop().await;
    assert!(
        started.elapsed() < Duration::from_secs(4),
        "{:?}",
        started.elapsed()
    );
}

#[tokio::test]
async fn a_webhook_that_cannot_be_is_refused_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let good = Receiver::answering([]).webhook;
    let bad = [
        ("nowhere", good.secret.clone()),
        ("https://example.com/", good.secret.clone()),
        (&good.url, "whsec_c2hvcnQ=".to_owned()),
        (&good.url, good.secret.replace("whsec_", "")),
        (&good.url, format!("{}!", good.secret)),
    ];
    for (url, secret) in bad {
        let url = url.to_owned();
        let config = SandboxConfig {
            webhook: Some(Webhook { url, secret }),
            ..SandboxConfig::new(folder.path(), "sk")
        };
        let error = Sandbox::start(config).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput, "{error}");
        assert!(error.to_string().starts_with("the webhook's"), "{error}");
    }
}
