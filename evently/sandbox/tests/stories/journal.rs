//! The journal: in order, on the disk, and the same after a restart.

use std::time::Duration;

use sandbox::Sandbox;
use serde_json::{Value, json};

use crate::stage::{Stage, sent};

fn lines(stage: &Stage) -> Vec<Value> {
    let text = std::fs::read_to_string(stage.config.journal_folder.join("journal.jsonl")).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[tokio::test]
async fn an_answer_is_on_the_disk_before_it_is_given() {
    let stage = Stage::set();
    for number in 0..50 {
        let key = format!("k-{number}");
        stage.charge(&key, "sandbox_approve").await;
        assert_eq!(lines(&stage).last().unwrap()["key"], key.as_str());
    }
    assert_eq!(lines(&stage), stage.entries().await);
}

#[tokio::test]
async fn everything_is_the_same_after_a_restart() {
    let stage = Stage::set();
    stage.charge("k", "sandbox_approve").await;
    stage.charge("declined", "sandbox_decline").await;
    stage.refund("r-1", "k", 1_000).await;
    stage.refund("r-2", "k", 1_000).await;
    stage.charge("failed", "sandbox_500_after_capture").await;
    let before = stage.entries().await;
    let (charge, refund) = (stage.found_charge("k").await, stage.found_refund("r-2").await);
    let stage = stage.restarted().await;
    assert_eq!(stage.entries().await, before);
    assert_eq!(stage.found_charge("k").await, charge);
    assert_eq!(stage.found_refund("r-2").await, refund);
    let again = stage.charge("k", "sandbox_approve").await;
    assert_eq!((again.replayed, again.body), (true, charge.body));
    let other = stage.charge("k", "sandbox_decline").await;
    assert_eq!(other.error(), (422, "idempotency_key_reused"));
    assert!(stage.charge("failed", "sandbox_500_after_capture").await.replayed);
    assert_eq!(stage.refund("r-3", "k", 201).await.body["status"], "refused");
    assert_eq!(stage.refund("r-4", "k", 200).await.body["status"], "settled");
    assert_eq!(stage.entries().await[6]["sequence"], 7);
}

#[tokio::test]
async fn captures_that_were_still_to_come_come_after_a_restart() {
    for (method, status) in [
        ("sandbox_pending", "pending"),
        ("sandbox_decline_then_capture", "declined"),
    ] {
        let stage = Stage::set();
        assert_eq!(stage.charge("k", method).await.body["status"], status);
        let stage = stage.restarted().await;
        assert_eq!(stage.found_charge("k").await.body["status"], status);
        stage.captured("k").await;
        let stage = stage.restarted().await;
        tokio::time::sleep(Duration::from_millis(600)).await;
        let kinds = stage.kinds("k").await;
        assert_eq!(kinds[1..], ["charge_captured"]);
    }
}

#[tokio::test]
async fn two_sandboxes_do_not_share_a_journal() {
    let stage = Stage::set();
    let error = Sandbox::start(stage.config.clone()).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock);
    assert_eq!(stage.charge("k", "sandbox_approve").await.status, 200);
}

#[tokio::test]
async fn pages_are_in_order_and_requested_by_numbers() {
    let stage = Stage::set();
    for number in 0..10 {
        stage.charge(&format!("k-{number}"), "sandbox_approve").await;
    }
    let entries = stage.entries().await;
    let sequences: Vec<u64> = entries
        .iter()
        .map(|entry| entry["sequence"].as_u64().unwrap())
        .collect();
    assert_eq!(sequences, (1..=10).collect::<Vec<_>>());
    let page = stage.page(3, 2).await;
    assert_eq!(page, json!({ "entries": entries[3..5], "next_after": 5 }));
    let end = stage.page(10, 1_000_000).await;
    assert_eq!(end, json!({ "entries": [], "next_after": 10 }));
    for query in ["after=-1", "after=x", "limit=0", "limit=x", "before=1"] {
        let mut url = stage.url(&["v1", "journal"]);
        url.set_query(Some(query));
        let request = reqwest::Client::new()
            .get(url)
            .bearer_auth(&stage.config.secret_key);
        let answer = sent(request).await.unwrap();
        assert_eq!(answer.error(), (400, "invalid_request"), "{query}");
    }
}
