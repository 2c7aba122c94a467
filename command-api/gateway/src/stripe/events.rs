//! Stripe's events, each with the object as it was then.
//!
//! Refunds come with `refund.*`; a `charge.refunded` reports only how much of a charge is gone, and not by which refund.

use serde::Deserialize;
use serde_json::Value;

use super::objects::Object;
use crate::error::CallError;
use crate::notice::{News, NoticeRefusal};

#[derive(Deserialize)]
struct Event {
    r#type: String,
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    object: Value,
}

/// Reads the body of a webhook; `None` where it is not about anything of ours.
pub(super) fn read(body: &[u8]) -> Result<Option<News>, NoticeRefusal> {
    let event: Event = serde_json::from_slice(body).map_err(|_| NoticeRefusal::Unreadable)?;
    event.news()
}

impl Event {
    fn news(self) -> Result<Option<News>, NoticeRefusal> {
        let read = || {
            let object: Result<Object, _> = serde_json::from_value(self.data.object);
            object.map_err(|_| NoticeRefusal::Unreadable)
        };
        let unreadable = |_: CallError| NoticeRefusal::Unreadable;
        match self.r#type.as_str() {
            "payment_intent.succeeded"
            | "payment_intent.payment_failed"
            | "payment_intent.processing"
            | "payment_intent.canceled" => {
                let intent = read()?;
                let ours = intent.metadata.booking().zip(intent.metadata.payment());
                let Some((booking, payment)) = ours else {
                    return Ok(None);
                };
                let outcome = intent.charged().map_err(unreadable)?;
                Ok(Some(News::Charge {
                    booking,
                    payment,
                    outcome,
                }))
            }
            "refund.created" | "refund.updated" | "refund.failed" | "charge.refund.updated" => {
                let refund = read()?;
                let ours = refund.metadata.booking().zip(refund.metadata.refund());
                let Some((booking, (id, attempt))) = ours else {
                    return Ok(None);
                };
                let outcome = refund.refunded().map_err(unreadable)?;
                Ok(Some(News::Refund {
                    booking,
                    refund: id,
                    attempt,
                    outcome,
                }))
            }
            _ => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::order::{ChargeOutcome, RefundOutcome};

    const ID: &str = "0192f0c1-2d3e-7f40-8a5b-6c7d8e9f0a1b";

    fn news(kind: &str, object: &Value) -> Result<Option<News>, NoticeRefusal> {
        let body = json!({ "id": "evt_1", "type": kind, "data": { "object": object } }).to_string();
        read(body.as_bytes())
    }

    #[test]
    fn a_capture_comes_with_our_payment_and_stripes_id() {
        let object = json!({
            "id": "pi_1", "status": "succeeded", "amount": 1300, "amount_received": 1200, "currency": "eur",
            "created": 1_750_000_000, "metadata": { "booking": ID, "payment": ID }
        });
        let Some(News::Charge {
            payment,
            outcome: ChargeOutcome::Captured { reference, amount },
            ..
        }) = news("payment_intent.succeeded", &object).unwrap()
        else {
            panic!("not captured");
        };
        assert_eq!((payment.to_string().as_str(), reference.as_str()), (ID, "pi_1"));
        assert_eq!(amount.amount, 1200);
        assert_eq!(amount.currency.to_string(), "EUR");
    }

    #[test]
    fn a_failed_payment_is_a_decline_for_the_banks_reason() {
        let object = json!({
            "id": "pi_1", "status": "requires_payment_method", "amount": 1200, "currency": "eur", "created": 1_750_000_000,
            "metadata": { "booking": ID, "payment": ID },
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
    fn refunds_come_with_our_refund_and_attempt() {
        let object = |status: &str| {
            json!({
                "id": "re_1", "status": status, "amount": 300, "currency": "eur", "created": 1_750_000_000,
                "failure_reason": "expired_or_canceled_card", "metadata": { "booking": ID, "refund": ID, "attempt": "2" }
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
        assert_eq!(read(b"{}"), Err(NoticeRefusal::Unreadable));
    }
}
