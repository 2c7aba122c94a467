//! One port for everything: both sides of the API, health, metrics, and the documentation.

use std::future::ready;
use std::net::SocketAddr;
use std::num::NonZero;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::http::Method;
use actix_web::http::header::{CONTENT_TYPE, LOCATION};
use actix_web::{App, HttpResponse, HttpResponseBuilder, HttpServer, web};
use anyhow::{Context, Result};
use command_api::CommandApi;
use edge::health::Health;
use edge::request::{Boundary, Clients, cors, not_routed};
use edge::token::Verifier;
use identity::Accounts;
use metrics_exporter_prometheus::PrometheusHandle;
use query_api::QueryApi;
use utoipa_swagger_ui::SwaggerUi;

use crate::config::Config;
use crate::{docs, telemetry};

/// Connections that may wait to be accepted: when sales open, thousands come in the same moment.
const BACKLOG: u32 = 4_096;
/// Connections of one worker at once: bounds memory; more wait in the backlog.
const CONNECTIONS_PER_WORKER_MAX: usize = 25_000;
/// How long an idle connection is kept: longer than proxies keep theirs, so that they close first.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// How long the head of a request may take to arrive.
const HEAD_WITHIN: Duration = Duration::from_secs(10);

/// What the server serves; clones share it.
#[derive(Clone)]
pub(super) struct Services {
    pub(super) command_api: Option<web::Data<CommandApi>>,
    pub(super) accounts: Option<web::Data<Accounts>>,
    pub(super) query_api: Option<web::Data<QueryApi>>,
    pub(super) health: web::Data<Health>,
    pub(super) verifier: web::Data<Verifier>,
    pub(super) clients: Clients,
    pub(super) metrics: web::Data<PrometheusHandle>,
}

/// Listens and answers by `services`. The server runs when it is awaited.
pub(super) fn listen(config: &Config, services: Services) -> Result<(SocketAddr, Server)> {
    let document = web::Bytes::from(
        docs::openapi()
            .to_json()
            .context("cannot write the OpenAPI document")?,
    );
    let unmatched = not_routed(operations(&services));
    let http = &config.http;
    let boundary = Boundary::new(operations(&services))
        .hsts(http.hsts)
        .exported(config.telemetry.otlp_endpoint.is_some());
    let origins = http.cors_origins.clone();
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    let server = HttpServer::new(move || {
        let (services, document) = (services.clone(), document.clone());
        App::new()
            .wrap(boundary.clone())
            .wrap(cors(origins.clone()))
            .configure(move |app| routes(app, services, document))
            .default_service(web::to(unmatched.clone()))
    })
    .workers(http.workers.unwrap_or(cores))
    .backlog(BACKLOG)
    .max_connections(CONNECTIONS_PER_WORKER_MAX)
    .keep_alive(KEEP_ALIVE)
    .client_request_timeout(HEAD_WITHIN)
    // The last third is for lanes: what was accepted is committed even where a slow upload never ends.
    .shutdown_timeout(http.shutdown_s * 2 / 3)
    .disable_signals()
    .bind(http.listen)
    .with_context(|| format!("cannot listen on {}", http.listen))?;
    let address = server.addrs().first().copied().context("nothing listens")?;
    Ok((address, server.run()))
}

fn routes(app: &mut web::ServiceConfig, services: Services, document: web::Bytes) {
    app.app_data(services.verifier)
        .app_data(services.clients)
        .app_data(services.health)
        .app_data(services.metrics);
    if let (Some(api), Some(accounts)) = (services.command_api, services.accounts) {
        app.app_data(api)
            .app_data(accounts)
            .configure(command_api::routes);
    }
    if let Some(api) = services.query_api {
        app.app_data(api).configure(query_api::routes);
    }
    app.configure(edge::health::routes)
        .configure(telemetry::routes)
        .configure(edge::problem::routes)
        .route(
            "/openapi.json",
            web::get().to(move || ready(openapi(document.clone()))),
        )
        .route(
            "/",
            web::get().to(|| ready(to_docs(HttpResponse::TemporaryRedirect()))),
        )
        .route(
            "/docs",
            web::get().to(|| ready(to_docs(HttpResponse::PermanentRedirect()))),
        )
        .service(SwaggerUi::new("/docs/{_:.*}").config(utoipa_swagger_ui::Config::from("/openapi.json")));
}

/// Every route, so that a wrong method and a wrong path are answered differently.
fn operations(services: &Services) -> Vec<(Method, &'static str)> {
    let own = [
        "/health/live",
        "/health/ready",
        "/api/v1/health/status",
        "/metrics",
        "/openapi.json",
        "/",
        "/docs",
    ];
    let mut operations: Vec<_> = own.into_iter().map(|path| (Method::GET, path)).collect();
    operations.push((Method::GET, "/problems/{slug}"));
    if services.command_api.is_some() {
        operations.extend(command_api::operations());
    }
    if services.query_api.is_some() {
        operations.extend(query_api::operations());
    }
    operations
}

fn openapi(document: web::Bytes) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "application/json"))
        .body(document)
}

/// Redirects `/` for now, and `/docs` without its last slash for ever, to the documentation.
fn to_docs(mut redirect: HttpResponseBuilder) -> HttpResponse {
    redirect.insert_header((LOCATION, "/docs/")).finish()
}

#[cfg(test)]
mod tests {
    use actix_web::test;
    use edge::token::{Keys, SigningKey, TokenPolicy};
    use event_store::clock::Clock;
    use metrics_exporter_prometheus::PrometheusBuilder;
    use tokio_util::sync::CancellationToken;

    use super::*;

    /// Services without either side of the API.
    fn services() -> Services {
        let policy = TokenPolicy::default();
        let keys = Keys::new(vec![SigningKey::from_seed(&[7; 32]).unwrap()]).unwrap();
        Services {
            command_api: None,
            accounts: None,
            query_api: None,
            health: web::Data::new(Health::new("0", CancellationToken::new())),
            verifier: web::Data::new(Verifier::new(keys, &policy, Clock::system())),
            clients: Clients::new(&[0; 32], Vec::new()),
            metrics: web::Data::new(PrometheusBuilder::new().build_recorder().handle()),
        }
    }

    #[actix_web::test]
    async fn a_request_without_a_path_is_sent_to_the_documentation() {
        let app = App::new().configure(|app| routes(app, services(), web::Bytes::new()));
        let service = test::init_service(app).await;
        for (path, status) in [("/", 307), ("/docs", 308)] {
            let request = test::TestRequest::get().uri(path).to_request();
            let answer = test::call_service(&service, request).await;
            assert_eq!(answer.status().as_u16(), status, "{path}");
            assert_eq!(answer.headers().get(LOCATION).unwrap(), "/docs/", "{path}");
        }
        let request = test::TestRequest::get().uri("/docs/").to_request();
        assert!(test::call_service(&service, request).await.status().is_success());
        assert!(operations(&services()).contains(&(Method::GET, "/")));
    }
}
