//! What a node answers that has not seen what another one did.

use crate::sale::Sale;

#[tokio::test]
async fn a_seat_that_was_released_on_another_node_is_free() {
    let sale = Sale::open().await;
    let (one, two) = (sale.node(), sale.node());
    one.place(1, &[1]).await.unwrap();
    two.place(2, &[2]).await.unwrap();
    one.release(1).await.unwrap();
    two.place(3, &[1]).await.unwrap();
}

#[tokio::test]
async fn a_booking_placed_again_is_answered_as_another_node_left_it() {
    let sale = Sale::open().await;
    let (one, two) = (sale.node(), sale.node());
    one.place(1, &[1]).await.unwrap();
    two.place(2, &[2]).await.unwrap();
    two.place(1, &[1]).await.unwrap();
    one.release(1).await.unwrap();
    assert_eq!(
        two.place(1, &[1]).await.unwrap().state.booking.status(),
        "released"
    );
}

#[tokio::test]
async fn a_version_that_another_node_answered_is_not_stale() {
    let sale = Sale::open().await;
    let (one, two) = (sale.node(), sale.node());
    one.limit(sale.event, 5, None).await.unwrap();
    let current = two.limit(sale.event, 6, None).await.unwrap().sequence;
    one.limit(sale.event, 7, Some(current)).await.unwrap();
}

#[tokio::test]
async fn a_limit_set_on_another_node_counts() {
    let sale = Sale::open().await;
    let (one, two) = (sale.node(), sale.node());
    one.limit(sale.event, 1, None).await.unwrap();
    two.limit(sale.event, 1, None).await.unwrap();
    one.limit(sale.event, 5, None).await.unwrap();
    two.place(1, &[1, 2]).await.unwrap();
}
