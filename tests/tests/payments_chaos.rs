//! A sale with a gateway that does everything that gateways have been seen to do, and a program that is killed in the middle
//! of it: at the end every cent that was taken is accounted for.

#[cfg(test)]
#[path = "payments_chaos/crowd.rs"]
mod crowd;

use crowd::Crowd;
use tests::{Shop, ShopSettings};

/// Buyers who have gone home when the program is killed: the others are in the middle of it.
const GONE_BEFORE_THE_KILL: usize = 60;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_money_is_lost_or_taken_twice_whatever_the_gateway_does() {
    for seed in crowd::seeds() {
        println!("seed {seed}");
        sale(seed).await;
    }
}

async fn sale(seed: u64) {
    let mut shop = Shop::open(ShopSettings {
        chaos: Some(seed),
        webhooks: true,
        call_seconds: 2,
    })
    .await;
    let crowd = Crowd::send(&shop, seed).await;
    crowd.until_gone(GONE_BEFORE_THE_KILL).await;
    shop.evently.restart().await;
    crowd.until_all_are_gone().await;
    shop.is_square(&format!("seed {seed}")).await;

    let books = shop.books().await;
    let of = |kind: &str| books.entries(kind).count();
    let figures = [
        "charge_captured",
        "charge_declined",
        "refund_settled",
        "refund_refused",
    ]
    .map(of);
    assert!(
        figures.iter().all(|figure| *figure > 0),
        "seed {seed}: the chaos should have done everything: {figures:?}"
    );
    assert!(shop.facts("PaymentCapturedLate").await > 0, "seed {seed}");
    assert_eq!(shop.facts("BookingPlaced").await, crowd::BUYERS);
}
