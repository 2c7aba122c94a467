//! Tells a story to a log, projects it meanwhile, and asks about it.

use event_store::{Log, Position};
use projections::{ANALYTICS, EVENTS, Projector, SEAT_MAPS, Status, compare, fingerprint};
use tests::TestDatabase;

use crate::books::Books;
use crate::dice::Dice;
use crate::reports::Reports;
use crate::story::Story;

/// Times within a story at which questions are asked.
const CHAPTERS: usize = 4;
/// Steps from one to the next: some days pass, and some events sell out.
const STEPS: usize = 150;
/// Questions at each time.
const QUESTIONS: usize = 30;

/// Tells a story and asks about it; answers what happened in it.
pub(crate) async fn compared(seed: u64) -> Vec<&'static str> {
    let database = TestDatabase::create().await;
    let log = database.log();
    let projectors = [&ANALYTICS, &EVENTS, &SEAT_MAPS]
        .map(|each| Projector::new(each, database.projector.clone(), Status::default()));
    let mut story = Story::new(seed);
    let reports = Reports::open(&database, story.at);
    let mut dice = Dice::new(!seed);
    for chapter in 1..=CHAPTERS {
        for _ in 0..STEPS {
            story.step();
            if dice.one_in(5) {
                log.append(&story.take_units()).await.unwrap();
            }
            if dice.one_in(7) {
                for projector in &projectors {
                    project(projector, &log, &mut dice).await;
                }
            }
        }
        log.append(&story.take_units()).await.unwrap();
        catch_up(&projectors, &log, &mut dice).await;
        let books = Books::of(&log).await;
        reports.advance_to(story.at);
        for number in 0..QUESTIONS {
            let place = format!("seed {seed}, chapter {chapter}, question {number}");
            reports.ask_and_compare(&books, &mut dice, &place).await;
        }
    }
    is_what_a_replay_makes(&database, seed).await;
    changes_nothing_when_applied_again(&database, &projectors, &mut dice).await;
    Books::of(&log).await.happenings()
}

async fn catch_up(projectors: &[Projector], log: &Log, dice: &mut Dice) {
    for projector in projectors {
        while projector.position().await.unwrap() < log.head().await.unwrap() {
            project(projector, log, dice).await;
        }
    }
}

/// Applies some of what is next, in one batch.
async fn project(projector: &Projector, log: &Log, dice: &mut Dice) {
    let max = dice.below(60) + 1;
    let position: Position = projector.position().await.unwrap();
    let facts = log
        .read_after(position, usize::try_from(max).unwrap())
        .await
        .unwrap();
    projector.absorb(&facts).await.unwrap();
}

async fn is_what_a_replay_makes(database: &TestDatabase, seed: u64) {
    let comparison = compare(&database.projector, &database.log()).await.unwrap();
    assert!(
        comparison.differing().is_empty(),
        "seed {seed}: {:?}",
        comparison.differing()
    );
    let tables = fingerprint(&database.reader, "read").await.unwrap();
    for table in tables
        .iter()
        .filter(|table| table.table.starts_with("analytics_"))
    {
        assert!(table.rows > 0, "seed {seed}: {table:?}");
    }
    let parked = tables.iter().find(|table| table.table == "parked_streams");
    assert_eq!(
        parked.map(|table| table.rows),
        Some(0),
        "seed {seed}: nothing is unfit"
    );
}

/// As if the checkpoint had been lost while the rows were not.
async fn changes_nothing_when_applied_again(
    database: &TestDatabase,
    projectors: &[Projector],
    dice: &mut Dice,
) {
    let once = fingerprint(&database.reader, "read").await.unwrap();
    sqlx::query("update checkpoints set position = 0")
        .execute(&database.projector)
        .await
        .unwrap();
    catch_up(projectors, &database.log(), dice).await;
    assert_eq!(fingerprint(&database.reader, "read").await.unwrap(), once);
}
