//! GET, and HEAD, which is GET without the body (RFC 9110, section 9.3.2).

use actix_web::{Route, guard, web};

/// A route of what is read.
pub fn get() -> Route {
    web::route().guard(guard::Any(guard::Get()).or(guard::Head()))
}
