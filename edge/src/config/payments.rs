//! Reading the settings of payment gateways.

use std::time::Duration;

use super::read::Values;
use super::{GatewayAccess, GatewayKind, PaymentsConfig};

/// Names of one gateway's settings.
struct Names {
    url: &'static str,
    key: &'static str,
    webhook_secrets: &'static str,
}

const SANDBOX: Names = Names {
    url: "sandbox_url",
    key: "sandbox_key",
    webhook_secrets: "sandbox_webhook_secrets",
};

const STRIPE: Names = Names {
    url: "stripe_url",
    key: "stripe_key",
    webhook_secrets: "stripe_webhook_secrets",
};

pub(super) fn payments(values: &mut Values) -> Option<PaymentsConfig> {
    let sandbox = access(values, &SANDBOX);
    let stripe = access(values, &STRIPE);
    let taking = match values.text("payment_gateway").as_str() {
        "none" => None,
        "sandbox" => Some(GatewayKind::Sandbox),
        "stripe" => Some(GatewayKind::Stripe),
        _ => return values.wrong("payment_gateway", "is neither none, sandbox nor stripe"),
    };
    match taking {
        Some(GatewayKind::Sandbox) if sandbox.is_none() => return values.missing(SANDBOX.key),
        Some(GatewayKind::Stripe) if stripe.is_none() => return values.missing(STRIPE.key),
        None | Some(_) => {}
    }
    let call_within = values.number("payment_call_s", 1..=60).map(Duration::from_secs);
    Some(PaymentsConfig {
        taking,
        sandbox,
        stripe,
        call_within: call_within?,
    })
}

/// A gateway is set up once it has a key; its address may have a default.
fn access(values: &mut Values, names: &Names) -> Option<GatewayAccess> {
    let key = values.set(names.key)?;
    let url = values.text(names.url);
    if url.is_empty() {
        return values.missing(names.url);
    }
    let secrets = values.text(names.webhook_secrets);
    let secrets = secrets
        .split(',')
        .map(str::trim)
        .filter(|secret| !secret.is_empty());
    Some(GatewayAccess {
        url,
        key,
        webhook_secrets: secrets.map(str::to_owned).collect(),
    })
}
