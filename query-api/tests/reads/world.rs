//! A database, a read side on it, and short ways to fill the one and to ask the other.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::HeaderMap;
use actix_web::{App, test, web};
use bytes::Bytes;
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use edge::token::{Issuer, Keys, Role, SigningKey, TokenPolicy, Verifier};
use event_store::clock::Clock;
use event_store::{NewFact, Outcome, Sequence, StreamId, Unit};
use query_api::QueryApi;
use serde_json::Value;
use tests::TestDatabase;
use uuid::Uuid;

pub(crate) struct World {
    pub(crate) database: TestDatabase,
    pub(crate) clock: Clock,
    api: web::Data<QueryApi>,
    verifier: web::Data<Verifier>,
    issuer: Issuer,
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

    pub(crate) async fn sql(&self, sql: &str) {
        sqlx::raw_sql(sql)
            .execute(&self.database.projector)
            .await
            .unwrap();
    }

    /// Says that all projections are at `position`.
    pub(crate) async fn projected(&self, position: i64) {
        self.sql(&format!(
            "insert into checkpoints (projection, position)
             values ('events', {position}), ('seats', {position}), ('bookings', {position}), ('ledger', {position}),
                    ('analytics', {position})
             on conflict (projection) do update set position = excluded.position"
        ))
        .await;
    }

    /// Puts an event into the tables.
    pub(crate) async fn event(&self, event: NewEvent) -> Uuid {
        let id = Uuid::now_v7_of_test();
        sqlx::query(
            "insert into events (event_id, organizer_id, status, title, description, category, venue, city, time_zone,
                                 starts_at, ends_at, currency, buyer_seats_max, sales_from, sales_until, plan, zones,
                                 created_at, published_at, sequence, position)
             values ($1, $2, $3, $4, 'About it', $5, 'Hall', $6, 'Europe/Berlin', $7, $8, 'EUR', 8, $9, $10,
                     '{\"name\":\"Hall\",\"size\":{\"width\":10,\"height\":10}}', '[{\"name\":\"Stalls\"}]', $11, $12, 7, 1)",
        )
        .bind(id)
        .bind(event.organizer)
        .bind(if event.published { "published" } else { "draft" })
        .bind(event.title)
        .bind(event.category)
        .bind(event.city)
        .bind(self.in_days(event.starts_in_days))
        .bind(self.in_days(event.starts_in_days) + TimeDelta::hours(3))
        .bind(event.sales_from_in_days.map(|days| self.in_days(days)))
        .bind(event.sales_until_in_days.map(|days| self.in_days(days)))
        .bind(self.in_days(-30))
        .bind(event.published.then(|| self.in_days(-20)))
        .execute(&self.database.projector)
        .await
        .unwrap();
        id
    }

    /// Puts a section with one row of `seats` seats, named `{section}-1` and so on, into the tables.
    pub(crate) async fn section(&self, event: Uuid, section: &str, price: i64, seats: i32) {
        sqlx::query(
            "insert into sections (event_id, section_id, ordinal, name, category, price_amount, seated, capacity,
                                   row_count, position)
             values ($1, $2, (select count(*) from sections where event_id = $1), $2, 'Standard', $3, true, $4, 1, 1)",
        )
        .bind(event)
        .bind(section)
        .bind(price)
        .bind(seats)
        .execute(&self.database.projector)
        .await
        .unwrap();
        sqlx::query(
            "insert into seat_rows (event_id, section_id, ordinal, seats)
             select $1, $2, 0, json_build_object('row_number', 'A', 'seats', json_agg(json_build_object(
                    'seat_guid', $2 || '-' || n, 'seat_number', n::text, 'position', json_build_object('x', n, 'y', 0))))
               from generate_series(1, $3) as n",
        )
        .bind(event)
        .bind(section)
        .bind(seats)
        .execute(&self.database.projector)
        .await
        .unwrap();
    }

    /// Says that a seat is held or sold by the fact at `position`.
    pub(crate) async fn take(&self, event: Uuid, section: &str, seat: u32, state: &str, position: i64) {
        sqlx::query(
            "insert into seats (event_id, seat_id, section_id, booking_id, state, position)
             values ($1, $2 || '-' || $3::text, $2, $4, $5, $6)",
        )
        .bind(event)
        .bind(section)
        .bind(seat.to_string())
        .bind(Uuid::nil())
        .bind(state)
        .bind(position)
        .execute(&self.database.projector)
        .await
        .unwrap();
        self.sql(&format!(
            "update sections set {state} = {state} + 1, position = {position}
              where event_id = '{event}' and section_id = '{section}'"
        ))
        .await;
    }

    /// Puts fifty sections of forty rows of twenty-five seats into the tables, all sold.
    pub(crate) async fn stadium(&self, event: Uuid) {
        self.sql(&format!(
            "insert into sections (event_id, section_id, ordinal, name, price_amount, seated, capacity, row_count, sold,
                                   position)
             select '{event}', 'block-' || block, block, 'Block ' || block, 4000, true, 1000, 40, 1000, 2
               from generate_series(1, 50) as block;
             insert into seat_rows (event_id, section_id, ordinal, seats)
             select '{event}', 'block-' || block, number, json_build_object('row_number', number::text, 'seats', (
                    select json_agg(json_build_object('seat_guid', concat_ws('-', 'block', block, number, seat),
                           'seat_number', seat::text, 'uuid', gen_random_uuid(),
                           'position', json_build_object('x', seat * 12, 'y', number * 15)))
                      from generate_series(1, 25) as seat))
               from generate_series(1, 50) as block, generate_series(1, 40) as number;
             insert into seats (event_id, seat_id, section_id, booking_id, state, position)
             select '{event}', concat_ws('-', 'block', block, number, seat), 'block-' || block, gen_random_uuid(), 'sold', 2
               from generate_series(1, 50) as block, generate_series(1, 40) as number, generate_series(1, 25) as seat;"
        ))
        .await;
    }

    /// Puts a booking of two seats into the tables.
    pub(crate) async fn booking(&self, event: Uuid, account: Uuid, status: &str, placed_s_ago: i64) -> Uuid {
        let id = Uuid::now_v7_of_test();
        let placed_at = self.clock.now() - TimeDelta::seconds(placed_s_ago);
        let ended_at = (status != "held").then_some(placed_at + TimeDelta::seconds(60));
        sqlx::query(
            "insert into bookings (booking_id, event_id, account_id, reference, status, lines, quantity, total_amount,
                                   currency, expires_at, placed_at, ended_at, sequence, position)
             values ($1, $2, $3, 'REFERENCE1', $4,
                     '[{\"section\":\"a\",\"quantity\":2,\"seats\":[\"a-1\",\"a-2\"],\"unit_price\":1500}]',
                     2, 3000, 'EUR', $5, $6, $7, 1, 1)",
        )
        .bind(id)
        .bind(event)
        .bind(account)
        .bind(status)
        .bind(placed_at + TimeDelta::seconds(600))
        .bind(placed_at)
        .bind(ended_at)
        .execute(&self.database.projector)
        .await
        .unwrap();
        id
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
trait TestId {
    fn now_v7_of_test() -> Self;
}

impl TestId for Uuid {
    fn now_v7_of_test() -> Self {
        event_store::clock::new_id(&Clock::system())
    }
}
