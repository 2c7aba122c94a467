//! What decides whether a kept map is still right: read each time, cheaply.

use uuid::Uuid;

use super::key::{MapKey, MapKind};
use crate::snapshot::Snapshot;

/// The version of a map, and who may see it. Two maps with equal heads are equal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Head {
    pub(super) organizer: Uuid,
    pub(super) public: bool,
    pub(super) currency: String,
    /// Position of the last change of its sections; for a plan always 0.
    pub(super) changed_at: i64,
    /// Hash of what a plan is made of; for the state of seats always empty.
    pub(super) plan_hash: String,
}

impl Head {
    /// The head of the map `key`; `None` where there is no such Event.
    pub(super) async fn read(snapshot: &mut Snapshot, key: MapKey) -> Result<Option<Self>, sqlx::Error> {
        match key.kind {
            MapKind::Plan => Self::of_plan(snapshot, key.event.uuid()).await,
            MapKind::Seats => Self::of_seats(snapshot, key.event.uuid()).await,
        }
    }

    async fn of_plan(snapshot: &mut Snapshot, event: Uuid) -> Result<Option<Self>, sqlx::Error> {
        sqlx::query_as!(
            Self,
            r#"select e.organizer_id as organizer, e.status <> 'draft' as "public!", e.currency,
                      0::bigint as "changed_at!",
                      md5(concat(e.plan::text, e.zones::text, s.all_of_them)) as "plan_hash!"
                 from events e cross join lateral (
                        select string_agg(concat_ws('|', section_id, ordinal, name, category, price_amount, seated,
                                                    capacity, row_count), e'\n' order by section_id) as all_of_them
                          from sections where event_id = e.event_id
                      ) s
                where e.event_id = $1"#,
            event
        )
        .fetch_optional(snapshot.connection())
        .await
    }

    async fn of_seats(snapshot: &mut Snapshot, event: Uuid) -> Result<Option<Self>, sqlx::Error> {
        sqlx::query_as!(
            Self,
            r#"select e.organizer_id as organizer, e.status <> 'draft' as "public!", e.currency,
                      coalesce((select max(position) from sections s where s.event_id = e.event_id), 0) as "changed_at!",
                      '' as "plan_hash!"
                 from events e where e.event_id = $1"#,
            event
        )
        .fetch_optional(snapshot.connection())
        .await
    }
}
