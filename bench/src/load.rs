//! A closed loop: so many connections, each sending its next request when its last one is answered.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::task::LocalSet;

use crate::client::{Answer, Connection};
use crate::latencies::Latencies;

/// What came of a load.
#[derive(Debug, Default)]
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
    /// From sending to the whole answer, of every answered request.
    pub(crate) latencies: Latencies,
}

impl Load {
    /// Accepted requests a second.
    pub(crate) fn accepted_per_s(&self) -> f64 {
        self.accepted as f64 / self.elapsed.as_secs_f64()
    }

    /// Errors and requests without an answer.
    pub(crate) fn broken(&self) -> u64 {
        self.errors_5xx + self.unanswered
    }

    /// Requests that were answered, whatever with.
    pub(crate) fn answered(&self) -> u64 {
        self.accepted + self.refused + self.errors_5xx
    }

    /// Adds `other`, which ran after this one.
    pub(crate) fn then(&mut self, other: &Self) {
        self.accepted += other.accepted;
        self.refused += other.refused;
        self.errors_5xx += other.errors_5xx;
        self.unanswered += other.unanswered;
        self.elapsed += other.elapsed;
        self.latencies.add(&other.latencies);
    }

    /// Counts an answer.
    pub(crate) fn note(&mut self, status: u16, took: Duration) {
        match status {
            200..=399 => self.accepted += 1,
            400..=499 => self.refused += 1,
            _ => self.errors_5xx += 1,
        }
        self.latencies.note(took);
    }
}

/// Runs a closed loop until `next` has no more work. `next` writes a request into the buffer and answers whether it did;
/// `seen` gets each answer and how long it took. Both get what the connection remembers.
///
/// A connection that breaks is opened again once; what it waited for counts as unanswered.
pub(crate) async fn closed_loop<M, N, S>(
    address: SocketAddr,
    connections: usize,
    next: N,
    seen: S,
) -> anyhow::Result<Load>
where
    M: Default + 'static,
    N: FnMut(&mut Vec<u8>, &mut M) -> bool + 'static,
    S: FnMut(&Answer<'_>, Duration, &mut M) + 'static,
{
    let next = Rc::new(RefCell::new(next));
    let seen = Rc::new(RefCell::new(seen));
    let load = Rc::new(RefCell::new(Load::default()));
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
    let mut load = load.take();
    load.elapsed = started.elapsed();
    Ok(load)
}

async fn work<M, N, S>(
    mut connection: Connection,
    address: SocketAddr,
    next: &RefCell<N>,
    seen: &RefCell<S>,
    load: &RefCell<Load>,
) where
    M: Default,
    N: FnMut(&mut Vec<u8>, &mut M) -> bool,
    S: FnMut(&Answer<'_>, Duration, &mut M),
{
    let (mut request, mut memory) = (Vec::with_capacity(2_048), M::default());
    while (next.borrow_mut())(&mut request, &mut memory) {
        let sent = Instant::now();
        if let Ok(answer) = connection.send(&request).await {
            let took = sent.elapsed();
            load.borrow_mut().note(answer.status, took);
            (seen.borrow_mut())(&answer, took, &mut memory);
            continue;
        }
        load.borrow_mut().unanswered += 1;
        match Connection::open(address).await {
            Ok(fresh) => connection = fresh,
            Err(_) => return,
        }
    }
}
