//! `spread`: the load of `hot-event`, and then the same over 5,000 Events in turn; command-api and PostgreSQL only.

use std::time::{Duration, Instant};

use anyhow::ensure;
use futures::{StreamExt, TryStreamExt, stream};

use super::hot_event::{self, BUYERS, Effort};
use crate::load::closed_loop;
use crate::report::Report;
use crate::request::Bookings;
use crate::seats::{SEATS_PER_ROW, event_of_rows, pair};
use crate::stage::Stage;

/// Events on sale, of one row each.
const EVENTS: u32 = 5_000;
/// Events that are made at once.
const PREPARING: usize = 16;

/// Runs it; fails where anything is refused with 5xx.
pub(crate) async fn run(effort: Effort, commit_ms: u64) -> anyhow::Result<()> {
    let stage = Stage::start("command-api", commit_ms).await?;
    let hot = hot_event::sell(&stage, effort).await?;
    let body = event_of_rows("Small", 1, 1, 4_500);
    let events = stream::iter(0..EVENTS).map(|_| stage.event_on_sale(&body));
    let events: Vec<String> = events.buffer_unordered(PREPARING).try_collect().await?;
    let mut events: Vec<Bookings> = events.iter().map(|event| Bookings::of(event)).collect();
    let buyers = stage.keys.buyers(BUYERS)?;
    let (length, started) = (Duration::from_secs(effort.seconds), Instant::now());
    let mut selling = 0..EVENTS * SEATS_PER_ROW / 2;
    let next = move |out: &mut Vec<u8>, (): &mut ()| {
        let Some(number) = selling.next().filter(|_| started.elapsed() < length) else {
            return false;
        };
        let turn = usize::try_from(number % EVENTS).unwrap_or_default();
        let Some(event) = events.get_mut(turn) else {
            return false;
        };
        event.write(out, buyers.token(number), &pair(number / EVENTS * 2));
        true
    };
    let before = stage.cpu()?;
    let load = closed_loop(stage.address, effort.clients, next, |_, _, ()| {}).await?;
    let used = stage.cpu()? - before;
    let mut report = Report::of("spread", commit_ms);
    report.load(&load);
    report.cpu("hold", used, load.accepted);
    report.count("memory_mib", "resident memory after, MiB", stage.resident_mib()?);
    report.figure(
        "hot_accepted_per_s",
        "one Event after the other, holds/s",
        hot.load.accepted_per_s(),
    );
    report.figure(
        "spread_ratio",
        "5,000 Events in turn over one after the other",
        load.accepted_per_s() / hot.load.accepted_per_s(),
    );
    report.print();
    ensure!(load.broken() == 0, "errors while selling");
    Ok(())
}
