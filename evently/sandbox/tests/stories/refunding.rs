//! Refunds: never more than was captured, and their methods.

use futures::future::join_all;
use serde_json::json;

use crate::stage::{Answer, PATIENCE, Stage};

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
async fn refunds_behave_as_the_method_of_their_charge_says() {
    let stage = Stage::set();
    for (method, first, again) in [
        (
            "sandbox_refund_500_then_success",
            Some((500, "internal_error")),
            ("settled", false),
        ),
        ("sandbox_refund_timeout", None, ("settled", true)),
        ("sandbox_refund_refused", Some((200, "")), ("refused", true)),
    ] {
        stage.charge(method, method).await;
        let asked = tokio::time::timeout(PATIENCE, stage.refund(method, method, 1_200))
            .await
            .ok();
        assert_eq!(asked.as_ref().map(Answer::error), first, "{method}");
        let (status, replayed) = again;
        let again = stage.refund(method, method, 1_200).await;
        assert_eq!(
            (again.body["status"].as_str(), again.replayed),
            (Some(status), replayed),
            "{method}"
        );
        assert_eq!(stage.found_refund(method).await.body, again.body);
    }
    let refused = stage.found_refund("sandbox_refund_refused").await;
    assert_eq!(refused.body["refuse_reason"], "account_closed");
    assert_eq!(settled_sum(&stage).await, 2_400);
}
