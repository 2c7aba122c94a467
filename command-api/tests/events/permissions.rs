//! Who may run events, and what others see of them.

use actix_web::http::{Method, StatusCode};
use edge::token::Role;
use serde_json::json;
use uuid::Uuid;

use crate::app::{App, Call, person};
use crate::verb;

#[actix_web::test]
async fn security_18_an_event_of_another_organizer_answers_like_an_absent_one() {
    let app = App::start().await;
    let owner = person(Role::Organizer);
    let (id, etag) = app.draft(owner).await;
    let (rival, absent) = (person(Role::Organizer), Uuid::new_v4().to_string());
    for event in [id.as_str(), &absent, "no-uuid"] {
        let path = format!("/api/v1/admin/events/{event}");
        for name in ["publication", "opening", "closing"] {
            assert_eq!(
                verb(&app, rival, event, name).await.problem(),
                (404, "not-found"),
                "{name}"
            );
        }
        let edit = app
            .call(Method::PATCH, &path)
            .by(rival)
            .header("if-match", "*")
            .json(&json!({ "title": "Mine" }))
            .await;
        assert_eq!(edit.problem(), (404, "not-found"));
        let delete = app.delete(&path).by(rival).header("if-match", "*").send().await;
        assert_eq!(delete.problem(), (404, "not-found"));
    }
    let admin = person(Role::Admin);
    let edited = app
        .call(Method::PATCH, &format!("/api/v1/admin/events/{id}"))
        .by(admin)
        .header("if-match", &etag);
    assert_eq!(
        edited.json(&json!({ "title": "Seen to" })).await.status,
        StatusCode::OK
    );
}

#[actix_web::test]
async fn security_16_the_version_of_a_foreign_event_is_not_revealed() {
    let app = App::start().await;
    let (id, _) = app.draft(person(Role::Organizer)).await;
    let rival = person(Role::Organizer);
    let path = format!("/api/v1/admin/events/{id}");
    let edit = app
        .call(Method::PATCH, &path)
        .by(rival)
        .header("if-match", "\"999\"")
        .json(&json!({ "title": "Mine" }))
        .await;
    let absent = format!("/api/v1/admin/events/{}", Uuid::new_v4());
    let other = app
        .call(Method::PATCH, &absent)
        .by(rival)
        .header("if-match", "\"999\"")
        .json(&json!({ "title": "Mine" }))
        .await;
    assert_eq!((edit.status, &edit.body), (other.status, &other.body));
}

fn signed(call: Call<'_>, role: Option<Role>) -> Call<'_> {
    match role {
        Some(role) => call.by(person(role)),
        None => call,
    }
}

#[actix_web::test]
async fn security_15_only_organizers_and_administrators_run_events() {
    let app = App::start().await;
    let id = Uuid::new_v4();
    for (role, problem) in [
        (None, (401, "unauthenticated")),
        (Some(Role::User), (403, "forbidden")),
        (Some(Role::Auditor), (403, "forbidden")),
    ] {
        let one = format!("/api/v1/admin/events/{id}");
        let created = signed(app.post("/api/v1/admin/events"), role)
            .text("text/plain", "not even read".to_owned())
            .await;
        assert_eq!(created.problem(), problem);
        for name in ["publication", "opening", "closing"] {
            assert_eq!(
                signed(app.post(&format!("{one}/{name}")), role)
                    .send()
                    .await
                    .problem(),
                problem
            );
        }
        assert_eq!(
            signed(app.call(Method::PATCH, &one), role).send().await.problem(),
            problem
        );
        assert_eq!(signed(app.delete(&one), role).send().await.problem(), problem);
    }
}
