//! `growth`: the load of `hot-event`, on the write side alone, on Events that have had ever more facts, and then in a log that is
//! full of facts of other Events.

use anyhow::ensure;
use sqlx::{Connection, PgConnection};

use super::hot_event::{self, Effort, SECTIONS, hot_body};
use crate::cpu::Cpu;
use crate::keys::Buyers;
use crate::purchase::{Finish, purchase};
use crate::report::Report;
use crate::seats::{SEATS_PER_SECTION, event_body, pair};
use crate::stage::Stage;

/// Facts of another Event right before the clock starts. After a checkpoint PostgreSQL logs each page whole that it changes
/// first; so many touch most pages of the index in which Bookings stand, so that this is not what is measured.
const WARM_UP_FACTS: u64 = 100_000;

/// How far things grow.
#[derive(Debug, clap::Args)]
pub(crate) struct Growth {
    #[command(flatten)]
    effort: Effort,
    /// Facts of each Event before the load, a step each; the first is what the others are compared with.
    #[arg(long, value_delimiter = ',', default_values_t = [0, 100_000, 1_000_000])]
    event_facts: Vec<u64>,
    /// Facts of other Events in the log, in the last step.
    #[arg(long, default_value_t = 1_000_000)]
    log_facts: u64,
}

/// What a step reached.
#[derive(Clone, Copy)]
struct Step {
    accepted_per_s: f64,
    /// Microseconds a hold.
    cpu: Cpu,
}

/// Runs a step after the other, each on a stage of its own; fails where anything is refused.
pub(crate) async fn run(growth: Growth, commit_ms: u64) -> anyhow::Result<()> {
    let mut report = Report::of("growth", commit_ms);
    let mut steps = Vec::new();
    for facts in growth.event_facts {
        let stage = Stage::start("command-api", commit_ms).await?;
        let step = measure(&stage, growth.effort, facts).await?;
        note(
            &mut report,
            &format!("event_{facts}"),
            &format!("{facts} facts of the Event"),
            step,
        );
        steps.push(step);
    }
    let stage = Stage::start("command-api", commit_ms).await?;
    let facts = fill(&stage, growth.log_facts).await?;
    let step = measure(&stage, growth.effort, 0).await?;
    note(&mut report, "log", &format!("{facts} facts of others"), step);
    report.count("log_facts", "facts of others in the log", facts);
    steps.push(step);
    let largest = |of: fn(&Step) -> f64| deviation_percent(&steps.iter().map(of).collect::<Vec<_>>());
    let deviations = [
        ("accepted_per_s", largest(|step| step.accepted_per_s)),
        ("evently_cpu", largest(|step| step.cpu.evently)),
        ("postgres_cpu", largest(|step| step.cpu.postgres)),
    ];
    for (name, percent) in deviations {
        let what = format!("{name}: largest deviation from the first step, %");
        report.figure(&format!("{name}_deviation_percent"), &what, percent);
    }
    report.print();
    Ok(())
}

async fn measure(stage: &Stage, effort: Effort, facts: u64) -> anyhow::Result<Step> {
    let prepare = async |event: &str, buyers: &Buyers| {
        hold_and_release(stage, effort, (event, buyers), facts).await?;
        stage.tidy().await?;
        let other = stage.event_on_sale(&hot_body()).await?;
        hold_and_release(stage, effort, (&other, buyers), WARM_UP_FACTS).await
    };
    let sold = hot_event::sell_prepared(stage, effort, prepare).await?;
    ensure!(sold.load.refused + sold.load.broken() == 0, "holds failed");
    Ok(Step {
        accepted_per_s: sold.load.accepted_per_s(),
        cpu: sold.used.micros_each(sold.load.accepted),
    })
}

/// Holds and releases seats until the Event of `sale` has had so many `facts` by it.
async fn hold_and_release(
    stage: &Stage,
    effort: Effort,
    sale: (&str, &Buyers),
    facts: u64,
) -> anyhow::Result<()> {
    let seats = (0..SECTIONS * SEATS_PER_SECTION).step_by(2).cycle();
    let pairs = seats.take(usize::try_from(facts.div_ceil(2))?).map(pair);
    let release = Finish {
        verb: "cancellation",
        body: b"{}",
    };
    let (load, _) = purchase(stage, effort.clients, sale, pairs, release).await?;
    ensure!(
        load.refused + load.broken() == 0,
        "holding and releasing seats failed"
    );
    Ok(())
}

fn note(report: &mut Report, key: &str, what: &str, step: Step) {
    let figures = [
        ("accepted_per_s", "holds/s", step.accepted_per_s),
        ("evently_cpu_us", "CPU of evently a hold, µs", step.cpu.evently),
        ("postgres_cpu_us", "CPU of postgres a hold, µs", step.cpu.postgres),
    ];
    for (name, unit, value) in figures {
        report.figure(&format!("{key}_{name}"), &format!("{what}: {unit}"), value);
    }
}

/// By how much a value differs at most from the first, in percent of it.
fn deviation_percent(values: &[f64]) -> f64 {
    let first = values.first().copied().unwrap_or_default();
    let deviations = values.iter().map(|value| (value / first - 1.0).abs() * 100.0);
    deviations.fold(0.0, f64::max)
}

/// Fills an empty log with at least so many facts, if any: an Event that is sold out, and copies of it under other ids. How
/// many facts it has then.
async fn fill(stage: &Stage, facts: u64) -> anyhow::Result<u64> {
    if facts == 0 {
        return Ok(0);
    }
    let event = stage.event_on_sale(&event_body("Other", 1, 4_500)).await?;
    stage
        .book(&event, (0..SEATS_PER_SECTION).step_by(2).map(pair))
        .await?;
    let original = stage.head().await?;
    let mut connection = PgConnection::connect(&stage.database_url).await?;
    for copy in 1..facts.div_ceil(u64::try_from(original)?) {
        sqlx::query(
            "with original as (
               select *, case aggregate_type when 'booking' then aggregate_id
                                             else coalesce(payload #>> array[event_type, 'booking'], '') end as booking
                 from public.events where position <= $3)
             insert into public.events (position, aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata)
             select position + $1 * $3, aggregate_type, md5($1::bigint || aggregate_id)::uuid, sequence, event_type, event_version,
                    replace(replace(payload::text, $2, md5($1 || $2::text)::uuid::text),
                            booking, md5($1 || booking)::uuid::text)::json, metadata
               from original order by position",
        )
        .bind(i64::try_from(copy)?)
        .bind(&event)
        .bind(original)
        .execute(&mut connection)
        .await?;
    }
    Ok(u64::try_from(stage.head().await?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_deviation_counts_whichever_its_sign() {
        assert_eq!(deviation_percent(&[200.0, 210.0, 150.0]).to_string(), "25");
        assert_eq!(deviation_percent(&[200.0]).to_string(), "0");
    }
}
