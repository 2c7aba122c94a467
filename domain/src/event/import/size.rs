//! How many bytes of JSON something takes, without writing them.

use std::io;

use serde::Serialize;

use crate::limits::FACT_BYTES_MAX;

/// What rows may take of a fact: the rest is for its section, its time and the brackets.
pub(super) const ROWS_BYTES_MAX: usize = FACT_BYTES_MAX - 1024;

/// Between two rows.
pub(super) const COMMA: usize = 1;

/// Bytes of `value` as JSON.
pub(super) fn of_json(value: &impl Serialize) -> usize {
    let mut counter = Counter(0);
    // A value that cannot be written counts as too large for any fact.
    serde_json::to_writer(&mut counter, value).map_or(usize::MAX, |()| counter.0)
}

struct Counter(usize);

impl io::Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
