//! Leads the verbs of Events to their lanes, and back to an answer.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use contract::Event;
use domain::event::EventCommand;
use domain::ids::EventId;
use edge::conditional::{IfMatch, etag};
use edge::problem::{Problem, kinds};
use event_store::Sequence;
use lanes::Done;

use super::refusal::refused;
use crate::answer::{at, json, locate, problem};
use crate::verb::{Actor, Verb};

impl<A: Actor> Verb<A> {
    /// Carries out `command` on Event `id`, where it is at the version of `based_on`, if one is given.
    pub(crate) async fn event(
        &self,
        id: EventId,
        based_on: Option<IfMatch>,
        command: EventCommand,
    ) -> Result<Done<Option<Event>>, Problem> {
        let expected = based_on.and_then(IfMatch::expected).map(Sequence::new);
        let done = self.api.events.event(id, command, expected, self.cause()).await;
        done.map_err(|error| problem(error, refused))
    }

    /// Carries out `command` on Event `id`, and answers 200 with the Event as it is then.
    pub(crate) async fn change(
        &self,
        id: EventId,
        based_on: Option<IfMatch>,
        command: EventCommand,
    ) -> Result<HttpResponse, Problem> {
        let done = self.event(id, based_on, command).await?;
        answer_event(StatusCode::OK, &done, None)
    }

    /// Carries out `command` on Event `id`, as [`Self::change`] does, and answers `status` with the Event and where to find
    /// what `follows`, such as
    /// the Event itself.
    pub(crate) async fn begin(
        &self,
        status: StatusCode,
        id: EventId,
        based_on: Option<IfMatch>,
        command: EventCommand,
        follows: &str,
    ) -> Result<HttpResponse, Problem> {
        let done = self.event(id, based_on, command).await?;
        answer_event(status, &done, Some(follows))
    }
}

/// `status` with an Event after a verb, its version, and where to find what `follows`, such as the Event itself.
fn answer_event(
    status: StatusCode,
    done: &Done<Option<Event>>,
    follows: Option<&str>,
) -> Result<HttpResponse, Problem> {
    let event = done
        .state
        .as_ref()
        .ok_or_else(|| Problem::new(&kinds::INTERNAL))?;
    let mut answer = at(status, done.position);
    answer.insert_header(etag(done.sequence.get()));
    if let Some(follows) = follows {
        locate(&mut answer, format!("/api/v1/admin/events/{}{follows}", event.id));
    }
    json(answer, event)
}
