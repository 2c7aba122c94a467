//! `replay`: how fast the read tables are built anew from the log.

use std::time::Instant;

use anyhow::Context;

use super::hot_event::{self, Effort};
use crate::report::Report;
use crate::stage::Stage;

/// Fills a log by selling for `seconds`, then rebuilds the read tables from it.
pub(crate) async fn run(effort: Effort, commit_ms: u64) -> anyhow::Result<()> {
    let mut stage = Stage::start("command-api", commit_ms).await?;
    hot_event::sell(&stage, effort).await?;
    stage.stop_server();
    let facts = stage.head().await?;
    let started = Instant::now();
    stage.evently(&["rebuild"]).await?;
    let seconds = started.elapsed().as_secs_f64();
    let mut report = Report::of("replay", commit_ms);
    report.count(
        "facts",
        "facts in the log",
        u64::try_from(facts).context("an empty log")?,
    );
    report.figure(
        "seconds",
        "seconds to rebuild, the start of the program included",
        seconds,
    );
    report.figure(
        "facts_per_s",
        "facts/s into the read tables",
        facts as f64 / seconds,
    );
    report.print();
    Ok(())
}
