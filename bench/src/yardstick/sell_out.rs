//! `sell-out`: a stadium of 50,000 seats, imported from its seating plan, sold seat by seat to 25,000 buyers, two seats
//! each, with every role on; then everything is verified.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use serde_json::{Value, json};

use crate::client::Answer;
use crate::keys::Buyers;
use crate::load::{Load, closed_loop};
use crate::report::Report;
use crate::request;
use crate::stage::{ALL_ROLES, Stage};

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
pub(crate) async fn run() -> anyhow::Result<()> {
    let stage = Stage::start(ALL_ROLES).await?;
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
    let started = Instant::now();
    let (load, last) = hold_and_confirm(&stage, &event, &buyers, seats).await?;
    let wall = started.elapsed();
    let caught_up = catch_up(&stage, &event, last).await?;
    let hot_mib = stage.resident_mib()?;
    let sold = sold_of(&stage, &event).await?;
    let verifying = Instant::now();
    let verified = stage.verify().await?;
    let mut report = Report::of("sell-out");
    report.count("sold", "seats sold, as the read side has it", sold);
    report.load(&load);
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

/// Each buyer holds two seats and, as soon as that is answered, confirms. Answers the last position, too.
async fn hold_and_confirm(
    stage: &Stage,
    event: &str,
    buyers: &Buyers,
    seats: Vec<String>,
) -> anyhow::Result<(Load, i64)> {
    let held: Rc<RefCell<Vec<(String, u32)>>> = Rc::default();
    let last = Rc::new(Cell::new(0_i64));
    let (event, buyers, to_confirm) = (event.to_owned(), buyers.clone(), Rc::clone(&held));
    let (mut seats, came) = (seats.into_iter(), Cell::new(0_u32));
    let mut body = Vec::new();
    let next = move |out: &mut Vec<u8>| {
        if let Some((booking, buyer)) = to_confirm.borrow_mut().pop() {
            let path = format!("/api/v1/bookings/{booking}/confirmation");
            request::post(out, &path, buyers.token(buyer), &booking, b"");
            return true;
        }
        let (Some(one), Some(other)) = (seats.next(), seats.next()) else {
            return false;
        };
        let buyer = came.replace(came.get() + 1);
        request::booking_body(&mut body, &event, &[one, other]);
        let key = format!("buyer-{buyer}");
        request::post(out, "/api/v1/bookings", buyers.token(buyer), &key, &body);
        true
    };
    let newest = Rc::clone(&last);
    let seen = move |answer: &Answer<'_>| {
        newest.set(newest.get().max(answer.position()));
        if answer.status == 201
            && let Some((booking, buyer)) = placed(answer)
        {
            held.borrow_mut().push((booking, buyer));
        }
    };
    let load = closed_loop(stage.address, CONNECTIONS, next, seen).await?;
    Ok((load, last.get()))
}

/// Id of the booking in `answer`, and which buyer's it is.
fn placed(answer: &Answer<'_>) -> Option<(String, u32)> {
    let body: Value = serde_json::from_slice(answer.body).ok()?;
    let booking = body.get("id")?.as_str()?.to_owned();
    let seat = body.pointer("/lines/0/seats/0")?.as_str()?;
    Some((booking, buyer_of(seat)?))
}

/// Seats go to buyers in the order of the plan: `block-03-7-11` is seat 11 of row 7 of the third block.
fn buyer_of(seat: &str) -> Option<u32> {
    let mut parts = seat.strip_prefix("block-")?.split('-').map(str::parse::<u32>);
    let (block, row, number) = (parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?);
    let before = block.checked_sub(1)? * 1_000 + row.checked_sub(1)? * 25 + number.checked_sub(1)?;
    Some(before / 2)
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
    Ok(crate::stage::sum_of_sections(&body, "sold"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seats_of_the_stadium_lead_back_to_their_buyers() {
        assert_eq!(buyer_of("block-01-1-1"), Some(0));
        assert_eq!(buyer_of("block-01-2-1"), Some(12));
        assert_eq!(buyer_of("block-50-40-25"), Some(24_999));
    }
}
