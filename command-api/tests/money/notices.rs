//! What the gateway tells on its own: genuine or not, first, twice, late, and of nothing that we know.

use actix_web::http::StatusCode;
use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, TimeDelta, Utc};
use edge::token::Role;
use futures::future::join;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::app::{Answer, App, Person, first_of_may, person};
use crate::till::{NOTICE_SECRET, Till, cancel, pay};

/// Signs as Standard Webhooks 1.0 has it.
fn signature(secret: &str, id: &str, at: DateTime<Utc>, body: &str) -> String {
    let secret = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
    let key = hmac::Key::new(hmac::HMAC_SHA256, &secret);
    let signed = format!("{id}.{}.{body}", at.timestamp());
    format!("v1,{}", STANDARD.encode(hmac::sign(&key, signed.as_bytes())))
}

/// Sends a notice that was signed with `secret` at `at`.
async fn send(node: &App, gateway: &str, notice: &Value, secret: &str, at: DateTime<Utc>) -> Answer {
    let (id, body) = ("msg_1", notice.to_string());
    let call = node
        .post(&format!("/webhooks/{gateway}"))
        .header("webhook-id", id)
        .header("webhook-timestamp", &at.timestamp().to_string())
        .header("webhook-signature", &signature(secret, id, at, &body));
    call.text("application/json", body).await
}

/// Sends a genuine notice.
async fn tell(till: &Till, notice: &Value) {
    let taken = send(&till.app, "sandbox", notice, NOTICE_SECRET, first_of_may().now()).await;
    assert_eq!(taken.status, StatusCode::NO_CONTENT, "{}", taken.body);
}

/// What the sandbox tells of an entry of its journal.
fn notice(kind: &str, entry: &Value) -> Value {
    let mut data = entry.clone();
    data["status"] = json!(kind.rsplit('.').next());
    json!({ "type": kind, "timestamp": "2030-05-01T12:00:00Z", "data": data })
}

async fn held(till: &Till) -> (Person, String) {
    let buyer = person(Role::User);
    let event = till.on_sale_with_policy(person(Role::Organizer)).await;
    let booking = till.held(buyer, &event, &["stalls-A-1"]).await;
    (buyer, booking)
}

async fn head(till: &Till) -> usize {
    till.facts().await.len()
}

#[actix_web::test]
async fn a_notice_that_comes_before_the_answer_settles_the_payment_once() {
    let till = Till::start().await;
    let (buyer, booking) = held(&till).await;
    let told_first = async {
        till.journal_has("charge_captured", 1).await; // answered three seconds later
        let captured = notice("charge.captured", &till.journal("")[0]);
        tell(&till, &captured).await;
        assert_eq!(till.status(&booking).await, "confirmed");
        let facts = head(&till).await;
        tell(&till, &captured).await;
        tell(&till, &notice("charge.pending", &till.journal("")[0])).await;
        assert_eq!(
            head(&till).await,
            facts,
            "twice and out of order, it changes nothing"
        );
    };
    let (paid, ()) = join(pay(&till.app, buyer, &booking, "p1", "sandbox_slow"), told_first).await;
    assert!(paid.status.is_success(), "{paid:?}");
    let again = pay(&till.app, buyer, &booking, "p1", "sandbox_slow").await;
    assert_eq!(again.status, StatusCode::OK, "{}", again.body);
    assert_eq!(till.count("PaymentCaptured").await, 1);
    assert_eq!(till.journal("").len(), 1);
}

#[actix_web::test]
async fn security_37_a_notice_that_is_forged_old_or_unsigned_is_not_believed() {
    let till = Till::start().await;
    let (buyer, booking) = held(&till).await;
    let meanwhile = async {
        till.journal_has("charge_captured", 1).await;
        let captured = notice("charge.captured", &till.journal("")[0]);
        let now = first_of_may().now();
        let stranger = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        let (old, ahead) = (now - TimeDelta::seconds(301), now + TimeDelta::seconds(301));
        for (secret, at) in [(stranger, now), (NOTICE_SECRET, old), (NOTICE_SECRET, ahead)] {
            let refused = send(&till.app, "sandbox", &captured, secret, at).await;
            assert_eq!(refused.problem(), (401, "invalid-signature"));
        }
        let unsigned = till.app.post("/webhooks/sandbox").json(&captured).await;
        assert_eq!(unsigned.problem(), (401, "invalid-signature"));
        let mut body = captured.clone();
        body["data"]["amount"] = json!(1);
        let altered = till
            .app
            .post("/webhooks/sandbox")
            .header("webhook-id", "msg_1")
            .header("webhook-timestamp", &now.timestamp().to_string())
            .header(
                "webhook-signature",
                &signature(NOTICE_SECRET, "msg_1", now, &captured.to_string()),
            )
            .json(&body)
            .await;
        assert_eq!(altered.problem(), (401, "invalid-signature"));
        assert_eq!(till.status(&booking).await, "awaiting_payment");
    };
    join(pay(&till.app, buyer, &booking, "p1", "sandbox_slow"), meanwhile).await;
}

#[actix_web::test]
async fn a_notice_of_a_gateway_or_booking_that_we_do_not_know_changes_nothing() {
    let till = Till::start().await;
    let (buyer, booking) = held(&till).await;
    let paid = pay(&till.app, buyer, &booking, "p1", "sandbox_approve").await;
    assert_eq!(paid.status, StatusCode::OK, "{}", paid.body);
    let facts = head(&till).await;
    let known = notice("charge.captured", &till.journal("")[0]);
    let now = first_of_may().now();
    let elsewhere = send(&till.app, "elsewhere", &known, NOTICE_SECRET, now).await;
    assert_eq!(elsewhere.problem(), (404, "not-found"));
    let without = till.node_without_gateway();
    let not_set_up = send(&without, "sandbox", &known, NOTICE_SECRET, now).await;
    assert_eq!(not_set_up.problem(), (404, "not-found"));

    let mut of_no_booking = known.clone();
    of_no_booking["data"]["metadata"]["booking"] = json!(Uuid::new_v4());
    let mut of_no_payment = known.clone();
    of_no_payment["data"]["key"] = json!(Uuid::new_v4());
    let mut of_another_amount = known.clone();
    of_another_amount["data"]["key"] = json!(Uuid::new_v4());
    of_another_amount["data"]["amount"] = json!(1);
    let of_nothing_of_ours = json!({ "type": "payout.paid", "timestamp": "", "data": {} });
    for senseless in [
        of_no_booking,
        of_no_payment,
        of_another_amount,
        of_nothing_of_ours,
    ] {
        tell(&till, &senseless).await;
    }
    let unreadable = json!({ "type": "charge.captured", "data": {} });
    let refused = send(&till.app, "sandbox", &unreadable, NOTICE_SECRET, now).await;
    assert_eq!(refused.problem(), (400, "bad-request"));
    assert_eq!(head(&till).await, facts);
}

#[actix_web::test]
async fn money_that_was_taken_after_a_decline_is_returned_exactly_once() {
    let till = Till::start().await;
    let (buyer, booking) = held(&till).await;
    let declined = pay(&till.app, buyer, &booking, "p1", "sandbox_decline_then_capture").await;
    assert_eq!(declined.problem(), (402, "payment-declined"));
    till.journal_has("charge_captured", 1).await;
    let captured = notice("charge.captured", &till.journal("charge_captured")[0]);
    let run = till.run_refunds(&till.app);
    for _ in 0..2 {
        tell(&till, &captured).await;
        till.journal_has("refund_settled", 1).await;
        till.at_rest(&run).await;
        tell(
            &till,
            &notice("refund.settled", &till.journal("refund_settled")[0]),
        )
        .await;
    }
    run.stop().await;
    for fact in ["PaymentCapturedLate", "RefundRequested", "RefundSettled"] {
        assert_eq!(till.count(fact).await, 1, "{fact}");
    }
    assert_eq!(till.journal("refund_settled")[0]["amount"], 1200);
    assert_eq!(
        till.status(&booking).await,
        "held",
        "the buyer may still pay with another card"
    );
    let paid = pay(&till.app, buyer, &booking, "p2", "sandbox_approve").await;
    assert_eq!(paid.status, StatusCode::OK, "{}", paid.body);
    assert_eq!(paid.body["refunds"][0]["reason"], "late_capture");
    let cancelled = cancel(&till.app, buyer, &booking).await;
    assert_eq!(cancelled.body["cancelled"][0]["refund"]["amount"], 1200);
}
