//! cqrs-es and postgres-es over the same log; old versions of facts.

use std::collections::HashMap;

use cqrs_es::persist::PersistedEventStore;
use cqrs_es::{AggregateContext, AggregateError, CqrsFramework, EventStore};
use event_store::{DecodeError, EsStore, Sequence, Unit};
use postgres_es::PostgresEventRepository;
use tests::TestDatabase;

use crate::appending::assert_dense;
use crate::counter::{Counter, CounterCommand, CounterFact, appended, counted, stream, unit};

#[tokio::test]
async fn an_aggregate_runs_in_the_framework_of_cqrs_es() {
    let database = TestDatabase::create().await;
    let cqrs = CqrsFramework::new(EsStore::<Counter>::new(database.log()), vec![], ());
    let stream = stream();
    let id = stream.aggregate_id.to_string();
    let metadata = HashMap::from([("actor".to_owned(), "test".to_owned())]);
    for by in [3, 4] {
        cqrs.execute_with_metadata(&id, CounterCommand::Count { by }, metadata.clone())
            .await
            .unwrap();
    }
    let refused = cqrs.execute(&id, CounterCommand::Count { by: 0 }).await;
    assert!(
        matches!(refused, Err(AggregateError::UserError(_))),
        "{refused:?}"
    );

    let facts = database
        .log()
        .read_stream(&stream, Sequence::START)
        .await
        .unwrap();
    assert_eq!(facts.len(), 2);
    assert_eq!(facts[1].metadata.get(), r#"{"actor":"test"}"#);
    assert_dense(&database.log()).await;
}

#[tokio::test]
async fn a_stale_context_of_cqrs_es_is_a_conflict() {
    let database = TestDatabase::create().await;
    let store = EsStore::<Counter>::new(database.log());
    let stream = stream();
    let stale = store
        .load_aggregate(&stream.aggregate_id.to_string())
        .await
        .unwrap();
    database.log().append(&[unit(&stream, 1)]).await.unwrap();
    let refused = store
        .commit(vec![CounterFact::Counted { by: 1 }], stale, HashMap::new())
        .await;
    assert!(
        matches!(refused, Err(AggregateError::AggregateConflict)),
        "{refused:?}"
    );
}

#[tokio::test]
async fn postgres_es_reads_what_our_append_wrote() {
    let database = TestDatabase::create().await;
    let stream = stream();
    let facts = vec![counted(&stream, 1, 3), counted(&stream, 2, 4)];
    database.log().append(&[Unit { facts }]).await.unwrap();

    let repository = PostgresEventRepository::new(database.writer.clone());
    let store = PersistedEventStore::<PostgresEventRepository, Counter>::new_event_store(repository);
    let id = stream.aggregate_id.to_string();
    let mut context = store.load_aggregate(&id).await.unwrap();
    assert_eq!(context.aggregate(), &Counter { total: 7, facts: 2 });
    let envelopes = store.load_events(&id).await.unwrap();
    assert_eq!(envelopes[1].payload, CounterFact::Counted { by: 4 });
    assert_eq!(envelopes[1].metadata["actor"], "test");
}

#[tokio::test]
async fn a_fact_of_an_old_version_is_brought_up_to_date_when_it_is_read() {
    let database = TestDatabase::create().await;
    let stream = stream();
    let mut old = counted(&stream, 1, 0);
    old.event_version = "0.9";
    old.payload = r#"{"Counted":{"amount":5}}"#.to_owned();
    let outcomes = database
        .log()
        .append(&[Unit {
            facts: vec![old, counted(&stream, 2, 6)],
        }])
        .await
        .unwrap();
    assert_eq!(outcomes, [appended(2)]);

    let facts = database
        .log()
        .read_stream(&stream, Sequence::START)
        .await
        .unwrap();
    let read: Vec<CounterFact> = facts
        .iter()
        .map(|fact| fact.decode::<Counter>().unwrap())
        .collect();
    assert_eq!(
        read,
        [CounterFact::Counted { by: 5 }, CounterFact::Counted { by: 6 }]
    );

    let store = EsStore::<Counter>::new(database.log());
    let mut context = store
        .load_aggregate(&stream.aggregate_id.to_string())
        .await
        .unwrap();
    assert_eq!(context.aggregate().total, 11);
}

#[tokio::test]
async fn a_fact_of_a_newer_program_is_not_guessed_at() {
    let database = TestDatabase::create().await;
    let stream = stream();
    let mut newer = counted(&stream, 1, 1);
    newer.event_version = "2";
    database
        .log()
        .append(&[Unit { facts: vec![newer] }])
        .await
        .unwrap();
    let fact = database
        .log()
        .read_stream(&stream, Sequence::START)
        .await
        .unwrap()
        .remove(0);
    let refused = fact.decode::<Counter>();
    assert!(matches!(refused, Err(DecodeError::Newer { .. })), "{refused:?}");
    assert!(matches!(
        fact.metadata(),
        Err(DecodeError::Unreadable { what: "metadata", .. })
    ));
}

#[tokio::test]
async fn a_long_stream_is_read_whole_and_by_pages() {
    let database = TestDatabase::create().await;
    let (log, stream) = (database.log(), stream());
    let facts = (1..=11_000)
        .map(|sequence| counted(&stream, sequence, 1))
        .collect();
    log.append(&[Unit { facts }]).await.unwrap();
    let read = log.read_stream(&stream, Sequence::new(3)).await.unwrap();
    assert_eq!((read.len(), read[0].sequence), (10_997, Sequence::new(4)));
    let page = log.read_stream_page(&stream, Sequence::new(10), 5).await.unwrap();
    assert_eq!((page.len(), page[4].sequence), (5, Sequence::new(15)));
    assert!(
        log.read_stream(&crate::counter::stream(), Sequence::START)
            .await
            .unwrap()
            .is_empty()
    );
}
