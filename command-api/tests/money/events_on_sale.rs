//! Events that change while they are sold: time, prices, capacity, and the conditions of cancelling.

use actix_web::http::{Method, StatusCode};
use chrono::TimeDelta;
use edge::token::Role;
use serde_json::{Value, json};

use crate::app::{Answer, Person, first_of_may, person};
use crate::till::{Till, cancel, pay};

const HOUR: u64 = 60 * 60;

async fn put(till: &Till, by: Person, event: &str, what: &str, body: &Value) -> Answer {
    let path = format!("/api/v1/admin/events/{event}/{what}");
    till.app.call(Method::PUT, &path).by(by).json(body).await
}

async fn move_to(till: &Till, by: Person, event: &str, body: &Value) -> Answer {
    let path = format!("/api/v1/admin/events/{event}/schedule");
    till.app.post(&path).by(by).json(body).await
}

async fn places_of_lawn(till: &Till, event: &str, quantity: u32) -> Answer {
    let body = json!({ "event_id": event, "section_id": "lawn", "quantity": quantity });
    let buyer = person(Role::User);
    till.app
        .post("/api/v1/bookings")
        .by(buyer)
        .key("k")
        .json(&body)
        .await
}

#[actix_web::test]
async fn a_published_event_changes_its_time_only_by_being_rescheduled() {
    let till = Till::start().await;
    let organizer = person(Role::Organizer);
    let (draft, etag) = till.app.draft(organizer).await;
    let later = json!({ "starts_at": "2030-06-22T19:00:00Z", "ends_at": "2030-06-22T23:00:00Z" });
    let path = format!("/api/v1/admin/events/{draft}");
    let edit = |path: &str, etag: &str, body: &Value| {
        let call = till.app.call(Method::PATCH, path).by(organizer);
        let body = body.clone();
        let call = call.header("if-match", etag);
        async move { call.json(&body).await }
    };
    let edited = edit(&path, &etag, &later).await;
    assert_eq!(edited.status, StatusCode::OK, "a draft may: {}", edited.body);

    let event = till.on_sale(organizer).await;
    let path = format!("/api/v1/admin/events/{event}");
    for body in [later.clone(), json!({ "ends_at": "2030-06-21T23:30:00Z" })] {
        let refused = edit(&path, "*", &body).await;
        assert_eq!(refused.problem(), (409, "invalid-state"));
    }
    let same_time = json!({ "title": "Midsummer", "starts_at": "2030-06-21T19:00:00Z" });
    let edited = edit(&path, "*", &same_time).await;
    assert_eq!(edited.status, StatusCode::OK, "{}", edited.body);
    let moved = move_to(&till, organizer, &event, &later).await;
    assert_eq!(moved.status, StatusCode::OK, "{}", moved.body);
    assert_eq!(moved.body["starts_at"], later["starts_at"]);
    assert_eq!(moved.body["title"], "Midsummer");
    let again = move_to(&till, organizer, &event, &later).await;
    assert_eq!((again.status, again.etag()), (StatusCode::OK, moved.etag()));
}

#[actix_web::test]
async fn bookings_made_before_an_event_moved_are_free_to_cancel_for_a_while() {
    let till = Till::start().await;
    let (buyer, organizer) = (person(Role::User), person(Role::Organizer));
    let event = till.on_sale(organizer).await; // without a policy
    let before = till.sold(buyer, &event, &["stalls-A-1"], "sandbox_approve").await;
    let too_late = till.sold(buyer, &event, &["stalls-A-2"], "sandbox_approve").await;
    let refused = cancel(&till.app, buyer, &before).await;
    assert_eq!(refused.problem(), (409, "not-cancellable"));
    till.app.later(60);
    let later = json!({
        "starts_at": "2030-06-22T19:00:00Z",
        "ends_at": "2030-06-22T23:00:00Z",
        "free_cancellation_hours": 24,
    });
    let moved = move_to(&till, organizer, &event, &later).await;
    assert_eq!(moved.status, StatusCode::OK, "{}", moved.body);
    till.app.later(60);
    let after = till.sold(buyer, &event, &["stalls-A-3"], "sandbox_approve").await;

    till.app.later(23 * HOUR);
    let cancelled = cancel(&till.app, buyer, &before).await;
    assert_eq!(cancelled.status, StatusCode::OK, "{}", cancelled.body);
    assert_eq!(cancelled.body["cancelled"][0]["fee"]["amount"], 0);
    assert_eq!(cancelled.body["refunds"][0]["amount"]["amount"], 1200);
    let refused = cancel(&till.app, buyer, &after).await;
    assert_eq!(
        refused.problem(),
        (409, "not-cancellable"),
        "it knew the new time"
    );
    till.app.later(HOUR);
    let refused = cancel(&till.app, buyer, &too_late).await;
    assert_eq!(refused.problem(), (409, "not-cancellable"), "the while is over");
}

#[actix_web::test]
async fn times_that_cannot_be_are_refused() {
    let till = Till::start().await;
    let organizer = person(Role::Organizer);
    let event = till.on_sale(organizer).await;
    for (starts_at, ends_at, hours, pointer) in [
        ("2030-05-01T11:00:00Z", "2030-06-22T23:00:00Z", 1, "#/starts_at"),
        ("2030-06-22T19:00:00Z", "2030-06-22T19:00:00Z", 1, "#/ends_at"),
        (
            "2030-06-22T19:00:00Z",
            "2030-06-22T23:00:00Z",
            9_000,
            "#/free_cancellation_hours",
        ),
    ] {
        let body = json!({ "starts_at": starts_at, "ends_at": ends_at, "free_cancellation_hours": hours });
        let refused = move_to(&till, organizer, &event, &body).await;
        assert_eq!(refused.problem(), (422, "invalid-body"), "{body}");
        assert_eq!(refused.pointers(), [pointer]);
    }
    let (draft, _) = till.app.draft(organizer).await;
    let body = json!({ "starts_at": "2030-06-22T19:00:00Z", "ends_at": "2030-06-22T23:00:00Z" });
    let refused = move_to(&till, organizer, &draft, &body).await;
    assert_eq!(refused.problem(), (409, "invalid-state"));
}

#[actix_web::test]
async fn a_new_price_is_for_new_holds() {
    let till = Till::start().await;
    let (buyer, organizer) = (person(Role::User), person(Role::Organizer));
    let event = till.on_sale(organizer).await;
    let before = till.held(buyer, &event, &["stalls-A-1"]).await;
    let changed = put(
        &till,
        organizer,
        &event,
        "sections/stalls/price",
        &json!({ "amount": 1500 }),
    )
    .await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.body);
    let after = till.app.place(buyer, &event, "k2", &["stalls-A-2"]).await;
    assert_eq!(after.body["total"]["amount"], 1500);
    let paid = pay(&till.app, buyer, &before, "p1", "sandbox_approve").await;
    assert_eq!(paid.body["payment"]["amount"]["amount"], 1200, "{}", paid.body);

    for (section, body, problem) in [
        ("balcony", json!({ "amount": 1 }), (422, "unknown-section")),
        ("stalls", json!({ "amount": -1 }), (422, "invalid-body")),
        (
            "stalls",
            json!({ "amount": 1, "currency": "USD" }),
            (422, "invalid-body"),
        ),
        ("stalls", json!({ "amount": 1.5 }), (422, "invalid-body")),
    ] {
        let refused = put(
            &till,
            organizer,
            &event,
            &format!("sections/{section}/price"),
            &body,
        )
        .await;
        assert_eq!(refused.problem(), problem, "{section} {body}");
    }
}

#[actix_web::test]
async fn a_section_gets_more_places_or_fewer_but_not_fewer_than_are_taken() {
    let till = Till::start().await;
    let organizer = person(Role::Organizer);
    let event = till.on_sale(organizer).await;
    assert_eq!(places_of_lawn(&till, &event, 8).await.status, StatusCode::CREATED);
    assert_eq!(
        places_of_lawn(&till, &event, 4).await.problem(),
        (409, "sold-out")
    );
    let change = async |section: &str, capacity: i64| {
        let what = format!("sections/{section}/capacity");
        put(&till, organizer, &event, &what, &json!({ "capacity": capacity })).await
    };
    let below = change("lawn", 7).await;
    assert_eq!(below.problem(), (409, "below-taken"));
    assert_eq!(below.body["taken"], 8);
    assert_eq!(change("lawn", 12).await.status, StatusCode::OK);
    assert_eq!(places_of_lawn(&till, &event, 4).await.status, StatusCode::CREATED);
    assert_eq!(
        places_of_lawn(&till, &event, 1).await.problem(),
        (409, "sold-out")
    );
    let named = change("stalls", 30).await;
    assert_eq!(named.problem(), (422, "invalid-body"));
    assert_eq!(named.pointers(), ["#/capacity"]);
    assert_eq!(change("balcony", 30).await.problem(), (422, "unknown-section"));
    assert_eq!(change("lawn", 2_000_000).await.problem(), (422, "invalid-body"));
    assert_eq!(change("lawn", -1).await.problem(), (422, "invalid-body"));
}

#[actix_web::test]
async fn conditions_of_cancelling_are_checked_and_removed_only_at_their_version() {
    let till = Till::start().await;
    let organizer = person(Role::Organizer);
    let event = till.on_sale(organizer).await;
    for (policy, pointer) in [
        (
            json!({ "free_hours": 1, "fee": { "basis_points": 10_001 } }),
            "#/fee/basis_points",
        ),
        (
            json!({ "free_hours": 1, "fee": { "per_place": -1 } }),
            "#/fee/per_place",
        ),
        (
            json!({ "free_hours": 1, "fee": { "basis_points": 1 }, "closes_hours": 2 }),
            "#/closes_hours",
        ),
        (
            json!({ "free_hours": 9_000, "fee": { "basis_points": 1 } }),
            "#/free_hours",
        ),
    ] {
        let refused = put(&till, organizer, &event, "cancellation-policy", &policy).await;
        assert_eq!(refused.problem(), (422, "invalid-body"), "{policy}");
        assert_eq!(refused.pointers(), [pointer]);
    }
    let policy = json!({ "free_hours": 2, "fee": { "basis_points": 1 } });
    let set = put(&till, organizer, &event, "cancellation-policy", &policy).await;
    assert_eq!(set.status, StatusCode::OK, "{}", set.body);
    let again = put(&till, organizer, &event, "cancellation-policy", &policy).await;
    assert_eq!((again.status, again.etag()), (StatusCode::OK, set.etag()));

    let path = format!("/api/v1/admin/events/{event}/cancellation-policy");
    let unconditional = till.app.delete(&path).by(organizer).send().await;
    assert_eq!(unconditional.problem(), (428, "precondition-required"));
    let stale = till
        .app
        .delete(&path)
        .by(organizer)
        .header("if-match", "\"1\"")
        .send()
        .await;
    assert_eq!(stale.problem(), (412, "precondition-failed"));
    assert_eq!(stale.body["current"], json!(set.etag()));
    let removed = till
        .app
        .delete(&path)
        .by(organizer)
        .header("if-match", &set.etag())
        .send()
        .await;
    assert_eq!(removed.status, StatusCode::OK, "{}", removed.body);
    assert_eq!(till.count("CancellationPolicySet").await, 2);
}

#[actix_web::test]
async fn every_change_of_an_event_honours_if_match() {
    let till = Till::start().await;
    let organizer = person(Role::Organizer);
    let event = till.on_sale(organizer).await;
    let policy = json!({ "free_hours": 48, "fee": { "per_place": 100 }, "closes_hours": 2 });
    let times = json!({ "starts_at": "2030-06-22T19:00:00Z", "ends_at": "2030-06-22T23:00:00Z" });
    let changes = [
        (Method::PUT, "sections/stalls/price", json!({ "amount": 1 })),
        (Method::PUT, "sections/lawn/capacity", json!({ "capacity": 7 })),
        (Method::PUT, "cancellation-policy", policy),
        (Method::POST, "publication", Value::Null),
        (Method::POST, "opening", Value::Null),
        (Method::POST, "closing", Value::Null),
        (Method::POST, "schedule", times),
        (Method::POST, "cancellation", json!({ "reason": "Storm" })),
    ];
    for (method, verb, body) in changes {
        let path = format!("/api/v1/admin/events/{event}/{verb}");
        let change = |tag: &str| {
            let call = till.app.call(method.clone(), &path).by(organizer);
            let (call, body) = (call.header("if-match", tag), body.clone());
            async move {
                if body.is_null() {
                    call.send().await
                } else {
                    call.json(&body).await
                }
            }
        };
        let stale = change("\"1\"").await;
        assert_eq!(stale.problem(), (412, "precondition-failed"), "{verb}");
        let current = stale.body["current"].as_str().unwrap().to_owned();
        let changed = change(&current).await;
        assert!(changed.status.is_success(), "{verb}: {}", changed.body);
    }
}

#[actix_web::test]
async fn a_hold_ends_with_its_event_and_what_is_over_is_not_paid() {
    let till = Till::start().await;
    let (organizer, buyer) = (person(Role::Organizer), person(Role::User));
    let event = till.on_sale(organizer).await;
    let early = till.held(buyer, &event, &["stalls-A-1"]).await;
    let now = first_of_may().now();
    let (starts_at, ends_at) = (now + TimeDelta::minutes(1), now + TimeDelta::minutes(5));
    let body = json!({ "starts_at": starts_at, "ends_at": ends_at });
    assert_eq!(
        move_to(&till, organizer, &event, &body).await.status,
        StatusCode::OK
    );

    let late = till.app.place(buyer, &event, "late", &["stalls-A-3"]).await;
    assert_eq!(late.body["expires_at"], json!(ends_at));
    till.app.later(5 * 60);
    for booking in [early, late.id()] {
        let paid = pay(&till.app, buyer, &booking, "k", "sandbox_approve").await;
        assert_eq!(paid.problem(), (410, "hold-expired"));
    }
    assert_eq!(till.journal("").len(), 0);
}

#[actix_web::test]
async fn a_closing_moves_along_and_the_answer_says_so() {
    let till = Till::start().await;
    let organizer = person(Role::Organizer);
    let event = till.on_sale(organizer).await;
    let path = format!("/api/v1/admin/events/{event}/closing");
    let until = json!({ "until": "2030-06-21T18:00:00Z" });
    let closing = till.app.post(&path).by(organizer).json(&until).await;
    assert_eq!(closing.status, StatusCode::OK, "{}", closing.body);

    let mut body = json!({ "starts_at": "2030-06-22T19:00:00Z", "ends_at": "2030-06-22T23:00:00Z" });
    let moved = move_to(&till, organizer, &event, &body).await;
    assert_eq!(moved.body["sales_until"], "2030-06-22T18:00:00Z");
    body["sales_until"] = json!("2030-06-20T00:00:00Z");
    let named = move_to(&till, organizer, &event, &body).await;
    assert_eq!(named.body["sales_until"], "2030-06-20T00:00:00Z");
    body["sales_until"] = json!("2020-06-20T00:00:00Z");
    let past = move_to(&till, organizer, &event, &body).await;
    assert_eq!(past.pointers(), ["#/sales_until"]);
}
