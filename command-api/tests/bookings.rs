//! Bookings over HTTP, against a real database: every verb, every refusal with its status and slug.

#[cfg(test)]
#[path = "app/app.rs"]
mod app;

#[cfg(test)]
#[path = "bookings/placing.rs"]
mod placing;

use actix_web::http::{Method, StatusCode};
use app::{Answer, App, Person, person};
use edge::token::Role;
use serde_json::json;
use uuid::Uuid;

const HOLD_SECONDS: u64 = 10 * 60;

/// An Event on sale.
async fn on_sale(app: &App, organizer: Person) -> String {
    let (id, _) = app.draft(organizer).await;
    for verb in ["publication", "opening"] {
        let done = app
            .post(&format!("/api/v1/admin/events/{id}/{verb}"))
            .by(organizer)
            .send()
            .await;
        assert_eq!(done.status, StatusCode::OK, "{}", done.body);
    }
    id
}

/// Places a Booking of any places of a section.
async fn place_any(app: &App, buyer: Person, event: &str, section: &str, quantity: u32) -> Answer {
    let body = json!({ "event_id": event, "section_id": section, "quantity": quantity });
    app.post("/api/v1/bookings")
        .by(buyer)
        .key(&Uuid::new_v4().to_string())
        .json(&body)
        .await
}

#[actix_web::test]
async fn a_hold_is_extended_once() {
    let app = App::start().await;
    let event = on_sale(&app, person(Role::Organizer)).await;
    let buyer = person(Role::User);
    let id = app.place(buyer, &event, "k1", &["stalls-A-1"]).await.id();
    let path = format!("/api/v1/bookings/{id}/extension");
    for _ in 0..2 {
        let extended = app.post(&path).by(buyer).send().await;
        assert_eq!(extended.status, StatusCode::OK, "{}", extended.body);
        assert_eq!(extended.body["expires_at"], "2030-05-01T12:15:00Z");
        assert!(extended.position() > 0);
    }
    app.later(15 * 60);
    assert_eq!(
        app.post(&path).by(buyer).send().await.problem(),
        (410, "hold-expired")
    );
}

#[actix_web::test]
async fn a_released_hold_frees_its_seats_and_is_released_once_and_for_all() {
    let app = App::start().await;
    let event = on_sale(&app, person(Role::Organizer)).await;
    let buyer = person(Role::User);
    let placed = app.place(buyer, &event, "k1", &["stalls-A-1"]).await;
    let path = format!("/api/v1/bookings/{}", placed.id());
    for _ in 0..2 {
        let released = app.delete(&path).by(buyer).send().await;
        assert_eq!(released.status, StatusCode::NO_CONTENT);
        assert!(released.position() > placed.position());
    }
    assert_eq!(
        app.place(person(Role::User), &event, "k1", &["stalls-A-1"])
            .await
            .status,
        StatusCode::CREATED
    );
    let extension = app.post(&format!("{path}/extension")).by(buyer).send().await;
    assert_eq!(extension.problem(), (409, "invalid-state"));
    let confirmation = app.post(&format!("{path}/confirmation")).by(buyer).send().await;
    assert_eq!(confirmation.problem(), (409, "invalid-state"));
    let again = app.place(buyer, &event, "k1", &["stalls-A-1"]).await;
    assert_eq!(
        (again.status, &again.body["status"]),
        (StatusCode::CREATED, &json!("released"))
    );
}

#[actix_web::test]
async fn a_booking_without_price_is_confirmed_and_one_with_a_price_waits_for_its_payment() {
    let app = App::start().await;
    let event = on_sale(&app, person(Role::Organizer)).await;
    let buyer = person(Role::User);
    let free = place_any(&app, buyer, &event, "lawn", 2).await.id();
    for _ in 0..2 {
        let confirmed = app
            .post(&format!("/api/v1/bookings/{free}/confirmation"))
            .by(buyer)
            .send()
            .await;
        assert_eq!(confirmed.status, StatusCode::OK, "{}", confirmed.body);
        assert_eq!(confirmed.body["status"], "confirmed");
        assert_eq!(confirmed.body["expires_at"], json!(null));
    }
    let release = app
        .delete(&format!("/api/v1/bookings/{free}"))
        .by(buyer)
        .send()
        .await;
    assert_eq!(release.status, StatusCode::OK, "{}", release.body);
    assert_eq!(release.body["status"], "cancelled");
    let extension = app
        .post(&format!("/api/v1/bookings/{free}/extension"))
        .by(buyer)
        .send()
        .await;
    assert_eq!(extension.problem(), (409, "invalid-state"));

    let priced = app.place(buyer, &event, "k1", &["stalls-A-1"]).await.id();
    let path = format!("/api/v1/bookings/{priced}/confirmation");
    let refused = app.post(&path).by(buyer).send().await;
    assert_eq!(refused.problem(), (409, "payment-required-to-confirm"));
    assert_eq!(
        refused.body["total"],
        json!({ "amount": 1200, "currency": "EUR" })
    );
    app.later(HOLD_SECONDS);
    assert_eq!(
        app.post(&path).by(buyer).send().await.problem(),
        (410, "hold-expired")
    );
}

#[actix_web::test]
async fn seats_of_an_expired_hold_are_free_for_the_next_buyer() {
    let app = App::start().await;
    let event = on_sale(&app, person(Role::Organizer)).await;
    app.place(person(Role::User), &event, "k1", &["stalls-A-1"]).await;
    app.later(HOLD_SECONDS);
    let placed = app.place(person(Role::User), &event, "k1", &["stalls-A-1"]).await;
    assert_eq!(placed.status, StatusCode::CREATED, "{}", placed.body);
}

#[actix_web::test]
async fn security_16_a_foreign_booking_answers_like_an_absent_one() {
    let app = App::start().await;
    let event = on_sale(&app, person(Role::Organizer)).await;
    let id = app
        .place(person(Role::User), &event, "k1", &["stalls-A-1"])
        .await
        .id();
    let other = person(Role::Admin);
    let absent = Uuid::new_v4().to_string();
    let mut bodies = Vec::new();
    for booking in [id.as_str(), &absent, "no-uuid"] {
        let path = format!("/api/v1/bookings/{booking}");
        let release = app.delete(&path).by(other).send().await;
        let extension = app.post(&format!("{path}/extension")).by(other).send().await;
        let confirmation = app.post(&format!("{path}/confirmation")).by(other).send().await;
        for answer in [release, extension, confirmation] {
            assert_eq!(answer.problem(), (404, "not-found"));
            bodies.push(answer.body);
        }
    }
    assert!(bodies.iter().all(|body| *body == bodies[0]), "{bodies:?}");
}

#[actix_web::test]
async fn security_14_booking_needs_a_token_and_auditors_change_nothing() {
    let app = App::start().await;
    let event = on_sale(&app, person(Role::Organizer)).await;
    let body = json!({ "event_id": event, "seat_ids": ["stalls-A-1"] });
    let stranger = app.post("/api/v1/bookings").key("k1").json(&body).await;
    assert_eq!(stranger.problem(), (401, "unauthenticated"));
    assert!(stranger.header("www-authenticate").is_some());
    let auditor = app
        .place(person(Role::Auditor), &event, "k1", &["stalls-A-1"])
        .await;
    assert_eq!(auditor.problem(), (403, "forbidden"));
    for role in [Role::User, Role::Organizer, Role::Admin] {
        let placed = place_any(&app, person(role), &event, "stalls", 1).await;
        assert_eq!(placed.status, StatusCode::CREATED, "{role:?}");
    }
}

#[actix_web::test]
async fn what_is_no_request_to_book_is_refused_before_it_reaches_the_event() {
    let app = App::start().await;
    let buyer = person(Role::User);
    let event = Uuid::new_v4();
    let post = || app.post("/api/v1/bookings").by(buyer).key("k1");

    let keyless = app
        .post("/api/v1/bookings")
        .by(buyer)
        .json(&json!({ "event_id": event, "seat_ids": [] }))
        .await;
    assert_eq!(keyless.problem(), (400, "missing-idempotency-key"));
    for body in [
        json!({ "event_id": event }),
        json!({ "event_id": event, "section_id": "stalls" }),
        json!({ "event_id": event, "seat_ids": ["a"], "section_id": "stalls", "quantity": 1 }),
    ] {
        let answer = post().json(&body).await;
        assert_eq!(
            (answer.problem(), answer.pointers()),
            ((422, "invalid-body"), vec!["#"])
        );
    }
    let unknown = post()
        .json(&json!({ "event_id": event, "seat_ids": ["a"], "price": 1 }))
        .await;
    assert_eq!(
        (unknown.problem(), unknown.pointers()),
        ((422, "invalid-body"), vec!["#/price"])
    );
    let blank = post()
        .json(&json!({ "event_id": event, "seat_ids": ["a", " "] }))
        .await;
    assert_eq!(
        (blank.problem(), blank.pointers()),
        ((422, "invalid-body"), vec!["#/seat_ids/1"])
    );
    let broken = post().text("application/json", "{\"event_id\":".to_owned()).await;
    assert_eq!(broken.problem(), (400, "unreadable-body"));
    let form = post()
        .text("application/x-www-form-urlencoded", "a=b".to_owned())
        .await;
    assert_eq!(form.problem(), (415, "unsupported-media-type"));
    let huge = post()
        .text(
            "application/json",
            format!("{{\"event_id\":\"{}\"}}", "x".repeat(70_000)),
        )
        .await;
    assert_eq!(huge.problem(), (413, "body-too-large"));
}

#[actix_web::test]
async fn security_29_unknown_paths_and_wrong_methods_are_answered_differently() {
    let app = App::start().await;
    let put = app
        .call(Method::PUT, "/api/v1/bookings")
        .by(person(Role::User))
        .send()
        .await;
    assert_eq!(
        (put.problem(), put.header("allow")),
        ((405, "method-not-allowed"), Some("POST"))
    );
    let head = app.call(Method::HEAD, "/api/v1/auth/me").send().await;
    assert_ne!(
        head.status,
        StatusCode::METHOD_NOT_ALLOWED,
        "HEAD is where GET is"
    );
    let path = format!("/api/v1/bookings/{}", Uuid::new_v4());
    assert_eq!(
        app.call(Method::TRACE, &path).send().await.header("allow"),
        Some("DELETE")
    );
    assert_eq!(
        app.post("/api/v1/booking").send().await.problem(),
        (404, "not-found")
    );
}

#[actix_web::test]
async fn after_the_last_command_is_drained_more_are_turned_away() {
    let app = App::start().await;
    let event = on_sale(&app, person(Role::Organizer)).await;
    app.api.drain().await;
    let late = app.place(person(Role::User), &event, "k1", &["stalls-A-1"]).await;
    assert_eq!(late.problem(), (503, "unavailable"));
    assert_eq!(late.header("retry-after"), Some("1"));
}

#[actix_web::test]
async fn a_command_is_carried_out_even_if_its_client_goes_away() {
    let app = App::start().await;
    let event = on_sale(&app, person(Role::Organizer)).await;
    let buyer = person(Role::User);
    {
        let mut gone = Box::pin(app.place(buyer, &event, "k1", &["stalls-A-1"]));
        // Polled until the command waits for its lane, then dropped as a closed connection drops it.
        for _ in 0..3 {
            let _ = futures::poll!(&mut gone);
        }
    }
    let other = app.place(person(Role::User), &event, "k1", &["stalls-A-1"]).await;
    assert_eq!(other.problem(), (409, "seats-taken"));
}
