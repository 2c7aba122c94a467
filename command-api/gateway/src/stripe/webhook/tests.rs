//! Tests of Stripe's signatures and events.

use serde_json::json;

use super::*;
use crate::order::{ChargeOutcome, RefundOutcome};
use crate::settings::signature_key;

const SECRET: &[u8] = b"whsec_test_secret";
const PAYMENT: &str = "0192f0c1-2d3e-7f40-8a5b-6c7d8e9f0a1b";
const SIGNED_AT_S: i64 = 1_750_000_000;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).unwrap()
}

fn sign(secret: &[u8], body: &[u8]) -> String {
    let mut signed = format!("{SIGNED_AT_S}.").into_bytes();
    signed.extend_from_slice(body);
    let tag = hmac::sign(&signature_key(secret), &signed);
    tag.as_ref()
        .iter()
        .fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

fn read_signed(
    secrets: &[&[u8]],
    header: &str,
    body: &[u8],
    late_s: i64,
) -> Result<Option<Notice>, NoticeRefusal> {
    let keys: Vec<hmac::Key> = secrets.iter().map(|secret| signature_key(secret)).collect();
    let headers = [("stripe-signature", header)];
    read(&keys, &headers.as_slice(), body, at(SIGNED_AT_S + late_s))
}

fn header(secret: &[u8], body: &[u8]) -> String {
    format!("t={SIGNED_AT_S},v1={}", sign(secret, body))
}

fn event(kind: &str, object: &Value) -> Vec<u8> {
    json!({ "id": "evt_1", "type": kind, "data": { "object": object } })
        .to_string()
        .into_bytes()
}

fn captured() -> Vec<u8> {
    let object = json!({
        "id": "pi_1", "status": "succeeded", "amount": 1200, "amount_received": 1200, "currency": "eur",
        "created": SIGNED_AT_S, "metadata": { "booking": PAYMENT, "payment": PAYMENT }
    });
    event("payment_intent.succeeded", &object)
}

fn news(kind: &str, object: &Value) -> Result<Option<News>, NoticeRefusal> {
    let body = event(kind, object);
    read_signed(&[SECRET], &header(SECRET, &body), &body, 0).map(|notice| notice.map(|notice| notice.news))
}

#[test]
fn a_capture_is_told_with_our_payment_and_stripes_id() {
    let body = captured();
    let notice = read_signed(&[SECRET], &header(SECRET, &body), &body, 0)
        .unwrap()
        .unwrap();
    assert_eq!(notice.id.as_str(), "evt_1");
    let News::Charge {
        payment,
        outcome: ChargeOutcome::Captured { reference, amount },
        ..
    } = notice.news
    else {
        panic!("{notice:?}");
    };
    assert_eq!(
        (payment.to_string().as_str(), reference.as_str()),
        (PAYMENT, "pi_1")
    );
    assert_eq!(
        (amount.amount, amount.currency.to_string().as_str()),
        (1200, "EUR")
    );
}

#[test]
fn security_37_a_body_that_was_changed_is_forged() {
    let body = captured();
    let changed: Vec<u8> = String::from_utf8(body.clone())
        .unwrap()
        .replace("1200", "1201")
        .into_bytes();
    assert_eq!(
        read_signed(&[SECRET], &header(SECRET, &body), &changed, 0),
        Err(NoticeRefusal::Forged)
    );
}

#[test]
fn security_37_another_secret_is_forged_unless_it_is_one_of_ours() {
    let body = captured();
    let header = header(b"whsec_old", &body);
    assert_eq!(
        read_signed(&[SECRET], &header, &body, 0),
        Err(NoticeRefusal::Forged)
    );
    assert!(read_signed(&[SECRET, b"whsec_old"], &header, &body, 0).is_ok());
    assert_eq!(read_signed(&[], &header, &body, 0), Err(NoticeRefusal::Forged));
}

#[test]
fn security_37_one_good_signature_among_several_is_enough() {
    let body = captured();
    let header = format!(
        "t={SIGNED_AT_S},v1={},v1={},v0=00",
        sign(b"whsec_new", &body),
        sign(SECRET, &body)
    );
    assert!(read_signed(&[SECRET], &header, &body, 0).is_ok());
}

#[test]
fn security_37_a_signature_is_good_for_five_minutes_either_way() {
    let body = captured();
    let header = header(SECRET, &body);
    for late_s in [-300, 0, 300] {
        assert!(read_signed(&[SECRET], &header, &body, late_s).is_ok(), "{late_s}");
    }
    for late_s in [-301, 301, 86_400] {
        assert_eq!(
            read_signed(&[SECRET], &header, &body, late_s),
            Err(NoticeRefusal::Untimely),
            "{late_s}"
        );
    }
}

#[test]
fn security_37_a_time_that_was_changed_is_forged() {
    let body = captured();
    let header = format!("t={},v1={}", SIGNED_AT_S + 1, sign(SECRET, &body));
    assert_eq!(
        read_signed(&[SECRET], &header, &body, 0),
        Err(NoticeRefusal::Forged)
    );
}

#[test]
fn security_37_what_is_not_signed_in_this_form_is_not_believed() {
    let body = captured();
    let signature = sign(SECRET, &body);
    for header in [
        String::new(),
        format!("v1={signature}"),
        format!("t={SIGNED_AT_S}"),
        format!("t={SIGNED_AT_S},v0={signature}"),
        format!("t={SIGNED_AT_S},v1={}", &signature[1..]),
        format!("t={SIGNED_AT_S},v1=zz"),
    ] {
        assert_eq!(
            read_signed(&[SECRET], &header, &body, 0),
            Err(NoticeRefusal::Unsigned),
            "{header}"
        );
    }
}

#[test]
fn a_failed_payment_is_a_decline_for_the_banks_reason() {
    let object = json!({
        "id": "pi_1", "status": "requires_payment_method", "amount": 1200, "currency": "eur", "created": SIGNED_AT_S,
        "metadata": { "booking": PAYMENT, "payment": PAYMENT },
        "last_payment_error": { "code": "card_declined", "decline_code": "insufficient_funds" }
    });
    let Some(News::Charge {
        outcome: ChargeOutcome::Declined { reason },
        ..
    }) = news("payment_intent.payment_failed", &object).unwrap()
    else {
        panic!("not declined");
    };
    assert_eq!(reason.as_str(), "insufficient_funds");
}

#[test]
fn refunds_are_told_with_our_refund_and_attempt() {
    let object = |status: &str| {
        json!({
            "id": "re_1", "status": status, "amount": 300, "currency": "eur", "created": SIGNED_AT_S,
            "failure_reason": "expired_or_canceled_card", "metadata": { "booking": PAYMENT, "refund": PAYMENT, "attempt": "2" }
        })
    };
    let outcome = |kind, status| match news(kind, &object(status)).unwrap() {
        Some(News::Refund {
            attempt: 2, outcome, ..
        }) => outcome,
        other => panic!("{other:?}"),
    };
    assert!(matches!(
        outcome("refund.created", "succeeded"),
        RefundOutcome::Settled { .. }
    ));
    assert_eq!(outcome("refund.updated", "pending"), RefundOutcome::Pending);
    let RefundOutcome::Refused { reason } = outcome("refund.failed", "failed") else {
        panic!("not refused")
    };
    assert_eq!(reason.as_str(), "expired_or_canceled_card");
}

#[test]
fn what_is_not_of_ours_means_nothing() {
    let foreign = json!({ "id": "pi_1", "status": "succeeded", "amount": 1, "currency": "eur", "created": 1, "metadata": {} });
    assert_eq!(news("payment_intent.succeeded", &foreign), Ok(None));
    assert_eq!(news("customer.created", &json!({})), Ok(None));
    assert_eq!(news("charge.refunded", &json!({ "id": "ch_1" })), Ok(None));
}

#[test]
fn what_is_signed_but_makes_no_sense_is_unreadable() {
    assert_eq!(
        news("payment_intent.succeeded", &json!({ "id": "pi_1" })),
        Err(NoticeRefusal::Unreadable)
    );
    let body = b"{}";
    assert_eq!(
        read_signed(&[SECRET], &header(SECRET, body), body, 0),
        Err(NoticeRefusal::Unreadable)
    );
}
