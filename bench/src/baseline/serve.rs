//! The baselines' server: the same actix-web, the same token check and the same shape of request and answer as Evently.

use actix_web::{App, HttpResponse, HttpServer, web};
use serde::{Deserialize, Serialize};
use sqlx::postgres::PgPoolOptions;
use uuid::Uuid;

use crate::baseline::{plain_cqrs, sql};
use crate::keys::Keys;

/// Connections to PostgreSQL: enough to keep two cores busy, few enough not to thrash.
const CONNECTIONS: u32 = 16;

/// Which baseline.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(crate) enum Baseline {
    /// A transaction per booking.
    Sql,
    /// cqrs-es and postgres-es.
    PlainCqrs,
}

/// A booking request for named seats.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlaceBooking {
    /// The Event.
    pub(crate) event_id: Uuid,
    /// The seats.
    pub(crate) seat_ids: Vec<String>,
}

#[derive(Serialize)]
struct Placed<'a> {
    id: Uuid,
    event_id: Uuid,
    status: &'static str,
    seats: &'a [String],
}

pub(crate) fn placed(booking: Uuid, request: &PlaceBooking) -> HttpResponse {
    let body = Placed {
        id: booking,
        event_id: request.event_id,
        status: "held",
        seats: &request.seat_ids,
    };
    HttpResponse::Created().json(body)
}

pub(crate) fn taken() -> HttpResponse {
    HttpResponse::Conflict().finish()
}

pub(crate) fn busy() -> HttpResponse {
    HttpResponse::ServiceUnavailable().finish()
}

pub(crate) fn internal(error: &dyn std::error::Error) -> HttpResponse {
    complain(error);
    HttpResponse::InternalServerError().finish()
}

#[expect(clippy::print_stderr, reason = "errors go to the terminal")]
fn complain(error: &dyn std::error::Error) {
    eprintln!("baseline failed: {error}");
}

/// Serves `baseline` on 127.0.0.1:`port` until it is killed.
pub(crate) async fn run(baseline: Baseline, port: u16, database: &str) -> anyhow::Result<()> {
    let pool = PgPoolOptions::new()
        .max_connections(CONNECTIONS)
        .connect(database)
        .await?;
    let verifier = web::Data::new(Keys::fixed()?.verifier());
    let framework = plain_cqrs::prepare(pool.clone()).await?;
    let server = HttpServer::new(move || {
        let app = App::new()
            .app_data(verifier.clone())
            .app_data(web::Data::new(pool.clone()));
        match baseline {
            Baseline::Sql => app.route("/api/v1/bookings", web::post().to(sql::place)),
            Baseline::PlainCqrs => app
                .app_data(web::Data::new(framework.clone()))
                .route("/api/v1/bookings", web::post().to(plain_cqrs::place)),
        }
    });
    server.workers(2).bind(("127.0.0.1", port))?.run().await?;
    Ok(())
}
