//! Charging, and asking what came of it.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use serde::Deserialize;

use crate::digest::Digest;
use crate::entry::{Kind, Metadata, Operation, Outcome, fingerprint};
use crate::gateway::Gateway;
use crate::key::Key;
use crate::method::{ChargeScript, Verdict};
use crate::refusal::Refusal;
use crate::respond::{Body, check_amount, read, respond};
use crate::writer::Durable;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ChargeRequest {
    amount: u64,
    currency: String,
    method: String,
    #[serde(default)]
    metadata: Metadata,
}

/// `POST /v1/charges`
pub(crate) async fn create(gateway: Data<Gateway>, key: Key, body: Body) -> Result<HttpResponse, Refusal> {
    let request: ChargeRequest = read(body)?;
    check_amount(request.amount)?;
    check_currency(&request.currency)?;
    let script = gateway.scripts.of_charge(&request.method, &key);
    let script = script.ok_or_else(|| Refusal::UnknownMethod(request.method.clone()))?;
    let fingerprint = fingerprint(
        &request.method,
        request.amount,
        &request.currency,
        &request.metadata,
    );
    let request_key = (Operation::Charge, key.clone());
    let record = move |gateway: &Gateway| record(gateway, key, request, script);
    let performed = gateway
        .clone()
        .into_inner()
        .perform(request_key, fingerprint, script.conduct, record);
    Ok(respond(&gateway, performed.await?).await)
}

/// `GET /v1/charges/{key}`
pub(crate) async fn get(gateway: Data<Gateway>, key: Path<String>) -> Result<HttpResponse, Refusal> {
    let charge = Key::parse(&key).and_then(|key| gateway.ledger.with_book(|book| book.charge(&key).cloned()));
    charge
        .map(|charge| HttpResponse::Ok().json(charge))
        .ok_or(Refusal::NotFound("charge"))
}

fn check_currency(currency: &str) -> Result<(), Refusal> {
    if currency.len() == 3 && currency.bytes().all(|letter| letter.is_ascii_uppercase()) {
        return Ok(());
    }
    Err(Refusal::Unreadable(
        "a currency is three capital letters (ISO 4217)".to_owned(),
    ))
}

fn record(
    gateway: &Gateway,
    key: Key,
    request: ChargeRequest,
    script: ChargeScript,
) -> Result<Durable, Refusal> {
    let (kind, reason) = match script.verdict {
        Verdict::Captured => (Kind::ChargeCaptured, None),
        Verdict::Declined(reason) => (Kind::ChargeDeclined, Some(reason.to_owned())),
        Verdict::Pending => (Kind::ChargePending, None),
    };
    let outcome = Outcome {
        kind,
        id: Digest::of([&b"charge"[..], key.as_str().as_bytes()]).name("sch_"),
        key,
        charge_key: None,
        method: Some(request.method),
        amount: request.amount,
        currency: request.currency,
        reason,
        metadata: request.metadata,
    };
    let captured = script.captured_later.then(|| Outcome {
        kind: Kind::ChargeCaptured,
        reason: None,
        ..outcome.clone()
    });
    let durable = gateway.journal.submit(outcome, script.conduct.notice)?;
    if let Some(captured) = captured {
        gateway.capture_later(captured);
    }
    Ok(durable)
}
