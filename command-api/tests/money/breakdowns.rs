//! Paying while the gateway is slow, silent, broken, or not there.

use std::time::Duration;

use actix_web::http::StatusCode;
use edge::token::Role;
use futures::future::join;
use gateway::GuardSettings;
use serde_json::json;

use crate::app::{App, Person, person};
use crate::till::{Till, metadata, pay};

/// From the request of a payment until the payment process looks after it.
const PICKUP_SECONDS: u64 = 15;

/// A guard that gives up on a call after a second.
fn impatient() -> GuardSettings {
    GuardSettings {
        call_within: Duration::from_secs(1),
        ..GuardSettings::default()
    }
}

/// Pays for a Booking at a gateway that takes the money and does not answer, on a node that ends meanwhile.
async fn paid_as_the_node_ends(till: &Till, buyer: Person, booking: &str) {
    let ends = async {
        till.journal_has("charge_captured", 1).await;
        till.app.api.drain().await;
    };
    let paying = pay(&till.app, buyer, booking, "p1", "sandbox_timeout_after_capture");
    let (pending, ()) = join(paying, ends).await;
    assert_eq!(pending.status, StatusCode::ACCEPTED, "{}", pending.body);
    assert_eq!(
        pending.header("location"),
        Some(format!("/api/v1/bookings/{booking}").as_str())
    );
    assert_eq!(pending.header("retry-after"), Some("1"));
    assert_eq!(pending.body["status"], "awaiting_payment");
    assert_eq!(pending.body["payment"]["status"], "pending");
    assert_eq!(pending.body["expires_at"], json!(null));
}

/// A Booking that waits for its payment.
async fn held(till: &Till) -> (Person, String) {
    let buyer = person(Role::User);
    let event = till.on_sale(person(Role::Organizer)).await;
    let booking = till.held(buyer, &event, &["stalls-A-1"]).await;
    (buyer, booking)
}

/// That the capture became a fact once, because of the request.
async fn settled_because_of_the_request(till: &Till) {
    let facts = till.facts().await;
    let of = |name: &str| {
        let mut named = facts.iter().filter(|fact| fact.event_type == name);
        let only = named.next().unwrap();
        assert!(named.next().is_none(), "{name} twice");
        only.clone()
    };
    let (requested, captured) = (of("PaymentRequested"), of("PaymentCaptured"));
    let metadata = metadata(&captured);
    assert_eq!(metadata["causation_id"], requested.position.to_string());
    assert_eq!(
        (&metadata["actor"], &metadata["role"]),
        (&json!("payment"), &json!("process"))
    );
}

async fn paid_again(till: &Till, node: &App, buyer: Person, booking: &str) {
    let again = pay(node, buyer, booking, "p1", "sandbox_timeout_after_capture").await;
    assert_eq!(again.status, StatusCode::OK, "{}", again.body);
    assert_eq!(again.body["payment"]["status"], "captured");
    assert_eq!(till.journal("").len(), 1, "one charge");
}

#[actix_web::test]
async fn security_39_silence_after_the_capture_is_asked_again_under_the_same_key() {
    let till = Till::start_with(impatient()).await;
    let (buyer, booking) = held(&till).await;
    let paid = pay(&till.app, buyer, &booking, "p1", "sandbox_timeout_after_capture").await;
    assert!(paid.status.is_success(), "{paid:?}");
    till.becomes(&booking, "confirmed").await;
    settled_because_of_the_request(&till).await;
    paid_again(&till, &till.app, buyer, &booking).await;
}

#[actix_web::test]
async fn security_39_what_a_node_that_ended_did_not_learn_the_payment_process_asks_after_a_while() {
    let till = Till::start_with(impatient()).await;
    let (buyer, booking) = held(&till).await;
    paid_as_the_node_ends(&till, buyer, &booking).await;

    let node = till.node();
    let run = till.run_payments(&node);
    till.app.later(PICKUP_SECONDS - 1);
    till.at_rest(&run).await;
    assert_eq!(till.status(&booking).await, "awaiting_payment", "not yet");
    till.app.later(1);
    till.becomes(&booking, "confirmed").await;
    run.stop().await;
    settled_because_of_the_request(&till).await;
    paid_again(&till, &node, buyer, &booking).await;
}

#[actix_web::test]
async fn a_request_that_is_repeated_at_another_node_answers_with_the_outcome() {
    let till = Till::start_with(impatient()).await;
    let (buyer, booking) = held(&till).await;
    paid_as_the_node_ends(&till, buyer, &booking).await;
    let node = till.node();
    // Another Booking in between, so that the request is not the last that its Event's lane knows of.
    let busy = json!({ "event_id": event_of(&till, &booking).await, "seat_ids": ["stalls-B-1"] });
    let placed = node
        .post("/api/v1/bookings")
        .by(person(Role::User))
        .key("k")
        .json(&busy)
        .await;
    assert_eq!(placed.status, StatusCode::CREATED, "{}", placed.body);
    paid_again(&till, &node, buyer, &booking).await;
    settled_because_of_the_request(&till).await;
}

async fn event_of(till: &Till, booking: &str) -> String {
    let id = domain::ids::BookingId::new(uuid::Uuid::try_parse(booking).unwrap());
    let state = till.app.api.events.booking_state(id).await.unwrap();
    state.event().unwrap().to_string()
}

#[actix_web::test]
async fn where_the_gateway_says_later_the_answer_comes_with_it() {
    let till = Till::start().await;
    let (buyer, booking) = held(&till).await;
    let paid = pay(&till.app, buyer, &booking, "p1", "sandbox_pending").await;
    assert!(paid.status.is_success(), "{paid:?}");
    till.becomes(&booking, "confirmed").await;
    assert_eq!(till.journal("charge_captured").len(), 1);
    assert_eq!(till.count("PaymentCaptured").await, 1);
}

#[actix_web::test]
async fn without_a_gateway_nothing_is_requested_and_the_hold_lasts_longer() {
    let till = Till::start().await;
    let (buyer, booking) = held(&till).await;
    let node = till.node_without_gateway();
    for _ in 0..2 {
        let unavailable = pay(&node, buyer, &booking, "p1", "sandbox_approve").await;
        assert_eq!(unavailable.problem(), (503, "payment-unavailable"));
        assert_eq!(unavailable.header("retry-after"), Some("60"));
        assert_eq!(unavailable.body["expires_at"], "2030-05-01T12:15:00Z");
    }
    assert_eq!(
        till.facts_of(&booking).await,
        ["BookingPlaced", "BookingExtended"]
    );
    let paid = pay(&till.node(), buyer, &booking, "p1", "sandbox_approve").await;
    assert_eq!(
        paid.status,
        StatusCode::OK,
        "the same key, once there is one: {paid:?}"
    );
}

#[actix_web::test]
async fn a_broken_gateway_is_left_alone_and_the_hold_lasts_longer() {
    let till = Till::start().await;
    let (buyer, booking) = held(&till).await;
    let event = event_of(&till, &booking).await;
    let (other_buyer, seat) = (person(Role::User), ["stalls-B-1"]);
    let other = till.held(other_buyer, &event, &seat).await;
    let node = till.node_cut_off(GuardSettings {
        failures_max: 1,
        open_for: Duration::from_mins(1),
        ..GuardSettings::default()
    });
    let pending = pay(&node, buyer, &booking, "p1", "sandbox_approve").await;
    assert_eq!(pending.status, StatusCode::ACCEPTED, "{}", pending.body);
    let unavailable = pay(&node, other_buyer, &other, "p1", "sandbox_approve").await;
    assert_eq!(unavailable.problem(), (503, "payment-unavailable"));
    let retry_after: u64 = unavailable.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&retry_after), "{retry_after}");
    assert_eq!(unavailable.body["expires_at"], "2030-05-01T12:15:00Z");
    assert_eq!(till.facts_of(&other).await, ["BookingPlaced", "BookingExtended"]);

    let known = pay(&node, buyer, &booking, "p1", "sandbox_approve").await;
    assert_eq!(
        known.status,
        StatusCode::ACCEPTED,
        "an earlier request keeps its answer"
    );
    assert!(till.journal("").is_empty());

    // The gateway comes back, and the payment process asks for the payment.
    let healthy = till.node();
    let run = till.run_payments(&healthy);
    till.app.later(PICKUP_SECONDS);
    till.becomes(&booking, "confirmed").await;
    run.stop().await;
    assert_eq!(till.journal("").len(), 1);
}
