//! Stories of paying and returning money against real servers: localstripe, our sandbox, and listeners that misbehave.

#[cfg(test)]
#[path = "stories/breaker.rs"]
mod breaker;
#[cfg(test)]
#[path = "stories/localstripe.rs"]
mod localstripe;
#[cfg(test)]
#[path = "stories/losing_proxy.rs"]
mod losing_proxy;
#[cfg(test)]
#[path = "stories/meters.rs"]
mod meters;
#[cfg(test)]
#[path = "stories/moody_server.rs"]
mod moody_server;
#[cfg(test)]
#[path = "stories/orders.rs"]
mod orders;
#[cfg(test)]
#[path = "stories/our_sandbox.rs"]
mod our_sandbox;
#[cfg(test)]
#[path = "stories/receiver.rs"]
mod receiver;
#[cfg(test)]
#[path = "stories/settings.rs"]
mod settings;
#[cfg(test)]
#[path = "stories/stripe_charges.rs"]
mod stripe_charges;
#[cfg(test)]
#[path = "stories/stripe_refunds.rs"]
mod stripe_refunds;
#[cfg(test)]
#[path = "stories/stripe_webhooks.rs"]
mod stripe_webhooks;
