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
async fn methods_that_decline_say_why_and_take_nothing() {
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
        tokio::time::sleep(Duration::from_millis(500)).await;
        (
            stage.charge("k", "sandbox_slow").await,
            stage.found_charge("k").await,
        )
    });
    assert!(started.elapsed() >= Duration::from_secs(3));
    assert_eq!(slow.body["status"], "captured");
    assert_eq!(meanwhile.0.error(), (409, "request_in_progress"));
    assert_eq!(meanwhile.1.body["status"], "captured");
    let again = stage.charge("k", "sandbox_slow").await;
    assert!(again.replayed);
    assert_eq!(again.body, slow.body);
    assert_eq!(stage.kinds("k").await, ["charge_captured"]);
}

#[tokio::test]
async fn a_slow_charge_goes_on_when_its_client_goes_away() {
    let stage = Stage::set();
    assert_eq!(stage.charge_impatiently("k", "sandbox_slow").await, None);
    assert_eq!(stage.charge("k", "sandbox_slow").await.status, 409);
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(stage.charge("k", "sandbox_slow").await.replayed);
    assert_eq!(stage.kinds("k").await, ["charge_captured"]);
}

#[tokio::test]
async fn a_timeout_after_the_capture_has_charged_and_the_repeat_says_so_at_once() {
    let stage = Stage::set();
    let method = "sandbox_timeout_after_capture";
    let (first, again) = tokio::join!(stage.charge_impatiently("k", method), async {
        stage.captured("k").await;
        stage.charge("k", method).await
    });
    assert_eq!(first, None);
    assert!(again.replayed);
    assert_eq!(again.body["status"], "captured");
    assert_eq!(stage.kinds("k").await, ["charge_captured"]);
}

#[tokio::test]
async fn a_timeout_before_the_capture_has_done_nothing_and_the_repeat_works() {
    let stage = Stage::set();
    let method = "sandbox_timeout_before_capture";
    assert_eq!(stage.charge_impatiently("k", method).await, None);
    assert_eq!(stage.found_charge("k").await.error(), (404, "not_found"));
    assert!(stage.entries().await.is_empty());
    let again = stage.charge("k", method).await;
    assert_eq!((again.status, again.replayed), (200, false));
    assert_eq!(again.body["status"], "captured");
    assert_eq!(stage.kinds("k").await, ["charge_captured"]);
}

#[tokio::test]
async fn a_failure_before_the_capture_has_done_nothing_and_the_repeat_works() {
    let stage = Stage::set();
    let method = "sandbox_500_then_success";
    assert_eq!(stage.charge("k", method).await.error(), (500, "internal_error"));
    assert!(stage.entries().await.is_empty());
    assert_eq!(stage.charge("k", method).await.body["status"], "captured");
    assert!(stage.charge("k", method).await.replayed);
    assert_eq!(stage.kinds("k").await, ["charge_captured"]);
}

#[tokio::test]
async fn a_failure_after_the_capture_has_charged_and_the_repeat_says_so() {
    let stage = Stage::set();
    let method = "sandbox_500_after_capture";
    assert_eq!(stage.charge("k", method).await.error(), (500, "internal_error"));
    assert_eq!(stage.kinds("k").await, ["charge_captured"]);
    let again = stage.charge("k", method).await;
    assert_eq!((again.status, again.replayed), (200, true));
    assert_eq!(again.body["status"], "captured");
    assert_eq!(stage.kinds("k").await, ["charge_captured"]);
}

#[tokio::test]
async fn a_pending_charge_is_captured_later_and_the_repeat_says_how_it_stands() {
    let stage = Stage::set();
    let first = stage.charge("k", "sandbox_pending").await;
    assert_eq!(first.body["status"], "pending");
    let captured = stage.captured("k").await.body;
    let sameness = |charge: &Value| [charge["id"].clone(), charge["created_at"].clone()];
    assert_eq!(sameness(&captured), sameness(&first.body));
    assert_eq!(stage.charge("k", "sandbox_pending").await.body, captured);
    assert_eq!(stage.kinds("k").await, ["charge_pending", "charge_captured"]);
}

#[tokio::test]
async fn a_declined_charge_that_is_captured_after_all_can_be_refunded() {
    let stage = Stage::set();
    let first = stage.charge("k", "sandbox_decline_then_capture").await;
    assert_eq!(first.body["status"], "declined");
    assert_eq!(stage.captured("k").await.body["decline_reason"], Value::Null);
    assert_eq!(stage.kinds("k").await, ["charge_declined", "charge_captured"]);
    assert_eq!(stage.refund("r", "k", 1_200).await.body["status"], "settled");
}

#[tokio::test]
async fn methods_about_webhooks_and_refunds_capture() {
    let stage = Stage::set();
    for method in [
        "sandbox_duplicate",
        "sandbox_out_of_order",
        "sandbox_refund_500_then_success",
        "sandbox_refund_timeout",
        "sandbox_refund_refused",
    ] {
        assert_eq!(stage.charge(method, method).await.body["status"], "captured");
        assert_eq!(stage.kinds(method).await, ["charge_captured"]);
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
