//! Facts that cannot be applied: their streams stand still, loudly, and the others go on.

use chrono::{DateTime, Utc};
use domain::event::facts::EventFact;
use domain::ids::EventId;
use event_store::{Log, Position};
use futures::FutureExt;
use projections::{
    Absorbed, Entry, PROJECTIONS, Projection, Projector, SEAT_MAPS, Status, compare, count_parked,
    fingerprint, rebuild,
};
use sqlx::PgPool;
use tests::TestDatabase;
use uuid::Uuid;

use crate::story::{Story, StoryFact, floor, project, project_one, stalls};

/// Seats, by a program that cannot yet apply sales: the database refuses what it writes.
static WITHOUT_SALES: Projection = Projection {
    name: "seats",
    aggregates: &["event"],
    apply: |connection, facts| {
        async move {
            (SEAT_MAPS.apply)(&mut *connection, facts).await?;
            let is_sale = |entry: &Entry<'_>| matches!(entry.event(), Some(EventFact::SeatsSold { .. }));
            if facts.iter().any(is_sale) {
                sqlx::query("select 1 / 0").execute(connection).await?;
            }
            Ok(())
        }
        .boxed()
    },
};

async fn parked(pool: &PgPool) -> Vec<(String, String, i64)> {
    sqlx::query_as("select projection, aggregate_id, position from parked_streams order by 1, 2")
        .fetch_all(pool)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_fact_that_cannot_be_read_parks_its_stream_only() {
    let database = TestDatabase::create().await;
    let mut story = Story::new(database.log());
    let (bad, good) = (story.event("Bad").await, story.event("Good").await);
    story.hold(bad, vec![floor(1)]).await;
    let position = story.record(vec![StoryFact::Nonsense(bad, "SeatsHeld")]).await;
    story.hold(bad, vec![floor(2)]).await;
    story.hold(good, vec![stalls(1..=2)]).await;
    project(&database.projector, &story.log, 100).await;

    let expected = |projection: &str| (projection.to_owned(), bad.to_string(), position.get());
    assert_eq!(
        parked(&database.projector).await,
        [expected("analytics"), expected("events"), expected("seats")],
        "in every projection that reads facts of events"
    );
    let held = "select coalesce(sum(held), 0)::bigint from sections where event_id = $1";
    for (event, places) in [(bad, 1), (good, 2)] {
        let held: i64 = sqlx::query_scalar(held)
            .bind(event.uuid())
            .fetch_one(&database.reader)
            .await
            .unwrap();
        assert_eq!(
            held, places,
            "what came before stands, what comes after is left out"
        );
    }
    let bookings: i64 = sqlx::query_scalar("select count(*) from bookings")
        .fetch_one(&database.reader)
        .await
        .unwrap();
    assert_eq!(bookings, 3, "other projections are not concerned");

    story.hold(bad, vec![floor(3)]).await;
    story.hold(good, vec![floor(3)]).await;
    project(&database.projector, &story.log, 100).await;
    assert_eq!(parked(&database.projector).await.len(), 3);
}

#[tokio::test]
async fn thousands_of_parked_streams_hinder_neither_a_rebuild_nor_a_comparison() {
    let database = TestDatabase::create().await;
    let mut story = Story::new(database.log());
    let good = story.event("Good").await;
    let at = story.now();
    let headless = EventFact::EventPublished { at };
    let unfit = (0..3_000).map(|number| {
        let id = EventId::new(Uuid::new_v4());
        match number % 50 {
            0 => StoryFact::Event(id, headless.clone()),
            _ => StoryFact::Nonsense(id, "SeatsHeld"),
        }
    });
    let unfit = unfit.collect();
    story.record(unfit).await;
    story.hold(good, vec![floor(3)]).await;
    project(&database.projector, &story.log, 1_000).await;
    let before = parked(&database.projector).await;
    let of_events = before.iter().filter(|(projection, ..)| projection == "events");
    assert_eq!(of_events.count(), 3_000);

    rebuild(&database.projector, &story.log).await.unwrap();
    assert_eq!(parked(&database.projector).await, before);
    let comparison = compare(&database.projector, &story.log).await.unwrap();
    assert_eq!(comparison.differing(), [""; 0]);
    let held: i64 = sqlx::query_scalar("select sum(held) from sections")
        .fetch_one(&database.reader)
        .await
        .unwrap();
    assert_eq!(held, 3);
}

#[tokio::test]
async fn what_is_parked_is_told_with_its_fact_and_what_is_left_out() {
    let database = TestDatabase::create().await;
    let mut story = Story::new(database.log());
    let bad = story.event("Bad").await;
    let position = story.record(vec![StoryFact::Nonsense(bad, "SeatsHeld")]).await;
    story.hold(bad, vec![floor(2)]).await;
    project(&database.projector, &story.log, 100).await;

    assert_eq!(count_parked(&database.projector).await.unwrap(), 3);
    let told = projections::parked(&database.projector, Some(bad.uuid()), 10)
        .await
        .unwrap();
    assert_eq!(told.len(), 3);
    for each in told {
        assert_eq!(
            (each.position, each.event_type.as_str()),
            (position.get(), "SeatsHeld")
        );
        assert_eq!(each.left_out, 2);
        assert!(each.error.contains("cannot read payload"), "{}", each.error);
    }
    let other = projections::parked(&database.projector, Some(Uuid::nil()), 10)
        .await
        .unwrap();
    assert_eq!(other, []);
}

/// As a program wrote it that took any year of a calendar.
#[tokio::test]
async fn an_event_in_a_year_that_no_column_knows_goes_on() {
    let database = TestDatabase::create().await;
    let mut story = Story::new(database.log());
    let event = story.event("Far").await;
    let at = story.now();
    for starts_at in [DateTime::<Utc>::MAX_UTC, DateTime::<Utc>::MIN_UTC] {
        let moved = EventFact::EventRescheduled {
            starts_at,
            ends_at: starts_at,
            free_until: at,
            at,
        };
        story.record(vec![StoryFact::Event(event, moved)]).await;
        project(&database.projector, &story.log, 1).await;
    }
    story.hold(event, vec![floor(2)]).await;
    project(&database.projector, &story.log, 1).await;
    assert_eq!(parked(&database.projector).await, []);
    let comparison = compare(&database.projector, &story.log).await.unwrap();
    assert_eq!(comparison.differing(), [""; 0]);
}

#[tokio::test]
async fn a_rebuild_by_a_program_that_can_clears_what_was_parked() {
    let database = TestDatabase::create().await;
    let mut story = Story::new(database.log());
    story.everything().await;
    project_one(&WITHOUT_SALES, &database.projector, &story.log, 100).await;
    assert_eq!(parked(&database.projector).await.len(), 1);

    rebuild(&database.projector, &story.log).await.unwrap();
    assert_eq!(parked(&database.projector).await, []);
    let rebuilt = fingerprint(&database.projector, "read").await.unwrap();

    let fresh = TestDatabase::create().await;
    copy(&story.log, &fresh).await;
    project(&fresh.projector, &fresh.log(), 100).await;
    assert_eq!(fingerprint(&fresh.projector, "read").await.unwrap(), rebuilt);
}

/// Appends to the log of `fresh` what `log` holds.
async fn copy(log: &Log, fresh: &TestDatabase) {
    let mut owner = fresh.owner().await;
    for fact in log.read_after(Position::START, 1_000).await.unwrap() {
        sqlx::query(
            "insert into public.events (position, aggregate_type, aggregate_id, sequence, event_type, event_version,
                                        payload, metadata, recorded_at)
             values ($1, $2, $3, $4, $5, $6, $7::json, $8::json, $9)",
        )
        .bind(fact.position.get())
        .bind(fact.stream.aggregate_type.as_ref())
        .bind(fact.stream.aggregate_id.to_string())
        .bind(fact.sequence.get())
        .bind(&fact.event_type)
        .bind(&fact.event_version)
        .bind(fact.payload.get())
        .bind(fact.metadata.get())
        .bind(fact.recorded_at)
        .execute(&mut owner)
        .await
        .unwrap();
    }
}

#[tokio::test]
async fn a_fact_that_contradicts_the_past_is_parked_with_its_reason() {
    let database = TestDatabase::create().await;
    let mut story = Story::new(database.log());
    let event = story.event("Spring").await;
    let booking = story.hold(event, vec![floor(1)]).await;
    story.release(event, booking, vec![floor(2)]).await;
    project(&database.projector, &story.log, 100).await;

    let error: String = sqlx::query_scalar("select error from parked_streams")
        .fetch_one(&database.reader)
        .await
        .unwrap();
    assert!(error.contains("more places would end than were held"), "{error}");
}

#[tokio::test]
async fn a_database_that_is_not_ready_parks_nothing() {
    let database = TestDatabase::create().await;
    let mut story = Story::new(database.log());
    story.everything().await;
    let facts = story.log.read_after(Position::START, 1_000).await.unwrap();
    let mut owner = database.owner().await;
    sqlx::query("alter table read.seats rename to not_yet")
        .execute(&mut owner)
        .await
        .unwrap();
    let projector = Projector::new(PROJECTIONS[1], database.projector.clone(), Status::default());
    projector.absorb(&facts).await.unwrap_err();
    assert_eq!(parked(&database.projector).await, []);

    sqlx::query("alter table read.not_yet rename to seats")
        .execute(&mut owner)
        .await
        .unwrap();
    assert_eq!(
        projector.absorb(&facts).await.unwrap(),
        Absorbed::Upto(story.head)
    );
}
