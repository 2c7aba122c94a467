//! Refunds: never more than was captured, and their methods.

use std::time::Duration;

use futures::future::join_all;
use serde_json::{Value, json};

use crate::stage::{PATIENCE, Stage};

async fn settled_sum(stage: &Stage) -> u64 {
    let entries = stage.entries().await;
    let settled = entries.iter().filter(|entry| entry["kind"] == "refund_settled");
    settled.map(|entry| entry["amount"].as_u64().unwrap()).sum()
}

#[tokio::test]
async fn a_refund_is_settled_and_found() {
    let stage = Stage::set();
    stage.charge("k", "sandbox_approve").await;
    let answer = stage.refund("r", "k", 500).await;
    let id = answer.body["id"].as_str().unwrap();
    assert!(id.starts_with("srf_"), "{id}");
    let at = answer.body["created_at"].as_str().unwrap();
    let expected = json!({
        "id": id, "key": "r", "charge_key": "k", "status": "settled", "refuse_reason": null,
        "amount": 500, "currency": "EUR", "metadata": {}, "created_at": at,
    });
    assert_eq!(answer.body, expected);
    assert_eq!(stage.found_refund("r").await.body, expected);
    let entry = json!({
        "sequence": 2, "kind": "refund_settled", "key": "r", "id": id, "charge_key": "k",
        "amount": 500, "currency": "EUR", "metadata": {}, "at": at,
    });
    assert_eq!(stage.entries().await[1], entry);
}

#[tokio::test]
async fn refunds_one_after_the_other_never_exceed_the_capture() {
    let stage = Stage::set();
    stage.charge("k", "sandbox_approve").await;
    assert_eq!(stage.refund("r-1", "k", 700).await.body["status"], "settled");
    let too_much = stage.refund("r-2", "k", 501).await;
    assert_eq!(too_much.body["status"], "refused");
    assert_eq!(too_much.body["refuse_reason"], "exceeds_capture");
    assert_eq!(stage.refund("r-3", "k", 500).await.body["status"], "settled");
    assert_eq!(stage.refund("r-4", "k", 1).await.body["status"], "refused");
    assert_eq!(stage.refund("r-2", "k", 501).await.body, too_much.body);
    assert_eq!(settled_sum(&stage).await, 1_200);
}

#[tokio::test]
async fn refunds_at_the_same_moment_never_exceed_the_capture() {
    let stage = Stage::set();
    stage.charge("k", "sandbox_approve").await;
    let keys: Vec<String> = (0..40).map(|number| format!("r-{number}")).collect();
    let answers = join_all(keys.iter().map(|key| stage.refund(key, "k", 100))).await;
    let settled = answers
        .iter()
        .filter(|answer| answer.body["status"] == "settled")
        .count();
    assert_eq!(settled, 12);
    assert!(answers.iter().all(|answer| answer.status == 200));
    assert_eq!(settled_sum(&stage).await, 1_200);
}

#[tokio::test]
async fn the_sum_of_refunds_is_known_after_a_restart() {
    let stage = Stage::set();
    stage.charge("k", "sandbox_approve").await;
    let refund = stage.refund("r-1", "k", 700).await;
    let stage = stage.restarted().await;
    assert_eq!(stage.refund("r-2", "k", 501).await.body["status"], "refused");
    assert_eq!(stage.refund("r-3", "k", 500).await.body["status"], "settled");
    assert_eq!(stage.refund("r-1", "k", 700).await.body, refund.body);
}

#[tokio::test]
async fn what_was_not_captured_is_not_refunded() {
    let stage = Stage::set();
    stage.charge("declined", "sandbox_decline").await;
    let refused = stage.refund("r-1", "declined", 1).await;
    assert_eq!(refused.body["status"], "refused");
    assert_eq!(refused.body["refuse_reason"], "charge_not_captured");
    stage.charge("pending", "sandbox_pending").await;
    assert_eq!(
        stage.refund("r-2", "pending", 1).await.body["refuse_reason"],
        "charge_not_captured"
    );
    assert_eq!(stage.refund("r-3", "absent", 1).await.error(), (404, "not_found"));
    assert_eq!(stage.found_refund("r-3").await.error(), (404, "not_found"));
    assert_eq!(settled_sum(&stage).await, 0);
}

#[tokio::test]
async fn a_refund_that_fails_first_settles_at_the_repeat() {
    let stage = Stage::set();
    stage.charge("k", "sandbox_refund_500_then_success").await;
    assert_eq!(
        stage.refund("r", "k", 1_200).await.error(),
        (500, "internal_error")
    );
    assert_eq!(settled_sum(&stage).await, 0);
    let again = stage.refund("r", "k", 1_200).await;
    assert_eq!(
        (again.replayed, &again.body["status"]),
        (false, &json!("settled"))
    );
    assert_eq!(settled_sum(&stage).await, 1_200);
}

#[tokio::test]
async fn a_refund_that_is_never_answered_is_settled() {
    let stage = Stage::set();
    stage.charge("k", "sandbox_refund_timeout").await;
    let first = tokio::time::timeout(PATIENCE, stage.refund("r", "k", 1_200)).await;
    assert!(first.is_err(), "{first:?}");
    assert_eq!(stage.found_refund("r").await.body["status"], "settled");
    let again = stage.refund("r", "k", 1_200).await;
    assert!(again.replayed);
    assert_eq!(settled_sum(&stage).await, 1_200);
}

#[tokio::test]
async fn a_refund_to_a_closed_account_is_refused_and_takes_nothing() {
    let stage = Stage::set();
    stage.charge("k", "sandbox_refund_refused").await;
    let answer = stage.refund("r", "k", 1).await;
    assert_eq!(answer.body["refuse_reason"], "account_closed");
    assert_eq!(stage.refund("r", "k", 1).await.body, answer.body);
    let entries = stage.entries().await;
    assert_eq!(
        (&entries[1]["kind"], &entries[1]["reason"]),
        (&json!("refund_refused"), &json!("account_closed"))
    );
    assert_eq!(settled_sum(&stage).await, 0);
}

#[tokio::test]
async fn the_journal_never_has_a_refund_before_its_capture() {
    let stage = Stage::set();
    stage.charge("k", "sandbox_pending").await;
    // Asks with new keys until the capture came.
    for number in 0.. {
        let answer = stage.refund(&format!("r-{number}"), "k", 1_200).await;
        if answer.body["status"] == "settled" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let entries = stage.entries().await;
    let place = |kind: &str| entries.iter().position(|entry| entry["kind"] == kind);
    assert!(
        place("charge_captured").unwrap() < place("refund_settled").unwrap(),
        "{:?}",
        Value::from(entries)
    );
}
