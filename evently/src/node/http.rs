//! One port for everything: both sides of the API, health, metrics, and the documentation. Operators may have a port of
//! their own.

use std::future::ready;
use std::net::SocketAddr;
use std::num::NonZero;
use std::time::Duration;

use actix_web::dev::{Server, ServerHandle};
use actix_web::http::Method;
use actix_web::http::header::{CONTENT_TYPE, LOCATION};
use actix_web::{App, HttpResponse, HttpResponseBuilder, HttpServer, web};
use anyhow::{Context, Result};
use command_api::CommandApi;
use edge::health::Health;
use edge::request::{Boundary, Clients, cors, get, not_routed};
use edge::token::Verifier;
use identity::Accounts;
use metrics_exporter_prometheus::PrometheusHandle;
use query_api::QueryApi;
use tokio::task::JoinHandle;
use utoipa_swagger_ui::SwaggerUi;

use crate::config::Config;
use crate::{docs, telemetry};

/// Connections that may wait to be accepted: when sales open, thousands come in the same moment.
const BACKLOG: u32 = 4_096;
/// Connections of one worker at once: bounds memory; more wait in the backlog.
const CONNECTIONS_PER_WORKER_MAX: usize = 25_000;
/// Connections of operators at once: scrapers and probes.
const OPERATORS_MAX: usize = 256;
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

/// A server that answers until it is stopped.
pub(super) struct Listening {
    pub(super) address: SocketAddr,
    handle: ServerHandle,
    serving: JoinHandle<std::io::Result<()>>,
}

impl Listening {
    fn run(address: SocketAddr, server: Server) -> Self {
        Self {
            address,
            handle: server.handle(),
            serving: tokio::spawn(server),
        }
    }

    /// Answers what is under way, and ends.
    pub(super) async fn stop(self) {
        self.handle.stop(true).await;
        let ended = self.serving.await.context("the server failed");
        if let Err(error) = ended.and_then(|ended| Ok(ended?)) {
            tracing::error!(%error, "node.server.failed");
        }
    }
}

/// Listens for operators, where they have a port of their own: health and metrics.
pub(super) fn listen_for_operators(config: &Config, services: &Services) -> Result<Option<Listening>> {
    let Some(listen) = config.http.ops_listen else {
        return Ok(None);
    };
    let (health, metrics) = (services.health.clone(), services.metrics.clone());
    let server = HttpServer::new(move || {
        App::new()
            .app_data(health.clone())
            .app_data(metrics.clone())
            .configure(edge::health::routes)
            .configure(telemetry::routes)
    })
    .workers(1)
    .max_connections(OPERATORS_MAX)
    .client_request_timeout(HEAD_WITHIN)
    .shutdown_timeout(1)
    .disable_signals()
    .bind(listen)
    .with_context(|| format!("cannot listen on {listen}"))?;
    let address = server.addrs().first().copied().context("nothing listens")?;
    tracing::info!(%address, "node.operators.served");
    Ok(Some(Listening::run(address, server.run())))
}

/// Listens and answers by `services`.
pub(super) fn listen(config: &Config, services: Services) -> Result<Listening> {
    let document = web::Bytes::from(
        docs::openapi()
            .to_json()
            .context("cannot write the OpenAPI document")?,
    );
    let http = &config.http;
    let with_metrics = http.ops_listen.is_none();
    let operations = operations(&services, with_metrics);
    let unmatched = not_routed(operations.clone());
    let boundary = Boundary::new(operations)
        .hsts(http.hsts)
        .exported(config.telemetry.otlp_endpoint.is_some());
    let origins = http.cors_origins.clone();
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    let server = HttpServer::new(move || {
        let (services, document) = (services.clone(), document.clone());
        App::new()
            .wrap(boundary.clone())
            .wrap(cors(origins.clone()))
            .configure(move |app| routes(app, services, document, with_metrics))
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
    Ok(Listening::run(address, server.run()))
}

fn routes(app: &mut web::ServiceConfig, services: Services, document: web::Bytes, with_metrics: bool) {
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
    if with_metrics {
        app.configure(telemetry::routes);
    }
    app.configure(edge::health::routes)
        .configure(edge::problem::routes)
        .route(
            "/openapi.json",
            get().to(move || ready(openapi(document.clone()))),
        )
        .route(
            "/",
            get().to(|| ready(to_docs(HttpResponse::TemporaryRedirect()))),
        )
        .route(
            "/docs",
            get().to(|| ready(to_docs(HttpResponse::PermanentRedirect()))),
        )
        .service(SwaggerUi::new("/docs/{_:.*}").config(utoipa_swagger_ui::Config::from("/openapi.json")));
}

/// Every route, so that a wrong method and a wrong path are answered differently.
fn operations(services: &Services, with_metrics: bool) -> Vec<(Method, &'static str)> {
    let own = [
        "/health/live",
        "/health/ready",
        "/api/v1/health/status",
        "/openapi.json",
        "/",
        "/docs",
    ];
    let mut operations: Vec<_> = own.into_iter().map(|path| (Method::GET, path)).collect();
    operations.push((Method::GET, "/problems/{slug}"));
    if with_metrics {
        operations.push((Method::GET, "/metrics"));
    }
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
        let app = App::new().configure(|app| routes(app, services(), web::Bytes::new(), true));
        let service = test::init_service(app).await;
        for (path, status) in [("/", 307), ("/docs", 308)] {
            let request = test::TestRequest::get().uri(path).to_request();
            let answer = test::call_service(&service, request).await;
            assert_eq!(answer.status().as_u16(), status, "{path}");
            assert_eq!(answer.headers().get(LOCATION).unwrap(), "/docs/", "{path}");
        }
        let request = test::TestRequest::get().uri("/docs/").to_request();
        assert!(test::call_service(&service, request).await.status().is_success());
        assert!(operations(&services(), true).contains(&(Method::GET, "/")));
    }
}
