//! What people ask for.

use chrono::TimeDelta;
use domain::booking::{
    Booking, BookingCommand, CancelPlaces, CancelRequest, Canceller, ConfirmBooking, ExpireBooking,
    Fingerprint, PaymentAnswer, PaymentOutcome, PlaceBooking, RefundAnswer, RefundOutcome, RequestPayment,
    RetryRefund, SeatRequest, SettlePayment, SettleRefund,
};
use domain::event::{
    CancelEvent, CancellationPolicy, ChangeCapacity, ChangePrice, CloseSales, CreateEvent, DeleteDraft,
    EditDetails, EventCommand, EventDetails, Fee, NewPlaces, NewSection, OpenSales, PublishEvent,
    RescheduleEvent, Seating, SetCancellationPolicy,
};
use domain::ids::{AccountId, BookingId, EventId, PaymentId, RefundId};
use domain::money::{Currency, Price};
use domain::payment::{DeclineReason, GatewayName, GatewayReference, MethodToken};
use domain::text::{Name, SectionId, Title};
use uuid::Uuid;

use crate::story::Story;

/// Prices of sections; some are free.
const PRICES: [i64; 4] = [0, 1_500, 2_599, 7_000];

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

impl Story {
    pub(crate) fn create_event(&mut self) {
        let (id, at) = (EventId::new(self.dice.uuid()), self.at);
        let starts_at = at + TimeDelta::hours(i64::try_from(40 + self.dice.below(400)).unwrap());
        let currency = self.dice.pick(&["EUR", "JPY", "USD"]).unwrap();
        let title = format!("Evening {}", self.events.len());
        let create = EventCommand::Create(CreateEvent {
            organizer: self.some_organizer(),
            details: EventDetails {
                title: Title::parse(&title).unwrap(),
                description: String::new(),
                category: name("concert"),
                venue: name("Arena"),
                city: name("Berlin"),
                time_zone: name("Europe/Berlin"),
                starts_at,
                ends_at: starts_at + TimeDelta::hours(3),
            },
            currency: Currency::parse(currency).unwrap(),
            buyer_seats_max: 100,
            seating: Seating::Sections(vec![
                NewSection {
                    name: name("Stalls"),
                    price: self.some_price(),
                    places: NewPlaces::Rows {
                        rows: 3,
                        seats_per_row: 5,
                    },
                },
                NewSection {
                    name: name("Floor"),
                    price: self.some_price(),
                    places: NewPlaces::Capacity(25),
                },
            ]),
            request: None,
            at,
        });
        self.ask_event(id, &create);
        let by = self.organizer_of(id);
        if self.dice.one_in(8) {
            if self.dice.one_in(2) {
                self.ask_event(id, &EventCommand::DeleteDraft(DeleteDraft { by, at }));
                self.events.remove(&id);
            }
            return;
        }
        let policy = CancellationPolicy::new(72, Fee::BasisPoints(1_250), 1).unwrap();
        let policy = Some(policy);
        self.ask_event(
            id,
            &EventCommand::SetCancellationPolicy(SetCancellationPolicy { by, policy, at }),
        );
        self.ask_event(id, &EventCommand::Publish(PublishEvent { by, at }));
        self.ask_event(id, &EventCommand::OpenSales(OpenSales { by, from: None, at }));
    }

    fn some_price(&mut self) -> Price {
        Price::parse(self.dice.pick(&PRICES).unwrap()).unwrap()
    }

    fn some_section(&mut self, event: EventId) -> SectionId {
        let all: Vec<SectionId> = self.events[&event]
            .seats()
            .sections()
            .map(|section| section.id.clone())
            .collect();
        all[usize::try_from(self.dice.below(u64::try_from(all.len()).unwrap())).unwrap()].clone()
    }

    pub(crate) fn place(&mut self) {
        let (booking, event) = (BookingId::new(self.dice.uuid()), self.some_event());
        let buyer = AccountId::new(Uuid::from_u128(0xb0 + u128::from(self.dice.below(6))));
        let seats = SeatRequest::Any {
            section: self.some_section(event),
            quantity: u32::try_from(1 + self.dice.below(4)).unwrap(),
        };
        let command = BookingCommand::Place(PlaceBooking {
            booking,
            event,
            buyer,
            seats,
            request: Fingerprint::new(1),
            at: self.at,
        });
        if self.ask_booking(event, &command) {
            self.placed.push((booking, event));
        }
    }

    pub(crate) fn request_payment(&mut self) {
        let held = |booking: &Booking| matches!(booking, Booking::Held(_));
        let Some((booking, event)) = self.some_booking(held) else {
            return;
        };
        let buyer = self.bookings[&booking].buyer().unwrap();
        let command = BookingCommand::RequestPayment(RequestPayment {
            booking,
            buyer,
            payment: PaymentId::new(self.dice.uuid()),
            method: MethodToken::parse("tok").unwrap(),
            gateway: GatewayName::parse("sandbox").unwrap(),
            request: Fingerprint::new(2),
            at: self.at,
        });
        self.ask_booking(event, &command);
    }

    /// A payment under way comes to an end, or one that was refused turns out to be captured.
    pub(crate) fn settle_payment(&mut self) {
        let late = self.dice.one_in(12);
        let open = |booking: &Booking| {
            let mut attempts = booking.payments().unwrap().attempts().iter();
            attempts.any(|attempt| late || attempt.outcome == PaymentOutcome::Open)
        };
        let Some((booking, event)) = self.some_booking(open) else {
            return;
        };
        let attempts = self.bookings[&booking].payments().unwrap().attempts();
        let attempt = attempts.iter().rev().find(|attempt| match attempt.outcome {
            PaymentOutcome::Open => true,
            PaymentOutcome::Declined { .. } => late,
            PaymentOutcome::Captured { .. } => false,
        });
        let Some(attempt) = attempt.cloned() else { return };
        let answer = if late || !self.dice.one_in(4) {
            PaymentAnswer::Captured {
                reference: GatewayReference::parse("ch").unwrap(),
                amount: attempt.amount,
            }
        } else {
            PaymentAnswer::Declined {
                reason: DeclineReason::parse("card_declined").unwrap(),
            }
        };
        let command = BookingCommand::SettlePayment(SettlePayment {
            booking,
            payment: attempt.id,
            answer,
            at: self.at,
        });
        self.ask_booking(event, &command);
    }

    pub(crate) fn confirm(&mut self) {
        let free = |booking: &Booking| booking.total().unwrap().is_zero();
        let Some((booking, event)) = self.some_booking(free) else {
            return;
        };
        let (buyer, at) = (self.bookings[&booking].buyer().unwrap(), self.at);
        self.ask_booking(
            event,
            &BookingCommand::Confirm(ConfirmBooking { booking, buyer, at }),
        );
    }

    pub(crate) fn cancel(&mut self) {
        let (any, most) = (self.dice.one_in(5), |booking: &Booking| {
            matches!(booking, Booking::Confirmed(_))
        });
        let chosen = self.some_booking(|booking| any || most(booking));
        let Some((booking, event)) = chosen else { return };
        let state = self.bookings[&booking].clone();
        let by = if self.dice.one_in(3) {
            Canceller::Organizer(self.organizer_of(event))
        } else {
            Canceller::Buyer(state.buyer().unwrap())
        };
        let line = state.lines()[0].clone();
        let places = match (self.dice.below(3), line.seats.first()) {
            (0, _) => CancelRequest::All,
            (_, Some(seat)) => CancelRequest::Seats(vec![seat.clone()]),
            (_, None) => CancelRequest::Count {
                section: line.section.clone(),
                quantity: 1,
            },
        };
        self.give_back(event, booking, by, places);
    }

    fn give_back(&mut self, event: EventId, booking: BookingId, by: Canceller, places: CancelRequest) {
        let command = BookingCommand::Cancel(CancelPlaces {
            booking,
            by,
            places,
            cancellation: RefundId::new(self.dice.uuid()),
            request: None,
            at: self.at,
        });
        self.ask_booking(event, &command);
    }

    /// The gateway returns money, or will not; then it is asked again at another time.
    pub(crate) fn settle_refund(&mut self) {
        let unsettled = |booking: &Booking| !booking.payments().unwrap().are_settled();
        let Some((booking, event)) = self.some_booking(unsettled) else {
            return;
        };
        let refunds = self.bookings[&booking].payments().unwrap().refunds().to_vec();
        for refund in refunds {
            let (reference, reason) = (
                GatewayReference::parse("re").unwrap(),
                DeclineReason::parse("no").unwrap(),
            );
            let command = match refund.outcome {
                RefundOutcome::Settled { .. } => continue,
                RefundOutcome::Refused { .. } => BookingCommand::RetryRefund(RetryRefund {
                    booking,
                    refund: refund.id,
                    at: self.at,
                }),
                RefundOutcome::Open => BookingCommand::SettleRefund(SettleRefund {
                    booking,
                    refund: refund.id,
                    attempt: refund.attempt,
                    answer: if self.dice.one_in(5) {
                        RefundAnswer::Refused { reason }
                    } else {
                        RefundAnswer::Settled { reference }
                    },
                    at: self.at,
                }),
            };
            self.ask_booking(event, &command);
        }
    }

    pub(crate) fn expire(&mut self) {
        let (event, at) = (self.some_event(), self.at);
        for booking in self.events[&event].seats().overdue(at, 3) {
            self.ask_booking(event, &BookingCommand::Expire(ExpireBooking { booking, at }));
        }
    }

    /// The process goes on that cancels the bookings of cancelled events.
    pub(crate) fn follow_cancellations(&mut self) {
        let event = self.some_event();
        if !self.events[&event].is_cancelled() {
            return;
        }
        for booking in self.events[&event].seats().bookings_left(4) {
            self.give_back(event, booking, Canceller::EventCancellation, CancelRequest::All);
        }
    }

    pub(crate) fn organize(&mut self) {
        let (event, at) = (self.some_event(), self.at);
        let (by, section) = (self.organizer_of(event), self.some_section(event));
        let starts_at = at + TimeDelta::hours(90);
        let command = match self.dice.below(16) {
            0 => EventCommand::Cancel(CancelEvent {
                by,
                reason: name("Ill"),
                at,
            }),
            1..=3 => EventCommand::ChangePrice(ChangePrice {
                by,
                section,
                price: self.some_price(),
                at,
            }),
            4..=6 => EventCommand::ChangeCapacity(ChangeCapacity {
                by,
                section,
                capacity: u32::try_from(15 + self.dice.below(30)).unwrap(),
                at,
            }),
            7..=9 => EventCommand::EditDetails(EditDetails {
                by,
                title: Some(Title::parse(&format!("Night {}", self.dice.below(9))).unwrap()),
                description: None,
                category: None,
                venue: None,
                city: None,
                time_zone: None,
                starts_at: None,
                ends_at: None,
                buyer_seats_max: None,
                at,
            }),
            10..=11 => EventCommand::Reschedule(RescheduleEvent {
                by,
                starts_at,
                ends_at: starts_at + TimeDelta::hours(2),
                free_hours: 400,
                sales_until: None,
                at,
            }),
            12 => EventCommand::CloseSales(CloseSales { by, until: None, at }),
            13 => EventCommand::Publish(PublishEvent { by, at }),
            _ => EventCommand::OpenSales(OpenSales { by, from: None, at }),
        };
        self.ask_event(event, &command);
    }
}
