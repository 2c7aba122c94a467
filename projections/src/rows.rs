//! Rows of one table that a batch is about: read before it, changed in memory, written after it.

use std::collections::{HashMap, HashSet};

use sqlx::PgConnection;

use crate::table::{self, Folded};

pub(crate) struct Rows<T: Folded>(HashMap<T::Key, Kept<T>>);

struct Kept<T> {
    row: T,
    /// The last fact that the row had before the batch; `None` where it was not there.
    had: Option<i64>,
    changed: bool,
}

impl<T: Folded> Rows<T> {
    /// The rows that are there of those with these keys.
    pub(crate) async fn load(
        connection: &mut PgConnection,
        keys: HashSet<T::Key>,
    ) -> Result<Self, sqlx::Error> {
        let rows = table::load::<T>(connection, keys.into_iter().collect()).await?;
        let kept = rows.into_iter().map(|mut row| {
            let (had, changed) = (Some(*row.position()), false);
            (row.key(), Kept { row, had, changed })
        });
        Ok(Self(kept.collect()))
    }

    /// The row, to be changed by the fact at `position`: `None` where it has that fact already.
    pub(crate) fn get(
        &mut self,
        key: &T::Key,
        position: i64,
        absent: &'static str,
    ) -> Result<Option<&mut T>, &'static str> {
        let kept = self.0.get_mut(key).ok_or(absent)?;
        Ok(kept.before(position))
    }

    /// The same; a row that is not there begins.
    pub(crate) fn or_begin(
        &mut self,
        key: T::Key,
        position: i64,
        begin: impl FnOnce(T::Key) -> T,
    ) -> Option<&mut T> {
        let new = |key: &T::Key| Kept {
            row: begin(key.clone()),
            had: None,
            changed: false,
        };
        self.0.entry(key).or_insert_with_key(new).before(position)
    }

    pub(crate) fn contains(&self, key: &T::Key) -> bool {
        self.0.contains_key(key)
    }

    /// Leaves out the rows whose key `is` one of those that are gone.
    pub(crate) fn remove(&mut self, is: impl Fn(&T::Key) -> bool) {
        self.0.retain(|key, _| !is(key));
    }

    /// Writes those that the batch changed, those that were there and then the new ones, each in the order of the key, as its
    /// index likes it.
    pub(crate) async fn save<'s>(&'s self, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        let mut changed: Vec<(&T::Key, &Kept<T>)> = self.0.iter().filter(|(_, kept)| kept.changed).collect();
        changed.sort_unstable_by_key(|(key, _)| *key);
        let (there, new): (Vec<_>, Vec<_>) = changed.into_iter().partition(|(_, kept)| kept.had.is_some());
        let rows = |of: &[(&T::Key, &'s Kept<T>)]| of.iter().map(|(_, kept)| &kept.row).collect::<Vec<_>>();
        table::upsert(connection, &rows(&there)).await?;
        table::append(connection, &rows(&new)).await
    }
}

impl<T: Folded> Kept<T> {
    fn before(&mut self, position: i64) -> Option<&mut T> {
        if self.had.is_some_and(|had| position <= had) {
            return None;
        }
        self.changed = true;
        let at = self.row.position();
        *at = position.max(*at);
        Some(&mut self.row)
    }
}
