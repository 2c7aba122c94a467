//! The whole read API on one screen.

use actix_web::http::Method;
use actix_web::middleware::from_fn;
use actix_web::web;
use edge::request::{get, traced};

use crate::{analytics, audit, bookings, events, patience};

macro_rules! reads {
    ($($path:literal => $handler:path,)*) => {
        /// Registers every read, one verb at a time: other methods of the same paths may be registered elsewhere.
        pub fn routes(config: &mut web::ServiceConfig) {
            $(config.route($path, get().to(traced("query", $handler)).wrap(from_fn(patience::limited)));)*
        }

        /// Every method and path that [`routes`] registers.
        pub fn operations() -> Vec<(Method, &'static str)> {
            vec![$((Method::GET, $path)),*]
        }
    };
}

reads! {
    "/api/v1/events" => events::list_events,
    "/api/v1/events/{id}" => events::get_event,
    "/api/v1/events/{id}/plan" => events::get_plan,
    "/api/v1/events/{id}/seats" => events::get_seats,
    "/api/v1/events/{id}/availability" => events::get_availability,
    "/api/v1/bookings" => bookings::list_bookings,
    "/api/v1/bookings/{id}" => bookings::get_booking,
    "/api/v1/bookings/{id}/history" => bookings::get_history,
    "/api/v1/admin/events" => events::list_own_events,
    "/api/v1/admin/events/{id}" => events::get_own_event,
    "/api/v1/admin/events/{id}/bookings" => events::list_event_bookings,
    "/api/v1/admin/events/{id}/cancellation" => events::get_cancellation,
    "/api/v1/audit/bookings/{id}/ledger" => audit::get_ledger,
    "/api/v1/admin/analytics" => analytics::get_analytics,
    "/api/v1/admin/analytics/events/{id}" => analytics::get_event_analytics,
    "/api/v1/audit/{aggregate}/{id}" => audit::get_state,
    "/api/v1/audit/{aggregate}/{id}/facts" => audit::list_facts,
}
