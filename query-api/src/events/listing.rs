//! The filters and orders of lists of Events, as SQL.

use chrono::{DateTime, Utc};
use contract::EventStatus;
use domain::ids::AccountId;
use domain::instant::{Instant, storable};
use edge::problem::Problem;
use serde::{Deserialize, Serialize};
use sqlx::{Postgres, QueryBuilder};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::events::row::{EventRow, SELECT, push_status};
use crate::failure;
use crate::page::{self, Limit};

/// Characters of a search at most; longer ones are no searches.
const SEARCH_CHARS_MAX: usize = 200;

/// Filters, order and page of a list of Events.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListParams {
    /// Words to find in title, description, category, venue and city; the beginnings of words suffice.
    #[param(max_length = 200)]
    q: Option<String>,
    /// Only of this category, whatever the case.
    category: Option<String>,
    /// Only in this city, whatever the case.
    city: Option<String>,
    /// Only what starts then or later.
    #[param(value_type = Option<DateTime<Utc>>)]
    from: Option<Instant>,
    /// Only what starts before then.
    #[param(value_type = Option<DateTime<Utc>>)]
    to: Option<Instant>,
    /// Only what stands so now.
    #[param(inline)]
    status: Option<EventStatus>,
    /// Only what has not ended yet, or only what has. Without `when`, `status`, `from` and `to`, what has ended is left
    /// out of the public list.
    #[param(inline)]
    when: Option<When>,
    /// The order; by start if not given.
    #[param(inline)]
    sort: Option<Sort>,
    /// Items of a page: 20 if not given, 100 at most. A larger number is cut to 100.
    #[param(minimum = 1)]
    limit: Option<u64>,
    /// `next_cursor` of the page before, with the same other parameters.
    cursor: Option<String>,
}

/// Where Events lie in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum When {
    /// It has not ended.
    Upcoming,
    /// It has ended.
    Past,
}

/// An order of Events; the id decides between equals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Sort {
    /// The soonest first.
    #[default]
    StartsAt,
    /// The latest first.
    #[serde(rename = "-starts_at")]
    StartsAtDescending,
    /// By title, whatever the case.
    Title,
    /// The highest share of sold places first.
    Popular,
}

/// Where a page ends: the order, and the place of the last item in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Key {
    StartsAt(DateTime<Utc>, Uuid),
    StartsAtDescending(DateTime<Utc>, Uuid),
    Title(String, Uuid),
    Popular(i64, Uuid),
}

/// Whose Events a list shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// What is published.
    Public,
    /// All of one organizer.
    Of(AccountId),
    /// All.
    All,
}

/// A checked list request.
#[derive(Debug)]
pub(crate) struct Listing {
    params: ListParams,
    scope: Scope,
    sort: Sort,
    after: Option<Key>,
    /// Items of the page.
    pub(crate) limit: Limit,
}

impl Listing {
    /// Checks `params`.
    pub(crate) fn new(params: ListParams, scope: Scope) -> Result<Self, Problem> {
        let sort = params.sort.unwrap_or_default();
        let after = page::cursor::<Key>(params.cursor.as_deref())?;
        if after.as_ref().is_some_and(|key| key.sort() != sort) {
            return Err(failure::invalid("cursor", "belongs to another order"));
        }
        if params
            .q
            .as_ref()
            .is_some_and(|q| q.chars().count() > SEARCH_CHARS_MAX)
        {
            return Err(failure::invalid("q", "has more than 200 characters"));
        }
        if scope == Scope::Public && params.status == Some(EventStatus::Draft) {
            return Err(failure::invalid(
                "status",
                "drafts are listed for their organizers only",
            ));
        }
        Ok(Self {
            limit: Limit::parse(params.limit)?,
            params,
            scope,
            sort,
            after,
        })
    }

    /// The query of the page, for the moment `now`.
    pub(crate) fn select(&self, now: DateTime<Utc>) -> QueryBuilder<'static, Postgres> {
        let mut query = QueryBuilder::new(SELECT);
        self.push_scope(&mut query, now);
        self.push_filters(&mut query, now);
        self.push_order(&mut query);
        query.push(" limit ").push_bind(self.limit.rows());
        query
    }

    /// Where the page that ends with `row` ends.
    pub(crate) fn key(&self, row: &EventRow) -> impl Serialize + use<> {
        let id = row.event_id;
        match self.sort {
            Sort::StartsAt => Key::StartsAt(row.starts_at, id),
            Sort::StartsAtDescending => Key::StartsAtDescending(row.starts_at, id),
            Sort::Title => Key::Title(row.title_key.clone(), id),
            Sort::Popular => Key::Popular(row.share_key, id),
        }
    }

    fn push_scope(&self, query: &mut QueryBuilder<'static, Postgres>, now: DateTime<Utc>) {
        match self.scope {
            Scope::Public => {
                if self.params.status == Some(EventStatus::Cancelled) {
                    return; // the filter says it all
                }
                query.push(" and e.status = 'published'");
                let params = &self.params;
                let times = params.from.is_some() || params.to.is_some() || params.when.is_some();
                if params.status.is_none() && !times {
                    query.push(" and e.ends_at > ").push_bind(now);
                }
            }
            Scope::Of(organizer) => {
                query.push(" and e.organizer_id = ").push_bind(organizer.uuid());
            }
            Scope::All => {}
        }
    }

    fn push_filters(&self, query: &mut QueryBuilder<'static, Postgres>, now: DateTime<Utc>) {
        let params = &self.params;
        if let Some(q) = &params.q {
            query
                .push(" and (e.search @@ websearch_to_tsquery('simple', ")
                .push_bind(with_words_to_negate(q))
                .push(")");
            if let Some(beginnings) = beginnings_of_words(q) {
                query
                    .push(" or e.search @@ to_tsquery('simple', ")
                    .push_bind(beginnings)
                    .push(")");
            }
            query.push(")");
        }
        if let Some(category) = &params.category {
            query
                .push(" and lower(e.category) = lower(")
                .push_bind(category.clone())
                .push(")");
        }
        if let Some(city) = &params.city {
            query
                .push(" and lower(e.city) = lower(")
                .push_bind(city.clone())
                .push(")");
        }
        if let Some(from) = params.from {
            query.push(" and e.starts_at >= ").push_bind(from.utc());
        }
        if let Some(to) = params.to {
            query.push(" and e.starts_at < ").push_bind(to.utc());
        }
        if let Some(status) = params.status {
            query.push(" and ");
            push_status(query, now);
            query.push(" = ").push_bind(status.as_str());
        }
        match params.when {
            None => {}
            Some(When::Upcoming) => {
                query.push(" and e.ends_at > ").push_bind(now);
            }
            Some(When::Past) => {
                query.push(" and e.ends_at <= ").push_bind(now);
            }
        }
    }

    fn push_order(&self, query: &mut QueryBuilder<'static, Postgres>) {
        match self.after.clone() {
            None => {}
            Some(Key::StartsAt(at, id)) => after(query, "(e.starts_at, e.event_id) > (", storable(at), id),
            Some(Key::StartsAtDescending(at, id)) => {
                after(query, "(e.starts_at, e.event_id) < (", storable(at), id);
            }
            Some(Key::Title(title, id)) => {
                after(
                    query,
                    "(lower(e.title), e.event_id) > (",
                    title.replace('\0', ""),
                    id,
                );
            }
            Some(Key::Popular(share, id)) => after(query, "(s.share, e.event_id) < (", share, id),
        }
        query.push(match self.sort {
            Sort::StartsAt => " order by e.starts_at, e.event_id",
            Sort::StartsAtDescending => " order by e.starts_at desc, e.event_id desc",
            Sort::Title => " order by lower(e.title), e.event_id",
            Sort::Popular => " order by s.share desc, e.event_id desc",
        });
    }
}

/// Adds that a row comes after the one with `key` and `id`; `compared` begins the comparison.
fn after<K>(query: &mut QueryBuilder<'static, Postgres>, compared: &str, key: K, id: Uuid)
where
    K: for<'q> sqlx::Encode<'q, Postgres> + sqlx::Type<Postgres> + Send + 'static,
{
    query.push(" and ").push(compared).push_bind(key);
    query.push(", ").push_bind(id).push(")");
}

impl Key {
    const fn sort(&self) -> Sort {
        match self {
            Self::StartsAt(..) => Sort::StartsAt,
            Self::StartsAtDescending(..) => Sort::StartsAtDescending,
            Self::Title(..) => Sort::Title,
            Self::Popular(..) => Sort::Popular,
        }
    }
}

/// `q` with no hyphen but those before a letter, a digit or a quote: PostgreSQL takes each for a negation, also of nothing,
/// and fails when 32 wait for a word.
fn with_words_to_negate(q: &str) -> String {
    let next = q.chars().skip(1).map(Some).chain([None]);
    let plain = |letter: char| letter.is_alphanumeric() || letter == '"';
    let letters = q.chars().zip(next);
    letters
        .map(|(letter, next)| {
            if letter == '-' && !next.is_some_and(plain) {
                ' '
            } else {
                letter
            }
        })
        .collect()
}

/// `rock fest` as `rock:* & fest:*`; `None` where there are no words. Only letters and digits pass, so that nothing in it
/// is an operator.
fn beginnings_of_words(q: &str) -> Option<String> {
    let words = q
        .split(|each: char| !each.is_alphanumeric())
        .filter(|word| !word.is_empty());
    let beginnings: Vec<String> = words.map(|word| format!("{word}:*")).collect();
    if beginnings.is_empty() {
        None
    } else {
        Some(beginnings.join(" & "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_for_beginnings_has_no_operators_of_its_own() {
        assert_eq!(
            beginnings_of_words("rock  & !fest:*'").as_deref(),
            Some("rock:* & fest:*")
        );
        assert_eq!(beginnings_of_words("&|!()"), None);
    }

    #[test]
    fn a_hyphen_negates_a_word_or_nothing() {
        for (q, searched) in [
            ("rock-fest -pop -\"hip hop\"", "rock-fest -pop -\"hip hop\""),
            ("---- --pop - ", "      -pop   "),
        ] {
            assert_eq!(with_words_to_negate(q), searched);
        }
    }

    #[test]
    fn a_cursor_of_another_order_is_refused() {
        let key = Key::Popular(5, Uuid::nil());
        let cursor = page::Page::new(vec![1, 2], Limit::parse(Some(1)).unwrap(), |_| key, |row| row);
        let cursor = serde_json::to_value(cursor).unwrap()["next_cursor"]
            .as_str()
            .map(str::to_owned);
        let params = ListParams {
            cursor,
            sort: Some(Sort::Title),
            ..ListParams::default()
        };
        assert!(Listing::new(params, Scope::Public).is_err());
    }
}
