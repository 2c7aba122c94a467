//! The facts of an Account. Names and fields are for ever: a change is a new variant, or a new version with an upcaster.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantNames};

/// What an Account may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Buys for themselves.
    User,
    /// Runs Events of their own.
    Organizer,
    /// Runs the platform.
    Admin,
    /// Reads history and analytics, changes nothing.
    Auditor,
}

/// Personal data, sealed with the Account's own key, in base64; unreadable for ever once that key is destroyed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sealed(pub String);

/// What happened to an Account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr, VariantNames)]
pub enum AccountFact {
    /// Its owner registered.
    AccountRegistered {
        /// Name and e-mail address, sealed.
        personal: Sealed,
        /// What they may do.
        role: Role,
        at: DateTime<Utc>,
    },
    /// They may do something else from now on.
    RoleGranted { role: Role, at: DateTime<Utc> },
}

impl AccountFact {
    /// When it happened.
    pub const fn at(&self) -> DateTime<Utc> {
        match self {
            Self::AccountRegistered { at, .. } | Self::RoleGranted { at, .. } => *at,
        }
    }

    /// The fact's name, as the log's `event_type` has it.
    pub fn name(&self) -> &'static str {
        self.into()
    }
}
