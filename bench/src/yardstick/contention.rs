//! `contention`: 1,000 buyers want the same 100 seats, one each; exactly 100 get one and 900 hear a clean no.

use anyhow::ensure;

use crate::load::closed_loop;
use crate::report::Report;
use crate::request::Bookings;
use crate::seats::{event_body, seat_id};
use crate::stage::Stage;

const BUYERS: u32 = 1_000;
const SEATS: u32 = 100;
const CONNECTIONS: usize = 256;

/// Runs it; fails where the numbers are not exact.
pub(crate) async fn run(commit_ms: u64) -> anyhow::Result<()> {
    let stage = Stage::start("command-api", commit_ms).await?;
    let event = stage.event_on_sale(&event_body("Contended", 1, 0)).await?;
    let buyers = stage.keys.buyers(usize::try_from(BUYERS)?)?;
    let (mut bookings, mut asking) = (Bookings::of(&event), 0..BUYERS);
    let next = move |out: &mut Vec<u8>, (): &mut ()| {
        let Some(buyer) = asking.next() else { return false };
        bookings.write(out, buyers.token(buyer), &[seat_id(buyer % SEATS)]);
        true
    };
    let before = stage.cpu()?;
    let load = closed_loop(stage.address, CONNECTIONS, next, |_, _, ()| {}).await?;
    let used = stage.cpu()? - before;
    let verified = stage.verify().await?;
    let mut report = Report::of("contention", commit_ms);
    report.load(&load);
    report.cpu("request", used, load.answered());
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
