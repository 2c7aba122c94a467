//! A database that is in use is migrated: facts and read rows stay, and what is new is filled from the log.

use event_store::database::MIGRATOR;
use projections::{PROJECTIONS, SEAT_MAPS, compare, fingerprint};
use tests::TestDatabase;

use crate::sale::Sale;
use crate::story::{Story, project, project_one};

/// The newest migration that adds or changes a read table.
const NEWEST: i64 = 7;
/// The tables that it changes or drops.
const REMADE: &[&str] = &["sections", "analytics_events", "analytics_sections"];
/// The projection of which it changes a table, which cannot run before; its tables.
const CHANGED: (&str, &[&str]) = ("seats", &["sections", "seat_rows", "seats"]);

/// Commands of the sale that fills the database.
const STEPS: usize = 300;

#[tokio::test]
async fn a_filled_database_migrates_keeps_its_rows_and_fills_its_new_tables() {
    let database = TestDatabase::create_before(NEWEST).await;
    let mut story = Story::new(database.log());
    story.everything().await;
    let mut sale = Sale::open(story, 7);
    for _ in 0..STEPS {
        sale.step();
    }
    sale.append().await;
    let mut story = sale.end();
    for projection in PROJECTIONS.iter().filter(|each| each.name != CHANGED.0) {
        project_one(projection, &database.projector, &story.log, 50).await;
    }
    let migrated = TestDatabase::create().await;
    project_one(&SEAT_MAPS, &migrated.projector, &story.log, 50).await;
    carry_back(&migrated, &database).await;
    let mut before = fingerprint(&database.projector, "read").await.unwrap();
    before.retain(|table| !REMADE.contains(&table.table.as_str()));
    assert!(before.iter().any(|table| table.rows > 0), "{before:?}");

    database.migrate().await;
    let newest = MIGRATOR.iter().map(|each| each.version).max();
    let mut owner = database.owner().await;
    let applied: Option<i64> =
        sqlx::query_scalar("select max(version) from public._sqlx_migrations where success")
            .fetch_one(&mut owner)
            .await
            .unwrap();
    assert_eq!(applied, newest);
    let after = fingerprint(&database.projector, "read").await.unwrap();
    assert!(
        before.iter().all(|table| after.contains(table)),
        "{before:?} {after:?}"
    );

    story.everything().await;
    project(&database.projector, &story.log, 50).await;
    let comparison = compare(&database.projector, &story.log).await.unwrap();
    assert_eq!(comparison.differing(), Vec::<&str>::new());
    let hours = comparison
        .serving
        .iter()
        .find(|table| table.table == "analytics_hours");
    assert!(hours.is_some_and(|table| table.rows > 1), "{hours:?}");
}

/// Copies what [`CHANGED`] made from the migrated database to that with the schema before.
async fn carry_back(migrated: &TestDatabase, before: &TestDatabase) {
    let checkpoint = format!("checkpoints where projection = '{}'", CHANGED.0);
    for rows in CHANGED.1.iter().copied().chain([checkpoint.as_str()]) {
        let table = rows.split(' ').next().unwrap();
        let select = format!("select coalesce(json_agg(each), '[]')::text from (select * from {rows}) each");
        let json: String = sqlx::query_scalar(&select)
            .fetch_one(&migrated.projector)
            .await
            .unwrap();
        let insert = format!(
            "insert into {table} select * from json_populate_recordset(null::{table}, $1::text::json)"
        );
        sqlx::query(&insert)
            .bind(json)
            .execute(&before.projector)
            .await
            .unwrap();
    }
}
