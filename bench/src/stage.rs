//! The stage of a benchmark: a PostgreSQL and, where a role needs it, a NATS of its own, and Evently as its users run
//! it, each a process of its own on this machine.

use std::cell::Cell;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use edge::token::Role;
use serde_json::Value;
use servers::{NatsServer, PostgresServer};
use sqlx::{Connection, PgConnection};
use tokio::process::Command as AsyncCommand;
use uuid::Uuid;

use crate::client::Answer;
use crate::cpu::{Cpu, Parts};
use crate::keys::Keys;
use crate::load::closed_loop;
use crate::request::Bookings;
use crate::slow_commits;

/// A server that does not answer within this is broken.
const READY_WITHIN: Duration = Duration::from_mins(1);

/// Every role of the program.
pub(crate) const ALL_ROLES: &str = "command-api,query-api,projections,relay,processes";

/// Connections over which preparations book.
const PREPARING: usize = 32;

/// A digest key for a database that lives as long as the benchmark.
const EMAIL_SECRET: &str = "YmVuY2htYXJrcyBmaW5kIG5vYm9keSBieSBlLW1haWw=";

/// Everything that a benchmark runs against.
pub(crate) struct Stage {
    /// Where Evently listens.
    pub(crate) address: SocketAddr,
    /// A superuser's address of Evently's database.
    pub(crate) database_url: String,
    /// What signs tokens.
    pub(crate) keys: Keys,
    server: Server,
    http: reqwest::Client,
    organizer: String,
    program: PathBuf,
    settings: Vec<(&'static str, String)>,
    /// The PostgreSQL that everything of this stage uses.
    pub(crate) postgres: PostgresServer,
    nats: Option<NatsServer>,
}

/// A child process that is killed with its stage.
pub(crate) struct Server(pub(crate) Child);

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

impl Stage {
    /// Starts what `roles` need, with commits that take `commit_ms` longer, and waits until it is ready.
    pub(crate) async fn start(roles: &str, commit_ms: u64) -> anyhow::Result<Self> {
        Self::start_with(roles, commit_ms, Vec::new()).await
    }

    /// The same with further settings.
    pub(crate) async fn start_with(
        roles: &str,
        commit_ms: u64,
        further: Vec<(&'static str, String)>,
    ) -> anyhow::Result<Self> {
        let program = program()?;
        let postgres = slow_commits::postgres(commit_ms).await?;
        let database_url = create_database(&postgres).await?;
        let nats = if roles.contains("relay") {
            Some(NatsServer::temporary().await?)
        } else {
            None
        };
        let address = free_address()?;
        let mut settings = vec![
            ("EVENTLY_LISTEN", address.to_string()),
            ("EVENTLY_DATABASE_URL", database_url.clone()),
            ("EVENTLY_TOKEN_SIGNING_KEYS", Keys::seed()),
            ("EVENTLY_EMAIL_DIGEST_SECRET", EMAIL_SECRET.to_owned()),
            ("EVENTLY_LOG", "warn".to_owned()),
        ];
        settings.extend(further);
        settings.extend(nats.as_ref().map(|nats| ("EVENTLY_NATS_URL", nats.url())));
        run(&program, &settings, &["migrate"]).await?;
        let child = Command::new(&program)
            .args(["serve", "--roles", roles])
            .envs(settings.clone())
            .spawn()?;
        let keys = Keys::fixed()?;
        let organizer = keys.token(Uuid::new_v4(), Role::Organizer)?;
        let server = Server(child);
        let stage = Self {
            address,
            database_url,
            keys,
            server,
            http: http()?,
            organizer,
            program,
            settings,
            postgres,
            nats,
        };
        until_ready(address, "/health/ready").await?;
        Ok(stage)
    }

    /// Starts `evently` with `arguments` beside this stage.
    pub(crate) fn beside(&self, arguments: &[&str]) -> anyhow::Result<Server> {
        Ok(Server(Command::new(&self.program).args(arguments).spawn()?))
    }

    /// Stops Evently; PostgreSQL goes on.
    pub(crate) fn stop_server(&mut self) {
        drop(self.server.0.kill());
        drop(self.server.0.wait());
    }

    /// Runs `evently` with `arguments` against this stage; what it printed.
    pub(crate) async fn evently(&self, arguments: &[&str]) -> anyhow::Result<String> {
        run(&self.program, &self.settings, arguments).await
    }

    /// Whether `evently verify` finds the whole log sound.
    pub(crate) async fn verify(&self) -> anyhow::Result<bool> {
        match self.evently(&["verify"]).await {
            Ok(_) => Ok(true),
            Err(error) => {
                complain(&error);
                Ok(false)
            }
        }
    }

    /// Creates the Event of `body`, publishes it and puts it on sale; its id.
    pub(crate) async fn event_on_sale(&self, body: &Value) -> anyhow::Result<String> {
        let created = self.post("/api/v1/admin/events", &body.to_string()).await?;
        let id = created
            .get("id")
            .and_then(Value::as_str)
            .context("an Event without id")?
            .to_owned();
        self.post(&format!("/api/v1/admin/events/{id}/publication"), "")
            .await?;
        self.post(&format!("/api/v1/admin/events/{id}/opening"), "{}")
            .await?;
        Ok(id)
    }

    /// Books each of `pairs` on `event`; the last position.
    pub(crate) async fn book(
        &self,
        event: &str,
        pairs: impl Iterator<Item = [String; 2]> + 'static,
    ) -> anyhow::Result<i64> {
        let token = self.keys.token(Uuid::new_v4(), Role::User)?;
        let (mut pairs, mut bookings) = (pairs, Bookings::of(event));
        let last = Rc::new(Cell::new(0));
        let newest = Rc::clone(&last);
        let next = move |out: &mut Vec<u8>, (): &mut ()| {
            let Some(pair) = pairs.next() else { return false };
            bookings.write(out, &token, &pair);
            true
        };
        let seen = move |answer: &Answer<'_>, _, (): &mut ()| {
            newest.set(newest.get().max(answer.position()));
        };
        let load = closed_loop(self.address, PREPARING, next, seen).await?;
        ensure!(load.refused + load.broken() == 0, "preparing bookings failed");
        Ok(last.get())
    }

    /// Status and body of a public resource, once the read side is at `position`.
    pub(crate) async fn get_at(&self, path: &str, position: i64) -> anyhow::Result<(u16, Value)> {
        let answer = self.get(path, position).send().await?;
        Ok((answer.status().as_u16(), answer.json().await.unwrap_or_default()))
    }

    /// A public resource, once the read side is at `position`; its body stays compressed.
    pub(crate) async fn raw_gzip(&self, path: &str, position: i64) -> reqwest::Result<reqwest::Response> {
        let request = self.get(path, position);
        request.header("Accept-Encoding", "gzip").send().await
    }

    fn get(&self, path: &str, position: i64) -> reqwest::RequestBuilder {
        let request = self.http.get(format!("http://{}{path}", self.address));
        request.header("Evently-Min-Position", position)
    }

    /// How many facts went into an append, on average since the start.
    pub(crate) async fn facts_per_append(&self) -> anyhow::Result<f64> {
        let text = self.get("/metrics", 0).send().await?.text().await?;
        let value = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|value| value.trim().parse::<f64>().ok())
                .with_context(|| format!("no metric {name}"))
        };
        Ok(value("evently_append_facts_sum")? / value("evently_append_facts_count")?)
    }

    /// Resident memory of Evently in MiB.
    pub(crate) fn resident_mib(&self) -> anyhow::Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.server.0.id()))?;
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .context("no VmRSS")?;
        let kib: u64 = line
            .split_whitespace()
            .next()
            .context("an empty VmRSS")?
            .parse()?;
        Ok(kib / 1_024)
    }

    /// CPU time that each part has used so far.
    pub(crate) fn cpu(&self) -> anyhow::Result<Cpu> {
        let parts = Parts {
            evently: Some(self.server.0.id()),
            postgres: self.postgres.id(),
            nats: self.nats.as_ref().and_then(NatsServer::id),
        };
        parts.used()
    }

    /// Position of the log's last fact.
    pub(crate) async fn head(&self) -> anyhow::Result<i64> {
        let mut connection = PgConnection::connect(&self.database_url).await?;
        let head = sqlx::query_scalar("select coalesce(max(position), 0) from public.events");
        Ok(head.fetch_one(&mut connection).await?)
    }

    /// Does now what PostgreSQL would do about a log that was just filled while something else is measured.
    pub(crate) async fn tidy(&self) -> anyhow::Result<()> {
        let mut connection = PgConnection::connect(&self.database_url).await?;
        for upkeep in ["vacuum analyze public.events", "checkpoint"] {
            sqlx::query(upkeep).execute(&mut connection).await?;
        }
        Ok(())
    }

    /// The position that every projection has reached.
    pub(crate) async fn projected(&self) -> anyhow::Result<i64> {
        let mut connection = PgConnection::connect(&self.database_url).await?;
        let least = sqlx::query_scalar("select coalesce(min(position), 0) from read.checkpoints");
        Ok(least.fetch_one(&mut connection).await?)
    }

    /// Another database on the same server with an empty log.
    pub(crate) async fn fresh_database(&self) -> anyhow::Result<String> {
        let url = create_database(&self.postgres).await?;
        let mut settings = self.settings.clone();
        settings.push(("EVENTLY_DATABASE_URL", url.clone()));
        run(&self.program, &settings, &["migrate"]).await?;
        Ok(url)
    }

    async fn post(&self, path: &str, body: &str) -> anyhow::Result<Value> {
        let request = self.http.post(format!("http://{}{path}", self.address));
        let request = request.bearer_auth(&self.organizer).body(body.to_owned());
        let answer = request.header("Content-Type", "application/json").send().await?;
        let (status, text) = (answer.status(), answer.text().await?);
        ensure!(status.is_success(), "{path} answered {status}: {text}");
        Ok(serde_json::from_str(&text).unwrap_or_default())
    }
}

/// Sum of `key` over the sections in `body`.
pub(crate) fn sum_of_sections(body: &Value, key: &str) -> u64 {
    let sections = body.get("sections").and_then(Value::as_array);
    let values = sections
        .into_iter()
        .flatten()
        .filter_map(|section| section.get(key)?.as_u64());
    values.sum()
}

/// The `evently` that was built beside this program.
fn program() -> anyhow::Result<PathBuf> {
    let mut program = std::env::current_exe()?;
    program.set_file_name("evently");
    ensure!(
        program.is_file(),
        "{} is missing: run the benchmarks by script/bench, which builds it",
        program.display()
    );
    Ok(program)
}

/// Makes an empty database; its address.
pub(crate) async fn create_database(postgres: &PostgresServer) -> anyhow::Result<String> {
    let name = format!("bench_{}", Uuid::new_v4().simple());
    postgres.database(&name).await
}

pub(crate) fn free_address() -> anyhow::Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

fn http() -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder().no_proxy().build()
}

pub(crate) async fn until_ready(address: SocketAddr, path: &str) -> anyhow::Result<()> {
    let (started, http) = (Instant::now(), http()?);
    while started.elapsed() < READY_WITHIN {
        let answer = http.get(format!("http://{address}{path}")).send().await;
        if answer.is_ok_and(|answer| !answer.status().is_server_error()) {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    bail!("{address}{path} is not ready within {} s", READY_WITHIN.as_secs())
}

async fn run(program: &PathBuf, settings: &[(&str, String)], arguments: &[&str]) -> anyhow::Result<String> {
    let mut command = AsyncCommand::new(program);
    command
        .args(arguments)
        .envs(settings.iter().map(|(name, value)| (name, value)));
    let output = command.stdin(Stdio::null()).output().await?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let complained = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "evently {arguments:?} failed:\n{said}\n{complained}"
    );
    Ok(said)
}

#[expect(clippy::print_stderr, reason = "errors go to the terminal")]
fn complain(error: &anyhow::Error) {
    eprintln!("{error:#}");
}
