//! Building maps, seen from within: what waits keeps nothing from others.

use std::time::Duration;

use ::tests::{TestDatabase, eventually};
use domain::ids::EventId;
use sqlx::PgPool;
use uuid::Uuid;

use super::*;

const SOON: Duration = Duration::from_secs(5);

async fn published(database: &TestDatabase) -> EventId {
    let event = Uuid::from_u128(1);
    sqlx::query(
        "insert into events (event_id, organizer_id, status, title, description, category, venue, city, time_zone,
                             starts_at, ends_at, currency, buyer_seats_max, zones, created_at, sequence, position)
         values ($1, $1, 'published', 'Rock Night', '', 'concert', 'Hall', 'Berlin', 'Europe/Berlin',
                 now(), now(), 'EUR', 8, '[]', now(), 1, 1)",
    )
    .bind(event)
    .execute(&database.projector)
    .await
    .unwrap();
    EventId::new(event)
}

fn key(event: EventId) -> MapKey {
    MapKey {
        event,
        kind: MapKind::Plan,
    }
}

fn of(pool: &PgPool) -> SeatMaps {
    SeatMaps::new(Arc::new(Tables::new(pool.clone())))
}

#[tokio::test]
async fn who_waits_for_leave_to_build_holds_no_connection() {
    let database = TestDatabase::create().await;
    let pool = &database.reader;
    let key = key(published(&database).await);
    let maps = Arc::new(of(pool));
    let builds = u32::try_from(BUILDS_MAX).unwrap();
    let all = maps.builds.acquire_many(builds).await.unwrap();
    let wanting = tokio::spawn({
        let maps = Arc::clone(&maps);
        async move {
            maps.get(key, Position::START)
                .await
                .is_ok_and(|map| map.is_some())
        }
    });
    eventually(
        "it has looked, waits, and has let go of its connection",
        SOON,
        || async {
            let waits = Arc::strong_count(&maps) == 2 && !wanting.is_finished();
            waits && pool.size() > 0 && usize::try_from(pool.size()).unwrap() == pool.num_idle()
        },
    )
    .await;
    drop(all);
    assert!(wanting.await.unwrap(), "the map is built when there is leave");
}

#[tokio::test]
async fn a_map_that_cannot_be_built_takes_no_place() {
    let database = TestDatabase::create().await;
    let absent = key(EventId::new(Uuid::from_u128(2)));
    let maps = of(&database.reader);
    assert!(maps.get(absent, Position::START).await.unwrap().is_none());
    assert!(maps.cache.is_empty());
    let event = key(published(&database).await);
    database.reader.close().await;
    assert!(maps.get(event, Position::START).await.is_err());
    assert!(maps.cache.is_empty());
}
