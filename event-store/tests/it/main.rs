//! The log, the relay and the feed against real servers.

#[cfg(test)]
mod append_only;
#[cfg(test)]
mod appending;
#[cfg(test)]
mod counter;
#[cfg(test)]
mod cqrs;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod feed;
#[cfg(test)]
mod following;
#[cfg(test)]
mod relay;
#[cfg(test)]
mod roles;
#[cfg(test)]
mod snapshots;
