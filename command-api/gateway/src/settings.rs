//! What every gateway is set up with: where it is, and the secrets shared with it.

use std::fmt;

use aws_lc_rs::hmac;
use reqwest::Url;

/// Something that must be in no log: a key of an account, or of a webhook's signature.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Box<str>);

impl Secret {
    /// Takes a secret as the gateway gave it.
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
    /// Its address is not one.
    #[error("the address of the gateway is no http or https URL with a host")]
    Address,
    /// Real money, and a secret sent in clear.
    #[error("a live key needs an https address")]
    LiveKeyInClear,
    /// The key of the account cannot stand in a header.
    #[error("the key of the gateway's account is empty, or no visible ASCII")]
    Key,
    /// A webhook's secret is not in the form that this gateway gives.
    #[error("a secret of the gateway's webhooks is malformed")]
    WebhookSecret,
    /// The machine has no usable TLS, such as no certificates to trust.
    #[error("connections cannot be made: {0}")]
    Connections(String),
}

/// Parses the address that paths are appended to.
pub(crate) fn parse_address(text: &str) -> Result<Url, SettingsRefusal> {
    let url = Url::parse(text).map_err(|_| SettingsRefusal::Address)?;
    let fits = matches!(url.scheme(), "http" | "https") && url.has_host() && !url.cannot_be_a_base();
    if fits {
        Ok(url)
    } else {
        Err(SettingsRefusal::Address)
    }
}

/// Checks that a key can be sent.
pub(crate) fn check_key(key: &Secret) -> Result<(), SettingsRefusal> {
    let visible = key.expose().bytes().all(|byte| byte.is_ascii_graphic());
    if visible && !key.expose().is_empty() {
        Ok(())
    } else {
        Err(SettingsRefusal::Key)
    }
}

/// A key that checks the signatures of webhooks; its `Debug` shows the algorithm alone.
pub(crate) fn signature_key(bytes: &[u8]) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, bytes)
}
