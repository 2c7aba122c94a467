//! What the sandbox does, told over real HTTP.

#[path = "stories/chaos.rs"]
mod chaos;
#[path = "stories/charging.rs"]
mod charging;
#[path = "stories/door.rs"]
mod door;
#[path = "stories/idempotency.rs"]
mod idempotency;
#[path = "stories/journal.rs"]
mod journal;
#[path = "stories/receiver.rs"]
mod receiver;
#[path = "stories/refunding.rs"]
mod refunding;
#[path = "stories/stage.rs"]
mod stage;
#[path = "stories/throughput.rs"]
mod throughput;
#[path = "stories/webhooks.rs"]
mod webhooks;
