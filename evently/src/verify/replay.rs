//! The whole log, fact by fact: density, readability, and every aggregate's invariants.

use std::collections::HashMap;

use cqrs_es::Aggregate;
use domain::account::Account;
use domain::booking::Booking;
use domain::event::Event;
use domain::ids::{AccountId, BookingId, EventId};
use domain::text::counted;
use event_store::{DecodeError, Position, RecordedFact, Sequence, StreamId, with_causes};

use super::bookings::BookingRecord;
use super::findings::Findings;
use super::holding::Term;
use super::seats::SeatLedger;

/// Everything that the facts so far say.
pub(crate) struct Replay {
    /// What was found.
    pub(crate) findings: Findings,
    position: Position,
    sequences: HashMap<StreamId, Sequence>,
    events: HashMap<EventId, EventRecord>,
    bookings: HashMap<BookingId, BookingRecord>,
    accounts: HashMap<AccountId, Account>,
}

#[derive(Default)]
struct EventRecord {
    folded: Event,
    ledger: SeatLedger,
}

impl Replay {
    /// At the beginning of the log.
    pub(crate) fn new() -> Self {
        Self {
            findings: Findings::default(),
            position: Position::START,
            sequences: HashMap::new(),
            events: HashMap::new(),
            bookings: HashMap::new(),
            accounts: HashMap::new(),
        }
    }

    /// Takes the next fact of the log.
    pub(crate) fn take(&mut self, fact: &RecordedFact) {
        self.findings.checked.facts += 1;
        self.position_is_next(fact);
        self.sequence_is_next(fact);
        if let Err(error) = fact.metadata() {
            self.unreadable(&error);
        }
        let taken = match fact.stream.aggregate_type.as_ref() {
            Event::TYPE => self.event(fact),
            Booking::TYPE => self.booking(fact),
            Account::TYPE => self.account(fact),
            other => {
                self.findings.violation(format!(
                    "position {}: aggregate type {other} is unknown",
                    fact.position
                ));
                Ok(())
            }
        };
        if let Err(error) = taken {
            self.unreadable(&error);
        }
    }

    /// The Event `id` as the domain folds it, up to the fact taken last.
    pub(crate) fn event_state(&self, id: EventId) -> Option<&Event> {
        self.events.get(&id).map(|record| &record.folded)
    }

    /// Checks what can only be checked at the end: both sides of every Booking, and the domain's own invariants.
    pub(crate) fn finish(mut self) -> Findings {
        for (id, record) in &self.events {
            for violation in record.folded.seats().violations() {
                self.findings.violation(format!("event {id}: {violation}"));
            }
            let checked = &mut self.findings.checked;
            checked.places += record.ledger.places();
            for holding in record.ledger.holdings.values() {
                match holding.term {
                    Term::Until(_) | Term::Secured => checked.held += holding.quantity,
                    Term::Sold => checked.sold += holding.quantity,
                }
            }
        }
        self.money_is_counted();
        self.bookings_have_what_events_give();
        self.events_give_what_bookings_have();
        let count = |length: usize| u64::try_from(length).unwrap_or(u64::MAX);
        let checked = &mut self.findings.checked;
        checked.streams = count(self.sequences.len());
        checked.events = count(self.events.len());
        checked.bookings = count(self.bookings.len());
        checked.live_bookings = count(self.bookings.values().filter(|booking| booking.live()).count());
        checked.accounts = count(self.accounts.len());
        self.findings
    }

    /// The Bookings that changed after their fold was given up, with where their own books see them.
    pub(crate) fn lapsed(&self) -> impl Iterator<Item = BookingId> {
        let lapsed = self.bookings.iter().filter(|(_, booking)| booking.lapsed());
        lapsed.map(|(id, _)| *id)
    }

    /// Compares what the domain folds of all facts of a Booking with its own books.
    pub(crate) fn compare_booking(&mut self, id: BookingId, folded: &Booking) {
        let Some(record) = self.bookings.get(&id) else {
            return;
        };
        let (status, folds) = (record.status(), folded.status());
        if status != folds {
            self.findings.violation(format!(
                "booking {id}: the domain folds it to {folds} where its facts say {status}"
            ));
        }
        let Booking::Confirmed(sale) = folded else {
            return;
        };
        let quantity: u64 = sale.lines.iter().map(|line| u64::from(line.quantity)).sum();
        let claimed = record.claim.as_ref().map(|(_, claim)| claim.quantity);
        if claimed != Some(quantity) {
            self.findings.violation(format!(
                "booking {id}: its places by the rules of the domain: {quantity}"
            ));
        }
    }

    fn money_is_counted(&mut self) {
        for (id, booking) in &self.bookings {
            let findings = &mut self.findings;
            booking.close(&mut |words| findings.violation(format!("booking {id}: {words}")));
            if let Some((total, sums)) = booking.sums() {
                findings.checked.money.add(total.currency, sums);
            }
        }
    }

    fn bookings_have_what_events_give(&mut self) {
        for (id, booking) in &self.bookings {
            let Some((event, claim)) = &booking.claim else {
                continue;
            };
            let given = self
                .events
                .get(event)
                .and_then(|record| record.ledger.holdings.get(id));
            if booking.live() && given != Some(claim) {
                self.findings.violation(format!(
                    "booking {id}: it claims {} of event {event}, which gives it {}",
                    counted(claim.quantity, "place", "places"),
                    given.map_or("none".to_owned(), |given| counted(
                        given.quantity,
                        "other",
                        "others"
                    ))
                ));
            }
        }
    }

    fn events_give_what_bookings_have(&mut self) {
        for (event, record) in &self.events {
            for id in record.ledger.holdings.keys() {
                let live = self.bookings.get(id).is_some_and(|booking| {
                    booking.live() && booking.claim.as_ref().is_some_and(|(of, _)| of == event)
                });
                if !live {
                    self.findings
                        .violation(format!("event {event}: booking {id} has places but is not live"));
                }
            }
        }
    }

    fn event(&mut self, fact: &RecordedFact) -> Result<(), DecodeError> {
        let decoded = fact.decode::<Event>()?;
        let record = self
            .events
            .entry(EventId::new(fact.stream.aggregate_id))
            .or_default();
        let findings = &mut self.findings;
        record.ledger.book(&decoded, &mut |words| {
            findings.violation(format!("position {}, {}: {words}", fact.position, fact.stream));
        });
        record.folded.evolve(&decoded);
        Ok(())
    }

    fn booking(&mut self, fact: &RecordedFact) -> Result<(), DecodeError> {
        let decoded = fact.decode::<Booking>()?;
        let record = self
            .bookings
            .entry(BookingId::new(fact.stream.aggregate_id))
            .or_default();
        let (events, findings) = (&self.events, &mut self.findings);
        record.book(
            &decoded,
            |event| events.get(&event).map(|record| &record.ledger),
            &mut |words| {
                findings.violation(format!("position {}, {}: {words}", fact.position, fact.stream));
            },
        );
        Ok(())
    }

    fn account(&mut self, fact: &RecordedFact) -> Result<(), DecodeError> {
        let decoded = fact.decode::<Account>()?;
        self.accounts
            .entry(AccountId::new(fact.stream.aggregate_id))
            .or_default()
            .evolve(&decoded);
        Ok(())
    }

    fn position_is_next(&mut self, fact: &RecordedFact) {
        let expected = self.position.next();
        if fact.position != expected {
            self.findings.violation(format!(
                "position {} follows where {expected} should stand",
                fact.position
            ));
        }
        self.position = fact.position;
    }

    fn sequence_is_next(&mut self, fact: &RecordedFact) {
        let known = self.sequences.entry(fact.stream.clone()).or_default();
        let expected = std::mem::replace(known, fact.sequence).next();
        if fact.sequence != expected {
            self.findings.violation(format!(
                "position {}, {}: sequence {} follows where {expected} should stand",
                fact.position, fact.stream, fact.sequence
            ));
        }
    }

    fn unreadable(&mut self, error: &dyn std::error::Error) {
        self.findings.violation(with_causes(error));
    }
}
