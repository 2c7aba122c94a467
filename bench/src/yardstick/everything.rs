//! `everything`: the load of `hot-event` twice in one run, on the write side alone and with every role on, until the read side
//! has all of it.

use std::time::{Duration, Instant};

use anyhow::ensure;

use super::hot_event::{self, Effort, Sold};
use crate::report::Report;
use crate::stage::{ALL_ROLES, Stage};

/// The read side may take this long; the aim is 1 s.
const CATCH_UP_MAX: Duration = Duration::from_mins(1);
/// How often it is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Runs it; fails where anything is refused with 5xx, or the read side never has all of it.
pub(crate) async fn run(effort: Effort, commit_ms: u64) -> anyhow::Result<()> {
    let alone = {
        let stage = Stage::start("command-api", commit_ms).await?;
        hot_event::sell(&stage, effort).await?
    };
    let stage = Stage::start(ALL_ROLES, commit_ms).await?;
    let before = stage.cpu()?;
    let Sold { load, .. } = hot_event::sell(&stage, effort).await?;
    let waiting = Instant::now();
    let head = stage.head().await?;
    while stage.projected().await? < head {
        ensure!(
            waiting.elapsed() < CATCH_UP_MAX,
            "the read side did not reach position {head}"
        );
        tokio::time::sleep(LOOK_EVERY).await;
    }
    let catch_up = waiting.elapsed();
    let used = stage.cpu()? - before;
    let mut report = Report::of("everything", commit_ms);
    report.load(&load);
    report.cpu("hold", used, load.accepted);
    report.figure(
        "catch_up_s",
        "last answer to read side complete, s",
        catch_up.as_secs_f64(),
    );
    report.figure(
        "alone_accepted_per_s",
        "the write side alone, holds/s",
        alone.load.accepted_per_s(),
    );
    report.figure(
        "everything_ratio",
        "every role over the write side alone",
        load.accepted_per_s() / alone.load.accepted_per_s(),
    );
    report.print();
    ensure!(load.broken() == 0, "errors while selling");
    Ok(())
}
