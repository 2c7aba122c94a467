//! An outage of the gateway, as buyers and operators see it.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::Method;
use serde_json::{Value, json};
use tests::{Answer, Buyer, Catalogue, Shop, ShopSettings, eventually};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};
use uuid::Uuid;

/// Payments that fail one after the other until the gateway is taken for broken.
const UNTIL_BROKEN: usize = 5;
/// Buyers who try to pay during the outage.
const PRESSING: usize = 10;
/// Seats of the Event.
const SEATS: u32 = 20;
const PRICE: i64 = 4999;
/// A payment that is put off is answered within this.
const QUICKLY: Duration = Duration::from_secs(1);
/// Any other payment is answered within this, whether or not its outcome is known.
const ANSWERED_WITHIN: Duration = Duration::from_secs(5);
/// Pause of a buyer who does not care what `Retry-After` says.
const IMPATIENCE: Duration = Duration::from_millis(100);
/// What is shown to operators is brought up to date within this.
const SHOWN_WITHIN: Duration = Duration::from_secs(5);
/// A gateway that went silent is asked again within this, after it was taken for broken twice.
const NOTICED_WITHIN: Duration = Duration::from_secs(30);
/// A gateway that is back is found to be within this: the longest pause, and time to pay.
const BACK_WITHIN: Duration = Duration::from_secs(75);
/// What a hold lasts with everything that can prolong it.
const HOLD_MAX: TimeDelta = TimeDelta::minutes(15);
const METHOD: &str = "sandbox_approve";

/// A shop whose gateway goes away.
pub(crate) struct Outage {
    pub(crate) shop: Shop,
    /// Those whose payment fails before the outage is known.
    first: Vec<Paying>,
    /// A buyer who comes afterwards.
    next: Paying,
    pressing: Vec<Paying>,
}

/// A buyer who wants to pay for a hold.
#[derive(Clone)]
struct Paying {
    buyer: Buyer,
    booking: String,
}

/// Buyers who try to pay again and again.
pub(crate) struct Crowd(JoinSet<()>);

impl Outage {
    pub(crate) async fn set() -> Self {
        let shop = Shop::open(ShopSettings {
            call_seconds: 1,
            ..ShopSettings::default()
        })
        .await;
        let catalogue = Catalogue {
            rows: 1,
            seats_per_row: SEATS,
            price: PRICE,
            free: 0,
        };
        let event = shop.event(catalogue).await;
        let mut all = Vec::new();
        for seat in 1..=UNTIL_BROKEN + PRESSING + 1 {
            let buyer = shop.buyer(Uuid::new_v4());
            let seat = format!("floor-A-{seat}");
            let booking = buyer.hold(&event, &json!({"seat_ids": [seat]})).await;
            all.push(Paying { buyer, booking });
        }
        let next = all.pop().unwrap();
        let pressing = all.split_off(UNTIL_BROKEN);
        Self {
            shop,
            first: all,
            next,
            pressing,
        }
    }

    /// The first payments have an unknown outcome, and the breaker opens. Later ones are put off.
    pub(crate) async fn begins(&self) {
        let mut paying = JoinSet::new();
        for each in &self.first {
            let each = each.clone();
            paying.spawn(async move { each.asks().await });
        }
        let open = || async { self.metric("evently_gateway_breaker_state").await == Some(2) };
        eventually("the gateway is taken for broken", SHOWN_WITHIN, open).await;
        self.a_payment_is_put_off_quickly().await;
        let mut begun = 0;
        while let Some(answer) = paying.join_next().await {
            begun += usize::from(answer.unwrap().status == 202);
        }
        assert!(begun > 0, "some payments have begun");
    }

    /// Who comes next is put off at once, and loses nothing by it.
    async fn a_payment_is_put_off_quickly(&self) {
        let answer = self.next.asks().await;
        assert_eq!(answer.status, 503, "{answer:?}");
        let times = "select min(payload->'BookingPlaced'->>'at')::timestamptz, max(payload->'BookingExtended'->>'until')::timestamptz
                       from public.events where aggregate_id = $1";
        let (placed, until): (DateTime<Utc>, Option<DateTime<Utc>>) = sqlx::query_as(times)
            .bind(&self.next.booking)
            .fetch_one(&self.shop.database.reader)
            .await
            .unwrap();
        assert_eq!(until, Some(placed + HOLD_MAX), "the hold goes on");
        assert_eq!(answer.body["expires_at"], json!(placed + HOLD_MAX));
    }

    pub(crate) async fn everyone_can_see_it(&self) {
        let shown = || async {
            let gateways = self.gateways().await;
            gateways["state"] == "down" && gateways["reason"] == "sandbox does not answer"
        };
        eventually("health reports the gateway down", SHOWN_WITHIN, shown).await;
        let shed = self.metric(r#"evently_gateway_shed_total{gateway="sandbox",reason="open"}"#);
        assert!(shed.await > Some(0), "what was put off is counted");
    }

    pub(crate) async fn no_one_sees_it_any_more(&self) {
        assert_eq!(self.metric("evently_gateway_breaker_state").await, Some(0));
        let shown = || async { self.gateways().await["state"] == "up" };
        eventually("health reports the gateway up", SHOWN_WITHIN, shown).await;
    }

    /// From now on buyers try to pay, more often than they are asked to.
    pub(crate) fn pressure(&self) -> Crowd {
        let mut crowd = JoinSet::new();
        for each in &self.pressing {
            let each = each.clone();
            crowd.spawn(async move {
                while each.asks().await.status != 200 {
                    sleep(IMPATIENCE).await;
                }
            });
        }
        Crowd(crowd)
    }

    /// The gateway is tried and does not answer, and payments are put off as before.
    pub(crate) async fn the_silence_is_noticed(&self) {
        let failed = r#"evently_gateway_calls_total{gateway="sandbox",operation="charge",outcome="unknown"}"#;
        let before = self.metric(failed).await;
        let tried = || async { self.metric(failed).await > before };
        eventually("the silent gateway is tried", NOTICED_WITHIN, tried).await;
        assert_ne!(self.metric("evently_gateway_breaker_state").await, Some(0));
        let answer = self.next.asks().await;
        assert_eq!(answer.status, 503, "{answer:?}");
    }

    /// Their payments end by themselves: asking again tells of it, and pays nothing more.
    pub(crate) async fn payments_of_unknown_outcome_are_paid(&self) {
        self.shop.is_square("outage").await;
        for each in self.first.iter().chain([&self.next]) {
            let paid = each.buyer.pay(&each.booking, "pay", METHOD).await;
            assert_eq!(paid.status, 200, "{paid:?}");
        }
    }

    /// Everybody paid, and once.
    pub(crate) async fn is_over(&self) {
        self.shop.is_square("after the outage").await;
        let books = self.shop.books().await;
        let captures = books.entries("charge_captured").count();
        assert_eq!(captures, UNTIL_BROKEN + PRESSING + 1);
    }

    async fn gateways(&self) -> Value {
        let status = self
            .shop
            .operator
            .ask(Method::GET, "/api/v1/health/status", None, None);
        status.await.expect("an answer").body["parts"]["gateways"].clone()
    }

    /// The value of the first series that begins so.
    async fn metric(&self, series: &str) -> Option<u64> {
        let scraped = self.shop.operator.ask(Method::GET, "/metrics", None, None);
        let scraped = scraped.await.expect("an answer").body;
        let line = scraped
            .as_str()
            .unwrap()
            .lines()
            .find(|line| line.starts_with(series))?;
        line.rsplit(' ').next()?.parse().ok()
    }
}

impl Crowd {
    /// Waits until each of them has paid.
    pub(crate) async fn all_pay(mut self) {
        let all = async {
            while let Some(paid) = self.0.join_next().await {
                paid.unwrap();
            }
        };
        timeout(BACK_WITHIN, all)
            .await
            .expect("everybody should have paid");
    }
}

impl Paying {
    /// Asks to pay once: paid, begun, or put off quickly.
    async fn asks(&self) -> Answer {
        let begun = Instant::now();
        let answer = self.buyer.ask_to_pay(&self.booking, "pay", METHOD).await;
        let answer = answer.expect("an answer");
        let took = begun.elapsed();
        match answer.status {
            200 | 202 => assert!(took < ANSWERED_WITHIN, "{took:?}"),
            503 => {
                assert_eq!(answer.problem(), "payment-unavailable", "{answer:?}");
                assert!(answer.retry_after >= Some(Duration::from_secs(1)), "{answer:?}");
                assert!(took < QUICKLY, "{took:?}");
            }
            _ => panic!("{answer:?}"),
        }
        answer
    }
}
