//! Read tables are rebuilt while queries and projections go on.

use std::sync::atomic::{AtomicBool, Ordering};

use edge::token::Role;
use projections::{compare, fingerprint, rebuild};
use uuid::Uuid;

use crate::world::{BUYER, ORGANIZER, World, new_id};

const REBUILDS: usize = 4;

/// An answer that only one state of all tables gives; answers its position.
async fn seats_and_counts_agree(world: &World, event: Uuid) -> i64 {
    let answer = world.get(&format!("/events/{event}/seats")).await;
    assert_eq!(answer.status, 200, "{:?}", answer.body);
    let body = answer.json();
    for state in ["held", "sold"] {
        let sections = body["sections"].as_array().unwrap().iter();
        let counted: i64 = sections.map(|section| section[state].as_i64().unwrap()).sum();
        let named = body["seats"][state].as_array().unwrap().len();
        assert_eq!(counted, i64::try_from(named).unwrap(), "{state}");
    }
    answer.header("evently-position").parse().unwrap()
}

#[actix_web::test]
async fn queries_answer_throughout_rebuilds_and_see_one_state_of_all_tables() {
    let world = World::new().await;
    let event = world.rock_night().await;
    world.now().add_section(event, "b", 2_500, 400).await;
    let mut sales = Vec::new();
    for status in ["held", "confirmed", "refunded", "released"] {
        sales.push(world.booking(event, BUYER, status, 0).await);
    }
    let done = AtomicBool::new(false);
    let rebuilding = async {
        for _ in 0..REBUILDS {
            rebuild(&world.database.projector, &world.database.log())
                .await
                .unwrap();
        }
        done.store(true, Ordering::Relaxed);
    };
    let selling = async {
        let mut seat = 0;
        while !done.load(Ordering::Relaxed) && seat < 400 {
            seat += 1;
            let hold = world.now().hold(event, new_id(), &[&format!("b-{seat}")]).await;
            if seat % 2 == 0 {
                world.now().pay(hold).await;
            }
        }
        seat
    };
    let asking = async {
        let (mut answers, mut position) = (0, 0);
        while !done.load(Ordering::Relaxed) {
            let reached = seats_and_counts_agree(&world, event).await;
            assert!(reached >= position, "{reached} after {position}");
            (answers, position) = (answers + 1, reached);
            for (caller, path) in [
                ((BUYER, Role::User), "/bookings".to_owned()),
                ((BUYER, Role::User), format!("/bookings/{}", sales[2])),
                (
                    (ORGANIZER, Role::Organizer),
                    format!("/admin/analytics/events/{event}"),
                ),
            ] {
                let answer = world.get_as(caller, &path).await;
                assert_eq!(answer.status, 200, "{path}: {:?}", answer.body);
            }
            let listed = world.get_as((BUYER, Role::User), "/bookings").await.items();
            assert_eq!(listed.len(), sales.len());
        }
        answers
    };
    let ((), sold, answers) = futures::join!(rebuilding, selling, asking);
    assert!(sold > 1 && answers > REBUILDS, "{sold} holds, {answers} answers");

    let served = fingerprint(&world.database.projector, "read").await.unwrap();
    let comparison = compare(&world.database.projector, &world.database.log())
        .await
        .unwrap();
    assert_eq!(comparison.differing(), Vec::<&str>::new());
    assert_eq!(comparison.replayed, served);
    assert_eq!(
        seats_and_counts_agree(&world, event).await.to_string(),
        world.head().await
    );
}
