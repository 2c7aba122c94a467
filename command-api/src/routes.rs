//! The whole write API, one line a verb.

use actix_web::http::Method;
use actix_web::{FromRequest, Handler, Responder, Route, guard, web};
use edge::request::{BodyLimit, traced};

use crate::{account, booking, event, process, webhook};

/// One verb: a method on a path, and who handles it.
struct Verb {
    method: Method,
    path: &'static str,
    route: Route,
    /// How large its bodies may be, in bytes, where that is not the usual.
    body_bytes_max: Option<usize>,
}

impl Verb {
    fn with_bodies_up_to(self, bytes: usize) -> Self {
        Self {
            body_bytes_max: Some(bytes),
            ..self
        }
    }
}

/// The routes, the busiest first: they are tried in this order.
fn table() -> Vec<Verb> {
    let parts = [of_buyers(), of_organizers(), of_accounts(), of_operations()];
    parts.into_iter().flatten().collect()
}

/// Holding, paying and giving back.
fn of_buyers() -> Vec<Verb> {
    vec![
        verb(Method::POST, "/api/v1/bookings", booking::place::handle),
        verb(
            Method::POST,
            "/api/v1/bookings/{id}/extension",
            booking::extend::handle,
        ),
        verb(
            Method::POST,
            "/api/v1/bookings/{id}/confirmation",
            booking::confirm::handle,
        ),
        verb(
            Method::POST,
            "/api/v1/bookings/{id}/payment",
            booking::pay::handle,
        ),
        verb(Method::DELETE, "/api/v1/bookings/{id}", booking::cancel::all),
        verb(
            Method::POST,
            "/api/v1/bookings/{id}/cancellation",
            booking::cancel::some,
        ),
    ]
}

/// Running events.
fn of_organizers() -> Vec<Verb> {
    vec![
        verb(
            Method::POST,
            "/api/v1/admin/bookings/{id}/cancellation",
            booking::cancel::by_organizer,
        ),
        verb(Method::POST, "/api/v1/admin/events", event::create::handle)
            .with_bodies_up_to(event::create::BODY_BYTES_MAX),
        verb(Method::PATCH, "/api/v1/admin/events/{id}", event::edit::handle),
        verb(Method::DELETE, "/api/v1/admin/events/{id}", event::delete::handle),
        verb(
            Method::POST,
            "/api/v1/admin/events/{id}/publication",
            event::publish::handle,
        ),
        verb(
            Method::POST,
            "/api/v1/admin/events/{id}/opening",
            event::open::handle,
        ),
        verb(
            Method::POST,
            "/api/v1/admin/events/{id}/closing",
            event::close::handle,
        ),
        verb(
            Method::POST,
            "/api/v1/admin/events/{id}/schedule",
            event::reschedule::handle,
        ),
        verb(
            Method::POST,
            "/api/v1/admin/events/{id}/cancellation",
            event::cancel::handle,
        ),
        verb(
            Method::PUT,
            "/api/v1/admin/events/{id}/cancellation-policy",
            event::set_cancellation_policy::put,
        ),
        verb(
            Method::DELETE,
            "/api/v1/admin/events/{id}/cancellation-policy",
            event::set_cancellation_policy::delete,
        ),
        verb(
            Method::PUT,
            "/api/v1/admin/events/{id}/sections/{section_id}/price",
            event::change_price::handle,
        ),
        verb(
            Method::PUT,
            "/api/v1/admin/events/{id}/sections/{section_id}/capacity",
            event::change_capacity::handle,
        ),
    ]
}

/// Who one is.
fn of_accounts() -> Vec<Verb> {
    vec![
        verb(Method::POST, "/api/v1/auth/register", account::register::register),
        verb(Method::POST, "/api/v1/auth/login", account::login::login),
        verb(Method::GET, "/api/v1/auth/me", account::me::me),
        verb(Method::GET, "/.well-known/jwks.json", account::jwks::jwks),
    ]
}

/// What gateways tell, and what runs by itself.
fn of_operations() -> Vec<Verb> {
    vec![
        verb(Method::POST, "/webhooks/{gateway}", webhook::handle),
        verb(Method::GET, "/api/v1/admin/processes", process::list::handle),
        verb(
            Method::POST,
            "/api/v1/admin/processes/{process}/{subject}/resumption",
            process::resume::handle,
        ),
    ]
}

/// Registers every verb. Handlers take `web::Data<CommandApi>` and `web::Data<Accounts>` from the application.
///
/// Each verb stands for itself, its method being a guard of its resource: the read side has other methods on the same
/// paths, and a request that no verb takes falls through to the application's default service.
pub fn routes(config: &mut web::ServiceConfig) {
    for verb in table() {
        let reads = verb.method == Method::GET;
        let mut resource = web::resource(verb.path)
            .guard(guard::fn_guard(move |context| {
                let method = &context.head().method;
                *method == verb.method || reads && *method == Method::HEAD
            }))
            .route(verb.route);
        if let Some(bytes) = verb.body_bytes_max {
            resource = resource.app_data(BodyLimit(bytes));
        }
        config.service(resource);
    }
}

/// Method and path of every verb, for the answer 405 with its `Allow`.
pub fn operations() -> Vec<(Method, &'static str)> {
    table().into_iter().map(|verb| (verb.method, verb.path)).collect()
}

fn verb<H, Args>(method: Method, path: &'static str, handler: H) -> Verb
where
    H: Handler<Args>,
    Args: FromRequest + 'static,
    H::Output: Responder + 'static,
{
    Verb {
        method,
        path,
        route: web::route().to(traced("command", handler)),
        body_bytes_max: None,
    }
}
