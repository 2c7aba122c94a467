//! HTTP to a gateway: one pool of connections, bounded answers, and what each failure means for the money.

use std::time::Duration;

use domain::text::with_causes;
use reqwest::{Client, Method, RequestBuilder, Response, Url, redirect};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;

use crate::error::{CallError, Rejected, Unknown};
use crate::settings::{GatewaySettings, SettingsRefusal};

/// Time for a connection to stand: a gateway that cannot even be reached by then is not there.
const CONNECT_WITHIN: Duration = Duration::from_secs(3);
/// Time for a whole call, beyond what any guard allows: gateways themselves give up on a bank before.
const ANSWER_WITHIN: Duration = Duration::from_mins(1);
/// Connections kept open without use: as many as calls are in flight in a rush, so that a rush finds them warm.
const IDLE_CONNECTIONS_MAX: usize = 1_024;
/// Time that an unused connection is kept: shorter than servers keep theirs (75 s and more), so that we close first.
const IDLE_FOR: Duration = Duration::from_secs(50);
/// Bytes of an answer: a page of a hundred objects with all their fields is below 1 MiB.
const ANSWER_BYTES_MAX: usize = 4 << 20;
/// The longest pause that a gateway may ask for and get.
const RETRY_AFTER_MAX: Duration = Duration::from_hours(1);
/// How we introduce ourselves.
const USER_AGENT: &str = concat!("evently/", env!("CARGO_PKG_VERSION"));

/// A way to one gateway.
#[derive(Clone, Debug)]
pub(crate) struct Wire {
    client: Client,
    address: Url,
    key: SecretString,
}

/// An answer that is an outcome or a rejection, but not an unknown.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    body: Vec<u8>,
}

impl Wire {
    /// A way to the gateway of `settings`. Connects to nothing yet.
    pub(crate) fn new(settings: &GatewaySettings) -> Result<Self, SettingsRefusal> {
        let key = settings.key.expose_secret();
        if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(SettingsRefusal::Key);
        }
        let address = Url::parse(&settings.address).map_err(|_| SettingsRefusal::Address)?;
        if !matches!(address.scheme(), "http" | "https") || !address.has_host() {
            return Err(SettingsRefusal::Address);
        }
        let client = Client::builder()
            .user_agent(USER_AGENT)
            .redirect(redirect::Policy::none())
            .connect_timeout(CONNECT_WITHIN)
            .timeout(ANSWER_WITHIN)
            .pool_max_idle_per_host(IDLE_CONNECTIONS_MAX)
            .pool_idle_timeout(IDLE_FOR)
            .tcp_nodelay(true)
            .build()
            .map_err(|error| SettingsRefusal::Connections(with_causes(&error)))?;
        let key = settings.key.clone();
        Ok(Self { client, address, key })
    }

    /// A request to a path, given by its segments, each of which is escaped.
    pub(crate) fn request(&self, method: Method, path: &[&str]) -> RequestBuilder {
        let mut url = self.address.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        self.client
            .request(method, url)
            .bearer_auth(self.key.expose_secret())
    }
}

/// Sends a request. An answer that leaves the outcome open is unknown; one that only a person can mend is rejected.
pub(crate) async fn send(request: RequestBuilder) -> Result<Answer, CallError> {
    let response = request.send().await.map_err(lost)?;
    let status = response.status().as_u16();
    match status {
        408 | 409 | 425 | 429 | 500.. => Err(Unknown {
            cause: format!("the gateway answers {status}"),
            retry_after: retry_after(&response),
        }
        .into()),
        300..=399 | 401 | 403 => Err(Rejected::because(format!("the gateway answers {status}")).into()),
        _ => Ok(Answer {
            status,
            body: read(response).await?,
        }),
    }
}

impl Answer {
    /// The body of a success. One that cannot be read leaves the outcome unknown; an answer of another status is rejected.
    pub(crate) fn success<T: DeserializeOwned>(&self) -> Result<T, CallError> {
        if !(200..300).contains(&self.status) {
            return Err(Rejected::because(format!("the gateway answers {}", self.status)).into());
        }
        serde_json::from_slice(&self.body).map_err(|error| {
            let place = format!("line {}, column {}", error.line(), error.column());
            Unknown::because(format!("the gateway's answer cannot be read at {place}")).into()
        })
    }

    /// The body of an answer that is no success, as far as it can be read.
    pub(crate) fn failure<T: DeserializeOwned + Default>(&self) -> T {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// Nothing came back, or only a part. The URL stays out of the log, as it may name a customer.
fn lost(error: reqwest::Error) -> Unknown {
    let kind = if error.is_connect() {
        "no connection"
    } else if error.is_timeout() {
        "no answer in time"
    } else {
        "the connection was lost"
    };
    Unknown::because(format!("{kind}: {}", with_causes(&error.without_url())))
}

async fn read(mut response: Response) -> Result<Vec<u8>, Unknown> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(lost)? {
        if body.len() + chunk.len() > ANSWER_BYTES_MAX {
            return Err(Unknown::because("the gateway's answer is too large"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Retry-After in seconds (RFC 9110, section 10.2.3); dates are not used by gateways.
fn retry_after(response: &Response) -> Option<Duration> {
    let seconds = response.headers().get("retry-after")?.to_str().ok()?;
    let seconds = seconds.parse().ok()?;
    Some(Duration::from_secs(seconds).min(RETRY_AFTER_MAX))
}
