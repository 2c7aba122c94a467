//! What the log writer appends together, and the versions that it is checked by.

use std::pin::pin;

use event_store::Sequence;
use futures::future::join_all;
use futures::poll;
use lanes::CommandError;

use crate::sale::Sale;

#[tokio::test]
async fn units_of_many_events_that_wait_go_in_one_append() {
    let sale = Sale::open().await;
    let mut others = Vec::new();
    for _ in 0..5 {
        others.push(sale.another_event().await);
    }
    let node = sale.node();
    for event in &others {
        node.limit(*event, 10, None).await.unwrap(); // their lanes run
    }
    let log = sale.hold_log().await;
    let mut first = pin!(node.place(100, &[1]));
    assert!(poll!(first.as_mut()).is_pending());
    sale.appends_wait(1).await;
    let place = async |(event, number)| node.place_in(event, number, &[1]).await;
    let mut waiting = pin!(join_all(others.into_iter().zip(1..).map(place)));
    assert!(poll!(waiting.as_mut()).is_pending());
    // Their lanes decide without the database: after some turns of every task their units wait for the writer.
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
    log.rollback().await.unwrap();

    let last = first.await.unwrap().position;
    for answer in waiting.await {
        assert!(answer.unwrap().position > last);
    }
    let facts = sale.facts().await;
    let together: Vec<_> = facts.iter().filter(|fact| fact.position > last).collect();
    assert_eq!(together.len(), 10);
    assert!(
        together
            .iter()
            .all(|fact| fact.recorded_at == together[0].recorded_at)
    );
}

#[tokio::test]
async fn what_waits_in_a_mailbox_is_decided_together() {
    let sale = Sale::open().await;
    let node = sale.node();
    let last = node.place(100, &[100]).await.unwrap().position;
    let place = async |number: u32| node.place(number, &[number]).await;
    for answer in join_all((1..=50).map(place)).await {
        answer.unwrap();
    }
    let facts = sale.facts().await;
    let together: Vec<_> = facts.iter().filter(|fact| fact.position > last).collect();
    assert_eq!(together.len(), 100);
    assert!(
        together
            .iter()
            .all(|fact| fact.recorded_at == together[0].recorded_at)
    );
}

#[tokio::test]
async fn an_answer_names_a_position_that_covers_its_facts() {
    let sale = Sale::open().await;
    let node = sale.node();
    let place = async |number: u32| (number, node.place(number, &[number]).await.unwrap());
    let placed = join_all((1..=20).map(place)).await;
    let facts = sale.facts().await;
    for (number, done) in placed {
        let id = crate::sale::booking(number).uuid();
        let fact = facts.iter().find(|fact| fact.stream.aggregate_id == id).unwrap();
        assert!(fact.position <= done.position);
        assert_eq!(fact.sequence, done.sequence);
    }
}

#[tokio::test]
async fn a_version_that_is_not_the_events_is_refused_and_changes_nothing() {
    let sale = Sale::open().await;
    let node = sale.node();
    let current = node.limit(sale.event, 5, None).await.unwrap().sequence;
    let wrong = Sequence::new(current.get() - 1);
    let refused = node.limit(sale.event, 6, Some(wrong)).await;
    assert_eq!(refused.unwrap_err(), CommandError::Stale { current });
    let done = node.limit(sale.event, 6, Some(current)).await.unwrap();
    assert_eq!(done.sequence, current.next());
    assert_eq!(done.state.as_ref().unwrap().buyer_seats_max, 6);
}

#[tokio::test]
async fn of_two_nodes_at_the_same_version_one_changes_the_event() {
    let sale = Sale::open().await;
    let (one, two) = (sale.node(), sale.node());
    let current = one.limit(sale.event, 5, None).await.unwrap().sequence;
    assert_eq!(two.limit(sale.event, 5, None).await.unwrap().sequence, current);
    let (first, second) = futures::join!(
        one.limit(sale.event, 6, Some(current)),
        two.limit(sale.event, 7, Some(current))
    );
    let winners = [&first, &second].into_iter().filter(|answer| answer.is_ok());
    assert_eq!(winners.count(), 1, "{first:?} {second:?}");
    let loser = first.err().or(second.err()).unwrap();
    assert_eq!(
        loser,
        CommandError::Stale {
            current: current.next()
        }
    );
}
