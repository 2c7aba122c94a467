//! A part of NATS for each test: subjects under a prefix of its own.

use async_nats::{Client, ConnectOptions};
use event_store::Subjects;
use uuid::Uuid;

/// A client, and subjects that no other test uses. The stream is deleted at the end as far as possible.
#[derive(Debug)]
pub struct TestNats {
    /// Where the server is.
    pub url: String,
    /// A connection.
    pub client: Client,
    /// Subjects of this test alone.
    pub subjects: Subjects,
}

/// A part of the NATS server of the test run.
///
/// # Panics
/// Where there is no such server.
pub async fn nats() -> TestNats {
    TestNats::on(&crate::server("EVENTLY_TEST_NATS_URL")).await
}

impl TestNats {
    /// A part of the NATS server at this address.
    ///
    /// # Panics
    /// Where the server does not answer.
    #[expect(clippy::expect_used, reason = "without a server no test can run")]
    pub async fn on(url: &str) -> Self {
        let client = event_store::connect_to_nats(url, event_store::nats_options("test"))
            .await
            .expect("the address should be one of NATS");
        client.flush().await.expect("the test server should answer");
        let subjects = Subjects::new(format!("t-{}", Uuid::new_v4().simple()));
        Self {
            url: url.to_owned(),
            client,
            subjects,
        }
    }
}

impl Drop for TestNats {
    fn drop(&mut self) {
        let (url, stream) = (self.url.clone(), self.subjects.stream());
        let deleting = std::thread::spawn(move || {
            let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
                return;
            };
            runtime.block_on(async {
                let Ok(client) = event_store::connect_to_nats(&url, ConnectOptions::new()).await else {
                    return;
                };
                let _ = async_nats::jetstream::new(client).delete_stream(stream).await;
            });
        });
        let _ = deleting.join();
    }
}
