//! Pages of lists: how many items, where the next page begins.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use edge::problem::Problem;
use serde::Serialize;
use serde::de::DeserializeOwned;
use utoipa::ToSchema;

use crate::failure;

/// Items of a page when the client does not say.
const LIMIT_DEFAULT: u32 = 20;
/// Items of a page at most: larger wishes get this many.
pub(crate) const LIMIT_MAX: u32 = 100;
/// Characters of a cursor at most: ours are far shorter.
const CURSOR_CHARS_MAX: usize = 2_048;

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Page<T> {
    /// What is on the page.
    items: Vec<T>,
    /// Hand it back as `cursor` for the next page; `null` on the last one.
    next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// The page of `rows`, of which one more than `limit` was asked for to see whether there is a next page.
    pub(crate) fn new<R, K: Serialize>(
        mut rows: Vec<R>,
        limit: Limit,
        key: impl FnOnce(&R) -> K,
        view: impl FnMut(R) -> T,
    ) -> Self {
        let more = rows.len() > limit.items();
        rows.truncate(limit.items());
        let next_cursor = rows.last().filter(|_| more).and_then(|last| encode(&key(last)));
        Self {
            items: rows.into_iter().map(view).collect(),
            next_cursor,
        }
    }
}

/// How many items a page has: 1 to [`LIMIT_MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limit(u32);

impl Limit {
    /// Parses the parameter `limit`.
    pub(crate) fn parse(limit: Option<u64>) -> Result<Self, Problem> {
        match limit {
            None => Ok(Self(LIMIT_DEFAULT)),
            Some(0) => Err(failure::invalid("limit", "is at least 1")),
            Some(limit) => Ok(Self(u32::try_from(limit).unwrap_or(LIMIT_MAX).min(LIMIT_MAX))),
        }
    }

    fn items(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }

    /// Rows to ask the database for: one more than the page has.
    pub(crate) fn rows(self) -> i64 {
        i64::from(self.0) + 1
    }
}

fn encode(key: &impl Serialize) -> Option<String> {
    serde_json::to_vec(key)
        .ok()
        .map(|json| URL_SAFE_NO_PAD.encode(json))
}

/// Parses the parameter `cursor` into the key of the last item seen. A client may have changed it at will: the key is
/// only ever compared with, so that the worst it gets is another page of what it may see.
pub(crate) fn cursor<K: DeserializeOwned>(cursor: Option<&str>) -> Result<Option<K>, Problem> {
    let Some(cursor) = cursor else { return Ok(None) };
    let refused = || failure::invalid("cursor", "is not one that this list gave");
    if cursor.len() > CURSOR_CHARS_MAX {
        return Err(refused());
    }
    let json = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| refused())?;
    serde_json::from_slice(&json).map(Some).map_err(|_| refused())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_page_with_more_behind_it_has_a_cursor_that_leads_to_its_last_item() {
        let limit = Limit::parse(Some(2)).unwrap();
        let page = Page::new(vec![1, 2, 3], limit, |row| *row, |row| row);
        assert_eq!(page.items, [1, 2]);
        assert_eq!(cursor::<i32>(page.next_cursor.as_deref()).unwrap(), Some(2));
        assert!(
            Page::new(vec![1, 2], limit, |row| *row, |row| row)
                .next_cursor
                .is_none()
        );
    }

    #[test]
    fn security_23_limits_are_capped_and_nothing_is_refused() {
        assert_eq!(Limit::parse(Some(1_000_000)).unwrap(), Limit(LIMIT_MAX));
        assert_eq!(Limit::parse(Some(u64::MAX)).unwrap(), Limit(LIMIT_MAX));
        assert_eq!(Limit::parse(None).unwrap(), Limit(LIMIT_DEFAULT));
        assert!(Limit::parse(Some(0)).is_err());
    }

    #[test]
    fn a_forged_cursor_is_refused() {
        for forged in ["", "!", "bm90IGpzb24", "WyJhIl0", &"a".repeat(10_000)] {
            assert!(cursor::<(i64, uuid::Uuid)>(Some(forged)).is_err(), "{forged}");
        }
    }
}
