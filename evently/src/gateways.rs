//! The payment gateways of the configuration, each behind its guard.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use domain::payment::GatewayName;
use gateway::{
    Gateway, GatewaySettings, Gateways, GuardSettings, Guarded, PaymentSettings, Sandbox, Stripe, Taking,
};

const SANDBOX: &str = "sandbox";
const STRIPE: &str = "stripe";

/// Sets up every gateway that has a key.
pub(crate) fn set_up(settings: &PaymentSettings) -> Result<Gateways> {
    let mut all: Vec<Arc<dyn Gateway>> = Vec::new();
    if let (Some(address), Some(key)) = (&settings.sandbox_url, &settings.sandbox_key) {
        let sandbox = Sandbox::new(GatewaySettings {
            name: GatewayName::parse(SANDBOX)?,
            address: address.clone(),
            key: key.clone(),
            webhook_secrets: settings.sandbox_webhook_secrets.clone(),
        });
        all.push(Arc::new(sandbox.context("cannot set up the sandbox gateway")?));
    }
    if let Some(key) = &settings.stripe_key {
        let stripe = Stripe::new(GatewaySettings {
            name: GatewayName::parse(STRIPE)?,
            address: settings.stripe_url.clone(),
            key: key.clone(),
            webhook_secrets: settings.stripe_webhook_secrets.clone(),
        });
        all.push(Arc::new(stripe.context("cannot set up Stripe")?));
    }
    let guard = GuardSettings {
        call_within: Duration::from_secs(settings.payment_call_s),
        ..GuardSettings::default()
    };
    let guarded = all
        .into_iter()
        .map(|gateway| Arc::new(Guarded::new(gateway, guard)));
    let taking = match settings.payment_gateway {
        Taking::None => None,
        Taking::Sandbox => Some(GatewayName::parse(SANDBOX)?),
        Taking::Stripe => Some(GatewayName::parse(STRIPE)?),
    };
    Ok(Gateways::new(taking, guarded.collect()))
}
