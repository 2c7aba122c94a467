//! Snapshots: what they save, and that none is believed that should not be.

use std::collections::BTreeMap;

use cqrs_es::Aggregate;
use domain::InParts;
use event_store::{Log, Sequence, Snapshots, StreamId, Unit};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use sqlx::{Executor, PgConnection};
use tests::TestDatabase;

use crate::counter::{Counter, CounterFact, counted, stream, unit};

const VERSION: i32 = 3;

async fn fold(log: &Log, stream: &StreamId, after: Sequence, mut state: Counter) -> Counter {
    for fact in log.read_stream(stream, after).await.unwrap() {
        state.apply(fact.decode::<Counter>().unwrap());
    }
    state
}

async fn load(snapshots: &Snapshots, log: &Log, stream: &StreamId) -> Counter {
    let (after, state) = snapshots.load(stream, VERSION).await.unwrap().unwrap_or_default();
    fold(log, stream, after, state).await
}

#[test]
fn state_from_snapshot_and_tail_equals_the_full_fold() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let database = runtime.block_on(TestDatabase::create());
    let (log, snapshots) = (database.log(), database.snapshots());
    let steps = proptest::collection::vec((any::<i64>(), any::<bool>()), 1..25);
    proptest!(ProptestConfig::with_cases(24), |(steps in steps)| runtime.block_on(async {
        let stream = stream();
        let mut expected = Counter::default();
        for ((by, taken), sequence) in steps.into_iter().zip(1..) {
            log.append(&[Unit { facts: vec![counted(&stream, sequence, by)] }]).await.unwrap();
            expected.apply(CounterFact::Counted { by });
            if taken {
                snapshots.save(&stream, VERSION, Sequence::new(sequence), expected.split()).await.unwrap();
            }
            prop_assert_eq!(&load(&snapshots, &log, &stream).await, &expected);
        }
        prop_assert_eq!(&fold(&log, &stream, Sequence::START, Counter::default()).await, &expected);
        Ok(())
    })?);
}

#[tokio::test]
async fn the_newest_snapshot_wins() {
    let database = TestDatabase::create().await;
    let (log, snapshots, stream) = (database.log(), database.snapshots(), stream());
    log.append(&[unit(&stream, 1), unit(&stream, 2)]).await.unwrap();
    snapshots
        .save(
            &stream,
            VERSION,
            Sequence::new(2),
            Counter { total: 2, facts: 2 }.split(),
        )
        .await
        .unwrap();
    snapshots
        .save(
            &stream,
            VERSION,
            Sequence::new(1),
            Counter { total: 1, facts: 1 }.split(),
        )
        .await
        .unwrap();
    let loaded = snapshots.load::<Counter>(&stream, VERSION).await.unwrap();
    assert_eq!(loaded, Some((Sequence::new(2), Counter { total: 2, facts: 2 })));
    assert_eq!(
        snapshots.load::<Counter>(&stream, VERSION + 1).await.unwrap(),
        None,
        "another shape is another snapshot"
    );
}

#[tokio::test]
async fn a_snapshot_that_cannot_be_trusted_is_ignored() {
    let database = TestDatabase::create().await;
    let (log, snapshots, stream) = (database.log(), database.snapshots(), stream());
    log.append(&[unit(&stream, 1)]).await.unwrap();
    let mut owner = database.owner().await;

    for damage in [
        "update snapshots set state = replace(convert_from(state, 'UTF8'), '77', '78')::bytea",
        "update snapshots set sha256 = sha256('')",
        "update snapshots set sequence = 2",
        "update snapshots set schema_version = 3, sequence = 1, state = 'no JSON', sha256 = sha256('no JSON')",
    ] {
        snapshots
            .save(
                &stream,
                VERSION,
                Sequence::new(1),
                Counter { total: 77, facts: 77 }.split(),
            )
            .await
            .unwrap();
        owner.execute(damage).await.unwrap();
        assert_eq!(
            snapshots.load::<Counter>(&stream, VERSION).await.unwrap(),
            None,
            "{damage}"
        );
        assert_eq!(
            load(&snapshots, &log, &stream).await,
            Counter { total: 1, facts: 1 }
        );
        owner.execute("delete from snapshots").await.unwrap();
    }
    snapshots
        .save(
            &stream,
            VERSION,
            Sequence::new(9),
            Counter { total: 9, facts: 9 }.split(),
        )
        .await
        .unwrap();
    assert_eq!(
        snapshots.load::<Counter>(&stream, VERSION).await.unwrap(),
        None,
        "ahead of its stream"
    );
    owner.execute("delete from snapshots").await.unwrap();
    snapshots
        .save(&stream, VERSION, Sequence::new(1), Shelf::default().split())
        .await
        .unwrap();
    assert_eq!(
        snapshots.load::<Counter>(&stream, VERSION).await.unwrap(),
        None,
        "unreadable"
    );
}

/// A state that is all parts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Shelf {
    books: BTreeMap<u32, String>,
}

impl InParts for Shelf {
    type Part = (u32, String);

    fn split(&self) -> (Self, BTreeMap<u32, (u32, String)>) {
        let books = self.books.clone().into_iter();
        (
            Self::default(),
            books.map(|(number, book)| (number, (number, book))).collect(),
        )
    }

    fn put_part(&mut self, (number, book): (u32, String)) {
        self.books.insert(number, book);
    }
}

fn shelf(books: &[(u32, &str)]) -> Shelf {
    let books = books.iter().map(|(number, book)| (*number, (*book).to_owned()));
    Shelf {
        books: books.collect(),
    }
}

/// Which transaction wrote each part.
async fn writers(owner: &mut PgConnection) -> Vec<(i64, String)> {
    sqlx::query_as("select part, xmin::text from snapshot_parts order by part")
        .fetch_all(owner)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_save_writes_the_parts_that_changed_and_deletes_those_that_are_gone() {
    let database = TestDatabase::create().await;
    let (log, snapshots, stream) = (database.log(), database.snapshots(), stream());
    log.append(&[unit(&stream, 1), unit(&stream, 2)]).await.unwrap();
    let mut owner = database.owner().await;
    let first = shelf(&[(0, "Emma"), (1, "Ulysses"), (7, "Momo")]);
    snapshots
        .save(&stream, VERSION, Sequence::new(1), first.split())
        .await
        .unwrap();
    let before = writers(&mut owner).await;
    let second = shelf(&[(0, "Emma"), (7, "Moby-Dick"), (8, "Dune")]);
    snapshots
        .save(&stream, VERSION, Sequence::new(2), second.split())
        .await
        .unwrap();
    let after = writers(&mut owner).await;
    let loaded = snapshots.load::<Shelf>(&stream, VERSION).await.unwrap();
    assert_eq!(loaded, Some((Sequence::new(2), second)));
    assert_eq!(after.iter().map(|(part, _)| *part).collect::<Vec<_>>(), [0, 7, 8]);
    assert_eq!(after[0], before[0], "unchanged");
    assert_ne!(after[1], before[2], "changed");

    let older = shelf(&[(0, "Faust")]);
    snapshots
        .save(&stream, VERSION, Sequence::new(1), older.split())
        .await
        .unwrap();
    assert_eq!(
        writers(&mut owner).await,
        after,
        "an older save leaves all as it is"
    );
}

#[tokio::test]
async fn a_snapshot_without_one_of_its_parts_or_with_a_damaged_one_is_ignored() {
    let database = TestDatabase::create().await;
    let (log, snapshots, stream) = (database.log(), database.snapshots(), stream());
    log.append(&[unit(&stream, 1)]).await.unwrap();
    let mut owner = database.owner().await;
    for damage in [
        "delete from snapshot_parts where part = 1",
        "update snapshot_parts set part = 2 where part = 1",
        "update snapshot_parts set state = replace(convert_from(state, 'UTF8'), 'Emma', 'Anna')::bytea",
    ] {
        let state = shelf(&[(0, "Emma"), (1, "Ulysses")]);
        snapshots
            .save(&stream, VERSION, Sequence::new(1), state.split())
            .await
            .unwrap();
        owner.execute(damage).await.unwrap();
        let loaded = snapshots.load::<Shelf>(&stream, VERSION).await.unwrap();
        assert_eq!(loaded, None, "{damage}");
        owner.execute("delete from snapshots").await.unwrap();
    }
}
