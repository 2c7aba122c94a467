//! Two nodes that sell the same Event: the log decides who was faster.

use futures::future::join_all;
use futures::join;
use lanes::CommandError;

use crate::counters::Counters;
use crate::sale::{Booked, Node, Sale, booking, seat, taken};

const CONFLICTS: &str = "evently_lane_conflicts_total";

/// Places, again where others were faster too often.
async fn insist(node: &Node, number: u32, seats: &[u32]) -> Booked {
    loop {
        let answer = node.place(number, seats).await;
        if !matches!(answer, Err(CommandError::Contended)) {
            return answer;
        }
    }
}

#[tokio::test]
async fn each_seat_has_one_winner_whichever_node_buyers_ask() {
    const SEATS: u32 = 40;
    const BUYERS: u32 = 200;
    let counters = Counters::default();
    let _guard = metrics::set_default_local_recorder(&counters);
    let sale = Sale::open().await;
    let nodes = [sale.node(), sale.node()];
    for node in &nodes {
        // Their lanes know the Event as it is.
        node.limit(sale.event, 20, None).await.unwrap();
    }
    let wanted = |buyer: u32| buyer % SEATS + 1;
    let buy = async |buyer: u32| {
        let node = &nodes[usize::from(buyer / SEATS % 2 == 1)];
        (buyer, insist(node, buyer, &[wanted(buyer)]).await)
    };
    let log = sale.hold_log().await;
    let start = async {
        sale.appends_wait(2).await;
        log.rollback().await.unwrap();
    };
    let (answers, ()) = join!(join_all((0..BUYERS).map(buy)), start);

    let holders = sale.holders().await;
    assert_eq!(holders.len(), 40);
    let mut winners = 0;
    for (buyer, answer) in answers {
        let holder = &holders[&seat(wanted(buyer))];
        assert_eq!(holder.len(), 1, "a seat was held twice");
        match answer {
            Ok(done) => {
                assert_eq!(holder, &[booking(buyer)]);
                assert_eq!(done.state.booking.status(), "held");
                winners += 1;
            }
            Err(refusal) => {
                assert_eq!(refusal, taken(&[wanted(buyer)]));
                assert_ne!(holder, &[booking(buyer)]);
            }
        }
    }
    assert_eq!(winners, SEATS);
    assert!(counters.of(CONFLICTS) > 0);
}

#[tokio::test]
async fn a_race_of_nodes_costs_no_buyer_a_free_seat() {
    const BUYERS: u32 = 120;
    let sale = Sale::open().await;
    let nodes = [sale.node(), sale.node()];
    let sell = async |buyer: u32| {
        let node = &nodes[usize::from(buyer.is_multiple_of(2))];
        insist(node, buyer, &[buyer]).await
    };
    for answer in join_all((1..=BUYERS).map(sell)).await {
        answer.unwrap();
    }
    let holders = sale.holders().await;
    assert_eq!(holders.len(), 120);
    assert!(holders.values().all(|holders| holders.len() == 1));
}

#[tokio::test]
async fn a_lost_race_is_decided_again_upon_what_the_winner_did() {
    let counters = Counters::default();
    let _guard = metrics::set_default_local_recorder(&counters);
    let sale = Sale::open().await;
    let (one, two) = (sale.node(), sale.node());
    two.place(1, &[1]).await.unwrap();
    one.place(2, &[2]).await.unwrap();
    assert_eq!(counters.of(CONFLICTS), 0);

    let late = two.place(3, &[3]).await.unwrap();
    assert_eq!(counters.of(CONFLICTS), 1, "it had not seen the second booking");
    assert_eq!(late.state.booking.status(), "held");

    one.place(4, &[4]).await.unwrap();
    let conflicts = counters.of(CONFLICTS);
    assert_eq!(two.place(5, &[4]).await.unwrap_err(), taken(&[4]));
    assert_eq!(counters.of(CONFLICTS), conflicts + 1);
    assert_eq!(sale.holders().await.len(), 4);
    assert!(sale.story(5).await.is_empty());
}

#[tokio::test]
async fn a_lost_race_refuses_only_those_of_the_batch_whose_seats_the_winner_took() {
    let sale = Sale::open().await;
    let (one, two) = (sale.node(), sale.node());
    two.place(1, &[1]).await.unwrap();
    one.place(2, &[10]).await.unwrap();
    let place = async |number: u32| two.place(number, &[number]).await;
    for (answer, number) in join_all((10..20).map(place)).await.into_iter().zip(10..) {
        if number == 10 {
            assert_eq!(answer.unwrap_err(), taken(&[10]));
        } else {
            assert_eq!(answer.unwrap().state.booking.status(), "held");
        }
    }
}
