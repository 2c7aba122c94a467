//! What every gateway is set up with: where it is, and the secrets shared with it.

use domain::payment::GatewayName;
use secrecy::SecretString;

#[derive(Clone, Debug)]
pub struct GatewaySettings {
    /// What Bookings call it.
    pub name: GatewayName,
    /// Its address, such as `http://127.0.0.1:4100`.
    pub address: String,
    /// The key of our account there.
    pub key: SecretString,
    /// Secrets of its webhooks, `whsec_…`: several while one replaces another.
    pub webhook_secrets: Vec<SecretString>,
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
