//! `contention`: 1,000 buyers want the same 100 seats, one each; exactly 100 get one and 900 hear a clean no.

use std::cell::Cell;

use anyhow::ensure;
use uuid::Uuid;

use crate::load::closed_loop;
use crate::report::Report;
use crate::request;
use crate::seats::{event_body, seat_id};
use crate::stage::Stage;

const BUYERS: u32 = 1_000;
const SEATS: u32 = 100;
const CONNECTIONS: usize = 256;

/// Runs it; fails where the numbers are not exact.
pub(crate) async fn run() -> anyhow::Result<()> {
    let stage = Stage::start("command-api").await?;
    let event = stage.event_on_sale(&event_body("Contended", 1, 0)).await?;
    let buyers = stage.keys.buyers(usize::try_from(BUYERS)?)?;
    let asked = Cell::new(0_u32);
    let mut body = Vec::new();
    let next = move |out: &mut Vec<u8>| {
        let buyer = asked.get();
        if buyer >= BUYERS {
            return false;
        }
        asked.set(buyer + 1);
        request::booking_body(&mut body, &event, &[seat_id(buyer % SEATS)]);
        let key = Uuid::new_v4().to_string();
        request::post(out, "/api/v1/bookings", buyers.token(buyer), &key, &body);
        true
    };
    let load = closed_loop(stage.address, CONNECTIONS, next, |_| {}).await?;
    let verified = stage.verify().await?;
    let mut report = Report::of("contention");
    report.load(&load);
    report.verified(verified);
    report.print();
    ensure!(
        load.accepted == u64::from(SEATS),
        "{} holds for {SEATS} seats",
        load.accepted
    );
    ensure!(
        load.refused == u64::from(BUYERS - SEATS),
        "{} refusals",
        load.refused
    );
    ensure!(load.broken() == 0, "errors under contention");
    ensure!(verified, "verify found violations");
    Ok(())
}
