//! A sale at random: commands of buyers, organizers, gateways and processes, decided by the domain, as units for the log.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use domain::booking::{
    self, Booking, BookingCommand, CancelPlaces, CancelRequest, Canceller, ConfirmBooking, ExpireBooking,
    ExtendBooking, Fingerprint, PaymentAnswer, PlaceBooking, RefundAnswer, RequestPayment, RetryRefund,
    SeatRequest, SettlePayment, SettleRefund,
};
use domain::event::{
    By, CancelEvent, CancellationPolicy, ChangeCapacity, ChangePrice, CreateEvent, Event, EventCommand, Fee,
    NewPlaces, NewSection, OpenSales, PublishEvent, RescheduleEvent, Seating, SetCancellationPolicy,
};
use domain::ids::{AccountId, BookingId, EventId, PaymentId, RefundId};
use domain::money::Price;
use domain::payment::{DeclineReason, GatewayName, GatewayReference, MethodToken};
use event_store::Unit;
use uuid::Uuid;

use crate::story::{Story, StoryFact, details, euro, name, section};

const BUYERS: u64 = 8;

/// An Event, its Bookings, and how chance goes on.
pub(crate) struct Sale {
    pub(crate) id: EventId,
    pub(crate) event: Event,
    pub(crate) bookings: BTreeMap<BookingId, Booking>,
    pub(crate) units: Vec<Unit>,
    story: Story,
    chance: u64,
    ids: u128,
    at: DateTime<Utc>,
}

impl Sale {
    /// An Event on sale: two rows of eight seats and a floor of thirty places that cost something, ten places for nothing.
    pub(crate) fn open(mut story: Story, seed: u64) -> Self {
        let mut sale = Self {
            id: EventId::new(Uuid::from_u128(0xe000 + u128::from(seed))),
            event: Event::default(),
            bookings: BTreeMap::new(),
            units: Vec::new(),
            chance: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1,
            ids: u128::from(seed) << 64,
            at: story.now(),
            story,
        };
        let new = |text, amount, places| NewSection {
            name: name(text),
            price: Price::parse(amount).unwrap(),
            places,
        };
        let rows = NewPlaces::Rows {
            rows: 2,
            seats_per_row: 8,
        };
        let seating = vec![
            new("Stalls", 1_999, rows),
            new("Floor", 1_000, NewPlaces::Capacity(30)),
            new("Lawn", 0, NewPlaces::Capacity(10)),
        ];
        let (by, at) = (Self::organizer(), sale.at);
        sale.organize(&EventCommand::Create(CreateEvent {
            organizer: by.account,
            details: details("Spring", at),
            currency: euro(),
            buyer_seats_max: 12,
            seating: Seating::Sections(seating),
            request: None,
            at,
        }));
        sale.organize(&EventCommand::Publish(PublishEvent { by, at }));
        sale.organize(&EventCommand::OpenSales(OpenSales { by, from: None, at }));
        assert_eq!(sale.units.len(), 3);
        sale
    }

    /// One more command after a while, whatever comes of it.
    pub(crate) fn step(&mut self) {
        let seconds = i64::try_from(self.below(120)).unwrap();
        self.at += TimeDelta::seconds(seconds);
        match self.below(40) {
            0..=8 => self.place(),
            9..=15 => self.pay(),
            16..=22 => self.hear_of_payment(),
            23..=28 => self.cancel(),
            29..=33 => self.hear_of_refund(),
            34..=36 => self.change_booking(),
            _ => self.change_event(),
        }
    }

    /// The Event is cancelled, and a process reaches so many of its Bookings.
    pub(crate) fn call_off(&mut self, bookings_max: usize) {
        let (by, at) = (Self::organizer(), self.at);
        self.organize(&EventCommand::Cancel(CancelEvent {
            by,
            reason: name("The singer is ill"),
            at,
        }));
        for booking in self.event.seats().bookings_left(bookings_max) {
            self.command(&BookingCommand::Cancel(CancelPlaces {
                booking,
                by: Canceller::EventCancellation,
                places: CancelRequest::All,
                cancellation: RefundId::new(booking.uuid()),
                request: None,
                at,
            }));
        }
    }

    /// The story, for the next sale.
    pub(crate) fn end(self) -> Story {
        self.story
    }

    pub(crate) async fn append(&mut self) {
        let units = std::mem::take(&mut self.units);
        for some in units.chunks(50) {
            self.story.append(some).await;
        }
    }

    fn place(&mut self) {
        let quantity = u32::try_from(1 + self.below(4)).unwrap();
        let of = ["stalls", "stalls", "floor", "floor", "lawn"];
        let section = section(of[usize::try_from(self.below(5)).unwrap()]);
        let command = PlaceBooking {
            booking: BookingId::new(self.new_id()),
            event: self.id,
            buyer: AccountId::new(Uuid::from_u128(0xb000 + u128::from(self.below(BUYERS)))),
            seats: SeatRequest::Any { section, quantity },
            request: Fingerprint::new(1),
            at: self.at,
        };
        self.command(&BookingCommand::Place(command));
    }

    fn pay(&mut self) {
        let Some((booking, known)) = self.any_booking() else {
            return;
        };
        let command = RequestPayment {
            booking,
            buyer: known.buyer().unwrap(),
            payment: PaymentId::new(self.new_id()),
            method: MethodToken::parse("pm_1").unwrap(),
            gateway: GatewayName::parse("sandbox").unwrap(),
            request: Fingerprint::new(1),
            at: self.at,
        };
        self.command(&BookingCommand::RequestPayment(command));
    }

    /// Often of one that is open, sometimes of one that was declined or captured before.
    fn hear_of_payment(&mut self) {
        let attempts: Vec<(BookingId, PaymentId, PaymentAnswer)> = self
            .bookings
            .iter()
            .flat_map(|(id, booking)| {
                booking
                    .payments()
                    .unwrap()
                    .attempts()
                    .iter()
                    .map(|each| (*id, each))
            })
            .map(|(id, payment)| {
                let reference = GatewayReference::parse("ch_1").unwrap();
                let amount = payment.amount;
                (id, payment.id, PaymentAnswer::Captured { reference, amount })
            })
            .collect();
        let latest = attempts.len().saturating_sub(6);
        let Some((booking, payment, captured)) = self.any_of(&attempts[latest..]) else {
            return;
        };
        let reason = DeclineReason::parse("card_declined").unwrap();
        let declined = PaymentAnswer::Declined { reason };
        let answer = if self.below(3) == 0 { declined } else { captured };
        self.command(&BookingCommand::SettlePayment(SettlePayment {
            booking,
            payment,
            answer,
            at: self.at,
        }));
    }

    fn cancel(&mut self) {
        let Some((booking, known)) = self.any_booking() else {
            return;
        };
        let line = self.any_of(known.lines()).unwrap();
        let places = match (self.below(3), line.seats.first()) {
            (0, _) => CancelRequest::All,
            (_, Some(seat)) => CancelRequest::Seats(vec![seat.clone()]),
            (_, None) => CancelRequest::Count {
                section: line.section.clone(),
                quantity: 1,
            },
        };
        let by = if self.below(4) == 0 {
            Canceller::Organizer(Self::organizer())
        } else {
            Canceller::Buyer(known.buyer().unwrap())
        };
        let cancellation = RefundId::new(self.new_id());
        self.command(&BookingCommand::Cancel(CancelPlaces {
            booking,
            by,
            places,
            cancellation,
            request: Some(Fingerprint::new(2)),
            at: self.at,
        }));
    }

    fn hear_of_refund(&mut self) {
        let refunds: Vec<(BookingId, RefundId, u32)> = self
            .bookings
            .iter()
            .flat_map(|(id, booking)| {
                booking
                    .payments()
                    .unwrap()
                    .refunds()
                    .iter()
                    .map(|each| (*id, each))
            })
            .map(|(id, refund)| (id, refund.id, refund.attempt))
            .collect();
        let Some((booking, refund, attempt)) = self.any_of(&refunds) else {
            return;
        };
        let at = self.at;
        let answer = match self.below(4) {
            0 => return self.command(&BookingCommand::RetryRefund(RetryRefund { booking, refund, at })),
            1 => RefundAnswer::Refused {
                reason: DeclineReason::parse("account_closed").unwrap(),
            },
            _ => RefundAnswer::Settled {
                reference: GatewayReference::parse("re_1").unwrap(),
            },
        };
        self.command(&BookingCommand::SettleRefund(SettleRefund {
            booking,
            refund,
            attempt,
            answer,
            at,
        }));
    }

    fn change_booking(&mut self) {
        let Some((booking, known)) = self.any_booking() else {
            return;
        };
        let (buyer, at) = (known.buyer().unwrap(), self.at);
        let command = match self.below(4) {
            0 => BookingCommand::Extend(ExtendBooking { booking, buyer, at }),
            1 => BookingCommand::Expire(ExpireBooking { booking, at }),
            _ => BookingCommand::Confirm(ConfirmBooking { booking, buyer, at }),
        };
        self.command(&command);
    }

    fn change_event(&mut self) {
        let (by, at) = (Self::organizer(), self.at);
        let amount = i64::try_from(self.below(3_000)).unwrap();
        let command = match self.below(4) {
            0 => EventCommand::ChangePrice(ChangePrice {
                by,
                section: section("floor"),
                price: Price::parse(amount).unwrap(),
                at,
            }),
            1 => EventCommand::ChangeCapacity(ChangeCapacity {
                by,
                section: section("floor"),
                capacity: u32::try_from(20 + self.below(20)).unwrap(),
                at,
            }),
            2 => EventCommand::SetCancellationPolicy(SetCancellationPolicy {
                by,
                policy: (amount > 500)
                    .then(|| CancellationPolicy::new(1_000, Fee::BasisPoints(1_550), 2).unwrap()),
                at,
            }),
            _ => EventCommand::Reschedule(RescheduleEvent {
                by,
                starts_at: at + TimeDelta::days(20),
                ends_at: at + TimeDelta::days(21),
                free_hours: 1,
                sales_until: None,
                at,
            }),
        };
        self.organize(&command);
    }

    fn organizer() -> By {
        By {
            account: AccountId::new(Uuid::from_u128(1)),
            any_event: false,
        }
    }

    fn organize(&mut self, command: &EventCommand) {
        let Ok(facts) = domain::event::decide(&self.event, command) else {
            return;
        };
        for fact in &facts {
            self.event.evolve(fact);
        }
        let facts = facts
            .into_iter()
            .map(|fact| StoryFact::Event(self.id, fact))
            .collect();
        self.keep(facts);
    }

    fn command(&mut self, command: &BookingCommand) {
        for booking in booking::expired_holds_blocking(&self.event, command) {
            self.decide(&BookingCommand::Expire(ExpireBooking { booking, at: self.at }));
        }
        self.decide(command);
    }

    fn decide(&mut self, command: &BookingCommand) {
        let id = command.booking();
        let mut booking = self.bookings.get(&id).cloned().unwrap_or_default();
        let Ok(change) = booking::decide(&self.event, &booking, command) else {
            return;
        };
        let mut facts = Vec::new();
        for fact in change.event {
            self.event.evolve(&fact);
            facts.push(StoryFact::Event(self.id, fact));
        }
        for fact in change.booking {
            booking.evolve(&fact);
            facts.push(StoryFact::Booking(id, fact));
        }
        self.bookings.insert(id, booking);
        self.keep(facts);
    }

    fn keep(&mut self, facts: Vec<StoryFact>) {
        if !facts.is_empty() {
            let unit = self.story.unit(facts);
            self.units.push(unit);
        }
    }

    fn any_booking(&mut self) -> Option<(BookingId, Booking)> {
        let all: Vec<BookingId> = self.bookings.keys().copied().collect();
        let latest = all.len().saturating_sub(8);
        let id = self.any_of(&all[latest..])?;
        Some((id, self.bookings[&id].clone()))
    }

    fn any_of<T: Clone>(&mut self, some: &[T]) -> Option<T> {
        let index = self.below(u64::try_from(some.len()).unwrap().max(1));
        some.get(usize::try_from(index).unwrap()).cloned()
    }

    fn new_id(&mut self) -> Uuid {
        self.ids += 1;
        Uuid::from_u128(self.ids)
    }

    /// A number below `bound`: xorshift (Marsaglia 2003), random enough here and the same in every run.
    fn below(&mut self, bound: u64) -> u64 {
        self.chance ^= self.chance << 13;
        self.chance ^= self.chance >> 7;
        self.chance ^= self.chance << 17;
        (self.chance >> 16) % bound
    }
}
