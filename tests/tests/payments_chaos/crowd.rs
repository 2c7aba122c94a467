//! Buyers who hold, pay, try another way, and change their minds, as their lots say.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tests::{Answer, Buyer, Catalogue, Lots, Shop, eventually};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// The seed that is always run.
const SEED: u64 = 1_914;

/// Buyers.
pub(crate) const BUYERS: i64 = 200;
/// Of them at once.
const AT_ONCE: usize = 40;
/// Rows that the buyers have two seats each of.
const ROWS: u32 = 20;
const SEATS_PER_ROW: u32 = 20;
/// A price whose 15 % are no whole minor units.
const PRICE: i64 = 4999;
/// A sale that takes longer is stuck.
const OVER_WITHIN: Duration = Duration::from_mins(3);

/// The fixed seed, and the one of the environment, to search for failures or to repeat one.
#[expect(
    clippy::disallowed_methods,
    reason = "tests have no configuration but these variables"
)]
pub(crate) fn seeds() -> Vec<u64> {
    let wanted = std::env::var("EVENTLY_TEST_SEED").ok();
    let wanted = wanted.map(|seed| seed.parse().expect("EVENTLY_TEST_SEED should be a number"));
    [SEED].into_iter().chain(wanted).collect()
}

/// The buyers of one sale.
pub(crate) struct Crowd {
    gone: Arc<AtomicUsize>,
    buyers: JoinSet<()>,
}

impl Crowd {
    /// Puts an Event on sale and sends the buyers.
    pub(crate) async fn send(shop: &Shop, seed: u64) -> Self {
        let event = shop
            .event(Catalogue {
                rows: ROWS,
                seats_per_row: SEATS_PER_ROW,
                price: PRICE,
                free: 0,
            })
            .await;
        let (gone, turns) = (Arc::<AtomicUsize>::default(), Arc::new(Semaphore::new(AT_ONCE)));
        let mut buyers = JoinSet::new();
        for number in 0..u32::try_from(BUYERS).unwrap() {
            let mut lots = Lots::of(seed, u64::from(number));
            let visitor = Visitor {
                buyer: shop.buyer(lots.id()),
                seats: seats(number, lots.below(2)),
                event: event.clone(),
                lots,
            };
            let (gone, turns) = (Arc::clone(&gone), Arc::clone(&turns));
            buyers.spawn(async move {
                let _turn = turns.acquire().await.unwrap();
                visitor.visit().await;
                gone.fetch_add(1, Ordering::Relaxed);
            });
        }
        Self { gone, buyers }
    }

    pub(crate) async fn until_gone(&self, wanted: usize) {
        let enough = || async { self.gone.load(Ordering::Relaxed) >= wanted };
        eventually("the sale is under way", OVER_WITHIN, enough).await;
    }

    pub(crate) async fn until_all_are_gone(mut self) {
        let over = async {
            while let Some(buyer) = self.buyers.join_next().await {
                buyer.unwrap();
            }
        };
        tokio::time::timeout(OVER_WITHIN, over)
            .await
            .expect("the sale should come to its end");
    }
}

/// One of them.
struct Visitor {
    buyer: Buyer,
    event: String,
    seats: Vec<String>,
    lots: Lots,
}

impl Visitor {
    async fn visit(mut self) {
        let booking = self
            .buyer
            .hold(&self.event, &json!({"seat_ids": self.seats}))
            .await;
        if self.lots.below(8) == 0 {
            let released = self.buyer.cancel(&booking).await;
            assert_eq!(released.status, 204, "{released:?}");
            return;
        }
        if !self.pays(&booking).await {
            return;
        }
        match self.lots.below(6) {
            0 => self.gives_back(&booking, None).await,
            1 => {
                let one = self.seats.first().cloned();
                self.gives_back(&booking, one).await;
            }
            _ => {}
        }
    }

    /// Pays, with another try for each that is declined; whether the seats are bought.
    ///
    /// A decline whose answer the kill swallowed may be a late capture when its buyer asks again. If it was the last attempt,
    /// only the next one learns that.
    async fn pays(&self, booking: &str) -> bool {
        let mut came_late = false;
        for attempt in 1.. {
            let paid = self
                .buyer
                .pay(booking, &format!("pay-{attempt}"), "sandbox_random")
                .await;
            match paid.status {
                200 => return true,
                402 if paid.body["attempts_left"] == 0 => return false,
                402 => {}
                409 if paid.body["detail"] == "the payment came too late, and is returned" => {
                    came_late = true;
                }
                409 if came_late => return false,
                _ => panic!("attempt {attempt} of {booking}: {paid:?}"),
            }
        }
        unreachable!("attempts are counted")
    }

    /// Gives one seat back, or all. The answer states price, fee and refund.
    async fn gives_back(&self, booking: &str, seat: Option<String>) {
        let (answer, places) = match seat {
            Some(seat) => (self.buyer.cancel_seat(booking, &seat).await, 1),
            None => (self.buyer.cancel(booking).await, self.seats.len()),
        };
        let gross = PRICE * i64::try_from(places).unwrap();
        let fee = PRICE * 15 / 100 * i64::try_from(places).unwrap(); // rounded down for each place
        assert_eq!(answer.status, 200, "{answer:?}");
        let stated = ["gross", "fee", "refund"].map(|part| amount(&answer, part));
        assert_eq!(stated, [gross, fee, gross - fee], "{answer:?}");
    }
}

fn amount(answer: &Answer, part: &str) -> i64 {
    let cancelled: &Value = &answer.body["cancelled"][0];
    cancelled[part]["amount"].as_i64().unwrap()
}

/// The one or two seats of buyer `number`.
fn seats(number: u32, more: u64) -> Vec<String> {
    let first = number * 2;
    let name = |seat: u32| {
        let row = char::from(b'A' + u8::try_from(seat / SEATS_PER_ROW).unwrap());
        format!("floor-{row}-{}", seat % SEATS_PER_ROW + 1)
    };
    (first..=first + u32::try_from(more).unwrap()).map(name).collect()
}
