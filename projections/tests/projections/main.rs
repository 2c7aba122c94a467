//! Projections against real PostgreSQL and NATS: what the read tables say after a story, whatever came in between.

#[cfg(test)]
mod live;
#[cfg(test)]
mod migrating;
#[cfg(test)]
mod money;
#[cfg(test)]
mod parking;
#[cfg(test)]
mod rebuilding;
#[cfg(test)]
mod sale;
#[cfg(test)]
mod story;
#[cfg(test)]
mod tables;
