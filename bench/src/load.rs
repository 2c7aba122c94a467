//! A closed loop: so many connections, each sending its next request when its last one is answered.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use tokio::task::LocalSet;

use crate::client::{Answer, Connection};

/// Significant digits of recorded latencies.
const DIGITS: u8 = 3;

/// The longest latency that is told apart, in microseconds.
const LATENCY_MAX_US: u64 = 60_000_000;

/// What came of a load.
#[derive(Debug)]
pub(crate) struct Load {
    /// 2xx.
    pub(crate) accepted: u64,
    /// 4xx: the product said no.
    pub(crate) refused: u64,
    /// 5xx.
    pub(crate) errors_5xx: u64,
    /// No answer: connection refused, reset or cut.
    pub(crate) unanswered: u64,
    /// From the first request to the last answer.
    pub(crate) elapsed: Duration,
    /// Microseconds from sending to the whole answer, of every answered request.
    pub(crate) latency_us: Histogram<u64>,
}

impl Load {
    fn new() -> anyhow::Result<Self> {
        Ok(Self {
            accepted: 0,
            refused: 0,
            errors_5xx: 0,
            unanswered: 0,
            elapsed: Duration::ZERO,
            latency_us: Histogram::new_with_max(LATENCY_MAX_US, DIGITS)?,
        })
    }

    /// Accepted requests a second.
    pub(crate) fn accepted_per_s(&self) -> f64 {
        self.accepted as f64 / self.elapsed.as_secs_f64()
    }

    /// The latency under which `share` (0 to 1) of the answers came, in milliseconds.
    pub(crate) fn quantile_ms(&self, share: f64) -> f64 {
        self.latency_us.value_at_quantile(share) as f64 / 1_000.0
    }

    /// Adds `other`, which ran after this one.
    pub(crate) fn then(&mut self, other: &Self) -> anyhow::Result<()> {
        self.accepted += other.accepted;
        self.refused += other.refused;
        self.errors_5xx += other.errors_5xx;
        self.unanswered += other.unanswered;
        self.elapsed += other.elapsed;
        self.latency_us.add(&other.latency_us)?;
        Ok(())
    }

    fn note(&mut self, status: u16, took: Duration) {
        match status {
            200..=399 => self.accepted += 1,
            400..=499 => self.refused += 1,
            _ => self.errors_5xx += 1,
        }
        self.latency_us
            .saturating_record(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
    }
}

/// Runs a closed loop until `next` has no more work. `next` writes a request into the buffer and answers whether it did;
/// `seen` gets each answer.
///
/// A connection that breaks is opened again once; what it waited for counts as unanswered.
pub(crate) async fn closed_loop<N, S>(
    address: SocketAddr,
    connections: usize,
    next: N,
    seen: S,
) -> anyhow::Result<Load>
where
    N: FnMut(&mut Vec<u8>) -> bool + 'static,
    S: FnMut(&Answer<'_>) + 'static,
{
    let next = Rc::new(RefCell::new(next));
    let seen = Rc::new(RefCell::new(seen));
    let load = Rc::new(RefCell::new(Load::new()?));
    let mut open = Vec::with_capacity(connections);
    for _ in 0..connections {
        open.push(Connection::open(address).await?);
    }
    let started = Instant::now();
    let local = LocalSet::new();
    for connection in open {
        let (next, seen, load) = (Rc::clone(&next), Rc::clone(&seen), Rc::clone(&load));
        local.spawn_local(async move { work(connection, address, &next, &seen, &load).await });
    }
    local.await;
    let mut load = load.replace(Load::new()?);
    load.elapsed = started.elapsed();
    Ok(load)
}

async fn work<N, S>(
    mut connection: Connection,
    address: SocketAddr,
    next: &RefCell<N>,
    seen: &RefCell<S>,
    load: &RefCell<Load>,
) where
    N: FnMut(&mut Vec<u8>) -> bool,
    S: FnMut(&Answer<'_>),
{
    let mut request = Vec::with_capacity(2_048);
    while (next.borrow_mut())(&mut request) {
        let sent = Instant::now();
        if let Ok(answer) = connection.send(&request).await {
            load.borrow_mut().note(answer.status, sent.elapsed());
            (seen.borrow_mut())(&answer);
            continue;
        }
        load.borrow_mut().unanswered += 1;
        match Connection::open(address).await {
            Ok(fresh) => connection = fresh,
            Err(_) => return,
        }
    }
}
