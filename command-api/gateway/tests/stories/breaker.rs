//! The guard around a gateway that is dead, silent, broken and well again, over real sockets.

use std::sync::Arc;
use std::time::Duration;

use domain::payment::{GatewayName, MethodToken};
use futures::future::join_all;
use gateway::{
    BreakerState, CallError, Caller, ChargeOutcome, GatewaySettings, GuardSettings, Guarded, Sandbox, Shed,
};
use tests::eventually;
use tokio::time::{Instant, sleep};

use crate::moody_server::{Mood, MoodyServer, dead_port};
use crate::orders::{captured, charge, declined};

const CALL_WITHIN: Duration = Duration::from_millis(300);
const OPEN_FOR: Duration = Duration::from_secs(1);
const SOON: Duration = Duration::from_secs(5);

pub(crate) fn settings() -> GuardSettings {
    GuardSettings {
        buyers_max: 20,
        errands_max: 2,
        call_within: CALL_WITHIN,
        failures_max: 5,
        open_for: OPEN_FOR,
        open_for_max: OPEN_FOR,
        probes_max: 2,
    }
}

pub(crate) fn guard(address: &str, settings: GuardSettings) -> Guarded {
    let sandbox = Sandbox::new(GatewaySettings {
        name: GatewayName::parse("sandbox").unwrap(),
        address: address.to_owned(),
        key: "key".into(),
        webhook_secrets: Vec::new(),
    });
    Guarded::new(Arc::new(sandbox.unwrap()), settings)
}

#[derive(Debug)]
pub(crate) enum Paid {
    Answered(ChargeOutcome),
    Failed(CallError),
    Shed(Shed),
}

pub(crate) async fn pay(guard: &Guarded, caller: Caller) -> Paid {
    let admission = match guard.admit(caller).await {
        Ok(admission) => admission,
        Err(shed) => return Paid::Shed(shed),
    };
    let charge = charge(500, MethodToken::parse("sandbox_approve").unwrap());
    match guard.charge(admission, &charge).await {
        Ok(outcome) => Paid::Answered(outcome),
        Err(error) => Paid::Failed(error),
    }
}

fn count(paid: &[Paid], matches: impl Fn(&Paid) -> bool) -> usize {
    paid.iter().filter(|paid| matches(paid)).count()
}

/// Waits for the pause to end.
pub(crate) async fn pause_ends(guard: &Guarded) {
    eventually("the pause ends", 3 * OPEN_FOR, || async {
        guard.status().retry_after_ms == Some(0)
    })
    .await;
    // Milliseconds are rounded down.
    sleep(Duration::from_millis(2)).await;
}

pub(crate) async fn break_it(guard: &Guarded) {
    for _ in 0..5 {
        let paid = pay(guard, Caller::Buyer).await;
        assert!(matches!(paid, Paid::Failed(CallError::Unknown(_))), "{paid:?}");
    }
    assert_eq!(guard.status().state, BreakerState::Open);
}

#[tokio::test]
async fn a_dead_gateway_opens_the_breaker_and_buyers_are_shed_unasked() {
    let port = dead_port().await;
    let guard = guard(&format!("http://127.0.0.1:{port}"), settings());
    for _ in 0..4 {
        assert!(matches!(
            pay(&guard, Caller::Buyer).await,
            Paid::Failed(CallError::Unknown(_))
        ));
        assert_eq!(guard.status().state, BreakerState::Closed);
    }
    assert!(matches!(
        pay(&guard, Caller::Buyer).await,
        Paid::Failed(CallError::Unknown(_))
    ));
    assert_eq!(guard.status().state, BreakerState::Open);

    // Even a gateway that is back is not asked before the pause is over.
    let server = MoodyServer::start(port, Mood::Alive).await;
    for caller in [Caller::Buyer, Caller::Errand] {
        let Paid::Shed(Shed::Open { retry_after }) = pay(&guard, caller).await else {
            panic!("not shed")
        };
        assert!(
            !retry_after.is_zero() && retry_after <= OPEN_FOR,
            "{retry_after:?}"
        );
    }
    assert_eq!(server.asked(), 0);

    pause_ends(&guard).await;
    assert!(matches!(pay(&guard, Caller::Buyer).await, Paid::Answered(_)));
    assert_eq!(guard.status().state, BreakerState::Closed);
}

#[tokio::test]
async fn while_it_is_half_open_no_more_than_the_probes_come_through() {
    let server = MoodyServer::start(0, Mood::Broken).await;
    let guard = guard(&server.address, settings());
    break_it(&guard).await;
    pause_ends(&guard).await;

    server.becomes(Mood::Silent);
    let before = server.asked();
    let paid = join_all((0..20).map(|_| pay(&guard, Caller::Buyer))).await;
    assert_eq!(server.asked() - before, 2, "probes");
    assert_eq!(
        count(&paid, |paid| matches!(paid, Paid::Failed(CallError::Unknown(_)))),
        2
    );
    assert_eq!(
        count(&paid, |paid| matches!(paid, Paid::Shed(Shed::Open { .. }))),
        18
    );
    assert_eq!(guard.status().state, BreakerState::Open, "no probe was answered");

    pause_ends(&guard).await;
    server.becomes(Mood::Alive);
    assert!(
        matches!(pay(&guard, Caller::Errand).await, Paid::Answered(_)),
        "errands probe as well"
    );
    assert_eq!(guard.status().state, BreakerState::Closed);
    let paid = join_all((0..20).map(|_| pay(&guard, Caller::Buyer))).await;
    assert_eq!(count(&paid, |paid| matches!(paid, Paid::Answered(_))), 20);
}

#[tokio::test]
async fn a_probe_that_is_given_up_makes_room_for_another() {
    let server = MoodyServer::start(0, Mood::Broken).await;
    let guard = guard(&server.address, settings());
    break_it(&guard).await;
    pause_ends(&guard).await;

    let unused = [
        guard.admit(Caller::Buyer).await.unwrap(),
        guard.admit(Caller::Buyer).await.unwrap(),
    ];
    assert_eq!(guard.status().state, BreakerState::HalfOpen);
    assert!(matches!(guard.admit(Caller::Buyer).await, Err(Shed::Open { .. })));
    drop(unused);
    server.becomes(Mood::Alive);
    assert!(matches!(pay(&guard, Caller::Buyer).await, Paid::Answered(_)));
    assert_eq!(guard.status().state, BreakerState::Closed);
}

#[tokio::test]
async fn the_last_calls_of_an_outage_do_not_open_what_a_probe_closed() {
    let server = MoodyServer::start(0, Mood::Silent).await;
    let slow = GuardSettings {
        call_within: 3 * OPEN_FOR,
        ..settings()
    };
    let guard = Arc::new(guard(&server.address, slow));
    // Five that hang for long, and then an outage that is seen at once.
    let hanging: Vec<_> = (0..5)
        .map(|_| {
            let guard = Arc::clone(&guard);
            tokio::spawn(async move { pay(&guard, Caller::Buyer).await })
        })
        .collect();
    eventually("five calls hang", SOON, || async { server.asked() == 5 }).await;
    server.becomes(Mood::Broken);
    break_it(&guard).await;
    pause_ends(&guard).await;
    server.becomes(Mood::Alive);
    assert!(matches!(pay(&guard, Caller::Buyer).await, Paid::Answered(_)));

    for late in hanging {
        let late = late.await.unwrap();
        assert!(matches!(late, Paid::Failed(CallError::Unknown(_))), "{late:?}");
    }
    assert_eq!(guard.status().state, BreakerState::Closed);
}

#[tokio::test]
async fn security_39_a_silent_gateway_is_unknown_within_the_time_of_a_call() {
    let server = MoodyServer::start(0, Mood::Silent).await;
    let guard = guard(&server.address, settings());
    let begun = Instant::now();
    let paid = pay(&guard, Caller::Buyer).await;
    assert!(matches!(paid, Paid::Failed(CallError::Unknown(_))), "{paid:?}");
    assert!(
        begun.elapsed() >= CALL_WITHIN && begun.elapsed() < 3 * CALL_WITHIN,
        "{:?}",
        begun.elapsed()
    );
}

#[tokio::test]
async fn declines_are_answers_and_open_nothing() {
    let server = MoodyServer::start(0, Mood::Declining).await;
    let guard = guard(&server.address, settings());
    for _ in 0..10 {
        let Paid::Answered(outcome) = pay(&guard, Caller::Buyer).await else {
            panic!("not answered")
        };
        assert_eq!(declined(&outcome), "card_declined");
    }
    assert_eq!(guard.status().state, BreakerState::Closed);
}

#[tokio::test]
async fn a_rush_of_buyers_takes_its_own_places_and_leaves_those_of_errands() {
    let server = MoodyServer::start(0, Mood::Slow).await;
    let patient = GuardSettings {
        call_within: 10 * CALL_WITHIN,
        ..settings()
    };
    let guard = guard(&server.address, patient);
    let rush = join_all((0..50).map(|_| pay(&guard, Caller::Buyer)));
    let errand = async {
        eventually("buyers take all their places", SOON, || async {
            guard.status().buyers_in_flight == 20
        })
        .await;
        assert!(matches!(guard.admit(Caller::Buyer).await, Err(Shed::Full { .. })));
        pay(&guard, Caller::Errand).await
    };
    let (rush, errand) = tokio::join!(rush, errand);
    assert!(matches!(errand, Paid::Answered(_)), "{errand:?}");
    let answered = count(&rush, |paid| matches!(paid, Paid::Answered(_)));
    let full = count(&rush, |paid| matches!(paid, Paid::Shed(Shed::Full { .. })));
    assert_eq!((answered, full), (20, 30));
    assert_eq!(guard.status().buyers_in_flight, 0, "places are given back");
}

#[tokio::test]
async fn a_thousand_calls_share_few_connections() {
    let server = MoodyServer::start(0, Mood::Alive).await;
    let guard = guard(&server.address, GuardSettings::default());
    for _ in 0..10 {
        let paid = join_all((0..100).map(|_| pay(&guard, Caller::Buyer))).await;
        for paid in paid {
            let Paid::Answered(outcome) = paid else {
                panic!("{paid:?}")
            };
            captured(&outcome);
        }
    }
    assert_eq!(server.asked(), 1_000);
    assert!(
        server.connections() <= 150,
        "{} connections",
        server.connections()
    );
}

#[tokio::test]
async fn its_standing_is_in_words() {
    let guard = guard(&format!("http://127.0.0.1:{}", dead_port().await), settings());
    let shown = serde_json::to_value(guard.status()).unwrap();
    let closed = serde_json::json!({ "state": "closed", "buyers_in_flight": 0, "errands_in_flight": 0 });
    assert_eq!(shown, closed);
    break_it(&guard).await;
    let shown = serde_json::to_value(guard.status()).unwrap();
    assert_eq!(shown["state"], "open");
    assert!(shown["retry_after_ms"].as_u64().unwrap() > 0);
}
