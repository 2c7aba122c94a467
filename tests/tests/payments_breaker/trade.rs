//! What has nothing to do with payments, and how long it takes.

use std::time::Duration;

use futures::{StreamExt, stream};
use reqwest::Method;
use serde_json::{Value, json};
use tests::{Buyer, Catalogue, Shop, eventually};
use tokio::time::Instant;
use uuid::Uuid;

/// Buyers of one measurement: enough for a hundredth of them to be two.
const BUYERS: usize = 200;
/// Of them at once: a shop that is open, not a rush.
const AT_ONCE: usize = 4;
/// Places that cost nothing, more than all measurements need.
const PLACES: u32 = 5_000;
/// What was made is shown within this.
const SHOWN_WITHIN: Duration = Duration::from_secs(10);
/// Times that it is measured before it is called slow: others use the machine too.
const MEASURED_MAX: usize = 3;
/// How much slower it may be, in times and in a constant for a machine that others use too.
const TIMES_MAX: u32 = 3;
const SLACK: Duration = Duration::from_millis(20);

/// An Event whose places cost nothing, and those who come for them.
pub(crate) struct Trade {
    visitor: Buyer,
    event: String,
}

/// What 99 of a hundred had to wait at most.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slowest {
    hold: Duration,
    read: Duration,
    confirmation: Duration,
}

impl Slowest {
    /// Whether it is as it was `before`, or nearly.
    pub(crate) fn is_nearly(self, before: Self) -> bool {
        let nearly = |now: Duration, before: Duration| now <= before * TIMES_MAX + SLACK;
        nearly(self.hold, before.hold)
            && nearly(self.read, before.read)
            && nearly(self.confirmation, before.confirmation)
    }
}

impl Trade {
    pub(crate) async fn begin(shop: &Shop) -> Self {
        let event = shop
            .event(Catalogue {
                rows: 0,
                seats_per_row: 0,
                price: 0,
                free: PLACES,
            })
            .await;
        let trade = Self {
            visitor: shop.operator.clone(),
            event,
        };
        let path = format!("/api/v1/events/{}", trade.event);
        // As a buyer: an administrator sees the draft already.
        let buyer = trade.visitor.beside(Uuid::new_v4(), edge::token::Role::User);
        let shown = || async {
            let answer = buyer.ask(Method::GET, &path, None, None).await;
            answer.is_some_and(|answer| answer.status == 200)
        };
        eventually("the event is shown", SHOWN_WITHIN, shown).await;
        trade.measured().await; // the first connections, and pages that are read for the first time
        trade
    }

    /// Everybody looks at the Event, holds a place, and confirms it.
    async fn measured(&self) -> Slowest {
        let visits: Vec<[Duration; 3]> = stream::iter(0..BUYERS)
            .map(|_| self.visit())
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
        let slowest = |part: usize| {
            let mut all: Vec<Duration> = visits.iter().map(|visit| visit[part]).collect();
            all.sort_unstable();
            all[BUYERS * 99 / 100 - 1]
        };
        Slowest {
            hold: slowest(0),
            read: slowest(1),
            confirmation: slowest(2),
        }
    }

    /// How it is while nothing is wrong: the best of some times, so that nothing is forgiven later.
    pub(crate) async fn undisturbed(&self) -> Slowest {
        let mut best = self.measured().await;
        for _ in 1..MEASURED_MAX {
            let next = self.measured().await;
            best = Slowest {
                hold: best.hold.min(next.hold),
                read: best.read.min(next.read),
                confirmation: best.confirmation.min(next.confirmation),
            };
        }
        best
    }

    /// It is as fast as `before`, or nearly, whatever becomes of the gateway.
    pub(crate) async fn goes_on(&self, before: Slowest, gateway: &str) {
        let mut measured = Vec::new();
        while measured.len() < MEASURED_MAX {
            let during = self.measured().await;
            if during.is_nearly(before) {
                println!("{gateway} gateway: {during:?}, before {before:?}");
                return;
            }
            measured.push(during);
        }
        panic!("with a {gateway} gateway: {measured:?}, before {before:?}");
    }

    async fn visit(&self) -> [Duration; 3] {
        let buyer = self.visitor.beside(Uuid::new_v4(), edge::token::Role::User);
        let places = json!({"event_id": self.event, "section_id": "lawn", "quantity": 1});
        let (booking, hold) = timed(&buyer, Method::POST, "/api/v1/bookings", Some(&places), 201).await;
        let path = format!("/api/v1/events/{}", self.event);
        let (_, read) = timed(&buyer, Method::GET, &path, None, 200).await;
        let path = format!("/api/v1/bookings/{booking}/confirmation");
        let (_, confirmation) = timed(&buyer, Method::POST, &path, None, 200).await;
        [hold, read, confirmation]
    }
}

/// What the answer is about, and how long it took.
async fn timed(
    buyer: &Buyer,
    method: Method,
    path: &str,
    body: Option<&Value>,
    status: u16,
) -> (String, Duration) {
    let begun = Instant::now();
    let key = (method == Method::POST).then_some("visit");
    let answer = buyer.ask(method, path, key, body).await.expect("an answer");
    let took = begun.elapsed();
    assert_eq!(answer.status, status, "{path}: {answer:?}");
    (answer.id(), took)
}
