//! The write side as its handlers see it.

use domain::account::Account;
use event_store::clock::Clock;
use event_store::{Doorbell, Log};
use gateway::Gateways;
use lanes::{EventLanes, Executor, LogWriter, Store};
use processes::{Deadlines, PaymentCollector};

/// Everything that the handlers of the write side need.
#[derive(Clone, Debug)]
pub struct CommandApi {
    /// Commands for Events and their Bookings.
    pub events: EventLanes,
    /// Commands for Accounts.
    pub accounts: Executor<Account>,
    /// Takes payments to their gateways.
    pub collector: PaymentCollector,
    /// What processes have to do, and when.
    pub deadlines: Deadlines,
    /// The clock.
    pub clock: Clock,
}

impl CommandApi {
    /// Starts the log writer and makes lanes, on the current runtime. All share the connections of `store`.
    pub fn start(store: Store, doorbell: Doorbell) -> Self {
        let appends = store.log.clone();
        Self::appending_by(store, appends, doorbell, Gateways::default())
    }

    /// Starts the log writer and makes lanes, on the current runtime. The writer has connections of its own, so that no
    /// wave of loads keeps an append waiting.
    pub fn appending_by(store: Store, appends: Log, doorbell: Doorbell, gateways: Gateways) -> Self {
        let (clock, pool) = (store.clock.clone(), store.log.pool().clone());
        let accounts = Executor::new(&store, appends.clone(), doorbell.clone());
        let events = EventLanes::new(store, LogWriter::start(appends, doorbell));
        Self {
            collector: PaymentCollector::new(gateways, events.clone(), clock.clone()),
            deadlines: Deadlines::new(pool),
            events,
            accounts,
            clock,
        }
    }

    /// Takes no more commands, commits and answers those that wait, and ends: nothing accepted is lost. What gateways
    /// answer meanwhile becomes a fact; what they do not is asked again by the payment process of any node.
    pub async fn drain(&self) {
        self.collector.drain().await;
        self.events.drain().await;
    }
}
