//! Creating an Event: `POST /api/v1/admin/events`, from sections or from a seating plan.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use aws_lc_rs::digest::{SHA256, digest};
use contract::Event;
use domain::Fingerprint;
use domain::event::{CreateEvent, EventCommand};
use domain::ids::{AccountId, EventId};
use edge::idempotency::OptionalIdempotencyKey;
use edge::problem::{Problem, kinds};
use edge::request::RawBody;
use event_store::clock::new_id;

use super::create_body::NewEvent;
use super::staff::Staff;
use crate::CommandApi;
use crate::derived_id;
use crate::verb::Verb;

/// The largest body: room for a seating plan of 100,000 seats.
pub const BODY_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Creates an event
///
/// A draft, run by the caller. Its seats are generated from `sections`, or imported from a pretix seating plan of up
/// to 16 MiB with a price for each category. With an `Idempotency-Key`, a repeated request finds the event that the
/// first one made and answers with it as it is now.
#[utoipa::path(
    post,
    path = "/api/v1/admin/events",
    operation_id = "create_event",
    tag = "events",
    request_body = NewEvent,
    responses(
        (status = 201, description = "The draft exists", body = Event,
         headers(("Location" = String, description = "Where it is"))),
        (status = 413, description = "`body-too-large`: over 16 MiB"),
        (status = 422, description = "`invalid-body`, `invalid-plan`; `key-reused`: the key made another event, or one that was deleted"),
    ),
)]
pub async fn handle(
    verb: Verb<Staff>,
    key: OptionalIdempotencyKey,
    body: RawBody,
) -> Result<HttpResponse, Problem> {
    let organizer = verb.actor.by.account;
    let with_key = key.0.is_some();
    let id = match key.0 {
        Some(key) => derived_id::event(organizer, &key),
        None => EventId::new(new_id(&verb.api.clock)),
    };
    let command = EventCommand::Create(read(&verb.api, organizer, body, with_key).await?);
    verb.begin(StatusCode::CREATED, id, None, command, "").await
}

/// Reads the body on a thread where a large plan delays no other request. A request with a key is known again by its bytes.
async fn read(
    api: &CommandApi,
    organizer: AccountId,
    body: RawBody,
    with_key: bool,
) -> Result<CreateEvent, Problem> {
    let now = api.clock.now();
    let read = web::block(move || {
        let mut command = body.parse::<NewEvent>()?.into_command(organizer, now)?;
        command.request = with_key.then(|| Fingerprint::of_hash(digest(&SHA256, body.bytes()).as_ref()));
        Ok(command)
    });
    let read = read.await;
    read.map_err(|canceled| Problem::new(&kinds::UNAVAILABLE).cause(canceled))?
}
