//! A toll gate on the way to a payment gateway: it lets a test stop a request, or its answer, and close the whole way.
//!
//! What stands at the gate stands there for sure, so that a test can kill a process at exactly this point.

mod passage;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;

/// What is expected at the gate comes within this: processes pick up what was left lying after a minute at most.
const COMES_WITHIN: Duration = Duration::from_secs(90);

/// What passes the gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freight {
    /// A request to take money.
    Charge,
    /// A request to return money.
    Refund,
}

/// The gate: a proxy in front of a gateway, at an address that stays.
#[derive(Debug)]
pub struct Tollgate {
    /// Where it is.
    pub address: SocketAddr,
    road: Arc<Road>,
    keeper: Mutex<Option<JoinHandle<()>>>,
}

/// Where the way leads, and what is to be stopped on it.
#[derive(Debug, Default)]
struct Road {
    traffic: Mutex<Traffic>,
}

#[derive(Debug, Default)]
struct Traffic {
    gateway: Option<SocketAddr>,
    silent: bool,
    stops: Vec<(Freight, oneshot::Sender<Stopped>)>,
}

/// A request that will be stopped.
#[derive(Debug)]
pub struct Expected(oneshot::Receiver<Stopped>);

/// A request that stands at the gate; the gateway has not seen it. Dropped, it is lost on the way.
#[derive(Debug)]
pub struct Stopped {
    forward: oneshot::Sender<()>,
    answered: oneshot::Receiver<Answered>,
}

/// An answer that stands at the gate: the gateway has done its part, and who asked does not know. Dropped, it is lost on the way.
#[derive(Debug)]
pub struct Answered {
    hand_over: oneshot::Sender<()>,
}

impl Tollgate {
    /// Builds a gate. Until it leads somewhere, it refuses connections.
    ///
    /// # Panics
    /// Where no port is free.
    #[expect(clippy::expect_used, reason = "a test fails by panic")]
    pub async fn build() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0))
            .await
            .expect("a port should be free");
        let gate = Self {
            address: listener.local_addr().expect("a bound socket has an address"),
            road: Arc::default(),
            keeper: Mutex::default(),
        };
        gate.keep(listener);
        gate
    }

    /// Its address, as settings name it.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on the way leads to `gateway`.
    pub fn lead_to(&self, gateway: SocketAddr) {
        self.road.traffic().gateway = Some(gateway);
    }

    /// The next request of this kind will be stopped.
    pub fn stop_next(&self, freight: Freight) -> Expected {
        let (here, expected) = oneshot::channel();
        self.road.traffic().stops.push((freight, here));
        Expected(expected)
    }

    /// From now on nothing listens: connections are refused, and those that there are break.
    pub async fn shut(&self) {
        let keeper = self.keeper.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(keeper) = keeper {
            keeper.abort();
            let _ = keeper.await;
        }
    }

    /// Listens, but never answers.
    pub async fn fall_silent(&self) {
        self.road.traffic().silent = true;
        self.listen().await;
    }

    /// Lets through again whatever comes.
    pub async fn open(&self) {
        self.road.traffic().silent = false;
        self.listen().await;
    }

    #[expect(clippy::expect_used, reason = "a test fails by panic")]
    async fn listen(&self) {
        self.shut().await;
        let listener = TcpListener::bind(self.address)
            .await
            .expect("the port should still be free");
        self.keep(listener);
    }

    fn keep(&self, listener: TcpListener) {
        let road = Arc::clone(&self.road);
        let keeper = tokio::spawn(async move {
            let mut passages = JoinSet::new(); // dropped with the keeper, and every connection with it
            loop {
                let Ok((stream, _)) = listener.accept().await else {
                    return;
                };
                while passages.try_join_next().is_some() {}
                passages.spawn(passage::pass(Arc::clone(&road), stream));
            }
        });
        *self.keeper.lock().unwrap_or_else(PoisonError::into_inner) = Some(keeper);
    }
}

impl Drop for Tollgate {
    fn drop(&mut self) {
        let keeper = self.keeper.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(keeper) = keeper.take() {
            keeper.abort();
        }
    }
}

impl Road {
    fn traffic(&self) -> MutexGuard<'_, Traffic> {
        self.traffic.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stop_for(&self, freight: Freight) -> Option<oneshot::Sender<Stopped>> {
        let stops = &mut self.traffic().stops;
        let at = stops.iter().position(|(wanted, _)| *wanted == freight)?;
        Some(stops.remove(at).1)
    }
}

impl Expected {
    /// Waits until it stands at the gate.
    ///
    /// # Panics
    /// Where it does not come.
    #[expect(clippy::expect_used, reason = "a test fails by panic")]
    pub async fn arrived(self) -> Stopped {
        let came = timeout(COMES_WITHIN, self.0).await;
        came.expect("a request should come to the gateway")
            .expect("the gate should stand")
    }
}

impl Stopped {
    /// Lets the request through, and stops its answer.
    ///
    /// # Panics
    /// Where the gateway does not answer.
    #[expect(clippy::expect_used, reason = "a test fails by panic")]
    pub async fn forward(self) -> Answered {
        self.forward.send(()).expect("the request should still be there");
        let answered = timeout(COMES_WITHIN, self.answered).await;
        answered
            .expect("the gateway should answer in time")
            .expect("the gateway should answer")
    }
}

impl Answered {
    /// Lets the answer through.
    ///
    /// # Panics
    /// Where the gate is gone.
    #[expect(clippy::expect_used, reason = "a test fails by panic")]
    pub fn hand_over(self) {
        self.hand_over.send(()).expect("the answer should still be there");
    }
}
