//! What the sandbox does, over real HTTP.

#[cfg(test)]
#[path = "stories/chaos.rs"]
mod chaos;
#[cfg(test)]
#[path = "stories/charging.rs"]
mod charging;
#[cfg(test)]
#[path = "stories/door.rs"]
mod door;
#[cfg(test)]
#[path = "stories/idempotency.rs"]
mod idempotency;
#[cfg(test)]
#[path = "stories/journal.rs"]
mod journal;
#[cfg(test)]
#[path = "stories/receiver.rs"]
mod receiver;
#[cfg(test)]
#[path = "stories/refunding.rs"]
mod refunding;
#[cfg(test)]
#[path = "stories/stage.rs"]
mod stage;
#[cfg(test)]
#[path = "stories/webhooks.rs"]
mod webhooks;
