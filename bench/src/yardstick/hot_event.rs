//! `hot-event`: 256 connections hold two seats each of one Event, as fast as they can; beside it, in the same run, the
//! limit and the baselines.

use std::time::{Duration, Instant};

use serde_json::Value;
use uuid::Uuid;

use crate::baseline::serve::Baseline;
use crate::compared::BaselineServer;
use crate::cpu::Cpu;
use crate::keys::Buyers;
use crate::load::{Load, closed_loop};
use crate::report::Report;
use crate::request::Bookings;
use crate::seats::{SEATS_PER_SECTION, event_body, pair};
use crate::stage::Stage;

/// Buyers who share the connections.
pub(crate) const BUYERS: usize = 2_000;

/// Sections of the Event on sale: 200,000 seats, the most that an Event may have.
pub(crate) const SECTIONS: u32 = 40;

/// Seconds for which the slow baseline runs: its speed falls as its stream grows, so longer would flatter Evently.
const PLAIN_CQRS_SECONDS: u64 = 5;

/// How much load there is.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Effort {
    /// Seconds of load.
    #[arg(long, default_value_t = 10)]
    pub(crate) seconds: u64,
    /// Connections, each with one request under way.
    #[arg(long, default_value_t = 256)]
    pub(crate) clients: usize,
}

/// Runs all of it and prints the ratios.
pub(crate) async fn run(effort: Effort, commit_ms: u64) -> anyhow::Result<()> {
    let stage = Stage::start("command-api", commit_ms).await?;
    let Sold { load, used } = sell(&stage, effort).await?;
    let append = stage.facts_per_append().await?;
    let limit = super::limit::measure(&stage).await?;
    let sql = baseline(&stage, Baseline::Sql, effort).await?;
    let plain = baseline(
        &stage,
        Baseline::PlainCqrs,
        Effort {
            seconds: PLAIN_CQRS_SECONDS,
            ..effort
        },
    )
    .await?;
    let mut report = Report::of("hot-event", commit_ms);
    report.load(&load);
    report.cpu("hold", used, load.accepted);
    report.figure("facts_per_append", "facts an append, on average", append);
    report.figure(
        "limit_rows_per_s",
        "limit: rows/s of one connection with prebuilt batches",
        limit,
    );
    report.figure(
        "ratio",
        "holds/s × 2 over limit",
        load.accepted_per_s() * 2.0 / limit,
    );
    report.figure(
        "sql_accepted_per_s",
        "baseline: one SQL transaction a booking, holds/s",
        sql.accepted_per_s(),
    );
    report.figure(
        "sql_p99_ms",
        "baseline SQL: p99, ms",
        sql.latencies.quantile_ms(99),
    );
    report.figure(
        "sql_ratio",
        "times the SQL baseline",
        load.accepted_per_s() / sql.accepted_per_s(),
    );
    report.figure(
        "plain_cqrs_accepted_per_s",
        "baseline: plain cqrs-es + postgres-es, holds/s",
        plain.accepted_per_s(),
    );
    report.figure(
        "plain_cqrs_ratio",
        "times plain cqrs-es",
        load.accepted_per_s() / plain.accepted_per_s(),
    );
    report.print();
    Ok(())
}

/// What was sold, and the CPU time that it took.
pub(crate) struct Sold {
    pub(crate) load: Load,
    pub(crate) used: Cpu,
}

/// Sells seats of one Event after another: each is on sale alone until its last seat is gone.
pub(crate) async fn sell(stage: &Stage, effort: Effort) -> anyhow::Result<Sold> {
    sell_prepared(stage, effort, async |_, _| Ok(())).await
}

/// The same with each Event prepared before the clock starts.
pub(crate) async fn sell_prepared(
    stage: &Stage,
    effort: Effort,
    prepare: impl AsyncFn(&str, &Buyers) -> anyhow::Result<()>,
) -> anyhow::Result<Sold> {
    let buyers = stage.keys.buyers(BUYERS)?;
    let warm_up = stage.event_on_sale(&event_body("Warm-up", 2, 0)).await?;
    let pairs = SEATS_PER_SECTION;
    sell_pairs(
        stage.address,
        effort.clients,
        (&warm_up, &buyers),
        pairs,
        Duration::MAX,
    )
    .await?;
    let (mut total, mut used) = (Load::default(), Cpu::default());
    let length = Duration::from_secs(effort.seconds);
    while total.elapsed < length {
        let left = length.saturating_sub(total.elapsed);
        let event = stage.event_on_sale(&hot_body()).await?;
        let pairs = SECTIONS * SEATS_PER_SECTION / 2;
        prepare(&event, &buyers).await?;
        let before = stage.cpu()?;
        let load = sell_pairs(stage.address, effort.clients, (&event, &buyers), pairs, left).await?;
        used += stage.cpu()? - before;
        total.then(&load);
    }
    Ok(Sold { load: total, used })
}

/// The request that creates an Event to be sold.
pub(crate) fn hot_body() -> Value {
    event_body("Hot", SECTIONS, 4_500)
}

async fn sell_pairs(
    address: std::net::SocketAddr,
    clients: usize,
    (event, buyers): (&str, &Buyers),
    pairs: u32,
    length: Duration,
) -> anyhow::Result<Load> {
    let (mut bookings, buyers, mut selling) = (Bookings::of(event), buyers.clone(), 0..pairs);
    let started = Instant::now();
    let next = move |out: &mut Vec<u8>, (): &mut ()| {
        let Some(number) = selling.next().filter(|_| started.elapsed() < length) else {
            return false;
        };
        bookings.write(out, buyers.token(number), &pair(number * 2));
        true
    };
    closed_loop(address, clients, next, |_, _, ()| {}).await
}

async fn baseline(stage: &Stage, which: Baseline, effort: Effort) -> anyhow::Result<Load> {
    let buyers = stage.keys.buyers(BUYERS)?;
    let event = Uuid::new_v4();
    let pairs = SECTIONS * SEATS_PER_SECTION / 2;
    let server = BaselineServer::start(
        stage,
        which,
        event,
        (0..pairs).flat_map(|number| pair(number * 2)).collect(),
    )
    .await?;
    sell_pairs(
        server.address,
        effort.clients,
        (&event.to_string(), &buyers),
        pairs,
        Duration::from_secs(effort.seconds),
    )
    .await
}
