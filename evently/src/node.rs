//! One process: the roles that it takes, put together, served on one port, and stopped in good order.

mod checks;
mod http;
mod processes;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::web;
use anyhow::{Context, Result, bail};
use command_api::CommandApi;
use edge::request::Clients;
use edge::token::{Issuer, Verifier};
use event_store::fanout::Fanout;
use event_store::relay::RelayStatus;
use event_store::{Doorbell, Log, Snapshots};
use identity::Accounts;
use identity::credentials::Credentials;
use identity::email::EmailDigests;
use identity::password::hashing::Hashing;
use lanes::Store;
use projections::Live;
use query_api::QueryApi;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::http::Listening;
use crate::backend::Backend;
use crate::config::Config;
use crate::roles::Role;
use crate::{gateways, telemetry};

/// How often a wait for the read side looks at it.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// The write side: commands, and accounts with their credentials.
pub(crate) struct WriteSide {
    /// Commands in, durable results out.
    pub(crate) api: web::Data<CommandApi>,
    /// Registration, login, and who one is.
    pub(crate) accounts: web::Data<Accounts>,
}

impl WriteSide {
    /// Starts the log writer and makes lanes, on the current runtime.
    pub(crate) fn start(backend: &Backend, config: &Config) -> Result<Self> {
        let doorbell = match &backend.nats {
            Some(nats) => Doorbell::new(nats.clone(), &backend.subjects),
            None => Doorbell::silent(),
        };
        let store = Store {
            log: Log::new(backend.writer.clone()),
            snapshots: Snapshots::new(backend.writer.clone()),
            clock: backend.clock.clone(),
            settings: config.lanes.clone(),
        };
        let gateways = gateways::set_up(&config.payments)?;
        let api = CommandApi::appending_by(store, Log::new(backend.appender.clone()), doorbell, gateways);
        let accounts = Accounts {
            executor: api.accounts.clone(),
            credentials: Credentials::new(backend.writer.clone()),
            digests: EmailDigests::new(config.secrets.email_digest_secret.bytes()),
            hashing: Hashing::of_this_machine()?,
            delay: Arc::default(),
            issuer: Issuer::new(&config.secrets.token_signing_keys, &config.tokens),
            clock: backend.clock.clone(),
        };
        Ok(Self {
            api: web::Data::new(api),
            accounts: web::Data::new(accounts),
        })
    }
}

/// The state of the roles that run in this process.
pub(crate) struct RoleStatus {
    /// The relay, where it runs here.
    pub(crate) relay: Option<Arc<RelayStatus>>,
    /// The projections, where they run here.
    pub(crate) projections: Option<projections::Status>,
}

/// Tasks that are stopped together.
#[derive(Default)]
struct Tasks {
    running: TaskTracker,
    stop: CancellationToken,
}

impl Tasks {
    /// Stops them, and waits until they have ended.
    async fn end(&self) {
        self.stop.cancel();
        self.running.close();
        self.running.wait().await;
    }
}

/// A running process.
pub(crate) struct Node {
    backend: Backend,
    write_side: Option<WriteSide>,
    role_status: Arc<RoleStatus>,
    /// Cancelled when the process begins to end.
    shutdown: CancellationToken,
    server: Listening,
    /// For operators, where they have a port of their own.
    operators: Option<Listening>,
    /// Processes: they end before the lanes that they command.
    acting: Tasks,
    background: Tasks,
    stop_within: Duration,
}

impl Node {
    /// Starts `roles` and listens. What it needs from the database must be there: migrate first.
    pub(crate) async fn start(config: &Config, roles: &[Role]) -> Result<Self> {
        let metrics = telemetry::start_metrics()?;
        let backend = Backend::open(config).await?;
        let (background, acting) = (Tasks::default(), Tasks::default());
        let takes = |role| roles.contains(&role);
        let writes = takes(Role::CommandApi) || takes(Role::Processes);
        let write_side = writes.then(|| WriteSide::start(&backend, config)).transpose()?;
        let query_api =
            takes(Role::QueryApi).then(|| QueryApi::start(backend.reader.clone(), backend.clock.clone()));
        let follows = takes(Role::Projections) || takes(Role::Processes);
        let facts = follows.then(|| backend.follow_facts(background.stop.clone()));
        let facts_for = |role| facts.clone().filter(|_| takes(role));
        let role_status = Arc::new(RoleStatus {
            relay: takes(Role::Relay)
                .then(|| start_relay(&backend, &background))
                .transpose()?,
            projections: facts_for(Role::Projections)
                .map(|facts| start_projections(&backend, facts, &background)),
        });
        if let (Some(write_side), Some(facts)) = (&write_side, facts_for(Role::Processes)) {
            let processes = processes::run(&backend, &write_side.api, facts, acting.stop.clone());
            acting.running.spawn(processes);
        }
        background
            .running
            .spawn(backend.measure_pools(background.stop.clone()));
        let shutdown = CancellationToken::new();
        let health = checks::health(&backend, &role_status, write_side.as_ref(), shutdown.clone());
        let keys = config.secrets.token_signing_keys.clone();
        let verifier = Verifier::new(keys, &config.tokens, backend.clock.clone());
        let commands = write_side.as_ref().filter(|_| takes(Role::CommandApi));
        let services = http::Services {
            command_api: commands.map(|side| side.api.clone()),
            accounts: commands.map(|side| side.accounts.clone()),
            query_api: query_api.map(web::Data::new),
            health: web::Data::new(health),
            verifier: web::Data::new(verifier),
            clients: clients(config)?,
            metrics: web::Data::new(metrics),
        };
        let operators = http::listen_for_operators(config, &services)?;
        let server = http::listen(config, services)?;
        let names: Vec<&str> = roles.iter().map(|role| role.name()).collect();
        tracing::info!(address = %server.address, roles = names.join(","), "node.started");
        Ok(Self {
            backend,
            write_side,
            role_status,
            shutdown,
            server,
            operators,
            acting,
            background,
            stop_within: Duration::from_secs(config.http.shutdown_s),
        })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.server.address
    }

    /// The write side, if this process has it.
    pub(crate) fn write_side(&self) -> Option<&WriteSide> {
        self.write_side.as_ref()
    }

    /// Waits until the projections of this process have everything that is in the log now.
    pub(crate) async fn caught_up(&self, within: Duration) -> Result<()> {
        let head = Log::new(self.backend.reader.clone()).head().await?;
        let given_up = Instant::now() + within;
        let behind = || match &self.role_status.projections {
            Some(status) => {
                let projections = status.projections();
                projections.is_empty() || projections.values().any(|each| each.position < head)
            }
            None => false,
        };
        while behind() {
            if Instant::now() > given_up {
                bail!("the read tables are not up to date within {} s", within.as_secs());
            }
            sleep(LOOK_EVERY).await;
        }
        Ok(())
    }

    /// Serves until it is asked to stop, then stops. Stops too, and fails, where the client of NATS has ended: only a new
    /// process gets another.
    pub(crate) async fn run_until(self, asked: impl Future<Output = &'static str>) -> Result<()> {
        let ended = self.backend.nats_ended();
        let signal = tokio::select! {
            signal = asked => Some(signal),
            () = ended => None,
        };
        tracing::info!(signal, "node.stopping");
        self.stop().await;
        signal.map(drop).context("the client of NATS has ended")
    }

    /// Says that it is not ready, answers what is under way, commits what was accepted, and ends, within the
    /// configured time.
    pub(crate) async fn stop(self) {
        self.shutdown.cancel();
        if timeout(self.stop_within, self.wind_down()).await.is_err() {
            tracing::error!("node.stop.timeout");
        }
    }

    async fn wind_down(self) {
        self.server.stop().await;
        self.acting.end().await;
        if let Some(write_side) = &self.write_side {
            write_side.api.drain().await;
        }
        self.background.end().await;
        if let Some(nats) = &self.backend.nats {
            // What is still to be sent is in the log.
            drop(nats.drain().await);
        }
        self.backend.close().await;
        if let Some(operators) = self.operators {
            operators.stop().await;
        }
        tracing::info!("node.stopped");
    }
}

/// Addresses of clients become digests under a configured secret, or under one that ends with this process.
fn clients(config: &Config) -> Result<Clients> {
    let proxies = config.http.trusted_proxies.clone();
    if let Some(secret) = &config.secrets.client_digest_secret {
        return Ok(Clients::new(secret.bytes(), proxies));
    }
    let mut secret = [0; 32];
    aws_lc_rs::rand::fill(&mut secret).context("the system gives no random bytes")?;
    Ok(Clients::new(&secret, proxies))
}

fn start_relay(backend: &Backend, background: &Tasks) -> Result<Arc<RelayStatus>> {
    let nats = backend
        .nats
        .clone()
        .context("the role relay needs the address of NATS")?;
    let status = Arc::new(RelayStatus::default());
    let (pool, subjects) = (backend.projector.clone(), backend.subjects.clone());
    background.running.spawn(event_store::relay::run(
        pool,
        nats,
        subjects,
        Arc::clone(&status),
        background.stop.clone(),
    ));
    Ok(status)
}

fn start_projections(backend: &Backend, facts: Fanout, background: &Tasks) -> projections::Status {
    let status = projections::Status::default();
    let live = Live {
        pool: backend.projector.clone(),
        log: Log::new(backend.projector.clone()),
        facts,
        nats: backend.nats.clone(),
        subjects: backend.subjects.clone(),
        status: status.clone(),
    };
    background
        .running
        .spawn(projections::run(live, background.stop.clone()));
    status
}
