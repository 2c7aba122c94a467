//! What is killed, wiped or stopped in the middle of a sale loses nothing: every acknowledged booking stands, the log is
//! sound, and the read tables equal a rebuild.

#[cfg(test)]
#[path = "faults/sale.rs"]
mod sale;

use sale::{Sale, World};

/// Acknowledged bookings after which the fault comes: the sale is well under way and far from its end.
const ACKNOWLEDGED_BEFORE: usize = 150;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_of_evently_in_the_middle_of_a_sale_loses_nothing() {
    let mut world = World::start().await;
    let sale = Sale::begin(&world).await;
    sale.until_acknowledged(ACKNOWLEDGED_BEFORE).await;
    world.evently.restart().await;
    sale.until_over().await;
    world.is_whole(&sale).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_of_postgresql_in_the_middle_of_a_sale_loses_nothing() {
    let mut world = World::start().await;
    let sale = Sale::begin(&world).await;
    sale.until_acknowledged(ACKNOWLEDGED_BEFORE).await;
    world.postgres.restart().await.unwrap();
    sale.until_over().await;
    world.is_whole(&sale).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_nats_that_is_killed_and_wiped_in_the_middle_of_a_sale_costs_nothing_but_time() {
    let mut world = World::start().await;
    let sale = Sale::begin(&world).await;
    sale.until_acknowledged(ACKNOWLEDGED_BEFORE).await;
    world.nats.kill_9();
    world.nats.wipe_store().unwrap();
    world.nats.restart().await.unwrap();
    sale.until_over().await;
    world.is_whole(&sale).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_in_the_middle_of_a_sale_answers_what_it_accepted_and_ends_well() {
    let mut world = World::start().await;
    let sale = Sale::begin(&world).await;
    sale.until_acknowledged(ACKNOWLEDGED_BEFORE).await;
    assert!(
        world.evently.terminate().await,
        "evently should end by itself with 0"
    );
    world.evently.restart().await;
    sale.until_over().await;
    world.is_whole(&sale).await;
}
