//! Signatures by Standard Webhooks (<https://github.com/standard-webhooks/standard-webhooks>): three headers, and an
//! HMAC-SHA256 of id, time and body with a secret that is written `whsec_` and base64.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};

use crate::notice::{Headers, NoticeId, NoticeRefusal};
use crate::settings::{Secret, SettingsRefusal, signature_key};
use crate::signature;

/// Bytes that a secret has, by the specification.
const SECRET_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// Reads a secret.
pub(crate) fn parse_secret(secret: &Secret) -> Result<hmac::Key, SettingsRefusal> {
    let bytes = secret
        .expose()
        .strip_prefix("whsec_")
        .and_then(|text| STANDARD.decode(text).ok())
        .ok_or(SettingsRefusal::WebhookSecret)?;
    if SECRET_BYTES.contains(&bytes.len()) {
        Ok(signature_key(&bytes))
    } else {
        Err(SettingsRefusal::WebhookSecret)
    }
}

/// Checks that a request was signed about now with one of `keys`, and gives its id.
pub(crate) fn check(
    keys: &[hmac::Key],
    headers: &dyn Headers,
    body: &[u8],
    now: DateTime<Utc>,
) -> Result<NoticeId, NoticeRefusal> {
    let header = |name| headers.get(name).ok_or(NoticeRefusal::Unsigned);
    let (id, timestamp) = (header("webhook-id")?, header("webhook-timestamp")?);
    let signatures: Vec<Vec<u8>> = header("webhook-signature")?
        .split(' ')
        .filter_map(|signature| STANDARD.decode(signature.strip_prefix("v1,")?).ok())
        .take(signature::SIGNATURES_MAX)
        .collect();
    let mut signed = format!("{id}.{timestamp}.").into_bytes();
    signed.extend_from_slice(body);
    signature::check(keys, &signed, &signatures)?;
    signature::check_time(timestamp, now)?;
    NoticeId::parse(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification's reference libraries.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const TIMESTAMP: &str = "1614265330";
    const BODY: &[u8] = br#"{"test": 2432232314}"#;
    const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    fn key() -> hmac::Key {
        parse_secret(&Secret::new(SECRET)).unwrap()
    }

    fn signed_at() -> DateTime<Utc> {
        DateTime::from_timestamp(1_614_265_330, 0).unwrap()
    }

    fn check_with(
        keys: &[hmac::Key],
        signature: &str,
        body: &[u8],
        late_s: i64,
    ) -> Result<NoticeId, NoticeRefusal> {
        let headers = [
            ("webhook-id", ID),
            ("webhook-timestamp", TIMESTAMP),
            ("webhook-signature", signature),
        ];
        check(
            keys,
            &headers.as_slice(),
            body,
            signed_at() + chrono::Duration::seconds(late_s),
        )
    }

    #[test]
    fn security_37_the_example_of_the_reference_libraries_is_genuine() {
        assert_eq!(check_with(&[key()], SIGNATURE, BODY, 0).unwrap().as_str(), ID);
    }

    #[test]
    fn security_37_any_of_several_signatures_and_secrets_will_do() {
        let other = parse_secret(&Secret::new("whsec_b3RoZXIgc2VjcmV0IG90aGVyIHNlY3JldCBvdGhlcg==")).unwrap();
        let several = format!("v1a,AAAA v1,AAAA {SIGNATURE}");
        assert!(check_with(&[other.clone(), key()], &several, BODY, 0).is_ok());
        assert_eq!(
            check_with(&[other], SIGNATURE, BODY, 0),
            Err(NoticeRefusal::Forged)
        );
    }

    #[test]
    fn security_37_another_body_is_forged() {
        let body = br#"{"test": 2432232315}"#;
        assert_eq!(
            check_with(&[key()], SIGNATURE, body, 0),
            Err(NoticeRefusal::Forged)
        );
    }

    #[test]
    fn security_37_a_signature_is_good_for_five_minutes_either_way() {
        for late_s in [-300, 300] {
            assert!(check_with(&[key()], SIGNATURE, BODY, late_s).is_ok(), "{late_s}");
        }
        for late_s in [-301, 301, 86_400] {
            assert_eq!(
                check_with(&[key()], SIGNATURE, BODY, late_s),
                Err(NoticeRefusal::Untimely),
                "{late_s}"
            );
        }
    }

    #[test]
    fn security_37_without_a_signature_nothing_is_believed() {
        for signature in ["", "v1", "v2,AAAA", "g0hM9SsE"] {
            assert_eq!(
                check_with(&[key()], signature, BODY, 0),
                Err(NoticeRefusal::Unsigned),
                "{signature}"
            );
        }
        let headers = [("webhook-id", ID), ("webhook-timestamp", TIMESTAMP)];
        assert_eq!(
            check(&[key()], &headers.as_slice(), BODY, signed_at()),
            Err(NoticeRefusal::Unsigned)
        );
    }

    #[test]
    fn secrets_are_whsec_and_base64_of_a_good_length() {
        for text in [
            "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "whsec_",
            "whsec_AAAA",
            "whsec_!",
        ] {
            assert_eq!(
                parse_secret(&Secret::new(text)).unwrap_err(),
                SettingsRefusal::WebhookSecret,
                "{text}"
            );
        }
    }
}
