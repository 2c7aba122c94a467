//! Rows of one table: read before a batch, changed in memory, written after it with absolute values.

use std::collections::HashMap;
use std::fmt::Debug;
use std::hash::Hash;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::ApplyError;

/// A row, in the shape in which PostgreSQL turns rows to JSON and back.
pub(super) trait Row: Serialize + DeserializeOwned {
    /// What tells it from others.
    type Key: Clone + Debug + Eq + Hash + Ord;

    /// Its key.
    fn key(&self) -> Self::Key;

    /// The fact that changed it last.
    fn position(&mut self) -> &mut i64;
}

/// The rows of a table that a batch is about.
pub(super) struct Rows<R: Row>(HashMap<R::Key, Kept<R>>);

struct Kept<R> {
    row: R,
    /// The last fact that the row had before the batch.
    had: i64,
    changed: bool,
}

impl<R: Row> Rows<R> {
    pub(super) fn new() -> Self {
        Self(HashMap::new())
    }

    /// The rows that `texts` are the JSON of.
    pub(super) fn parse(texts: &[String]) -> Result<Self, ApplyError> {
        let mut rows = HashMap::with_capacity(texts.len());
        for text in texts {
            let mut row: R = serde_json::from_str(text)
                .map_err(|error| ApplyError::Database(sqlx::Error::Decode(error.into())))?;
            let had = *row.position();
            let changed = false;
            rows.insert(row.key(), Kept { row, had, changed });
        }
        Ok(Self(rows))
    }

    /// The row, to be changed by the fact at `position`: `None` where it has that fact already.
    pub(super) fn get(&mut self, key: &R::Key, position: i64) -> Result<Option<&mut R>, Absent> {
        let kept = self.0.get_mut(key).ok_or(Absent)?;
        Ok(kept.before(position))
    }

    /// The same; a row that is not there begins.
    pub(super) fn or_begin(
        &mut self,
        key: R::Key,
        position: i64,
        begin: impl FnOnce(R::Key) -> R,
    ) -> Option<&mut R> {
        let new = |key: &R::Key| Kept {
            row: begin(key.clone()),
            had: 0,
            changed: false,
        };
        self.0.entry(key).or_insert_with_key(new).before(position)
    }

    /// Leaves out the rows whose key `is` one of those that are gone.
    pub(super) fn remove(&mut self, is: impl Fn(&R::Key) -> bool) {
        self.0.retain(|key, _| !is(key));
    }

    /// Those that the batch changed, in the order of the key, as its index likes it, and as any other writer takes the
    /// rows' locks.
    pub(super) fn changed(&self) -> Vec<&R> {
        let mut changed: Vec<(&R::Key, &R)> = self
            .0
            .iter()
            .filter(|(_, kept)| kept.changed)
            .map(|(key, kept)| (key, &kept.row))
            .collect();
        changed.sort_unstable_by_key(|(key, _)| *key);
        changed.into_iter().map(|(_, row)| row).collect()
    }

    /// The changed ones as a JSON array; `None` where there are none.
    pub(super) fn json(&self) -> Result<Option<String>, ApplyError> {
        let changed = self.changed();
        if changed.is_empty() {
            return Ok(None);
        }
        let json = serde_json::to_string(&changed)
            .map_err(|error| ApplyError::Database(sqlx::Error::Encode(error.into())))?;
        Ok(Some(json))
    }
}

impl<R: Row> Kept<R> {
    fn before(&mut self, position: i64) -> Option<&mut R> {
        if position <= self.had {
            return None;
        }
        self.changed = true;
        *self.row.position() = position;
        Some(&mut self.row)
    }
}

/// A row is not there that a fact is about.
pub(super) struct Absent;
