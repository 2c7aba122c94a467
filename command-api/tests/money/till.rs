//! The stage: an application that pays at a sandbox of its own, and processes on the same clock.

use std::fs;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::{Method, StatusCode};
use domain::ids::BookingId;
use domain::payment::GatewayName;
use edge::token::Role;
use event_store::clock::Clock;
use event_store::fanout::Fanout;
use event_store::{Position, RecordedFact, Subjects};
use gateway::Gateways;
use gateway::{GatewaySettings, GuardSettings, Guarded};
use processes::{
    EventCancellation, HoldExpiry, PaymentProcess, Process, Processes, ProcessesParts, RefundProcess,
};
use sandbox::{RunningSandbox, SandboxConfig};
use serde_json::{Value, json};
use tempfile::TempDir;
use tests::{TestDatabase, eventually};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::app::{Answer, App, Person, first_of_may, person};

/// Secret of the sandbox's notices.
pub(crate) const NOTICE_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// What a test waits for at most: the machine may be busy with other tests.
pub(crate) const SOON: Duration = Duration::from_secs(30);

const SANDBOX_KEY: &str = "sk_sandbox_tests";

/// Facts of one test at most.
const FACTS_MAX: usize = 10_000;

/// The stage.
pub(crate) struct Till {
    pub(crate) app: App,
    pub(crate) database: Arc<TestDatabase>,
    clock: Clock,
    sandbox: RunningSandbox,
    journal: TempDir,
}

/// Processes that run on a node.
pub(crate) struct Run {
    stop: CancellationToken,
    task: JoinHandle<()>,
    names: Vec<&'static str>,
}

impl Till {
    /// With a guard that trusts the gateway as usual.
    pub(crate) async fn start() -> Self {
        Self::start_with(GuardSettings::default()).await
    }

    pub(crate) async fn start_with(guard: GuardSettings) -> Self {
        let journal = tempfile::tempdir().unwrap();
        let sandbox = sandbox::Sandbox::start(SandboxConfig::new(journal.path(), SANDBOX_KEY)).unwrap();
        let database = Arc::new(TestDatabase::create().await);
        let clock = first_of_may();
        let gateways = gateways(&sandbox.address().to_string(), guard);
        Self {
            app: App::on(&database, &clock, gateways),
            database,
            clock,
            sandbox,
            journal,
        }
    }

    /// One more node at the same sandbox.
    pub(crate) fn node(&self) -> App {
        let gateways = gateways(&self.sandbox.address().to_string(), GuardSettings::default());
        App::on(&self.database, &self.clock, gateways)
    }

    /// One more node, for which the gateway is away.
    pub(crate) fn node_cut_off(&self, guard: GuardSettings) -> App {
        App::on(&self.database, &self.clock, gateways(&nothing_listens(), guard))
    }

    /// One more node without a gateway.
    pub(crate) fn node_without_gateway(&self) -> App {
        App::on(&self.database, &self.clock, Gateways::default())
    }

    /// An Event on sale: 20 seats of the stalls at 12 €, ten free places of the lawn.
    pub(crate) async fn on_sale(&self, organizer: Person) -> String {
        let (id, _) = self.app.draft(organizer).await;
        for verb in ["publication", "opening"] {
            let path = format!("/api/v1/admin/events/{id}/{verb}");
            let done = self.app.post(&path).by(organizer).send().await;
            assert_eq!(done.status, StatusCode::OK, "{}", done.body);
        }
        id
    }

    /// An Event on sale that may be cancelled: for nothing until 48 hours before its start, then for 15 % until a day before.
    pub(crate) async fn on_sale_with_policy(&self, organizer: Person) -> String {
        let event = self.on_sale(organizer).await;
        let path = format!("/api/v1/admin/events/{event}/cancellation-policy");
        let policy = json!({ "free_hours": 48, "fee": { "basis_points": 1500 }, "closes_hours": 24 });
        let set = self
            .app
            .call(Method::PUT, &path)
            .by(organizer)
            .json(&policy)
            .await;
        assert_eq!(set.status, StatusCode::OK, "{}", set.body);
        event
    }

    /// A Booking that holds these seats.
    pub(crate) async fn held(&self, buyer: Person, event: &str, seats: &[&str]) -> String {
        let key = Uuid::new_v4().to_string();
        let placed = self.app.place(buyer, event, &key, seats).await;
        assert_eq!(placed.status, StatusCode::CREATED, "{}", placed.body);
        placed.id()
    }

    /// A Booking that was paid by `method`.
    pub(crate) async fn sold(&self, buyer: Person, event: &str, seats: &[&str], method: &str) -> String {
        let booking = self.held(buyer, event, seats).await;
        let paid = pay(&self.app, buyer, &booking, "paid", method).await;
        assert_eq!(paid.status, StatusCode::OK, "{}", paid.body);
        booking
    }

    /// Status of a Booking, as the log has it.
    pub(crate) async fn status(&self, booking: &str) -> &'static str {
        let id = BookingId::new(Uuid::try_parse(booking).unwrap());
        let state = self.app.api.events.booking_state(id).await.unwrap();
        state.status()
    }

    /// What the sandbox says of itself: every entry of its journal, or those of this kind.
    pub(crate) fn journal(&self, kind: &str) -> Vec<Value> {
        let text = fs::read_to_string(self.journal.path().join("journal.jsonl")).unwrap();
        // A line that is just being written has no end yet.
        let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
        let entries = whole.lines().map(|line| serde_json::from_str(line).unwrap());
        entries
            .filter(|entry: &Value| kind.is_empty() || entry["kind"] == kind)
            .collect()
    }

    /// Waits until the sandbox's journal has so many entries of a kind.
    pub(crate) async fn journal_has(&self, kind: &str, count: usize) {
        let what = format!("{count} × {kind} in the journal");
        eventually(&what, SOON, || async { self.journal(kind).len() == count }).await;
    }

    /// Every fact of the log.
    pub(crate) async fn facts(&self) -> Vec<RecordedFact> {
        let log = self.database.log();
        log.read_after(Position::START, FACTS_MAX).await.unwrap()
    }

    /// Names of the facts of one stream.
    pub(crate) async fn facts_of(&self, id: &str) -> Vec<String> {
        let id = Uuid::try_parse(id).unwrap();
        let facts = self.facts().await.into_iter();
        facts
            .filter(|fact| fact.stream.aggregate_id == id)
            .map(|fact| fact.event_type)
            .collect()
    }

    /// How many facts of this name there are.
    pub(crate) async fn count(&self, name: &str) -> usize {
        self.facts()
            .await
            .iter()
            .filter(|fact| fact.event_type == name)
            .count()
    }

    /// Runs every process of `node`.
    pub(crate) fn run_all(&self, node: &App) -> Run {
        let api = &node.api;
        self.run(
            node,
            vec![
                Arc::new(HoldExpiry::new(api.events.clone())),
                Arc::new(PaymentProcess::new(api.collector.clone())),
                Arc::new(RefundProcess::new(api.collector.clone())),
                Arc::new(EventCancellation::new(api.events.clone())),
            ],
        )
    }

    /// Runs the refund process of `node`.
    pub(crate) fn run_refunds(&self, node: &App) -> Run {
        self.run(
            node,
            vec![Arc::new(RefundProcess::new(node.api.collector.clone()))],
        )
    }

    /// Runs the payment process of `node`.
    pub(crate) fn run_payments(&self, node: &App) -> Run {
        self.run(
            node,
            vec![Arc::new(PaymentProcess::new(node.api.collector.clone()))],
        )
    }

    /// Runs `processes` on `node`.
    pub(crate) fn run(&self, node: &App, processes: Vec<Arc<dyn Process>>) -> Run {
        self.run_until(node, processes, CancellationToken::new())
    }

    /// Runs `processes` on `node` until `stop`.
    pub(crate) fn run_until(
        &self,
        node: &App,
        processes: Vec<Arc<dyn Process>>,
        stop: CancellationToken,
    ) -> Run {
        let parts = ProcessesParts {
            log: self.database.log(),
            facts: Fanout::start(self.database.log(), None, Subjects::new("tests"), stop.clone()),
            deadlines: node.api.deadlines.clone(),
            clock: self.clock.clone(),
        };
        let names = processes.iter().map(|process| process.name()).collect();
        let task = tokio::spawn(Processes::new(parts, processes).run(stop.clone()));
        Run { stop, task, names }
    }

    /// Waits until the processes of `run` have read every fact, and done what is due.
    pub(crate) async fn at_rest(&self, run: &Run) {
        let deadlines = &self.app.api.deadlines;
        eventually("processes at rest", SOON, || async {
            let statuses = deadlines.statuses(self.clock.now()).await.unwrap();
            run.names.iter().all(|name| {
                let status = statuses.iter().find(|status| status.process == *name);
                status.is_some_and(|status| (status.lag_facts, status.overdue) == (0, 0))
            })
        })
        .await;
    }

    /// Waits until a Booking has this status.
    pub(crate) async fn becomes(&self, booking: &str, status: &str) {
        let what = format!("the booking is {status}");
        eventually(&what, SOON, || async { self.status(booking).await == status }).await;
    }
}

impl Run {
    /// Ends them in good order.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        self.ended().await;
    }

    /// Waits until they have ended.
    pub(crate) async fn ended(self) {
        self.task.await.unwrap();
    }
}

/// Pays for a Booking.
pub(crate) async fn pay(node: &App, buyer: Person, booking: &str, key: &str, method: &str) -> Answer {
    let body = json!({ "method": { "token": method } });
    let path = format!("/api/v1/bookings/{booking}/payment");
    node.post(&path).by(buyer).key(key).json(&body).await
}

/// Cancels all of a Booking.
pub(crate) async fn cancel(node: &App, buyer: Person, booking: &str) -> Answer {
    node.delete(&format!("/api/v1/bookings/{booking}"))
        .by(buyer)
        .send()
        .await
}

/// How processes stand, as an administrator sees it.
pub(crate) async fn processes(node: &App) -> Value {
    let admin = person(Role::Admin);
    let path = "/api/v1/admin/processes";
    let listed = node.call(Method::GET, path).by(admin).send().await;
    assert_eq!(listed.status, StatusCode::OK, "{}", listed.body);
    listed.body
}

/// Metadata of a fact.
pub(crate) fn metadata(fact: &RecordedFact) -> Value {
    serde_json::from_str(fact.metadata.get()).unwrap()
}

fn gateways(address: &str, guard: GuardSettings) -> Gateways {
    let name = GatewayName::parse("sandbox").unwrap();
    let client = gateway::Sandbox::new(GatewaySettings {
        name: name.clone(),
        address: format!("http://{address}"),
        key: SANDBOX_KEY.into(),
        webhook_secrets: vec![NOTICE_SECRET.into()],
    });
    let guarded = Guarded::new(Arc::new(client.unwrap()), guard);
    Gateways::new(Some(name), vec![Arc::new(guarded)])
}

/// An address that refuses connections.
fn nothing_listens() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}
