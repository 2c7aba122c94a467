//! Charges at a server that imitates Stripe and knows no idempotency keys: looking first is all that prevents a second one.

use std::collections::BTreeSet;

use chrono::Duration;
use domain::ids::PaymentId;
use domain::money::Currency;
use domain::payment::MethodToken;
use gateway::{CallError, Cursor, Gateway, Movement, MovementKind, MovementStatus};
use uuid::Uuid;

use crate::localstripe::{APPROVED, ASKS_THE_BUYER, DECLINED_WHEN_CHARGED, Localstripe, stripe_at};
use crate::losing_proxy;
use crate::orders::{again, captured, charge, declined, euros, now, refund, settled};

#[tokio::test]
async fn an_approved_card_is_charged_and_found_again() {
    let server = Localstripe::start().await;
    let stripe = server.stripe();
    let charge = charge(12_000, server.token(APPROVED).await);
    let outcome = stripe.charge(&charge).await.unwrap();
    let (reference, amount) = captured(&outcome);
    assert_eq!(amount, euros(12_000));

    let intents = server.intents().await;
    assert_eq!(intents.len(), 1);
    assert_eq!(intents[0]["id"], reference.as_str());
    assert_eq!(intents[0]["metadata"]["payment"], charge.payment.to_string());
    assert_eq!(intents[0]["metadata"]["booking"], charge.booking.to_string());
    let found = stripe
        .find_charge(charge.payment, charge.requested_at)
        .await
        .unwrap();
    assert_eq!(found, Some(outcome));
}

#[tokio::test]
async fn a_charge_that_was_never_made_is_not_found() {
    let server = Localstripe::start().await;
    let stripe = server.stripe();
    stripe
        .charge(&charge(500, server.token(APPROVED).await))
        .await
        .unwrap();
    let other = PaymentId::new(Uuid::new_v4());
    assert_eq!(stripe.find_charge(other, now()).await, Ok(None));
}

#[tokio::test]
async fn a_declined_card_stays_declined_however_often_it_is_asked() {
    let server = Localstripe::start().await;
    let stripe = server.stripe();
    let charge = charge(500, server.token(DECLINED_WHEN_CHARGED).await);
    assert_eq!(declined(&stripe.charge(&charge).await.unwrap()), "card_declined");
    assert_eq!(
        declined(&stripe.charge(&again(&charge)).await.unwrap()),
        "card_declined"
    );
    assert_eq!(server.intents().await.len(), 1);
}

#[tokio::test]
async fn a_card_whose_bank_asks_the_buyer_is_declined_and_can_take_no_money_later() {
    let server = Localstripe::start().await;
    let stripe = server.stripe();
    let charge = charge(500, server.token(ASKS_THE_BUYER).await);
    assert_eq!(
        declined(&stripe.charge(&charge).await.unwrap()),
        "authentication_required"
    );
    assert_eq!(server.intents().await[0]["status"], "canceled");
    assert_eq!(
        declined(&stripe.charge(&again(&charge)).await.unwrap()),
        "canceled"
    );
    assert_eq!(server.intents().await.len(), 1);
}

#[tokio::test]
async fn tokens_that_no_browser_got_are_declined_and_not_our_mistake() {
    let server = Localstripe::start().await;
    let stripe = server.stripe();
    for token in ["pm_1NoSuchMethod", "tok_visa", "sandbox_approve"] {
        let charge = charge(500, MethodToken::parse(token).unwrap());
        assert_eq!(
            declined(&stripe.charge(&charge).await.unwrap()),
            "unknown_method",
            "{token}"
        );
    }
}

#[tokio::test]
async fn currencies_that_stripe_counts_otherwise_are_declined_unasked() {
    let server = Localstripe::start().await;
    let mut charge = charge(500, server.token(APPROVED).await);
    charge.amount.currency = Currency::parse("ISK").unwrap();
    assert_eq!(
        declined(&server.stripe().charge(&charge).await.unwrap()),
        "currency_not_supported"
    );
    assert!(server.intents().await.is_empty());
}

#[tokio::test]
async fn security_39_a_lost_answer_is_unknown_and_asking_again_makes_no_second_charge() {
    let server = Localstripe::start().await;
    let charge = charge(12_000, server.token(APPROVED).await);
    let losing = stripe_at(&losing_proxy::start(server.port).await);
    let lost = losing.charge(&charge).await;
    assert!(matches!(lost, Err(CallError::Unknown(_))), "{lost:?}");

    let outcome = server.stripe().charge(&again(&charge)).await.unwrap();
    let (reference, amount) = captured(&outcome);
    assert_eq!(amount, euros(12_000));
    let intents = server.intents().await;
    assert_eq!(intents.len(), 1, "the buyer paid twice");
    assert_eq!(intents[0]["id"], reference.as_str());
}

#[tokio::test]
async fn a_call_that_never_arrived_is_made_when_asked_again() {
    let server = Localstripe::start().await;
    let charge = charge(12_000, server.token(APPROVED).await);
    let nowhere = stripe_at("http://127.0.0.1:1");
    assert!(matches!(
        nowhere.charge(&charge).await,
        Err(CallError::Unknown(_))
    ));

    captured(&server.stripe().charge(&again(&charge)).await.unwrap());
    assert_eq!(server.intents().await.len(), 1);
}

#[tokio::test]
async fn a_key_that_is_none_is_our_mistake_and_neither_a_decline_nor_unknown() {
    let server = Localstripe::start().await;
    let stripe = gateway::Stripe::new(gateway::GatewaySettings {
        name: domain::payment::GatewayName::parse("stripe").unwrap(),
        address: server.address.clone(),
        key: "not_a_key".into(),
        webhook_secrets: Vec::new(),
    })
    .unwrap();
    let answer = stripe.charge(&charge(500, server.token(APPROVED).await)).await;
    assert!(matches!(answer, Err(CallError::Rejected(_))), "{answer:?}");
}

/// Every movement, page by page, and how many pages there were.
async fn movements(stripe: &gateway::Stripe, since: chrono::DateTime<chrono::Utc>) -> (Vec<Movement>, usize) {
    let (mut all, mut pages, mut after) = (Vec::new(), 0, None::<Cursor>);
    loop {
        let page = stripe.movements(since, after).await.unwrap();
        all.extend(page.movements);
        pages += 1;
        after = page.next;
        if after.is_none() {
            return (all, pages);
        }
    }
}

#[tokio::test]
async fn the_books_have_every_charge_and_refund_over_several_pages() {
    let server = Localstripe::start().await;
    let (stripe, token) = (server.stripe(), server.token(APPROVED).await);
    let begun = now();
    let mut payments = BTreeSet::new();
    let mut last = None;
    for _ in 0..103 {
        let charge = charge(700, token.clone());
        let (reference, _) = captured(&stripe.charge(&charge).await.unwrap());
        payments.insert(charge.payment);
        last = Some((charge, reference));
    }
    stripe
        .charge(&charge(900, server.token(DECLINED_WHEN_CHARGED).await))
        .await
        .unwrap();
    let (charge, reference) = last.unwrap();
    let order = refund(&charge, &reference, 200);
    let returned = settled(&stripe.refund(&order).await.unwrap());

    let (all, pages) = movements(&stripe, begun).await;
    assert_eq!(pages, 3, "two of intents, one of refunds");
    assert!(all.iter().all(|movement| movement.status == MovementStatus::Done));
    let shown: BTreeSet<PaymentId> = all
        .iter()
        .filter_map(|movement| match movement.kind {
            MovementKind::Charge { payment } => payment,
            MovementKind::Refund { .. } => None,
        })
        .collect();
    assert_eq!(shown, payments);
    let refunds: Vec<&Movement> = all
        .iter()
        .filter(|movement| matches!(movement.kind, MovementKind::Refund { .. }))
        .collect();
    assert_eq!(refunds.len(), 1);
    assert_eq!(
        refunds[0].kind,
        MovementKind::Refund {
            refund: Some((order.refund, 1))
        }
    );
    assert_eq!(
        (&refunds[0].reference, refunds[0].amount),
        (&returned, euros(200))
    );

    // A charge on the second page is found as well, and nothing moved since tomorrow.
    captured(&stripe.find_charge(charge.payment, begun).await.unwrap().unwrap());
    assert!(movements(&stripe, now() + Duration::days(1)).await.0.is_empty());
}
