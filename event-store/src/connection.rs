//! A connection to NATS that suits facts.

use std::time::Duration;

use async_nats::{Client, ConnectError, ConnectOptions};

/// Messages kept for a subscriber that is slower than they come. What is dropped beyond them is read from the log; more
/// would only be memory.
const SUBSCRIPTION_MESSAGES_MAX: usize = 8_192;

/// How soon a silent connection is noticed: two pings unanswered.
const PING_EVERY: Duration = Duration::from_secs(5);

/// The longest pause between attempts to connect again.
const RECONNECT_WITHIN_MAX: Duration = Duration::from_secs(1);

/// Options for a connection that never gives up and is named `name` in the server's list.
pub fn nats_options(name: &str) -> ConnectOptions {
    ConnectOptions::new()
        .name(name)
        .retry_on_initial_connect()
        .max_reconnects(None)
        .ping_interval(PING_EVERY)
        .subscription_capacity(SUBSCRIPTION_MESSAGES_MAX)
        .reconnect_delay_callback(|attempt| {
            let doublings = u32::try_from(attempt.min(7)).unwrap_or(7);
            Duration::from_millis(10)
                .saturating_mul(2_u32.saturating_pow(doublings))
                .min(RECONNECT_WITHIN_MAX)
        })
}

/// A client of the server at `url`, with [`nats_options`]. Returns at once; connects, and connects again, behind the scenes.
pub async fn connect_to_nats(url: &str, name: &str) -> Result<Client, ConnectError> {
    nats_options(name).connect(url).await
}
