//! Holds whose time is over.

use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::booking::HOLD_MINUTES;
use event_store::fanout::Fanout;
use event_store::{Position, Subjects};
use futures::future::join_all;
use lanes::LaneSettings;
use processes::{HoldExpiry, Processes, ProcessesParts};
use tests::eventually;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::sale::{Node, PATIENCE, Sale, taken};

/// Within which an expired hold is shown as such, and what a busy machine takes.
const SOON: Duration = Duration::from_secs(3);

/// Lets every hold of now end.
fn let_holds_end(sale: &Sale) {
    let minutes = u64::try_from(HOLD_MINUTES).unwrap();
    sale.clock.advance(Duration::from_mins(minutes));
}

async fn expired(sale: &Sale, after: Position) -> Vec<String> {
    let mut names = sale.names_after(after).await;
    names.sort();
    names
}

/// The process of hold expiry on some nodes.
struct Expiring {
    stop: CancellationToken,
    running: Vec<JoinHandle<()>>,
}

impl Expiring {
    fn on(sale: &Sale, nodes: &[&Node]) -> Self {
        let stop = CancellationToken::new();
        let run = |node: &&Node| {
            let parts = ProcessesParts {
                log: sale.database.log(),
                facts: Fanout::start(sale.database.log(), None, Subjects::new("lanes"), stop.clone()),
                deadlines: node.api.deadlines.clone(),
                clock: sale.clock.clone(),
            };
            let process = HoldExpiry::new(node.api.events.clone());
            tokio::spawn(Processes::new(parts, vec![Arc::new(process)]).run(stop.clone()))
        };
        Self {
            running: nodes.iter().map(run).collect(),
            stop,
        }
    }

    async fn stop(self) {
        self.stop.cancel();
        join_all(self.running).await;
    }
}

#[tokio::test]
async fn holds_end_soon_after_their_deadlines() {
    let sale = Sale::open().await;
    let node = sale.node();
    let expiring = Expiring::on(&sale, &[&node]);
    node.place(1, &[1]).await.unwrap();
    let last = node.place(2, &[2]).await.unwrap().position;
    let_holds_end(&sale);
    let since = Instant::now();
    eventually("both holds ended", PATIENCE, || async {
        expired(&sale, last).await == ["BookingExpired", "BookingExpired", "HoldExpired", "HoldExpired"]
    })
    .await;
    assert!(since.elapsed() < SOON, "{:?}", since.elapsed());
    node.place(3, &[1, 2]).await.unwrap();
    expiring.stop().await;
}

#[tokio::test]
async fn a_confirmed_or_released_booking_does_not_expire() {
    let sale = Sale::open().await;
    let node = sale.node();
    let expiring = Expiring::on(&sale, &[&node]);
    for number in 1..=3 {
        node.place(number, &[number]).await.unwrap();
    }
    node.confirm(1).await.unwrap();
    let last = node.release(2).await.unwrap().position;
    let_holds_end(&sale);
    eventually("the hold that was left ended", PATIENCE, || async {
        expired(&sale, last).await == ["BookingExpired", "HoldExpired"]
    })
    .await;
    assert_eq!(sale.story(3).await, ["BookingPlaced", "BookingExpired"]);
    assert_eq!(node.place(4, &[1]).await.unwrap_err(), taken(&[1]));
    expiring.stop().await;
}

#[tokio::test]
async fn holds_of_a_node_that_is_gone_are_ended_once_by_the_others() {
    let sale = Sale::open().await;
    let node = sale.node();
    let last = node.place(1, &[1]).await.unwrap().position;
    node.api.drain().await;
    let_holds_end(&sale);

    let nodes = [sale.node(), sale.node()];
    let expiring = Expiring::on(&sale, &[&nodes[0], &nodes[1]]);
    eventually("the hold ended", PATIENCE, || async {
        expired(&sale, last).await == ["BookingExpired", "HoldExpired"]
    })
    .await;
    expiring.stop().await;
    assert_eq!(sale.story(1).await, ["BookingPlaced", "BookingExpired"]);
}

#[tokio::test]
async fn a_lane_does_not_live_for_its_deadlines_and_the_process_ends_its_holds() {
    let sale = Sale::open().await;
    let other = sale.another_event().await;
    let node = sale.node_with(LaneSettings {
        idle: Duration::from_millis(100),
        lanes_max: 1,
        ..LaneSettings::default()
    });
    let last = node.place(1, &[1]).await.unwrap().position;
    eventually(
        "the idle lane made room, though a hold stands",
        PATIENCE,
        || async { node.place_in(other, 9, &[1]).await.is_ok() },
    )
    .await;
    let_holds_end(&sale);
    let another = sale.node();
    let expiring = Expiring::on(&sale, &[&another]);
    eventually("both holds ended", PATIENCE, || async {
        let names = expired(&sale, last).await;
        names.iter().filter(|name| *name == "HoldExpired").count() == 2
    })
    .await;
    expiring.stop().await;
}

#[tokio::test]
async fn a_hold_that_is_over_counts_against_neither_section_nor_limit() {
    let sale = Sale::open().await;
    let node = sale.node();
    for number in 1..=9 {
        let first = number * 20 + 1;
        node.place(number, &(first..first + 20).collect::<Vec<_>>())
            .await
            .unwrap();
    }
    let full = node.place_any(10, 20).await.unwrap();
    assert_eq!(
        full.state.booking.status(),
        "held",
        "the section is sold out, and its buyer is at the limit"
    );
    node.place_any(11, 1).await.unwrap_err();
    let_holds_end(&sale);
    let again = node.place_any(12, 20).await.unwrap();
    assert_eq!(again.state.booking.status(), "held");
    assert_eq!(sale.story(10).await, ["BookingPlaced", "BookingExpired"]);
}

#[tokio::test]
async fn a_lane_ends_no_hold_that_is_in_no_buyers_way() {
    let sale = Sale::open().await;
    let node = sale.node();
    node.place(1, &[1]).await.unwrap();
    let_holds_end(&sale);
    node.place(2, &[2]).await.unwrap();
    assert_eq!(sale.story(1).await, ["BookingPlaced"]);
}

#[tokio::test]
async fn a_hold_that_is_over_gives_way_in_the_very_unit_of_the_next_one() {
    let sale = Sale::open().await;
    let node = sale.node();
    let last = node.place(1, &[1]).await.unwrap().position;
    let_holds_end(&sale);
    let place = async |number: u32| node.place(number, &[1]).await;
    let answers = join_all([2, 3].map(place)).await;

    assert_eq!(answers[0].as_ref().unwrap().state.booking.status(), "held");
    assert_eq!(answers[1].as_ref().unwrap_err(), &taken(&[1]));
    let names = sale.names_after(last).await;
    assert_eq!(
        names,
        ["HoldExpired", "BookingExpired", "SeatsHeld", "BookingPlaced"]
    );
    let facts = sale.facts().await;
    let unit: Vec<_> = facts.iter().filter(|fact| fact.position > last).collect();
    assert!(
        unit.iter().all(|fact| fact.recorded_at == unit[0].recorded_at),
        "they were appended together"
    );
}

#[tokio::test]
async fn a_hold_is_confirmed_until_its_end_and_not_after() {
    let sale = Sale::open().await;
    let node = sale.node();
    node.place(1, &[1]).await.unwrap();
    node.place(2, &[2]).await.unwrap();
    let minutes = u64::try_from(HOLD_MINUTES).unwrap();
    sale.clock
        .advance(Duration::from_mins(minutes).saturating_sub(Duration::from_millis(1)));
    node.confirm(1).await.unwrap();
    sale.clock.advance(Duration::from_millis(1));
    node.confirm(2).await.unwrap_err();
    let story = sale.story(2).await;
    assert!(!story.contains(&"BookingConfirmed".to_owned()), "{story:?}");
}

#[tokio::test]
async fn two_nodes_end_a_hold_once() {
    let sale = Sale::open().await;
    let nodes = [sale.node(), sale.node()];
    nodes[0].place(1, &[1]).await.unwrap();
    let last = nodes[1].place(2, &[2]).await.unwrap().position;
    let expiring = Expiring::on(&sale, &[&nodes[0], &nodes[1]]);
    let_holds_end(&sale);
    let place = async |node: usize, number: u32, seat: u32| nodes[node].place(number, &[seat]).await;
    let (one, two) = futures::join!(place(0, 3, 1), place(1, 4, 2));
    one.unwrap();
    two.unwrap();
    eventually("both holds ended", PATIENCE, || async {
        expired(&sale, last)
            .await
            .iter()
            .filter(|name| *name == "HoldExpired")
            .count()
            == 2
    })
    .await;
    expiring.stop().await;
    assert_eq!(sale.story(1).await, ["BookingPlaced", "BookingExpired"]);
    assert_eq!(sale.story(2).await, ["BookingPlaced", "BookingExpired"]);
}
