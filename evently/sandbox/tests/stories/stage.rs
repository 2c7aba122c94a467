//! A sandbox with a journal of its own, and a client that knows how to ask it.

use std::time::Duration;

use reqwest::{Client, RequestBuilder, Url};
use sandbox::{RunningSandbox, Sandbox, SandboxConfig};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::time::Instant;

pub(crate) const SECRET_KEY: &str = "sk_sandbox_of_tests";

/// How long a client waits that gives up on hanging connections.
pub(crate) const PATIENCE: Duration = Duration::from_millis(800);

pub(crate) struct Stage {
    pub(crate) sandbox: RunningSandbox,
    pub(crate) config: SandboxConfig,
    client: Client,
    _folder: TempDir,
}

/// What was answered; none where the client gave up, or the connection was closed without an answer.
#[derive(Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) replayed: bool,
    pub(crate) body: Value,
}

impl Stage {
    pub(crate) fn set() -> Self {
        Self::with(|_| {})
    }

    pub(crate) fn with(change: impl FnOnce(&mut SandboxConfig)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = SandboxConfig::new(folder.path().join("journal"), SECRET_KEY);
        change(&mut config);
        let client = Client::builder().no_proxy().build().unwrap();
        let sandbox = Sandbox::start(config.clone()).unwrap();
        Self {
            sandbox,
            config,
            client,
            _folder: folder,
        }
    }

    /// Stops the sandbox and starts another on the same journal.
    pub(crate) async fn restarted(self) -> Self {
        self.sandbox.stop().await;
        let sandbox = Sandbox::start(self.config.clone()).unwrap();
        Self { sandbox, ..self }
    }

    pub(crate) fn url(&self, segments: &[&str]) -> Url {
        let mut url = Url::parse(&format!("http://{}", self.sandbox.address())).unwrap();
        url.path_segments_mut().unwrap().extend(segments);
        url
    }

    pub(crate) fn get(&self, segments: &[&str]) -> RequestBuilder {
        self.client.get(self.url(segments)).bearer_auth(SECRET_KEY)
    }

    pub(crate) fn post(&self, segments: &[&str]) -> RequestBuilder {
        self.client.post(self.url(segments)).bearer_auth(SECRET_KEY)
    }

    /// Charges 12.00 EUR.
    pub(crate) async fn charge(&self, key: &str, method: &str) -> Answer {
        self.try_charge(key, method, 1_200).await.expect("an answer")
    }

    pub(crate) async fn try_charge(&self, key: &str, method: &str, amount: u64) -> Option<Answer> {
        let body =
            json!({ "amount": amount, "currency": "EUR", "method": method, "metadata": { "order": key } });
        let request = self.post(&["v1", "charges"]).header("idempotency-key", key);
        sent(request.timeout(Duration::from_secs(10)).json(&body)).await
    }

    /// Charges 12.00 EUR and gives up soon.
    pub(crate) async fn charge_impatiently(&self, key: &str, method: &str) -> Option<Answer> {
        tokio::time::timeout(PATIENCE, self.charge(key, method))
            .await
            .ok()
    }

    pub(crate) async fn refund(&self, key: &str, charge_key: &str, amount: u64) -> Answer {
        self.try_refund(key, charge_key, amount).await.expect("an answer")
    }

    pub(crate) async fn try_refund(&self, key: &str, charge_key: &str, amount: u64) -> Option<Answer> {
        let body = json!({ "charge_key": charge_key, "amount": amount, "metadata": {} });
        let request = self.post(&["v1", "refunds"]).header("idempotency-key", key);
        sent(request.timeout(Duration::from_secs(10)).json(&body)).await
    }

    pub(crate) async fn found_charge(&self, key: &str) -> Answer {
        sent(self.get(&["v1", "charges", key])).await.unwrap()
    }

    pub(crate) async fn found_refund(&self, key: &str) -> Answer {
        sent(self.get(&["v1", "refunds", key])).await.unwrap()
    }

    /// The whole journal, in order.
    pub(crate) async fn entries(&self) -> Vec<Value> {
        let mut entries = Vec::new();
        let mut after = 0;
        loop {
            let page = self.page(after, 7).await;
            let next = page["entries"].as_array().unwrap().clone();
            if next.is_empty() {
                return entries;
            }
            entries.extend(next);
            after = page["next_after"].as_u64().unwrap();
        }
    }

    pub(crate) async fn page(&self, after: u64, limit: u64) -> Value {
        let mut url = self.url(&["v1", "journal"]);
        url.set_query(Some(&format!("after={after}&limit={limit}")));
        sent(self.client.get(url).bearer_auth(SECRET_KEY))
            .await
            .unwrap()
            .body
    }

    /// The kinds of the entries of `key`, in order.
    pub(crate) async fn kinds(&self, key: &str) -> Vec<String> {
        let entries = self.entries().await;
        let own = entries.iter().filter(|entry| entry["key"] == key);
        own.map(|entry| entry["kind"].as_str().unwrap().to_owned())
            .collect()
    }

    /// Waits until the charge `key` is captured.
    pub(crate) async fn captured(&self, key: &str) -> Answer {
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            let found = self.found_charge(key).await;
            if found.body["status"] == "captured" {
                return found;
            }
            assert!(Instant::now() < deadline, "{key} is not captured: {found:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Answer {
    pub(crate) fn error(&self) -> (u16, &str) {
        (
            self.status,
            self.body["error"]["type"].as_str().unwrap_or_default(),
        )
    }
}

pub(crate) async fn sent(request: RequestBuilder) -> Option<Answer> {
    let response = request.send().await.ok()?;
    let status = response.status().as_u16();
    let replayed = response
        .headers()
        .get("idempotent-replayed")
        .is_some_and(|value| value == "true");
    let body = response.json().await.expect("JSON");
    Some(Answer {
        status,
        replayed,
        body,
    })
}
