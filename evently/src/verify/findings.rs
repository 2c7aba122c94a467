//! What a verification found wrong, and how much it looked at.

use std::collections::BTreeMap;
use std::fmt;

use domain::money::Currency;
use domain::text::counted;

use super::money::MoneySums;

/// Violations that are kept in words; further ones are counted.
const WORDED_MAX: usize = 100;

/// What a verification found.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    /// The first violations, in words.
    pub(crate) worded: Vec<String>,
    /// All violations.
    pub(crate) violations: u64,
    /// What was looked at.
    pub(crate) checked: Checked,
}

/// How much was looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Checked {
    /// Facts, each with its metadata.
    pub(crate) facts: u64,
    /// Streams of any aggregate.
    pub(crate) streams: u64,
    /// Events.
    pub(crate) events: u64,
    /// Named seats and places without names, over all Events.
    pub(crate) places: u64,
    /// Places held at the end of the log.
    pub(crate) held: u64,
    /// Places sold at the end of the log.
    pub(crate) sold: u64,
    /// Bookings.
    pub(crate) bookings: u64,
    /// Bookings that hold or own places at the end of the log.
    pub(crate) live_bookings: u64,
    /// Payments and refunds, over all Bookings.
    pub(crate) money: MoneyChecked,
    /// Accounts.
    pub(crate) accounts: u64,
    /// Snapshots that were compared with a fold of the facts.
    pub(crate) snapshots: u64,
}

/// Payments and refunds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct MoneyChecked {
    /// Payments that were captured.
    pub(crate) captured: u64,
    /// Payments without an outcome at the end of the log.
    pub(crate) open_payments: u64,
    /// Refunds that were returned.
    pub(crate) settled: u64,
    /// Refunds that were not returned at the end of the log.
    pub(crate) open_refunds: u64,
    /// Minor units captured and returned, by currency.
    pub(crate) amounts: BTreeMap<String, (i64, i64)>,
}

impl MoneyChecked {
    /// Counts the books of a Booking.
    pub(crate) fn add(&mut self, currency: Currency, sums: MoneySums) {
        self.captured += sums.captured;
        self.open_payments += sums.open_payments;
        self.settled += sums.settled;
        self.open_refunds += sums.open_refunds;
        if sums.captured > 0 {
            let (captured, returned) = self.amounts.entry(currency.to_string()).or_default();
            *captured = captured.saturating_add(sums.captured_amount);
            *returned = returned.saturating_add(sums.settled_amount);
        }
    }
}

impl fmt::Display for MoneyChecked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            captured,
            open_payments,
            settled,
            open_refunds,
            amounts,
        } = self;
        writeln!(
            f,
            "  payments   {captured:>12}  captured, {open_payments} open; each bought its booking or is refunded"
        )?;
        writeln!(
            f,
            "  refunds    {settled:>12}  returned, {open_refunds} open; none above its payment"
        )?;
        for (currency, (captured, returned)) in amounts {
            writeln!(
                f,
                "  {currency}        {captured:>12}  minor units captured, {returned} returned"
            )?;
        }
        Ok(())
    }
}

impl Findings {
    /// Notes a violation.
    pub(crate) fn violation(&mut self, words: impl fmt::Display) {
        self.violations += 1;
        if self.worded.len() < WORDED_MAX {
            self.worded.push(words.to_string());
        }
    }

    /// Whether nothing is wrong.
    pub(crate) fn sound(&self) -> bool {
        self.violations == 0
    }
}

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Checked {
            facts,
            streams,
            events,
            places,
            held,
            sold,
            bookings,
            live_bookings,
            ref money,
            accounts,
            snapshots,
        } = self.checked;
        writeln!(
            f,
            "  facts      {facts:>12}  positions dense; payload and metadata readable"
        )?;
        writeln!(f, "  streams    {streams:>12}  sequences dense")?;
        writeln!(
            f,
            "  events     {events:>12}  {}, {held} held, {sold} sold; none with two holders",
            counted(places, "place", "places")
        )?;
        writeln!(
            f,
            "  bookings   {bookings:>12}  {live_bookings} live; each has exactly the places that its event gives it"
        )?;
        write!(f, "{money}")?;
        writeln!(f, "  accounts   {accounts:>12}  fold")?;
        writeln!(f, "  snapshots  {snapshots:>12}  equal to a fold of their facts")?;
        for words in &self.worded {
            writeln!(f, "VIOLATION: {words}")?;
        }
        let unworded = self
            .violations
            .saturating_sub(u64::try_from(self.worded.len()).unwrap_or(u64::MAX));
        if unworded > 0 {
            writeln!(f, "… and {unworded} more")?;
        }
        match self.violations {
            0 => write!(f, "No violations."),
            1 => write!(f, "1 violation."),
            violations => write!(f, "{violations} violations."),
        }
    }
}
