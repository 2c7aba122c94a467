//! One key, one charge, however often it is requested.

use futures::future::join_all;
use serde_json::json;

use crate::stage::{Answer, Stage, sent};

async fn twenty_at_once(stage: &Stage, method: &str) -> Vec<Answer> {
    join_all((0..20).map(|_| stage.charge("k", method))).await
}

#[tokio::test]
async fn twenty_requests_at_once_charge_once() {
    let stage = Stage::set();
    let answers = twenty_at_once(&stage, "sandbox_approve").await;
    assert_eq!(stage.kinds("k").await, ["charge_captured"]);
    let (done, running): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
    assert_eq!(done.iter().filter(|answer| !answer.replayed).count(), 1);
    assert!(done.iter().all(|answer| answer.body == done[0].body));
    let still_running = |answer: &&Answer| answer.error() == (409, "request_in_progress");
    assert!(running.iter().all(still_running));
    let again = twenty_at_once(&stage, "sandbox_approve").await;
    assert!(
        again
            .iter()
            .all(|answer| answer.replayed && answer.body == done[0].body)
    );
}

#[tokio::test]
async fn twenty_requests_at_once_of_a_method_that_fails_first_charge_once() {
    let stage = Stage::set();
    let answers = twenty_at_once(&stage, "sandbox_500_then_success").await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 500).count(), 1);
    let again = stage.charge("k", "sandbox_500_then_success").await;
    assert_eq!(again.body["status"], "captured");
    assert_eq!(stage.kinds("k").await, ["charge_captured"]);
}

#[tokio::test]
async fn a_key_stands_for_one_body() {
    let stage = Stage::set();
    stage.charge("k", "sandbox_approve").await;
    let same = json!({ "metadata": { "order": "k" }, "method": "sandbox_approve", "currency": "EUR", "amount": 1200 });
    let post = async |body| {
        let request = stage.post(&["v1", "charges"]).header("idempotency-key", "k");
        sent(request.json(&body)).await.unwrap()
    };
    for (field, value) in [
        ("amount", json!(1201)),
        ("currency", json!("USD")),
        ("method", json!("sandbox_decline")),
        ("metadata", json!({ "order": "l" })),
        ("metadata", json!({})),
    ] {
        let mut body = same.clone();
        body[field] = value;
        let answer = post(body).await;
        assert_eq!(answer.error(), (422, "idempotency_key_reused"), "{field}");
    }
    assert!(post(same).await.replayed);
    assert_eq!(stage.kinds("k").await.len(), 1);
}

#[tokio::test]
async fn a_key_stands_for_its_body_even_where_its_first_request_failed() {
    let stage = Stage::set();
    let method = "sandbox_500_then_success";
    assert_eq!(stage.charge("k", method).await.status, 500);
    let other = stage.try_charge("k", method, 1).await.unwrap();
    assert_eq!(other.error(), (422, "idempotency_key_reused"));
    assert_eq!(stage.charge("k", method).await.status, 200);
}

#[tokio::test]
async fn charges_and_refunds_have_keys_of_their_own() {
    let stage = Stage::set();
    stage.charge("k", "sandbox_approve").await;
    let refund = stage.refund("k", "k", 200).await;
    assert_eq!(refund.body["status"], "settled");
    assert_ne!(refund.body["id"], stage.found_charge("k").await.body["id"]);
    assert!(stage.refund("k", "k", 200).await.replayed);
    let other = stage.refund("k", "k", 201).await;
    assert_eq!(other.error(), (422, "idempotency_key_reused"));
}

#[tokio::test]
async fn a_key_is_one_header_of_visible_characters() {
    let stage = Stage::set();
    let body = json!({ "amount": 1, "currency": "EUR", "method": "sandbox_approve" });
    let post = async |keys: &[&str]| {
        let mut request = stage.post(&["v1", "charges"]).json(&body);
        for key in keys {
            request = request.header("idempotency-key", *key);
        }
        sent(request).await.unwrap()
    };
    let long = "x".repeat(256);
    for keys in [&[][..], &[""], &["a b"], &[long.as_str()], &["a", "b"]] {
        let answer = post(keys).await;
        assert_eq!(answer.error(), (400, "missing_idempotency_key"), "{keys:?}");
    }
    for key in [&long[1..], "a/b%2F?c#d%", "\"quoted\"", "..~"] {
        assert_eq!(post(&[key]).await.status, 200, "{key}");
        assert_eq!(stage.found_charge(key).await.body["key"], key);
    }
}
