//! The load generator and the yardsticks of Evently: `script/bench NAME`.
//!
//! Each yardstick starts what it needs on this machine, prints a table for people, and as its last line one JSON object
//! whose keys `docs/performance.md` explains.
#![expect(
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    reason = "figures for people"
)]

mod baseline;
mod client;
mod compared;
mod cpu;
mod keys;
mod latencies;
mod load;
mod purchase;
mod report;
mod request;
mod seats;
mod slow_commits;
mod stage;
mod yardstick;

use clap::{Parser, Subcommand};

use crate::baseline::serve::Baseline;
use crate::yardstick::growth::Growth;
use crate::yardstick::hot_event::Effort;
use crate::yardstick::{
    checkout, contention, everything, growth, hot_event, lag, limit, replay, seat_map, sell_out, spread,
};

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Measures Evently on this machine.
#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    yardstick: Yardstick,
    /// Milliseconds by which each commit takes longer than on this machine's disk; needs the C compiler `cc`.
    #[arg(long, global = true, default_value_t = 0, value_parser = clap::value_parser!(u64).range(..=1_000))]
    commit_ms: u64,
}

#[derive(Debug, Subcommand)]
enum Yardstick {
    /// Rows per second of one connection that appends prebuilt batches.
    Limit(Effort),
    /// 256 connections hold seats of one Event; with limit and baselines in the same run.
    HotEvent(Effort),
    /// The same load with every role on, against the write side alone.
    Everything(Effort),
    /// The same load on Events that have had many facts, and in a log of many others.
    Growth(Growth),
    /// The same load over 5,000 Events in turn, against one after the other.
    Spread(Effort),
    /// 50,000 seats to 25,000 buyers with every role on, then verify.
    SellOut,
    /// 1,000 buyers for 100 seats.
    Contention,
    /// Holds, pays and is confirmed, with every role on and a gateway that answers at once.
    Checkout(Length),
    /// Commit to visible in a query, at 1,000 bookings a second.
    Lag(Length),
    /// The cached seat map against a constant of its size.
    SeatMap(Length),
    /// The read tables anew from the log.
    Replay(Effort),
    /// Serves a baseline; `hot-event` starts it.
    #[command(hide = true)]
    ServeBaseline {
        /// Which.
        baseline: Baseline,
        /// Where to listen at 127.0.0.1.
        #[arg(long)]
        port: u16,
        /// Address of its database.
        #[arg(long)]
        database: String,
    },
}

#[derive(Debug, clap::Args)]
struct Length {
    /// Seconds of load.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
}

/// One thread: the load generator shares its cores with what it measures.
#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let Arguments { yardstick, commit_ms } = Arguments::parse();
    match yardstick {
        Yardstick::Limit(effort) => limit::run(effort, commit_ms).await,
        Yardstick::HotEvent(effort) => hot_event::run(effort, commit_ms).await,
        Yardstick::Everything(effort) => everything::run(effort, commit_ms).await,
        Yardstick::Growth(growth) => growth::run(growth, commit_ms).await,
        Yardstick::Spread(effort) => spread::run(effort, commit_ms).await,
        Yardstick::SellOut => sell_out::run(commit_ms).await,
        Yardstick::Contention => contention::run(commit_ms).await,
        Yardstick::Checkout(length) => checkout::run(length.seconds, commit_ms).await,
        Yardstick::Lag(length) => lag::run(length.seconds, commit_ms).await,
        Yardstick::SeatMap(length) => seat_map::run(length.seconds, commit_ms).await,
        Yardstick::Replay(effort) => replay::run(effort, commit_ms).await,
        Yardstick::ServeBaseline {
            baseline,
            port,
            database,
        } => baseline::serve::run(baseline, port, &database).await,
    }
}
