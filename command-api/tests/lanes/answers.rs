//! Appends whose answer is lost: what was answered stands, and what was not is there once or not at all.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use command_api::CommandApi;
use event_store::{Doorbell, Log};
use futures::future::join_all;
use futures::join;
use gateway::Gateways;
use lanes::CommandError;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use tests::{LossyProxy, eventually};

use crate::sale::{Node, PATIENCE, Sale, booking, seat};

/// Ends the sessions of which `whose` is true.
pub(crate) async fn kill(sale: &Sale, whose: &str) -> i64 {
    let kill = format!(
        "select count(pg_terminate_backend(pid)) from pg_stat_activity
          where datname = current_database() and pid <> pg_backend_pid() and {whose}"
    );
    sqlx::query_scalar(&kill).fetch_one(&sale.owner).await.unwrap()
}

/// Places until the outcome is known.
async fn insist(node: &Node, number: u32) {
    loop {
        match node.place(number, &[number]).await {
            Ok(done) => return assert_eq!(done.state.booking.status(), "held"),
            Err(CommandError::Unavailable | CommandError::Contended) => {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            Err(other) => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn each_command_has_one_outcome_though_sessions_die_in_the_midst_of_appends() {
    const BUYERS: u32 = 180;
    let sale = Sale::open().await;
    let nodes = [sale.node(), sale.node()];
    let sold = Arc::new(AtomicBool::new(false));
    let buy = async |stripe: u32| {
        for number in (1..=BUYERS).filter(|number| number % 6 == stripe) {
            insist(&nodes[(stripe % 2) as usize], number).await;
            let story = sale.story(number).await;
            assert_eq!(story, ["BookingPlaced"], "what was answered stands");
        }
    };
    let buying = async {
        join_all((0..6).map(buy)).await;
        sold.store(true, Ordering::Relaxed);
    };
    let killing = async {
        let mut killed = 0;
        while !sold.load(Ordering::Relaxed) {
            killed += kill(&sale, "query like '%append_facts%'").await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        killed
    };
    let ((), killed) = join!(buying, killing);
    assert!(killed > 0);
    let holders = sale.holders().await;
    assert_eq!(holders.len(), 180);
    for number in 1..=BUYERS {
        assert_eq!(holders[&seat(number)], [booking(number)]);
    }
}

#[tokio::test]
async fn an_append_that_died_before_its_commit_is_tried_again_by_the_lane() {
    let sale = Sale::open().await;
    let node = sale.node();
    node.place(1, &[1]).await.unwrap();
    let log = sale.hold_log().await;
    let place = async |number: u32| node.place(number, &[number]).await;
    let killing = async {
        sale.appends_wait(1).await;
        assert_eq!(kill(&sale, "wait_event_type = 'Lock'").await, 1);
        sale.appends_wait(1).await; // the next attempt
        log.rollback().await.unwrap();
    };
    let (answers, ()) = join!(join_all((2..=10).map(place)), killing);
    for answer in answers {
        answer.unwrap();
    }
    for number in 1..=10 {
        assert_eq!(sale.story(number).await, ["BookingPlaced"]);
    }
}

/// A node whose appends, and nothing else, go by one connection through a proxy.
pub(crate) struct BehindProxy {
    pub(crate) node: Node,
    pub(crate) proxy: LossyProxy,
    appender: PgPool,
}

impl BehindProxy {
    pub(crate) async fn of(sale: &Sale) -> Self {
        let server = sale.database.writer.connect_options();
        let proxy = LossyProxy::to(server.get_port()).await;
        let appender = PgPoolOptions::new()
            .max_connections(1)
            .test_before_acquire(false)
            .connect_with((*server).clone().port(proxy.port))
            .await
            .unwrap();
        let api = CommandApi::appending_by(
            sale.store(),
            Log::new(appender.clone()),
            Doorbell::silent(),
            Gateways::default(),
        );
        let node = sale.node_on(api);
        Self {
            node,
            proxy,
            appender,
        }
    }

    /// Loses the answer to the next append, which must not be the first: only then is it the next answer of all.
    pub(crate) async fn lose_the_next_answer(&self) {
        eventually("the connection is back", PATIENCE, || async {
            self.appender.num_idle() == 1
        })
        .await;
        self.proxy.lose_answers(true);
    }
}

#[tokio::test]
async fn a_booking_that_was_committed_while_its_answer_was_lost_is_answered_and_written_once() {
    let sale = Sale::open().await;
    let behind = BehindProxy::of(&sale).await;
    behind.node.place(1, &[1]).await.unwrap();
    behind.lose_the_next_answer().await;
    let placed = behind.node.place(2, &[2]).await.unwrap();
    assert_eq!(placed.state.booking.status(), "held");
    assert_eq!(sale.story(2).await, ["BookingPlaced"]);
    assert_eq!(placed.position, sale.facts().await.last().unwrap().position);

    behind.proxy.lose_answers(false);
    behind.node.place(3, &[3]).await.unwrap();
    assert_eq!(sale.holders().await[&seat(2)], [booking(2)]);
}

#[tokio::test]
async fn a_change_that_was_committed_while_its_answer_was_lost_is_found_as_ones_own() {
    let sale = Sale::open().await;
    let behind = BehindProxy::of(&sale).await;
    let before = behind.node.limit(sale.event, 5, None).await.unwrap();
    let count = sale.facts().await.len();
    behind.lose_the_next_answer().await;
    // Decided again, it would meet its own fact and be refused as stale.
    let changed = behind.node.limit(sale.event, 6, Some(before.sequence)).await;
    assert_eq!(changed.unwrap().sequence, before.sequence.next());
    assert_eq!(sale.facts().await.len(), count + 1);
}

#[tokio::test]
async fn what_another_node_did_by_the_same_command_is_not_taken_for_all_of_ones_own_unit() {
    let sale = Sale::open().await;
    let (other, behind) = (sale.node(), BehindProxy::of(&sale).await);
    behind.node.place(1, &[1]).await.unwrap();
    other.limit_by_process().await.unwrap();

    behind.lose_the_next_answer().await;
    // One unit, whose first fact the other node has written by then.
    let (_, placed) = join!(behind.node.limit_by_process(), behind.node.place(2, &[2]));
    assert!(placed.is_err() || sale.story(2).await == ["BookingPlaced"]);

    behind.proxy.lose_answers(false);
    insist(&behind.node, 2).await;
    assert_eq!(sale.story(2).await, ["BookingPlaced"]);
}
