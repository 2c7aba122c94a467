//! HTTP: the routes, who may come in, what is readable, and every answer.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::dev::{Server, ServiceRequest, ServiceResponse};
use actix_web::error::JsonPayloadError;
use actix_web::http::header::AUTHORIZATION;
use actix_web::middleware::{Next, from_fn};
use actix_web::web::{
    Bytes, Data, Json, JsonConfig, Path, Query, QueryConfig, ServiceConfig, get, post, resource, to,
};
use actix_web::{App, Error, HttpRequest, HttpResponse, HttpServer};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use futures::stream;
use serde::Deserialize;
use serde_json::json;

use crate::book::{Outcome, RequestKey};
use crate::entry::{Operation, Request};
use crate::gateway::{Ending, Gateway};
use crate::method::Script;
use crate::refusal::{BODY_BYTES_MAX, Refusal};

/// One is enough for what one disk takes, and leaves the other cores to what the sandbox serves.
const WORKERS: usize = 1;
/// How long an idle connection is kept: longer than clients keep theirs.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// How long answers that are under way may take when the sandbox stops: longer than the slow method.
const ANSWERS_WITHIN: Duration = Duration::from_secs(5);
/// The longest idempotency key.
const KEY_LEN_MAX: usize = 255;
/// The largest amount: the largest integer that JSON carries exactly to every client (RFC 8259, section 6).
const AMOUNT_MAX: u64 = (1 << 53) - 1;
/// Entries of a page where the request does not say how many.
const PAGE_ENTRIES_USUAL: usize = 100;
/// Entries of a page at most: about half a megabyte.
const PAGE_ENTRIES_MAX: usize = 1_000;

/// Listens at `listen`. The server runs when it is awaited.
pub(crate) fn listen(listen: SocketAddr, gateway: Data<Gateway>) -> io::Result<(SocketAddr, Server)> {
    let server = HttpServer::new(move || {
        let json = JsonConfig::default()
            .limit(BODY_BYTES_MAX)
            .content_type(|_| true)
            .content_type_required(false)
            .error_handler(|error, _| unreadable_body(&error).into());
        let query =
            QueryConfig::default().error_handler(|error, _| Refusal::Unreadable(error.to_string()).into());
        App::new()
            .wrap(from_fn(gate))
            .app_data(gateway.clone())
            .app_data(json)
            .app_data(query)
            .configure(routes)
    })
    .workers(WORKERS)
    .keep_alive(KEEP_ALIVE)
    .shutdown_timeout(ANSWERS_WITHIN.as_secs())
    .disable_signals()
    .bind(listen)?;
    let address = server.addrs().first().copied();
    let address = address.ok_or_else(|| io::Error::other("nothing listens"))?;
    Ok((address, server.run()))
}

fn routes(app: &mut ServiceConfig) {
    let own = |path: &str| {
        resource(path).default_service(to(|| async { Err::<HttpResponse, _>(Refusal::MethodNotAllowed) }))
    };
    let find = |operation| {
        get().to(move |gateway: Data<Gateway>, key: Path<String>| async move {
            find(&gateway, operation, key.into_inner())
        })
    };
    app.service(own("/health").route(get().to(health)))
        .service(own("/v1/charges").route(post().to(charge)))
        .service(own("/v1/charges/{key}").route(find(Operation::Charge)))
        .service(own("/v1/refunds").route(post().to(refund)))
        .service(own("/v1/refunds/{key}").route(find(Operation::Refund)))
        .service(own("/v1/journal").route(get().to(journal)))
        .default_service(to(|| async { Err::<HttpResponse, _>(Refusal::NotFound("path")) }));
}

/// Lets in who knows the secret key.
async fn gate(
    gateway: Data<Gateway>,
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let given = request.headers().get(AUTHORIZATION);
    let token = given.and_then(|value| value.as_bytes().strip_prefix(b"Bearer "));
    let known =
        token.is_some_and(|token| verify_slices_are_equal(token, gateway.secret_key.as_bytes()).is_ok());
    if !known && request.path() != "/health" {
        return Err(Refusal::Unauthorized.into());
    }
    next.call(request).await
}

fn unreadable_body(error: &JsonPayloadError) -> Refusal {
    let too_large = matches!(
        error,
        JsonPayloadError::Overflow { .. } | JsonPayloadError::OverflowKnownLength { .. }
    );
    if too_large {
        return Refusal::BodyTooLarge;
    }
    Refusal::Unreadable(error.to_string())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChargeBody {
    amount: u64,
    currency: String,
    method: String,
    #[serde(default)]
    metadata: BTreeMap<String, String>,
}

/// `POST /v1/charges`
async fn charge(
    gateway: Data<Gateway>,
    http: HttpRequest,
    Json(body): Json<ChargeBody>,
) -> Result<HttpResponse, Refusal> {
    let key = idempotency_key(&http)?;
    let currency = body.currency.as_bytes();
    if currency.len() != 3 || !currency.iter().all(u8::is_ascii_uppercase) {
        let text = "a currency is three capital letters (ISO 4217)";
        return Err(Refusal::Unreadable(text.to_owned()));
    }
    let script = Script::of_charge(gateway.chaos, &body.method, &key)
        .ok_or_else(|| Refusal::UnknownMethod(body.method.clone()))?;
    let request = Request {
        charge_key: None,
        method: Some(body.method),
        amount: body.amount,
        currency: body.currency,
        metadata: body.metadata,
    };
    perform(gateway, (Operation::Charge, key), request, script).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RefundBody {
    charge_key: String,
    amount: u64,
    #[serde(default)]
    metadata: BTreeMap<String, String>,
}

/// `POST /v1/refunds`
async fn refund(
    gateway: Data<Gateway>,
    http: HttpRequest,
    Json(body): Json<RefundBody>,
) -> Result<HttpResponse, Refusal> {
    let key = idempotency_key(&http)?;
    let charge_key = (Operation::Charge, body.charge_key);
    let latest = |outcome: &Outcome| Arc::clone(&outcome.latest);
    let charge = gateway.ledger.book().outcome(&charge_key).map(latest);
    let charge = charge.ok_or(Refusal::NotFound("charge"))?;
    let method = charge.request.method.as_deref().unwrap_or_default();
    let script = Script::of_refund(gateway.chaos, method, &key);
    let request = Request {
        charge_key: Some(charge_key.1),
        method: None,
        amount: body.amount,
        currency: charge.request.currency.clone(),
        metadata: body.metadata,
    };
    perform(gateway, (Operation::Refund, key), request, script).await
}

async fn perform(
    gateway: Data<Gateway>,
    key: RequestKey,
    request: Request,
    script: Script,
) -> Result<HttpResponse, Refusal> {
    if !(1..=AMOUNT_MAX).contains(&request.amount) {
        let text = format!("an amount is 1 to {AMOUNT_MAX} minor units");
        return Err(Refusal::Unreadable(text));
    }
    let performed = tokio::spawn(gateway.clone().into_inner().perform(key, request, script));
    match performed.await.unwrap_or(Err(Refusal::JournalFailed))? {
        Ending::Answered(object) => Ok(HttpResponse::Ok().json(object)),
        Ending::Replayed(object) => Ok(HttpResponse::Ok()
            .insert_header(("Idempotent-Replayed", "true"))
            .json(object)),
        Ending::Silent(hang) => {
            gateway.stop.run_until_cancelled(tokio::time::sleep(hang)).await;
            // A body that fails at its first piece takes the connection with it before the head is sent.
            let nothing = io::Error::from(io::ErrorKind::ConnectionAborted);
            Ok(HttpResponse::Ok().streaming(stream::iter([Err::<Bytes, _>(nothing)])))
        }
    }
}

fn idempotency_key(http: &HttpRequest) -> Result<String, Refusal> {
    let mut values = http.headers().get_all("idempotency-key");
    let (Some(only), None) = (values.next(), values.next()) else {
        return Err(Refusal::NoIdempotencyKey);
    };
    let fits = |key: &&str| {
        (1..=KEY_LEN_MAX).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic())
    };
    let key = only.to_str().ok().filter(fits);
    key.map(str::to_owned).ok_or(Refusal::NoIdempotencyKey)
}

/// `GET /v1/charges/{key}` and `GET /v1/refunds/{key}`
fn find(gateway: &Gateway, operation: Operation, key: String) -> Result<HttpResponse, Refusal> {
    let book = gateway.ledger.book();
    let found = book.outcome(&(operation, key));
    let found = found.ok_or(Refusal::NotFound(operation.as_str()))?;
    Ok(HttpResponse::Ok().json(found.object()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Page {
    #[serde(default)]
    after: u64,
    limit: Option<usize>,
}

/// `GET /v1/journal`
async fn journal(gateway: Data<Gateway>, page: Query<Page>) -> Result<HttpResponse, Refusal> {
    let limit = page.limit.unwrap_or(PAGE_ENTRIES_USUAL).min(PAGE_ENTRIES_MAX);
    if limit == 0 {
        return Err(Refusal::Unreadable("a page has 1 entry or more".to_owned()));
    }
    let entries = gateway.ledger.book().page(page.after, limit);
    let next_after = entries.last().map_or(page.after, |entry| entry.sequence);
    Ok(HttpResponse::Ok().json(json!({ "entries": entries, "next_after": next_after })))
}

/// `GET /health`
async fn health(gateway: Data<Gateway>) -> HttpResponse {
    if gateway.journal.is_closed() {
        return HttpResponse::ServiceUnavailable().json(json!({ "status": "journal_failed" }));
    }
    HttpResponse::Ok().json(json!({ "status": "ok" }))
}
