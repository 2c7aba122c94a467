//! Webhooks as a server that imitates Stripe sends them, really signed, over a real connection.

use gateway::{Gateway, News, NoticeRefusal};
use tokio::net::TcpListener;

use crate::localstripe::{APPROVED, DECLINED_WHEN_CHARGED, Localstripe, WEBHOOK_SECRET};
use crate::orders::{charge, declined, now};
use crate::receiver::receive;

async fn subscribed(server: &Localstripe, secret: &str) -> TcpListener {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    server
        .post("/_config/webhooks/stories", &[("url", &url), ("secret", secret)])
        .await;
    listener
}

#[tokio::test]
async fn a_capture_comes_by_a_webhook_that_is_genuine() {
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
        notice,
        News::Charge {
            booking: charge.booking,
            payment: charge.payment,
            outcome
        }
    );
    let later = now() + chrono::Duration::minutes(10);
    assert_eq!(read(&delivery.body, later), Err(NoticeRefusal::Untimely));
    let mut forged = delivery.body.clone();
    forged.push(b' ');
    assert_eq!(read(&forged, now()), Err(NoticeRefusal::Forged));
}

#[tokio::test]
async fn a_decline_comes_by_a_webhook() {
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
    let News::Charge { payment, outcome, .. } = notice else {
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
