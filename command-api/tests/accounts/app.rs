//! The account verbs as an application, on a database of the test's own.

use std::rc::Rc;
use std::sync::Arc;

use actix_web::http::header::HeaderMap;
use actix_web::http::{Method, StatusCode};
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::web;
use command_api::CommandApi;
use edge::token::{Issuer, Keys, SigningKey, TokenPolicy, Verifier};
use event_store::Doorbell;
use event_store::clock::Clock;
use identity::Accounts;
use identity::credentials::Credentials;
use identity::email::EmailDigests;
use identity::password::hashing::{Cost, Hashing};
use lanes::{LaneSettings, Store};
use serde_json::{Value, json};
use sqlx::Row;
use tests::TestDatabase;

pub(crate) const PASSWORD: &str = "a canticle for the monk";
pub(crate) const SECRET: &[u8] = b"a secret of thirty-two octets!!!";
pub(crate) const AUDIENCE: &str = "evently";
/// What a hash costs where its cost is not what is tested.
pub(crate) const CHEAP: Cost = Cost {
    memory_kib: 64,
    passes: 1,
};

/// The application.
pub(crate) struct App {
    pub(crate) accounts: web::Data<Accounts>,
    pub(crate) hashing: Hashing,
    pub(crate) database: Rc<TestDatabase>,
    verifier: web::Data<Verifier>,
}

/// An answer, read whole.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Value,
    headers: HeaderMap,
}

pub(crate) fn hashing(cost: Cost, running_max: usize, waiting_max: usize) -> Hashing {
    Hashing::new(cost, running_max, waiting_max).unwrap()
}

impl App {
    /// On an empty database, with cheap hashes.
    pub(crate) async fn start() -> Self {
        Self::with(hashing(CHEAP, 2, 64)).await
    }

    /// On an empty database.
    pub(crate) async fn with(hashing: Hashing) -> Self {
        Self::on(Rc::new(TestDatabase::create().await), hashing)
    }

    /// Another process on the same database.
    pub(crate) fn again(&self, hashing: Hashing) -> Self {
        Self::on(Rc::clone(&self.database), hashing)
    }

    fn on(database: Rc<TestDatabase>, hashing: Hashing) -> Self {
        let clock = Clock::system();
        let keys = Keys::new(vec![SigningKey::from_seed(&[7; 32]).unwrap()]).unwrap();
        let policy = TokenPolicy {
            issuer: "https://evently.test".to_owned(),
            audience: AUDIENCE.to_owned(),
            lifetime_s: 900,
            skew_s: 5,
            cache_entries_max: 16,
        };
        let store = Store {
            log: database.log(),
            snapshots: database.snapshots(),
            clock: clock.clone(),
            settings: LaneSettings::default(),
        };
        let accounts = Accounts {
            executor: CommandApi::start(store, Doorbell::silent()).accounts,
            credentials: Credentials::new(database.writer.clone()),
            digests: EmailDigests::new(SECRET),
            hashing: hashing.clone(),
            delay: Arc::default(),
            issuer: Issuer::new(&keys, &policy),
            clock: clock.clone(),
        };
        let verifier = web::Data::new(Verifier::new(keys, &policy, clock));
        Self {
            accounts: web::Data::new(accounts),
            hashing,
            database,
            verifier,
        }
    }

    pub(crate) async fn register(&self, email: &str, password: &str, name: &str) -> Answer {
        let body = json!({ "email": email, "password": password, "name": name });
        self.post("/api/v1/auth/register", &body).await
    }

    pub(crate) async fn login(&self, email: &str, password: &str) -> Answer {
        self.post(
            "/api/v1/auth/login",
            &json!({ "email": email, "password": password }),
        )
        .await
    }

    pub(crate) async fn me(&self, token: &str) -> Answer {
        self.get("/api/v1/auth/me", Some(token)).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.call(TestRequest::with_uri(path).method(Method::POST).set_json(body))
            .await
    }

    pub(crate) async fn get(&self, path: &str, token: Option<&str>) -> Answer {
        let request = TestRequest::with_uri(path);
        let request = match token {
            Some(token) => request.insert_header(("authorization", format!("Bearer {token}"))),
            None => request,
        };
        self.call(request).await
    }

    async fn call(&self, request: TestRequest) -> Answer {
        let app = actix_web::App::new()
            .app_data(self.accounts.clone())
            .app_data(self.verifier.clone())
            .configure(command_api::routes);
        let response = call_service(&init_service(app).await, request.to_request()).await;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = serde_json::from_slice(&read_body(response).await).unwrap_or_default();
        Answer {
            status,
            body,
            headers,
        }
    }

    /// Names of all facts, in order.
    pub(crate) async fn facts(&self) -> Vec<String> {
        sqlx::query_scalar("select event_type from public.events order by position")
            .fetch_all(&self.database.writer)
            .await
            .unwrap()
    }

    /// Everything that the log holds, as text.
    pub(crate) async fn log_as_text(&self) -> String {
        sqlx::query_scalar("select string_agg(e::text, ' ') from public.events e")
            .fetch_one(&self.database.writer)
            .await
            .unwrap()
    }

    /// The stored hash of the only account.
    pub(crate) async fn password_hash(&self) -> String {
        let row = sqlx::query("select password_hash from credentials")
            .fetch_one(&self.database.writer)
            .await;
        row.unwrap().get(0)
    }

    /// Changes the tables behind the application's back.
    pub(crate) async fn as_owner(&self, statement: &str) {
        sqlx::query(statement)
            .execute(&mut self.database.owner().await)
            .await
            .unwrap();
    }
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    pub(crate) fn header_names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.headers.keys().map(ToString::to_string).collect();
        names.sort();
        names
    }

    pub(crate) fn token(&self) -> &str {
        self.body.get("access_token").and_then(Value::as_str).unwrap()
    }
}
