//! Snapshots: what they save, and that none is believed that should not be.

use cqrs_es::Aggregate;
use event_store::{Log, Sequence, Snapshots, StreamId, Unit};
use proptest::prelude::*;
use sqlx::Executor;
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
                snapshots.save(&stream, VERSION, Sequence::new(sequence), expected.clone()).await.unwrap();
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
        .save(&stream, VERSION, Sequence::new(2), Counter { total: 2, facts: 2 })
        .await
        .unwrap();
    snapshots
        .save(&stream, VERSION, Sequence::new(1), Counter { total: 1, facts: 1 })
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
                Counter { total: 77, facts: 77 },
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
        .save(&stream, VERSION, Sequence::new(9), Counter { total: 9, facts: 9 })
        .await
        .unwrap();
    assert_eq!(
        snapshots.load::<Counter>(&stream, VERSION).await.unwrap(),
        None,
        "ahead of its stream"
    );
    owner.execute("delete from snapshots").await.unwrap();
    snapshots
        .save(&stream, VERSION, Sequence::new(1), "another shape")
        .await
        .unwrap();
    assert_eq!(
        snapshots.load::<Counter>(&stream, VERSION).await.unwrap(),
        None,
        "unreadable"
    );
}
