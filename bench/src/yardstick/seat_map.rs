//! `seat-map`: the cached seat map of 10,000 seats, compressed and with `ETag`, against a constant of the same size from
//! the same HTTP stack.

use std::time::{Duration, Instant};

use anyhow::ensure;

use crate::compared::ConstantServer;
use crate::load::{Load, closed_loop};
use crate::report::Report;
use crate::request;
use crate::seats::{event_body, pair};
use crate::stage::{ALL_ROLES, Stage};

const CONNECTIONS: usize = 64;
/// Two sections of 5,000 seats.
const SECTIONS: u32 = 2;
/// Bookings of two seats each before the map is read: half of the seats are not free.
const BOOKINGS: u32 = 2_500;

/// Runs it.
pub(crate) async fn run(seconds: u64, commit_ms: u64) -> anyhow::Result<()> {
    let stage = Stage::start(ALL_ROLES, commit_ms).await?;
    let event = stage.event_on_sale(&event_body("Map", SECTIONS, 4_500)).await?;
    let position = stage
        .book(&event, (0..BOOKINGS).map(|number| pair(number * 4)))
        .await?;
    let mut report = Report::of("seat-map", commit_ms);
    let length = Duration::from_secs(seconds);
    let plan = format!("/api/v1/events/{event}/plan");
    let seats = format!("/api/v1/events/{event}/seats");
    for (name, path) in [("plan", plan), ("seats", seats)] {
        let answer = stage.raw_gzip(&path, position).await?;
        let (status, etag) = (answer.status(), answer.headers().get("etag").cloned());
        ensure!(
            status == 200 && etag.is_some(),
            "{path} answered {status} and ETag {etag:?}"
        );
        let body = answer.bytes().await?;
        let constant = ConstantServer::start(&body).await?;
        let map = get_for(stage.address, &path, length).await?;
        let same = get_for(constant.address, "/", length).await?;
        ensure!(map.refused + map.broken() == 0, "{path} failed under load");
        report.count(
            &format!("{name}_bytes"),
            &format!("{name}: compressed bytes"),
            u64::try_from(body.len())?,
        );
        let per_s = map.accepted_per_s();
        report.figure(&format!("{name}_per_s"), &format!("{name}: answers/s"), per_s);
        report.figure(
            &format!("{name}_p99_ms"),
            &format!("{name}: p99, ms"),
            map.latencies.quantile_ms(99),
        );
        report.figure(
            &format!("{name}_constant_per_s"),
            &format!("{name}: a constant of that size, answers/s"),
            same.accepted_per_s(),
        );
        let key = if name == "seats" {
            "ratio".to_owned()
        } else {
            format!("{name}_ratio")
        };
        report.figure(
            &key,
            &format!("{name}: over the constant"),
            per_s / same.accepted_per_s(),
        );
    }
    report.print();
    Ok(())
}

async fn get_for(address: std::net::SocketAddr, path: &str, length: Duration) -> anyhow::Result<Load> {
    let mut bytes = Vec::new();
    request::get(&mut bytes, path, "Accept-Encoding: gzip\r\n");
    let mut started = None;
    let next = move |out: &mut Vec<u8>, (): &mut ()| {
        let began = started.get_or_insert_with(Instant::now);
        out.clone_from(&bytes);
        began.elapsed() < length
    };
    closed_loop(address, CONNECTIONS, next, |_, _, ()| {}).await
}
