//! A database, the real projections and a read side on it, and short ways to ask. Read tables are filled by facts alone.

mod houses;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::HeaderMap;
use actix_web::{App, test, web};
use bytes::Bytes;
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use domain::event::EventFact;
use domain::ids::EventId;
use edge::token::{Issuer, Keys, Role, SigningKey, TokenPolicy, Verifier};
use event_store::clock::Clock;
use event_store::{NewFact, Outcome, Sequence, StreamId, Unit};
use projections::{PROJECTIONS, Projector, Status};
use query_api::QueryApi;
use serde_json::Value;
use tests::TestDatabase;
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::acts::At;
use crate::write_side::WriteSide;

pub(crate) struct World {
    pub(crate) database: TestDatabase,
    pub(crate) clock: Clock,
    api: web::Data<QueryApi>,
    verifier: web::Data<Verifier>,
    issuer: Issuer,
    pub(crate) write: Mutex<WriteSide>,
    projecting: AtomicBool,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {:?}", self.body))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn items(&self) -> Vec<Value> {
        assert_eq!(self.status, 200, "{:?}", self.body);
        self.json()["items"].as_array().unwrap().clone()
    }

    /// `slug` of a problem.
    pub(crate) fn problem(&self) -> String {
        assert_eq!(self.header("content-type"), "application/problem+json");
        self.json()["type"]
            .as_str()
            .unwrap()
            .trim_start_matches("/problems/")
            .to_owned()
    }
}

impl World {
    pub(crate) async fn new() -> Self {
        let database = TestDatabase::create().await;
        let reader = database.reader.clone();
        Self::reading(database, |clock| QueryApi::start(reader, clock))
    }

    /// A read side of one's own on `database`.
    pub(crate) fn reading(database: TestDatabase, start: impl FnOnce(Clock) -> QueryApi) -> Self {
        let clock = Clock::manual(Clock::system().now().trunc_subsecs(0));
        let policy = TokenPolicy {
            issuer: "test".to_owned(),
            audience: "test".to_owned(),
            lifetime_s: 900,
            skew_s: 0,
            cache_entries_max: 100,
        };
        let keys = || Keys::new(vec![SigningKey::from_seed(&[7; 32]).unwrap()]).unwrap();
        Self {
            api: web::Data::new(start(clock.clone())),
            verifier: web::Data::new(Verifier::new(keys(), &policy, clock.clone())),
            issuer: Issuer::new(&keys(), &policy),
            write: Mutex::new(WriteSide::new(database.log())),
            projecting: AtomicBool::new(true),
            database,
            clock,
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.ask(path, &[]).await
    }

    pub(crate) async fn get_as(&self, caller: (Uuid, Role), path: &str) -> Answer {
        let bearer = self.bearer(caller);
        self.ask(path, &[("authorization", &bearer)]).await
    }

    pub(crate) fn bearer(&self, (account, role): (Uuid, Role)) -> String {
        format!(
            "Bearer {}",
            self.issuer.issue(account, role, self.clock.now()).unwrap().0
        )
    }

    pub(crate) async fn ask(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let app = App::new()
            .app_data(self.api.clone())
            .app_data(self.verifier.clone())
            .configure(query_api::routes);
        let service = test::init_service(app).await;
        let mut request = test::TestRequest::get().uri(&format!("/api/v1{path}"));
        for header in headers {
            request = request.insert_header(*header);
        }
        let response = test::call_service(&service, request.to_request()).await;
        let (status, headers) = (response.status(), response.headers().clone());
        Answer {
            status,
            headers,
            body: test::read_body(response).await,
        }
    }

    pub(crate) fn in_days(&self, days: i64) -> DateTime<Utc> {
        self.clock.now() + TimeDelta::days(days)
    }

    /// What happens now.
    pub(crate) fn now(&self) -> At<'_> {
        self.at(self.clock.now())
    }

    /// What happened at a moment.
    pub(crate) const fn at(&self, at: DateTime<Utc>) -> At<'_> {
        At { world: self, at }
    }

    /// From now on the read tables stay as they are, until [`World::project`].
    pub(crate) fn stop_projecting(&self) {
        self.projecting.store(false, Ordering::Relaxed);
    }

    /// Facts were appended.
    pub(crate) async fn appended(&self) {
        if self.projecting.load(Ordering::Relaxed) {
            self.project().await;
        }
    }

    /// Brings every projection up to the end of the log, and again after each act from now on.
    pub(crate) async fn project(&self) {
        self.projecting.store(true, Ordering::Relaxed);
        let head = self.database.log().head().await.unwrap();
        for projection in PROJECTIONS {
            self.project_upto(projection.name, head.get()).await;
        }
    }

    /// Brings one projection up to a position.
    pub(crate) async fn project_upto(&self, name: &str, position: i64) {
        let projection = PROJECTIONS.iter().find(|each| each.name == name).unwrap();
        let (log, pool) = (self.database.log(), self.database.projector.clone());
        let projector = Projector::new(projection, pool, Status::default());
        loop {
            let reached = projector.position().await.unwrap();
            let missing = usize::try_from(position - reached.get()).unwrap_or_default();
            if missing == 0 {
                return;
            }
            let facts = log.read_after(reached, missing.min(20_000)).await.unwrap();
            projector.absorb(&facts).await.unwrap();
        }
    }

    /// Makes read tables say what no fact says.
    pub(crate) async fn damage(&self, sql: &str) {
        sqlx::raw_sql(sql)
            .execute(&self.database.projector)
            .await
            .unwrap();
    }

    /// The end of the log, as answers have it in a header.
    pub(crate) async fn head(&self) -> String {
        self.database.log().head().await.unwrap().get().to_string()
    }

    /// Appends facts of an event that nothing decides.
    pub(crate) async fn tell(&self, event: Uuid, facts: Vec<EventFact>) {
        self.write.lock().await.tell(EventId::new(event), facts).await;
        self.appended().await;
    }

    /// Appends facts, by name, version and payload, to the log.
    pub(crate) async fn append(
        &self,
        aggregate: &'static str,
        id: Uuid,
        after: i64,
        facts: Vec<(&'static str, &'static str, String)>,
    ) {
        let facts = (after + 1..)
            .zip(facts)
            .map(|(sequence, (event_type, event_version, payload))| NewFact {
                stream: StreamId {
                    aggregate_type: aggregate.into(),
                    aggregate_id: id,
                },
                sequence: Sequence::new(sequence),
                event_type,
                event_version,
                payload,
                metadata: r#"{"actor":"tester"}"#.into(),
            });
        let unit = Unit {
            facts: facts.collect(),
        };
        let outcomes = self.database.log().append(&[unit]).await.unwrap();
        assert!(matches!(outcomes[..], [Outcome::Appended(_)]), "{outcomes:?}");
    }

    pub(crate) fn later(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }
}

/// What tests vary of an event.
#[derive(Clone)]
pub(crate) struct NewEvent {
    pub(crate) organizer: Uuid,
    pub(crate) title: &'static str,
    pub(crate) category: &'static str,
    pub(crate) city: &'static str,
    pub(crate) currency: &'static str,
    pub(crate) published: bool,
    pub(crate) starts_in_days: i64,
    pub(crate) sales_from_in_days: Option<i64>,
    pub(crate) sales_until_in_days: Option<i64>,
}

impl NewEvent {
    /// An event on sale, ten days ahead.
    pub(crate) fn on_sale(title: &'static str) -> Self {
        Self {
            organizer: ORGANIZER,
            title,
            category: "concert",
            city: "Berlin",
            currency: "EUR",
            published: true,
            starts_in_days: 10,
            sales_from_in_days: Some(-1),
            sales_until_in_days: None,
        }
    }

    pub(crate) fn draft(title: &'static str) -> Self {
        Self {
            published: false,
            sales_from_in_days: None,
            ..Self::on_sale(title)
        }
    }
}

pub(crate) const ORGANIZER: Uuid = Uuid::from_u128(0xa1);
pub(crate) const STRANGER: Uuid = Uuid::from_u128(0xb2);
pub(crate) const BUYER: Uuid = Uuid::from_u128(0xc3);

/// Ids that ascend with time, as the application makes them.
pub(crate) fn new_id() -> Uuid {
    event_store::clock::new_id(&Clock::system())
}
