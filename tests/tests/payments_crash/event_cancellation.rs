//! A kill in the middle of an event cancellation: some Bookings are cancelled and others not, some refunds are sent and
//! others not, and of none is it known what came of it.

use std::time::Duration;

use futures::StreamExt;
use futures::stream;
use reqwest::Method;
use serde_json::json;
use tests::{Catalogue, Freight, Shop, ShopSettings, Turnstile, eventually};
use uuid::Uuid;

/// Bookings that are paid for.
const PAID: u32 = 30;
/// Bookings that cost nothing: with those that are paid, more than one unit cancels.
const FREE: u32 = 570;
/// Bookings that one unit cancels.
const OF_ONE_UNIT: i64 = 500;
const PRICE: i64 = 4999;
/// Buyers at once.
const BUYERS: usize = 16;
/// What needs no waiting comes within this.
const SOON: Duration = Duration::from_secs(30);

pub(crate) async fn in_the_middle() {
    let mut shop = Shop::open(ShopSettings::default()).await;
    let catalogue = Catalogue {
        rows: 1,
        seats_per_row: PAID,
        price: PRICE,
        free: FREE,
    };
    let event = shop.event(catalogue).await;
    stream::iter(0..PAID + FREE)
        .for_each_concurrent(BUYERS, |number| buy(&shop, &event, number))
        .await;

    let unsent = shop.tollgate.stop_next(Freight::Refund);
    let turnstile = Turnstile::close(&shop.database).await;
    let cancelling = call_off(&shop, &event);
    let turnstile = turnstile.let_one_pass().await; // the Event's own fact
    cancelling.await.unwrap();
    let mut turnstile = turnstile.let_one_pass().await; // the first Bookings
    let unsent = unsent.arrived().await;
    let requested = shop.facts("RefundRequested").await;
    let sent = || async {
        shop.books().await.entries("refund_settled").count() >= usize::try_from(requested - 1).unwrap()
    };
    eventually("the other refunds are sent", SOON, sent).await;
    shop.evently.kill_9();
    drop(unsent);
    turnstile.turn_away().await;
    turnstile.open().await;
    assert_eq!(shop.facts("PlacesCancelled").await, OF_ONE_UNIT);
    assert!(requested > 1, "some of the first were paid for");
    assert_eq!(shop.facts("RefundSettled").await, 0);

    shop.evently.restart().await;
    shop.is_square("event cancellation").await;
    assert_eq!(shop.facts("PlacesCancelled").await, i64::from(PAID + FREE));
    let books = shop.books().await;
    let returned: Vec<i64> = books
        .entries("refund_settled")
        .map(|entry| entry.amount)
        .collect();
    assert_eq!(
        returned,
        vec![PRICE; usize::try_from(PAID).unwrap()],
        "all of it, and once"
    );
}

/// The first buyers take and pay for a seat each, the others a place that costs nothing.
async fn buy(shop: &Shop, event: &str, number: u32) {
    let buyer = shop.buyer(Uuid::new_v4());
    if number < PAID {
        let seat = format!("floor-A-{}", number + 1);
        let booking = buyer.hold(event, &json!({"seat_ids": [seat]})).await;
        let paid = buyer.pay(&booking, "pay", "sandbox_approve").await;
        assert_eq!(paid.status, 200, "{paid:?}");
    } else {
        let booking = buyer
            .hold(event, &json!({"section_id": "lawn", "quantity": 1}))
            .await;
        let path = format!("/api/v1/bookings/{booking}/confirmation");
        let confirmed = buyer.insist(Method::POST, &path, None, None).await;
        assert_eq!(confirmed.status, 200, "{confirmed:?}");
    }
}

/// Asks to cancel the Event, without waiting for the answer.
fn call_off(shop: &Shop, event: &str) -> tokio::task::JoinHandle<()> {
    let (operator, path) = (
        shop.operator.clone(),
        format!("/api/v1/admin/events/{event}/cancellation"),
    );
    tokio::spawn(async move {
        let reason = json!({"reason": "rain"});
        let answer = operator.ask(Method::POST, &path, None, Some(&reason)).await;
        assert_eq!(answer.map(|answer| answer.status), Some(202));
    })
}
