//! A lane's mailbox, how long it stays without work, and how many there are.

use std::pin::pin;
use std::time::Duration;

use domain::event::EventRefusal;
use domain::ids::EventId;
use futures::future::join_all;
use futures::poll;
use lanes::{CommandError, LaneSettings};
use tests::eventually;
use uuid::Uuid;

use crate::sale::{PATIENCE, Sale};

/// Long enough for two commands, short for a test.
const IDLE: Duration = Duration::from_millis(150);

/// "At once", on a busy machine.
const AT_ONCE: Duration = Duration::from_secs(1);

#[tokio::test]
async fn a_full_mailbox_turns_away_at_once_and_loses_nothing_of_what_it_took() {
    let sale = Sale::open().await;
    let node = sale.node_with(LaneSettings {
        mailbox_max: 4,
        ..LaneSettings::default()
    });
    let log = sale.hold_log().await;
    let mut first = pin!(node.place(1, &[1]));
    assert!(poll!(first.as_mut()).is_pending());
    sale.appends_wait(1).await;

    let place = async |number: u32| node.place(number, &[number]).await;
    let mut waiting = pin!(join_all((2..=5).map(place)));
    assert!(poll!(waiting.as_mut()).is_pending());
    for number in 6..20 {
        let answer = tokio::time::timeout(AT_ONCE, node.place(number, &[number])).await;
        assert_eq!(answer.unwrap().unwrap_err(), CommandError::Busy);
    }
    log.rollback().await.unwrap();

    first.await.unwrap();
    for answer in waiting.await {
        answer.unwrap();
    }
    node.place(6, &[6]).await.unwrap();
    assert_eq!(sale.holders().await.len(), 6);
}

#[tokio::test]
async fn an_idle_lane_makes_room_and_comes_back_where_it_was() {
    let sale = Sale::open().await;
    let other = sale.another_event().await;
    let node = sale.node_with(LaneSettings {
        idle: IDLE,
        lanes_max: 1,
        ..LaneSettings::default()
    });
    let before = node.limit(sale.event, 3, None).await.unwrap();
    assert_eq!(node.limit(other, 3, None).await.unwrap_err(), CommandError::Busy);
    eventually("the idle lane is gone", PATIENCE, || async {
        node.limit(other, 3, None).await.is_ok()
    })
    .await;
    eventually("the second idle lane is gone", PATIENCE, || async {
        node.limit(sale.event, 4, None).await.is_ok()
    })
    .await;
    let after = node.limit(sale.event, 5, None).await.unwrap();
    assert_eq!(after.state.as_ref().unwrap().buyer_seats_max, 5);
    assert_eq!(after.sequence.get(), before.sequence.get() + 2);
}

#[tokio::test]
async fn a_lane_without_work_answers_the_next_command() {
    let sale = Sale::open().await;
    let node = sale.node_with(LaneSettings {
        idle: Duration::from_millis(50),
        ..LaneSettings::default()
    });
    for number in 1..=5 {
        node.place(number, &[number]).await.unwrap();
        node.confirm(number).await.unwrap();
        tokio::time::sleep(Duration::from_millis(40 * u64::from(number % 3))).await;
    }
    assert_eq!(sale.holders().await.len(), 5);
}

#[tokio::test]
async fn more_lanes_than_allowed_are_not_started_and_those_that_run_go_on() {
    let sale = Sale::open().await;
    let other = sale.another_event().await;
    let node = sale.node_with(LaneSettings {
        lanes_max: 1,
        ..LaneSettings::default()
    });
    node.place(1, &[1]).await.unwrap();
    let refused = node.place_in(other, 2, &[1]).await;
    assert_eq!(refused.unwrap_err(), CommandError::Busy);
    node.place(3, &[3]).await.unwrap();
}

#[tokio::test]
async fn an_event_that_does_not_exist_takes_no_room() {
    let sale = Sale::open().await;
    let node = sale.node_with(LaneSettings {
        lanes_max: 1,
        ..LaneSettings::default()
    });
    for _ in 0..5 {
        let absent = EventId::new(Uuid::new_v4());
        eventually("the lane of nothing is gone", PATIENCE, || async {
            let answer = node.limit(absent, 3, None).await.unwrap_err();
            assert!(matches!(
                answer,
                CommandError::Busy | CommandError::Refused(EventRefusal::Absent)
            ));
            answer != CommandError::Busy
        })
        .await;
    }
}
