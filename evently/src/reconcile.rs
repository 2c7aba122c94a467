//! `evently reconcile`: the books of each payment gateway against the log. What the gateway knows and the log does not becomes
//! a fact, by the same commands as ever; what cannot be put right by a machine is listed for people.

mod books;
mod compare;

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow};
use chrono::{DateTime, TimeDelta, Utc};
use command_api::CommandApi;
use domain::ids::EventId;
use domain::text::counted;
use event_store::Log;
use event_store::clock::new_id;
use gateway::{Caller, Guarded, Movement, News};
use lanes::Cause;
use processes::settling;

use self::books::Books;
use self::compare::differences;
use crate::backend::Backend;
use crate::cli::Reconcile;
use crate::config::Config;
use crate::console::say;
use crate::node::WriteSide;

/// Pages of a gateway's books that are read at most: far more than any period that is compared at once.
const PAGES_MAX: usize = 100_000;

/// A gateway's clock and ours may differ by this much, and a charge is made after it was asked for.
const CLOCKS_DIFFER_MAX: TimeDelta = TimeDelta::minutes(10);

/// Compares, and repairs unless the options forbid it. Exits with 1 where something is left for people.
pub(crate) async fn run(config: &Config, options: &Reconcile) -> Result<ExitCode> {
    let backend = Backend::open(config).await?;
    let write_side = WriteSide::start(&backend, config)?;
    let api = &write_side.api;
    let since = api.clock.now() - TimeDelta::hours(i64::from(options.hours));
    let log = Log::new(backend.writer.clone());
    let mut left = 0_usize;
    for gateway in api.collector.gateways().all() {
        left += reconcile(api, gateway, &log, since, options.dry_run).await?;
    }
    api.drain().await;
    backend.close().await;
    Ok(if left == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Compares one gateway; how many differences are left.
async fn reconcile(
    api: &CommandApi,
    gateway: &Arc<Guarded>,
    log: &Log,
    since: DateTime<Utc>,
    dry_run: bool,
) -> Result<usize> {
    let name = gateway.name();
    let theirs = movements(gateway, since - CLOCKS_DIFFER_MAX).await?;
    // Read after the gateway's: whatever is there was requested here before.
    let ours = Books::read(log, name).await?;
    let found = differences(&ours, since, &theirs);
    let (mut repaired, mut left, count) = (0_usize, 0_usize, found.len());
    for difference in found {
        say(format_args!("{name}: {difference}"));
        match difference.repair() {
            Some((event, news)) if !dry_run => match carry_out(api, event, news).await {
                Ok(()) => repaired += 1,
                Err(error) => {
                    say(format_args!("{name}: {error:#}"));
                    left += 1;
                }
            },
            Some(_) | None => left += 1,
        }
    }
    say(format_args!(
        "{name}: {} since {since}, {}, {repaired} repaired, {left} left.",
        counted(theirs.len(), "movement", "movements"),
        counted(count, "difference", "differences"),
    ));
    Ok(left)
}

/// Everything in the gateway's books since then.
async fn movements(gateway: &Guarded, since: DateTime<Utc>) -> Result<Vec<Movement>> {
    let (mut all, mut after) = (Vec::new(), None);
    for _ in 0..PAGES_MAX {
        let admission = gateway.admit(Caller::Errand).await?;
        let page = gateway.movements(admission, since, after).await;
        let page = page.with_context(|| format!("cannot read the books of {}", gateway.name()))?;
        all.extend(page.movements);
        after = page.next;
        if after.is_none() {
            return Ok(all);
        }
    }
    Err(anyhow!(
        "the books of {} have more than {PAGES_MAX} pages",
        gateway.name()
    ))
}

/// Makes a fact of what the gateway knows.
async fn carry_out(api: &CommandApi, event: EventId, news: News) -> Result<()> {
    let command = settling(news, api.clock.now()).context("its outcome is not known yet")?;
    let cause = Cause::system("reconciliation", new_id(&api.clock));
    let done = api.events.booking(event, command, cause).await;
    done.map(drop).map_err(|error| anyhow!("not repaired: {error:?}"))
}
