//! `checkout`: buyers hold two seats each and pay for them, with every role on and a sandbox gateway, in a process of its own,
//! that answers at once; then every seat that was paid for must be a sale, and the log sound.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::ensure;
use uuid::Uuid;

use crate::purchase::{Finish, purchase};
use crate::report::Report;
use crate::seats::{SEATS_PER_SECTION, event_body, pair};
use crate::stage::{ALL_ROLES, Server, Stage, free_address, until_ready};

/// Buyers at once.
const CONNECTIONS: usize = 64;

/// Sections of the Event: 200,000 seats, as many as an Event may have.
const SECTIONS: u32 = 40;

/// What a seat costs, in cents.
const PRICE: i64 = 4_500;

/// The gateway's key, for a gateway that lives as long as the benchmark.
const KEY: &str = "sk_benchmark";

const PAYMENT: &[u8] = br#"{"method":{"token":"sandbox_approve"}}"#;

/// Runs it for `seconds`; fails where anything was refused, broke or is unsound.
pub(crate) async fn run(seconds: u64, commit_ms: u64) -> anyhow::Result<()> {
    let gateway = free_address()?;
    let settings = vec![
        ("EVENTLY_PAYMENT_GATEWAY", "sandbox".to_owned()),
        ("EVENTLY_SANDBOX_URL", format!("http://{gateway}")),
        ("EVENTLY_SANDBOX_KEY", KEY.to_owned()),
    ];
    let stage = Stage::start_with(ALL_ROLES, commit_ms, settings).await?;
    let journal = std::env::temp_dir().join(format!("checkout-{}", Uuid::new_v4()));
    let _gateway = start_gateway(&stage, gateway, &journal).await?;
    let event = stage
        .event_on_sale(&event_body("Checkout", SECTIONS, PRICE))
        .await?;
    let buyers = stage.keys.buyers(CONNECTIONS)?;
    let ends = Instant::now() + Duration::from_secs(seconds);
    let seats = (0..SECTIONS * SEATS_PER_SECTION).step_by(2);
    let pairs = seats.take_while(move |_| Instant::now() < ends).map(pair);
    let pay = Finish {
        verb: "payment",
        body: PAYMENT,
    };
    let before = stage.cpu()?;
    let (load, purchases) = purchase(&stage, CONNECTIONS, (&event, &buyers), pairs, pay).await?;
    let used = stage.cpu()? - before;
    let verified = stage.verify().await?;
    drop(std::fs::remove_dir_all(&journal));
    let paid = purchases.finishes.accepted - purchases.later;
    let pays = &purchases.finishes.latencies;
    let mut report = Report::of("checkout", commit_ms);
    report.count("paid", "payments that were confirmed at once", paid);
    report.count(
        "later",
        "payments whose outcome came later (202)",
        purchases.later,
    );
    report.count("refused", "refusals (4xx)", load.refused);
    report.count("errors_5xx", "errors (5xx)", load.errors_5xx);
    report.figure("pays_per_s", "pays/s", paid as f64 / load.elapsed.as_secs_f64());
    report.figure("p50_ms", "pay: p50, ms", pays.quantile_ms(50));
    report.figure("p99_ms", "pay: p99, ms", pays.quantile_ms(99));
    let held = purchases.holds.latencies.quantile_ms(99);
    report.figure("hold_p99_ms", "hold: p99, ms", held);
    report.cpu("request", used, load.answered());
    report.verified(verified);
    report.print();
    ensure!(paid > 0, "nothing was paid");
    ensure!(
        load.broken() == 0 && load.refused == 0,
        "payments failed where nothing was in their way"
    );
    ensure!(verified, "verify found violations");
    Ok(())
}

async fn start_gateway(
    stage: &Stage,
    address: SocketAddr,
    journal: &std::path::Path,
) -> anyhow::Result<Server> {
    let (listen, folder) = (address.to_string(), journal.display().to_string());
    let arguments = [
        "sandbox",
        "--listen",
        &listen,
        "--data-dir",
        &folder,
        "--key",
        KEY,
    ];
    let gateway = stage.beside(&arguments)?;
    until_ready(address, "/health").await?;
    Ok(gateway)
}
