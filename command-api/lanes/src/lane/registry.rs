//! All lanes of one kind on this node: finds the lane of an id, or starts it.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use metrics::{Gauge, gauge};
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio_util::task::TaskTracker;

use super::run::Lane;
use super::{CommandError, LaneState, Order, Store};
use crate::log_writer::LogWriter;

/// The way into each lane.
type Mailboxes<R> = HashMap<<R as LaneState>::Id, mpsc::Sender<<R as LaneState>::Order>>;

/// All lanes of one kind on this node.
pub(crate) struct Lanes<R: LaneState> {
    shared: Arc<Registry<R>>,
}

impl<R: LaneState> fmt::Debug for Lanes<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lanes")
            .field("kind", &R::NAME)
            .finish_non_exhaustive()
    }
}

impl<R: LaneState> Clone for Lanes<R> {
    fn clone(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
        }
    }
}

pub(super) struct Registry<R: LaneState> {
    /// `None` once the node shuts down.
    mailboxes: Mutex<Option<Mailboxes<R>>>,
    writer: Mutex<Option<LogWriter>>,
    store: Store,
    runtime: Handle,
    running: TaskTracker,
    alive: Gauge,
}

impl<R: LaneState> Lanes<R> {
    /// Lanes run on the current runtime, whatever thread submits an order.
    pub(crate) fn new(store: Store, writer: LogWriter) -> Self {
        Self {
            shared: Arc::new(Registry {
                mailboxes: Mutex::new(Some(HashMap::new())),
                writer: Mutex::new(Some(writer)),
                store,
                runtime: Handle::current(),
                running: TaskTracker::new(),
                alive: gauge!("evently_lanes", "kind" => R::NAME),
            }),
        }
    }

    /// What the lanes read from.
    pub(crate) fn store(&self) -> &Store {
        &self.shared.store
    }

    /// Puts `order` into the mailbox of lane `id`, or answers it at once where that cannot be.
    pub(crate) fn submit(&self, id: R::Id, order: R::Order) {
        let refused = {
            let mut mailboxes = lock(&self.shared.mailboxes);
            match mailboxes.as_mut() {
                None => Some((order, CommandError::ShuttingDown)),
                Some(mailboxes) => self
                    .put(mailboxes, id, order)
                    .err()
                    .map(|order| (order, CommandError::Busy)),
            }
        };
        if let Some((order, error)) = refused {
            order.fail(error);
        }
    }

    /// Takes no more orders, decides and commits those that wait, and ends every lane.
    pub(crate) async fn drain(&self) {
        drop(lock(&self.shared.mailboxes).take());
        drop(lock(&self.shared.writer).take());
        self.shared.running.close();
        self.shared.running.wait().await;
    }

    fn put(&self, mailboxes: &mut Mailboxes<R>, id: R::Id, order: R::Order) -> Result<(), R::Order> {
        if let Some(mailbox) = mailboxes.get(&id) {
            match mailbox.try_send(order) {
                Ok(()) => return Ok(()),
                Err(mpsc::error::TrySendError::Full(order)) => return Err(order),
                // Its task panicked: start it again from the log.
                Err(mpsc::error::TrySendError::Closed(order)) => return self.put_anew(mailboxes, id, order),
            }
        }
        if mailboxes.len() >= self.shared.store.settings.lanes_max {
            return Err(order);
        }
        self.put_anew(mailboxes, id, order)
    }

    fn put_anew(&self, mailboxes: &mut Mailboxes<R>, id: R::Id, order: R::Order) -> Result<(), R::Order> {
        match self.start(mailboxes, id) {
            Some(mailbox) => mailbox
                .try_send(order)
                .map_err(mpsc::error::TrySendError::into_inner),
            None => Err(order),
        }
    }

    fn start(&self, mailboxes: &mut Mailboxes<R>, id: R::Id) -> Option<mpsc::Sender<R::Order>> {
        let writer = lock(&self.shared.writer).clone()?;
        let (mailbox, orders) = mpsc::channel(self.shared.store.settings.mailbox_max);
        mailboxes.insert(id, mailbox.clone());
        self.shared
            .alive
            .set(u32::try_from(mailboxes.len()).unwrap_or(u32::MAX));
        let lane = Lane::new(
            id,
            orders,
            self.shared.store.clone(),
            writer,
            Arc::clone(&self.shared),
        );
        self.shared.running.spawn_on(lane.run(), &self.shared.runtime);
        Some(mailbox)
    }
}

impl<R: LaneState> Registry<R> {
    /// Forgets lane `id`, unless an order came in the meantime. Orders are put in under the same lock.
    pub(super) fn evict(&self, id: R::Id, orders: &mpsc::Receiver<R::Order>) -> bool {
        let mut mailboxes = lock(&self.mailboxes);
        let Some(mailboxes) = mailboxes.as_mut() else {
            return false;
        };
        if !orders.is_empty() {
            return false;
        }
        mailboxes.remove(&id);
        self.alive.set(u32::try_from(mailboxes.len()).unwrap_or(u32::MAX));
        true
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What is behind the lock is whole after each statement; a panic elsewhere does not make it less so.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
