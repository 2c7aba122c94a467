//! Placing a Booking: which seats it gets, and why it gets none.

use actix_web::http::StatusCode;
use edge::token::Role;
use futures::future::join_all;
use serde_json::json;
use uuid::Uuid;

use crate::app::{App, person};
use crate::{HOLD_SECONDS, on_sale, place_any};

#[actix_web::test]
async fn named_free_seats_are_held_at_a_price_that_stays() {
    let app = App::start().await;
    let event = on_sale(&app, person(Role::Organizer)).await;
    let placed = app
        .place(person(Role::User), &event, "k1", &["stalls-A-1", "stalls-A-2"])
        .await;

    assert_eq!(placed.status, StatusCode::CREATED, "{}", placed.body);
    let id = placed.id();
    assert_eq!(
        placed.header("location"),
        Some(format!("/api/v1/bookings/{id}").as_str())
    );
    assert_eq!(placed.header("content-type"), Some("application/json"));
    assert!(placed.position() > 0);
    assert_eq!(placed.body["event_id"], event);
    assert_eq!(placed.body["status"], "held");
    assert_eq!(placed.body["reference"].as_str().unwrap().len(), 10);
    assert_eq!(placed.body["total"], json!({ "amount": 2400, "currency": "EUR" }));
    assert_eq!(placed.body["expires_at"], "2030-05-01T12:10:00Z");
    assert_eq!(placed.body["expires_in_seconds"], HOLD_SECONDS);
    let line = json!([{
        "section_id": "stalls",
        "quantity": 2,
        "seats": ["stalls-A-1", "stalls-A-2"],
        "unit_price": { "amount": 1200, "currency": "EUR" },
    }]);
    assert_eq!(placed.body["lines"], line);
}

#[actix_web::test]
async fn a_request_for_a_section_gets_the_best_seats_or_places_without_names() {
    let app = App::start().await;
    let event = on_sale(&app, person(Role::Organizer)).await;
    let seated = place_any(&app, person(Role::User), &event, "stalls", 3).await;
    assert_eq!(seated.status, StatusCode::CREATED, "{}", seated.body);
    assert_eq!(seated.body["lines"][0]["seats"].as_array().unwrap().len(), 3);

    let lawn = place_any(&app, person(Role::User), &event, "lawn", 3).await;
    assert_eq!(lawn.status, StatusCode::CREATED, "{}", lawn.body);
    assert_eq!(lawn.body["lines"][0]["seats"], json!([]));
    assert_eq!(lawn.body["lines"][0]["quantity"], 3);
    assert_eq!(lawn.body["total"]["amount"], 0);
}

#[actix_web::test]
async fn security_26_a_repeated_request_gets_the_same_booking_and_another_one_with_its_key_is_refused() {
    let app = App::start().await;
    let event = on_sale(&app, person(Role::Organizer)).await;
    let (buyer, other) = (person(Role::User), person(Role::User));
    let first = app.place(buyer, &event, "k1", &["stalls-A-1"]).await;
    let again = app.place(buyer, &event, "k1", &["stalls-A-1"]).await;
    assert_eq!((again.status, &again.body), (StatusCode::CREATED, &first.body));

    let reused = app.place(buyer, &event, "k1", &["stalls-A-2"]).await;
    assert_eq!(reused.problem(), (422, "key-reused"));
    let elsewhere = app.place(other, &event, "k1", &["stalls-A-2"]).await;
    assert_eq!(
        elsewhere.status,
        StatusCode::CREATED,
        "a key is its account's own"
    );
}

#[actix_web::test]
async fn security_20_identical_requests_at_once_place_one_booking() {
    let app = App::start().await;
    let event = on_sale(&app, person(Role::Organizer)).await;
    let buyer = person(Role::User);
    let answers = join_all((0..20).map(|_| app.place(buyer, &event, "k1", &["stalls-A-1"]))).await;
    assert!(answers.iter().all(|answer| answer.status == StatusCode::CREATED));
    assert!(answers.iter().all(|answer| answer.body == answers[0].body));
}

#[actix_web::test]
async fn security_19_of_many_buyers_of_one_seat_one_gets_it_and_the_others_learn_which_is_taken() {
    let app = App::start().await;
    let event = on_sale(&app, person(Role::Organizer)).await;
    let buyers: Vec<_> = (0..20).map(|_| person(Role::User)).collect();
    let answers = join_all(
        buyers
            .iter()
            .map(|buyer| app.place(*buyer, &event, "k", &["stalls-A-1", "stalls-A-2"])),
    )
    .await;
    let (held, refused): (Vec<_>, Vec<_>) = answers
        .iter()
        .partition(|answer| answer.status == StatusCode::CREATED);
    assert_eq!((held.len(), refused.len()), (1, 19));
    for answer in refused {
        assert_eq!(answer.problem(), (409, "seats-taken"));
        assert_eq!(answer.body["seats"], json!(["stalls-A-1", "stalls-A-2"]));
    }
}

#[actix_web::test]
async fn seats_that_cannot_be_named_are_refused() {
    let app = App::start().await;
    let event = on_sale(&app, person(Role::Organizer)).await;
    let buyer = person(Role::User);
    let unknown = app
        .place(buyer, &event, "k1", &["stalls-A-1", "balcony-9-9"])
        .await;
    assert_eq!(unknown.problem(), (422, "unknown-seats"));
    assert_eq!(unknown.body["seats"], json!(["balcony-9-9"]));
    let twice = app
        .place(buyer, &event, "k2", &["stalls-A-1", "stalls-A-1"])
        .await;
    assert_eq!(twice.problem(), (422, "duplicate-seats"));
    assert_eq!(twice.body["seats"], json!(["stalls-A-1"]));
    assert_eq!(
        app.place(buyer, &event, "k3", &[]).await.problem(),
        (422, "no-seats")
    );
    assert_eq!(
        place_any(&app, buyer, &event, "stalls", 0).await.problem(),
        (422, "no-seats")
    );
    assert_eq!(
        place_any(&app, buyer, &event, "stalls", 21).await.problem(),
        (422, "too-many-seats")
    );
    assert_eq!(
        place_any(&app, buyer, &event, "balcony", 1).await.problem(),
        (422, "unknown-section")
    );
}

#[actix_web::test]
async fn what_is_sold_out_or_over_the_limit_is_refused_with_its_numbers() {
    let app = App::start().await;
    let event = on_sale(&app, person(Role::Organizer)).await;
    let buyer = person(Role::User);
    assert_eq!(
        place_any(&app, buyer, &event, "lawn", 8).await.status,
        StatusCode::CREATED
    );
    let over = place_any(&app, buyer, &event, "stalls", 1).await;
    assert_eq!(over.problem(), (409, "over-buyer-limit"));
    assert_eq!((&over.body["max"], &over.body["already"]), (&json!(8), &json!(8)));
    let sold_out = place_any(&app, person(Role::User), &event, "lawn", 3).await;
    assert_eq!(sold_out.problem(), (409, "sold-out"));
    assert_eq!(
        (&sold_out.body["section_id"], &sold_out.body["left"]),
        (&json!("lawn"), &json!(2))
    );
}

#[actix_web::test]
async fn security_21_the_limit_of_a_buyer_holds_though_requests_race() {
    let app = App::start().await;
    let event = on_sale(&app, person(Role::Organizer)).await;
    let buyer = person(Role::User);
    let answers = join_all((0..12).map(|_| place_any(&app, buyer, &event, "stalls", 1))).await;
    let (held, refused): (Vec<_>, Vec<_>) = answers
        .iter()
        .partition(|answer| answer.status == StatusCode::CREATED);
    assert_eq!((held.len(), refused.len()), (8, 4), "eight are allowed");
    for answer in refused {
        assert_eq!(answer.problem(), (409, "over-buyer-limit"));
    }
}

#[actix_web::test]
async fn what_is_not_on_sale_is_refused_and_a_draft_is_not_there() {
    let app = App::start().await;
    let organizer = person(Role::Organizer);
    let (event, _) = app.draft(organizer).await;
    let buyer = person(Role::User);
    assert_eq!(
        app.place(buyer, &event, "k1", &["stalls-A-1"]).await.problem(),
        (404, "not-found")
    );
    let absent = Uuid::new_v4().to_string();
    assert_eq!(
        app.place(buyer, &absent, "k1", &["stalls-A-1"]).await.problem(),
        (404, "not-found")
    );

    app.post(&format!("/api/v1/admin/events/{event}/publication"))
        .by(organizer)
        .send()
        .await;
    let opening = json!({ "from": "2030-05-01T13:00:00Z" });
    app.post(&format!("/api/v1/admin/events/{event}/opening"))
        .by(organizer)
        .json(&opening)
        .await;
    let early = app.place(buyer, &event, "k1", &["stalls-A-1"]).await;
    assert_eq!(early.problem(), (409, "not-on-sale"));
    assert_eq!(early.body["from"], "2030-05-01T13:00:00Z");
    app.later(3600);
    assert_eq!(
        app.place(buyer, &event, "k1", &["stalls-A-1"]).await.status,
        StatusCode::CREATED
    );
}
