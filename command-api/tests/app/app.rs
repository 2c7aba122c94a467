//! The verbs of Events and Bookings as an application, on a database and a clock of the test's own.

use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Service;
use actix_web::http::header::HeaderMap;
use actix_web::http::{Method, StatusCode};
use actix_web::test::{TestRequest, init_service, read_body};
use actix_web::web;
use chrono::{DateTime, Utc};
use command_api::CommandApi;
use edge::request::not_routed;
use edge::token::{Issuer, Keys, Role, SigningKey, TokenPolicy, Verifier};
use event_store::Doorbell;
use event_store::clock::Clock;
use gateway::Gateways;
use lanes::{LaneSettings, Store};
use serde_json::{Value, json};
use tests::TestDatabase;
use uuid::Uuid;

/// The application.
pub(crate) struct App {
    pub(crate) api: web::Data<CommandApi>,
    clock: Clock,
    issuer: Issuer,
    verifier: web::Data<Verifier>,
    _database: Arc<TestDatabase>,
}

/// A caller with an account.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Person {
    pub(crate) account: Uuid,
    pub(crate) role: Role,
}

/// An answer, read whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Value,
    headers: HeaderMap,
}

/// A request in the making.
pub(crate) struct Call<'a> {
    app: &'a App,
    request: TestRequest,
}

/// A new caller with this role.
pub(crate) fn person(role: Role) -> Person {
    Person {
        account: Uuid::new_v4(),
        role,
    }
}

impl App {
    /// On an empty database, without gateways.
    pub(crate) async fn start() -> Self {
        let database = Arc::new(TestDatabase::create().await);
        Self::on(&database, &first_of_may(), Gateways::default())
    }

    /// One more node, on this database and clock.
    pub(crate) fn on(database: &Arc<TestDatabase>, clock: &Clock, gateways: Gateways) -> Self {
        let keys = Keys::new(vec![SigningKey::from_seed(&[7; 32]).unwrap()]).unwrap();
        let policy = TokenPolicy {
            issuer: "https://evently.test".to_owned(),
            audience: "evently".to_owned(),
            lifetime_s: 900,
            skew_s: 5,
            cache_entries_max: 64,
        };
        let store = Store {
            log: database.log(),
            snapshots: database.snapshots(),
            clock: clock.clone(),
            settings: LaneSettings::default(),
        };
        let api = CommandApi::appending_by(store, database.log(), Doorbell::silent(), gateways);
        Self {
            api: web::Data::new(api),
            issuer: Issuer::new(&keys, &policy),
            verifier: web::Data::new(Verifier::new(keys, &policy, clock.clone())),
            clock: clock.clone(),
            _database: Arc::clone(database),
        }
    }

    pub(crate) fn post(&self, path: &str) -> Call<'_> {
        self.call(Method::POST, path)
    }

    pub(crate) fn delete(&self, path: &str) -> Call<'_> {
        self.call(Method::DELETE, path)
    }

    pub(crate) fn call(&self, method: Method, path: &str) -> Call<'_> {
        Call {
            app: self,
            request: TestRequest::with_uri(path).method(method),
        }
    }

    pub(crate) fn later(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// A draft with four rows of five seats at 12 € ("stalls"), ten free places ("lawn"), and its `ETag`.
    pub(crate) async fn draft(&self, organizer: Person) -> (String, String) {
        let created = self
            .post("/api/v1/admin/events")
            .by(organizer)
            .json(&new_event())
            .await;
        assert_eq!(created.status, StatusCode::CREATED, "{}", created.body);
        (created.id(), created.etag())
    }

    /// Places a Booking of `seats` of the stalls.
    pub(crate) async fn place(&self, buyer: Person, event: &str, key: &str, seats: &[&str]) -> Answer {
        let body = json!({ "event_id": event, "seat_ids": seats });
        self.post("/api/v1/bookings").by(buyer).key(key).json(&body).await
    }
}

/// A clock that stands at noon of the first of May, seven weeks before the Event.
pub(crate) fn first_of_may() -> Clock {
    let noon = DateTime::parse_from_rfc3339("2030-05-01T12:00:00Z").unwrap();
    Clock::manual(noon.to_utc())
}

/// A body that creates an Event.
pub(crate) fn new_event() -> Value {
    json!({
        "title": "Midsummer Night",
        "description": "Open air",
        "category": "concert",
        "venue": "Old Harbour",
        "city": "Hamburg",
        "time_zone": "Europe/Berlin",
        "starts_at": "2030-06-21T19:00:00Z",
        "ends_at": "2030-06-21T23:00:00Z",
        "currency": "EUR",
        "sections": [
            { "name": "Stalls", "price": 1200, "rows": 4, "seats_per_row": 5 },
            { "name": "Lawn", "price": 0, "capacity": 10 }
        ]
    })
}

impl Call<'_> {
    pub(crate) fn by(self, caller: Person) -> Self {
        let (token, _) = self
            .app
            .issuer
            .issue(caller.account, caller.role, self.app.now())
            .unwrap();
        self.header("authorization", &format!("Bearer {token}"))
    }

    pub(crate) fn key(self, key: &str) -> Self {
        self.header("idempotency-key", key)
    }

    pub(crate) fn header(self, name: &str, value: &str) -> Self {
        Self {
            request: self.request.insert_header((name, value)),
            ..self
        }
    }

    pub(crate) async fn json(self, body: &Value) -> Answer {
        self.text("application/json", body.to_string()).await
    }

    /// Sends these bytes under this media type.
    pub(crate) async fn text(self, media_type: &str, body: String) -> Answer {
        let call = self
            .header("content-type", media_type)
            .header("content-length", &body.len().to_string());
        Self {
            request: call.request.set_payload(body),
            ..call
        }
        .send()
        .await
    }

    pub(crate) async fn send(self) -> Answer {
        let app = actix_web::App::new()
            .app_data(self.app.api.clone())
            .app_data(self.app.verifier.clone())
            .configure(command_api::routes)
            .default_service(web::route().to(not_routed(command_api::operations())));
        let service = init_service(app).await;
        let response = service.call(self.request.to_request()).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = read_body(response).await;
        let body = serde_json::from_slice(&bytes).unwrap_or_default();
        Answer {
            status,
            body,
            headers,
        }
    }
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    pub(crate) fn id(&self) -> String {
        self.body["id"].as_str().unwrap().to_owned()
    }

    pub(crate) fn etag(&self) -> String {
        self.header("etag").unwrap().to_owned()
    }

    pub(crate) fn position(&self) -> i64 {
        self.header("evently-position").unwrap().parse().unwrap()
    }

    /// Status and slug of a problem.
    pub(crate) fn problem(&self) -> (u16, &str) {
        let slug = self.body["type"]
            .as_str()
            .and_then(|uri| uri.strip_prefix("/problems/"));
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json"),
            "{self:?}"
        );
        (self.status.as_u16(), slug.unwrap_or_default())
    }

    /// Where the body is wrong.
    pub(crate) fn pointers(&self) -> Vec<&str> {
        let errors = self.body["errors"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default();
        errors
            .iter()
            .filter_map(|error| error["pointer"].as_str())
            .collect()
    }
}
