//! Forged tokens are refused, genuine ones accepted while they last.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::DateTime;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use super::*;
use event_store::clock::Clock;

const ACCOUNT: Uuid = Uuid::from_u128(7);

fn policy() -> TokenPolicy {
    TokenPolicy {
        issuer: "https://evently.test".to_owned(),
        audience: "evently".to_owned(),
        lifetime_s: 600,
        skew_s: 30,
        cache_entries_max: 64,
    }
}

fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed(&[seed; 32]).unwrap()
}

fn keys(seeds: &[u8]) -> Keys {
    Keys::new(seeds.iter().map(|seed| key(*seed)).collect()).unwrap()
}

fn clock() -> Clock {
    Clock::manual(DateTime::from_timestamp(1_800_000_000, 0).unwrap())
}

fn genuine(clock: &Clock) -> String {
    Issuer::new(&keys(&[1]), &policy())
        .issue(ACCOUNT, Role::User, clock.now())
        .unwrap()
        .0
}

/// A token signed by the genuine key, with what `change` makes of a genuine header and claims.
fn signed(change: impl FnOnce(&mut Header, &mut Value)) -> String {
    let now = clock().now().timestamp();
    let mut header = Header::new(Algorithm::EdDSA);
    header.typ = Some("at+jwt".to_owned());
    header.kid = Some(key(1).kid().to_owned());
    let mut claims = json!({
        "iss": "https://evently.test", "aud": "evently", "sub": ACCOUNT, "jti": Uuid::from_u128(8),
        "role": "user", "iat": now, "nbf": now, "exp": now + 600,
    });
    change(&mut header, &mut claims);
    jsonwebtoken::encode(&header, &claims, &key(1).sign).unwrap()
}

fn refusal(token: &str) -> TokenRefusal {
    Verifier::new(keys(&[1]), &policy(), clock())
        .caller(token)
        .unwrap_err()
}

#[test]
fn a_genuine_token_names_its_caller() {
    let clock = clock();
    let verifier = Verifier::new(keys(&[1]), &policy(), clock.clone());
    let token = genuine(&clock);
    for _ in 0..3 {
        let caller = verifier.caller(&token).unwrap();
        assert_eq!((caller.account, caller.role), (ACCOUNT, Role::User));
    }
    assert!(verifier.caller(&signed(|_, _| ())).is_ok());
}

#[test]
fn a_remembered_token_ends_with_its_time() {
    let clock = clock();
    let verifier = Verifier::new(keys(&[1]), &policy(), clock.clone());
    let token = genuine(&clock);
    assert!(verifier.caller(&token).is_ok());
    clock.advance(Duration::from_secs(629));
    assert!(verifier.caller(&token).is_ok());
    clock.advance(Duration::from_secs(1));
    assert_eq!(verifier.caller(&token), Err(TokenRefusal::Expired));
    assert_eq!(verifier.caller(&token), Err(TokenRefusal::Expired));
}

#[test]
fn a_token_from_the_future_waits_but_clocks_may_differ_a_little() {
    let verifier = Verifier::new(keys(&[1]), &policy(), clock());
    let nbf = |ahead: i64| signed(|_, claims| claims["nbf"] = json!(1_800_000_000 + ahead));
    assert_eq!(verifier.caller(&nbf(31)), Err(TokenRefusal::Early));
    assert!(verifier.caller(&nbf(30)).is_ok());
}

#[test]
fn unsigned_tokens_are_refused() {
    let token = genuine(&clock());
    let (_, rest) = token.split_once('.').unwrap();
    let (payload, signature) = rest.split_once('.').unwrap();
    for alg in ["none", "None", "NONE", "nOnE", ""] {
        let header = json!({ "alg": alg, "typ": "at+jwt", "kid": key(1).kid() });
        let header = URL_SAFE_NO_PAD.encode(header.to_string());
        assert_eq!(
            refusal(&format!("{header}.{payload}.")),
            TokenRefusal::Invalid,
            "{alg}"
        );
        assert_eq!(
            refusal(&format!("{header}.{payload}.{signature}")),
            TokenRefusal::Invalid,
            "{alg}"
        );
    }
}

#[test]
fn a_token_keyed_with_the_public_key_is_refused() {
    let jwks = keys(&[1]).jwks();
    let public = URL_SAFE_NO_PAD
        .decode(jwks["keys"][0]["x"].as_str().unwrap())
        .unwrap();
    let claims: Value = {
        let token = genuine(&clock());
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap()).unwrap()
    };
    for alg in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
        let mut header = Header::new(alg);
        header.typ = Some("at+jwt".to_owned());
        header.kid = Some(key(1).kid().to_owned());
        let forged = jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(&public)).unwrap();
        assert_eq!(refusal(&forged), TokenRefusal::Invalid, "{alg:?}");
    }
}

#[test]
fn a_header_that_brings_its_own_key_is_refused_even_with_a_good_signature() {
    let changes: [fn(&mut Header, &mut Value); 7] = [
        |header, _| header.jku = Some("https://evil.test/jwks".to_owned()),
        |header, _| header.x5u = Some("https://evil.test/cert".to_owned()),
        |header, _| header.x5c = Some(vec!["AAAA".to_owned()]),
        |header, _| header.x5t = Some("AAAA".to_owned()),
        |header, _| header.x5t_s256 = Some("AAAA".to_owned()),
        |header, _| header.crit = Some(vec!["exp".to_owned()]),
        |header, _| header.jwk = serde_json::from_value(keys(&[2]).jwks()["keys"][0].clone()).ok(),
    ];
    for (number, change) in changes.into_iter().enumerate() {
        assert_eq!(refusal(&signed(change)), TokenRefusal::Invalid, "{number}");
    }
}

#[test]
fn wrong_headers_and_claims_are_refused_even_with_a_good_signature() {
    let changes: [fn(&mut Header, &mut Value); 16] = [
        |header, _| header.typ = Some("JWT".to_owned()),
        |header, _| header.typ = None,
        |header, _| header.kid = None,
        |header, _| header.kid = Some("../../dev/null".to_owned()),
        |header, _| header.kid = Some(key(2).kid().to_owned()),
        |_, claims| claims["iss"] = json!("https://evil.test"),
        |_, claims| claims["aud"] = json!("other"),
        |_, claims| claims["role"] = json!("root"),
        |_, claims| claims["sub"] = json!("admin"),
        |_, claims| claims["exp"] = json!("never"),
        |_, claims| claims["exp"] = json!(i64::MAX),
        |_, claims| claims["exp"] = Value::Null,
        |_, claims| claims["nbf"] = Value::Null,
        |_, claims| claims["iat"] = Value::Null,
        |_, claims| claims["jti"] = Value::Null,
        |_, claims| claims["aud"] = Value::Null,
    ];
    for (number, change) in changes.into_iter().enumerate() {
        assert_eq!(refusal(&signed(change)), TokenRefusal::Invalid, "{number}");
    }
}

#[test]
fn a_token_of_a_strangers_key_is_refused() {
    let mut header = Header::new(Algorithm::EdDSA);
    header.typ = Some("at+jwt".to_owned());
    header.kid = Some(key(1).kid().to_owned());
    let payload = genuine(&clock());
    let claims = URL_SAFE_NO_PAD
        .decode(payload.split('.').nth(1).unwrap())
        .unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    let forged = jsonwebtoken::encode(&header, &claims, &key(2).sign).unwrap();
    assert_eq!(refusal(&forged), TokenRefusal::Invalid);
}

#[test]
fn a_flipped_bit_anywhere_is_noticed_also_once_the_genuine_token_is_remembered() {
    let clock = clock();
    let verifier = Verifier::new(keys(&[1]), &policy(), clock.clone());
    let token = genuine(&clock);
    assert!(verifier.caller(&token).is_ok());
    for place in 0..token.len() {
        let mut forged = token.clone().into_bytes();
        forged[place] = if forged[place] == b'A' { b'B' } else { b'A' };
        let forged = String::from_utf8(forged).unwrap();
        assert_eq!(verifier.caller(&forged), Err(TokenRefusal::Invalid), "{place}");
    }
}

#[test]
fn garbage_is_refused() {
    for text in ["", ".", "..", "...", "a.b.c", "é.é.é", &"x".repeat(100_000)] {
        assert_eq!(refusal(text), TokenRefusal::Invalid);
    }
}

#[test]
fn keys_rotate_with_overlap() {
    let clock = clock();
    let old = genuine(&clock);
    let both = Verifier::new(keys(&[2, 1]), &policy(), clock.clone());
    let new = Issuer::new(&keys(&[2, 1]), &policy())
        .issue(ACCOUNT, Role::Admin, clock.now())
        .unwrap()
        .0;
    assert!(both.caller(&old).is_ok() && both.caller(&new).is_ok());
    let after = Verifier::new(keys(&[2]), &policy(), clock);
    assert!(after.caller(&old).is_err() && after.caller(&new).is_ok());
}

#[test]
fn the_published_keys_have_no_private_half() {
    let jwks = keys(&[1, 2]).jwks();
    for jwk in jwks["keys"].as_array().unwrap() {
        assert!(jwk.get("d").is_none());
        assert_eq!(
            (&jwk["kty"], &jwk["crv"], &jwk["alg"]),
            (&json!("OKP"), &json!("Ed25519"), &json!("EdDSA"))
        );
    }
}

#[test]
fn unusable_keys_are_refused() {
    assert_eq!(Keys::new(Vec::new()).unwrap_err(), KeyRefusal::None);
    assert_eq!(Keys::new(vec![key(1), key(1)]).unwrap_err(), KeyRefusal::Twice);
    assert_eq!(
        SigningKey::parse("not base64!").unwrap_err(),
        KeyRefusal::Unreadable
    );
    assert_eq!(
        SigningKey::from_seed(&[1; 31]).unwrap_err(),
        KeyRefusal::Unreadable
    );
}
