//! What guessing costs, and that it costs other clients little.

use actix_web::FromRequest;
use actix_web::test::TestRequest;
use edge::request::{Clients, RequestContext};

use super::*;
use crate::email::{Email, EmailDigests};

const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;
const ANN: &str = "ann@example.org";

fn digest(address: &str) -> EmailDigest {
    EmailDigests::new(b"a secret of thirty-two octets!!!").of(&Email::parse(address).unwrap())
}

fn client(host: u8) -> Client {
    let request = TestRequest::default()
        .peer_addr(([192, 0, 2, host], 1).into())
        .app_data(Clients::new(b"a secret of thirty-two octets!!!", Vec::new()))
        .to_http_request();
    let context = RequestContext::extract(&request).into_inner().unwrap();
    assert!(context.client.is_some());
    context.client
}

fn mallory() -> Client {
    client(66)
}

fn phone() -> Client {
    client(1)
}

#[test]
fn security_5_the_delay_doubles_after_the_free_failures_and_ends_growing() {
    let delay = LoginDelay::default();
    let key = Key::ClientAtAddress(mallory(), digest(ANN));
    let waits: Vec<u128> = (0..12).map(|_| delay.count(NOW, key).as_millis()).collect();
    assert_eq!(
        waits,
        [0, 0, 0, 250, 500, 1000, 2000, 4000, 8000, 8000, 8000, 8000]
    );
}

#[test]
fn security_5_an_attacker_can_make_the_owner_wait_two_seconds_at_most() {
    let delay = LoginDelay::default();
    for _ in 0..100_000 {
        delay.count(NOW, Key::Address(digest(ANN)));
    }
    let address = delay.count(NOW, Key::Address(digest(ANN)));
    let pair = delay.count(NOW, Key::ClientAtAddress(phone(), digest(ANN)));
    assert_eq!(address.max(pair), Duration::from_secs(2));
}

#[test]
fn security_5_one_password_tried_on_many_addresses_is_slowed_by_client() {
    let delay = LoginDelay::default();
    let waits = (0..40).map(|_| delay.count(NOW, Key::Client(mallory()))).max();
    assert_eq!(waits, Some(Duration::from_secs(8)));
    assert_eq!(delay.count(NOW, Key::Client(phone())), Duration::ZERO);
}

#[test]
fn a_quarter_of_an_hour_without_failures_is_forgotten() {
    let delay = LoginDelay::default();
    let key = Key::ClientAtAddress(mallory(), digest(ANN));
    for _ in 0..10 {
        delay.count(NOW, key);
    }
    assert!(delay.count(NOW + TimeDelta::minutes(14), key) > Duration::ZERO);
    assert_eq!(delay.count(NOW + TimeDelta::minutes(29), key), Duration::ZERO);
}

#[test]
fn what_is_remembered_is_bounded_and_the_active_stay() {
    let delay = LoginDelay::default();
    for n in 0..REMEMBERED_MAX + 10 {
        delay.count(NOW, Key::Address(digest(&format!("a{n}@example.org"))));
        delay.count(NOW, Key::Client(mallory()));
    }
    assert_eq!(delay.tallies().len(), REMEMBERED_MAX);
    assert_eq!(delay.count(NOW, Key::Client(mallory())), CLIENT.longest);
}

#[tokio::test]
async fn success_forgets_this_clients_mistakes_at_this_address_only() {
    let delay = Arc::new(LoginDelay::default());
    for _ in 0..3 {
        drop(delay.login(NOW, digest(ANN), phone()).await.unwrap());
    }
    delay.login(NOW, digest(ANN), phone()).await.unwrap().succeeded();
    assert_eq!(
        delay.count(NOW, Key::ClientAtAddress(phone(), digest(ANN))),
        Duration::ZERO
    );
    assert_eq!(
        delay.tallies().peek(&Key::Address(digest(ANN))).unwrap().failures,
        3
    );
    assert_eq!(delay.tallies().peek(&Key::Client(phone())).unwrap().failures, 3);
}

#[tokio::test]
async fn what_was_never_tried_does_not_count() {
    let delay = Arc::new(LoginDelay::default());
    for _ in 0..10 {
        delay.login(NOW, digest(ANN), None).await.unwrap().forgive();
    }
    assert_eq!(
        delay.count(NOW, Key::ClientAtAddress(None, digest(ANN))),
        Duration::ZERO
    );
}

#[tokio::test]
async fn security_5_attempts_made_all_at_once_wait_in_few_places_and_the_rest_come_back() {
    let delay = Arc::new(LoginDelay::default());
    for _ in 0..3 {
        drop(delay.login(NOW, digest(ANN), mallory()).await.unwrap());
    }
    let pair = Key::ClientAtAddress(mallory(), digest(ANN));
    let all: Vec<_> = (0..10)
        .map(|_| {
            let delay = Arc::clone(&delay);
            tokio::spawn(async move { delay.login(NOW, digest(ANN), mallory()).await.err() })
        })
        .collect();
    while delay.tallies().peek(&pair).unwrap().waiting < WAITING_MAX {
        tokio::task::yield_now().await;
    }
    let another = delay.login(NOW, digest(ANN), phone()).await;
    assert!(another.is_ok(), "another client does not wait for them");
    let (mut turned_away, mut waiting) = (0, Vec::new());
    for attempt in all {
        if attempt.is_finished() {
            let refusal = attempt.await.unwrap();
            assert!(matches!(
                refusal,
                Some(TooManyAttempts {
                    retry_after_seconds: 1..
                })
            ));
            turned_away += 1;
        } else {
            waiting.push(attempt);
        }
    }
    assert_eq!((turned_away, waiting.len()), (6, 4));
    for attempt in &waiting {
        attempt.abort();
    }
    for attempt in waiting {
        assert!(attempt.await.unwrap_err().is_cancelled());
    }
    assert_eq!(
        delay.tallies().peek(&pair).unwrap().waiting,
        0,
        "a client that leaves gives the place back"
    );
}
