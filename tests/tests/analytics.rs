//! Analytics of random stories: what is answered equals what plain loops over all facts count, and the tables equal a
//! replay.

#[cfg(test)]
#[path = "analytics/books.rs"]
mod books;
#[cfg(test)]
#[path = "analytics/comparison.rs"]
mod comparison;
#[cfg(test)]
#[path = "analytics/dice.rs"]
mod dice;
#[cfg(test)]
#[path = "analytics/reports.rs"]
mod reports;
#[cfg(test)]
#[path = "analytics/story.rs"]
mod story;
#[cfg(test)]
#[path = "analytics/verbs.rs"]
mod verbs;

use std::collections::BTreeSet;

use books::{AMOUNTS, COUNTS};
use comparison::compared;

#[tokio::test]
async fn every_answer_is_what_the_facts_say() {
    let mut happened = BTreeSet::new();
    for seed in 1..=4 {
        happened.extend(compared(seed).await);
    }
    let all = COUNTS.into_iter().chain(AMOUNTS);
    assert_eq!(happened, all.collect(), "everything that is counted has happened");
}

#[tokio::test]
async fn every_answer_to_a_story_that_is_new_is_what_the_facts_say() {
    compared(uuid::Uuid::new_v4().as_u64_pair().0).await;
}
