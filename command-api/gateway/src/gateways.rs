//! The gateways that are set up, by name: the one that takes new payments, and those that older payments are with.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use domain::payment::GatewayName;

use crate::guard::{Guarded, Shed};

/// When to come back where no gateway is set up: a person has to do that.
const SET_UP_WITHIN: Duration = Duration::from_mins(1);

#[derive(Clone, Debug, Default)]
pub struct Gateways {
    taking: Option<GatewayName>,
    all: BTreeMap<GatewayName, Arc<Guarded>>,
}

/// Why no call is made now.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotTaken {
    #[error("no payment gateway is set up")]
    NoGateway,
    /// A payment is with a gateway that is no longer set up.
    #[error("the payment gateway {0} is not set up")]
    UnknownGateway(GatewayName),
    #[error(transparent)]
    Shed(#[from] Shed),
}

impl NotTaken {
    /// When a retry makes sense.
    pub const fn retry_after(&self) -> Duration {
        match self {
            Self::NoGateway | Self::UnknownGateway(_) => SET_UP_WITHIN,
            Self::Shed(Shed::Open { retry_after } | Shed::Full { retry_after }) => *retry_after,
        }
    }
}

impl Gateways {
    /// `all` of them, of which the one called `taking` takes new payments.
    pub fn new(taking: Option<GatewayName>, all: Vec<Arc<Guarded>>) -> Self {
        Self {
            taking,
            all: all.into_iter().map(|each| (each.name().clone(), each)).collect(),
        }
    }

    /// The one that takes new payments.
    pub fn taking(&self) -> Result<&Arc<Guarded>, NotTaken> {
        let taking = self.taking.as_ref().and_then(|name| self.all.get(name));
        taking.ok_or(NotTaken::NoGateway)
    }

    pub fn named(&self, name: &GatewayName) -> Result<&Arc<Guarded>, NotTaken> {
        self.all
            .get(name)
            .ok_or_else(|| NotTaken::UnknownGateway(name.clone()))
    }

    pub fn all(&self) -> impl Iterator<Item = &Arc<Guarded>> {
        self.all.values()
    }
}
