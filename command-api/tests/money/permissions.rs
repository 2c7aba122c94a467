//! Who may do what with whose: every verb of money and of Events on sale, by role and owner.

use actix_web::http::{Method, StatusCode};
use edge::token::Role;
use serde_json::{Value, json};

use crate::app::{Answer, App, Person, person};
use crate::till::Till;

/// A verb, and a body that is valid.
struct Verb {
    method: Method,
    path: String,
    body: Value,
}

fn verb(method: Method, path: String, body: Value) -> Verb {
    Verb { method, path, body }
}

/// Verbs of the organizer of an Event, in an order in which all succeed.
fn of_organizers(event: &str, booking: &str) -> Vec<Verb> {
    let of_event = |what: &str| format!("/api/v1/admin/events/{event}/{what}");
    let times = json!({ "starts_at": "2030-06-22T19:00:00Z", "ends_at": "2030-06-22T23:00:00Z" });
    let policy = json!({ "free_hours": 1, "fee": { "basis_points": 1 } });
    vec![
        verb(Method::POST, of_event("schedule"), times),
        verb(
            Method::PUT,
            of_event("sections/stalls/price"),
            json!({ "amount": 1 }),
        ),
        verb(
            Method::PUT,
            of_event("sections/lawn/capacity"),
            json!({ "capacity": 20 }),
        ),
        verb(Method::PUT, of_event("cancellation-policy"), policy),
        verb(Method::DELETE, of_event("cancellation-policy"), json!({})),
        verb(
            Method::POST,
            format!("/api/v1/admin/bookings/{booking}/cancellation"),
            json!({}),
        ),
        verb(
            Method::POST,
            of_event("cancellation"),
            json!({ "reason": "Storm" }),
        ),
    ]
}

/// Verbs of the buyer, in an order in which all succeed.
fn of_buyers(booking: &str) -> Vec<Verb> {
    let path = format!("/api/v1/bookings/{booking}");
    let method = json!({ "method": { "token": "sandbox_approve" } });
    vec![
        verb(Method::POST, format!("{path}/payment"), method),
        verb(
            Method::POST,
            format!("{path}/cancellation"),
            json!({ "seat_ids": ["stalls-A-1"] }),
        ),
        verb(Method::DELETE, path, json!({})),
    ]
}

async fn send(node: &App, verb: &Verb, by: Option<Person>) -> Answer {
    let call = node.call(verb.method.clone(), &verb.path);
    let call = call.key("matrix").header("if-match", "*");
    let call = match by {
        Some(by) => call.by(by),
        None => call,
    };
    call.json(&verb.body).await
}

fn outcome(answer: &Answer) -> (u16, &str) {
    if answer.status.is_success() {
        (200, "")
    } else {
        answer.problem()
    }
}

#[actix_web::test]
async fn security_15_and_18_events_on_sale_are_changed_by_their_organizers_and_administrators() {
    let till = Till::start().await;
    let buyer = person(Role::User);
    for admitted in [None, Some(Role::Admin)] {
        let organizer = person(Role::Organizer);
        let event = till.on_sale(organizer).await;
        let booking = till.sold(buyer, &event, &["stalls-A-1"], "sandbox_approve").await;
        let admitted = admitted.map_or(organizer, person);
        for verb in of_organizers(&event, &booking) {
            let before = till.facts().await.len();
            for (by, expected) in [
                (None, (401, "unauthenticated")),
                (Some(buyer), (403, "forbidden")),
                (Some(person(Role::User)), (403, "forbidden")),
                (Some(person(Role::Auditor)), (403, "forbidden")),
                (Some(person(Role::Organizer)), (404, "not-found")),
            ] {
                let answer = send(&till.app, &verb, by).await;
                assert_eq!(outcome(&answer), expected, "{} {}", verb.method, verb.path);
            }
            assert_eq!(till.facts().await.len(), before, "{} {}", verb.method, verb.path);
            let answer = send(&till.app, &verb, Some(admitted)).await;
            assert!(
                answer.status.is_success(),
                "{} {}: {answer:?}",
                verb.method,
                verb.path
            );
            assert!(till.facts().await.len() > before, "{} {}", verb.method, verb.path);
        }
    }
}

#[actix_web::test]
async fn security_15_and_16_bookings_are_paid_and_cancelled_by_their_buyers() {
    let till = Till::start().await;
    let organizer = person(Role::Organizer);
    for role in [Role::User, Role::Organizer, Role::Admin] {
        let buyer = person(role);
        let event = till.on_sale_with_policy(organizer).await;
        let booking = till.held(buyer, &event, &["stalls-A-1", "stalls-A-2"]).await;
        for verb in of_buyers(&booking) {
            let before = till.facts().await.len();
            for (by, expected) in [
                (None, (401, "unauthenticated")),
                (Some(person(Role::Auditor)), (403, "forbidden")),
                (Some(person(Role::User)), (404, "not-found")),
                (Some(person(Role::Organizer)), (404, "not-found")),
                (Some(organizer), (404, "not-found")),
                (Some(person(Role::Admin)), (404, "not-found")),
            ] {
                let answer = send(&till.app, &verb, by).await;
                assert_eq!(outcome(&answer), expected, "{} {}", verb.method, verb.path);
            }
            assert_eq!(till.facts().await.len(), before, "{} {}", verb.method, verb.path);
            let answer = send(&till.app, &verb, Some(buyer)).await;
            assert_eq!(
                answer.status,
                StatusCode::OK,
                "{} {}: {answer:?}",
                verb.method,
                verb.path
            );
        }
    }
}

#[actix_web::test]
async fn security_15_processes_are_seen_by_administrators_and_auditors_and_resumed_by_administrators() {
    let node = App::start().await;
    let list = verb(Method::GET, "/api/v1/admin/processes".to_owned(), json!({}));
    let subject = "8e5f0e62-f51b-4c3a-8d9d-527e0e4b5a8a";
    let resume = verb(
        Method::POST,
        format!("/api/v1/admin/processes/refund/{subject}/resumption"),
        json!({}),
    );
    for (by, listed, resumed) in [
        (None, (401, "unauthenticated"), (401, "unauthenticated")),
        (Some(Role::User), (403, "forbidden"), (403, "forbidden")),
        (Some(Role::Organizer), (403, "forbidden"), (403, "forbidden")),
        (Some(Role::Auditor), (200, ""), (403, "forbidden")),
        (Some(Role::Admin), (200, ""), (404, "not-found")),
    ] {
        let by = by.map(person);
        assert_eq!(outcome(&send(&node, &list, by).await), listed, "{by:?}");
        assert_eq!(outcome(&send(&node, &resume, by).await), resumed, "{by:?}");
    }
}

#[actix_web::test]
async fn security_17_members_that_no_verb_knows_are_refused() {
    let till = Till::start().await;
    let (buyer, organizer) = (person(Role::User), person(Role::Organizer));
    let event = till.on_sale(organizer).await;
    let booking = till.held(buyer, &event, &["stalls-A-1"]).await;
    let verbs = of_organizers(&event, &booking)
        .into_iter()
        .map(|verb| (verb, organizer));
    let before = till.facts().await.len();
    for (mut verb, by) in verbs.chain(of_buyers(&booking).into_iter().map(|verb| (verb, buyer))) {
        if verb.method == Method::DELETE {
            continue; // they read no body
        }
        verb.body["amount_paid"] = json!(0);
        let answer = send(&till.app, &verb, Some(by)).await;
        assert_eq!(
            outcome(&answer),
            (422, "invalid-body"),
            "{} {}",
            verb.method,
            verb.path
        );
    }
    assert_eq!(till.facts().await.len(), before);
}
