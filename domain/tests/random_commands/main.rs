//! Long random sequences of commands, clock included, decided by the domain and by a naive model that knows the rules
//! and nothing of indices: they agree on every answer and on every booking and its money, and the invariants hold after every step.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    clippy::needless_for_each,
    reason = "all of this crate is a test, its model and its stage too"
)]

mod answer;
mod best_seats;
mod command;
mod ledger;
mod model;
mod money;
mod step;
mod theatre;

use std::collections::BTreeSet;

use domain::booking::Booking;
use domain::event::Event;
use proptest::prelude::*;
use proptest::strategy::ValueTree;

use crate::ledger::Ledger;
use crate::model::Model;
use crate::step::{Said, Step, Who, steps};
use crate::theatre::Theatre;

/// Single steps and stories of one test; a story has a dozen steps.
const STORIES_MAX: usize = 60;
/// Sequences of steps in which everything remarkable is seen at least once.
const SEQUENCES: usize = 60;

/// Ends of bookings and of money, and refusals, that the steps must reach.
const REMARKABLE: [&str; 34] = [
    "held",
    "paying",
    "sold",
    "cancelled",
    "refunded",
    "failed",
    "over",
    "a fee",
    "a part given back",
    "captured late",
    "a settled refund",
    "a refused refund",
    "a refund retried",
    "BelowTaken",
    "Cancelled",
    "Confirmed",
    "EventCancelled",
    "EventNotCancelled",
    "InFlight",
    "KeyReused",
    "NotCancellable",
    "NotConfirmed",
    "NotOnSale",
    "NothingToPay",
    "NotYours",
    "OverBuyerLimit",
    "PaymentInFlight",
    "PaymentRequired",
    "SeatsTaken",
    "SoldOut",
    "StartsInPast",
    "TooLate",
    "TooMany",
    "WrongAmount",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_domain_answers_as_the_rules_say_and_never_oversells(steps in steps(STORIES_MAX)) {
        run(&steps);
    }
}

/// A later, shorter window of free cancellation takes nothing from the buyers who were promised a longer one.
#[test]
fn a_second_reschedule_keeps_the_longer_promise() {
    run(&[
        Step::PlaceAny {
            key: 1,
            buyer: 1,
            section: 0,
            quantity: 2,
        },
        Step::Pay {
            key: 1,
            buyer: 1,
            attempt: 0,
            card: 0,
        },
        Step::Settle {
            key: 1,
            attempt: 9,
            said: Said::Captured,
        },
        Step::Reschedule {
            minutes: 1,
            free_hours: 1,
        },
        Step::Wait { seconds: 1 },
        Step::Reschedule {
            minutes: 1,
            free_hours: 0,
        },
        Step::CancelSeats {
            key: 1,
            by: Who::Buyer(1),
            picks: vec![0],
            cancellation: 0,
        },
    ]);
}

fn run(steps: &[Step]) {
    let mut theatre = Theatre::new();
    let mut model = Model::new();
    for step in steps {
        let answer = theatre.take(step);
        model.check(step, &answer);
    }
    model.check_holdings(&theatre.live_holdings());
    state_is_sound(&theatre.event);
    fold_equals_state(&theatre);
    stored_state_equals_state(&theatre.event);
}

fn state_is_sound(event: &Event) {
    assert_eq!(event.seats().violations(), Vec::<String>::new());
}

fn fold_equals_state(theatre: &Theatre) {
    let mut fold = Event::default();
    theatre.facts.iter().for_each(|fact| fold.evolve(fact));
    assert_eq!(fold, theatre.event);
    for (booking, facts) in theatre.bookings() {
        let mut fold = Booking::default();
        facts.iter().for_each(|fact| fold.evolve(fact));
        assert_eq!(&fold, booking);
        let stored = serde_json::to_string(booking).unwrap();
        assert_eq!(&serde_json::from_str::<Booking>(&stored).unwrap(), booking);
    }
}

/// A state that was stored halfway and the facts after it make the same Event as all facts.
fn stored_state_equals_state(event: &Event) {
    let stored = serde_json::to_string(event).unwrap();
    assert_eq!(&serde_json::from_str::<Event>(&stored).unwrap(), event);
}

/// Random steps are worth something only where they get somewhere.
#[test]
fn the_steps_reach_every_end_of_a_booking_and_of_its_money() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut seen = BTreeSet::new();
    for _ in 0..SEQUENCES {
        let steps = steps(STORIES_MAX).new_tree(&mut runner).unwrap().current();
        let mut theatre = Theatre::new();
        for step in &steps {
            let answer = theatre.take(step);
            seen.extend(answer.result.err().map(|refusal| first_word(&refusal).to_owned()));
            seen.extend(
                answer
                    .ledgers
                    .values()
                    .flat_map(Ledger::remarkable)
                    .map(str::to_owned),
            );
        }
    }
    let missing: Vec<&&str> = REMARKABLE.iter().filter(|what| !seen.contains(**what)).collect();
    assert!(missing.is_empty(), "never seen: {missing:?}; seen: {seen:?}");
}

fn first_word(text: &str) -> &str {
    text.split([' ', ',']).next().unwrap_or_default()
}

#[test]
fn a_state_stored_halfway_and_the_facts_after_it_make_the_same_event() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    for _ in 0..10 {
        let steps = steps(STORIES_MAX).new_tree(&mut runner).unwrap().current();
        let mut theatre = Theatre::new();
        steps.iter().for_each(|step| drop(theatre.take(step)));
        let (before, after) = theatre.facts.split_at(theatre.facts.len() / 2);
        let mut event = Event::default();
        before.iter().for_each(|fact| event.evolve(fact));
        let mut event: Event = serde_json::from_str(&serde_json::to_string(&event).unwrap()).unwrap();
        after.iter().for_each(|fact| event.evolve(fact));
        assert_eq!(event, theatre.event);
    }
}
