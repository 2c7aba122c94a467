//! Every method of charges.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use crate::stage::Stage;

#[tokio::test]
async fn an_approved_charge_is_captured_and_found() {
    let stage = Stage::set();
    let answer = stage.charge("k-1", "sandbox_approve").await;
    assert_eq!((answer.status, answer.replayed), (200, false));
    let id = answer.body["id"].as_str().unwrap();
    assert!(id.starts_with("sch_") && id.len() == 36, "{id}");
    let at = answer.body["created_at"].as_str().unwrap();
    let expected = json!({
        "id": id, "key": "k-1", "status": "captured", "amount": 1200, "currency": "EUR",
        "decline_reason": null, "metadata": { "order": "k-1" }, "created_at": at,
    });
    assert_eq!(answer.body, expected);
    assert_eq!(stage.found_charge("k-1").await.body, expected);
    let entry = json!({
        "sequence": 1, "kind": "charge_captured", "key": "k-1", "id": id, "method": "sandbox_approve",
        "amount": 1200, "currency": "EUR", "metadata": { "order": "k-1" }, "at": at,
    });
    assert_eq!(stage.entries().await, [entry]);
}

#[tokio::test]
async fn methods_that_decline_give_the_reason_and_take_nothing() {
    let stage = Stage::set();
    for (method, reason) in [
        ("sandbox_decline", "card_declined"),
        ("sandbox_insufficient_funds", "insufficient_funds"),
    ] {
        let answer = stage.charge(method, method).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.body["status"], "declined");
        assert_eq!(answer.body["decline_reason"], reason);
        assert_eq!(stage.kinds(method).await, ["charge_declined"]);
        assert_eq!(stage.charge(method, method).await.body, answer.body);
    }
    assert_eq!(stage.entries().await[0]["reason"], "card_declined");
}

#[tokio::test]
async fn a_slow_charge_is_running_until_it_is_answered() {
    let stage = Stage::set();
    let started = Instant::now();
    let (slow, meanwhile) = tokio::join!(stage.charge("k", "sandbox_slow"), async {
        stage.captured("k").await;
        stage.charge("k", "sandbox_slow").await
    });
    assert!(started.elapsed() >= Duration::from_secs(3));
    assert_eq!(slow.body["status"], "captured");
    assert_eq!(meanwhile.error(), (409, "request_in_progress"));
    assert!(stage.charge("k", "sandbox_slow").await.replayed);
    assert_eq!(stage.kinds("k").await, ["charge_captured"]);
}

#[tokio::test]
async fn what_is_lost_after_the_capture_has_charged_and_the_repeat_returns_it() {
    let stage = Stage::set();
    for method in ["sandbox_timeout_after_capture", "sandbox_500_after_capture"] {
        let lost = stage.charge_impatiently(method, method).await;
        assert!(lost.is_none_or(|answer| answer.error() == (500, "internal_error")));
        assert_eq!(stage.kinds(method).await, ["charge_captured"]);
        let again = stage.charge(method, method).await;
        assert_eq!((again.status, again.replayed), (200, true));
        assert_eq!(again.body["status"], "captured");
        assert_eq!(stage.kinds(method).await, ["charge_captured"]);
    }
}

#[tokio::test]
async fn what_is_lost_before_the_capture_has_done_nothing_and_the_repeat_works() {
    let stage = Stage::set();
    for method in ["sandbox_timeout_before_capture", "sandbox_500_then_success"] {
        let lost = stage.charge_impatiently(method, method).await;
        assert!(lost.is_none_or(|answer| answer.error() == (500, "internal_error")));
        assert_eq!(stage.found_charge(method).await.error(), (404, "not_found"));
        let again = stage.charge(method, method).await;
        assert_eq!((again.status, again.replayed), (200, false));
        assert_eq!(again.body["status"], "captured");
        assert_eq!(stage.kinds(method).await, ["charge_captured"]);
    }
}

#[tokio::test]
async fn what_is_captured_later_keeps_its_id_and_can_be_refunded() {
    let stage = Stage::set();
    for (method, status) in [
        ("sandbox_pending", "pending"),
        ("sandbox_decline_then_capture", "declined"),
    ] {
        let first = stage.charge(method, method).await.body;
        assert_eq!(first["status"], status);
        let captured = stage.captured(method).await.body;
        let sameness = |charge: &Value| [charge["id"].clone(), charge["created_at"].clone()];
        assert_eq!(sameness(&captured), sameness(&first));
        assert_eq!(captured["decline_reason"], Value::Null);
        assert_eq!(stage.charge(method, method).await.body, captured);
        assert_eq!(
            stage.kinds(method).await,
            [format!("charge_{status}").as_str(), "charge_captured"]
        );
        assert_eq!(
            stage.refund(method, method, 1_200).await.body["status"],
            "settled"
        );
    }
}

#[tokio::test]
async fn an_unknown_method_is_refused_and_binds_no_key() {
    let stage = Stage::set();
    for method in ["visa", "", "sandbox_random"] {
        assert_eq!(stage.charge("k", method).await.error(), (422, "unknown_method"));
    }
    assert_eq!(stage.charge("k", "sandbox_approve").await.status, 200);
}
