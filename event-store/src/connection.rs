//! A connection to NATS that suits facts.

use std::time::Duration;

use async_nats::{Client, ConnectError, ConnectErrorKind, ConnectOptions, ServerAddr};

/// Messages kept for a subscriber that is slower than they come, 32 MiB of full pages. What is dropped beyond them is read
/// from the log; more would only be memory.
const SUBSCRIPTION_MESSAGES_MAX: usize = 512;

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

/// A client of the server at `url`. With [`nats_options`] it returns at once, and connects and reconnects in the background.
///
/// async-nats leaves credentials in an address alone, so they are taken from there: `user:password@`, or a token before the
/// `@`.
pub async fn connect_to_nats(url: &str, options: ConnectOptions) -> Result<Client, ConnectError> {
    let parsed: std::io::Result<ServerAddr> = url.parse();
    let address = parsed.map_err(|error| ConnectError::with_source(ConnectErrorKind::ServerParse, error))?;
    let options = match (address.username(), address.password()) {
        (Some(user), Some(password)) => options.user_and_password(user.to_owned(), password.to_owned()),
        (Some(token), None) => options.token(token.to_owned()),
        (None, _) => options,
    };
    options.connect(address).await
}
