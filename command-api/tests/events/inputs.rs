//! What organizers may write, and what is said of what they may not.

use actix_web::http::StatusCode;
use edge::token::Role;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::app::{Answer, App, person};
use crate::bodies::{but, plan, with_plan};
use crate::create;

/// Status and slug, and where the body is wrong.
fn refusal(answer: &Answer) -> ((u16, &str), Vec<&str>) {
    (answer.problem(), answer.pointers())
}

#[actix_web::test]
async fn texts_that_show_nothing_or_turn_letters_around_are_refused() {
    let app = App::start().await;
    for (member, text) in [
        ("title", "\u{200b}\u{200b}"),
        ("title", "\u{202e}evil"),
        ("venue", "Hall\u{2066}"),
        ("city", "\u{2800}"),
        ("category", "concert\u{feff}"),
    ] {
        let refused = create(&app, &but(&json!({ member: text }))).await;
        let pointer = format!("#/{member}");
        assert_eq!(
            refusal(&refused),
            ((422, "invalid-body"), vec![pointer.as_str()]),
            "{text:?}"
        );
    }
    let section = json!([{ "name": "\u{200d}", "price": 1, "capacity": 1 }]);
    let refused = create(&app, &but(&json!({ "sections": section }))).await;
    assert_eq!(refused.pointers(), ["#/sections/0/name"]);
    let organizer = person(Role::Organizer);
    let (id, _) = app.draft(organizer).await;
    let path = format!("/api/v1/admin/events/{id}/cancellation");
    let reason = json!({ "reason": "\u{202e}rain" });
    let refused = app.post(&path).by(organizer).json(&reason).await;
    assert_eq!(refusal(&refused), ((422, "invalid-body"), vec!["#/reason"]));
}

#[actix_web::test]
async fn a_description_of_a_form_has_line_feeds_alone() {
    let app = App::start().await;
    let organizer = person(Role::Organizer);
    let body = but(&json!({ "description": "Doors 19:00\r\nShow 20:00" }));
    let created = app.post("/api/v1/admin/events").by(organizer).json(&body).await;
    assert_eq!(created.status, StatusCode::CREATED, "{}", created.body);
    assert_eq!(created.body["description"], "Doors 19:00\nShow 20:00");
    let path = format!("/api/v1/admin/events/{}", created.id());
    let edit = json!({ "description": "Sold out\r\n" });
    let call = app.call(actix_web::http::Method::PATCH, &path).by(organizer);
    let edited = call.header("if-match", "*").json(&edit).await;
    assert_eq!(edited.body["description"], "Sold out\n");
}

#[actix_web::test]
async fn a_name_that_is_given_twice_is_refused() {
    let app = App::start().await;
    let section = |name: &str| json!({ "name": name, "price": 1, "capacity": 1 });
    let sections = json!([section("Caf\u{e9}"), section("Floor"), section(" Cafe\u{301} ")]);
    let refused = create(&app, &but(&json!({ "sections": sections }))).await;
    assert_eq!(
        refusal(&refused),
        ((422, "invalid-body"), vec!["#/sections/2/name"])
    );

    let mut twice = plan(1);
    let mut zone = twice["zones"][0].clone();
    zone["rows"] = json!([]);
    twice["zones"].as_array_mut().unwrap().push(zone);
    let refused = create(&app, &with_plan(&twice, &json!({ "Gold": 1 }))).await;
    let pointer = "#/seating_plan/zones/1/name";
    assert_eq!(refusal(&refused), ((422, "invalid-plan"), vec![pointer]));
    let refused = create(&app, &with_plan(&plan(1), &json!({ "Gold": 1, "Gold ": 2 }))).await;
    assert_eq!(refused.pointers(), ["#/prices/Gold "]);
    let raw = with_plan(&plan(1), &json!({ "Gold": 1 })).to_string();
    let raw = raw.replace("\"Gold\":1", "\"Gold\":1,\"Gold\":2");
    let organizer = person(Role::Organizer);
    let call = app.post("/api/v1/admin/events").by(organizer);
    let refused = call.text("application/json", raw).await;
    assert_eq!(refusal(&refused), ((422, "invalid-body"), vec!["#/prices/Gold"]));
}

#[actix_web::test]
async fn what_is_wrong_with_a_plan_is_said_in_plain_words() {
    let app = App::start().await;
    let mut empty = plan(1);
    empty["zones"][0]["rows"][0]["seats"][0]["category"] = json!("");
    let refused = create(&app, &with_plan(&empty, &json!({ "Gold": 1 }))).await;
    let pointer = "#/seating_plan/zones/0/rows/0/seats/0/category";
    assert_eq!(refusal(&refused), ((422, "invalid-plan"), vec![pointer]));
    let detail = refused.body["detail"].as_str().unwrap();
    assert!(detail.ends_with("category is empty"), "{detail}");
    for (member, value) in [
        ("zones", json!(7)),
        ("zones", json!([[]])),
        ("categories", json!({})),
    ] {
        let mut wrong = plan(1);
        wrong[member] = value;
        let refused = create(&app, &with_plan(&wrong, &json!({ "Gold": 1 }))).await;
        let text = refused.body.to_string();
        for leak in ["line ", "column", "expected", "struct", "sequence"] {
            assert!(!text.contains(leak), "{text}");
        }
    }
}

#[actix_web::test]
async fn an_array_is_no_object_and_a_fee_is_one_of_two() {
    let app = App::start().await;
    let organizer = person(Role::Organizer);
    let body = but(&json!({ "sections": [["Lawn", 0, null, null, 10]] }));
    let refused = create(&app, &body).await;
    assert_eq!(refusal(&refused), ((422, "invalid-body"), vec!["#/sections/0"]));
    let (id, _) = app.draft(organizer).await;
    let path = format!("/api/v1/admin/events/{id}/cancellation-policy");
    let put = |fee: Value| {
        let policy = json!({ "free_hours": 48, "fee": fee, "closes_hours": 0 });
        let call = app.call(actix_web::http::Method::PUT, &path).by(organizer);
        async move { call.header("if-match", "*").json(&policy).await }
    };
    for (fee, pointer) in [
        (json!({ "basis_points": 100, "per_place": 100 }), "#/fee"),
        (json!({}), "#/fee"),
        (json!(null), "#/fee"),
        (json!("per_place"), "#/fee"),
        (json!(["per_place", 1]), "#/fee"),
        (json!({ "basis_points": 70_000 }), "#/fee/basis_points"),
        (json!({ "percent": 7 }), "#/fee/percent"),
    ] {
        let refused = put(fee.clone()).await;
        assert_eq!(refusal(&refused), ((422, "invalid-body"), vec![pointer]), "{fee}");
    }
    assert_eq!(put(json!({ "per_place": 100 })).await.status, StatusCode::OK);
}

#[actix_web::test]
async fn a_time_that_is_none_says_why() {
    let app = App::start().await;
    for (text, said) in [
        (
            "2027-03-28T02:30:00",
            "is not a date and time with its offset, such as 2027-05-17T19:30:00+02:00",
        ),
        (
            "2027-02-29T20:00:00Z",
            "names a day or an hour that does not exist",
        ),
    ] {
        let refused = create(&app, &but(&json!({ "starts_at": text }))).await;
        assert_eq!(refusal(&refused), ((422, "invalid-body"), vec!["#/starts_at"]));
        assert_eq!(refused.body["errors"][0]["detail"], said);
    }
}

#[actix_web::test]
async fn a_process_whose_name_no_database_can_hold_is_not_found() {
    let app = App::start().await;
    for name in ["%00", "re%00fund", "%0A"] {
        let path = format!("/api/v1/admin/processes/{name}/{}/resumption", Uuid::new_v4());
        let absent = app.post(&path).by(person(Role::Admin)).send().await;
        assert_eq!(absent.problem(), (404, "not-found"), "{name}");
    }
}

#[actix_web::test]
async fn a_coded_body_is_refused() {
    let app = App::start().await;
    let call = app.post("/api/v1/admin/events").by(person(Role::Organizer));
    let refused = call
        .header("content-encoding", "gzip")
        .json(&but(&json!({})))
        .await;
    assert_eq!(refused.problem(), (415, "unsupported-media-type"));
    assert_eq!(refused.header("accept-encoding"), Some("identity"));
}
