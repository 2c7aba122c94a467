//! What is logged, measured and traced.

use std::io::Read;
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use actix_web::App;
use actix_web::dev::Service;
use actix_web::http::Method;
use actix_web::test::{TestRequest, call_and_read_body, call_service, init_service};

use super::*;
use edge::request::{Boundary, RequestContext, traced};
use serde_json::Value;

async fn panics(id: web::Path<u32>) -> String {
    assert_eq!(*id, 0, "a bug");
    id.to_string()
}

#[actix_web::test]
async fn metrics_are_served_and_count_every_answer_even_that_of_a_panic() {
    let handle = start_metrics().unwrap();
    let pattern = "/panics/{id}";
    let app = App::new()
        .wrap(Boundary::new(vec![(Method::GET, pattern)]))
        .app_data(web::Data::new(handle))
        .route(pattern, web::get().to(panics))
        .configure(routes);
    let app = init_service(app).await;
    let get = |path| TestRequest::get().uri(path).to_request();
    call_service(&app, get("/panics/0")).await;
    assert!(app.call(get("/panics/7")).await.is_err());
    assert!(app.call(get("/panics/8")).await.is_err());
    let text = call_and_read_body(&app, get("/metrics")).await;
    let text = std::str::from_utf8(&text).unwrap();
    for line in [
        r#"evently_http_request_duration_seconds_count{route="/panics/{id}",method="GET",status="2xx"} 1"#,
        r#"evently_http_request_duration_seconds_count{route="/panics/{id}",method="GET",status="5xx"} 2"#,
        "evently_http_requests_in_flight 1",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    assert!(text.contains("process_resident_memory_bytes"));
}

#[test]
fn an_event_is_one_line_whatever_came_from_outside() {
    let mut written = Vec::new();
    OneLine(&mut written)
        .write_all(b"path=/a\n2026 INFO forged\x1b[2J\n")
        .unwrap();
    assert_eq!(written, b"path=/a 2026 INFO forged [2J\n");
}

const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(text)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Written {
    fn lines(&self) -> Vec<String> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        text.lines().map(str::to_owned).collect()
    }
}

async fn notes() -> &'static str {
    tokio::task::yield_now().await;
    tracing::warn!(seat = "7}", "noted");
    "done"
}

async fn ask() {
    let app = init_service(
        App::new()
            .wrap(Boundary::new(Vec::new()))
            .route("/", web::get().to(notes)),
    );
    let request = TestRequest::get()
        .insert_header(("x-correlation-id", "order-7"))
        .insert_header(("traceparent", TRACE));
    call_service(&app.await, request.to_request()).await;
    tracing::warn!("outside");
}

/// What `ask` writes in `format`.
async fn written(format: LogFormat) -> Vec<String> {
    let written = Written::default();
    let writer = written.clone();
    let guard = tracing::subscriber::set_default(registry().with(lines(format, move || writer.clone())));
    ask().await;
    drop(guard);
    written.lines()
}

#[actix_web::test]
async fn a_line_of_a_handler_names_its_request_and_no_other_line_does() {
    let lines: Vec<Value> = written(LogFormat::Json)
        .await
        .iter()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines[0]["seat"], "7}");
    assert_eq!(lines[0]["correlation_id"], "order-7");
    assert_eq!(lines[1].get("correlation_id"), None);
}

#[actix_web::test]
async fn text_names_it_too() {
    let lines = written(LogFormat::Text).await;
    assert!(
        lines[0].ends_with("noted seat=\"7}\" correlation_id=order-7"),
        "{}",
        lines[0]
    );
    assert!(!lines[1].contains("correlation_id"));
}

/// The body of the first request, which is answered.
fn receive(listener: &TcpListener) -> Vec<u8> {
    let (mut stream, _) = listener.accept().unwrap();
    let mut received = Vec::new();
    let mut chunk = [0; 4_096];
    loop {
        let length = stream.read(&mut chunk).unwrap();
        received.extend_from_slice(&chunk[..length]);
        let Some(head) = received.windows(4).position(|bytes| bytes == b"\r\n\r\n") else {
            continue;
        };
        let text = String::from_utf8_lossy(&received[..head]).to_lowercase();
        let announced = text
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "));
        if received.len() >= head + 4 + announced.unwrap().parse::<usize>().unwrap() {
            stream
                .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
                .unwrap();
            return received.split_off(head + 4);
        }
    }
}

async fn tells_its_place(context: RequestContext) -> String {
    context.traceparent.to_string()
}

#[actix_web::test]
async fn the_span_of_a_request_arrives_at_the_collector_under_the_ids_that_its_facts_have() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let endpoint = format!("http://{}/v1/traces", listener.local_addr().unwrap());
    let collector = std::thread::spawn(move || receive(&listener));
    let traces = Traces::to(Some(&endpoint)).unwrap();
    let guard = tracing::subscriber::set_default(registry().with(traces.layer()));
    let pattern = "/places/{id}";
    let app = App::new()
        .wrap(Boundary::new(vec![(Method::GET, pattern)]).exported(true))
        .route(pattern, web::get().to(traced("query", tells_its_place)));
    let request = TestRequest::get()
        .uri("/places/7")
        .insert_header(("traceparent", TRACE));
    let place = call_and_read_body(&init_service(app).await, request.to_request()).await;
    drop(guard);
    drop(traces);

    let sent = collector.join().unwrap();
    let holds = |bytes: &[u8]| sent.windows(bytes.len()).any(|window| window == bytes);
    let place = String::from_utf8(place.to_vec()).unwrap();
    let fields: Vec<&str> = place.split('-').collect();
    assert_eq!(fields[1], "4bf92f3577b34da6a3ce929d0e0e4736");
    let own = u64::from_str_radix(fields[2], 16).unwrap();
    assert!(holds(&own.to_be_bytes()), "the span of the handler's own ids");
    assert!(
        holds(&0x00f0_67aa_0ba9_02b7_u64.to_be_bytes()),
        "below its caller's"
    );
    assert!(holds(b"GET /places/{id}"));
    assert!(holds(b"query.telemetry.tests.tells_its_place"));
}
