//! Health: is the process alive, may it be sent requests, and how are the parts that it needs?
//!
//! Liveness depends on nothing. Readiness is read from memory: each part is probed in the background once a second, so that a
//! loss and a return show within two seconds, and a flood of probes costs nothing.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use actix_web::{HttpResponse, web};
use serde::Serialize;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::problem::{Problem, kinds};
use crate::request::get;

/// Time between two probes of a part, and for which a probe may take.
const PROBE_EVERY: Duration = Duration::from_secs(1);

/// What a probe finds: details where the part is well, a short reason where not.
pub type Probe = Pin<Box<dyn Future<Output = Result<Value, String>> + Send>>;

/// How the parts of this process are.
#[derive(Clone)]
pub struct Health(Arc<Inner>);

struct Inner {
    shutdown: CancellationToken,
    started: Instant,
    version: &'static str,
    parts: Mutex<BTreeMap<&'static str, Part>>,
}

#[derive(Clone, Serialize)]
struct Part {
    /// Whether requests make no sense without it.
    required: bool,
    state: State,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Value::is_null")]
    details: Value,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Starting,
    Up,
    Down,
}

impl Health {
    /// The health of a process of `version` without parts, which is not ready from `shutdown` on.
    pub fn new(version: &'static str, shutdown: CancellationToken) -> Self {
        let parts = Mutex::new(BTreeMap::new());
        Self(Arc::new(Inner {
            shutdown,
            started: Instant::now(),
            version,
            parts,
        }))
    }

    /// Probes the part `name` from now on, on the current runtime. While a required part is not up, the process is not
    /// ready.
    pub fn watch(&self, name: &'static str, required: bool, probe: impl Fn() -> Probe + Send + 'static) {
        let part = Part {
            required,
            state: State::Starting,
            reason: None,
            details: Value::Null,
        };
        self.parts().insert(name, part);
        let health = self.clone();
        let shutdown = self.0.shutdown.clone();
        tokio::spawn(async move {
            while !shutdown.is_cancelled() {
                let found = tokio::time::timeout(PROBE_EVERY, probe()).await;
                health.note(
                    name,
                    found.unwrap_or_else(|_| Err("no answer within a second".to_owned())),
                );
                tokio::time::sleep(PROBE_EVERY).await;
            }
        });
    }

    /// Required parts that are not up, or that the process ends.
    pub fn lacking(&self) -> Vec<&'static str> {
        if self.0.shutdown.is_cancelled() {
            return vec!["shutdown"];
        }
        let parts = self.parts();
        let lacking = parts
            .iter()
            .filter(|(_, part)| part.required && part.state != State::Up);
        lacking.map(|(name, _)| *name).collect()
    }

    fn note(&self, name: &'static str, found: Result<Value, String>) {
        let mut parts = self.parts();
        let Some(part) = parts.get_mut(name) else { return };
        let (state, reason, details) = match found {
            Ok(details) => (State::Up, None, details),
            Err(reason) => (State::Down, Some(reason), Value::Null),
        };
        if state != part.state {
            tracing::info!(
                part = name,
                up = state == State::Up,
                reason = reason.as_deref(),
                "health changed"
            );
        }
        (part.state, part.reason, part.details) = (state, reason, details);
    }

    fn parts(&self) -> MutexGuard<'_, BTreeMap<&'static str, Part>> {
        self.0.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Routes `/health/live`, `/health/ready` and `/api/v1/health/status`; they need [`Health`] as `web::Data`.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/health/live", get().to(live))
        .route("/health/ready", get().to(ready))
        .route("/api/v1/health/status", get().to(status));
}

async fn live() -> HttpResponse {
    HttpResponse::Ok().json(json!({"status": "alive"}))
}

async fn ready(health: web::Data<Health>) -> Result<HttpResponse, Problem> {
    let lacking = health.lacking();
    if lacking.is_empty() {
        return Ok(HttpResponse::Ok().json(json!({"status": "ready"})));
    }
    let problem = Problem::new(&kinds::UNAVAILABLE).detail("not ready");
    Err(problem.with("lacking", json!(lacking)))
}

async fn status(health: web::Data<Health>) -> HttpResponse {
    let lacking = health.lacking();
    let parts = health.parts().clone();
    let all_up = parts.values().all(|part| part.state == State::Up);
    let status = match (lacking.is_empty(), all_up) {
        (true, true) => "up",
        (true, false) => "degraded",
        (false, _) => "down",
    };
    HttpResponse::Ok().json(json!({
        "status": status,
        "version": health.0.version,
        "uptime_s": health.0.started.elapsed().as_secs(),
        "parts": parts,
    }))
}

#[cfg(test)]
mod tests {
    use actix_web::App;
    use actix_web::http::StatusCode;
    use actix_web::test::{TestRequest, call_service, init_service};

    use super::*;

    async fn ask(health: &Health, path: &str) -> StatusCode {
        let app = init_service(
            App::new()
                .app_data(web::Data::new(health.clone()))
                .configure(routes),
        )
        .await;
        call_service(&app, TestRequest::get().uri(path).to_request())
            .await
            .status()
    }

    async fn settled(health: &Health, ready: bool) {
        while health.lacking().is_empty() != ready {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    #[actix_web::test]
    async fn a_process_whose_required_part_is_down_lives_but_is_not_ready() {
        let health = Health::new("1", CancellationToken::new());
        health.watch("database", true, || Box::pin(async { Err("away".to_owned()) }));
        settled(&health, false).await;
        assert_eq!(ask(&health, "/health/live").await, StatusCode::OK);
        assert_eq!(
            ask(&health, "/health/ready").await,
            StatusCode::SERVICE_UNAVAILABLE
        );
        assert_eq!(ask(&health, "/api/v1/health/status").await, StatusCode::OK);
    }

    #[actix_web::test]
    async fn a_part_that_is_not_required_does_not_hold_readiness_up() {
        let health = Health::new("1", CancellationToken::new());
        health.watch("nats", false, || Box::pin(async { Err("away".to_owned()) }));
        health.watch("database", true, || Box::pin(async { Ok(Value::Null) }));
        settled(&health, true).await;
        assert_eq!(ask(&health, "/health/ready").await, StatusCode::OK);
    }

    #[actix_web::test]
    async fn a_process_that_ends_is_not_ready() {
        let shutdown = CancellationToken::new();
        let health = Health::new("1", shutdown.clone());
        assert_eq!(ask(&health, "/health/ready").await, StatusCode::OK);
        shutdown.cancel();
        assert_eq!(
            ask(&health, "/health/ready").await,
            StatusCode::SERVICE_UNAVAILABLE
        );
    }
}
