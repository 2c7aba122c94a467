//! The payment gateways of the configuration, each behind its guard.

use std::sync::Arc;

use anyhow::{Context, Result};
use domain::payment::GatewayName;
use edge::config::{GatewayAccess, GatewayKind, PaymentsConfig};
use gateway::Gateways;
use gateway::{Gateway, GuardSettings, Guarded, Sandbox, SandboxSettings, Secret, Stripe, StripeSettings};

/// Sets up every gateway that has a key.
pub(crate) fn set_up(config: &PaymentsConfig) -> Result<Gateways> {
    let mut all: Vec<Arc<dyn Gateway>> = Vec::new();
    if let Some(access) = &config.sandbox {
        let sandbox = Sandbox::new(SandboxSettings {
            name: name(GatewayKind::Sandbox)?,
            address: access.url.clone(),
            key: Secret::new(&access.key),
            webhook_secrets: secrets(access),
        });
        all.push(Arc::new(sandbox.context("cannot set up the sandbox gateway")?));
    }
    if let Some(access) = &config.stripe {
        let stripe = Stripe::new(StripeSettings {
            name: name(GatewayKind::Stripe)?,
            address: access.url.clone(),
            key: Secret::new(&access.key),
            webhook_secrets: secrets(access),
        });
        all.push(Arc::new(stripe.context("cannot set up Stripe")?));
    }
    let settings = GuardSettings {
        call_within: config.call_within,
        ..GuardSettings::default()
    };
    let guarded = all
        .into_iter()
        .map(|gateway| Arc::new(Guarded::new(gateway, settings)));
    Ok(Gateways::new(
        config.taking.map(name).transpose()?,
        guarded.collect(),
    ))
}

fn name(kind: GatewayKind) -> Result<GatewayName> {
    let name = match kind {
        GatewayKind::Sandbox => "sandbox",
        GatewayKind::Stripe => "stripe",
    };
    Ok(GatewayName::parse(name)?)
}

fn secrets(access: &GatewayAccess) -> Vec<Secret> {
    access
        .webhook_secrets
        .iter()
        .map(|secret| Secret::new(secret))
        .collect()
}
