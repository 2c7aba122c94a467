//! What a verification found wrong, and how much it looked at.

use std::fmt;

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
    /// Accounts.
    pub(crate) accounts: u64,
    /// Snapshots that were compared with a fold of the facts.
    pub(crate) snapshots: u64,
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
            "  events     {events:>12}  {places} places, {held} held, {sold} sold; none with two holders"
        )?;
        writeln!(
            f,
            "  bookings   {bookings:>12}  {live_bookings} live; each has exactly the places that its event gives it"
        )?;
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
            violations => write!(f, "{violations} violations."),
        }
    }
}
