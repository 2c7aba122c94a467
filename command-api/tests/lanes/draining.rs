//! The end of a node.

use futures::future::join_all;
use futures::join;
use lanes::CommandError;

use crate::sale::Sale;

#[tokio::test]
async fn a_drain_answers_what_was_accepted_and_takes_no_more() {
    let sale = Sale::open().await;
    let node = sale.node();
    let place = async |number: u32| node.place(number, &[number]).await;
    let (answers, ()) = join!(join_all((1..=100).map(place)), node.api.drain());
    for answer in answers {
        answer.unwrap();
    }
    assert_eq!(sale.holders().await.len(), 100);
    let late = node.place(101, &[101]).await;
    assert_eq!(late.unwrap_err(), CommandError::ShuttingDown);
    let late = node.limit(sale.event, 3, None).await;
    assert_eq!(late.unwrap_err(), CommandError::ShuttingDown);
    assert!(sale.story(101).await.is_empty());
}

#[tokio::test]
async fn a_drain_waits_for_the_log() {
    let sale = Sale::open().await;
    let node = sale.node();
    node.place(1, &[1]).await.unwrap();
    let log = sale.hold_log().await;
    let place = async |number: u32| node.place(number, &[number]).await;
    let release = async {
        sale.appends_wait(1).await;
        log.rollback().await.unwrap();
    };
    let (answers, (), ()) = join!(join_all((2..=10).map(place)), node.api.drain(), release);
    for answer in answers {
        answer.unwrap();
    }
    assert_eq!(sale.holders().await.len(), 10);
}

#[tokio::test]
async fn a_drain_ends_though_holds_stand_and_may_be_asked_for_again() {
    let sale = Sale::open().await;
    let node = sale.node();
    node.place(1, &[1]).await.unwrap();
    join!(node.api.drain(), node.api.drain());
    node.api.drain().await;
}
