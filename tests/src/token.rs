//! Access tokens of anybody, signed by the key that a test gives the program.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use edge::token::{Issuer, Keys, LIFETIME_MAX_S, Role, SKEW_MAX_S, SigningKey, TokenPolicy};
use event_store::clock::Clock;
use uuid::Uuid;

const SEED: [u8; 32] = *b"a seed that only one test knows!";

/// A value for the setting `email_digest_secret`.
pub const DIGEST_SECRET: &str = "dGhlc2UgdGVzdHMgZmluZCBub2JvZHkgYnkgZS1tYWls";

/// The value of the setting `token_signing_keys` by which [`token`] signs.
pub fn signing_key() -> String {
    STANDARD.encode(SEED)
}

/// A token of `account` in this role, as long as any is valid.
///
/// # Panics
/// Never: the key is a good one.
#[expect(clippy::expect_used, reason = "a test fails by panic")]
pub fn token(account: Uuid, role: Role) -> String {
    let key = SigningKey::from_seed(&SEED).expect("a seed should make a key");
    let keys = Keys::new(vec![key]).expect("one key should be enough");
    let policy = TokenPolicy {
        issuer: "evently".to_owned(),
        audience: "evently".to_owned(),
        lifetime_s: LIFETIME_MAX_S,
        skew_s: SKEW_MAX_S,
        cache_entries_max: 1,
    };
    Issuer::new(&keys, &policy)
        .issue(account, role, Clock::system().now())
        .expect("a good key should sign")
        .0
}
