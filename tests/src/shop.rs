//! A shop under test: the program as a process of its own, with its own database and part of NATS, and a sandbox that takes
//! its payments behind a toll gate. The sandbox lives in the test, so that its journal survives whatever the program suffers.

use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::TimeDelta;
use edge::token::Role;
use event_store::clock::Clock;
use reqwest::Method;
use sandbox::{Chaos, RunningSandbox, Sandbox, SandboxConfig, Webhook};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use crate::{
    Answer, Books, Buyer, DIGEST_SECRET, EventlyProcess, TestDatabase, TestNats, Tollgate, nats, signing_key,
};

const ROLES: &str = "command-api,query-api,projections,relay,processes";

/// The key of our account at the sandbox.
pub const SANDBOX_KEY: &str = "sk_sandbox_of_tests";

/// With what the sandbox signs its webhooks.
const WEBHOOK_SECRET: &str = "whsec_dGhlIHNlY3JldCBvZiB0aGUgd2ViaG9va3Mgb2YgdGVzdHM=";

/// Everything is settled within this: what a killed process has claimed is free again after a minute, then a payment may
/// wait for its turn, and a gateway that was broken for its next try.
const SETTLED_WITHIN: Duration = Duration::from_secs(150);

/// Pause between two looks at the books.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// How a shop is set up.
#[derive(Clone, Copy, Debug)]
pub struct ShopSettings {
    /// The seed by which the sandbox misbehaves, if it is to.
    pub chaos: Option<u64>,
    /// Whether the sandbox tells what happens on its own.
    pub webhooks: bool,
    /// How long a call to the gateway may take.
    pub call_seconds: u8,
}

impl Default for ShopSettings {
    fn default() -> Self {
        Self {
            chaos: None,
            webhooks: false,
            call_seconds: 10,
        }
    }
}

/// A shop that may be killed.
#[derive(Debug)]
pub struct Shop {
    /// Its database.
    pub database: TestDatabase,
    /// The program.
    pub evently: EventlyProcess,
    /// The gate before its payment gateway.
    pub tollgate: Tollgate,
    /// An administrator.
    pub operator: Buyer,
    journal: PathBuf,
    /// Whether the gateway may refuse to return money: it is asked again then, as an operator would.
    refuses_refunds: bool,
    _nats: TestNats,
    _gateway: RunningSandbox,
    _folder: TempDir,
}

/// What an Event sells.
#[derive(Clone, Copy, Debug)]
pub struct Catalogue {
    /// Rows of seats in the section `floor`, lettered A, B, C and so on; none: no such section.
    pub rows: u32,
    /// Seats of each of these rows.
    pub seats_per_row: u32,
    /// What one of these seats costs, in minor units.
    pub price: i64,
    /// Places in the section `lawn`, which cost nothing; none: no such section.
    pub free: u32,
}

impl Shop {
    /// Opens one.
    ///
    /// # Panics
    /// Where something of it does not start.
    #[expect(clippy::expect_used, reason = "a test fails by panic")]
    pub async fn open(settings: ShopSettings) -> Self {
        let (database, nats, tollgate) = tokio::join!(TestDatabase::create(), nats(), Tollgate::build());
        let variables = [
            ("EVENTLY_DATABASE_URL", database.url.clone()),
            ("EVENTLY_NATS_URL", nats.url.clone()),
            ("EVENTLY_NATS_PREFIX", nats.subjects.prefix().to_owned()),
            ("EVENTLY_TOKEN_SIGNING_KEYS", signing_key()),
            ("EVENTLY_EMAIL_DIGEST_SECRET", DIGEST_SECRET.to_owned()),
            ("EVENTLY_PAYMENT_GATEWAY", "sandbox".to_owned()),
            ("EVENTLY_PAYMENT_CALL_S", settings.call_seconds.to_string()),
            ("EVENTLY_SANDBOX_URL", tollgate.url()),
            ("EVENTLY_SANDBOX_KEY", SANDBOX_KEY.to_owned()),
            ("EVENTLY_SANDBOX_WEBHOOK_SECRETS", WEBHOOK_SECRET.to_owned()),
        ];
        let evently = EventlyProcess::start(ROLES, &variables).await;
        let folder = tempfile::tempdir().expect("a temporary directory should be made");
        let journal = folder.path().join("journal");
        let mut config = SandboxConfig::new(&journal, SANDBOX_KEY);
        config.chaos = settings.chaos.map(|seed| Chaos { seed });
        config.webhook = settings.webhooks.then(|| Webhook {
            url: format!("http://{}/webhooks/sandbox", evently.address),
            secret: WEBHOOK_SECRET.to_owned(),
        });
        let gateway = Sandbox::start(config).expect("the sandbox should start");
        tollgate.lead_to(gateway.address());
        Self {
            operator: Buyer::new(evently.address, Uuid::new_v4(), Role::Admin),
            database,
            evently,
            tollgate,
            journal,
            refuses_refunds: settings.chaos.is_some(),
            _nats: nats,
            _gateway: gateway,
            _folder: folder,
        }
    }

    /// A buyer.
    pub fn buyer(&self, account: Uuid) -> Buyer {
        self.operator.beside(account, Role::User)
    }

    /// An Event on sale, which starts in a month and keeps 15 % of what is cancelled.
    ///
    /// # Panics
    /// Where it cannot be made.
    pub async fn event(&self, catalogue: Catalogue) -> String {
        let starts_at = Clock::system().now() + TimeDelta::days(30);
        let mut sections = Vec::new();
        if catalogue.rows > 0 {
            sections.push(
                json!({"name": "Floor", "price": catalogue.price, "rows": catalogue.rows,
                "seats_per_row": catalogue.seats_per_row}),
            );
        }
        if catalogue.free > 0 {
            sections.push(json!({"name": "Lawn", "price": 0, "capacity": catalogue.free}));
        }
        let body = json!({
            "title": "Under fire", "description": "", "category": "test", "venue": "Hall", "city": "Berlin",
            "time_zone": "Europe/Berlin", "starts_at": starts_at, "ends_at": starts_at + TimeDelta::hours(2),
            "currency": "EUR", "sections": sections,
        });
        let event = self.run("/api/v1/admin/events", Method::POST, &body).await.id();
        let of_event = |verb: &str| format!("/api/v1/admin/events/{event}/{verb}");
        let policy = json!({"free_hours": 8784, "fee": {"basis_points": 1500}});
        self.run(&of_event("cancellation-policy"), Method::PUT, &policy)
            .await;
        self.run(&of_event("publication"), Method::POST, &json!({})).await;
        self.run(&of_event("opening"), Method::POST, &json!({})).await;
        event
    }

    /// Lets the operator do something that must succeed.
    ///
    /// # Panics
    /// Where it does not.
    #[expect(clippy::expect_used, reason = "a test fails by panic")]
    pub async fn run(&self, path: &str, method: Method, body: &Value) -> Answer {
        let answer = self.operator.ask(method, path, None, Some(body)).await;
        let answer = answer.expect("an answer should come");
        assert!((200..300).contains(&answer.status), "{path}: {answer:?}");
        answer
    }

    /// The folder of the sandbox's journal.
    pub fn journal(&self) -> &Path {
        &self.journal
    }

    /// Both books, as they are now.
    pub async fn books(&self) -> Books {
        Books::read(&self.database.reader, &self.journal).await
    }

    /// How many facts of this name the log has.
    ///
    /// # Panics
    /// Where it cannot be read.
    #[expect(clippy::expect_used, reason = "a test fails by panic")]
    pub async fn facts(&self, name: &str) -> i64 {
        sqlx::query_scalar("select count(*) from public.events where event_type = $1")
            .bind(name)
            .fetch_one(&self.database.reader)
            .await
            .expect("the log should be readable")
    }

    /// Waits until nothing is under way, and checks that the books are square and everything is sound. What a gateway in
    /// chaos refused to return is asked for again, as an operator would. `case` is what a failure is named by.
    ///
    /// # Panics
    /// Where something does not come to its end, or is wrong then.
    pub async fn is_square(&self, case: &str) {
        let begun = Instant::now();
        loop {
            let mut open = self.under_way().await;
            open.extend(self.books().await.differences());
            if open.is_empty() {
                break;
            }
            assert!(begun.elapsed() < SETTLED_WITHIN, "{case}: not settled: {open:#?}");
            sleep(LOOK_EVERY).await;
        }
        self.read_side_has_caught_up(case).await;
        let verified = self.evently.run(&["verify", "--read-tables"]);
        let said = String::from_utf8_lossy(&verified.stdout);
        assert!(verified.status.success(), "{case}: {said}");
    }

    /// What processes have still to do; resumes what is stuck where that is to be expected.
    async fn under_way(&self) -> Vec<String> {
        let listed = self
            .operator
            .ask(Method::GET, "/api/v1/admin/processes", None, None)
            .await;
        let Some(Answer {
            status: 200, body, ..
        }) = listed
        else {
            return vec!["processes are not listed".to_owned()];
        };
        let all = |name: &str| {
            body.get(name)
                .and_then(Value::as_array)
                .cloned()
                .unwrap_or_default()
        };
        for stuck in all("stuck") {
            let word = |name: &str| stuck.get(name).and_then(Value::as_str).unwrap_or_default();
            let expected = self.refuses_refunds && word("process") == "refund";
            assert!(expected, "nothing should be stuck: {stuck}");
            let path = format!("/api/v1/admin/processes/refund/{}/resumption", word("subject"));
            self.operator.ask(Method::POST, &path, None, None).await;
        }
        let processes = all("processes").into_iter();
        // A hold that goes on has a deadline as long as it does, and a declined payment is looked at for an hour.
        let lasting = [json!("hold-expiry"), json!("late-capture")];
        let ending =
            processes.filter(|process| process.get("process").is_none_or(|name| !lasting.contains(name)));
        let busy = ending.filter(|process| {
            ["lag_facts", "under_way", "overdue", "stuck"]
                .iter()
                .any(|figure| process.get(figure) != Some(&json!(0)))
        });
        busy.map(|process| process.to_string()).collect()
    }

    async fn read_side_has_caught_up(&self, case: &str) {
        let caught_up =
            "select (select min(position) from read.checkpoints) = (select max(position) from public.events)";
        crate::eventually(
            &format!("{case}: the read side has caught up"),
            SETTLED_WITHIN,
            || async {
                let mut owner = self.database.owner().await;
                let answer = sqlx::query_scalar::<_, Option<bool>>(caught_up)
                    .fetch_one(&mut owner)
                    .await;
                answer.ok().flatten() == Some(true)
            },
        )
        .await;
    }
}
