//! `checkout`: buyers hold two seats each and pay for them, with every role on and a sandbox gateway, in a process of its own,
//! that answers at once; then every seat that was paid for must be a sale, and the log sound.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::ensure;
use serde_json::Value;
use tokio::task::LocalSet;
use uuid::Uuid;

use crate::client::Connection;
use crate::keys::Buyers;
use crate::latencies::Latencies;
use crate::report::Report;
use crate::request;
use crate::seats::{SEATS_PER_SECTION, event_body, pair};
use crate::stage::{ALL_ROLES, Server, Stage, free_address, until_ready};

/// Buyers at once.
const CONNECTIONS: u32 = 64;

/// Sections of the Event: 200,000 seats, as many as an Event may have.
const SECTIONS: u32 = 40;

/// What a seat costs, in cents.
const PRICE: i64 = 4_500;

/// The gateway's key, for a gateway that lives as long as the benchmark.
const KEY: &str = "sk_benchmark";

const PAYMENT: &[u8] = br#"{"method":{"token":"sandbox_approve"}}"#;

/// What buyers share.
struct Sale {
    address: SocketAddr,
    event: String,
    buyers: Buyers,
    next: Cell<u32>,
    ends: Instant,
    figures: RefCell<Figures>,
}

/// What came of it.
#[derive(Default)]
struct Figures {
    paid: u64,
    refused: u64,
    errors_5xx: u64,
    later: u64,
    /// From asking for the payment to the confirmed booking.
    pay: Latencies,
    hold: Latencies,
}

/// Runs it for `seconds`; fails where anything was refused, broke or is unsound.
pub(crate) async fn run(seconds: u64) -> anyhow::Result<()> {
    let gateway = free_address()?;
    let settings = vec![
        ("EVENTLY_PAYMENT_GATEWAY", "sandbox".to_owned()),
        ("EVENTLY_SANDBOX_URL", format!("http://{gateway}")),
        ("EVENTLY_SANDBOX_KEY", KEY.to_owned()),
    ];
    let stage = Stage::start_with(ALL_ROLES, settings).await?;
    let journal = std::env::temp_dir().join(format!("checkout-{}", Uuid::new_v4()));
    let _gateway = start_gateway(&stage, gateway, &journal).await?;
    let event = stage
        .event_on_sale(&event_body("Checkout", SECTIONS, PRICE))
        .await?;
    let sale = Rc::new(Sale {
        address: stage.address,
        event,
        buyers: stage.keys.buyers(usize::try_from(CONNECTIONS)?)?,
        next: Cell::new(0),
        ends: Instant::now() + Duration::from_secs(seconds),
        figures: RefCell::default(),
    });
    let started = Instant::now();
    sell(&sale).await?;
    let elapsed = started.elapsed();
    let verified = stage.verify().await?;
    drop(std::fs::remove_dir_all(&journal));
    let figures = sale.figures.borrow();
    figures.report(elapsed, verified).print();
    ensure!(figures.paid > 0, "nothing was paid");
    ensure!(
        figures.errors_5xx == 0 && figures.refused == 0,
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

async fn sell(sale: &Rc<Sale>) -> anyhow::Result<()> {
    let local = LocalSet::new();
    let buyers: Vec<_> = (0..CONNECTIONS)
        .map(|buyer| {
            let sale = Rc::clone(sale);
            local.spawn_local(async move { sale.buy(buyer).await })
        })
        .collect();
    local.await;
    for buyer in buyers {
        buyer.await??;
    }
    Ok(())
}

impl Sale {
    /// Holds and pays, again and again.
    async fn buy(&self, buyer: u32) -> anyhow::Result<()> {
        let mut connection = Connection::open(self.address).await?;
        let token = self.buyers.token(buyer);
        let (mut out, mut body) = (Vec::new(), Vec::new());
        while Instant::now() < self.ends {
            let first = self.next.get();
            if first + 1 >= SECTIONS * SEATS_PER_SECTION {
                break;
            }
            self.next.set(first + 2);
            request::booking_body(&mut body, &self.event, &pair(first));
            let key = Uuid::new_v4().to_string();
            request::post(&mut out, "/api/v1/bookings", token, &key, &body);
            let asked = Instant::now();
            let answer = connection.send(&out).await?;
            let (status, took) = (answer.status, asked.elapsed());
            let booking: Value = serde_json::from_slice(answer.body).unwrap_or_default();
            self.figures.borrow_mut().held(status, took);
            let Some(id) = booking.get("id").and_then(Value::as_str) else {
                continue;
            };
            let path = format!("/api/v1/bookings/{id}/payment");
            request::post(&mut out, &path, token, &key, PAYMENT);
            let asked = Instant::now();
            let status = connection.send(&out).await?.status;
            self.figures.borrow_mut().paid(status, asked.elapsed());
        }
        Ok(())
    }
}

impl Figures {
    fn held(&mut self, status: u16, took: Duration) {
        self.hold.note(took);
        self.count_failure(status);
    }

    fn paid(&mut self, status: u16, took: Duration) {
        self.pay.note(took);
        match status {
            200 => self.paid += 1,
            202 => self.later += 1,
            other => self.count_failure(other),
        }
    }

    fn count_failure(&mut self, status: u16) {
        match status {
            200..=399 => {}
            400..=499 => self.refused += 1,
            _ => self.errors_5xx += 1,
        }
    }

    fn report(&self, elapsed: Duration, verified: bool) -> Report {
        let mut report = Report::of("checkout");
        report.count("paid", "payments that were confirmed at once", self.paid);
        report.count("later", "payments whose outcome came later (202)", self.later);
        report.count("refused", "refusals (4xx)", self.refused);
        report.count("errors_5xx", "errors (5xx)", self.errors_5xx);
        report.figure("pays_per_s", "pays/s", self.paid as f64 / elapsed.as_secs_f64());
        report.figure("p50_ms", "pay: p50, ms", self.pay.quantile_ms(50));
        report.figure("p99_ms", "pay: p99, ms", self.pay.quantile_ms(99));
        report.figure("hold_p99_ms", "hold: p99, ms", self.hold.quantile_ms(99));
        report.verified(verified);
        report
    }
}
