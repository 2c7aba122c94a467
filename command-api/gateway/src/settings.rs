//! What every gateway is set up with: where it is, and the secrets shared with it.

use std::fmt;

use domain::payment::GatewayName;
use serde::Deserialize;

#[derive(Clone, Debug)]
pub struct GatewaySettings {
    /// What Bookings call it.
    pub name: GatewayName,
    /// Its address, such as `http://127.0.0.1:4100`.
    pub address: String,
    /// The key of our account there.
    pub key: Secret,
    /// Secrets of its webhooks, `whsec_…`: several while one replaces another.
    pub webhook_secrets: Vec<Secret>,
}

/// A text that must be in no log: a key of an account, or of a webhook's signature.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct Secret(Box<str>);

impl Secret {
    pub fn new(text: &str) -> Self {
        Self(text.into())
    }

    /// The secret itself, for the one header or key that needs it.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Why a gateway cannot be set up.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsRefusal {
    #[error("the address of the gateway is no http or https URL with a host")]
    Address,
    #[error("a live key needs an https address")]
    LiveKeyInClear,
    /// It cannot stand in a header.
    #[error("the key of the gateway's account is empty, or no visible ASCII")]
    Key,
    #[error("a secret of the gateway's webhooks is malformed")]
    WebhookSecret,
    /// The machine has no usable TLS, such as no certificates to trust.
    #[error("connections cannot be made: {0}")]
    Connections(String),
}
