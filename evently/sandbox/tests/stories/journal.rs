//! The journal: in order, on the disk, and the same after a restart.

use std::time::Duration;

use sandbox::Sandbox;
use serde_json::{Value, json};

use crate::stage::{Stage, sent};

async fn lived(stage: &Stage) {
    for number in 0..10 {
        stage.charge(&format!("k-{number}"), "sandbox_approve").await;
    }
    stage.charge("declined", "sandbox_decline").await;
    stage.refund("r-1", "k-1", 1_000).await;
    stage.refund("r-2", "k-1", 1_000).await;
    assert_eq!(
        stage.charge("failed", "sandbox_500_after_capture").await.status,
        500
    );
}

fn lines(stage: &Stage) -> Vec<Value> {
    let text = std::fs::read_to_string(stage.config.journal_folder.join("journal.jsonl")).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[tokio::test]
async fn pages_are_in_order_and_without_holes() {
    let stage = Stage::set();
    lived(&stage).await;
    let entries = stage.entries().await;
    let sequences: Vec<u64> = entries
        .iter()
        .map(|entry| entry["sequence"].as_u64().unwrap())
        .collect();
    assert_eq!(sequences, (1..=14).collect::<Vec<_>>());
    let page = stage.page(3, 2).await;
    assert_eq!(page, json!({ "entries": entries[3..5], "next_after": 5 }));
    assert_eq!(
        stage.page(14, 100).await,
        json!({ "entries": [], "next_after": 14 })
    );
}

#[tokio::test]
async fn what_the_pages_say_is_on_the_disk() {
    let stage = Stage::set();
    lived(&stage).await;
    assert_eq!(lines(&stage), stage.entries().await);
}

#[tokio::test]
async fn an_answer_is_on_the_disk_before_it_is_given() {
    let stage = Stage::set();
    for number in 0..50 {
        let key = format!("k-{number}");
        stage.charge(&key, "sandbox_approve").await;
        assert_eq!(lines(&stage).last().unwrap()["key"], key.as_str());
    }
}

#[tokio::test]
async fn everything_is_the_same_after_a_restart() {
    let stage = Stage::set();
    lived(&stage).await;
    let before = stage.entries().await;
    let (charge, refund) = (stage.found_charge("k-1").await, stage.found_refund("r-2").await);
    let stage = stage.restarted().await;
    assert_eq!(stage.entries().await, before);
    assert_eq!(stage.found_charge("k-1").await, charge);
    assert_eq!(stage.found_refund("r-2").await, refund);
    let again = stage.charge("k-1", "sandbox_approve").await;
    assert_eq!((again.replayed, again.body), (true, charge.body));
    assert_eq!(
        stage.charge("k-1", "sandbox_decline").await.error(),
        (422, "idempotency_key_reused")
    );
    assert!(stage.charge("failed", "sandbox_500_after_capture").await.replayed);
    stage.charge("new", "sandbox_approve").await;
    assert_eq!(stage.entries().await[14]["sequence"], 15);
}

#[tokio::test]
async fn a_torn_line_is_as_if_it_had_never_been_asked_for() {
    let stage = Stage::set();
    lived(&stage).await;
    let before = stage.entries().await;
    let config = stage.config.clone();
    stage.sandbox.stop().await;
    let path = config.journal_folder.join("journal.jsonl");
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, &whole[..whole.len() - 1]).unwrap();
    let stage = Stage::with(|fresh| fresh.journal_folder = config.journal_folder);
    assert_eq!(stage.entries().await, before[..13]);
    assert_eq!(stage.found_charge("failed").await.status, 404);
    stage.charge("failed", "sandbox_approve").await;
    assert_eq!(stage.entries().await.len(), 14);
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
        let captures = stage
            .kinds("k")
            .await
            .into_iter()
            .filter(|kind| kind == "charge_captured");
        assert_eq!(captures.count(), 1);
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
async fn a_page_is_asked_for_by_numbers() {
    let stage = Stage::set();
    for query in ["after=-1", "after=x", "limit=0", "limit=x", "before=1"] {
        let mut url = stage.url(&["v1", "journal"]);
        url.set_query(Some(query));
        let request = reqwest::Client::new()
            .get(url)
            .bearer_auth(&stage.config.secret_key);
        assert_eq!(
            sent(request).await.unwrap().error(),
            (400, "invalid_request"),
            "{query}"
        );
    }
    let many = stage.page(0, 1_000_000).await;
    assert_eq!(many, json!({ "entries": [], "next_after": 0 }));
}
