//! The payment gateways of the configuration, each behind its guard.

use std::sync::Arc;

use anyhow::{Context, Result};
use domain::payment::GatewayName;
use edge::config::{GatewayAccess, GatewayKind, PaymentsConfig};
use gateway::{Gateway, GatewaySettings, Gateways, GuardSettings, Guarded, Sandbox, Secret, Stripe};

/// Sets up every gateway that has a key.
pub(crate) fn set_up(config: &PaymentsConfig) -> Result<Gateways> {
    let mut all: Vec<Arc<dyn Gateway>> = Vec::new();
    if let Some(access) = &config.sandbox {
        let sandbox = Sandbox::new(settings(GatewayKind::Sandbox, access)?);
        all.push(Arc::new(sandbox.context("cannot set up the sandbox gateway")?));
    }
    if let Some(access) = &config.stripe {
        let stripe = Stripe::new(settings(GatewayKind::Stripe, access)?);
        all.push(Arc::new(stripe.context("cannot set up Stripe")?));
    }
    let guard = GuardSettings {
        call_within: config.call_within,
        ..GuardSettings::default()
    };
    let guarded = all
        .into_iter()
        .map(|gateway| Arc::new(Guarded::new(gateway, guard)));
    Ok(Gateways::new(
        config.taking.map(name).transpose()?,
        guarded.collect(),
    ))
}

fn settings(kind: GatewayKind, access: &GatewayAccess) -> Result<GatewaySettings> {
    let secrets = access.webhook_secrets.iter();
    Ok(GatewaySettings {
        name: name(kind)?,
        address: access.url.clone(),
        key: Secret::new(&access.key),
        webhook_secrets: secrets.map(|secret| Secret::new(secret)).collect(),
    })
}

fn name(kind: GatewayKind) -> Result<GatewayName> {
    let name = match kind {
        GatewayKind::Sandbox => "sandbox",
        GatewayKind::Stripe => "stripe",
    };
    Ok(GatewayName::parse(name)?)
}
