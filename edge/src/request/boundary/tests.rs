//! What every answer has, wherever it was made.

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::test::{TestRequest, call_service, init_service, read_body_json};
use actix_web::{App, HttpResponse, HttpServer, web};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::*;
use crate::problem::MEDIA_TYPE;
use crate::request::{Body, not_routed};

async fn fails() -> Result<HttpResponse, Problem> {
    Err(Problem::internal("the pool is empty"))
}

async fn panics(id: web::Path<u32>) -> HttpResponse {
    tokio::task::yield_now().await;
    assert_eq!(*id, 0, "a bug");
    HttpResponse::Ok().finish()
}

async fn takes_anything(_: Body<Value>) -> HttpResponse {
    HttpResponse::Ok().finish()
}

async fn takes(_: Body<Vec<u32>>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "max-age=5"))
        .finish()
}

fn operations() -> Vec<(Method, &'static str)> {
    vec![
        (Method::GET, "/fails"),
        (Method::POST, "/takes"),
        (Method::POST, "/anything"),
        (Method::GET, "/panics/{id}"),
    ]
}

fn routes(app: &mut web::ServiceConfig) {
    app.route("/fails", web::get().to(fails))
        .route("/takes", web::post().to(takes))
        .route("/anything", web::post().to(takes_anything))
        .route("/panics/{id}", web::get().to(panics))
        .default_service(web::to(not_routed(operations())));
}

type Answer = ServiceResponse<EitherBody<BoxBody>>;

async fn ask(request: TestRequest) -> Answer {
    let boundary = Boundary::new(operations()).hsts(true);
    let app = App::new().wrap(boundary).configure(routes);
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
async fn security_29_a_wrong_method_is_answered_with_the_right_ones() {
    let answer = ask(TestRequest::delete().uri("/panics/7")).await;
    assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(answer.headers().get(header::ALLOW).unwrap(), "GET, HEAD");
}

#[actix_web::test]
async fn security_25_a_failure_reveals_nothing_of_its_cause() {
    let answer = ask(TestRequest::get().uri("/fails")).await;
    assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
    let body: Value = read_body_json(answer).await;
    assert!(!body.to_string().contains("pool"), "{body}");
}

#[actix_web::test]
async fn security_29_wrong_media_types_and_broken_json_are_problems() {
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
async fn security_30_every_answer_protects_browsers_and_keeps_the_cache_control_of_its_handler() {
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
    let policy = other.headers().get("content-security-policy").unwrap();
    assert!(policy.to_str().unwrap().contains("frame-ancestors 'none'"));
}

#[actix_web::test]
async fn answers_that_say_yes_tell_their_correlation_id_too() {
    let request = TestRequest::post().uri("/takes").set_json([1]);
    let answer = ask(request.insert_header(("x-correlation-id", "order-7"))).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers().get("x-correlation-id").unwrap(), "order-7");
}

#[actix_web::test]
async fn security_23_json_that_nests_too_deeply_is_refused_before_it_fills_the_stack() {
    let deep = "[".repeat(30_000) + &"]".repeat(30_000);
    let request = TestRequest::post()
        .uri("/anything")
        .insert_header((header::CONTENT_TYPE, "application/json"));
    let answer = ask(request.set_payload(deep)).await;
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let body: Value = read_body_json(answer).await;
    assert_eq!(body["type"], "/problems/invalid-body");
    assert!(
        body["errors"][0]["pointer"]
            .as_str()
            .unwrap()
            .starts_with("#/0/0/")
    );
}

#[actix_web::test]
async fn security_25_a_panic_is_answered_and_signed_like_any_other_failure() {
    let boundary = Boundary::new(operations()).hsts(true);
    let app = init_service(App::new().wrap(boundary).configure(routes)).await;
    let request = TestRequest::get()
        .uri("/panics/7")
        .insert_header(("x-correlation-id", "p-1"));
    let failed = app.call(request.to_request()).await.err().unwrap();
    let answer = failed.error_response();
    assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
    for name in ["x-content-type-options", "strict-transport-security"] {
        assert!(answer.headers().contains_key(name), "{name}");
    }
    assert_eq!(answer.headers().get("x-correlation-id").unwrap(), "p-1");
    assert_eq!(answer.headers().get(header::CONTENT_TYPE), Some(&MEDIA_TYPE));
    let body = actix_web::body::to_bytes(answer.into_body()).await.unwrap();
    let body: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(body["instance"], "/panics/7");
    assert_eq!(body["correlation_id"], "p-1");
    assert!(!body.to_string().contains("a bug"), "{body}");
}

#[actix_web::test]
async fn an_error_that_a_service_lets_through_is_a_problem() {
    let app = App::new()
        .wrap_fn(|_, _| {
            let error = actix_web::error::ErrorPayloadTooLarge("of the framework");
            ready(Err::<ServiceResponse, Error>(error))
        })
        .wrap(Boundary::new(operations()))
        .configure(routes);
    let app = init_service(app).await;
    let request = TestRequest::get().uri("/fails").to_request();
    let failed = app.call(request).await.err().unwrap();
    let answer = failed.error_response();
    assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(answer.headers().get(header::CONTENT_TYPE), Some(&MEDIA_TYPE));
    assert!(answer.headers().contains_key("x-correlation-id"));
}

/// Sends `requests` over one connection and reads until the server closes it.
async fn over_the_wire(requests: &str) -> String {
    let server = HttpServer::new(|| {
        let boundary = Boundary::new(operations());
        App::new().wrap(boundary).configure(routes)
    });
    let server = server.workers(1).disable_signals();
    let server = server.bind(("127.0.0.1", 0)).unwrap();
    let address = server.addrs()[0];
    let running = server.run();
    let handle = running.handle();
    let running = tokio::spawn(running);
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(requests.as_bytes()).await.unwrap();
    let mut received = String::new();
    stream.read_to_string(&mut received).await.unwrap();
    handle.stop(false).await;
    running.await.unwrap().unwrap();
    received
}

#[actix_web::test]
async fn a_panic_reaches_the_client_as_a_problem_and_leaves_the_connection_usable() {
    let received = over_the_wire(
        "GET /panics/7 HTTP/1.1\r\nHost: evently\r\nX-Correlation-Id: p-2\r\n\r\n\
         GET /panics/0 HTTP/1.1\r\nHost: evently\r\nConnection: close\r\n\r\n",
    )
    .await;
    let (failed, next) = received.split_once("\"correlation_id\":\"p-2\"").unwrap();
    assert!(
        failed.starts_with("HTTP/1.1 500 Internal Server Error\r\n"),
        "{received}"
    );
    for header in [
        "x-correlation-id: p-2",
        "content-type: application/problem+json",
        "x-content-type-options: nosniff",
    ] {
        assert!(failed.contains(header), "{header} is not in {received}");
    }
    assert!(next.contains("HTTP/1.1 200 OK\r\n"), "{received}");
}
