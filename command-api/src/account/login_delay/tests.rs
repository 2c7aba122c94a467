//! What guessing costs, and that it costs nobody else much.

use super::*;
use crate::account::email::{Email, EmailDigests};

const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;

fn digest(address: &str) -> EmailDigest {
    EmailDigests::new(b"a secret of thirty-two octets!!!").of(&Email::parse(address).unwrap())
}

fn at_address(client: &str, address: &str) -> Key {
    Key::ClientAtAddress(client.into(), digest(address))
}

#[test]
fn security_5_the_delay_doubles_after_the_free_failures_and_ends_growing() {
    let delay = LoginDelay::default();
    let key = at_address("mallory", "ann@example.org");
    let waits: Vec<u128> = (0..12).map(|_| delay.count(NOW, &key).as_millis()).collect();
    assert_eq!(waits, [0, 0, 0, 250, 500, 1000, 2000, 4000, 8000, 8000, 8000, 8000]);
}

#[test]
fn security_5_an_attacker_can_make_the_owner_wait_two_seconds_at_most() {
    let delay = LoginDelay::default();
    for _ in 0..1_000_000 {
        delay.count(NOW, &Key::Address(digest("ann@example.org")));
    }
    let address = delay.count(NOW, &Key::Address(digest("ann@example.org")));
    let pair = delay.count(NOW, &at_address("ann's phone", "ann@example.org"));
    assert_eq!(address.max(pair), Duration::from_secs(2));
}

#[test]
fn one_password_tried_on_many_addresses_is_slowed_by_client() {
    let delay = LoginDelay::default();
    let waits = (0..40).map(|_| delay.count(NOW, &Key::Client("mallory".into()))).max();
    assert_eq!(waits, Some(Duration::from_secs(8)));
    assert_eq!(delay.count(NOW, &Key::Client("ann".into())), Duration::ZERO);
}

#[test]
fn a_quarter_of_an_hour_without_failures_is_forgotten() {
    let delay = LoginDelay::default();
    let key = at_address("mallory", "ann@example.org");
    for _ in 0..10 {
        delay.count(NOW, &key);
    }
    assert!(delay.count(NOW + TimeDelta::minutes(14), &key) > Duration::ZERO);
    assert_eq!(delay.count(NOW + TimeDelta::minutes(29), &key), Duration::ZERO);
}

#[test]
fn what_is_remembered_is_bounded_and_the_active_stay() {
    let delay = LoginDelay::default();
    let mallory = Key::Client("mallory".into());
    for n in 0..REMEMBERED_MAX + 10 {
        delay.count(NOW, &Key::Client(n.to_string().into()));
        delay.count(NOW, &mallory);
    }
    assert_eq!(delay.tallies().len(), REMEMBERED_MAX);
    assert_eq!(delay.count(NOW, &mallory), CLIENT.longest);
}

#[tokio::test]
async fn success_forgets_this_clients_mistakes_at_this_address_only() {
    let delay = Arc::new(LoginDelay::default());
    let ann = digest("ann@example.org");
    for _ in 0..3 {
        drop(delay.login(NOW, ann, Some("phone")).await.unwrap());
    }
    delay.login(NOW, ann, Some("phone")).await.unwrap().succeeded();
    assert_eq!(delay.count(NOW, &at_address("phone", "ann@example.org")), Duration::ZERO);
    assert_eq!(delay.tallies().peek(&Key::Address(ann)).unwrap().failures, 3);
    assert_eq!(delay.tallies().peek(&Key::Client("phone".into())).unwrap().failures, 3);
}

#[tokio::test]
async fn what_was_never_tried_does_not_count() {
    let delay = Arc::new(LoginDelay::default());
    for _ in 0..10 {
        delay.login(NOW, digest("ann@example.org"), None).await.unwrap().forgive();
    }
    assert_eq!(delay.count(NOW, &at_address("", "ann@example.org")), Duration::ZERO);
}

#[tokio::test]
async fn attempts_made_all_at_once_wait_in_few_places_and_the_rest_come_back() {
    let delay = Arc::new(LoginDelay::default());
    let ann = digest("ann@example.org");
    for _ in 0..3 {
        drop(delay.login(NOW, ann, Some("mallory")).await.unwrap());
    }
    let attempts = (0..10).map(|_| delay.login(NOW, ann, Some("mallory")));
    let turned_away = async {
        let answers = futures::future::join_all(attempts);
        tokio::time::timeout(Duration::from_millis(100), answers).await
    };
    assert!(turned_away.await.is_err(), "four of them wait");
    assert_eq!(delay.tallies().peek(&at_address("mallory", "ann@example.org")).unwrap().waiting, 0);
    for _ in 0..WAITING_MAX {
        std::mem::forget(Place::take(&delay, NOW, &at_address("mallory", "ann@example.org")).unwrap());
    }
    let answer = delay.login(NOW, ann, Some("mallory")).await;
    assert!(matches!(answer, Err(TooManyAttempts { retry_after_seconds: 1.. })));
    drop(delay.login(NOW, ann, Some("ann's phone")).await.unwrap());
}
