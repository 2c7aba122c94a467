//! A database that is in use is migrated: facts and read rows stay, and what is new is filled from the log.

use event_store::database::MIGRATOR;
use projections::{PROJECTIONS, compare, fingerprint};
use tests::TestDatabase;

use crate::sale::Sale;
use crate::story::{Story, project, project_one};

/// The newest migration that adds or changes a read table.
const NEWEST: i64 = 6;
/// The projections that need it, and cannot run before.
const CHANGED: &[&str] = &["analytics"];

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
    for projection in PROJECTIONS.iter().filter(|each| !CHANGED.contains(&each.name)) {
        project_one(projection, &database.projector, &story.log, 50).await;
    }
    let before = fingerprint(&database.projector, "read").await.unwrap();
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
