//! Webhooks: every outcome is posted to one address, signed by Standard Webhooks (standardwebhooks.com, 1.0).

use std::io;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::CONTENT_TYPE;
use reqwest::redirect::Policy;
use reqwest::{Client, Url};
use serde_json::json;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::book::Recorded;
use crate::charge::ChargeStatus;
use crate::clock;
use crate::config::{Webhook, invalid};
use crate::entry::{Entry, Kind};
use crate::method::Notice;

/// Outcomes that are being told at once, those that wait for their next attempt included: bounds memory while the
/// receiver is away. More are forgotten; whoever reads the journal finds them.
const OUTCOMES_UNDER_WAY_MAX: usize = 10_000;
/// Requests to the receiver at once: enough to keep one busy, not enough to overrun it.
const REQUESTS_AT_ONCE: usize = 32;
/// How long the receiver may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// How long the first retry waits; each further one waits twice as long as the one before.
const RETRY_AFTER: Duration = Duration::from_millis(500);
/// Retries of one notice: the last comes about two minutes after the first attempt.
const RETRIES_MAX: u32 = 8;
/// Bytes of a secret, by the standard.
const SECRET_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// Tells the receiver. Clones share their limits.
#[derive(Clone)]
pub(crate) struct Webhooks {
    receiver: Arc<Receiver>,
    under_way: Arc<Semaphore>,
    tasks: TaskTracker,
    stop: CancellationToken,
    runtime: Handle,
}

struct Receiver {
    client: Client,
    url: Url,
    key: hmac::Key,
    requests: Semaphore,
}

/// One message, however often it is sent.
struct Message {
    id: String,
    body: String,
}

impl Webhooks {
    /// Webhooks to where `webhook` says, sent by `runtime` among `tasks` until `stop`.
    pub(crate) fn new(
        webhook: &Webhook,
        tasks: TaskTracker,
        stop: CancellationToken,
        runtime: Handle,
    ) -> io::Result<Self> {
        let client = Client::builder()
            .timeout(ANSWER_WITHIN)
            .redirect(Policy::none())
            .no_proxy()
            .build()
            .map_err(io::Error::other)?;
        let receiver = Receiver {
            client,
            url: url(&webhook.url)?,
            key: key(&webhook.secret)?,
            requests: Semaphore::new(REQUESTS_AT_ONCE),
        };
        Ok(Self {
            receiver: Arc::new(receiver),
            under_way: Arc::new(Semaphore::new(OUTCOMES_UNDER_WAY_MAX)),
            tasks,
            stop,
            runtime,
        })
    }

    /// Tells what came of a request, beside everything else.
    pub(crate) fn tell(&self, entry: Arc<Entry>, recorded: Recorded, notice: Notice) {
        let Ok(room) = Arc::clone(&self.under_way).try_acquire_owned() else {
            tracing::warn!(
                sequence = entry.sequence,
                "too many webhooks under way; one is forgotten"
            );
            return;
        };
        let (receiver, stop) = (Arc::clone(&self.receiver), self.stop.clone());
        let told = async move {
            let telling = receiver.tell(&entry, recorded, notice, room);
            stop.run_until_cancelled(telling).await;
        };
        self.tasks.spawn_on(told, &self.runtime);
    }
}

impl Receiver {
    async fn tell(&self, entry: &Entry, recorded: Recorded, notice: Notice, _room: OwnedSemaphorePermit) {
        let message = Message::new(entry, entry.outcome.kind, &recorded, "");
        self.deliver(&message).await;
        match notice {
            Notice::Once => {}
            Notice::Twice => self.deliver(&message).await,
            Notice::ThenStale => {
                let stale = Message::new(entry, Kind::ChargePending, &stale(recorded), "_stale");
                self.deliver(&stale).await;
            }
        }
    }

    /// Sends `message` until it is taken, or until there was no use in it.
    async fn deliver(&self, message: &Message) {
        for retry in 0..=RETRIES_MAX {
            match self.send(message).await {
                Ok(()) => return,
                Err(error) => tracing::debug!(error, id = message.id, retry, "webhook not taken"),
            }
            if retry < RETRIES_MAX {
                tokio::time::sleep(RETRY_AFTER.saturating_mul(1 << retry)).await;
            }
        }
        tracing::warn!(id = message.id, "webhook given up");
    }

    async fn send(&self, message: &Message) -> Result<(), String> {
        let _turn = self.requests.acquire().await.map_err(|error| error.to_string())?;
        let timestamp = clock::now().timestamp();
        let request = self
            .client
            .post(self.url.clone())
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", &message.id)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", self.signature(message, timestamp))
            .body(message.body.clone());
        let answer = request.send().await.map_err(|error| error.to_string())?;
        let status = answer.status();
        status
            .is_success()
            .then_some(())
            .ok_or_else(|| status.to_string())
    }

    fn signature(&self, message: &Message, timestamp: i64) -> String {
        let signed = format!("{}.{timestamp}.{}", message.id, message.body);
        format!("v1,{}", STANDARD.encode(hmac::sign(&self.key, signed.as_bytes())))
    }
}

impl Message {
    fn new(entry: &Entry, kind: Kind, recorded: &Recorded, suffix: &str) -> Self {
        let body = json!({ "type": kind.notice(), "timestamp": entry.at, "data": recorded });
        Self {
            id: format!("msg_{}_{}{suffix}", entry.outcome.id, entry.sequence),
            body: body.to_string(),
        }
    }
}

/// The charge as it was before it was captured.
fn stale(recorded: Recorded) -> Recorded {
    match recorded {
        Recorded::Charge(mut charge) => {
            charge.status = ChargeStatus::Pending;
            Recorded::Charge(charge)
        }
        refund @ Recorded::Refund(_) => refund,
    }
}

fn url(text: &str) -> io::Result<Url> {
    let url = Url::parse(text).map_err(|error| invalid(&format!("the webhook's url: {error}")))?;
    match url.scheme() {
        "http" => Ok(url),
        _ => Err(invalid("the webhook's url: the sandbox sends over http only")),
    }
}

fn key(secret: &str) -> io::Result<hmac::Key> {
    let bytes = secret
        .strip_prefix("whsec_")
        .and_then(|text| STANDARD.decode(text).ok());
    match bytes {
        Some(bytes) if SECRET_BYTES.contains(&bytes.len()) => Ok(hmac::Key::new(hmac::HMAC_SHA256, &bytes)),
        _ => Err(invalid(
            "the webhook's secret is whsec_ and 24 to 64 bytes in Base64",
        )),
    }
}
