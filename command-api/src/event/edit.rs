//! Editing an Event: `PATCH /api/v1/admin/events/{id}`.

use actix_web::HttpResponse;
use chrono::{DateTime, Utc};
use contract::Event;
use domain::event::{By, EditDetails, EventCommand};
use domain::ids::EventId;
use domain::instant::Instant;
use domain::text::with_line_feeds;
use edge::conditional::IfMatch;
use edge::problem::Problem;
use edge::request::{Body, PathId};
use serde::Deserialize;
use utoipa::ToSchema;

use super::details;
use super::faults::Faults;
use super::staff::Staff;
use crate::verb::Verb;

/// What is to change; what is absent stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EventEdit {
    /// Its title, up to 200 characters.
    title: Option<String>,
    /// A longer text, possibly empty.
    description: Option<String>,
    /// A word to browse by, such as `concert`.
    category: Option<String>,
    /// The venue's name.
    venue: Option<String>,
    /// The city.
    city: Option<String>,
    /// IANA time zone of the venue, such as `Europe/Berlin`.
    time_zone: Option<String>,
    /// When it starts.
    #[schema(value_type = Option<DateTime<Utc>>)]
    starts_at: Option<Instant>,
    /// When it ends.
    #[schema(value_type = Option<DateTime<Utc>>)]
    ends_at: Option<Instant>,
    /// Seats that one buyer may hold and own at once.
    buyer_seats_max: Option<u32>,
}

impl EventEdit {
    fn into_command(self, by: By, at: DateTime<Utc>) -> Result<EventCommand, Problem> {
        let mut faults = Faults::default();
        let title = self.title.and_then(|text| details::title(&text, &mut faults));
        let mut name =
            |pointer, text: Option<String>| text.and_then(|text| details::name(pointer, &text, &mut faults));
        let category = name("#/category", self.category);
        let venue = name("#/venue", self.venue);
        let city = name("#/city", self.city);
        let time_zone = self
            .time_zone
            .and_then(|text| details::time_zone(&text, &mut faults));
        faults.or_problem(Some(EventCommand::EditDetails(EditDetails {
            by,
            title,
            description: self.description.map(with_line_feeds),
            category,
            venue,
            city,
            time_zone,
            starts_at: self.starts_at.map(Instant::utc),
            ends_at: self.ends_at.map(Instant::utc),
            buyer_seats_max: self.buyer_seats_max,
            at,
        })))
    }
}

/// Edits an event
///
/// Changes what the body names and leaves the rest; all of it or nothing. `null` is the same as absent.
#[utoipa::path(
    patch,
    path = "/api/v1/admin/events/{id}",
    operation_id = "edit_event",
    tag = "events",
    request_body = EventEdit,
    responses((status = 200, description = "As it is now", body = Event)),
)]
pub async fn handle(
    verb: Verb<Staff>,
    id: PathId<EventId>,
    if_match: IfMatch,
    body: Body<EventEdit>,
) -> Result<HttpResponse, Problem> {
    let command = body.0.into_command(verb.actor.by, verb.now())?;
    verb.change(id.0, Some(if_match), command).await
}
