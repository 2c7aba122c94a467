//! A sale under faults: buyers who write down what was acknowledged, and ask again with the same key what was not.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use edge::token::Role;
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use sqlx::PgPool;
use tests::{DIGEST_SECRET, EventlyProcess, NatsServer, PostgresServer, eventually, signing_key, token};
use tokio::task::JoinSet;
use uuid::Uuid;

/// Pairs of seats on sale.
const PAIRS: usize = 600;
/// Buyers who want the same pair at the same time.
const RIVALS: usize = 2;
/// Buyers at once.
const BUYERS: usize = 64;
/// A sale that takes longer is stuck.
const OVER_WITHIN: Duration = Duration::from_mins(2);
/// A buyer who hears nothing for this long asks again.
const PATIENCE: Duration = Duration::from_secs(5);
/// Pause between two times that a buyer asks.
const ASK_AGAIN: Duration = Duration::from_millis(100);

/// Evently with every role, on a PostgreSQL and a NATS of its own.
pub(crate) struct World {
    pub(crate) postgres: PostgresServer,
    pub(crate) nats: NatsServer,
    pub(crate) evently: EventlyProcess,
}

impl World {
    pub(crate) async fn start() -> Self {
        let (postgres, nats) =
            tokio::try_join!(PostgresServer::temporary(), NatsServer::temporary()).unwrap();
        let settings = [
            ("EVENTLY_DATABASE_URL", postgres.url("postgres")),
            ("EVENTLY_NATS_URL", nats.url()),
            ("EVENTLY_TOKEN_SIGNING_KEYS", signing_key()),
            ("EVENTLY_EMAIL_DIGEST_SECRET", DIGEST_SECRET.to_owned()),
        ];
        let roles = "command-api,query-api,projections,relay,processes";
        let evently = EventlyProcess::start(roles, &settings).await;
        Self {
            postgres,
            nats,
            evently,
        }
    }

    /// Every acknowledged booking is in the log, `verify` finds nothing, and the read tables equal a rebuild.
    pub(crate) async fn is_whole(&self, sale: &Sale) {
        let pool = PgPool::connect(&self.postgres.url("postgres")).await.unwrap();
        let acknowledged: Vec<String> = sale.acknowledged.lock().unwrap().iter().cloned().collect();
        assert_eq!(acknowledged.len(), PAIRS, "every pair has exactly one buyer");
        let in_log: i64 = sqlx::query_scalar(
            "select count(*) from public.events where event_type = 'BookingPlaced' and aggregate_id = any($1)",
        )
        .bind(&acknowledged)
        .fetch_one(&pool)
        .await
        .unwrap();
        assert_eq!(
            usize::try_from(in_log).unwrap(),
            PAIRS,
            "every acknowledged booking is in the log"
        );
        let caught_up =
            "select (select min(position) from read.checkpoints) = (select max(position) from public.events)";
        eventually("the read side has caught up", OVER_WITHIN, || async {
            sqlx::query_scalar::<_, Option<bool>>(caught_up)
                .fetch_one(&pool)
                .await
                .unwrap()
                == Some(true)
        })
        .await;
        let verified = self.evently.run(&["verify", "--read-tables"]);
        assert!(
            verified.status.success(),
            "{}",
            String::from_utf8_lossy(&verified.stdout)
        );
    }
}

/// A sale of one Event to many buyers at once.
pub(crate) struct Sale {
    acknowledged: Arc<Mutex<BTreeSet<String>>>,
    buyers: tokio::sync::Mutex<JoinSet<()>>,
}

impl Sale {
    /// Puts an Event on sale and sends the buyers.
    pub(crate) async fn begin(world: &World) -> Self {
        let base = format!("http://{}/api/v1", world.evently.address);
        let event = event_on_sale(&base).await;
        let acknowledged = Arc::new(Mutex::new(BTreeSet::new()));
        let next = Arc::new(AtomicUsize::new(0));
        let mut buyers = JoinSet::new();
        for _ in 0..BUYERS {
            buyers.spawn(buy(
                base.clone(),
                event.clone(),
                Arc::clone(&next),
                Arc::clone(&acknowledged),
            ));
        }
        Self {
            acknowledged,
            buyers: tokio::sync::Mutex::new(buyers),
        }
    }

    pub(crate) async fn until_acknowledged(&self, bookings: usize) {
        let enough = || async { self.acknowledged.lock().unwrap().len() >= bookings };
        eventually("the sale is under way", OVER_WITHIN, enough).await;
    }

    /// Waits until every buyer has what they came for.
    pub(crate) async fn until_over(&self) {
        let mut buyers = self.buyers.lock().await;
        let over = async {
            while let Some(buyer) = buyers.join_next().await {
                buyer.unwrap();
            }
        };
        tokio::time::timeout(OVER_WITHIN, over)
            .await
            .expect("the sale should come to its end");
    }
}

async fn event_on_sale(base: &str) -> String {
    let client = Client::new();
    let token = token(Uuid::new_v4(), Role::Organizer);
    let post = |path: String, body: Value| client.post(path).bearer_auth(&token).json(&body).send();
    let body = json!({
        "title": "Under fire", "description": "", "category": "test", "venue": "Hall", "city": "Berlin",
        "time_zone": "Europe/Berlin", "starts_at": "2040-01-01T20:00:00Z", "ends_at": "2040-01-01T22:00:00Z",
        "currency": "EUR", "sections": [{"name": "Floor", "price": 4500, "rows": 20, "seats_per_row": PAIRS / 10}],
    });
    let created = post(format!("{base}/admin/events"), body).await.unwrap();
    assert_eq!(created.status(), StatusCode::CREATED);
    let created: Value = created.json().await.unwrap();
    let event = created["id"].as_str().unwrap().to_owned();
    for verb in ["publication", "opening"] {
        let answer = post(format!("{base}/admin/events/{event}/{verb}"), json!({}))
            .await
            .unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{verb}");
    }
    event
}

/// Wants one pair after the other, each as another account, until all were wanted; every pair has rivals.
async fn buy(
    base: String,
    event: String,
    next: Arc<AtomicUsize>,
    acknowledged: Arc<Mutex<BTreeSet<String>>>,
) {
    let client = Client::builder().timeout(PATIENCE).build().unwrap();
    loop {
        let pair = next.fetch_add(1, Ordering::Relaxed) / RIVALS;
        if pair >= PAIRS {
            return;
        }
        if let Some(booking) = ask_until_answered(&client, &base, &event, pair).await {
            assert!(
                acknowledged.lock().unwrap().insert(booking),
                "a booking has one buyer"
            );
        }
    }
}

/// Asks for `pair` with one key until it is known what came of it: the booking, or `None` where a rival has the seats.
async fn ask_until_answered(client: &Client, base: &str, event: &str, pair: usize) -> Option<String> {
    let (token, key) = (token(Uuid::new_v4(), Role::User), Uuid::new_v4().to_string());
    let body = json!({"event_id": event, "seat_ids": seats(pair)});
    loop {
        let request = client
            .post(format!("{base}/bookings"))
            .bearer_auth(&token)
            .header("idempotency-key", &key);
        match request.json(&body).send().await {
            Ok(answer) if answer.status() == StatusCode::CREATED => {
                // The answer may break off after its head: then it was not acknowledged, and is asked again.
                if let Ok(body) = answer.json::<Value>().await {
                    return Some(body["id"].as_str().unwrap().to_owned());
                }
            }
            Ok(answer) if answer.status() == StatusCode::CONFLICT => return None,
            Ok(answer) => assert!(answer.status().is_server_error(), "{answer:?}"),
            Err(_) => {}
        }
        tokio::time::sleep(ASK_AGAIN).await;
    }
}

/// Pair `pair` of twenty rows lettered A to T.
fn seats(pair: usize) -> [String; 2] {
    let pairs_per_row = PAIRS / 20;
    let row = char::from(b'A' + u8::try_from(pair / pairs_per_row).unwrap());
    let first = pair % pairs_per_row * 2 + 1;
    [
        format!("floor-{row}-{first}"),
        format!("floor-{row}-{}", first + 1),
    ]
}
