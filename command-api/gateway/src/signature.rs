//! Signatures of webhooks: a time and an HMAC-SHA256 of any of several secrets, as Standard Webhooks
//! (<https://github.com/standard-webhooks/standard-webhooks>) and Stripe (<https://docs.stripe.com/webhooks#verify-manually>)
//! write them.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Duration, Utc};
use secrecy::{ExposeSecret, SecretString};

use crate::notice::{Headers, NoticeRefusal};
use crate::settings::SettingsRefusal;

/// How far a signature's time may be from ours, either way: what Stripe and Standard Webhooks both advise.
const TOLERANCE: Duration = Duration::minutes(5);
/// Signatures that are checked: one for each secret in a rotation, and little work for a sender of thousands.
const SIGNATURES_MAX: usize = 16;
/// Bytes of a secret by Standard Webhooks.
const SECRET_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// The secrets of a gateway's webhooks. `Debug` shows the algorithm alone.
#[derive(Debug)]
pub(crate) struct SigningKeys(Vec<hmac::Key>);

impl SigningKeys {
    /// Secrets by Standard Webhooks: `whsec_` and base64.
    pub(crate) fn standard(secrets: &[SecretString]) -> Result<Self, SettingsRefusal> {
        Self::of(secrets, |text| {
            let bytes = STANDARD.decode(text.strip_prefix("whsec_")?).ok()?;
            SECRET_BYTES.contains(&bytes.len()).then_some(bytes)
        })
    }

    /// Secrets of Stripe, which signs with their text, `whsec_` included.
    pub(crate) fn stripe(secrets: &[SecretString]) -> Result<Self, SettingsRefusal> {
        Self::of(secrets, |text| (!text.is_empty()).then(|| text.into()))
    }

    fn of(
        secrets: &[SecretString],
        bytes: impl Fn(&str) -> Option<Vec<u8>>,
    ) -> Result<Self, SettingsRefusal> {
        let key =
            |secret: &SecretString| Some(hmac::Key::new(hmac::HMAC_SHA256, &bytes(secret.expose_secret())?));
        let keys: Option<Vec<hmac::Key>> = secrets.iter().map(key).collect();
        keys.map(Self).ok_or(SettingsRefusal::WebhookSecret)
    }

    /// Checks a request by Standard Webhooks: three headers; the signatures are base64, over id, time and body.
    pub(crate) fn check_standard(
        &self,
        headers: &dyn Headers,
        body: &[u8],
        now: DateTime<Utc>,
    ) -> Result<(), NoticeRefusal> {
        let header = |name| headers.get(name).ok_or(NoticeRefusal::Unsigned);
        let (id, timestamp) = (header("webhook-id")?, header("webhook-timestamp")?);
        let signatures = header("webhook-signature")?
            .split(' ')
            .filter_map(|signature| STANDARD.decode(signature.strip_prefix("v1,")?).ok());
        self.check(&format!("{id}.{timestamp}."), body, signatures)?;
        check_time(timestamp, now)
    }

    /// Checks a request of Stripe: one header, `t=1492774577,v1=5257a8…,v1=…,v0=…`; each v1 is hexadecimal, over time and body.
    pub(crate) fn check_stripe(
        &self,
        headers: &dyn Headers,
        body: &[u8],
        now: DateTime<Utc>,
    ) -> Result<(), NoticeRefusal> {
        let header = headers.get("stripe-signature").ok_or(NoticeRefusal::Unsigned)?;
        let parts = header.split(',').filter_map(|part| part.trim().split_once('='));
        let of = |name| {
            let named = parts.clone().filter(move |(candidate, _)| *candidate == name);
            named.map(|(_, value)| value)
        };
        let timestamp = of("t").next().ok_or(NoticeRefusal::Unsigned)?;
        let signatures = of("v1").filter_map(|signature| hex::decode(signature).ok());
        self.check(&format!("{timestamp}."), body, signatures)?;
        check_time(timestamp, now)
    }

    /// Checks that one of `signatures` over `head` and `body` is of one of the secrets. Compares in constant time.
    fn check(
        &self,
        head: &str,
        body: &[u8],
        signatures: impl Iterator<Item = Vec<u8>>,
    ) -> Result<(), NoticeRefusal> {
        let signed = [head.as_bytes(), body].concat();
        let mut refusal = NoticeRefusal::Unsigned;
        for signature in signatures.take(SIGNATURES_MAX) {
            let genuine = |key| hmac::verify(key, &signed, &signature).is_ok();
            if self.0.iter().any(genuine) {
                return Ok(());
            }
            refusal = NoticeRefusal::Forged;
        }
        Err(refusal)
    }
}

/// Checks that something was signed about now; `timestamp` is in seconds of Unix time.
fn check_time(timestamp: &str, now: DateTime<Utc>) -> Result<(), NoticeRefusal> {
    let seconds = timestamp.parse().map_err(|_| NoticeRefusal::Unsigned)?;
    let signed = DateTime::from_timestamp(seconds, 0).ok_or(NoticeRefusal::Unsigned)?;
    if (now - signed).abs() > TOLERANCE {
        return Err(NoticeRefusal::Untimely);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMESTAMP: i64 = 1_614_265_330;
    /// The example of Standard Webhooks' reference libraries.
    const STANDARD_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const BODY: &[u8] = br#"{"test": 2432232314}"#;
    const STANDARD_SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    const STRIPE_SECRET: &str = "whsec_test_secret";

    fn secrets(texts: &[&str]) -> Vec<SecretString> {
        texts.iter().map(|text| SecretString::from(*text)).collect()
    }

    fn now(late_s: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(TIMESTAMP + late_s, 0).unwrap()
    }

    fn standard(texts: &[&str], signature: &str, body: &[u8], late_s: i64) -> Result<(), NoticeRefusal> {
        let timestamp = TIMESTAMP.to_string();
        let headers = [
            ("webhook-id", ID),
            ("webhook-timestamp", timestamp.as_str()),
            ("webhook-signature", signature),
        ];
        let keys = SigningKeys::standard(&secrets(texts)).unwrap();
        keys.check_standard(&headers.as_slice(), body, now(late_s))
    }

    fn stripe_signature(secret: &str) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        let signed = [format!("{TIMESTAMP}.").as_bytes(), BODY].concat();
        hex::encode(hmac::sign(&key, &signed))
    }

    fn stripe(texts: &[&str], header: &str, body: &[u8], late_s: i64) -> Result<(), NoticeRefusal> {
        let headers = [("stripe-signature", header)];
        SigningKeys::stripe(&secrets(texts))
            .unwrap()
            .check_stripe(&headers.as_slice(), body, now(late_s))
    }

    #[test]
    fn security_37_any_of_several_signatures_and_secrets_will_do() {
        let other = "whsec_b3RoZXIgc2VjcmV0IG90aGVyIHNlY3JldCBvdGhlcg==";
        let several = format!("v1a,AAAA v1,AAAA {STANDARD_SIGNATURE}");
        assert_eq!(standard(&[other, STANDARD_SECRET], &several, BODY, 0), Ok(()));
        let forged = standard(&[other], STANDARD_SIGNATURE, BODY, 0);
        assert_eq!(forged, Err(NoticeRefusal::Forged));

        let (ours, new) = (stripe_signature(STRIPE_SECRET), stripe_signature("whsec_new"));
        let several = format!("t={TIMESTAMP},v1={new},v1={ours},v0=00");
        assert_eq!(stripe(&["whsec_old", STRIPE_SECRET], &several, BODY, 0), Ok(()));
        for secrets in [&["whsec_old"][..], &[]] {
            let forged = stripe(secrets, &several, BODY, 0);
            assert_eq!(forged, Err(NoticeRefusal::Forged));
        }
    }

    #[test]
    fn security_37_another_body_or_time_is_forged() {
        let body = br#"{"test": 2432232315}"#;
        let forged = Err(NoticeRefusal::Forged);
        assert_eq!(standard(&[STANDARD_SECRET], STANDARD_SIGNATURE, body, 0), forged);
        let signature = stripe_signature(STRIPE_SECRET);
        let header = format!("t={TIMESTAMP},v1={signature}");
        assert_eq!(stripe(&[STRIPE_SECRET], &header, body, 0), forged);
        let header = format!("t={},v1={signature}", TIMESTAMP + 1);
        assert_eq!(stripe(&[STRIPE_SECRET], &header, BODY, 0), forged);
    }

    #[test]
    fn security_37_a_signature_is_good_for_five_minutes_either_way() {
        let header = format!("t={TIMESTAMP},v1={}", stripe_signature(STRIPE_SECRET));
        let in_time = Ok(());
        let untimely = Err(NoticeRefusal::Untimely);
        for (late_s, expected) in [
            (-301, untimely),
            (-300, in_time),
            (300, in_time),
            (301, untimely),
            (86_400, untimely),
        ] {
            let checked = standard(&[STANDARD_SECRET], STANDARD_SIGNATURE, BODY, late_s);
            assert_eq!(checked, expected, "{late_s}");
            assert_eq!(
                stripe(&[STRIPE_SECRET], &header, BODY, late_s),
                expected,
                "{late_s}"
            );
        }
    }

    #[test]
    fn security_37_without_a_signature_in_its_form_a_request_is_unsigned() {
        for signature in ["", "v1", "v2,AAAA", "g0hM9SsE"] {
            let checked = standard(&[STANDARD_SECRET], signature, BODY, 0);
            assert_eq!(checked, Err(NoticeRefusal::Unsigned), "{signature}");
        }
        let signature = stripe_signature(STRIPE_SECRET);
        for header in [
            String::new(),
            format!("v1={signature}"),
            format!("t={TIMESTAMP}"),
            format!("t={TIMESTAMP},v0={signature}"),
            format!("t={TIMESTAMP},v1={}", &signature[1..]),
            format!("t={TIMESTAMP},v1=zz"),
        ] {
            let checked = stripe(&[STRIPE_SECRET], &header, BODY, 0);
            assert_eq!(checked, Err(NoticeRefusal::Unsigned), "{header}");
        }
        let none = SigningKeys(Vec::new()).check_standard(&[].as_slice(), BODY, now(0));
        assert_eq!(none, Err(NoticeRefusal::Unsigned));
    }

    #[test]
    fn secrets_are_whsec_and_base64_of_a_good_length() {
        let long = &STANDARD_SECRET[6..];
        for text in [long, "whsec_", "whsec_AAAA", "whsec_!"] {
            let refused = SigningKeys::standard(&[text.into()]).unwrap_err();
            assert_eq!(refused, SettingsRefusal::WebhookSecret, "{text}");
        }
    }
}
