//! Payment gateways: one small trait, a client of each gateway, and a guard around any of them.
//!
//! A call has one of three outcomes. The gateway **took** the money (or returned it). It **declined**, which is an answer like
//! any other. Or the outcome is **unknown** ([`CallError::Unknown`]): then the call is repeated under the same key, and never
//! taken for a decline. A call that the gateway rejected because of us ([`CallError::Rejected`]) did nothing either, and does
//! nothing until a person mends our configuration or this program.

mod client;
mod error;
mod gateways;
mod guard;
mod movement;
mod notice;
mod order;
mod payment_settings;
mod sandbox;
mod settings;
mod signature;
mod stripe;
mod wire;

pub use client::Gateway;
pub use error::{CallError, Rejected, Unknown};
pub use gateways::{Gateways, NotTaken};
pub use guard::{Admission, BreakerState, Caller, GuardSettings, GuardStatus, Guarded, Shed};
pub use movement::{Cursor, Movement, MovementKind, MovementStatus, Page};
pub use notice::{Headers, News, NoticeRefusal};
pub use order::{Charge, ChargeOutcome, RefundOrder, RefundOutcome};
pub use payment_settings::{PaymentSettings, Taking};
pub use sandbox::Sandbox;
pub use settings::{GatewaySettings, SettingsRefusal};
pub use stripe::{STRIPE_ADDRESS, Stripe};
