//! Kills around a refund.

use serde_json::json;
use tests::{Catalogue, Freight, Shop, ShopSettings, Stopped, Turnstile};
use uuid::Uuid;

const PRICE: i64 = 4999;
/// What is returned: 15 % of the price, rounded in the buyer's favour, are kept.
const RETURNED: i64 = 4250;

/// A shop whose refund of a cancelled seat stands at the gate.
struct Stage {
    shop: Shop,
    refund: Stopped,
}

impl Stage {
    async fn set() -> Self {
        let shop = Shop::open(ShopSettings::default()).await;
        let catalogue = Catalogue {
            rows: 1,
            seats_per_row: 2,
            price: PRICE,
            free: 0,
        };
        let event = shop.event(catalogue).await;
        let buyer = shop.buyer(Uuid::new_v4());
        let booking = buyer.hold(&event, &json!({"seat_ids": ["floor-A-1"]})).await;
        let paid = buyer.pay(&booking, "pay", "sandbox_approve").await;
        assert_eq!(paid.status, 200, "{paid:?}");
        let refund = shop.tollgate.stop_next(Freight::Refund);
        let cancelled = buyer.cancel(&booking).await;
        assert_eq!(cancelled.status, 200, "{cancelled:?}");
        let refund = refund.arrived().await;
        Self { shop, refund }
    }
}

/// The program comes back, and the money once.
async fn ends(mut shop: Shop, case: &str) {
    shop.evently.restart().await;
    shop.is_square(case).await;
    let books = shop.books().await;
    let returned: Vec<i64> = books
        .entries("refund_settled")
        .map(|entry| entry.amount)
        .collect();
    assert_eq!(returned, [RETURNED], "{case}");
}

/// The refund stands in the log, and has not reached the gateway.
pub(crate) async fn before_the_gateway_is_asked() {
    let Stage { mut shop, refund } = Stage::set().await;
    shop.evently.kill_9();
    drop(refund);
    assert_eq!(shop.facts("RefundRequested").await, 1);
    assert_eq!(shop.books().await.entries("refund_settled").count(), 0);
    ends(shop, "refund: before the gateway is asked").await;
}

/// The money is back, and only the gateway knows.
pub(crate) async fn before_the_answer_arrives() {
    let Stage { mut shop, refund } = Stage::set().await;
    let answer = refund.forward().await;
    shop.evently.kill_9();
    drop(answer);
    assert_eq!(shop.books().await.entries("refund_settled").count(), 1);
    assert_eq!(shop.facts("RefundSettled").await, 0);
    ends(shop, "refund: before the answer arrives").await;
}

/// The money is back, the program knows, and could not write it down.
pub(crate) async fn before_the_answer_is_durable() {
    let Stage { mut shop, refund } = Stage::set().await;
    let mut turnstile = Turnstile::close(&shop.database).await;
    refund.forward().await.hand_over();
    turnstile.wait_for_append().await;
    shop.evently.kill_9();
    turnstile.turn_away().await;
    turnstile.open().await;
    assert_eq!(shop.facts("RefundSettled").await, 0);
    ends(shop, "refund: before the answer is durable").await;
}
