//! Every setting: its name, default, unit and meaning.

/// One setting. In the environment it is `EVENTLY_` and the name in capitals.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Its name, as in the file.
    pub name: &'static str,
    /// What holds where it is not set; empty: see the meaning.
    pub default: &'static str,
    /// What its value is, or what it is counted in.
    pub unit: &'static str,
    /// What it means.
    pub meaning: &'static str,
}

const fn setting(
    name: &'static str,
    default: &'static str,
    unit: &'static str,
    meaning: &'static str,
) -> Setting {
    Setting {
        name,
        default,
        unit,
        meaning,
    }
}

/// Every setting, in the order in which the documentation lists them.
pub const SETTINGS: &[Setting] = &[
    setting(
        "listen",
        "127.0.0.1:8080",
        "address:port",
        "Where HTTP is served; port 0 takes a free one",
    ),
    setting(
        "workers",
        "",
        "threads",
        "Threads that serve requests; one per core where not set",
    ),
    setting(
        "trusted_proxies",
        "",
        "networks, comma separated",
        "Proxies whose `X-Forwarded-For` is believed",
    ),
    setting(
        "cors_origins",
        "",
        "origins, comma separated",
        "Origins that browsers may call from, besides our own",
    ),
    setting(
        "hsts",
        "false",
        "true or false",
        "Send `Strict-Transport-Security`; only behind TLS",
    ),
    setting(
        "shutdown_s",
        "30",
        "seconds, 1 to 30",
        "How long a stop waits for what is under way",
    ),
    setting(
        "database_url",
        "",
        "URL, required",
        "PostgreSQL, for every role that has no address of its own",
    ),
    setting(
        "database_url_migrator",
        "",
        "URL",
        "PostgreSQL as owner of the schema",
    ),
    setting("database_url_writer", "", "URL", "PostgreSQL for appending"),
    setting(
        "database_url_projector",
        "",
        "URL",
        "PostgreSQL for building read tables",
    ),
    setting(
        "database_url_reader",
        "",
        "URL",
        "PostgreSQL for queries; may be a replica",
    ),
    setting(
        "writer_connections",
        "8",
        "connections",
        "The pool for loading aggregates, at most; appending has two connections of its own",
    ),
    setting(
        "projector_connections",
        "6",
        "connections",
        "The projectors' pool, at most",
    ),
    setting(
        "reader_connections",
        "8",
        "connections",
        "The queries' pool, at most",
    ),
    setting(
        "nats_url",
        "",
        "URL",
        "NATS; required by the roles relay and projections",
    ),
    setting(
        "nats_prefix",
        "evently",
        "a-z, 0-9, -",
        "First token of every subject",
    ),
    setting(
        "token_signing_keys",
        "",
        "base64, comma separated, required",
        "Ed25519 seeds or PKCS#8 documents; the first signs, all verify",
    ),
    setting("token_issuer", "evently", "text", "`iss` of access tokens"),
    setting("token_audience", "evently", "text", "`aud` of access tokens"),
    setting(
        "token_lifetime_s",
        "900",
        "seconds, 60 to 900",
        "How long an access token lives",
    ),
    setting(
        "token_cache_entries",
        "65536",
        "tokens",
        "Verified tokens that are remembered",
    ),
    setting(
        "email_digest_secret",
        "",
        "base64, 32 bytes or more, required",
        "Key by which e-mail addresses are found",
    ),
    setting(
        "client_digest_secret",
        "",
        "base64, 32 bytes or more",
        "Key of the digest of client addresses; where not set, one of the process's own",
    ),
    setting(
        "lane_mailbox_max",
        "4096",
        "orders",
        "Orders that may wait in one lane; more are answered 503",
    ),
    setting(
        "lanes_max",
        "20000",
        "lanes",
        "Lanes alive at once; more are answered 503",
    ),
    setting(
        "lane_idle_s",
        "300",
        "seconds",
        "An idle lane is evicted after this",
    ),
    setting(
        "lane_bookings_max",
        "32768",
        "bookings, 4096 or more",
        "Bookings that a lane keeps in memory",
    ),
    setting(
        "snapshot_every_facts",
        "20000",
        "facts",
        "Facts of a stream between two snapshots",
    ),
    setting(
        "payment_gateway",
        "none",
        "none, sandbox or stripe",
        "Which gateway takes new payments; it must be set up by its key",
    ),
    setting(
        "payment_call_s",
        "10",
        "seconds, 1 to 60",
        "How long a call to a gateway may take; without an answer its outcome is unknown, and it is asked again",
    ),
    setting("sandbox_url", "", "URL", "The sandbox gateway"),
    setting("sandbox_key", "", "text", "The key of our account at the sandbox"),
    setting(
        "sandbox_webhook_secrets",
        "",
        "`whsec_…`, comma separated",
        "Secrets of the sandbox's webhooks, which go to `/webhooks/sandbox`",
    ),
    setting(
        "stripe_url",
        "https://api.stripe.com",
        "URL",
        "Stripe, or a server that imitates it",
    ),
    setting(
        "stripe_key",
        "",
        "`sk_…` or `rk_…`",
        "The secret key of our account at Stripe",
    ),
    setting(
        "stripe_webhook_secrets",
        "",
        "`whsec_…`, comma separated",
        "Secrets of Stripe's webhooks, which go to `/webhooks/stripe`",
    ),
    setting("log_format", "json", "json or text", "How logs are written"),
    setting(
        "log",
        "info",
        "filter",
        "What is logged, such as `info,sqlx=warn`",
    ),
];
