//! The section in a path. What is no section's id names none.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use domain::text::SectionId;
use edge::problem::{Problem, kinds};
use utoipa::IntoParams;

/// The section's id in the path.
#[derive(Clone, Debug, IntoParams)]
#[into_params(names("section_id"), parameter_in = Path)]
pub struct PathSection(#[param(value_type = String)] pub(super) SectionId);

impl FromRequest for PathSection {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let id = request
            .match_info()
            .get("section_id")
            .and_then(|text| SectionId::read(text).ok());
        ready(id.map(Self).ok_or_else(|| Problem::new(&kinds::UNKNOWN_SECTION)))
    }
}
