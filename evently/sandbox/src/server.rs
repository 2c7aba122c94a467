//! HTTP: the routes, who may come in, and how long they wait.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::dev::{Server, ServiceRequest, ServiceResponse};
use actix_web::http::header::AUTHORIZATION;
use actix_web::middleware::{Next, from_fn};
use actix_web::web::{Data, PayloadConfig, ServiceConfig, get, post, resource, to};
use actix_web::{App, Error, HttpResponse, HttpServer};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use serde_json::json;

use crate::gateway::Gateway;
use crate::refusal::Refusal;
use crate::respond::BODY_BYTES_MAX;
use crate::{charges, pages, refunds};

/// One is enough for what one disk takes, and leaves the other cores to whom the sandbox serves.
const WORKERS: usize = 1;
/// Connections that may wait to be accepted.
const BACKLOG: u32 = 4_096;
/// Connections at once; those that are held without an answer count.
const CONNECTIONS_MAX: usize = 10_000;
/// How long an idle connection is kept: longer than clients keep theirs.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// How long answers that are under way may take when the sandbox stops: longer than the slow method.
const ANSWERS_WITHIN: Duration = Duration::from_secs(5);

/// Listens at `listen`. The server runs when it is awaited.
pub(crate) fn listen(listen: SocketAddr, gateway: Data<Gateway>) -> io::Result<(SocketAddr, Server)> {
    let server = HttpServer::new(move || {
        App::new()
            .wrap(from_fn(gate))
            .app_data(gateway.clone())
            .app_data(PayloadConfig::new(BODY_BYTES_MAX))
            .configure(routes)
    })
    .workers(WORKERS)
    .backlog(BACKLOG)
    .max_connections(CONNECTIONS_MAX)
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
    app.service(own("/health").route(get().to(health)))
        .service(own("/v1/charges").route(post().to(charges::create)))
        .service(own("/v1/charges/{key}").route(get().to(charges::get)))
        .service(own("/v1/refunds").route(post().to(refunds::create)))
        .service(own("/v1/refunds/{key}").route(get().to(refunds::get)))
        .service(own("/v1/journal").route(get().to(pages::get)))
        .default_service(to(|| async { Err::<HttpResponse, _>(Refusal::NotFound("path")) }));
}

/// Lets in who knows the secret key, and adds the latency to every answer.
async fn gate(
    gateway: Data<Gateway>,
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let answer = if request.path() == "/health" || may_enter(&gateway, &request) {
        next.call(request).await
    } else {
        Err(Refusal::Unauthorized.into())
    };
    if !gateway.latency.is_zero() {
        tokio::time::sleep(gateway.latency).await;
    }
    answer
}

fn may_enter(gateway: &Gateway, request: &ServiceRequest) -> bool {
    let given = request.headers().get(AUTHORIZATION);
    let token = given.and_then(|value| value.as_bytes().strip_prefix(b"Bearer "));
    token.is_some_and(|token| verify_slices_are_equal(token, gateway.secret_key.as_bytes()).is_ok())
}

/// `GET /health`
async fn health(gateway: Data<Gateway>) -> HttpResponse {
    if gateway.journal.works() {
        HttpResponse::Ok().json(json!({ "status": "ok" }))
    } else {
        HttpResponse::ServiceUnavailable().json(json!({ "status": "journal_failed" }))
    }
}
