//! The id in a path such as `/api/v1/bookings/{id}`. What is no UUID names nothing, so it is answered with 404.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use domain::ids::{BookingId, EventId};
use edge::problem::{Problem, kinds};
use utoipa::IntoParams;
use uuid::Uuid;

/// The id in the path.
#[derive(Clone, Copy, Debug, IntoParams)]
#[into_params(names("id"), parameter_in = Path)]
pub struct PathId(Uuid);

impl PathId {
    /// As an Event's.
    pub(crate) const fn event(self) -> EventId {
        EventId::new(self.0)
    }

    /// As a Booking's.
    pub(crate) const fn booking(self) -> BookingId {
        BookingId::new(self.0)
    }
}

impl FromRequest for PathId {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let id = request
            .match_info()
            .get("id")
            .and_then(|text| Uuid::try_parse(text).ok());
        ready(id.map(Self).ok_or_else(|| Problem::new(&kinds::NOT_FOUND)))
    }
}
