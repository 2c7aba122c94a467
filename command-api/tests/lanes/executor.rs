//! Commands on Accounts, which have no lane: races, lost answers, and what is left of them in the log.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::account::{Account, AccountCommand, AccountFact, AccountRefusal, Role, Sealed};
use domain::ids::AccountId;
use event_store::clock::Clock;
use event_store::{RecordedFact, Sequence};
use futures::future::join_all;
use futures::join;
use lanes::{Cause, CommandError, Done};
use uuid::Uuid;

use crate::answers::{BehindProxy, kill};
use crate::sale::{Node, Sale};

type Carried = Result<Done<Account>, CommandError<AccountRefusal>>;

const ANN: AccountId = AccountId::new(Uuid::from_u128(7));

async fn execute(node: &Node, command: impl Fn(DateTime<Utc>) -> AccountCommand) -> Carried {
    let cause = Cause::system("test", Uuid::new_v4());
    node.api.accounts.execute(ANN, command, &cause).await
}

async fn register(node: &Node, personal: &str) -> Carried {
    let personal = Sealed(personal.to_owned());
    execute(node, |at| AccountCommand::Register {
        personal: personal.clone(),
        role: Role::User,
        at,
    })
    .await
}

async fn grant(node: &Node, role: Role) -> Carried {
    execute(node, |at| AccountCommand::GrantRole { role, at }).await
}

async fn story(sale: &Sale) -> Vec<RecordedFact> {
    let facts = sale.facts().await.into_iter();
    facts
        .filter(|fact| fact.of::<Account>().unwrap().is_some())
        .collect()
}

#[tokio::test]
async fn a_command_answers_with_state_version_and_position() {
    let sale = Sale::open().await;
    let node = sale.node();
    let registered = register(&node, "ann").await.unwrap();
    assert_eq!(registered.state.role(), Some(Role::User));
    assert_eq!(
        (registered.sequence, registered.changed),
        (Sequence::new(1), true)
    );
    let granted = grant(&node, Role::Auditor).await.unwrap();
    assert_eq!(granted.state.role(), Some(Role::Auditor));
    let facts = story(&sale).await;
    for (done, fact) in [registered, granted.clone()].iter().zip(&facts) {
        assert_eq!((done.sequence, done.position), (fact.sequence, fact.position));
    }
    assert_eq!(facts[1].metadata().unwrap().actor, "test");

    let again = grant(&node, Role::Auditor).await.unwrap();
    assert_eq!(
        (again.sequence, again.position, again.changed),
        (granted.sequence, granted.position, false)
    );
    let refused = register(&node, "bob").await.unwrap_err();
    assert_eq!(refused, CommandError::Refused(AccountRefusal::AlreadyRegistered));
    assert_eq!(story(&sale).await.len(), 2);
}

#[tokio::test]
async fn of_two_that_race_one_decides_again_upon_what_the_other_wrote() {
    let sale = Sale::open().await;
    let nodes = [sale.node(), sale.node()];
    let log = sale.hold_log().await;
    let racing = join_all(
        nodes
            .iter()
            .zip(["ann", "bob"])
            .map(|(node, name)| register(node, name)),
    );
    let starting = async {
        sale.appends_wait(2).await; // both have decided upon an empty stream
        log.rollback().await.unwrap();
    };
    let (answers, ()) = join!(racing, starting);
    let lost = CommandError::Refused(AccountRefusal::AlreadyRegistered);
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    assert!(answers.iter().any(|answer| answer.as_ref().err() == Some(&lost)));
    assert_eq!(story(&sale).await.len(), 1);
}

#[tokio::test]
async fn the_loser_of_a_race_retries_and_both_changes_stand() {
    let sale = Sale::open().await;
    let nodes = [sale.node(), sale.node()];
    register(&nodes[0], "ann").await.unwrap();
    let log = sale.hold_log().await;
    let roles = [Role::Organizer, Role::Admin];
    let racing = join_all(nodes.iter().zip(roles).map(|(node, role)| grant(node, role)));
    let starting = async {
        sale.appends_wait(2).await;
        log.rollback().await.unwrap();
    };
    let (answers, ()) = join!(racing, starting);
    let mut sequences: Vec<_> = answers
        .into_iter()
        .map(|answer| answer.unwrap().sequence.get())
        .collect();
    sequences.sort_unstable();
    assert_eq!(sequences, [2, 3]);
    assert_eq!(story(&sale).await.len(), 3);
}

#[tokio::test]
async fn a_registration_whose_answer_was_lost_is_found_and_not_decided_again() {
    let sale = Sale::open().await;
    let behind = BehindProxy::of(&sale).await;
    behind.node.place(1, &[1]).await.unwrap();
    behind.lose_the_next_answer().await;
    let decided = AtomicU32::new(0);
    // Decided twice, it would meet its own fact and be refused.
    let registered = execute(&behind.node, |at| AccountCommand::Register {
        personal: Sealed(decided.fetch_add(1, Ordering::Relaxed).to_string()),
        role: Role::User,
        at,
    })
    .await
    .unwrap();
    assert_eq!(decided.into_inner(), 1);
    let facts = story(&sale).await;
    assert_eq!(facts.len(), 1);
    assert_eq!(
        (registered.position, registered.changed),
        (facts[0].position, true)
    );
}

#[tokio::test]
async fn an_append_that_died_before_its_commit_is_tried_again() {
    let sale = Sale::open().await;
    let node = sale.node();
    let log = sale.hold_log().await;
    let killing = async {
        sale.appends_wait(1).await;
        assert_eq!(kill(&sale, "wait_event_type = 'Lock'").await, 1);
        sale.appends_wait(1).await; // the next attempt
        log.rollback().await.unwrap();
    };
    let (registered, ()) = join!(register(&node, "ann"), killing);
    assert_eq!(registered.unwrap().sequence, Sequence::new(1));
    assert_eq!(story(&sale).await.len(), 1);
}

#[tokio::test]
async fn with_a_log_that_is_away_nothing_is_promised() {
    let sale = Sale::open().await;
    let node = sale.node();
    sale.database.writer.close().await;
    assert_eq!(
        register(&node, "ann").await.unwrap_err(),
        CommandError::Unavailable
    );
}

#[tokio::test]
async fn time_does_not_run_backwards_on_a_node_whose_clock_is_behind() {
    let sale = Sale::open().await;
    let behind = Clock::manual(sale.clock.now() - Duration::from_mins(5));
    register(&sale.node(), "ann").await.unwrap();
    grant(&sale.node_at(behind), Role::Admin).await.unwrap();
    let facts = story(&sale).await;
    let times = facts.iter().map(|fact| match fact.of::<Account>().unwrap() {
        Some(AccountFact::AccountRegistered { at, .. } | AccountFact::RoleGranted { at, .. }) => *at,
        None => unreachable!(),
    });
    assert!(times.is_sorted());
}
