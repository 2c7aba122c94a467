//! What an operator sets of payments.

use schemars::JsonSchema;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::STRIPE_ADDRESS;

/// The gateways, and which of them takes new payments.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(default)]
pub struct PaymentSettings {
    /// Which gateway takes new payments; it must be set up by its key
    #[schemars(extend("unit" = "none, sandbox or stripe"))]
    pub payment_gateway: Taking,
    /// How long a call to a gateway may take; without an answer its outcome is unknown, and it is asked again
    #[schemars(range(min = 1, max = 60), extend("unit" = "seconds"))]
    pub payment_call_s: u64,
    /// The sandbox gateway
    #[schemars(with = "String", extend("unit" = "URL"))]
    pub sandbox_url: Option<String>,
    /// The key of our account at the sandbox
    #[schemars(with = "String")]
    pub sandbox_key: Option<SecretString>,
    /// Secrets of the sandbox's webhooks, which go to `/webhooks/sandbox`
    #[schemars(with = "Vec<String>", extend("unit" = "`whsec_…`"))]
    pub sandbox_webhook_secrets: Vec<SecretString>,
    /// Stripe, or a server that imitates it
    #[schemars(extend("unit" = "URL"))]
    pub stripe_url: String,
    /// The secret key of our account at Stripe
    #[schemars(with = "String", extend("unit" = "`sk_…` or `rk_…`"))]
    pub stripe_key: Option<SecretString>,
    /// Secrets of Stripe's webhooks, which go to `/webhooks/stripe`
    #[schemars(with = "Vec<String>", extend("unit" = "`whsec_…`"))]
    pub stripe_webhook_secrets: Vec<SecretString>,
}

/// The gateway that takes new payments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Taking {
    #[default]
    None,
    Sandbox,
    Stripe,
}

impl Default for PaymentSettings {
    fn default() -> Self {
        Self {
            payment_gateway: Taking::None,
            payment_call_s: 10,
            sandbox_url: None,
            sandbox_key: None,
            sandbox_webhook_secrets: Vec::new(),
            stripe_url: STRIPE_ADDRESS.to_owned(),
            stripe_key: None,
            stripe_webhook_secrets: Vec::new(),
        }
    }
}

impl PaymentSettings {
    /// The name of the first setting that a gateway lacks: one that has a key needs an address, one that takes payments
    /// a key.
    pub fn lacking(&self) -> Option<&'static str> {
        if self.sandbox_key.is_some() && self.sandbox_url.is_none() {
            return Some("sandbox_url");
        }
        match self.payment_gateway {
            Taking::Sandbox if self.sandbox_key.is_none() => Some("sandbox_key"),
            Taking::Stripe if self.stripe_key.is_none() => Some("stripe_key"),
            Taking::None | Taking::Sandbox | Taking::Stripe => None,
        }
    }
}
