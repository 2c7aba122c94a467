//! A client of the program over HTTP; it retries with the same key where the outcome is unknown.

use std::time::Duration;

use edge::token::Role;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use crate::token;

/// Who hears nothing for this long asks again: longer than the answer to a payment waits for its outcome.
const PATIENCE: Duration = Duration::from_secs(8);

/// The pause before a retry where the answer names none.
const ASK_AGAIN: Duration = Duration::from_millis(100);

/// Who has asked for this long gives up: longer than the longest time for which a gateway is taken for broken.
const GIVES_UP_AFTER: Duration = Duration::from_secs(100);

/// A caller with an account.
#[derive(Clone, Debug)]
pub struct Buyer {
    client: Client,
    base: String,
    token: String,
}

/// What was answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// When to come back, where that was said.
    pub retry_after: Option<Duration>,
    /// The position of the log that the answer covers, where it names one.
    pub position: Option<i64>,
    /// The body; `null` where there was none.
    pub body: Value,
}

impl Answer {
    /// The id of what the answer is about.
    ///
    /// # Panics
    /// Where it names none.
    #[expect(clippy::expect_used, reason = "a test fails by panic")]
    pub fn id(&self) -> String {
        let id = self.body.get("id").and_then(Value::as_str);
        id.expect("an answer should name what it is about").to_owned()
    }

    /// The problem's slug; empty where it is none.
    pub fn problem(&self) -> &str {
        let kind = self.body.get("type").and_then(Value::as_str).unwrap_or_default();
        kind.rsplit('/').next().unwrap_or_default()
    }
}

impl Buyer {
    /// A caller with this account and role, at the program that listens at `address`.
    ///
    /// # Panics
    /// Where the system gives no HTTP client.
    #[expect(clippy::expect_used, reason = "a test fails by panic")]
    pub fn new(address: std::net::SocketAddr, account: Uuid, role: Role) -> Self {
        Self {
            client: Client::builder()
                .timeout(PATIENCE)
                .no_proxy()
                .build()
                .expect("a client should be made"),
            base: format!("http://{address}"),
            token: token(account, role),
        }
    }

    /// Another caller over the same connections.
    pub fn beside(&self, account: Uuid, role: Role) -> Self {
        Self {
            token: token(account, role),
            ..self.clone()
        }
    }

    /// Asks once, as this caller; `None` where no whole answer came.
    pub async fn ask(
        &self,
        method: Method,
        path: &str,
        key: Option<&str>,
        body: Option<&Value>,
    ) -> Option<Answer> {
        let key = key.map(|key| ("idempotency-key", key));
        self.send(method, path, key.as_slice(), body).await
    }

    /// Asks once, with these headers; `None` where no whole answer came.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&'static str, &str)],
        body: Option<&Value>,
    ) -> Option<Answer> {
        let mut request = self.request(method, path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await.ok()?;
        let status = answer.status().as_u16();
        let number = |name: &str| answer.headers().get(name)?.to_str().ok()?.parse::<u32>().ok();
        let retry_after = number("retry-after").map(|seconds| Duration::from_secs(seconds.into()));
        let position = number("evently-position").map(i64::from);
        let text = answer.text().await.ok()?;
        Some(Answer {
            status,
            retry_after,
            position,
            body: serde_json::from_str(&text).unwrap_or(Value::String(text)),
        })
    }

    /// Asks until there is an answer that is no 5xx, as a careful client does.
    ///
    /// # Panics
    /// Where that takes too long.
    pub async fn insist(
        &self,
        method: Method,
        path: &str,
        key: Option<&str>,
        body: Option<&Value>,
    ) -> Answer {
        let begun = Instant::now();
        loop {
            let answer = self.ask(method.clone(), path, key, body).await;
            let pause = match answer {
                Some(answer) if answer.status < 500 => return answer,
                Some(answer) => answer.retry_after,
                None => None,
            };
            assert!(
                begun.elapsed() < GIVES_UP_AFTER,
                "{method} {path} should be answered"
            );
            sleep(pause.unwrap_or(ASK_AGAIN)).await;
        }
    }

    /// Holds places, given as the body has them but for the event; the Booking.
    ///
    /// # Panics
    /// Where they cannot be had.
    pub async fn hold(&self, event: &str, places: &Value) -> String {
        let mut body = places.clone();
        if let Some(body) = body.as_object_mut() {
            body.insert("event_id".to_owned(), json!(event));
        }
        let held = self
            .insist(Method::POST, "/api/v1/bookings", Some("hold"), Some(&body))
            .await;
        assert_eq!(held.status, 201, "{held:?}");
        held.id()
    }

    /// Asks once to pay for `booking`; `None` where no answer came.
    pub async fn ask_to_pay(&self, booking: &str, key: &str, method: &str) -> Option<Answer> {
        let body = json!({"method": {"token": method}});
        self.ask(Method::POST, &payment(booking), Some(key), Some(&body))
            .await
    }

    /// Asks to pay for `booking` until it is known what came of it.
    ///
    /// # Panics
    /// Where that takes too long.
    pub async fn pay(&self, booking: &str, key: &str, method: &str) -> Answer {
        let begun = Instant::now();
        let body = json!({"method": {"token": method}});
        loop {
            let answer = self
                .insist(Method::POST, &payment(booking), Some(key), Some(&body))
                .await;
            if answer.status != 202 {
                return answer;
            }
            assert!(
                begun.elapsed() < GIVES_UP_AFTER,
                "{answer:?} should come to an end"
            );
            sleep(answer.retry_after.unwrap_or(ASK_AGAIN)).await;
        }
    }

    /// Gives the whole Booking back.
    ///
    /// # Panics
    /// Where that takes too long.
    pub async fn cancel(&self, booking: &str) -> Answer {
        self.insist(Method::DELETE, &format!("/api/v1/bookings/{booking}"), None, None)
            .await
    }

    /// Gives one seat of the Booking back.
    ///
    /// # Panics
    /// Where that takes too long.
    pub async fn cancel_seat(&self, booking: &str, seat: &str) -> Answer {
        let body = json!({"seat_ids": [seat]});
        let path = format!("/api/v1/bookings/{booking}/cancellation");
        self.insist(Method::POST, &path, Some("one-seat"), Some(&body))
            .await
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client
            .request(method, format!("{}{path}", self.base))
            .bearer_auth(&self.token)
    }
}

fn payment(booking: &str) -> String {
    format!("/api/v1/bookings/{booking}/payment")
}
