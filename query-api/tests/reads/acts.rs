//! What organizers, buyers and gateways do at one moment.

use chrono::{DateTime, TimeDelta, Utc};
use domain::booking::{
    BookingCommand, CancelPlaces, CancelRequest, Canceller, ConfirmBooking, ExpireBooking, ExtendBooking,
    Fingerprint, PaymentAnswer, PlaceBooking, RefundAnswer, RequestPayment, RetryRefund, SeatRequest,
    SettlePayment, SettleRefund,
};
use domain::event::plan::{PlanRow, PlanSeat};
use domain::event::{
    By, CancelEvent, CancellationPolicy, ChangePrice, DeleteDraft, EventCommand, EventFact, Fee,
    PublishEvent, RescheduleEvent, SetCancellationPolicy,
};
use domain::ids::{AccountId, BookingId, EventId, PaymentId, RefundId};
use domain::money::Price;
use domain::payment::{DeclineReason, GatewayName, GatewayReference, MethodToken};
use domain::text::{Name, SeatId, SectionId};
use serde_json::json;
use uuid::Uuid;

use crate::world::{World, new_id};

/// An act of a person at a moment. Unless the world says otherwise, the read tables have it before the act returns.
#[derive(Clone, Copy)]
pub(crate) struct At<'a> {
    pub(crate) world: &'a World,
    pub(crate) at: DateTime<Utc>,
}

pub(crate) fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn section_id(text: &str) -> SectionId {
    SectionId::parse(text).unwrap()
}

fn seat_id(text: &str) -> SeatId {
    SeatId::parse(text).unwrap()
}

/// A row of seats called `{section}-{n}`, side by side.
pub(crate) fn row(section: &str, row_number: &str, seats: std::ops::RangeInclusive<u32>) -> PlanRow {
    let y: u32 = row_number.parse().unwrap_or_default();
    let seat = |number: u32| {
        let rest = json!({"position": {"x": number, "y": y}, "uuid": Uuid::from_u128(number.into())});
        PlanSeat {
            id: seat_id(&format!("{section}-{number}")),
            seat_number: name(&number.to_string()),
            rest: rest.as_object().unwrap().clone(),
        }
    };
    PlanRow {
        zone: None,
        row_number: name(row_number),
        seats: seats.map(seat).collect(),
        rest: serde_json::Map::new(),
    }
}

fn admin() -> By {
    By {
        account: AccountId::new(Uuid::from_u128(1)),
        any_event: true,
    }
}

/// Organizers.
impl At<'_> {
    async fn organize(self, event: Uuid, command: impl FnOnce(By, DateTime<Utc>) -> EventCommand) {
        let command = command(admin(), self.at);
        let mut write = self.world.write.lock().await;
        write.organize(EventId::new(event), command).await;
        drop(write);
        self.world.appended().await;
    }

    /// Adds a section with one row of `seats` seats, named `{section}-1` and so on.
    pub(crate) async fn add_section(self, event: Uuid, section: &str, price: i64, seats: u32) {
        self.add_rows(event, section, price, vec![row(section, "A", 1..=seats)])
            .await;
    }

    pub(crate) async fn add_rows(self, event: Uuid, section: &str, price: i64, rows: Vec<PlanRow>) {
        let facts = vec![
            EventFact::SectionAdded {
                section: section_id(section),
                name: name(section),
                price: Price::parse(price).unwrap(),
                category: Some(name("Standard")),
                capacity: None,
                at: self.at,
            },
            EventFact::RowsAdded {
                section: section_id(section),
                rows,
                at: self.at,
            },
        ];
        self.world.tell(event, facts).await;
    }

    /// Adds a section of general admission.
    pub(crate) async fn add_floor(self, event: Uuid, section: &str, price: i64, capacity: u32) {
        let fact = EventFact::SectionAdded {
            section: section_id(section),
            name: name(section),
            price: Price::parse(price).unwrap(),
            category: None,
            capacity: Some(capacity),
            at: self.at,
        };
        self.world.tell(event, vec![fact]).await;
    }

    pub(crate) async fn publish(self, event: Uuid) {
        self.organize(event, |by, at| EventCommand::Publish(PublishEvent { by, at }))
            .await;
    }

    pub(crate) async fn delete_draft(self, event: Uuid) {
        self.organize(event, |by, at| EventCommand::DeleteDraft(DeleteDraft { by, at }))
            .await;
    }

    pub(crate) async fn change_price(self, event: Uuid, section: &str, price: i64) {
        let (section, price) = (section_id(section), Price::parse(price).unwrap());
        self.organize(event, |by, at| {
            EventCommand::ChangePrice(ChangePrice {
                by,
                section,
                price,
                at,
            })
        })
        .await;
    }

    /// Who books from now on may cancel for nothing until `free_hours` before the start, then for a fee.
    pub(crate) async fn allow_cancelling(self, event: Uuid, free_hours: u32, fee: Fee, closes_hours: u32) {
        let policy = CancellationPolicy::new(free_hours, fee, closes_hours).unwrap();
        self.organize(event, |by, at| {
            EventCommand::SetCancellationPolicy(SetCancellationPolicy {
                by,
                policy: Some(policy),
                at,
            })
        })
        .await;
    }

    pub(crate) async fn reschedule(self, event: Uuid, days: i64, free_hours: u32) {
        let starts_at = self.world.in_days(days);
        self.organize(event, |by, at| {
            EventCommand::Reschedule(RescheduleEvent {
                by,
                starts_at,
                ends_at: starts_at + TimeDelta::hours(3),
                free_hours,
                sales_until: None,
                at,
            })
        })
        .await;
    }

    pub(crate) async fn call_off(self, event: Uuid) {
        let reason = name("Storm");
        self.organize(event, |by, at| {
            EventCommand::Cancel(CancelEvent { by, reason, at })
        })
        .await;
    }
}

/// Buyers and gateways.
impl At<'_> {
    async fn command(self, event: EventId, command: BookingCommand) {
        self.world.write.lock().await.command(event, command).await;
        self.world.appended().await;
    }

    async fn of(self, booking: BookingId) -> domain::booking::Booking {
        self.world.write.lock().await.booking(booking).clone()
    }

    async fn place(self, event: Uuid, buyer: Uuid, seats: SeatRequest) -> Uuid {
        let (event, booking) = (EventId::new(event), BookingId::new(new_id()));
        let command = PlaceBooking {
            booking,
            event,
            buyer: AccountId::new(buyer),
            seats,
            request: Fingerprint::new(1),
            at: self.at,
        };
        self.command(event, BookingCommand::Place(command)).await;
        booking.uuid()
    }

    pub(crate) async fn hold(self, event: Uuid, buyer: Uuid, seats: &[&str]) -> Uuid {
        let seats = seats.iter().map(|seat| seat_id(seat)).collect();
        self.place(event, buyer, SeatRequest::Named(seats)).await
    }

    pub(crate) async fn hold_any(self, event: Uuid, buyer: Uuid, section: &str, quantity: u32) -> Uuid {
        let section = section_id(section);
        self.place(event, buyer, SeatRequest::Any { section, quantity })
            .await
    }

    pub(crate) async fn extend(self, booking: Uuid) {
        let booking = BookingId::new(booking);
        let known = self.of(booking).await;
        let (buyer, at) = (known.buyer().unwrap(), self.at);
        let command = BookingCommand::Extend(ExtendBooking { booking, buyer, at });
        self.command(known.event().unwrap(), command).await;
    }

    pub(crate) async fn expire(self, booking: Uuid) {
        let (booking, at) = (BookingId::new(booking), self.at);
        let event = self.of(booking).await.event().unwrap();
        self.command(event, BookingCommand::Expire(ExpireBooking { booking, at }))
            .await;
    }

    /// Asks for the money of a hold; it is under way then.
    pub(crate) async fn request_payment(self, booking: Uuid) -> Uuid {
        let booking = BookingId::new(booking);
        let known = self.of(booking).await;
        let payment = PaymentId::new(new_id());
        let command = RequestPayment {
            booking,
            buyer: known.buyer().unwrap(),
            payment,
            method: MethodToken::parse("pm_1").unwrap(),
            gateway: GatewayName::parse("sandbox").unwrap(),
            request: Fingerprint::new(1),
            at: self.at,
        };
        self.command(known.event().unwrap(), BookingCommand::RequestPayment(command))
            .await;
        payment.uuid()
    }

    pub(crate) async fn capture(self, booking: Uuid, payment: Uuid) {
        let booking = BookingId::new(booking);
        let known = self.of(booking).await;
        let mut attempts = known.payments().unwrap().attempts().iter();
        let amount = attempts.find(|each| each.id.uuid() == payment).unwrap().amount;
        let reference = GatewayReference::parse("ch_1").unwrap();
        self.settle(booking, payment, PaymentAnswer::Captured { reference, amount })
            .await;
    }

    pub(crate) async fn decline(self, booking: Uuid, payment: Uuid) {
        let reason = DeclineReason::parse("card_declined").unwrap();
        self.settle(
            BookingId::new(booking),
            payment,
            PaymentAnswer::Declined { reason },
        )
        .await;
    }

    async fn settle(self, booking: BookingId, payment: Uuid, answer: PaymentAnswer) {
        let event = self.of(booking).await.event().unwrap();
        let command = SettlePayment {
            booking,
            payment: PaymentId::new(payment),
            answer,
            at: self.at,
        };
        self.command(event, BookingCommand::SettlePayment(command)).await;
    }

    /// Pays for a hold, or confirms one that costs nothing.
    pub(crate) async fn pay(self, booking: Uuid) {
        let known = self.of(BookingId::new(booking)).await;
        if known.total().unwrap().amount > 0 {
            let payment = self.request_payment(booking).await;
            return self.capture(booking, payment).await;
        }
        let command = ConfirmBooking {
            booking: BookingId::new(booking),
            buyer: known.buyer().unwrap(),
            at: self.at,
        };
        self.command(known.event().unwrap(), BookingCommand::Confirm(command))
            .await;
    }

    pub(crate) async fn buy(self, event: Uuid, buyer: Uuid, seats: &[&str]) -> Uuid {
        let booking = self.hold(event, buyer, seats).await;
        self.pay(booking).await;
        booking
    }

    /// The buyer gives everything back; answers the id of the refund.
    pub(crate) async fn cancel(self, booking: Uuid) -> Uuid {
        let buyer = self.of(BookingId::new(booking)).await.buyer().unwrap();
        self.cancel_by(booking, Canceller::Buyer(buyer), CancelRequest::All)
            .await
    }

    /// The buyer gives seats back; answers the id of the refund.
    pub(crate) async fn cancel_seats(self, booking: Uuid, seats: &[&str]) -> Uuid {
        let buyer = self.of(BookingId::new(booking)).await.buyer().unwrap();
        let seats = seats.iter().map(|seat| seat_id(seat)).collect();
        self.cancel_by(booking, Canceller::Buyer(buyer), CancelRequest::Seats(seats))
            .await
    }

    /// The organizer takes everything back, of which nothing is kept; answers the id of the refund.
    pub(crate) async fn take_back(self, booking: Uuid) -> Uuid {
        self.cancel_by(booking, Canceller::Organizer(admin()), CancelRequest::All)
            .await
    }

    /// What the process of a cancelled event does with a booking; answers the id of the refund.
    pub(crate) async fn sweep(self, booking: Uuid) -> Uuid {
        self.cancel_by(booking, Canceller::EventCancellation, CancelRequest::All)
            .await
    }

    async fn cancel_by(self, booking: Uuid, by: Canceller, places: CancelRequest) -> Uuid {
        let (booking, cancellation) = (BookingId::new(booking), RefundId::new(new_id()));
        let event = self.of(booking).await.event().unwrap();
        let command = CancelPlaces {
            booking,
            by,
            places,
            cancellation,
            request: None,
            at: self.at,
        };
        self.command(event, BookingCommand::Cancel(command)).await;
        cancellation.uuid()
    }

    /// The gateway returns, or refuses to return, the money of every refund that is open.
    pub(crate) async fn refund(self, booking: Uuid, settles: bool) {
        let booking = BookingId::new(booking);
        let known = self.of(booking).await;
        let open = known.payments().unwrap().refunds().iter();
        for refund in open.filter(|refund| !refund.is_settled()) {
            let answer = if settles {
                let reference = GatewayReference::parse("re_1").unwrap();
                RefundAnswer::Settled { reference }
            } else {
                let reason = DeclineReason::parse("account_closed").unwrap();
                RefundAnswer::Refused { reason }
            };
            let command = SettleRefund {
                booking,
                refund: refund.id,
                attempt: refund.attempt,
                answer,
                at: self.at,
            };
            self.command(known.event().unwrap(), BookingCommand::SettleRefund(command))
                .await;
        }
    }

    /// An administrator asks again for the refunds that were refused.
    pub(crate) async fn retry_refunds(self, booking: Uuid) {
        let (booking, at) = (BookingId::new(booking), self.at);
        let known = self.of(booking).await;
        for refund in known.payments().unwrap().refunds() {
            let refund = refund.id;
            let command = BookingCommand::RetryRefund(RetryRefund { booking, refund, at });
            self.command(known.event().unwrap(), command).await;
        }
    }
}
