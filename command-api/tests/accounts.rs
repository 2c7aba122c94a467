//! Accounts over HTTP, against a real database: registering, logging in, who one is, and what is stored where.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panic, and so do the functions that it stands on"
)]

#[path = "accounts/app.rs"]
mod app;

#[path = "accounts/administrators.rs"]
mod administrators;

use std::time::{Duration, Instant};

use actix_web::http::StatusCode;
use app::{App, CHEAP, PASSWORD, SECRET, hashing};
use domain::account::Role;
use domain::ids::AccountId;
use identity::create_account;
use identity::credentials::{Credentials, Reservation};
use identity::email::{Email, EmailDigests};
use identity::password::Password;
use identity::password::hashing::Cost;
use identity::sealing::AccountKey;
use serde_json::json;
use uuid::Uuid;

#[actix_web::test]
async fn a_person_registers_logs_in_and_reads_the_account() {
    let app = App::start().await;
    let answer = app.register("Ann@Example.org", PASSWORD, "Ann Leibowitz").await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.body);

    let login = app.login("ann@example.org", PASSWORD).await;
    assert_eq!(login.status, StatusCode::OK, "{}", login.body);
    assert_eq!(login.body["token_type"], "Bearer");
    assert_eq!(login.body["account"]["email"], "Ann@example.org");

    let me = app.me(login.token()).await;
    assert_eq!(me.status, StatusCode::OK, "{}", me.body);
    assert_eq!(me.body, login.body["account"]);
    assert_eq!(me.body["name"], "Ann Leibowitz");
    assert_eq!(me.body["role"], "user");
}

#[actix_web::test]
async fn security_6_registering_answers_alike_for_free_and_taken_addresses() {
    let app = App::start().await;
    let before = Instant::now();
    let free = app.register("ann@example.org", PASSWORD, "Ann").await;
    let took_free = before.elapsed();
    let before = Instant::now();
    let taken = app
        .register("ann@example.org", "another long password of mallory", "Mallory")
        .await;
    let took_taken = before.elapsed();

    assert_eq!((free.status, &free.body), (taken.status, &taken.body));
    assert_eq!(free.header_names(), taken.header_names());
    assert!(took_free >= Duration::from_millis(250) && took_taken >= Duration::from_millis(250));

    assert_eq!(
        app.login("ann@example.org", "another long password of mallory")
            .await
            .status,
        401
    );
    let login = app.login("ann@example.org", PASSWORD).await;
    assert_eq!(login.body["account"]["name"], "Ann");
}

#[actix_web::test]
async fn security_6_a_wrong_password_and_an_unknown_address_are_answered_alike() {
    let app = App::start().await;
    create_account(&app.accounts, "ann@example.org", PASSWORD, "Ann", Role::User)
        .await
        .unwrap();
    let wrong = app.login("ann@example.org", "not the password at all").await;
    let unknown = app.login("bob@example.org", "not the password at all").await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    assert_eq!(wrong.body["type"], "/problems/invalid-credentials");
    assert!(wrong.header("www-authenticate").is_some());
    assert_eq!((wrong.status, &wrong.body), (unknown.status, &unknown.body));
    assert_eq!(wrong.header_names(), unknown.header_names());
}

#[actix_web::test]
async fn security_6_a_login_to_no_account_takes_as_long_as_one_to_an_account() {
    let app = App::with(hashing(
        Cost {
            memory_kib: 19 * 1024,
            passes: 6,
        },
        1,
        4,
    ))
    .await;
    create_account(&app.accounts, "ann@example.org", PASSWORD, "Ann", Role::User)
        .await
        .unwrap();
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for n in 0..3 {
        let before = Instant::now();
        app.login("ann@example.org", "not the password at all").await;
        known.push(before.elapsed());
        let before = Instant::now();
        app.login(&format!("unknown{n}@example.org"), "not the password at all")
            .await;
        unknown.push(before.elapsed());
    }
    let (known, unknown) = (known.iter().min().unwrap(), unknown.iter().min().unwrap());
    assert!(
        *unknown * 2 > *known && *known * 2 > *unknown,
        "known {known:?}, unknown {unknown:?}"
    );
}

#[actix_web::test]
async fn security_17_unknown_fields_such_as_a_role_are_refused() {
    let app = App::start().await;
    let body = json!({ "email": "ann@example.org", "password": PASSWORD, "name": "Ann", "role": "admin" });
    let answer = app.post("/api/v1/auth/register", &body).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.body);
    assert_eq!(app.facts().await, Vec::<String>::new());
}

#[actix_web::test]
async fn what_is_wrong_with_an_application_is_reported_field_by_field() {
    let app = App::start().await;
    let answer = app.register("no at sign", "too short", "").await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let pointers: Vec<&str> = answer.body["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["pointer"].as_str().unwrap())
        .collect();
    assert_eq!(pointers, ["#/email", "#/password", "#/name"]);
    let weak = app
        .register("ann@example.org", "password password 1", "Ann")
        .await;
    assert_eq!(weak.body["type"], "/problems/weak-password");
}

#[actix_web::test]
async fn security_20_of_many_registrations_at_once_one_opens_the_account() {
    let app = App::start().await;
    let all = (0..20).map(|n| register_as(&app, n));
    let answers = futures::future::join_all(all).await;
    assert!(
        answers
            .iter()
            .all(|answer| answer.status == 202 || answer.status == 503)
    );
    assert!(answers.iter().any(|answer| answer.status == 202));
    assert_eq!(app.facts().await, ["AccountRegistered"]);
    assert_eq!(
        app.login("ann@example.org", PASSWORD).await.status,
        StatusCode::OK
    );
}

async fn register_as(app: &App, n: u32) -> app::Answer {
    app.register("ann@example.org", PASSWORD, &format!("Ann {n}"))
        .await
}

async fn login_to_no_account(app: &App, n: u32) -> app::Answer {
    app.login(&format!("unknown{n}@example.org"), PASSWORD).await
}

/// What a registration leaves behind that broke off between the credentials and the fact.
async fn reserve(app: &App, address: &str, password: &str) -> AccountId {
    let account = AccountId::new(Uuid::new_v4());
    let hash = app.hashing.hash(Password::typed(password)).await.unwrap();
    let digest = EmailDigests::new(SECRET).of(&Email::parse(address).unwrap());
    let credentials = Credentials::new(app.database.writer.clone());
    let key = AccountKey::generate().unwrap();
    let reserved = credentials.reserve(account, digest, &hash, &key).await.unwrap();
    assert!(matches!(reserved, Reservation::Reserved));
    account
}

#[actix_web::test]
async fn a_registration_that_broke_off_opens_no_door_until_the_same_person_completes_it() {
    let app = App::start().await;
    let account = reserve(&app, "ann@example.org", PASSWORD).await;
    assert_eq!(
        app.login("ann@example.org", PASSWORD).await.status,
        StatusCode::UNAUTHORIZED
    );

    app.register("ann@example.org", PASSWORD, "Ann").await;
    let login = app.login("ann@example.org", PASSWORD).await;
    assert_eq!(login.status, StatusCode::OK, "{}", login.body);
    assert_eq!(login.body["account"]["id"], account.to_string());
}

#[actix_web::test]
async fn an_interrupted_registration_is_taken_over_only_when_it_cannot_go_on() {
    let app = App::start().await;
    reserve(&app, "ann@example.org", "the password of another person").await;
    app.register("ann@example.org", PASSWORD, "Ann").await;
    assert_eq!(app.facts().await, Vec::<String>::new());

    app.as_owner("update credentials set changed_at = now() - interval '61 seconds'")
        .await;
    app.register("ann@example.org", PASSWORD, "Ann").await;
    assert_eq!(app.facts().await, ["AccountRegistered"]);
    assert_eq!(
        app.login("ann@example.org", "the password of another person")
            .await
            .status,
        401
    );
    assert_eq!(
        app.login("ann@example.org", PASSWORD).await.status,
        StatusCode::OK
    );
}

#[actix_web::test]
async fn security_44_personal_data_are_in_no_fact_and_unreadable_once_the_key_is_gone() {
    let app = App::start().await;
    app.register("ann@example.org", PASSWORD, "Ann Leibowitz").await;
    let token = app.login("ann@example.org", PASSWORD).await.token().to_owned();
    let log = app.log_as_text().await.to_lowercase();
    assert!(log.contains("accountregistered"));
    for personal in ["leibowitz", "ann@", "example.org", "canticle"] {
        assert!(!log.contains(personal), "{personal} is in the log");
    }

    app.as_owner("delete from account_keys").await;
    assert_eq!(app.me(&token).await.status, StatusCode::NOT_FOUND);
    assert_eq!(
        app.login("ann@example.org", PASSWORD).await.status,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(app.facts().await, ["AccountRegistered"]);
}

#[actix_web::test]
async fn security_4_a_login_hashes_anew_when_the_costs_were_raised() {
    let app = App::start().await;
    create_account(&app.accounts, "ann@example.org", PASSWORD, "Ann", Role::User)
        .await
        .unwrap();
    let dear = app.again(hashing(
        Cost {
            memory_kib: 2 * CHEAP.memory_kib,
            ..CHEAP
        },
        1,
        4,
    ));
    assert_eq!(
        dear.login("ann@example.org", PASSWORD).await.status,
        StatusCode::OK
    );
    assert!(dear.password_hash().await.contains("m=128,"));
    assert_eq!(
        dear.login("ann@example.org", PASSWORD).await.status,
        StatusCode::OK
    );
}

#[actix_web::test]
async fn security_4_logins_beyond_the_queue_are_asked_to_retry() {
    let app = App::with(hashing(
        Cost {
            memory_kib: 64 * 1024,
            passes: 8,
        },
        1,
        1,
    ))
    .await;
    let all = (0..8).map(|n| login_to_no_account(&app, n));
    let answers = futures::future::join_all(all).await;
    let busy: Vec<_> = answers.iter().filter(|answer| answer.status == 503).collect();
    assert_eq!(busy.len(), 6);
    assert!(
        busy.iter()
            .all(|answer| answer.header("retry-after") == Some("1"))
    );
    assert!(
        busy.iter()
            .all(|answer| answer.body["type"] == "/problems/overloaded")
    );
}

#[actix_web::test]
async fn security_5_failed_logins_are_answered_later_and_the_owner_still_gets_in() {
    let app = App::start().await;
    create_account(&app.accounts, "ann@example.org", PASSWORD, "Ann", Role::User)
        .await
        .unwrap();
    for _ in 0..4 {
        assert_eq!(
            app.login("ann@example.org", "guessing and guessing").await.status,
            401
        );
    }
    let before = Instant::now();
    assert_eq!(
        app.login("ann@example.org", PASSWORD).await.status,
        StatusCode::OK
    );
    assert!(before.elapsed() >= Duration::from_millis(500));
    let before = Instant::now();
    assert_eq!(
        app.login("ann@example.org", PASSWORD).await.status,
        StatusCode::OK
    );
    assert!(before.elapsed() < Duration::from_millis(500));
}

#[actix_web::test]
async fn without_a_token_nothing_is_answered() {
    let app = App::start().await;
    assert_eq!(app.me("rubbish").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(
        app.get("/api/v1/auth/me", None).await.status,
        StatusCode::UNAUTHORIZED
    );
}

#[actix_web::test]
async fn the_public_keys_verify_the_tokens_that_are_issued() {
    let app = App::start().await;
    create_account(&app.accounts, "ann@example.org", PASSWORD, "Ann", Role::User)
        .await
        .unwrap();
    let token = app.login("ann@example.org", PASSWORD).await.token().to_owned();
    let jwks = app.get("/.well-known/jwks.json", None).await;
    assert_eq!(jwks.header("content-type"), Some("application/jwk-set+json"));
    let jwks: jsonwebtoken::jwk::JwkSet = serde_json::from_value(jwks.body).unwrap();
    let kid = jsonwebtoken::decode_header(&token).unwrap().kid.unwrap();
    let key = jsonwebtoken::DecodingKey::from_jwk(jwks.find(&kid).unwrap()).unwrap();
    let mut validation = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::EdDSA);
    validation.set_audience(&[app::AUDIENCE]);
    let claims = jsonwebtoken::decode::<serde_json::Value>(&token, &key, &validation)
        .unwrap()
        .claims;
    assert_eq!(claims["role"], "user");
}
