//! What every answer has, whoever made it.

use actix_web::test::{TestRequest, call_service, init_service, read_body_json};
use actix_web::{App, HttpResponse, web};
use serde_json::Value;

use super::*;
use crate::request::{Body, not_routed};

async fn fails() -> Result<HttpResponse, Problem> {
    Err(Problem::internal("the pool is empty"))
}

async fn panics() -> HttpResponse {
    assert!(std::hint::black_box(false), "a bug");
    HttpResponse::Ok().finish()
}

async fn takes(_: Body<Vec<u32>>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "max-age=5"))
        .finish()
}

async fn ask(request: TestRequest) -> ServiceResponse<EitherBody<actix_web::body::BoxBody>> {
    let operations = vec![
        (Method::GET, "/fails"),
        (Method::POST, "/takes"),
        (Method::GET, "/panics/{id}"),
    ];
    let app = App::new()
        .wrap(Boundary::new(true))
        .route("/fails", web::get().to(fails))
        .route("/takes", web::post().to(takes))
        .route("/panics/{id}", web::get().to(panics))
        .default_service(web::to(not_routed(operations)));
    call_service(&init_service(app).await, request.to_request()).await
}

#[actix_web::test]
async fn an_unknown_path_is_a_problem_that_names_the_request() {
    let answer = ask(TestRequest::get()
        .uri("/nowhere")
        .insert_header(("x-correlation-id", "abc")))
    .await;
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    assert_eq!(answer.headers().get(header::CONTENT_TYPE), Some(&MEDIA_TYPE));
    let body: Value = read_body_json(answer).await;
    assert_eq!(
        (&body["instance"], &body["correlation_id"]),
        (&"/nowhere".into(), &"abc".into())
    );
}

#[actix_web::test]
async fn a_wrong_method_is_told_the_right_ones() {
    let answer = ask(TestRequest::delete().uri("/panics/7")).await;
    assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(answer.headers().get(header::ALLOW).unwrap(), "GET");
}

#[actix_web::test]
async fn a_failure_tells_nothing_of_its_cause() {
    let answer = ask(TestRequest::get().uri("/fails")).await;
    assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
    let body: Value = read_body_json(answer).await;
    assert!(!body.to_string().contains("pool"), "{body}");
}

#[actix_web::test]
async fn wrong_media_types_and_broken_json_are_problems() {
    let typed = ask(TestRequest::post().uri("/takes").set_payload("[1]")).await;
    assert_eq!(typed.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let json = TestRequest::post()
        .uri("/takes")
        .insert_header(("content-type", "application/json"));
    let broken = ask(json.set_payload("[1")).await;
    assert_eq!(broken.status(), StatusCode::BAD_REQUEST);
    assert_eq!(broken.headers().get(header::CONTENT_TYPE), Some(&MEDIA_TYPE));
}

#[actix_web::test]
async fn every_answer_protects_browsers_and_keeps_the_cache_control_of_its_handler() {
    let answer = ask(TestRequest::post().uri("/takes").set_json([1])).await;
    assert_eq!(answer.headers().get(header::CACHE_CONTROL).unwrap(), "max-age=5");
    let other = ask(TestRequest::get().uri("/nowhere")).await;
    assert_eq!(other.headers().get(header::CACHE_CONTROL).unwrap(), "no-store");
    for name in [
        "x-content-type-options",
        "content-security-policy",
        "referrer-policy",
        "strict-transport-security",
    ] {
        assert!(other.headers().contains_key(name), "{name}");
    }
}

#[actix_web::test]
async fn a_panic_is_a_failure_like_any_other() {
    let operations: Vec<(Method, &'static str)> = Vec::new();
    let app = App::new()
        .wrap(Boundary::new(false))
        .route("/panics/{id}", web::get().to(panics))
        .default_service(web::to(not_routed(operations)));
    let app = init_service(app).await;
    let failed = app
        .call(TestRequest::get().uri("/panics/7").to_request())
        .await
        .err()
        .unwrap();
    assert_eq!(
        failed.as_response_error().status_code(),
        StatusCode::INTERNAL_SERVER_ERROR
    );
}
