//! Editing an Event: what is changed, and upon which version.

use actix_web::http::{Method, StatusCode};
use edge::token::Role;
use serde_json::{Value, json};

use crate::app::{App, person};

#[actix_web::test]
async fn security_27_an_edit_is_based_on_a_version_and_changes_what_it_names() {
    let app = App::start().await;
    let organizer = person(Role::Organizer);
    let (id, etag) = app.draft(organizer).await;
    let patch = || {
        app.call(Method::PATCH, &format!("/api/v1/admin/events/{id}"))
            .by(organizer)
    };
    let edit = json!({ "title": "Winter Night", "buyer_seats_max": 4 });

    assert_eq!(
        patch().json(&edit).await.problem(),
        (428, "precondition-required")
    );
    let edited = patch().header("if-match", &etag).json(&edit).await;
    assert_eq!(edited.status, StatusCode::OK, "{}", edited.body);
    assert_eq!(
        (&edited.body["title"], &edited.body["buyer_seats_max"]),
        (&json!("Winter Night"), &json!(4))
    );
    assert_ne!(edited.etag(), etag);

    let stale = patch().header("if-match", &etag).json(&edit).await;
    assert_eq!(stale.problem(), (412, "precondition-failed"));
    assert_eq!(stale.body["current"], edited.etag());
    assert_eq!(
        patch().header("if-match", "\"no\"").json(&edit).await.problem(),
        (412, "precondition-failed")
    );
    let nothing = patch().header("if-match", "*").json(&json!({})).await;
    assert_eq!((nothing.status, nothing.etag()), (StatusCode::OK, edited.etag()));
}

#[actix_web::test]
async fn an_edit_that_makes_no_sense_changes_nothing() {
    let app = App::start().await;
    let organizer = person(Role::Organizer);
    let (id, etag) = app.draft(organizer).await;
    let patch = || {
        app.call(Method::PATCH, &format!("/api/v1/admin/events/{id}"))
            .by(organizer)
            .header("if-match", &etag)
    };
    for (body, pointer) in [
        (
            json!({ "title": "New", "buyer_seats_max": 0 }),
            "#/buyer_seats_max",
        ),
        (json!({ "title": "" }), "#/title"),
        (json!({ "city": "\u{7}" }), "#/city"),
        (json!({ "time_zone": "Mars/Olympus" }), "#/time_zone"),
        (json!({ "starts_at": "2031-01-01T00:00:00Z" }), "#/ends_at"),
        (json!({ "currency": "USD" }), "#/currency"),
        (json!({ "status": "on_sale" }), "#/status"),
    ] {
        let answer = patch().json(&body).await;
        assert_eq!(
            (answer.problem(), answer.pointers()),
            ((422, "invalid-body"), vec![pointer]),
            "{}",
            answer.body
        );
    }
    assert_eq!(patch().json(&json!({})).await.etag(), etag);
}

#[actix_web::test]
async fn security_20_of_edits_based_on_one_version_one_wins() {
    let app = App::start().await;
    let organizer = person(Role::Organizer);
    let (id, etag) = app.draft(organizer).await;
    let path = format!("/api/v1/admin/events/{id}");
    let bodies: Vec<Value> = (0..10)
        .map(|n| json!({ "title": format!("Title {n}") }))
        .collect();
    let edits = bodies.iter().map(|body| {
        app.call(Method::PATCH, &path)
            .by(organizer)
            .header("if-match", &etag)
            .json(body)
    });
    let answers = futures::future::join_all(edits).await;
    assert_eq!(
        answers
            .iter()
            .filter(|answer| answer.status == StatusCode::OK)
            .count(),
        1
    );
    assert_eq!(
        answers
            .iter()
            .filter(|answer| answer.status == StatusCode::PRECONDITION_FAILED)
            .count(),
        9
    );
}
