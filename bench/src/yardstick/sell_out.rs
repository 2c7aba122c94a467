//! `sell-out`: a stadium of 50,000 seats, imported from its seating plan, sold seat by seat to 25,000 buyers, two seats
//! each, with every role on; then everything is verified.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use serde_json::{Value, json};

use crate::purchase::{Finish, purchase};
use crate::report::Report;
use crate::stage::{ALL_ROLES, Stage, sum_of_sections};

const PLAN: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../data/seating-plans/national-stadium.json"
);
const SEATS: u64 = 50_000;
const BUYERS: u32 = 25_000;
const CONNECTIONS: usize = 256;

/// The read side may take this long; the aim is 2 s.
const CATCH_UP_MAX: Duration = Duration::from_mins(1);

/// Runs it; fails where not exactly all seats are sold or anything is unsound.
pub(crate) async fn run(commit_ms: u64) -> anyhow::Result<()> {
    let stage = Stage::start(ALL_ROLES, commit_ms).await?;
    let plan: Value =
        serde_json::from_slice(&std::fs::read(PLAN).with_context(|| format!("reading {PLAN}"))?)?;
    let seats = seats_of(&plan);
    ensure!(
        u64::try_from(seats.len())? == SEATS,
        "the plan has {} seats",
        seats.len()
    );
    let idle_mib = stage.resident_mib()?;
    let importing = Instant::now();
    let event = stage.event_on_sale(&event_body(plan)).await?;
    let imported = importing.elapsed();
    let buyers = stage.keys.buyers(usize::try_from(BUYERS)?)?;
    let (before, started) = (stage.cpu()?, Instant::now());
    let mut seats = seats.into_iter();
    let pairs = std::iter::from_fn(move || Some([seats.next()?, seats.next()?]));
    let confirm = Finish {
        verb: "confirmation",
        body: b"",
    };
    let (load, purchases) = purchase(&stage, CONNECTIONS, (&event, &buyers), pairs, confirm).await?;
    let wall = started.elapsed();
    let caught_up = catch_up(&stage, &event, purchases.position).await?;
    let used = stage.cpu()? - before;
    let hot_mib = stage.resident_mib()?;
    let sold = sold_of(&stage, &event).await?;
    let verifying = Instant::now();
    let verified = stage.verify().await?;
    let mut report = Report::of("sell-out", commit_ms);
    report.count("sold", "seats sold, as the read side has it", sold);
    report.load(&load);
    report.cpu("request", used, load.answered());
    report.figure(
        "import_s",
        "plan imported, published and opened, s",
        imported.as_secs_f64(),
    );
    report.figure("wall_s", "first request to last answer, s", wall.as_secs_f64());
    report.figure(
        "catch_up_s",
        "last answer to read side complete, s",
        caught_up.as_secs_f64(),
    );
    report.count("idle_mib", "resident memory before, MiB", idle_mib);
    report.count("hot_mib", "resident memory after, MiB", hot_mib);
    report.figure(
        "verify_s",
        "verify of the whole log, s",
        verifying.elapsed().as_secs_f64(),
    );
    report.verified(verified);
    report.print();
    ensure!(sold == SEATS, "{sold} seats sold of {SEATS}");
    ensure!(load.broken() == 0, "errors while selling out");
    ensure!(verified, "verify found violations");
    Ok(())
}

fn seats_of(plan: &Value) -> Vec<String> {
    let list = |value: &Value, key: &str| {
        value
            .get(key)
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default()
    };
    let zones = list(plan, "zones");
    let rows = zones.iter().flat_map(|zone| list(zone, "rows"));
    let seats = rows.flat_map(|row| list(&row, "seats"));
    seats
        .filter_map(|seat| Some(seat.get("seat_guid")?.as_str()?.to_owned()))
        .collect()
}

fn event_body(plan: Value) -> Value {
    let mut body = crate::seats::event_body("Stadium sell-out", 0, 0);
    if let Some(body) = body.as_object_mut() {
        body.remove("sections");
        body.insert("seating_plan".to_owned(), plan);
        // Free seats can be confirmed without a payment.
        body.insert(
            "prices".to_owned(),
            json!({"VIP": 0, "Premium": 0, "Standard": 0, "Family": 0}),
        );
    }
    body
}

async fn catch_up(stage: &Stage, event: &str, position: i64) -> anyhow::Result<Duration> {
    let waiting = Instant::now();
    let path = format!("/api/v1/events/{event}/availability");
    while waiting.elapsed() < CATCH_UP_MAX {
        let (status, _) = stage.get_at(&path, position).await?;
        if status == 200 {
            return Ok(waiting.elapsed());
        }
    }
    anyhow::bail!("the read side did not reach position {position}")
}

async fn sold_of(stage: &Stage, event: &str) -> anyhow::Result<u64> {
    let (_, body) = stage
        .get_at(&format!("/api/v1/events/{event}/availability"), 0)
        .await?;
    Ok(sum_of_sections(&body, "sold"))
}
