//! Bodies that are taken and bodies that are refused.

use actix_web::ResponseError;
use actix_web::body::to_bytes;
use actix_web::http::StatusCode;
use actix_web::test::TestRequest;
use serde::Deserialize;
use serde_json::Value;

use super::*;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Order {
    seats: Vec<Seat>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Seat {
    row: u8,
}

async fn send(body: impl Into<Bytes>, limit: Option<usize>) -> Result<Order, Problem> {
    send_as("application/json", body, limit).await
}

async fn send_as(media_type: &str, body: impl Into<Bytes>, limit: Option<usize>) -> Result<Order, Problem> {
    let mut request = TestRequest::post()
        .insert_header(("content-type", media_type))
        .set_payload(body.into());
    if let Some(limit) = limit {
        request = request.app_data(BodyLimit(limit));
    }
    let (request, mut payload) = request.to_http_parts();
    Body::from_request(&request, &mut payload)
        .await
        .map(|body| body.0)
}

async fn document(problem: &Problem) -> Value {
    serde_json::from_slice(&to_bytes(problem.error_response().into_body()).await.unwrap()).unwrap()
}

#[actix_web::test]
async fn a_body_that_fits_is_taken() {
    let order = send(r#"{"seats": [{"row": 7}]}"#, None).await.unwrap();
    assert_eq!(order.seats[0].row, 7);
    assert!(
        send_as("Application/JSON; charset=UTF-8", r#"{"seats": []}"#, None)
            .await
            .is_ok()
    );
}

#[actix_web::test]
async fn other_media_types_are_refused() {
    for media_type in [
        "",
        "text/plain",
        "application/jsonp",
        "application/json; charset=latin1",
        "application/xml",
    ] {
        let refused = send_as(media_type, "{}", None).await.unwrap_err();
        assert_eq!(refused.kind(), &kinds::UNSUPPORTED_MEDIA_TYPE, "{media_type}");
    }
}

#[actix_web::test]
async fn a_coded_body_is_refused_with_what_is_taken() {
    for (coding, taken) in [
        ("gzip", false),
        ("br", false),
        ("gzip, identity", false),
        ("Identity", true),
    ] {
        let request = TestRequest::post()
            .insert_header(("content-type", "application/json"))
            .insert_header(("content-encoding", coding))
            .set_payload(r#"{"seats": []}"#);
        let (request, mut payload) = request.to_http_parts();
        match Body::<Order>::from_request(&request, &mut payload).await {
            Ok(_) => assert!(taken, "{coding}"),
            Err(refused) => {
                assert!(!taken, "{coding}");
                assert_eq!(refused.kind(), &kinds::UNSUPPORTED_MEDIA_TYPE);
                assert_eq!(
                    refused.error_response().headers().get("accept-encoding").unwrap(),
                    "identity"
                );
            }
        }
    }
}

#[actix_web::test]
async fn what_is_no_json_is_unreadable() {
    for body in [
        &b""[..],
        b"{",
        br#"{"seats": [}"#,
        br#"{"seats": []} {}"#,
        b"{\"seats\": [\"\xff\"]}",
        b"{\"seats\": [], \"\xff\": 0}",
    ] {
        let refused = send(body, None).await.unwrap_err();
        assert_eq!(refused.kind(), &kinds::UNREADABLE_BODY, "{body:?}");
    }
}

#[actix_web::test]
async fn what_does_not_fit_is_pointed_at() {
    for (body, pointer) in [
        (r#"{"seats": [{"row": 1}, {"row": "x"}]}"#, "#/seats/1/row"),
        (r#"{"seats": [{"row": 1, "price": 0}]}"#, "#/seats/0/price"),
        (r#"{"seats": [], "total~/x": 1}"#, "#/total~0~1x"),
        (r#"{"seats": [{}]}"#, "#/seats/0/row"),
        (r"{}", "#/seats"),
        (r"7", "#"),
        (r#"[[{"row": 1}]]"#, "#"),
        (r#"{"seats": [[1]]}"#, "#/seats/0"),
    ] {
        let problem = send(body, None).await.unwrap_err();
        assert_eq!(problem.kind(), &kinds::INVALID_BODY, "{body}");
        let document = document(&problem).await;
        assert_eq!(document["errors"][0]["pointer"], pointer, "{body} {document}");
    }
}

#[actix_web::test]
async fn security_23_a_body_above_the_limit_is_refused_and_the_limit_named() {
    let large = format!("{{\"seats\": []}}{}", " ".repeat(BODY_BYTES_MAX));
    let refused = send(large.clone(), None).await.unwrap_err();
    assert_eq!(refused.status_code(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(document(&refused).await["limit_bytes"], BODY_BYTES_MAX);
    assert!(send(large, Some(BODY_BYTES_MAX * 2)).await.is_ok());
}

#[actix_web::test]
async fn a_body_that_does_not_end_is_given_up() {
    let first = futures::stream::once(async { Ok(Bytes::from_static(b"{\"seats\": ")) });
    let unfinished = first.chain(futures::stream::pending());
    let payload = Payload::from(Box::pin(unfinished) as Pin<Box<dyn futures::Stream<Item = _>>>);
    let given_up = in_time(Duration::from_millis(20), read(payload, BODY_BYTES_MAX)).await;
    assert_eq!(given_up.unwrap_err().kind(), &kinds::REQUEST_TIMEOUT);
    assert_eq!(within(BODY_BYTES_MAX), Duration::from_secs(24));
}
