//! Paying: the answers, the facts behind them, and what the gateway charged.

use actix_web::http::StatusCode;
use edge::token::Role;
use futures::future::{join, join_all};
use serde_json::json;
use uuid::Uuid;

use crate::app::person;
use crate::till::{Till, cancel, pay};

#[actix_web::test]
async fn a_paid_booking_owns_its_places_in_both_streams() {
    let till = Till::start().await;
    let buyer = person(Role::User);
    let event = till.on_sale(person(Role::Organizer)).await;
    let booking = till.held(buyer, &event, &["stalls-A-1", "stalls-A-2"]).await;
    let paid = pay(&till.app, buyer, &booking, "p1", "sandbox_approve").await;

    assert_eq!(paid.status, StatusCode::OK, "{}", paid.body);
    assert_eq!(paid.body["id"], booking);
    assert_eq!(paid.body["status"], "confirmed");
    assert_eq!(paid.body["expires_at"], json!(null));
    assert_eq!(paid.body["payment"]["status"], "captured");
    assert_eq!(
        paid.body["payment"]["amount"],
        json!({ "amount": 2400, "currency": "EUR" })
    );
    let facts = [
        "BookingPlaced",
        "PaymentRequested",
        "PaymentCaptured",
        "BookingConfirmed",
    ];
    assert_eq!(till.facts_of(&booking).await, facts);
    let of_event = till.facts_of(&event).await;
    assert_eq!(
        of_event[of_event.len() - 3..],
        ["SeatsHeld", "HoldSecured", "SeatsSold"]
    );
    let last = till.facts().await.last().unwrap().position.get();
    assert_eq!(paid.position(), last, "a query at this position sees the sale");

    let charged = till.journal("");
    assert_eq!(charged.len(), 1);
    assert_eq!(charged[0]["kind"], "charge_captured");
    assert_eq!(charged[0]["amount"], 2400);
    assert_eq!(charged[0]["key"], paid.body["payment"]["id"]);
    assert_eq!(charged[0]["metadata"]["booking"], json!(booking));
}

#[actix_web::test]
async fn a_repeated_payment_gets_the_same_answer_and_charges_nothing() {
    let till = Till::start().await;
    let buyer = person(Role::User);
    let event = till.on_sale(person(Role::Organizer)).await;
    let booking = till.held(buyer, &event, &["stalls-A-1"]).await;
    let first = pay(&till.app, buyer, &booking, "p1", "sandbox_approve").await;
    assert_eq!(first.status, StatusCode::OK, "{}", first.body);
    for node in [&till.app, &till.node()] {
        let again = pay(node, buyer, &booking, "p1", "sandbox_approve").await;
        assert_eq!((again.status, &again.body), (StatusCode::OK, &first.body));
    }
    let other = pay(&till.app, buyer, &booking, "p1", "sandbox_decline").await;
    assert_eq!(other.problem(), (422, "key-reused"));
    let another = pay(&till.app, buyer, &booking, "p2", "sandbox_approve").await;
    assert_eq!(another.problem(), (409, "invalid-state"), "it is paid");
    assert_eq!(till.journal("").len(), 1);
}

#[actix_web::test]
async fn security_20_identical_payments_at_once_are_one_payment_and_one_charge() {
    let till = Till::start().await;
    let buyer = person(Role::User);
    let event = till.on_sale(person(Role::Organizer)).await;
    let booking = till.held(buyer, &event, &["stalls-A-1"]).await;
    let other = till.node();
    let nodes = [&till.app, &other];
    let payments = (0..20).map(|number| pay(nodes[number % 2], buyer, &booking, "p1", "sandbox_approve"));
    let answers = join_all(payments).await;
    for answer in &answers {
        assert!(answer.status.is_success(), "{answer:?}");
        assert_eq!(answer.body["payment"]["id"], answers[0].body["payment"]["id"]);
    }
    till.becomes(&booking, "confirmed").await;
    for fact in [
        "PaymentRequested",
        "PaymentCaptured",
        "BookingConfirmed",
        "SeatsSold",
    ] {
        assert_eq!(till.count(fact).await, 1, "{fact}");
    }
    assert_eq!(till.journal("").len(), 1);
}

#[actix_web::test]
async fn while_a_payment_is_under_way_nothing_else_happens_to_the_booking() {
    let till = Till::start().await;
    let buyer = person(Role::User);
    let organizer = person(Role::Organizer);
    let event = till.on_sale(organizer).await;
    let booking = till.held(buyer, &event, &["stalls-A-1"]).await;
    let meanwhile = async {
        till.journal_has("charge_captured", 1).await; // answered three seconds later
        let other = pay(&till.app, buyer, &booking, "p2", "sandbox_approve").await;
        assert_eq!(other.problem(), (409, "payment-under-way"));
        let charged = till.journal("charge_captured");
        assert_eq!(other.body["payment_id"], charged[0]["key"]);
        let released = cancel(&till.app, buyer, &booking).await;
        assert_eq!(released.problem(), (409, "payment-under-way"));
        for (role, path) in [(buyer, "bookings"), (organizer, "admin/bookings")] {
            let path = format!("/api/v1/{path}/{booking}/cancellation");
            let cancelled = till.app.post(&path).by(role).key("c1").send().await;
            assert_eq!(cancelled.problem(), (409, "payment-under-way"), "{path}");
        }
        till.app.later(60 * 60);
        let taken = till
            .app
            .place(person(Role::User), &event, "k", &["stalls-A-1"])
            .await;
        assert_eq!(
            taken.problem(),
            (409, "seats-taken"),
            "the hold waits for its payment"
        );
    };
    let (paid, ()) = join(pay(&till.app, buyer, &booking, "p1", "sandbox_slow"), meanwhile).await;
    assert!(paid.status.is_success(), "{paid:?}");
    till.becomes(&booking, "confirmed").await;
    assert_eq!(till.journal("").len(), 1);
}

#[actix_web::test]
async fn after_a_decline_another_method_may_be_tried() {
    let till = Till::start().await;
    let buyer = person(Role::User);
    let event = till.on_sale(person(Role::Organizer)).await;
    let booking = till.held(buyer, &event, &["stalls-A-1"]).await;
    till.app.later(9 * 60);
    for _ in 0..2 {
        let declined = pay(&till.app, buyer, &booking, "p1", "sandbox_insufficient_funds").await;
        assert_eq!(declined.problem(), (402, "payment-declined"));
        assert_eq!(declined.body["reason"], "insufficient_funds");
        assert_eq!(declined.body["attempts_left"], 4);
        assert_eq!(
            declined.body["expires_at"], "2030-05-01T12:11:00Z",
            "time for another card"
        );
    }
    let paid = pay(&till.app, buyer, &booking, "p2", "sandbox_approve").await;
    assert_eq!(paid.status, StatusCode::OK, "{}", paid.body);
    assert_eq!(paid.body["status"], "confirmed");
    assert_eq!(till.journal("charge_captured").len(), 1);
    assert_eq!(till.journal("charge_declined").len(), 1);
}

#[actix_web::test]
async fn the_last_decline_ends_the_booking_and_frees_its_seats() {
    let till = Till::start().await;
    let buyer = person(Role::User);
    let event = till.on_sale(person(Role::Organizer)).await;
    let booking = till.held(buyer, &event, &["stalls-A-1"]).await;
    for left in (0..5).rev() {
        let key = format!("p{left}");
        let declined = pay(&till.app, buyer, &booking, &key, "sandbox_decline").await;
        assert_eq!(declined.problem(), (402, "payment-declined"));
        assert_eq!(declined.body["attempts_left"], left);
        assert_eq!(declined.body["expires_at"].is_null(), left == 0);
    }
    assert_eq!(till.status(&booking).await, "failed");
    let late = pay(&till.app, buyer, &booking, "p9", "sandbox_approve").await;
    assert_eq!(late.problem(), (409, "invalid-state"));
    till.held(person(Role::User), &event, &["stalls-A-1"]).await;
    assert_eq!(till.journal("charge_captured").len(), 0);
}

#[actix_web::test]
async fn what_is_over_costs_nothing_or_is_paid_is_not_paid() {
    let till = Till::start().await;
    let buyer = person(Role::User);
    let event = till.on_sale(person(Role::Organizer)).await;
    let body = json!({ "event_id": event, "section_id": "lawn", "quantity": 1 });
    let free = till
        .app
        .post("/api/v1/bookings")
        .by(buyer)
        .key("k1")
        .json(&body)
        .await;
    let refused = pay(&till.app, buyer, &free.id(), "p1", "sandbox_approve").await;
    assert_eq!(refused.problem(), (409, "invalid-state"));

    let booking = till.held(buyer, &event, &["stalls-A-1"]).await;
    let path = format!("/api/v1/bookings/{booking}/payment");
    let body = json!({ "method": { "token": "sandbox_approve" } });
    let keyless = till.app.post(&path).by(buyer).json(&body).await;
    assert_eq!(keyless.problem(), (400, "missing-idempotency-key"));
    till.app.later(10 * 60);
    let expired = pay(&till.app, buyer, &booking, "p1", "sandbox_approve").await;
    assert_eq!(expired.problem(), (410, "hold-expired"));

    let released = till.held(buyer, &event, &["stalls-A-1"]).await;
    assert_eq!(
        cancel(&till.app, buyer, &released).await.status,
        StatusCode::NO_CONTENT
    );
    let refused = pay(&till.app, buyer, &released, "p1", "sandbox_approve").await;
    assert_eq!(refused.problem(), (409, "invalid-state"));
    assert!(till.journal("").is_empty(), "the gateway was not asked");
}

#[actix_web::test]
async fn security_16_a_foreign_booking_is_not_paid() {
    let till = Till::start().await;
    let organizer = person(Role::Organizer);
    let event = till.on_sale(organizer).await;
    let booking = till.held(person(Role::User), &event, &["stalls-A-1"]).await;
    let absent = Uuid::new_v4().to_string();
    let cut_off = till.node_without_gateway();
    for stranger in [person(Role::User), organizer, person(Role::Admin)] {
        for node in [&till.app, &cut_off] {
            let foreign = pay(node, stranger, &booking, "p1", "sandbox_approve").await;
            let missing = pay(node, stranger, &absent, "p1", "sandbox_approve").await;
            assert_eq!(foreign.problem(), (404, "not-found"));
            assert_eq!(missing.problem(), (404, "not-found"));
        }
    }
    assert_eq!(till.facts_of(&booking).await, ["BookingPlaced"]);
    assert!(till.journal("").is_empty());
}

#[actix_web::test]
async fn security_40_a_card_number_is_refused_and_never_repeated() {
    let till = Till::start().await;
    let buyer = person(Role::User);
    let event = till.on_sale(person(Role::Organizer)).await;
    let booking = till.held(buyer, &event, &["stalls-A-1"]).await;
    for number in [
        "4242424242424242",
        "4242 4242 4242 4242",
        "card_5555-5555-5555-4444",
    ] {
        let refused = pay(&till.app, buyer, &booking, "p1", number).await;
        assert_eq!(refused.problem(), (422, "invalid-body"));
        assert_eq!(refused.pointers(), ["#/method/token"]);
        let body = refused.body.to_string();
        assert!(!body.contains("4242") && !body.contains("4444"), "{body}");
    }
    let path = format!("/api/v1/bookings/{booking}/payment");
    let in_the_way = r#"{ "method": { "token": "x", "number": "4242424242424242" } }"#;
    let refused = till
        .app
        .post(&path)
        .by(buyer)
        .key("p1")
        .text("application/json", in_the_way.to_owned())
        .await;
    assert_eq!(refused.problem(), (422, "invalid-body"));
    assert!(!refused.body.to_string().contains("4242"));
    assert_eq!(till.facts_of(&booking).await, ["BookingPlaced"]);
    assert!(till.journal("").is_empty());
}
