//! One key, one charge, however often it is asked for.

use futures::future::join_all;
use serde_json::json;

use crate::stage::{Answer, Stage, sent};

const TOGETHER: usize = 20;

/// Asks 20 times at once, and again whoever was told that the first still runs.
async fn asked_together(stage: &Stage, method: &str) -> Vec<Answer> {
    join_all((0..TOGETHER).map(|_| stage.charge("k", method))).await
}

#[tokio::test]
async fn twenty_requests_at_once_charge_once() {
    let stage = Stage::set();
    let answers = asked_together(&stage, "sandbox_approve").await;
    assert_eq!(stage.kinds("k").await, ["charge_captured"]);
    let (told, running): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
    assert_eq!(told.iter().filter(|answer| !answer.replayed).count(), 1);
    assert!(told.iter().all(|answer| answer.body == told[0].body));
    assert!(
        running
            .iter()
            .all(|answer| answer.error() == (409, "request_in_progress"))
    );
    let again = asked_together(&stage, "sandbox_approve").await;
    assert!(
        again
            .iter()
            .all(|answer| answer.replayed && answer.body == told[0].body)
    );
}

#[tokio::test]
async fn twenty_requests_at_once_of_a_method_that_fails_first_charge_once() {
    let stage = Stage::set();
    let answers = asked_together(&stage, "sandbox_500_then_success").await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 500).count(), 1);
    assert_eq!(
        stage.charge("k", "sandbox_500_then_success").await.body["status"],
        "captured"
    );
    assert_eq!(stage.kinds("k").await, ["charge_captured"]);
}

#[tokio::test]
async fn a_key_stands_for_one_body() {
    let stage = Stage::set();
    stage.charge("k", "sandbox_approve").await;
    let bodies = [
        json!({ "amount": 1201, "currency": "EUR", "method": "sandbox_approve", "metadata": { "order": "k" } }),
        json!({ "amount": 1200, "currency": "USD", "method": "sandbox_approve", "metadata": { "order": "k" } }),
        json!({ "amount": 1200, "currency": "EUR", "method": "sandbox_decline", "metadata": { "order": "k" } }),
        json!({ "amount": 1200, "currency": "EUR", "method": "sandbox_approve", "metadata": { "order": "l" } }),
        json!({ "amount": 1200, "currency": "EUR", "method": "sandbox_approve" }),
    ];
    for body in bodies {
        let request = stage
            .post(&["v1", "charges"])
            .header("idempotency-key", "k")
            .json(&body);
        let answer = sent(request).await.unwrap();
        assert_eq!(answer.error(), (422, "idempotency_key_reused"), "{body}");
    }
    // Order and white space are not the body.
    let same =
        r#"{ "metadata": {"order":"k"}, "method":"sandbox_approve", "currency":"EUR", "amount":1200 }"#;
    let request = stage
        .post(&["v1", "charges"])
        .header("idempotency-key", "k")
        .body(same);
    assert!(sent(request).await.unwrap().replayed);
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
    assert_eq!(
        stage.refund("k", "k", 201).await.error(),
        (422, "idempotency_key_reused")
    );
}

#[tokio::test]
async fn a_key_is_one_header_of_visible_characters() {
    let stage = Stage::set();
    let body = json!({ "amount": 1, "currency": "EUR", "method": "sandbox_approve" });
    let asked = |keys: Vec<String>| {
        let request = stage.post(&["v1", "charges"]).json(&body);
        sent(
            keys.into_iter()
                .fold(request, |request, key| request.header("idempotency-key", key)),
        )
    };
    let refused = [
        vec![],
        vec![String::new()],
        vec!["a b".into()],
        vec!["x".repeat(256)],
        vec!["a".into(), "b".into()],
    ];
    for keys in refused {
        let answer = asked(keys.clone()).await.unwrap();
        assert_eq!(answer.error(), (400, "missing_idempotency_key"), "{keys:?}");
    }
    for key in [
        "x".repeat(255),
        "a/b%2F?c#d%".into(),
        "\"quoted\"".into(),
        "..~".into(),
    ] {
        assert_eq!(asked(vec![key.clone()]).await.unwrap().status, 200, "{key}");
        assert_eq!(stage.found_charge(&key).await.body["key"], key.as_str());
    }
}
