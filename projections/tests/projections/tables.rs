//! What the rows say.

use std::collections::BTreeMap;

use domain::booking::facts::BookingLine;
use domain::event::facts::EventFact;
use domain::event::plan::{PlanHead, PlanRow, PlanZone};
use event_store::Position;
use projections::{PROJECTIONS, fingerprint};
use sqlx::{PgPool, Row};
use tests::TestDatabase;

use crate::story::{Story, StoryFact, details, floor, forget_checkpoints, name, project, seats, stalls};

/// Held and sold places by section.
async fn counts(pool: &PgPool, event: domain::ids::EventId) -> BTreeMap<String, (i32, i32)> {
    sqlx::query("select section_id, held, sold from sections where event_id = $1")
        .bind(event.uuid())
        .fetch_all(pool)
        .await
        .unwrap()
        .into_iter()
        .map(|row| (row.get(0), (row.get(1), row.get(2))))
        .collect()
}

/// Seats that are not free.
async fn taken(pool: &PgPool, event: domain::ids::EventId) -> BTreeMap<String, String> {
    sqlx::query("select seat_id, state from seats where event_id = $1")
        .bind(event.uuid())
        .fetch_all(pool)
        .await
        .unwrap()
        .into_iter()
        .map(|row| (row.get(0), row.get(1)))
        .collect()
}

async fn text(pool: &PgPool, sql: &str) -> String {
    sqlx::query_scalar::<_, Option<String>>(sql)
        .fetch_one(pool)
        .await
        .unwrap()
        .unwrap_or_default()
}

#[tokio::test]
async fn places_are_counted_from_hold_to_sale() {
    let database = TestDatabase::create().await;
    let mut story = Story::new(database.log());
    let event = story.event("Spring").await;
    let both = || vec![stalls(1..=3), floor(4)];
    let counted =
        |stalls, floor| BTreeMap::from([("stalls".to_owned(), stalls), ("floor".to_owned(), floor)]);

    let sold = story.hold(event, both()).await;
    let released = story.hold(event, vec![stalls(4..=5), floor(1)]).await;
    let expired = story.hold(event, vec![floor(7)]).await;
    project(&database.projector, &story.log, 1).await;
    assert_eq!(counts(&database.reader, event).await, counted((5, 0), (12, 0)));

    story.extend(event, sold).await;
    story
        .release(event, released, vec![stalls(4..=5), floor(1)])
        .await;
    project(&database.projector, &story.log, 100).await;
    assert_eq!(counts(&database.reader, event).await, counted((3, 0), (11, 0)));

    story.expire(event, expired, vec![floor(7)]).await;
    story.sell(event, sold, both()).await;
    project(&database.projector, &story.log, 100).await;
    assert_eq!(counts(&database.reader, event).await, counted((0, 3), (0, 4)));
    let of_sale = seats(1..=3)
        .into_iter()
        .map(|id| (id.to_string(), "sold".to_owned()))
        .collect();
    assert_eq!(taken(&database.reader, event).await, of_sale);
}

#[tokio::test]
async fn a_seat_that_changes_hands_within_a_batch_has_its_last_holder() {
    let database = TestDatabase::create().await;
    let mut story = Story::new(database.log());
    let event = story.event("Spring").await;
    let first = story.hold(event, vec![stalls(1..=2)]).await;
    project(&database.projector, &story.log, 100).await;
    story.release(event, first, vec![stalls(1..=2)]).await;
    let second = story.hold(event, vec![stalls(1..=1)]).await;
    project(&database.projector, &story.log, 100).await;

    let holders = sqlx::query("select seat_id, booking_id from seats")
        .fetch_all(&database.reader)
        .await
        .unwrap();
    let holders: Vec<(String, uuid::Uuid)> = holders.iter().map(|row| (row.get(0), row.get(1))).collect();
    assert_eq!(holders, [("a-1".to_owned(), second.uuid())]);
}

#[tokio::test]
async fn bookings_tell_what_became_of_them() {
    let database = TestDatabase::create().await;
    let mut story = Story::new(database.log());
    let event = story.event("Spring").await;
    let kept = story.hold(event, vec![stalls(1..=2), floor(3)]).await;
    let released = story.hold(event, vec![floor(1)]).await;
    let expired = story.hold(event, vec![floor(1)]).await;
    let confirmed = story.hold(event, vec![floor(1)]).await;
    story.release(event, released, vec![floor(1)]).await;
    project(&database.projector, &story.log, 12).await;
    story.extend(event, kept).await;
    story.expire(event, expired, vec![floor(1)]).await;
    story.sell(event, confirmed, vec![floor(1)]).await;
    project(&database.projector, &story.log, 100).await;

    let sql = "select booking_id, status, extended, ended_at is not null, sequence, quantity, total_amount, lines::text
                 from bookings";
    let rows = sqlx::query(sql).fetch_all(&database.reader).await.unwrap();
    let found: BTreeMap<uuid::Uuid, (String, bool, bool, i64)> = rows
        .iter()
        .map(|row| (row.get(0), (row.get(1), row.get(2), row.get(3), row.get(4))))
        .collect();
    assert_eq!(found[&kept.uuid()], ("held".to_owned(), true, false, 2));
    assert_eq!(found[&released.uuid()], ("released".to_owned(), false, true, 2));
    assert_eq!(found[&expired.uuid()], ("expired".to_owned(), false, true, 2));
    assert_eq!(found[&confirmed.uuid()], ("confirmed".to_owned(), false, true, 2));
    let row = rows
        .iter()
        .find(|row| row.get::<uuid::Uuid, _>(0) == kept.uuid())
        .unwrap();
    assert_eq!((row.get::<i32, _>(5), row.get::<i64, _>(6)), (5, 25_000));
    let lines: Vec<BookingLine> = serde_json::from_str(row.get(7)).unwrap();
    assert_eq!(lines.iter().map(|line| line.quantity).collect::<Vec<_>>(), [2, 3]);
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one story, in order")]
async fn an_event_shows_its_details_plan_and_sales_window() {
    let database = TestDatabase::create().await;
    let mut story = Story::new(database.log());
    let event = story.event("Spring").await;
    let at = story.now();
    let plan: PlanHead = serde_json::from_str(r#"{"name":"Arena","size":{"width":10,"height":5}}"#).unwrap();
    let zone = |text: &str| -> PlanZone {
        serde_json::from_str(&format!(r#"{{"name":"{text}","position":{{"x":1.5,"y":2}}}}"#)).unwrap()
    };
    let facts = [
        EventFact::PlanImported { plan, at },
        EventFact::ZoneAdded {
            zone: zone("North"),
            at,
        },
        EventFact::ZoneAdded {
            zone: zone("South"),
            at,
        },
        EventFact::DetailsEdited {
            details: details("Summer", at),
            at,
        },
        EventFact::BuyerLimitSet {
            buyer_seats_max: 3,
            at,
        },
        EventFact::SalesClosed { until: at, at },
    ];
    story
        .record(
            facts
                .into_iter()
                .map(|fact| StoryFact::Event(event, fact))
                .collect(),
        )
        .await;
    story.hold(event, vec![floor(1)]).await;
    project(&database.projector, &story.log, 3).await;

    let row = sqlx::query(
        "select title, status, buyer_seats_max, sales_from < sales_until, published_at is not null, sequence, position,
                plan::text, zones::text, search @@ to_tsquery('simple', 'summer & arena') from events",
    )
    .fetch_one(&database.reader)
    .await
    .unwrap();
    assert_eq!(row.get::<String, _>(0), "Summer");
    assert_eq!(row.get::<String, _>(1), "published");
    assert_eq!(row.get::<i32, _>(2), 3);
    assert!(row.get::<bool, _>(3) && row.get::<bool, _>(4) && row.get::<bool, _>(9));
    assert_eq!(row.get::<i64, _>(5), 14, "a hold is a fact of the event as well");
    assert_eq!(
        Position::new(row.get(6)).next(),
        story.head,
        "only the booking's fact comes after it"
    );
    assert_eq!(
        serde_json::from_str::<PlanHead>(row.get(7)).unwrap().name,
        name("Arena")
    );
    let zones: Vec<PlanZone> = serde_json::from_str(row.get(8)).unwrap();
    assert_eq!(zones, [zone("North"), zone("South")]);

    story
        .record(vec![StoryFact::Event(
            event,
            EventFact::SalesOpened { from: at, at },
        )])
        .await;
    project(&database.projector, &story.log, 3).await;
    assert_eq!(
        text(&database.reader, "select sales_until::text from events").await,
        ""
    );
}

#[tokio::test]
async fn the_plan_stands_row_by_row_in_order() {
    let database = TestDatabase::create().await;
    let mut story = Story::new(database.log());
    story.event("Spring").await;
    project(&database.projector, &story.log, 3).await; // the last row comes in another batch

    let rows = sqlx::query("select ordinal, seats::text from seat_rows order by ordinal")
        .fetch_all(&database.reader)
        .await
        .unwrap();
    let rows: Vec<(i32, PlanRow)> = rows
        .iter()
        .map(|row| (row.get(0), serde_json::from_str(row.get(1)).unwrap()))
        .collect();
    assert_eq!(
        rows.iter().map(|(ordinal, _)| *ordinal).collect::<Vec<_>>(),
        [0, 1, 2, 3]
    );
    assert_eq!(rows[3].1, crate::story::rows(4..=4)[0]);
    let sql = "select string_agg(format('%s %s %s %s %s', section_id, seated, capacity, row_count, price_amount), ', '
                                 order by ordinal) from sections";
    assert_eq!(
        text(&database.reader, sql).await,
        "stalls t 40 4 5000, floor f 100 0 2000"
    );
}

#[tokio::test]
async fn a_deleted_draft_leaves_nothing() {
    let database = TestDatabase::create().await;
    let mut story = Story::new(database.log());
    for batch in [2, 100] {
        let event = story.event("Spring").await;
        let at = story.now();
        story
            .record(vec![StoryFact::Event(event, EventFact::DraftDeleted { at })])
            .await;
        project(&database.projector, &story.log, batch).await;
        for table in fingerprint(&database.projector, "read").await.unwrap() {
            assert_eq!(table.rows, 0, "{}", table.table);
        }
    }
}

#[tokio::test]
async fn facts_applied_twice_give_the_same_rows() {
    let database = TestDatabase::create().await;
    let mut story = Story::new(database.log());
    story.everything().await;
    project(&database.projector, &story.log, 100).await;
    let once = fingerprint(&database.projector, "read").await.unwrap();

    for batch in [1, 4, 100] {
        forget_checkpoints(&database.projector).await;
        project(&database.projector, &story.log, batch).await;
        assert_eq!(
            fingerprint(&database.projector, "read").await.unwrap(),
            once,
            "{batch}"
        );
    }
    assert_eq!(PROJECTIONS.len(), 5);
}

#[tokio::test]
async fn batches_of_any_size_give_the_same_rows() {
    let mut prints = Vec::new();
    let database = TestDatabase::create().await;
    let mut story = Story::new(database.log());
    story.everything().await;
    for batch in [1, 2, 7, 1_000] {
        for table in [
            "checkpoints",
            "events",
            "sections",
            "seat_rows",
            "seats",
            "bookings",
            "booking_money",
            "ledger",
            "analytics_hours",
            "analytics_sales",
        ] {
            let sql = format!("delete from {table}");
            sqlx::query(&sql).execute(&database.projector).await.unwrap();
        }
        project(&database.projector, &story.log, batch).await;
        prints.push(fingerprint(&database.projector, "read").await.unwrap());
    }
    assert!(prints.windows(2).all(|two| two[0] == two[1]));
    assert!(
        prints[0]
            .iter()
            .any(|table| table.table == "seats" && table.rows == 7),
        "{:?}",
        prints[0]
    );
}
