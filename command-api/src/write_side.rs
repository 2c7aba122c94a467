//! The write side as its handlers see it: commands in, durable results out.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use domain::account::{Account, AccountCommand, AccountRefusal};
use domain::booking::facts::BookingFact;
use domain::booking::{self, Booking, BookingCommand, BookingRefusal};
use domain::event::{EventCommand, EventRefusal};
use domain::ids::{AccountId, BookingId, EventId};
use event_store::{Sequence, StreamId};
use lru::LruCache;

use crate::account_desk::AccountDesk;
use crate::box_office::{BoxOffice, BoxOfficeOrder, EventSummary, Sweep, Swept};
use crate::cashier::{Cashier, Gateways};
use crate::lane::{Ask, Cause, CommandError, Done, Failure, Lanes, Store};
use crate::log_writer::LogWriter;
use crate::process::Deadlines;

/// Bookings whose Event is remembered, so that a verb on a Booking finds its lane without reading the log.
const EVENTS_OF_BOOKINGS_MAX: NonZeroUsize = NonZeroUsize::new(65_536).unwrap();

/// Commands for Events and their Bookings.
#[derive(Clone, Debug)]
pub struct EventLanes {
    lanes: Lanes<BoxOffice>,
    events_of: Arc<Mutex<LruCache<BookingId, EventId>>>,
}

impl EventLanes {
    /// Makes lanes on the current runtime.
    pub fn new(store: Store, writer: LogWriter) -> Self {
        Self {
            lanes: Lanes::new(store, writer),
            events_of: Arc::new(Mutex::new(LruCache::new(EVENTS_OF_BOOKINGS_MAX))),
        }
    }

    /// Carries out `command` on Event `id`; with `expected`, only if the Event is at that version.
    pub async fn event(
        &self,
        id: EventId,
        command: EventCommand,
        expected: Option<Sequence>,
        cause: Cause,
    ) -> Result<Done<EventSummary>, CommandError<EventRefusal>> {
        let (ask, answer) = Ask::new(command, expected, cause);
        self.lanes.submit(id, BoxOfficeOrder::Event(Box::new(ask)));
        answer.await.unwrap_or(Err(CommandError::Unavailable))
    }

    /// Carries out `command` on a Booking of `event`.
    pub async fn booking(
        &self,
        event: EventId,
        command: BookingCommand,
        cause: Cause,
    ) -> Result<Done<Booking>, CommandError<BookingRefusal>> {
        let id = command.booking();
        let (ask, answer) = Ask::new(command, None, cause);
        self.lanes.submit(event, BoxOfficeOrder::Booking(Box::new(ask)));
        let done = answer.await.unwrap_or(Err(CommandError::Unavailable))?;
        self.remember(id, event);
        Ok(done)
    }

    /// The Event that Booking `id` is for; `None` if there is no such Booking.
    pub async fn event_of(&self, id: BookingId) -> Result<Option<EventId>, Failure> {
        let remembered = self
            .events_of
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&id)
            .copied();
        if remembered.is_some() {
            return Ok(remembered);
        }
        let event = self.booking_state(id).await?.event();
        if let Some(event) = event {
            self.remember(id, event);
        }
        Ok(event)
    }

    /// Booking `id` as the log has it.
    pub async fn booking_state(&self, id: BookingId) -> Result<Booking, Failure> {
        let stream = StreamId::new("booking", id.uuid());
        let upcasters = booking::upcasters();
        let folded = self
            .store()
            .fold::<Booking, BookingFact>(&stream, BookingFact::VERSION, &upcasters)
            .await?;
        Ok(folded.state)
    }

    /// Does what is due of Event `id`.
    pub(crate) async fn sweep(
        &self,
        id: EventId,
        sweep: Sweep,
    ) -> Result<Done<Swept>, CommandError<std::convert::Infallible>> {
        let cause = Cause::deadline(edge::clock::new_id(&self.store().clock)); // of no fact: each has its own
        let (ask, answer) = Ask::new(sweep, None, cause);
        self.lanes.submit(id, BoxOfficeOrder::Sweep(Box::new(ask)));
        answer.await.unwrap_or(Err(CommandError::Unavailable))
    }

    /// What the lanes read from.
    pub fn store(&self) -> &Store {
        self.lanes.store()
    }

    /// Takes no more commands, commits and answers those that wait, and ends.
    pub async fn drain(&self) {
        self.lanes.drain().await;
    }

    fn remember(&self, id: BookingId, event: EventId) {
        self.events_of
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .put(id, event);
    }
}

/// Commands for Accounts.
#[derive(Clone, Debug)]
pub struct AccountLanes {
    lanes: Lanes<AccountDesk>,
}

impl AccountLanes {
    /// Makes lanes on the current runtime.
    pub fn new(store: Store, writer: LogWriter) -> Self {
        Self {
            lanes: Lanes::new(store, writer),
        }
    }

    /// Carries out `command` on Account `id`.
    pub async fn account(
        &self,
        id: AccountId,
        command: AccountCommand,
        cause: Cause,
    ) -> Result<Done<Account>, CommandError<AccountRefusal>> {
        let (ask, answer) = Ask::new(command, None, cause);
        self.lanes.submit(id, ask);
        answer.await.unwrap_or(Err(CommandError::Unavailable))
    }

    /// Account `id` as the log has it.
    pub async fn load(&self, id: AccountId) -> Result<Account, Failure> {
        let stream = StreamId::new("account", id.uuid());
        let upcasters = domain::account::upcasters();
        let version = domain::account::facts::AccountFact::VERSION;
        let folded = self
            .lanes
            .store()
            .fold::<Account, _>(&stream, version, &upcasters)
            .await?;
        Ok(folded.state)
    }

    /// Takes no more commands, commits and answers those that wait, and ends.
    pub async fn drain(&self) {
        self.lanes.drain().await;
    }
}

/// Everything that the handlers of the write side need.
#[derive(Clone, Debug)]
pub struct CommandApi {
    /// Commands for Events and their Bookings.
    pub events: EventLanes,
    /// Commands for Accounts.
    pub accounts: AccountLanes,
    /// Takes payments to their gateways.
    pub cashier: Cashier,
    /// What processes have to do, and when.
    pub deadlines: Deadlines,
    /// The clock.
    pub clock: edge::clock::Clock,
}

impl CommandApi {
    /// Starts the log writer and makes lanes, on the current runtime. All share the connections of `store`.
    pub fn start(store: Store, doorbell: event_store::Doorbell) -> Self {
        let appends = store.log.clone();
        Self::appending_by(store, appends, doorbell, Gateways::default())
    }

    /// Starts the log writer and makes lanes, on the current runtime. The writer has connections of its own, so that no
    /// wave of loads keeps an append waiting.
    pub fn appending_by(
        store: Store,
        appends: event_store::Log,
        doorbell: event_store::Doorbell,
        gateways: Gateways,
    ) -> Self {
        let writer = LogWriter::start(appends, doorbell);
        let events = EventLanes::new(store.clone(), writer.clone());
        Self {
            clock: store.clock.clone(),
            cashier: Cashier::new(gateways, events.clone(), store.clock.clone()),
            deadlines: Deadlines::new(store.log.pool().clone()),
            events,
            accounts: AccountLanes::new(store, writer),
        }
    }

    /// Takes no more commands, commits and answers those that wait, and ends: nothing accepted is lost. What gateways
    /// answer meanwhile becomes a fact; what they do not is asked again by whoever runs the payment process.
    pub async fn drain(&self) {
        self.cashier.drain().await;
        tokio::join!(self.events.drain(), self.accounts.drain());
    }
}
