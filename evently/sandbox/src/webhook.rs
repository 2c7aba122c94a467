//! Webhooks: every entry is posted to one address, signed by Standard Webhooks (standardwebhooks.com, 1.0).

use std::io;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::hmac;
use backon::{ExponentialBuilder, Retryable};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::CONTENT_TYPE;
use reqwest::redirect::Policy;
use reqwest::{Client, Url};
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::{Webhook, invalid};
use crate::entry::{Entry, Kind, now};
use crate::method::Conduct;

/// Entries under way at once, those that wait for their next attempt included: bounds memory while the receiver is away.
/// More are dropped; the journal has them.
const UNDER_WAY_MAX: usize = 10_000;
/// Requests to the receiver at once: enough to keep one busy, not enough to overrun it.
const REQUESTS_AT_ONCE: usize = 32;
/// How long the receiver may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// Pauses between attempts to send one message: the last attempt comes about two minutes after the first.
const PAUSES: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_millis(500))
    .without_max_delay()
    .with_max_times(8);
/// Bytes of a secret, by the standard.
const SECRET_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

pub(crate) struct Webhooks {
    client: Client,
    url: Url,
    key: hmac::Key,
    under_way: Arc<Semaphore>,
    requests: Semaphore,
    tasks: TaskTracker,
    stop: CancellationToken,
}

/// One message, however often it is sent.
#[derive(Clone)]
struct Message {
    id: String,
    body: String,
}

impl Message {
    fn new(entry: &Entry, object: &Value, suffix: &str) -> Self {
        let (operation, status) = entry.kind.parts();
        let kind = format!("{}.{status}", operation.as_str());
        Self {
            id: format!("msg_{}_{}{suffix}", entry.id, entry.sequence),
            body: json!({ "type": kind, "timestamp": entry.at, "data": object }).to_string(),
        }
    }
}

impl Webhooks {
    /// Webhooks as `webhook` says, sent among `tasks` until `stop`.
    pub(crate) fn new(webhook: &Webhook, tasks: TaskTracker, stop: CancellationToken) -> io::Result<Self> {
        let url =
            Url::parse(&webhook.url).map_err(|error| invalid(&format!("the webhook's url: {error}")))?;
        if url.scheme() != "http" {
            return Err(invalid("the webhook's url: the sandbox sends over http only"));
        }
        let text = webhook.secret.strip_prefix("whsec_");
        let secret = text.and_then(|text| STANDARD.decode(text).ok());
        let secret = secret
            .filter(|secret| SECRET_BYTES.contains(&secret.len()))
            .ok_or_else(|| invalid("the webhook's secret is whsec_ and 24 to 64 bytes in Base64"))?;
        let client = Client::builder()
            .timeout(ANSWER_WITHIN)
            .redirect(Policy::none())
            .no_proxy()
            .build();
        Ok(Self {
            client: client.map_err(io::Error::other)?,
            url,
            key: hmac::Key::new(hmac::HMAC_SHA256, &secret),
            under_way: Arc::new(Semaphore::new(UNDER_WAY_MAX)),
            requests: Semaphore::new(REQUESTS_AT_ONCE),
            tasks,
            stop,
        })
    }

    /// Sends what `entry` made of a charge or refund, in a task of its own.
    pub(crate) fn send(self: &Arc<Self>, entry: &Entry, object: &Value, conduct: Conduct) {
        let Ok(room) = Arc::clone(&self.under_way).try_acquire_owned() else {
            tracing::warn!(
                sequence = entry.sequence,
                "too many webhooks under way; one is dropped"
            );
            return;
        };
        let first = Message::new(entry, object, "");
        let mut messages = vec![first.clone()];
        if conduct == Conduct::NotifiedTwice {
            messages.push(first);
        } else if conduct == Conduct::NotifiedStale {
            let kind = Kind::ChargePending;
            let stale = Entry {
                kind,
                ..entry.clone()
            };
            messages.push(Message::new(&stale, &stale.object(stale.at), "_stale"));
        }
        let webhooks = Arc::clone(self);
        let deliveries = async move {
            for message in &messages {
                webhooks.deliver(message).await;
            }
            drop(room);
        };
        let stop = self.stop.clone();
        self.tasks
            .spawn(async move { stop.run_until_cancelled(deliveries).await });
    }

    /// Sends `message` until the receiver takes it, or for the last time.
    async fn deliver(&self, message: &Message) {
        let not_taken = |error: &String, _| tracing::debug!(error, id = message.id, "webhook not taken");
        let sent = (|| self.post(message)).retry(PAUSES).notify(not_taken);
        if sent.await.is_err() {
            tracing::warn!(id = message.id, "webhook given up");
        }
    }

    async fn post(&self, Message { id, body }: &Message) -> Result<(), String> {
        let _turn = self.requests.acquire().await.map_err(|error| error.to_string())?;
        let timestamp = now().timestamp();
        let signature = hmac::sign(&self.key, format!("{id}.{timestamp}.{body}").as_bytes());
        let request = self
            .client
            .post(self.url.clone())
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", format!("v1,{}", STANDARD.encode(signature)))
            .body(body.clone());
        let answer = request.send().await.map_err(|error| error.to_string())?;
        match answer.status() {
            status if status.is_success() => Ok(()),
            status => Err(status.to_string()),
        }
    }
}
