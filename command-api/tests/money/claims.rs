//! Deadlines and claims, by a process that only counts: nodes share the work, no deadline is lost, and no fact forgotten.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::http::StatusCode;
use edge::token::Role;
use event_store::{DecodeError, RecordedFact};
use futures::FutureExt;
use futures::future::BoxFuture;
use processes::{Acted, Due, Note, Obstacle, Process};
use sqlx::Row;
use tests::eventually;
use tokio::sync::Semaphore;
use tokio::time::sleep;
use uuid::Uuid;

use crate::app::person;
use crate::till::{SOON, Till};

/// Longer than a node that has nothing to do waits before it looks again.
const LOOKED: Duration = Duration::from_millis(1_500);

/// Looks at every Booking that is placed or extended, and writes down that it did.
#[derive(Debug)]
struct Counting {
    looked: Mutex<Vec<Due>>,
    /// Acting ends with one of these.
    leave: Semaphore,
    at_once: usize,
}

impl Counting {
    fn new(leave: usize) -> Arc<Self> {
        Self::with(leave, 8)
    }

    /// Hangs for ever in the first deadline that it claims, and claims no other, like a dead node.
    fn hanging() -> Arc<Self> {
        Self::with(0, 1)
    }

    fn with(leave: usize, at_once: usize) -> Arc<Self> {
        Arc::new(Self {
            looked: Mutex::default(),
            leave: Semaphore::new(leave),
            at_once,
        })
    }

    fn looked(&self) -> Vec<Due> {
        self.looked.lock().unwrap().clone()
    }

    async fn looked_times(&self, times: usize) {
        let what = format!("{times} looks");
        eventually(&what, SOON, || async { self.looked().len() == times }).await;
    }
}

impl Process for Counting {
    fn name(&self) -> &'static str {
        "counting"
    }

    fn concurrency(&self) -> usize {
        self.at_once
    }

    fn read(&self, fact: &RecordedFact) -> Result<Option<Note>, DecodeError> {
        let is_known = ["BookingPlaced", "BookingExtended"].contains(&fact.event_type.as_str());
        Ok(is_known.then_some(Note::Due {
            subject: fact.stream.aggregate_id,
            at: fact.recorded_at, // long ago, by the clock of the test
        }))
    }

    fn act<'a>(&'a self, due: &'a Due) -> BoxFuture<'a, Result<Acted, Obstacle>> {
        self.looked.lock().unwrap().push(due.clone());
        async {
            self.leave.acquire().await.unwrap().forget();
            Ok(Acted::Done)
        }
        .boxed()
    }
}

/// A Booking that holds a seat.
async fn held(till: &Till) -> (crate::app::Person, String) {
    let buyer = person(Role::User);
    let event = till.on_sale(person(Role::Organizer)).await;
    let booking = till.held(buyer, &event, &["stalls-A-1"]).await;
    (buyer, booking)
}

async fn deadlines(till: &Till) -> i64 {
    sqlx::query("select count(*) from deadlines where process = 'counting'")
        .fetch_one(&till.database.writer)
        .await
        .unwrap()
        .get(0)
}

#[actix_web::test]
async fn two_nodes_look_at_each_subject_once() {
    let till = Till::start().await;
    let counting = Counting::new(1_000);
    let other = till.node();
    let runs = [
        till.run(&till.app, vec![counting.clone()]),
        till.run(&other, vec![counting.clone()]),
    ];
    let event = till.on_sale(person(Role::Organizer)).await;
    let mut bookings = Vec::new();
    for row in ["A", "B", "C", "D"] {
        for seat in 1..=5 {
            let seat = format!("stalls-{row}-{seat}");
            let booking = till.held(person(Role::User), &event, &[&seat]).await;
            bookings.push(Uuid::try_parse(&booking).unwrap());
        }
    }
    for run in &runs {
        till.at_rest(run).await;
    }
    for run in runs {
        run.stop().await;
    }
    let mut looked: Vec<Uuid> = counting.looked().iter().map(|due| due.subject).collect();
    looked.sort_unstable();
    bookings.sort_unstable();
    assert_eq!(looked, bookings);
    assert_eq!(deadlines(&till).await, 0);
}

#[actix_web::test]
async fn a_fact_that_comes_while_a_node_acts_is_acted_upon_next() {
    let till = Till::start().await;
    let (buyer, booking) = held(&till).await;
    let counting = Counting::new(0);
    let run = till.run(&till.app, vec![counting.clone()]);
    counting.looked_times(1).await;
    let path = format!("/api/v1/bookings/{booking}/extension");
    let extended = till.app.post(&path).by(buyer).send().await;
    assert_eq!(extended.status, StatusCode::OK, "{}", extended.body);
    let head = till.facts().await.last().unwrap().position.get();
    eventually("the fact is read", SOON, || async {
        let position = sqlx::query("select position from process_positions where process = 'counting'");
        let row = position.fetch_one(&till.database.writer).await.unwrap();
        row.get::<i64, _>(0) == head
    })
    .await;
    sleep(LOOKED).await;
    assert_eq!(counting.looked().len(), 1, "one at a time");

    counting.leave.add_permits(1);
    counting.looked_times(2).await;
    counting.leave.add_permits(1);
    eventually("nothing is left", SOON, || async { deadlines(&till).await == 0 }).await;
    run.stop().await;
    let facts = till.facts().await;
    let causes: Vec<&str> = counting
        .looked()
        .iter()
        .map(|due| {
            let fact = facts.iter().find(|fact| fact.position == due.cause).unwrap();
            fact.event_type.as_str()
        })
        .collect();
    assert_eq!(causes, ["BookingPlaced", "BookingExtended"]);
}

#[actix_web::test]
async fn what_a_node_that_died_had_claimed_another_one_does_once_the_claim_has_run_out() {
    let till = Till::start().await;
    let (_, booking) = held(&till).await;
    let (dies, lives) = (Counting::hanging(), Counting::new(1_000));
    let _dead = till.run(&till.app, vec![dies.clone()]);
    dies.looked_times(1).await;
    let other = till.node();
    let run = till.run(&other, vec![lives.clone()]);
    sleep(LOOKED).await;
    assert!(lives.looked().is_empty(), "it is claimed");
    sqlx::query("update deadlines set claimed_until = now() - interval '1 second'")
        .execute(&till.database.writer)
        .await
        .unwrap();
    eventually("it is done", SOON, || async { deadlines(&till).await == 0 }).await;
    run.stop().await;
    let looked: Vec<String> = lives.looked().iter().map(|due| due.subject.to_string()).collect();
    assert_eq!(looked, [booking], "once, by the node that lives");
}
