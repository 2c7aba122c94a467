//! Refunding, and asking what came of it.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use serde::Deserialize;

use crate::book::{Recorded, Unrefundable};
use crate::digest::Digest;
use crate::entry::{Kind, Metadata, Operation, Outcome, fingerprint};
use crate::gateway::Gateway;
use crate::key::Key;
use crate::method::RefundScript;
use crate::refusal::Refusal;
use crate::respond::{Body, check_amount, read, respond};
use crate::writer::Durable;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RefundRequest {
    charge_key: Key,
    amount: u64,
    #[serde(default)]
    metadata: Metadata,
}

/// What a refund must know of its charge.
struct Charged {
    currency: String,
    method: String,
}

/// `POST /v1/refunds`
pub(crate) async fn create(gateway: Data<Gateway>, key: Key, body: Body) -> Result<HttpResponse, Refusal> {
    let request: RefundRequest = read(body)?;
    check_amount(request.amount)?;
    let charged = charged(&gateway, &request.charge_key)?;
    let script = gateway.scripts.of_refund(&charged.method, &key);
    let fingerprint = fingerprint(request.charge_key.as_str(), request.amount, "", &request.metadata);
    let request_key = (Operation::Refund, key.clone());
    let record = move |gateway: &Gateway| record(gateway, key, request, charged.currency, script);
    let performed = gateway
        .clone()
        .into_inner()
        .perform(request_key, fingerprint, script.conduct, record);
    Ok(respond(&gateway, performed.await?).await)
}

/// `GET /v1/refunds/{key}`
pub(crate) async fn get(gateway: Data<Gateway>, key: Path<String>) -> Result<HttpResponse, Refusal> {
    let found = Key::parse(&key).and_then(|key| {
        gateway
            .ledger
            .with_book(|book| book.find(Operation::Refund, &key))
    });
    found
        .map(|refund: Recorded| HttpResponse::Ok().json(refund))
        .ok_or(Refusal::NotFound("refund"))
}

fn charged(gateway: &Gateway, key: &Key) -> Result<Charged, Refusal> {
    let charged = gateway.ledger.with_book(|book| {
        Some(Charged {
            currency: book.charge(key)?.currency.clone(),
            method: book.method(key)?.to_owned(),
        })
    });
    charged.ok_or(Refusal::NotFound("charge"))
}

/// Decides the refund on the book as it is, and hands it to the journal. What is to be settled is reserved until it is
/// written, so that refunds at the same moment do not exceed the capture together.
fn record(
    gateway: &Gateway,
    key: Key,
    request: RefundRequest,
    currency: String,
    script: RefundScript,
) -> Result<Durable, Refusal> {
    let (charge_key, amount) = (request.charge_key.clone(), request.amount);
    let reason = match script.refused {
        Some(reason) => Some(reason),
        None => gateway
            .ledger
            .with_book(|book| book.reserve(&charge_key, amount))
            .err()
            .map(Unrefundable::as_str),
    };
    let settles = reason.is_none();
    let outcome = Outcome {
        kind: if settles {
            Kind::RefundSettled
        } else {
            Kind::RefundRefused
        },
        id: Digest::of([&b"refund"[..], key.as_str().as_bytes()]).name("srf_"),
        key,
        charge_key: Some(request.charge_key),
        method: None,
        amount,
        currency,
        reason: reason.map(str::to_owned),
        metadata: request.metadata,
    };
    let submitted = gateway.journal.submit(outcome, script.conduct.notice);
    if submitted.is_err() && settles {
        gateway
            .ledger
            .with_book(|book| book.unreserve(&charge_key, amount));
    }
    submitted
}
