//! Paying, cancelling, refunding, and Events on sale that change, over HTTP: against a real database and a sandbox gateway,
//! whose journal tells what was charged and returned, whatever we believe.

#[cfg(test)]
#[path = "../app/app.rs"]
mod app;
#[cfg(test)]
mod backoff;
#[cfg(test)]
mod breakdowns;
#[cfg(test)]
mod cancelling;
#[cfg(test)]
mod causes;
#[cfg(test)]
mod claims;
#[cfg(test)]
mod event_cancellation;
#[cfg(test)]
mod events_on_sale;
#[cfg(test)]
mod nodes;
#[cfg(test)]
mod notices;
#[cfg(test)]
mod paying;
#[cfg(test)]
mod permissions;
#[cfg(test)]
mod refunds;
#[cfg(test)]
mod till;
