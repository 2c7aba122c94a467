//! Refunds at a server that imitates Stripe, knows no idempotency keys, and would return more than was taken.

use domain::payment::GatewayReference;
use gateway::{CallError, Charge, Gateway, RefundOrder, Stripe};
use uuid::Uuid;

use crate::localstripe::{APPROVED, DECLINED_WHEN_CHARGED, Localstripe, stripe_at};
use crate::losing_proxy;
use crate::orders::{captured, charge, refund, refused, settled};

/// A charge of 120.00 EUR.
async fn paid(server: &Localstripe, stripe: &Stripe) -> (Charge, GatewayReference) {
    let charge = charge(12_000, server.token(APPROVED).await);
    let (reference, _) = captured(&stripe.charge(&charge).await.unwrap());
    (charge, reference)
}

async fn returned(server: &Localstripe) -> Vec<i64> {
    let refunds = server.list("/v1/refunds").await;
    refunds
        .iter()
        .map(|refund| refund["amount"].as_i64().unwrap())
        .collect()
}

#[tokio::test]
async fn the_whole_charge_is_returned_once() {
    let server = Localstripe::start().await;
    let stripe = server.stripe();
    let (charge, reference) = paid(&server, &stripe).await;
    settled(&stripe.refund(&refund(&charge, &reference, 12_000)).await.unwrap());
    let more = stripe.refund(&refund(&charge, &reference, 1)).await.unwrap();
    assert_eq!(refused(&more), "amount_above_charge");
    assert_eq!(returned(&server).await, [12_000]);
}

#[tokio::test]
async fn parts_add_up_to_the_charge_and_not_above() {
    let server = Localstripe::start().await;
    let stripe = server.stripe();
    let (charge, reference) = paid(&server, &stripe).await;
    settled(&stripe.refund(&refund(&charge, &reference, 5_000)).await.unwrap());
    let above = stripe.refund(&refund(&charge, &reference, 7_001)).await.unwrap();
    assert_eq!(refused(&above), "amount_above_charge");
    settled(&stripe.refund(&refund(&charge, &reference, 7_000)).await.unwrap());
    assert_eq!(returned(&server).await.iter().sum::<i64>(), 12_000);
}

#[tokio::test]
async fn security_39_a_lost_answer_is_unknown_and_asking_again_returns_nothing_twice() {
    let server = Localstripe::start().await;
    let stripe = server.stripe();
    let (charge, reference) = paid(&server, &stripe).await;
    let order = refund(&charge, &reference, 4_000);
    let losing = stripe_at(&losing_proxy::start(server.port).await);
    let lost = losing.refund(&order).await;
    assert!(matches!(lost, Err(CallError::Unknown(_))), "{lost:?}");
    assert_eq!(returned(&server).await, [4_000], "only the answer got lost");

    let found = settled(&stripe.refund(&order).await.unwrap());
    assert_eq!(server.list("/v1/refunds").await[0]["id"], found.as_str());
    assert_eq!(returned(&server).await, [4_000]);
}

#[tokio::test]
async fn another_attempt_is_another_refund() {
    let server = Localstripe::start().await;
    let stripe = server.stripe();
    let (charge, reference) = paid(&server, &stripe).await;
    let first = refund(&charge, &reference, 4_000);
    let second = RefundOrder {
        attempt: 2,
        ..first.clone()
    };
    let (first, second) = (
        stripe.refund(&first).await.unwrap(),
        stripe.refund(&second).await.unwrap(),
    );
    assert_ne!(settled(&first), settled(&second));
    assert_eq!(returned(&server).await, [4_000, 4_000]);
}

#[tokio::test]
async fn what_was_not_taken_is_not_returned() {
    let server = Localstripe::start().await;
    let stripe = server.stripe();
    let charge = charge(500, server.token(DECLINED_WHEN_CHARGED).await);
    stripe.charge(&charge).await.unwrap();
    let intent = GatewayReference::parse(server.intents().await[0]["id"].as_str().unwrap()).unwrap();
    assert_eq!(
        refused(&stripe.refund(&refund(&charge, &intent, 500)).await.unwrap()),
        "charge_not_captured"
    );
    assert!(returned(&server).await.is_empty());
}

#[tokio::test]
async fn a_charge_that_stripe_does_not_know_is_our_mistake() {
    let server = Localstripe::start().await;
    let charge = charge(500, server.token(APPROVED).await);
    let made_up = GatewayReference::parse(&format!("pi_{}", Uuid::new_v4().simple())).unwrap();
    let answer = server.stripe().refund(&refund(&charge, &made_up, 500)).await;
    assert!(matches!(answer, Err(CallError::Rejected(_))), "{answer:?}");
}
