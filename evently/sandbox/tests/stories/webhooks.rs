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

fn kinds(told: &[Received]) -> Vec<&str> {
    told.iter()
        .map(|each| each.body["type"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn a_capture_is_told_with_a_signature() {
    let receiver = Receiver::answering([]);
    let stage = staged(&receiver);
    let charge = stage.charge("k", "sandbox_approve").await.body;
    let told = &receiver.receives(1).await[0];
    let expected = json!({ "type": "charge.captured", "timestamp": charge["created_at"], "data": charge });
    assert_eq!(told.body, expected);
    let created: chrono::DateTime<chrono::Utc> =
        serde_json::from_value(charge["created_at"].clone()).unwrap();
    assert!((told.timestamp - created.timestamp()).abs() <= 10);
    assert_eq!(stage.charge("k", "sandbox_approve").await.body, charge);
    receiver.receives(1).await; // a repeat is no news
}

#[tokio::test]
async fn every_outcome_is_told() {
    let receiver = Receiver::answering([]);
    let stage = staged(&receiver);
    stage.charge("k-1", "sandbox_approve").await;
    receiver.receives(1).await;
    stage.charge("k-2", "sandbox_decline").await;
    receiver.receives(2).await;
    let settled = stage.refund("r-1", "k-1", 1_200).await.body;
    receiver.receives(3).await;
    stage.refund("r-2", "k-1", 1_200).await;
    let told = receiver.receives(4).await;
    assert_eq!(
        kinds(&told),
        [
            "charge.captured",
            "charge.declined",
            "refund.settled",
            "refund.refused"
        ]
    );
    assert_eq!(told[2].body["data"], settled);
}

#[tokio::test]
async fn late_captures_are_told() {
    for (method, first) in [
        ("sandbox_pending", "charge.pending"),
        ("sandbox_decline_then_capture", "charge.declined"),
    ] {
        let receiver = Receiver::answering([]);
        let stage = staged(&receiver);
        stage.charge("k", method).await;
        let told = receiver.receives(2).await;
        assert_eq!(kinds(&told), [first, "charge.captured"]);
        assert_eq!(told[1].body["data"], stage.found_charge("k").await.body);
        assert_ne!(told[0].id, told[1].id);
    }
}

#[tokio::test]
async fn a_duplicate_comes_twice_with_the_same_id() {
    let receiver = Receiver::answering([]);
    let stage = staged(&receiver);
    stage.charge("k", "sandbox_duplicate").await;
    let told = receiver.receives(2).await;
    assert_eq!(told[0].id, told[1].id);
    assert_eq!(told[0].body, told[1].body);
    assert_eq!(stage.kinds("k").await, ["charge_captured"]);
}

#[tokio::test]
async fn out_of_order_means_stale_news_last() {
    let receiver = Receiver::answering([]);
    let stage = staged(&receiver);
    stage.charge("k", "sandbox_out_of_order").await;
    let told = receiver.receives(2).await;
    assert_eq!(kinds(&told), ["charge.captured", "charge.pending"]);
    assert_eq!(told[1].body["data"]["status"], "pending");
    assert_ne!(told[0].id, told[1].id);
    assert_eq!(stage.found_charge("k").await.body["status"], "captured");
}

#[tokio::test]
async fn what_is_not_taken_is_sent_again_later_and_later() {
    let receiver = Receiver::answering([500, 302]);
    let stage = staged(&receiver);
    stage.charge("k", "sandbox_approve").await;
    let told = receiver.receives(3).await;
    assert!(
        told.iter()
            .all(|each| each.id == told[0].id && each.body == told[0].body)
    );
    assert!(told[1].at - told[0].at >= Duration::from_millis(490));
    assert!(told[2].at - told[1].at >= Duration::from_millis(990));
}

#[tokio::test]
async fn a_receiver_that_never_answers_is_in_nobodys_way() {
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
        Webhook {
            url: "nowhere".to_owned(),
            ..good.clone()
        },
        Webhook {
            url: "https://example.com/".to_owned(),
            ..good.clone()
        },
        Webhook {
            secret: "whsec_c2hvcnQ=".to_owned(),
            ..good.clone()
        },
        Webhook {
            secret: good.secret.replace("whsec_", ""),
            ..good.clone()
        },
        Webhook {
            secret: format!("{}!", good.secret),
            ..good
        },
    ];
    for webhook in bad {
        let config = SandboxConfig {
            webhook: Some(webhook),
            ..SandboxConfig::new(folder.path(), "sk")
        };
        let error = Sandbox::start(config).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput, "{error}");
        assert!(error.to_string().starts_with("the webhook's"), "{error}");
    }
}
