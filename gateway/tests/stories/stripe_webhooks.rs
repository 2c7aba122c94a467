//! Webhooks as a server that imitates Stripe sends them, really signed, over a real connection.

use std::time::Duration;

use gateway::{Gateway, News, NoticeRefusal};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::time::timeout;

use crate::localstripe::{APPROVED, DECLINED_WHEN_CHARGED, Localstripe, WEBHOOK_SECRET};
use crate::orders::{charge, declined, now};

/// localstripe waits a second before it sends.
const DELIVERED_WITHIN: Duration = Duration::from_secs(10);

/// One request as it came: its headers by lower-case names, and its body.
struct Delivery {
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Delivery {
    fn headers(&self) -> Vec<(&str, &str)> {
        self.headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect()
    }
}

/// Takes one request and answers 200.
async fn receive(listener: &TcpListener) -> Delivery {
    let (mut stream, _) = timeout(DELIVERED_WITHIN, listener.accept())
        .await
        .expect("a webhook comes")
        .unwrap();
    let mut received = Vec::new();
    let end = loop {
        let mut part = [0; 4_096];
        let octets = stream.read(&mut part).await.unwrap();
        assert!(octets > 0, "the request ends early");
        received.extend_from_slice(&part[..octets]);
        if let Some(end) = received.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
    };
    let head = String::from_utf8(received[..end].to_vec()).unwrap();
    let headers: Vec<(String, String)> = head
        .lines()
        .skip(1)
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length = headers
        .iter()
        .find(|(name, _)| name == "content-length")
        .unwrap()
        .1
        .parse()
        .unwrap();
    let mut body = received.split_off(end + 4);
    while body.len() < length {
        let mut part = [0; 4_096];
        let octets = stream.read(&mut part).await.unwrap();
        assert!(octets > 0, "the request ends early");
        body.extend_from_slice(&part[..octets]);
    }
    let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    stream.write_all(answer).await.unwrap();
    Delivery { headers, body }
}

async fn subscribed(server: &Localstripe, secret: &str) -> TcpListener {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    server
        .post("/_config/webhooks/stories", &[("url", &url), ("secret", secret)])
        .await;
    listener
}

#[tokio::test]
async fn a_capture_is_told_by_a_webhook_that_is_genuine_and_known_again() {
    let server = Localstripe::start().await;
    let stripe = server.stripe();
    let listener = subscribed(&server, WEBHOOK_SECRET).await;
    let charge = charge(12_000, server.token(APPROVED).await);
    let outcome = stripe.charge(&charge).await.unwrap();

    let delivery = receive(&listener).await;
    let headers = delivery.headers();
    let read = |body: &[u8], at| stripe.notice(&headers.as_slice(), body, at);
    let notice = read(&delivery.body, now()).unwrap().unwrap();
    assert_eq!(
        notice.news,
        News::Charge {
            booking: charge.booking,
            payment: charge.payment,
            outcome
        }
    );
    assert!(notice.id.as_str().starts_with("evt_"), "{}", notice.id);

    let replayed = read(&delivery.body, now()).unwrap().unwrap();
    assert_eq!(replayed.id, notice.id);
    let later = now() + chrono::Duration::minutes(10);
    assert_eq!(read(&delivery.body, later), Err(NoticeRefusal::Untimely));
    let mut forged = delivery.body.clone();
    forged.push(b' ');
    assert_eq!(read(&forged, now()), Err(NoticeRefusal::Forged));
}

#[tokio::test]
async fn a_decline_is_told_by_a_webhook() {
    let server = Localstripe::start().await;
    let stripe = server.stripe();
    let listener = subscribed(&server, WEBHOOK_SECRET).await;
    let charge = charge(500, server.token(DECLINED_WHEN_CHARGED).await);
    stripe.charge(&charge).await.unwrap();

    let delivery = receive(&listener).await;
    let notice = stripe
        .notice(&delivery.headers().as_slice(), &delivery.body, now())
        .unwrap()
        .unwrap();
    let News::Charge { payment, outcome, .. } = notice.news else {
        panic!("{notice:?}")
    };
    assert_eq!(payment, charge.payment);
    assert_eq!(declined(&outcome), "card_declined");
}

#[tokio::test]
async fn security_37_a_webhook_signed_with_another_secret_is_forged() {
    let server = Localstripe::start().await;
    let stripe = server.stripe();
    let listener = subscribed(&server, "whsec_somebody_elses").await;
    stripe
        .charge(&charge(500, server.token(APPROVED).await))
        .await
        .unwrap();

    let delivery = receive(&listener).await;
    let read = stripe.notice(&delivery.headers().as_slice(), &delivery.body, now());
    assert_eq!(read, Err(NoticeRefusal::Forged));
}
