//! The OpenAPI 3.1 document of the write side, made from the annotations beside the handlers.

mod problem_schema;

use edge::openapi::Commands;
use utoipa::OpenApi;

use crate::{account, booking, event, process, webhook};

#[derive(OpenApi)]
#[openapi(
    info(title = "Evently: the write side", description = "Commands in, durable results out."),
    paths(
        booking::place::handle,
        booking::extend::handle,
        booking::confirm::handle,
        booking::pay::handle,
        booking::cancel::all,
        booking::cancel::some,
        booking::cancel::by_organizer,
        event::create::handle,
        event::edit::handle,
        event::delete::handle,
        event::publish::handle,
        event::open::handle,
        event::close::handle,
        event::reschedule::handle,
        event::cancel::handle,
        event::set_cancellation_policy::put,
        event::set_cancellation_policy::delete,
        event::change_price::handle,
        event::change_capacity::handle,
        process::list::handle,
        process::resume::handle,
        webhook::handle,
        account::register::register,
        account::login::login,
        account::me::me,
        account::jwks::jwks,
    ),
    components(schemas(problem_schema::ProblemDetails, problem_schema::FieldFault)),
    modifiers(&Commands),
    tags(
        (name = "bookings", description = "Holding seats, paying for them, and giving them back"),
        (name = "events", description = "Running events: organizers their own, administrators any"),
        (name = "operations", description = "What runs by itself, and what gateways tell"),
        (name = "auth", description = "Accounts and access tokens"),
    ),
)]
struct WriteSide;

/// The document of every verb of [`crate::routes()`].
pub fn openapi() -> utoipa::openapi::OpenApi {
    WriteSide::openapi()
}

#[cfg(test)]
mod tests;
