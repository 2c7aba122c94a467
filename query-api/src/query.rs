//! A query on its way from its request to its answer.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use chrono::{DateTime, Utc};
use contract::ProjectionName;
use edge::consistency::MinPosition;
use edge::problem::Problem;
use event_store::Position;
use serde::Serialize;

use crate::QueryApi;
use crate::answer::{self, Audience};
use crate::failure;
use crate::snapshot::Snapshot;

/// What every handler begins with: the read side, the request, and the least position that the answer must reflect.
#[derive(Debug)]
pub(crate) struct Query {
    pub(crate) api: web::Data<QueryApi>,
    pub(crate) request: HttpRequest,
    pub(crate) min: Position,
}

impl Query {
    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.api.clock.now()
    }

    /// One moment of the tables of `projections`.
    pub(crate) async fn snapshot(&self, projections: &[ProjectionName]) -> Result<Snapshot, Problem> {
        self.api.tables.snapshot(projections, self.min).await
    }

    /// Ends `snapshot`, and answers with `body` at its position.
    pub(crate) async fn answer(
        &self,
        snapshot: Snapshot,
        body: &impl Serialize,
        audience: Audience,
    ) -> Result<HttpResponse, Problem> {
        let position = snapshot.position();
        snapshot.close().await.map_err(failure::database)?;
        self.answer_at(position, body, audience).await
    }

    /// Answers with `body`, which reflects `position`.
    pub(crate) async fn answer_at(
        &self,
        position: Position,
        body: &impl Serialize,
        audience: Audience,
    ) -> Result<HttpResponse, Problem> {
        answer::json(&self.request, body, position, audience).await
    }
}

impl FromRequest for Query {
    type Error = actix_web::Error;
    type Future = Ready<Result<Self, actix_web::Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let api = web::Data::<QueryApi>::from_request(request, payload).into_inner();
        let min = MinPosition::from_request(request, payload).into_inner();
        ready(api.and_then(|api| {
            Ok(Self {
                api,
                request: request.clone(),
                min: Position::new(min?.0),
            })
        }))
    }
}
