//! Named bounds of an Event and its holds, each with its reason.

use std::ops::RangeInclusive;

/// Named seats of one Event: the largest stadiums seat about 150,000.
pub const SEATS_PER_EVENT_MAX: u32 = 200_000;

/// Places without names over all sections of one Event: the largest festivals sell under half a million.
pub const GENERAL_ADMISSION_MAX: u32 = 1_000_000;

/// Sections of one Event: buyers choose from a list of them.
pub const SECTIONS_MAX: u32 = 1_000;

/// Seats of one generated row: a row must fit in one fact, and no row is longer.
pub const SEATS_PER_ROW_MAX: u32 = 1_000;

/// Seats of one Booking: a larger party books more than once.
pub const SEATS_PER_BOOKING_MAX: u32 = 20;

/// Seats that one buyer may hold and own at once, where the organizer says nothing else.
pub const BUYER_SEATS_DEFAULT: u32 = 8;

/// The most that an organizer may let one buyer hold and own: in effect no limit, for trusted sellers.
pub const BUYER_SEATS_CAP: u32 = 1_000_000;

/// Minutes that a hold lasts: time to enter names and a card.
pub const HOLD_MINUTES: i64 = 10;

/// Minutes that the one extension adds.
pub const EXTENSION_MINUTES: i64 = 5;

/// Minutes that a hold may last with its extension, counted from its start.
pub const HOLD_MINUTES_MAX: i64 = 15;

/// Bytes of JSON of one fact that adds rows: messages of 1 MB are refused in transport, and a reader's memory is bounded.
pub const FACT_BYTES_MAX: usize = 200 * 1024;

/// Characters of an Event's description.
pub const DESCRIPTION_CHARS_MAX: usize = 10_000;

/// Overdue holds that one command asks to be expired before it: more than one Booking's seats need, so that it never
/// fails for want of them, and few enough for one unit of facts.
pub const OVERDUE_PER_COMMAND_MAX: usize = 64;

/// Years that an instant lies in which a command or a query names: from the first that Unix time counts to well beyond
/// anything that is planned, and all that is counted from one stays within what RFC 3339 writes and PostgreSQL stores.
pub const YEARS: RangeInclusive<i32> = 1970..=2199;

/// Hours before its start that a cancellation policy may name: a year, longer than most sales last.
pub const CANCELLATION_HOURS_MAX: u32 = 8_784;

/// Hours for which a rescheduled Event may be cancelled for nothing, where the organizer says nothing else: a fortnight.
pub const RESCHEDULE_REFUND_HOURS: u32 = 336;

/// Attempts to pay for one Booking: enough for a mistyped code and another card, too few to try stolen cards out.
pub const PAYMENT_ATTEMPTS_MAX: usize = 5;

/// Minutes that a hold lasts at least after a payment was declined, within [`HOLD_MINUTES_MAX`]: time for another card.
pub const RETRY_MINUTES: i64 = 2;
