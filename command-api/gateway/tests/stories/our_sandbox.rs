//! Charges, refunds, books and webhooks of our own sandbox, on good days and on bad ones.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use domain::ids::PaymentId;
use domain::payment::{GatewayName, MethodToken};
use futures::future::join_all;
use gateway::{
    CallError, Caller, Charge, ChargeOutcome, Gateway, GatewaySettings, GuardSettings, Guarded, Movement,
    MovementKind, MovementStatus, News, RefundOrder, Sandbox,
};
use sandbox::{RunningSandbox, SandboxConfig, Webhook};
use tempfile::TempDir;
use tests::eventually;
use tokio::net::TcpListener;
use uuid::Uuid;

use crate::orders::{again, captured, charge, declined, euros, now, refund, refused, settled};
use crate::receiver::receive;

const KEY: &str = "sk_sandbox_stories";
const WEBHOOK_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

struct Stage {
    client: Sandbox,
    _server: RunningSandbox,
    _journal: TempDir,
}

fn stage_with(key: &str, change: impl FnOnce(&mut SandboxConfig)) -> Stage {
    let journal = tempfile::tempdir().unwrap();
    let mut config = SandboxConfig::new(journal.path(), KEY);
    change(&mut config);
    let server = sandbox::Sandbox::start(config).unwrap();
    let client = Sandbox::new(GatewaySettings {
        name: GatewayName::parse("sandbox").unwrap(),
        address: format!("http://{}", server.address()),
        key: key.into(),
        webhook_secrets: vec![WEBHOOK_SECRET.into()],
    });
    Stage {
        client: client.unwrap(),
        _server: server,
        _journal: journal,
    }
}

fn stage() -> Stage {
    stage_with(KEY, |_| {})
}

fn paid_by(method: &str) -> Charge {
    charge(12_000, MethodToken::parse(method).unwrap())
}

/// What the sandbox's own journal says was charged and returned.
async fn movements(client: &Sandbox) -> (Vec<Movement>, usize) {
    let (mut all, mut pages, mut after) = (Vec::new(), 0, None);
    loop {
        let page = client
            .movements(now() - chrono::Duration::hours(1), after)
            .await
            .unwrap();
        all.extend(page.movements);
        pages += 1;
        after = page.next;
        if after.is_none() {
            return (all, pages);
        }
    }
}

#[tokio::test]
async fn a_capture_is_the_same_however_often_it_is_requested() {
    let stage = stage();
    let charge = paid_by("sandbox_approve");
    let outcome = stage.client.charge(&charge).await.unwrap();
    let (reference, amount) = captured(&outcome);
    assert_eq!(amount, euros(12_000));
    assert_eq!(stage.client.charge(&again(&charge)).await, Ok(outcome.clone()));
    assert_eq!(
        stage
            .client
            .find_charge(charge.payment, charge.requested_at)
            .await,
        Ok(Some(outcome))
    );
    let (all, _) = movements(&stage.client).await;
    assert_eq!(all.len(), 1);
    assert_eq!(
        all[0].kind,
        MovementKind::Charge {
            payment: Some(charge.payment)
        }
    );
    assert_eq!(
        (&all[0].reference, all[0].status),
        (&reference, MovementStatus::Done)
    );
}

#[tokio::test]
async fn a_charge_that_was_never_made_is_not_found() {
    let stage = stage();
    assert_eq!(
        stage
            .client
            .find_charge(PaymentId::new(Uuid::new_v4()), now())
            .await,
        Ok(None)
    );
}

#[tokio::test]
async fn declines_have_the_gateways_reason_and_a_method_that_is_none_is_one() {
    let stage = stage();
    for (method, reason) in [
        ("sandbox_decline", "card_declined"),
        ("sandbox_insufficient_funds", "insufficient_funds"),
        ("pm_somebody_elses", "unknown_method"),
    ] {
        let outcome = stage.client.charge(&paid_by(method)).await.unwrap();
        assert_eq!(declined(&outcome), reason, "{method}");
    }
    assert!(movements(&stage.client).await.0.is_empty());
}

#[tokio::test]
async fn security_39_a_failure_after_the_capture_is_unknown_and_asking_again_charges_nothing_twice() {
    let stage = stage();
    for method in ["sandbox_500_after_capture", "sandbox_500_then_success"] {
        let charge = paid_by(method);
        let lost = stage.client.charge(&charge).await;
        assert!(matches!(lost, Err(CallError::Unknown(_))), "{method}: {lost:?}");
        captured(&stage.client.charge(&again(&charge)).await.unwrap());
    }
    assert_eq!(movements(&stage.client).await.0.len(), 2);
}

#[tokio::test]
async fn security_39_silence_after_the_capture_is_unknown_behind_a_guard_and_then_found() {
    let stage = stage();
    let settings = GuardSettings {
        call_within: Duration::from_millis(500),
        ..GuardSettings::default()
    };
    let guard = Guarded::new(Arc::new(stage.client), settings);
    let charge = paid_by("sandbox_timeout_after_capture");
    let lost = guard
        .charge(guard.admit(Caller::Buyer).await.unwrap(), &charge)
        .await;
    assert!(matches!(lost, Err(CallError::Unknown(_))), "{lost:?}");
    let admission = guard.admit(Caller::Errand).await.unwrap();
    captured(&guard.charge(admission, &again(&charge)).await.unwrap());
    let admission = guard.admit(Caller::Errand).await.unwrap();
    let page = guard
        .movements(admission, charge.requested_at, None)
        .await
        .unwrap();
    assert_eq!(page.movements.len(), 1);

    let within_its_millisecond = page.movements[0].at + chrono::Duration::microseconds(999);
    let admission = guard.admit(Caller::Errand).await.unwrap();
    let page = guard.movements(admission, within_its_millisecond, None).await;
    assert_eq!(page.unwrap().movements.len(), 1);
}

#[tokio::test]
async fn what_is_pending_or_declined_may_be_captured_later() {
    let stage = stage();
    let (pending, late) = (
        paid_by("sandbox_pending"),
        paid_by("sandbox_decline_then_capture"),
    );
    assert_eq!(stage.client.charge(&pending).await, Ok(ChargeOutcome::Pending));
    declined(&stage.client.charge(&late).await.unwrap());
    for charge in [pending, late] {
        eventually("the charge is captured", Duration::from_secs(5), || async {
            let found = stage.client.find_charge(charge.payment, charge.requested_at);
            matches!(found.await.unwrap(), Some(ChargeOutcome::Captured { .. }))
        })
        .await;
    }
}

#[tokio::test]
async fn parts_are_returned_once_each_and_not_above_the_charge() {
    let stage = stage();
    let charge = paid_by("sandbox_approve");
    let (reference, _) = captured(&stage.client.charge(&charge).await.unwrap());
    let part = refund(&charge, &reference, 5_000);
    let first = settled(&stage.client.refund(&part).await.unwrap());
    assert_eq!(settled(&stage.client.refund(&part).await.unwrap()), first);
    let above = stage
        .client
        .refund(&refund(&charge, &reference, 7_001))
        .await
        .unwrap();
    assert_eq!(refused(&above), "exceeds_capture");
    settled(
        &stage
            .client
            .refund(&refund(&charge, &reference, 7_000))
            .await
            .unwrap(),
    );

    let (all, _) = movements(&stage.client).await;
    let returned: i64 = all
        .iter()
        .filter(|movement| matches!(movement.kind, MovementKind::Refund { refund: Some(_) }))
        .map(|movement| movement.amount.amount)
        .sum();
    assert_eq!(returned, 12_000);
}

#[tokio::test]
async fn a_refused_refund_is_refused_for_the_gateways_reason_each_attempt_anew() {
    let stage = stage();
    let charge = paid_by("sandbox_refund_refused");
    let (reference, _) = captured(&stage.client.charge(&charge).await.unwrap());
    let first = refund(&charge, &reference, 12_000);
    let second = RefundOrder {
        attempt: 2,
        ..first.clone()
    };
    for order in [first, second] {
        assert_eq!(
            refused(&stage.client.refund(&order).await.unwrap()),
            "account_closed"
        );
    }
}

#[tokio::test]
async fn another_key_or_another_body_is_our_mistake() {
    let stranger = stage_with("sk_of_somebody_else", |_| {});
    let answer = stranger.client.charge(&paid_by("sandbox_approve")).await;
    assert!(matches!(answer, Err(CallError::Rejected(_))), "{answer:?}");

    let stage = stage();
    let mut charge = paid_by("sandbox_approve");
    captured(&stage.client.charge(&charge).await.unwrap());
    charge.amount = euros(12_001);
    let answer = stage.client.charge(&charge).await;
    assert!(matches!(answer, Err(CallError::Rejected(_))), "{answer:?}");
}

#[tokio::test]
async fn the_books_have_a_thousand_charges_and_more_over_several_pages() {
    let stage = stage();
    let charges: Vec<Charge> = (0..1_050).map(|_| paid_by("sandbox_approve")).collect();
    for outcome in join_all(charges.iter().map(|charge| stage.client.charge(charge))).await {
        captured(&outcome.unwrap());
    }
    let (all, pages) = movements(&stage.client).await;
    assert_eq!(pages, 3, "a thousand, the rest, and the end");
    let shown: BTreeSet<PaymentId> = all
        .iter()
        .filter_map(|movement| match movement.kind {
            MovementKind::Charge { payment } => payment,
            MovementKind::Refund { .. } => None,
        })
        .collect();
    assert_eq!(shown, charges.iter().map(|charge| charge.payment).collect());
    let tomorrow = now() + chrono::Duration::days(1);
    assert!(
        stage
            .client
            .movements(tomorrow, None)
            .await
            .unwrap()
            .movements
            .is_empty()
    );
}

#[tokio::test]
async fn charges_and_refunds_come_by_webhooks_that_are_genuine() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let stage = stage_with(KEY, |config| {
        config.webhook = Some(Webhook {
            url,
            secret: WEBHOOK_SECRET.to_owned(),
        });
    });
    let charge = paid_by("sandbox_approve");
    let outcome = stage.client.charge(&charge).await.unwrap();
    let delivery = receive(&listener).await;
    let notice = stage
        .client
        .notice(&delivery.headers().as_slice(), &delivery.body, now())
        .unwrap()
        .unwrap();
    let (reference, _) = captured(&outcome);
    assert_eq!(
        notice,
        News::Charge {
            booking: charge.booking,
            payment: charge.payment,
            outcome
        }
    );

    let order = refund(&charge, &reference, 300);
    let outcome = stage.client.refund(&order).await.unwrap();
    let delivery = receive(&listener).await;
    let notice = stage
        .client
        .notice(&delivery.headers().as_slice(), &delivery.body, now())
        .unwrap()
        .unwrap();
    assert_eq!(
        notice,
        News::Refund {
            booking: order.booking,
            refund: order.refund,
            attempt: 1,
            outcome
        }
    );
}
