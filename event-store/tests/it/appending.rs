//! Appends: who wins, what stands together, and that positions have no holes.

use event_store::{
    AppendError, FACT_BYTES_MAX, FACTS_PER_APPEND_MAX, Log, Outcome, Position, Sequence, StreamId, Unit,
};
use futures::future::join_all;
use tests::TestDatabase;

use crate::counter::{appended, counted, stream, unit};

/// Every position from 1 to the head is there, in order.
pub(crate) async fn assert_dense(log: &Log) {
    let facts = log.read_after(Position::START, usize::MAX).await.unwrap();
    let positions: Vec<i64> = facts.iter().map(|fact| fact.position.get()).collect();
    let expected: Vec<i64> = (1..).take(facts.len()).collect();
    assert_eq!(positions, expected);
    assert_eq!(
        log.head().await.unwrap().get(),
        i64::try_from(facts.len()).unwrap()
    );
}

#[tokio::test]
async fn what_was_appended_is_read_byte_for_byte() {
    let database = TestDatabase::create().await;
    let log = database.log();
    let stream = stream();
    let mut fact = counted(&stream, 1, 1);
    fact.payload = r#"{ "Counted": {"by":1},  "z":"ä\u0041", "a":1.50 }"#.to_owned();
    assert_eq!(
        log.append(&[Unit {
            facts: vec![fact.clone()]
        }])
        .await
        .unwrap(),
        [appended(1)]
    );

    let read = log.read_stream(&stream, Sequence::START).await.unwrap();
    assert_eq!(read.len(), 1);
    assert_eq!(read[0].payload.get(), fact.payload);
    assert_eq!(read[0].metadata.get(), &*fact.metadata);
    assert_eq!(
        (read[0].stream.clone(), read[0].sequence),
        (stream, Sequence::new(1))
    );
    assert_eq!(
        (read[0].event_type.as_str(), read[0].event_version.as_str()),
        ("Counted", "1")
    );
}

#[tokio::test]
async fn exactly_one_of_many_racing_writers_wins() {
    const WRITERS: usize = 10;
    const ROUNDS: i64 = 30;
    let database = TestDatabase::create().await;
    let log = database.log();
    let stream = stream();
    for sequence in 1..=ROUNDS {
        let attempts = (0..WRITERS).map(|_| {
            let (log, unit) = (log.clone(), unit(&stream, sequence));
            tokio::spawn(async move { log.append(&[unit]).await.unwrap()[0] })
        });
        let outcomes: Vec<Outcome> = join_all(attempts).await.into_iter().map(Result::unwrap).collect();
        assert_eq!(
            outcomes
                .iter()
                .filter(|each| **each == appended(sequence))
                .count(),
            1
        );
        assert_eq!(
            outcomes.iter().filter(|each| **each == Outcome::Conflict).count(),
            WRITERS - 1
        );
    }
    assert_dense(&log).await;
}

#[tokio::test]
async fn each_unit_gets_its_own_outcome() {
    let database = TestDatabase::create().await;
    let log = database.log();
    let (taken, one, two) = (stream(), stream(), stream());
    log.append(&[unit(&taken, 1)]).await.unwrap();

    let both = Unit {
        facts: vec![counted(&two, 1, 1), counted(&two, 2, 1)],
    };
    let outcomes = log
        .append(&[unit(&one, 1), unit(&taken, 1), both, Unit::default()])
        .await
        .unwrap();
    assert_eq!(
        outcomes,
        [appended(2), Outcome::Conflict, appended(4), appended(0)]
    );
    assert_dense(&log).await;
}

#[tokio::test]
async fn a_unit_of_several_streams_stands_or_falls_as_one() {
    let database = TestDatabase::create().await;
    let log = database.log();
    let (taken, fresh) = (stream(), stream());
    log.append(&[unit(&taken, 1)]).await.unwrap();

    let facts = vec![
        counted(&fresh, 1, 1),
        counted(&taken, 1, 1),
        counted(&fresh, 2, 1),
    ];
    assert_eq!(log.append(&[Unit { facts }]).await.unwrap(), [Outcome::Conflict]);
    assert!(log.read_stream(&fresh, Sequence::START).await.unwrap().is_empty());

    let facts = vec![counted(&fresh, 1, 1), counted(&taken, 2, 1)];
    assert_eq!(log.append(&[Unit { facts }]).await.unwrap(), [appended(3)]);
    assert_dense(&log).await;
}

#[tokio::test]
async fn units_that_clash_with_each_other_are_settled_in_order() {
    let database = TestDatabase::create().await;
    let (log, contested) = (database.log(), stream());
    let within = Unit {
        facts: vec![counted(&contested, 2, 1), counted(&contested, 2, 1)],
    };
    let outcomes = log
        .append(&[unit(&contested, 1), unit(&contested, 1), within])
        .await
        .unwrap();
    assert_eq!(outcomes, [appended(1), Outcome::Conflict, Outcome::Conflict]);
    assert_dense(&log).await;
}

#[tokio::test]
async fn what_was_decided_upon_a_lost_unit_is_lost_with_it() {
    let database = TestDatabase::create().await;
    let (log, contested, other) = (database.log(), stream(), stream());
    log.append(&[unit(&contested, 1)]).await.unwrap();
    log.append(&[unit(&contested, 2)]).await.unwrap(); // another writer was faster

    let outcomes = log
        .append(&[unit(&contested, 2), unit(&contested, 3), unit(&other, 1)])
        .await
        .unwrap();
    assert_eq!(outcomes, [Outcome::Conflict, Outcome::Conflict, appended(3)]);
}

#[tokio::test]
async fn a_writer_that_has_seen_more_than_the_log_holds_is_refused() {
    let database = TestDatabase::create().await;
    let (log, behind, fresh, torn) = (database.log(), stream(), stream(), stream());
    log.append(&[unit(&behind, 1)]).await.unwrap();
    let gap = Unit {
        facts: vec![counted(&torn, 1, 1), counted(&torn, 3, 1)],
    };
    let units = [unit(&behind, 3), unit(&fresh, 2), gap, unit(&behind, 2)];
    let outcomes = log.append(&units).await.unwrap();
    assert_eq!(outcomes[..3], [Outcome::Conflict; 3]);
    assert_eq!(log.append(&[unit(&behind, 2)]).await.unwrap(), [appended(2)]);
    assert_dense(&log).await;
}

#[tokio::test]
async fn a_fact_or_an_append_that_is_too_large_writes_nothing() {
    let database = TestDatabase::create().await;
    let (log, stream) = (database.log(), stream());
    let mut large = counted(&stream, 2, 1);
    large.payload = format!("\"{}\"", "x".repeat(FACT_BYTES_MAX));
    let refused = log.append(&[unit(&stream, 1), Unit { facts: vec![large] }]).await;
    assert!(
        matches!(refused, Err(AppendError::TooLarge { .. })),
        "{refused:?}"
    );

    let fact = counted(&stream, 1, 1);
    let refused = log
        .append(&[Unit {
            facts: vec![fact; FACTS_PER_APPEND_MAX + 1],
        }])
        .await;
    assert!(matches!(refused, Err(AppendError::TooMany { .. })), "{refused:?}");
    assert_eq!(log.head().await.unwrap(), Position::START);
}

#[tokio::test]
async fn a_statement_that_the_server_refuses_appended_nothing() {
    let database = TestDatabase::create().await;
    let (log, stream) = (database.log(), stream());
    let mut broken = counted(&stream, 2, 1);
    broken.payload = "no JSON".to_owned();
    let refused = log
        .append(&[unit(&stream, 1), Unit { facts: vec![broken] }])
        .await;
    assert!(matches!(refused, Err(AppendError::NotAppended(_))), "{refused:?}");
    assert_eq!(log.head().await.unwrap(), Position::START);
    assert_eq!(log.append(&[unit(&stream, 1)]).await.unwrap(), [appended(1)]);
}

#[tokio::test]
async fn positions_are_dense_after_conflicts_in_the_midst_of_many_writers() {
    const WRITERS: usize = 8;
    let database = TestDatabase::create().await;
    let log = database.log();
    let contested: Vec<StreamId> = (0..4).map(|_| stream()).collect();
    let writers = (0..WRITERS).map(|_| {
        let (log, contested) = (log.clone(), contested.clone());
        tokio::spawn(async move {
            for sequence in 1..=20 {
                let mine = stream();
                let units: Vec<Unit> = contested
                    .iter()
                    .map(|each| unit(each, sequence))
                    .chain([unit(&mine, 1)])
                    .collect();
                let outcomes = log.append(&units).await.unwrap();
                assert!(matches!(outcomes[4], Outcome::Appended(_)));
            }
        })
    });
    join_all(writers).await.into_iter().for_each(Result::unwrap);
    assert_dense(&log).await;
    for each in &contested {
        assert_eq!(log.read_stream(each, Sequence::START).await.unwrap().len(), 20);
    }
}
