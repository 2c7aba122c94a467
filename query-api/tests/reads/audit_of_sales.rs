//! Audit: what an event's state tells of payments, cancellations and its end.

use domain::event::{CancellationPolicy, EventFact, Fee};
use domain::ids::{AccountId, BookingId};
use serde_json::json;

use crate::audit::{BOOKING, append, draft, held, name, on_sale, seats, state};
use crate::world::{BUYER, World};

#[actix_web::test]
async fn the_state_of_an_event_shows_who_pays_what_came_back_and_that_it_is_cancelled() {
    let world = World::new().await;
    let at = world.clock.now();
    append(
        &world,
        0,
        &[draft(at), on_sale(at), vec![held(&[1, 2], at)]].concat(),
    )
    .await;
    let booking = BookingId::new(BOOKING);
    append(&world, 6, &[EventFact::HoldSecured { booking, at }]).await;
    let state_now = async || state(&world, "").await["state"].clone();
    let paying = state_now().await;
    assert_eq!(
        (&paying["holds"][0]["booking"], &paying["holds"][0]["until"]),
        (&json!(BOOKING), &json!(null))
    );

    let policy = CancellationPolicy::new(48, Fee::BasisPoints(1_500), 24).unwrap();
    let facts = [
        EventFact::SeatsSold {
            booking,
            buyer: AccountId::new(BUYER),
            places: seats(&[1, 2]),
            at,
        },
        EventFact::SeatsReturned {
            booking,
            places: seats(&[1]),
            at,
        },
        EventFact::CancellationPolicySet {
            policy: Some(policy),
            at,
        },
        EventFact::EventCancelled {
            reason: name("Storm"),
            at,
        },
    ];
    append(&world, 7, &facts).await;
    let over = state_now().await;
    assert_eq!(
        (&over["status"], &over["violations"]),
        (&json!("cancelled"), &json!([]))
    );
    assert_eq!(
        (&over["sections"][0]["sold"], &over["sections"][0]["free"]),
        (&json!(1), &json!(9))
    );
    assert_eq!(over["sales"][0]["places"][0]["seats"], json!(["stalls-2"]));
    assert_eq!(over["cancellation_policy"]["free_hours"], 48);
}
