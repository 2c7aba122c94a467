//! Stripe's webhooks (<https://docs.stripe.com/webhooks#verify-manually>): one header with a time and signatures, and an event
//! that holds the object as it was then.
//!
//! Refunds are told by `refund.*`; a `charge.refunded` tells only how much of a charge is gone, and not by which refund.

use aws_lc_rs::hmac;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::objects::{Intent, Refund};
use crate::notice::{Headers, News, Notice, NoticeId, NoticeRefusal};
use crate::signature;

#[derive(Deserialize)]
struct Event {
    id: String,
    r#type: String,
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    object: Value,
}

/// Checks and reads a webhook's request.
pub(super) fn read(
    keys: &[hmac::Key],
    headers: &dyn Headers,
    body: &[u8],
    now: DateTime<Utc>,
) -> Result<Option<Notice>, NoticeRefusal> {
    check(keys, headers.get("stripe-signature"), body, now)?;
    let event: Event = serde_json::from_slice(body).map_err(|_| NoticeRefusal::Unreadable)?;
    let id = NoticeId::parse(&event.id)?;
    Ok(event.news()?.map(|news| Notice { id, news }))
}

/// `t=1492774577,v1=5257a8…,v1=…,v0=…`: each v1 is the hexadecimal HMAC of time, a dot and the body.
fn check(
    keys: &[hmac::Key],
    header: Option<&str>,
    body: &[u8],
    now: DateTime<Utc>,
) -> Result<(), NoticeRefusal> {
    let parts: Vec<(&str, &str)> = header
        .ok_or(NoticeRefusal::Unsigned)?
        .split(',')
        .filter_map(|part| part.trim().split_once('='))
        .collect();
    let of = |name: &'static str| parts.iter().filter(move |part| part.0 == name).map(|part| part.1);
    let timestamp = of("t").next().ok_or(NoticeRefusal::Unsigned)?;
    let signatures: Vec<Vec<u8>> = of("v1")
        .filter_map(bytes_of_hex)
        .take(signature::SIGNATURES_MAX)
        .collect();
    let mut signed = format!("{timestamp}.").into_bytes();
    signed.extend_from_slice(body);
    signature::check(keys, &signed, &signatures)?;
    signature::check_time(timestamp, now)
}

fn bytes_of_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text
        .chars()
        .map(|digit| u8::try_from(digit.to_digit(16)?).ok())
        .collect();
    let digits = digits?;
    let pairs = digits.chunks_exact(2);
    if !pairs.remainder().is_empty() {
        return None;
    }
    Some(
        pairs
            .map(|pair| pair.iter().fold(0, |byte, digit| byte * 16 + digit))
            .collect(),
    )
}

impl Event {
    /// What it tells; `None` where it is not about anything of ours.
    fn news(self) -> Result<Option<News>, NoticeRefusal> {
        match self.r#type.as_str() {
            "payment_intent.succeeded"
            | "payment_intent.payment_failed"
            | "payment_intent.processing"
            | "payment_intent.canceled" => {
                let intent: Intent = object(self.data)?;
                let ours = intent.metadata.booking().zip(intent.metadata.payment());
                let Some((booking, payment)) = ours else {
                    return Ok(None);
                };
                let outcome = intent.outcome().map_err(|_| NoticeRefusal::Unreadable)?;
                Ok(Some(News::Charge {
                    booking,
                    payment,
                    outcome,
                }))
            }
            "refund.created" | "refund.updated" | "refund.failed" | "charge.refund.updated" => {
                let refund: Refund = object(self.data)?;
                let ours = refund.metadata.booking().zip(refund.metadata.refund());
                let Some((booking, (id, attempt))) = ours else {
                    return Ok(None);
                };
                let outcome = refund.outcome().map_err(|_| NoticeRefusal::Unreadable)?;
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

fn object<T: DeserializeOwned>(data: Data) -> Result<T, NoticeRefusal> {
    serde_json::from_value(data.object).map_err(|_| NoticeRefusal::Unreadable)
}

#[cfg(test)]
mod tests;
