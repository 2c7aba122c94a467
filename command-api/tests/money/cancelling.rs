//! Cancelling bookings: holds and sales, all and parts, by buyers and organizers, within the conditions and beyond.

use actix_web::http::{Method, StatusCode};
use edge::token::Role;
use futures::future::join_all;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::app::{Answer, App, Person, person};
use crate::till::{Till, cancel};

/// From the clock's beginning until a day and 19 hours before the Event: cancelling costs its fee.
const UNTIL_IT_COSTS: u64 = 4_276_800;

/// From then until a day before the Event: cancelling is refused.
const UNTIL_IT_CLOSES: u64 = 19 * 60 * 60;

async fn give_back(node: &App, by: Person, booking: &str, key: &str, body: &Value) -> Answer {
    let path = format!("/api/v1/bookings/{booking}/cancellation");
    node.post(&path).by(by).key(key).json(body).await
}

async fn give_back_for(node: &App, by: Person, booking: &str, key: &str) -> Answer {
    let path = format!("/api/v1/admin/bookings/{booking}/cancellation");
    node.post(&path).by(by).key(key).send().await
}

#[actix_web::test]
async fn a_hold_is_released_and_its_seats_are_for_sale_at_once() {
    let till = Till::start().await;
    let buyer = person(Role::User);
    let event = till.on_sale(person(Role::Organizer)).await;
    let booking = till.held(buyer, &event, &["stalls-A-1"]).await;
    for _ in 0..2 {
        assert_eq!(
            cancel(&till.app, buyer, &booking).await.status,
            StatusCode::NO_CONTENT
        );
    }
    assert_eq!(till.status(&booking).await, "released");
    till.held(person(Role::User), &event, &["stalls-A-1"]).await;
}

#[actix_web::test]
async fn a_sale_is_cancelled_for_nothing_then_for_a_fee_then_not() {
    let till = Till::start().await;
    let buyer = person(Role::User);
    let event = till.on_sale_with_policy(person(Role::Organizer)).await;
    let mut bookings = Vec::new();
    for seat in ["stalls-A-1", "stalls-A-2", "stalls-A-3"] {
        bookings.push(till.sold(buyer, &event, &[seat], "sandbox_approve").await);
    }
    for (booking, later, fee, refund) in [
        (&bookings[0], 0, 0, 1200),
        (&bookings[1], UNTIL_IT_COSTS, 180, 1020),
    ] {
        till.app.later(later);
        for _ in 0..2 {
            let cancelled = cancel(&till.app, buyer, booking).await;
            assert_eq!(cancelled.status, StatusCode::OK, "{}", cancelled.body);
            assert_eq!(cancelled.body["status"], "cancelled");
            let [cancellation] = cancelled.body["cancelled"].as_array().unwrap().as_slice() else {
                panic!("one cancellation: {}", cancelled.body);
            };
            assert_eq!(cancellation["by"], "buyer");
            assert_eq!(cancellation["gross"]["amount"], 1200);
            assert_eq!(cancellation["fee"]["amount"], fee);
            assert_eq!(cancellation["refund"]["amount"], refund);
            assert_eq!(cancelled.body["refunds"][0]["status"], "requested");
            assert_eq!(cancelled.body["refunds"][0]["amount"]["amount"], refund);
        }
    }
    till.held(person(Role::User), &event, &["stalls-A-1", "stalls-A-2"])
        .await;
    till.app.later(UNTIL_IT_CLOSES);
    let late = cancel(&till.app, buyer, &bookings[2]).await;
    assert_eq!(late.problem(), (409, "not-cancellable"));
    assert_eq!(late.body["until"], "2030-06-20T19:00:00Z");
    assert_eq!(till.status(&bookings[2]).await, "confirmed");
}

#[actix_web::test]
async fn the_conditions_of_the_sale_are_those_of_its_hold() {
    let till = Till::start().await;
    let (buyer, organizer) = (person(Role::User), person(Role::Organizer));
    let event = till.on_sale(organizer).await;
    let without = till.sold(buyer, &event, &["stalls-A-1"], "sandbox_approve").await;
    let path = format!("/api/v1/admin/events/{event}/cancellation-policy");
    let policy = json!({ "free_hours": 1, "fee": { "per_place": 100 } });
    let set = till
        .app
        .call(Method::PUT, &path)
        .by(organizer)
        .json(&policy)
        .await;
    assert_eq!(set.status, StatusCode::OK, "{}", set.body);
    let with = till.sold(buyer, &event, &["stalls-A-2"], "sandbox_approve").await;
    let removed = till
        .app
        .delete(&path)
        .by(organizer)
        .header("if-match", "*")
        .send()
        .await;
    assert_eq!(removed.status, StatusCode::OK, "{}", removed.body);

    let refused = cancel(&till.app, buyer, &without).await;
    assert_eq!(refused.problem(), (409, "not-cancellable"));
    assert!(refused.body.get("until").is_none());
    let cancelled = cancel(&till.app, buyer, &with).await;
    assert_eq!(cancelled.status, StatusCode::OK, "{}", cancelled.body);
}

#[actix_web::test]
async fn seats_are_given_back_one_by_one_each_with_a_key_of_its_own() {
    let till = Till::start().await;
    let buyer = person(Role::User);
    let event = till.on_sale_with_policy(person(Role::Organizer)).await;
    let seats = ["stalls-A-1", "stalls-A-2", "stalls-A-3"];
    let booking = till.sold(buyer, &event, &seats, "sandbox_approve").await;
    let one = json!({ "seat_ids": ["stalls-A-1"] });
    let first = give_back(&till.app, buyer, &booking, "c1", &one).await;
    assert_eq!(first.status, StatusCode::OK, "{}", first.body);
    assert_eq!(first.body["status"], "confirmed");
    assert_eq!(
        first.body["lines"][0]["seats"],
        json!(["stalls-A-2", "stalls-A-3"])
    );
    assert_eq!(first.body["cancelled"][0]["lines"][0]["seats"], one["seat_ids"]);
    let again = give_back(&till.app, buyer, &booking, "c1", &one).await;
    assert_eq!((again.status, &again.body), (StatusCode::OK, &first.body));
    let other = json!({ "seat_ids": ["stalls-A-2"] });
    let reused = give_back(&till.app, buyer, &booking, "c1", &other).await;
    assert_eq!(reused.problem(), (422, "key-reused"));
    let twice = json!({ "seat_ids": ["stalls-A-2", "stalls-A-2"] });
    let refused = give_back(&till.app, buyer, &booking, "c2", &twice).await;
    assert_eq!(refused.problem(), (422, "duplicate-seats"));
    assert_eq!(refused.body["seats"], json!(["stalls-A-2"]));
    let gone = give_back(&till.app, buyer, &booking, "c2", &one).await;
    assert_eq!(gone.problem(), (422, "unknown-seats"));
    assert_eq!(gone.body["seats"], one["seat_ids"]);
    till.held(person(Role::User), &event, &["stalls-A-1"]).await;

    let rest = give_back(&till.app, buyer, &booking, "c3", &json!({})).await;
    assert_eq!(rest.status, StatusCode::OK, "{}", rest.body);
    assert_eq!(rest.body["status"], "cancelled");
    assert_eq!(rest.body["cancelled"][1]["gross"]["amount"], 2400);
    assert_eq!(rest.body["refunds"].as_array().unwrap().len(), 2);
    let nothing = give_back(&till.app, buyer, &booking, "c4", &other).await;
    assert_eq!(nothing.problem(), (409, "invalid-state"));
}

#[actix_web::test]
async fn places_without_names_are_given_back_by_number() {
    let till = Till::start().await;
    let buyer = person(Role::User);
    let event = till.on_sale(person(Role::Organizer)).await;
    let body = json!({ "event_id": event, "section_id": "lawn", "quantity": 3 });
    let booking = till
        .app
        .post("/api/v1/bookings")
        .by(buyer)
        .key("k1")
        .json(&body)
        .await
        .id();
    let count = |quantity: u32| json!({ "section_id": "lawn", "quantity": quantity });
    let held = give_back(&till.app, buyer, &booking, "c0", &count(1)).await;
    assert_eq!(held.problem(), (409, "invalid-state"), "a hold is released whole");
    let path = format!("/api/v1/bookings/{booking}/confirmation");
    assert_eq!(till.app.post(&path).by(buyer).send().await.status, StatusCode::OK);

    let given = give_back(&till.app, buyer, &booking, "c1", &count(2)).await;
    assert_eq!(given.status, StatusCode::OK, "{}", given.body);
    assert_eq!(given.body["lines"][0]["quantity"], 1);
    assert_eq!(given.body["refunds"], json!([]), "nothing was paid");
    let many = give_back(&till.app, buyer, &booking, "c2", &count(2)).await;
    assert_eq!(many.problem(), (422, "too-many-seats"));
    assert_eq!(many.body["max"], 1);
    for none in [count(0), json!({ "seat_ids": [] })] {
        let none = give_back(&till.app, buyer, &booking, "c3", &none).await;
        assert_eq!(none.problem(), (422, "no-seats"));
    }
    for unclear in [
        json!({ "section_id": "lawn" }),
        json!({ "seat_ids": ["stalls-A-1"], "quantity": 1 }),
        json!({ "seats": 1 }),
    ] {
        let unclear = give_back(&till.app, buyer, &booking, "c4", &unclear).await;
        assert_eq!(unclear.problem(), (422, "invalid-body"));
    }
    let path = format!("/api/v1/bookings/{booking}/cancellation");
    let keyless = till.app.post(&path).by(buyer).json(&count(1)).await;
    assert_eq!(keyless.problem(), (400, "missing-idempotency-key"));
}

#[actix_web::test]
async fn security_20_identical_cancellations_at_once_give_back_once() {
    let till = Till::start().await;
    let buyer = person(Role::User);
    let event = till.on_sale_with_policy(person(Role::Organizer)).await;
    let seats = ["stalls-A-1", "stalls-A-2"];
    let booking = till.sold(buyer, &event, &seats, "sandbox_approve").await;
    let other = till.node();
    let nodes = [&till.app, &other];
    let one = json!({ "seat_ids": ["stalls-A-1"] });
    let asked = (0..20).map(|number| give_back(nodes[number % 2], buyer, &booking, "c1", &one));
    for answer in join_all(asked).await {
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        assert_eq!(answer.body["cancelled"].as_array().unwrap().len(), 1);
    }
    let all = (0..20).map(|number| cancel(nodes[number % 2], buyer, &booking));
    for answer in join_all(all).await {
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        assert_eq!(answer.body["status"], "cancelled");
    }
    assert_eq!(till.count("PlacesCancelled").await, 2);
    assert_eq!(till.count("RefundRequested").await, 2);
    assert_eq!(till.count("SeatsReturned").await, 2);
}

#[actix_web::test]
async fn an_organizer_cancels_for_a_buyer_without_a_fee_at_any_time() {
    let till = Till::start().await;
    let (buyer, organizer) = (person(Role::User), person(Role::Organizer));
    let event = till.on_sale_with_policy(organizer).await;
    let booking = till.sold(buyer, &event, &["stalls-A-1"], "sandbox_approve").await;
    let other = till.sold(buyer, &event, &["stalls-A-2"], "sandbox_approve").await;
    till.app.later(UNTIL_IT_COSTS + UNTIL_IT_CLOSES);
    for (booking, by) in [(&booking, organizer), (&other, person(Role::Admin))] {
        let cancelled = give_back_for(&till.app, by, booking, "c1").await;
        assert_eq!(cancelled.status, StatusCode::OK, "{}", cancelled.body);
        assert_eq!(cancelled.body["cancelled"][0]["by"], "organizer");
        assert_eq!(cancelled.body["cancelled"][0]["fee"]["amount"], 0);
        assert_eq!(cancelled.body["refunds"][0]["amount"]["amount"], 1200);
    }
}

#[actix_web::test]
async fn security_16_a_foreign_booking_is_not_cancelled() {
    let till = Till::start().await;
    let (buyer, organizer) = (person(Role::User), person(Role::Organizer));
    let event = till.on_sale_with_policy(organizer).await;
    let booking = till.sold(buyer, &event, &["stalls-A-1"], "sandbox_approve").await;
    for id in [booking.clone(), Uuid::new_v4().to_string(), "no-uuid".to_owned()] {
        for stranger in [person(Role::User), organizer, person(Role::Admin)] {
            let all = cancel(&till.app, stranger, &id).await;
            let some = give_back(&till.app, stranger, &id, "c1", &json!({})).await;
            assert_eq!(all.problem(), (404, "not-found"));
            assert_eq!(some.problem(), (404, "not-found"));
        }
        let another = give_back_for(&till.app, person(Role::Organizer), &id, "c1").await;
        assert_eq!(another.problem(), (404, "not-found"));
    }
    let as_user = give_back_for(&till.app, buyer, &booking, "c1").await;
    assert_eq!(as_user.problem(), (403, "forbidden"));
    assert_eq!(till.status(&booking).await, "confirmed");
}
