//! What payment gateways tell on their own: `POST /webhooks/{gateway}`.
//!
//! A notice is believed by its signature alone, and is no newer than what is known: what it tells twice, late or out of order
//! changes nothing, as the outcome is decided by the Booking.

use actix_web::http::header::HeaderMap;
use actix_web::{HttpRequest, HttpResponse, web};
use domain::booking::{Booking, BookingCommand, BookingRefusal, RefundAnswer};
use domain::ids::PaymentId;
use domain::payment::GatewayName;
use edge::problem::{Problem, kinds};
use edge::request::RawBody;
use event_store::clock::new_id;
use gateway::{Headers, NoticeRefusal};
use metrics::counter;

use crate::CommandApi;
use crate::answer::{failed, problem};
use lanes::{Cause, CommandError};
use processes::settling;

/// Headers of a request, for gateways.
struct RequestHeaders<'a>(&'a HeaderMap);

impl Headers for RequestHeaders<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(|value| value.to_str().ok())
    }
}

/// Takes a notice of a payment gateway
///
/// Signed by the gateway's own scheme: Standard Webhooks by the sandbox, `Stripe-Signature` by Stripe. 204 whether or not it
/// is new.
#[utoipa::path(
    post,
    path = "/webhooks/{gateway}",
    operation_id = "take_gateway_notice",
    tag = "operations",
    security(()),
    params(("gateway" = String, Path, description = "`sandbox` or `stripe`")),
    responses(
        (status = 204, description = "It was taken"),
        (status = 400, description = "`bad-request`: it is signed, and cannot be read"),
        (status = 401, description = "`invalid-signature`"),
        (status = 404, description = "`not-found`: no such gateway is set up"),
    ),
)]
pub(crate) async fn handle(
    api: web::Data<CommandApi>,
    request: HttpRequest,
    name: web::Path<String>,
    body: RawBody,
) -> Result<HttpResponse, Problem> {
    let name = GatewayName::parse(&name).map_err(|_| Problem::new(&kinds::NOT_FOUND))?;
    let gateways = api.collector.gateways();
    let gateway = gateways
        .named(&name)
        .map_err(|_| Problem::new(&kinds::NOT_FOUND))?;
    let notice = gateway.notice(&RequestHeaders(request.headers()), body.bytes(), api.clock.now());
    let notice = notice.map_err(|refusal| not_believed(&name, refusal))?;
    let Some(news) = notice else {
        return Ok(taken(&name, "ignored"));
    };
    let Some(command) = settling(news, api.clock.now()) else {
        return Ok(taken(&name, "pending"));
    };
    record(&api, &name, command).await
}

/// Makes what a notice tells a fact, where it is none yet.
async fn record(
    api: &CommandApi,
    gateway: &GatewayName,
    command: BookingCommand,
) -> Result<HttpResponse, Problem> {
    let booking = command.booking();
    let state = api.events.booking_state(booking).await.map_err(failed)?;
    let Some(event) = state.event().filter(|_| is_with(gateway, &state, &command)) else {
        tracing::warn!(%gateway, %booking, "gateway.notice.of.nothing.of.ours");
        return Ok(taken(gateway, "unknown"));
    };
    if contradicts(&state, &command) {
        // The money that was returned has come back, or the gateway errs: either way an administrator must look.
        tracing::error!(%gateway, %booking, "gateway.notice.refuses.what.was.settled");
        return Ok(taken(gateway, "contradiction"));
    }
    let cause = Cause::system(format!("gateway-{gateway}"), new_id(&api.clock));
    let payment = payment_of(&command);
    match api.events.booking(event, command, cause).await {
        Ok(done) => {
            if let Some(payment) = payment {
                api.collector.outcome_known(payment, &done);
            }
            Ok(taken(gateway, "recorded"))
        }
        Err(CommandError::Refused(refusal)) => {
            tracing::error!(%gateway, %booking, %refusal, "gateway.notice.senseless");
            Ok(taken(gateway, "senseless")) // telling it again would not help
        }
        Err(error) => Err(problem(error, |refusal: BookingRefusal| {
            Problem::internal(refusal)
        })),
    }
}

/// Whether what `command` records is of a payment with this gateway: no other may tell what became of it.
fn is_with(gateway: &GatewayName, state: &Booking, command: &BookingCommand) -> bool {
    let payments = state.payments();
    let payment = if let BookingCommand::SettlePayment(settle) = command {
        payments.and_then(|payments| payments.attempt(settle.payment))
    } else if let BookingCommand::SettleRefund(settle) = command {
        payments.and_then(|payments| payments.attempt(payments.refund(settle.refund)?.payment))
    } else {
        None
    };
    payment.is_some_and(|payment| payment.gateway == *gateway)
}

/// Whether the gateway reports a refund as refused that the log has as settled.
fn contradicts(state: &Booking, command: &BookingCommand) -> bool {
    let BookingCommand::SettleRefund(settle) = command else {
        return false;
    };
    let refund = state
        .payments()
        .and_then(|payments| payments.refund(settle.refund));
    let refused = matches!(settle.answer, RefundAnswer::Refused { .. });
    refused && refund.is_some_and(|refund| refund.is_settled() && refund.attempt == settle.attempt)
}

/// The payment whose outcome `command` records.
fn payment_of(command: &BookingCommand) -> Option<PaymentId> {
    if let BookingCommand::SettlePayment(settle) = command {
        return Some(settle.payment);
    }
    None
}

fn taken(gateway: &GatewayName, outcome: &'static str) -> HttpResponse {
    counter!("evently_gateway_notices_total", "gateway" => gateway.to_string(), "outcome" => outcome)
        .increment(1);
    HttpResponse::NoContent().finish()
}

/// Anybody can send what is not believed: it is counted, and no failure of ours.
fn not_believed(gateway: &GatewayName, refusal: NoticeRefusal) -> Problem {
    counter!("evently_gateway_notices_total", "gateway" => gateway.to_string(), "outcome" => "refused")
        .increment(1);
    tracing::debug!(%gateway, %refusal, "gateway.notice.refused");
    match refusal {
        NoticeRefusal::Unsigned | NoticeRefusal::Forged | NoticeRefusal::Untimely => {
            Problem::new(&kinds::INVALID_SIGNATURE).detail(refusal.to_string())
        }
        NoticeRefusal::Unreadable => Problem::new(&kinds::BAD_REQUEST).detail(refusal.to_string()),
    }
}
