//! Kills around a charge.

use serde_json::json;
use tests::{Answer, Buyer, Catalogue, Freight, Shop, ShopSettings, Turnstile};
use tokio::task::JoinHandle;
use uuid::Uuid;

const PRICE: i64 = 4999;

/// A shop in which a buyer holds a seat.
struct Stage {
    shop: Shop,
    buyer: Buyer,
    booking: String,
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
        Self { shop, buyer, booking }
    }

    /// The buyer pays in the background.
    fn paying(&self, method: &'static str) -> JoinHandle<Option<Answer>> {
        let (buyer, booking) = (self.buyer.clone(), self.booking.clone());
        tokio::spawn(async move { buyer.ask_to_pay(&booking, "pay", method).await })
    }

    /// The program comes back, and without the buyer doing anything the payment comes to this end. The same request then
    /// returns the same payment.
    async fn ends(mut self, case: &str, method: &str, status: u16, captures: usize) {
        self.shop.evently.restart().await;
        self.shop.is_square(case).await;
        let again = self.buyer.pay(&self.booking, "pay", method).await;
        assert_eq!(again.status, status, "{case}: {again:?}");
        let books = self.shop.books().await;
        assert_eq!(books.entries("charge_captured").count(), captures, "{case}");
        assert_eq!(books.differences(), Vec::<String>::new(), "{case}");
        assert_eq!(self.shop.facts("PaymentRequested").await, 1, "{case}");
    }
}

/// The buyer got no answer, or that the outcome is unknown.
async fn nothing_was_promised(paying: JoinHandle<Option<Answer>>) {
    let answer = paying.await.unwrap();
    assert!(
        answer.as_ref().is_none_or(|answer| answer.status == 202),
        "{answer:?}"
    );
}

/// Nothing happened at all, and the buyer asks again.
pub(crate) async fn before_the_request_is_durable() {
    let mut stage = Stage::set().await;
    let mut turnstile = Turnstile::close(&stage.shop.database).await;
    let paying = stage.paying("sandbox_approve");
    turnstile.wait_for_append().await;
    stage.shop.evently.kill_9();
    turnstile.turn_away().await;
    turnstile.open().await;
    assert!(paying.await.unwrap().is_none(), "nothing was promised");
    assert_eq!(stage.shop.facts("PaymentRequested").await, 0);
    assert!(stage.shop.books().await.journal.is_empty());

    stage.shop.evently.restart().await;
    let paid = stage.buyer.pay(&stage.booking, "pay", "sandbox_approve").await;
    assert_eq!(paid.status, 200, "{paid:?}");
    stage
        .ends("before the request is durable", "sandbox_approve", 200, 1)
        .await;
}

/// The request stands in the log, and has not reached the gateway.
pub(crate) async fn before_the_gateway_is_asked() {
    let mut stage = Stage::set().await;
    let charge = stage.shop.tollgate.stop_next(Freight::Charge);
    let paying = stage.paying("sandbox_approve");
    let charge = charge.arrived().await;
    assert_eq!(stage.shop.facts("PaymentRequested").await, 1);
    stage.shop.evently.kill_9();
    drop(charge);
    nothing_was_promised(paying).await;
    assert!(stage.shop.books().await.journal.is_empty());
    stage
        .ends("before the gateway is asked", "sandbox_approve", 200, 1)
        .await;
}

/// The money is taken, and only the gateway knows.
pub(crate) async fn before_the_answer_arrives() {
    let mut stage = Stage::set().await;
    let charge = stage.shop.tollgate.stop_next(Freight::Charge);
    let paying = stage.paying("sandbox_approve");
    let answer = charge.arrived().await.forward().await;
    stage.shop.evently.kill_9();
    drop(answer);
    nothing_was_promised(paying).await;
    assert_eq!(stage.shop.books().await.entries("charge_captured").count(), 1);
    assert_eq!(stage.shop.facts("PaymentCaptured").await, 0);
    stage
        .ends("before the answer arrives", "sandbox_approve", 200, 1)
        .await;
}

/// The gateway declined, and only it knows.
pub(crate) async fn before_a_refusal_arrives() {
    let mut stage = Stage::set().await;
    let charge = stage.shop.tollgate.stop_next(Freight::Charge);
    let paying = stage.paying("sandbox_decline");
    let answer = charge.arrived().await.forward().await;
    stage.shop.evently.kill_9();
    drop(answer);
    nothing_was_promised(paying).await;
    assert_eq!(stage.shop.books().await.entries("charge_declined").count(), 1);
    stage
        .ends("before a refusal arrives", "sandbox_decline", 402, 0)
        .await;
}

/// The money is taken, the program knows, and could not write it down.
pub(crate) async fn before_the_answer_is_durable() {
    let mut stage = Stage::set().await;
    let charge = stage.shop.tollgate.stop_next(Freight::Charge);
    let paying = stage.paying("sandbox_approve");
    let charge = charge.arrived().await;
    let mut turnstile = Turnstile::close(&stage.shop.database).await;
    charge.forward().await.hand_over();
    turnstile.wait_for_append().await;
    stage.shop.evently.kill_9();
    turnstile.turn_away().await;
    turnstile.open().await;
    nothing_was_promised(paying).await;
    assert_eq!(stage.shop.facts("PaymentCaptured").await, 0);
    stage
        .ends("before the answer is durable", "sandbox_approve", 200, 1)
        .await;
}

/// The program dies while its last words are written: PostgreSQL commits them, and the program never learns that it did.
pub(crate) async fn after_the_answer_is_durable() {
    let mut stage = Stage::set().await;
    let charge = stage.shop.tollgate.stop_next(Freight::Charge);
    let paying = stage.paying("sandbox_approve");
    let charge = charge.arrived().await;
    let turnstile = Turnstile::close(&stage.shop.database).await;
    charge.forward().await.hand_over();
    turnstile.wait_for_append().await;
    stage.shop.evently.kill_9();
    turnstile.let_one_pass().await.open().await;
    nothing_was_promised(paying).await;
    assert_eq!(stage.shop.facts("PaymentCaptured").await, 1);
    assert_eq!(stage.shop.facts("BookingConfirmed").await, 1);
    stage
        .ends("after the answer is durable", "sandbox_approve", 200, 1)
        .await;
}
