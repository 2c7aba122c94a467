//! Events over HTTP, against a real database: every verb, every refusal with its status and slug.

#[cfg(test)]
#[path = "app/app.rs"]
mod app;
#[cfg(test)]
#[path = "app/bodies.rs"]
mod bodies;
#[cfg(test)]
#[path = "events/editing.rs"]
mod editing;

#[path = "events/inputs.rs"]
mod inputs;
#[cfg(test)]
#[path = "events/permissions.rs"]
mod permissions;

use std::time::Instant;

use actix_web::http::StatusCode;
use app::{Answer, App, Person, new_event, person};
use bodies::{but, plan, with_plan};
use edge::token::Role;
use serde_json::{Value, json};
use uuid::Uuid;

async fn create(app: &App, body: &Value) -> Answer {
    app.post("/api/v1/admin/events")
        .by(person(Role::Organizer))
        .json(body)
        .await
}

async fn verb(app: &App, by: Person, id: &str, verb: &str) -> Answer {
    app.post(&format!("/api/v1/admin/events/{id}/{verb}"))
        .by(by)
        .send()
        .await
}

#[actix_web::test]
async fn an_organizer_creates_publishes_opens_and_closes_an_event() {
    let app = App::start().await;
    let organizer = person(Role::Organizer);
    let created = app
        .post("/api/v1/admin/events")
        .by(organizer)
        .json(&new_event())
        .await;
    assert_eq!(created.status, StatusCode::CREATED, "{}", created.body);
    let id = created.id();
    assert_eq!(
        created.header("location"),
        Some(format!("/api/v1/admin/events/{id}").as_str())
    );
    assert_eq!(
        (&created.body["status"], &created.body["title"]),
        (&json!("draft"), &json!("Midsummer Night"))
    );
    assert_eq!(created.body["buyer_seats_max"], 8);
    assert!(created.position() > 0 && created.etag().starts_with('"'));

    let published = verb(&app, organizer, &id, "publication").await;
    assert_eq!(
        (published.status, &published.body["status"]),
        (StatusCode::OK, &json!("published"))
    );
    assert!(published.position() > created.position());
    assert_ne!(published.etag(), created.etag());

    let opened = verb(&app, organizer, &id, "opening").await;
    assert_eq!(
        (opened.status, &opened.body["status"]),
        (StatusCode::OK, &json!("on_sale"))
    );
    assert_eq!(opened.body["sales_from"], "2030-05-01T12:00:00Z");

    let until = json!({ "until": "2030-06-01T12:00:00Z" });
    let closing = app
        .post(&format!("/api/v1/admin/events/{id}/closing"))
        .by(organizer)
        .json(&until)
        .await;
    assert_eq!(
        (closing.status, &closing.body["status"]),
        (StatusCode::OK, &json!("on_sale"))
    );
    assert_eq!(closing.body["sales_until"], "2030-06-01T12:00:00Z");
    let closed = verb(&app, organizer, &id, "closing").await;
    assert_eq!(
        (closed.status, &closed.body["status"]),
        (StatusCode::OK, &json!("closed"))
    );
}

#[actix_web::test]
async fn verbs_are_idempotent_by_state() {
    let app = App::start().await;
    let organizer = person(Role::Organizer);
    let (id, _) = app.draft(organizer).await;
    for name in ["publication", "opening", "closing"] {
        let first = verb(&app, organizer, &id, name).await;
        let path = format!("/api/v1/admin/events/{id}/{name}");
        let again = app.post(&path).by(organizer).key("any-key").send().await;
        assert_eq!((again.status, &again.body), (first.status, &first.body));
        assert_eq!((first.status, again.etag()), (StatusCode::OK, first.etag()));
    }
}

#[actix_web::test]
async fn a_repeated_creation_with_its_key_finds_the_same_event() {
    let app = App::start().await;
    let organizer = person(Role::Organizer);
    let post = || app.post("/api/v1/admin/events").by(organizer);
    let first = post().key("k1").json(&new_event()).await;
    let again = post().key("k1").json(&new_event()).await;
    assert_eq!((again.status, &again.body), (StatusCode::CREATED, &first.body));
    assert_eq!(again.etag(), first.etag());
    let mut other = new_event();
    other["title"] = "Another".into();
    assert_eq!(post().key("k1").json(&other).await.problem(), (422, "key-reused"));
    assert_ne!(post().key("k2").json(&new_event()).await.id(), first.id());
    assert_ne!(post().json(&new_event()).await.id(), first.id());
    assert_ne!(create(&app, &new_event()).await.id(), first.id());

    let gone = app
        .delete(&format!("/api/v1/admin/events/{}", first.id()))
        .by(organizer)
        .header("if-match", "*")
        .send()
        .await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    assert_eq!(
        post().key("k1").json(&new_event()).await.problem(),
        (422, "key-reused")
    );
}

#[actix_web::test]
async fn an_event_is_made_from_a_seating_plan_with_a_price_for_each_category() {
    let app = App::start().await;
    let organizer = person(Role::Organizer);
    let body = with_plan(&plan(3), &json!({ "Gold": 5000 }));
    let created = app.post("/api/v1/admin/events").by(organizer).json(&body).await;
    assert_eq!(created.status, StatusCode::CREATED, "{}", created.body);
    verb(&app, organizer, &created.id(), "publication").await;
    verb(&app, organizer, &created.id(), "opening").await;
    let placed = app
        .place(person(Role::User), &created.id(), "k1", &["2-5", "2-6"])
        .await;
    assert_eq!(placed.status, StatusCode::CREATED, "{}", placed.body);
    assert_eq!(placed.body["total"]["amount"], 10_000);
}

#[actix_web::test]
async fn a_plan_of_several_megabytes_is_taken() {
    let app = App::start().await;
    let body = with_plan(&plan(2_000), &json!({ "Gold": 5000 }));
    assert!(body.to_string().len() > 2_000_000);
    let before = Instant::now();
    let created = create(&app, &body).await;
    assert_eq!(created.status, StatusCode::CREATED, "{}", created.body);
    assert!(before.elapsed().as_secs() < 30, "{:?}", before.elapsed());
    let over = format!("{{\"title\":\"{}\"}}", "x".repeat(16 * 1024 * 1024));
    let huge = app
        .post("/api/v1/admin/events")
        .by(person(Role::Organizer))
        .text("application/json", over)
        .await;
    assert_eq!(huge.problem(), (413, "body-too-large"));
}

#[actix_web::test]
async fn what_is_wrong_with_a_plan_is_reported_and_pointed_at() {
    let app = App::start().await;
    let gold = json!({ "Gold": 5000 });
    let mut nameless = plan(2);
    nameless["zones"][0]["rows"][1]["seats"][3]
        .as_object_mut()
        .unwrap()
        .remove("seat_number");
    let answer = create(&app, &with_plan(&nameless, &gold)).await;
    assert_eq!(answer.problem(), (422, "invalid-plan"));
    assert_eq!(
        answer.pointers(),
        ["#/seating_plan/zones/0/rows/1/seats/3/seat_number"]
    );

    let mut twice = plan(2);
    twice["zones"][0]["rows"][1]["seats"][3]["seat_guid"] = json!("1-1");
    let answer = create(&app, &with_plan(&twice, &gold)).await;
    assert_eq!(
        (answer.problem(), &answer.body["seats"]),
        ((422, "invalid-plan"), &json!(["1-1"]))
    );

    let mut foreign = plan(2);
    foreign["zones"][0]["rows"][1]["seats"][3]["category"] = json!("Silver");
    let answer = create(&app, &with_plan(&foreign, &gold)).await;
    assert_eq!(
        (answer.problem(), &answer.body["categories"]),
        ((422, "invalid-plan"), &json!(["Silver"]))
    );

    let answer = create(&app, &with_plan(&plan(0), &gold)).await;
    assert_eq!(answer.problem(), (422, "invalid-plan"));

    let answer = create(&app, &with_plan(&plan(1), &json!({}))).await;
    assert_eq!(
        (answer.problem(), answer.pointers()),
        ((422, "invalid-body"), vec!["#/prices"])
    );
    assert_eq!(answer.body["categories"], json!(["Gold"]));
    let answer = create(&app, &with_plan(&plan(1), &json!({ "Gold": 1, "Tin": 1 }))).await;
    assert_eq!(
        (answer.problem(), &answer.body["categories"]),
        ((422, "invalid-body"), &json!(["Tin"]))
    );
    let answer = create(&app, &with_plan(&plan(1), &json!({ "Gold": -1 }))).await;
    assert_eq!(
        (answer.problem(), answer.pointers()),
        ((422, "invalid-body"), vec!["#/prices/Gold"])
    );
}

#[actix_web::test]
async fn everything_that_is_wrong_with_a_body_is_reported_at_once() {
    let app = App::start().await;
    let body = but(&json!({
        "title": " ",
        "time_zone": "Europe/Atlantis",
        "currency": "euro",
        "sections": [{ "name": "", "price": -1, "rows": 2 }, { "name": "Lawn", "price": 0, "capacity": 1, "rows": 1 }],
    }));
    let answer = create(&app, &body).await;
    assert_eq!(answer.problem(), (422, "invalid-body"));
    let expected = [
        "#/title",
        "#/time_zone",
        "#/currency",
        "#/sections/0/name",
        "#/sections/0/price",
        "#/sections/0",
        "#/sections/1",
    ];
    assert_eq!(answer.pointers(), expected);
}

#[actix_web::test]
async fn an_event_that_makes_no_sense_is_refused() {
    let app = App::start().await;
    let both = but(&json!({ "seating_plan": plan(1), "prices": { "Gold": 1 } }));
    let section = |members: Value| but(&json!({ "sections": [members] }));
    for (body, pointer) in [
        (but(&json!({ "ends_at": "2030-06-21T18:00:00Z" })), "#/ends_at"),
        (
            but(&json!({ "description": "x".repeat(10_001) })),
            "#/description",
        ),
        (but(&json!({ "buyer_seats_max": 0 })), "#/buyer_seats_max"),
        (but(&json!({ "buyer_seats_max": -1 })), "#/buyer_seats_max"),
        (but(&json!({ "starts_at": "tomorrow" })), "#/starts_at"),
        (but(&json!({ "organizer": Uuid::new_v4() })), "#/organizer"),
        (but(&json!({ "sections": [] })), "#"),
        (both, "#"),
        (
            section(json!({ "name": "A", "price": 1, "rows": 0, "seats_per_row": 1 })),
            "#",
        ),
        (
            section(json!({ "name": "A", "price": 1, "capacity": 2_000_000 })),
            "#",
        ),
        (
            section(json!({ "name": "A", "price": 1, "capacity": 1, "color": "red" })),
            "#/sections/0/color",
        ),
    ] {
        let answer = create(&app, &body).await;
        assert_eq!(
            (answer.problem(), answer.pointers()),
            ((422, "invalid-body"), vec![pointer]),
            "{}",
            answer.body
        );
    }
}

#[actix_web::test]
async fn a_draft_is_deleted_and_a_published_event_is_not() {
    let app = App::start().await;
    let organizer = person(Role::Organizer);
    let (id, etag) = app.draft(organizer).await;
    let delete = || app.delete(&format!("/api/v1/admin/events/{id}")).by(organizer);
    assert_eq!(delete().send().await.problem(), (428, "precondition-required"));
    assert_eq!(
        delete().header("if-match", "\"999\"").send().await.problem(),
        (412, "precondition-failed")
    );
    let deleted = delete().header("if-match", &etag).send().await;
    assert_eq!(deleted.status, StatusCode::NO_CONTENT);
    assert!(deleted.position() > 0);
    assert_eq!(
        verb(&app, organizer, &id, "publication").await.problem(),
        (404, "not-found")
    );

    let (id, _) = app.draft(organizer).await;
    verb(&app, organizer, &id, "publication").await;
    let refused = app
        .delete(&format!("/api/v1/admin/events/{id}"))
        .by(organizer)
        .header("if-match", "*")
        .send()
        .await;
    assert_eq!(refused.problem(), (409, "invalid-state"));
}

#[actix_web::test]
async fn verbs_out_of_turn_are_refused() {
    let app = App::start().await;
    let organizer = person(Role::Organizer);
    let (id, _) = app.draft(organizer).await;
    assert_eq!(
        verb(&app, organizer, &id, "opening").await.problem(),
        (409, "invalid-state")
    );
    assert_eq!(
        verb(&app, organizer, &id, "closing").await.problem(),
        (409, "invalid-state")
    );
    verb(&app, organizer, &id, "publication").await;
    assert_eq!(
        verb(&app, organizer, &id, "closing").await.problem(),
        (409, "invalid-state")
    );
    let late = json!({ "from": "2031-01-01T00:00:00Z" });
    let opening = app
        .post(&format!("/api/v1/admin/events/{id}/opening"))
        .by(organizer)
        .json(&late)
        .await;
    assert_eq!(opening.problem(), (409, "invalid-state"));
    app.later(60 * 24 * 3600);
    let (past, _) = app.draft(organizer).await;
    assert_eq!(
        verb(&app, organizer, &past, "publication").await.problem(),
        (409, "invalid-state")
    );
}

#[actix_web::test]
async fn an_optional_body_is_read_as_strictly_as_any_other() {
    let app = App::start().await;
    let organizer = person(Role::Organizer);
    let (id, _) = app.draft(organizer).await;
    let opening = || {
        app.post(&format!("/api/v1/admin/events/{id}/opening"))
            .by(organizer)
    };
    let typo = opening().json(&json!({ "form": "2030-05-02T12:00:00Z" })).await;
    assert_eq!(
        (typo.problem(), typo.pointers()),
        ((422, "invalid-body"), vec!["#/form"])
    );
    let broken = opening().text("application/json", "{".to_owned()).await;
    assert_eq!(broken.problem(), (400, "unreadable-body"));
    let text = opening().text("text/plain", "now".to_owned()).await;
    assert_eq!(text.problem(), (415, "unsupported-media-type"));
}
