//! A receiver of webhooks that checks their signatures by hand and answers as the test demands.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::web::{Bytes, Data};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sandbox::Webhook;
use serde_json::Value;
use tokio::time::Instant;

/// The 32 bytes that the secret is made of.
const SECRET: &[u8; 32] = b"0123456789abcdef0123456789abcdef";

#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) id: String,
    pub(crate) timestamp: i64,
    pub(crate) body: Value,
    pub(crate) at: Instant,
}

#[derive(Default)]
struct Inbox {
    received: Vec<Received>,
    /// Statuses of the next answers; then 204.
    statuses: VecDeque<u16>,
}

pub(crate) struct Receiver {
    pub(crate) webhook: Webhook,
    inbox: Arc<Mutex<Inbox>>,
}

impl Receiver {
    /// A receiver that answers with `statuses`, one after the other, and then takes everything.
    pub(crate) fn answering(statuses: impl IntoIterator<Item = u16>) -> Self {
        let inbox = Arc::new(Mutex::new(Inbox {
            received: Vec::new(),
            statuses: statuses.into_iter().collect(),
        }));
        let shared = Data::from(Arc::clone(&inbox));
        let server = HttpServer::new(move || {
            App::new()
                .app_data(shared.clone())
                .route("/hook", web::post().to(take))
        })
        .workers(1)
        .disable_signals()
        .bind("127.0.0.1:0")
        .unwrap();
        let url = format!("http://{}/hook", server.addrs()[0]);
        tokio::spawn(server.run());
        let secret = format!("whsec_{}", STANDARD.encode(SECRET));
        Self {
            webhook: Webhook { url, secret },
            inbox,
        }
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.inbox.lock().unwrap().received.clone()
    }

    /// Waits for `number` webhooks; fails where there are more.
    pub(crate) async fn receives(&self, number: usize) -> Vec<Received> {
        let deadline = Instant::now() + Duration::from_secs(10);
        while self.received().len() < number {
            assert!(Instant::now() < deadline, "only {:?}", self.received());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        let received = self.received();
        assert_eq!(received.len(), number, "{received:?}");
        received
    }
}

async fn take(request: HttpRequest, body: Bytes, inbox: Data<Mutex<Inbox>>) -> HttpResponse {
    let header = |name: &str| request.headers().get(name).unwrap().to_str().unwrap().to_owned();
    let (id, timestamp) = (header("webhook-id"), header("webhook-timestamp"));
    let signed = [id.as_bytes(), b".", timestamp.as_bytes(), b".", &body].concat();
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, SECRET), &signed);
    assert_eq!(
        header("webhook-signature"),
        format!("v1,{}", STANDARD.encode(tag))
    );
    assert_eq!(header("content-type"), "application/json");
    let mut inbox = inbox.lock().unwrap();
    inbox.received.push(Received {
        id,
        timestamp: timestamp.parse().unwrap(),
        body: serde_json::from_slice(&body).unwrap(),
        at: Instant::now(),
    });
    let status = inbox.statuses.pop_front().unwrap_or(204);
    HttpResponse::build(status.try_into().unwrap()).finish()
}
