//! localstripe (<https://github.com/adrienverge/localstripe>): a server that imitates Stripe, one for each test.

use std::net::{Ipv6Addr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use domain::payment::{GatewayName, MethodToken};
use gateway::{GatewaySettings, Stripe};
use serde_json::Value;
use tests::eventually;
use tokio::net::TcpStream;

/// Python starts slowly on a busy machine.
const ANSWERS_WITHIN: Duration = Duration::from_secs(30);
const KEY: &str = "sk_test_stories";
pub(crate) const WEBHOOK_SECRET: &str = "whsec_stories";

/// Cards that Stripe publishes for tests, and what localstripe does with them.
pub(crate) const APPROVED: &str = "4242424242424242";
pub(crate) const DECLINED_WHEN_CHARGED: &str = "4000000000000341";
pub(crate) const ASKS_THE_BUYER: &str = "4000002500003155";

pub(crate) struct Localstripe {
    pub(crate) address: String,
    pub(crate) port: u16,
    process: Child,
    client: reqwest::Client,
}

impl Drop for Localstripe {
    fn drop(&mut self) {
        let _gone = self.process.kill();
        let _reaped = self.process.wait();
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "tests have no configuration but this variable"
)]
fn program() -> String {
    std::env::var("EVENTLY_TEST_LOCALSTRIPE").expect(
        "EVENTLY_TEST_LOCALSTRIPE is not set: run the tests by script/test, or set it to the path of the program that \
         script/prepare puts at target/tools/localstripe/bin/localstripe",
    )
}

impl Localstripe {
    pub(crate) async fn start() -> Self {
        let port = TcpListener::bind((Ipv6Addr::UNSPECIFIED, 0))
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let process = Command::new(program())
            .args(["--port", &port.to_string(), "--from-scratch"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("localstripe starts");
        eventually("localstripe answers", ANSWERS_WITHIN, || async {
            TcpStream::connect(("127.0.0.1", port)).await.is_ok()
        })
        .await;
        Self {
            address: format!("http://127.0.0.1:{port}"),
            port,
            process,
            client: reqwest::Client::new(),
        }
    }

    /// Our client of it.
    pub(crate) fn stripe(&self) -> Stripe {
        stripe_at(&self.address)
    }

    /// What a buyer's browser does: gives the card to the gateway and gets a token for it.
    pub(crate) async fn token(&self, card: &str) -> MethodToken {
        let form = [
            ("type", "card"),
            ("card[number]", card),
            ("card[exp_month]", "12"),
            ("card[exp_year]", "2040"),
            ("card[cvc]", "123"),
        ];
        let method = self.post("/v1/payment_methods", &form).await;
        MethodToken::parse(method["id"].as_str().unwrap()).unwrap()
    }

    pub(crate) async fn post(&self, path: &str, form: &[(&str, &str)]) -> Value {
        let request = self
            .client
            .post(format!("{}{path}", self.address))
            .bearer_auth(KEY)
            .form(form);
        let response = request.send().await.unwrap().error_for_status().unwrap();
        serde_json::from_slice(&response.bytes().await.unwrap()).unwrap_or_default()
    }

    /// All that a list of its holds.
    pub(crate) async fn list(&self, path: &str) -> Vec<Value> {
        let request = self
            .client
            .get(format!("{}{path}?limit=10000", self.address))
            .bearer_auth(KEY);
        let mut list: Value = request.send().await.unwrap().json().await.unwrap();
        serde_json::from_value(list["data"].take()).unwrap()
    }

    pub(crate) async fn intents(&self) -> Vec<Value> {
        self.list("/v1/payment_intents").await
    }
}

/// Our client of whatever is at `address`.
pub(crate) fn stripe_at(address: &str) -> Stripe {
    Stripe::new(GatewaySettings {
        name: GatewayName::parse("stripe").unwrap(),
        address: address.to_owned(),
        key: KEY.into(),
        webhook_secrets: vec![WEBHOOK_SECRET.into()],
    })
    .unwrap()
}
