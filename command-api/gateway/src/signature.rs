//! What the signatures of webhooks have in common: a time, and an HMAC-SHA256 of any of several secrets.

use aws_lc_rs::hmac;
use chrono::{DateTime, Duration, Utc};

use crate::notice::NoticeRefusal;

/// How far a signature's time may be from ours, either way: what Stripe and Standard Webhooks both advise.
const TOLERANCE: Duration = Duration::minutes(5);
/// Signatures that are looked at: one for each secret in a rotation, and no work for whoever sends thousands.
pub(crate) const SIGNATURES_MAX: usize = 16;

/// Checks that something was signed about now; `timestamp` is in seconds of Unix time.
pub(crate) fn check_time(timestamp: &str, now: DateTime<Utc>) -> Result<(), NoticeRefusal> {
    let seconds = timestamp.parse().map_err(|_| NoticeRefusal::Unsigned)?;
    let signed = DateTime::from_timestamp(seconds, 0).ok_or(NoticeRefusal::Unsigned)?;
    if (now - signed).abs() <= TOLERANCE {
        Ok(())
    } else {
        Err(NoticeRefusal::Untimely)
    }
}

/// Checks that one of `signatures` over `signed` is of one of `keys`. Compares in constant time.
pub(crate) fn check(keys: &[hmac::Key], signed: &[u8], signatures: &[Vec<u8>]) -> Result<(), NoticeRefusal> {
    let genuine = |signature: &Vec<u8>| {
        keys.iter()
            .any(|key| hmac::verify(key, signed, signature).is_ok())
    };
    if signatures.is_empty() {
        Err(NoticeRefusal::Unsigned)
    } else if signatures.iter().take(SIGNATURES_MAX).any(genuine) {
        Ok(())
    } else {
        Err(NoticeRefusal::Forged)
    }
}
