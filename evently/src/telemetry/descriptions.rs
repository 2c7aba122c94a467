//! What each metric of Evently means and is counted in: the `HELP` lines of `/metrics`.

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};

use self::Kind::{Counter, Gauge, Histogram};

#[derive(Clone, Copy)]
enum Kind {
    Counter,
    Gauge,
    Histogram,
}

/// Every metric: its kind, name, unit, and meaning.
const METRICS: [(Kind, &str, Unit, &str); 40] = [
    (
        Histogram,
        "evently_append_duration_seconds",
        Unit::Seconds,
        "How long appends to the log take, their commit included",
    ),
    (
        Histogram,
        "evently_append_facts",
        Unit::Count,
        "Facts that one append of the log writer carries",
    ),
    (
        Counter,
        "evently_facts_appended_total",
        Unit::Count,
        "Facts of lanes that this process appended, by their type: BookingPlaced is a hold, BookingConfirmed a sale, PaymentDeclined a decline",
    ),
    (
        Counter,
        "evently_feed_holes_total",
        Unit::Count,
        "Times that messages were missing and facts were read from the log instead",
    ),
    (
        Counter,
        "evently_feed_stalls_total",
        Unit::Count,
        "Times that facts were in the log and no message told of them",
    ),
    (
        Gauge,
        "evently_gateway_breaker_state",
        Unit::Count,
        "The circuit breaker of a gateway: 0 closed, 1 half open, 2 open",
    ),
    (
        Histogram,
        "evently_gateway_call_duration_seconds",
        Unit::Seconds,
        "How long calls to a gateway take",
    ),
    (
        Counter,
        "evently_gateway_calls_total",
        Unit::Count,
        "Calls to a gateway, by their outcome",
    ),
    (
        Gauge,
        "evently_gateway_in_flight",
        Unit::Count,
        "Calls to a gateway that are under way",
    ),
    (
        Counter,
        "evently_gateway_notices_total",
        Unit::Count,
        "Webhooks of a gateway, by what became of them",
    ),
    (
        Counter,
        "evently_gateway_shed_total",
        Unit::Count,
        "Calls to a gateway that were not made, by the reason",
    ),
    (
        Counter,
        "evently_http_problems_total",
        Unit::Count,
        "Answers with a problem, refusals and failures alike, by slug",
    ),
    (
        Histogram,
        "evently_http_request_duration_seconds",
        Unit::Seconds,
        "How long answers to requests take, by route, method and class of status",
    ),
    (
        Gauge,
        "evently_http_requests_in_flight",
        Unit::Count,
        "Requests that are being answered",
    ),
    (
        Histogram,
        "evently_lane_batch_duration_seconds",
        Unit::Seconds,
        "How long a batch of a lane takes, from its first order to its commit",
    ),
    (
        Histogram,
        "evently_lane_batch_orders",
        Unit::Count,
        "Orders that a lane decides together",
    ),
    (
        Counter,
        "evently_lane_conflicts_total",
        Unit::Count,
        "Batches of lanes that another writer was ahead of",
    ),
    (Gauge, "evently_lanes", Unit::Count, "Lanes that are alive"),
    (
        Counter,
        "evently_money_minor_units_total",
        Unit::Count,
        "Money that this process recorded as captured or refunded, in minor units of its currency",
    ),
    (
        Histogram,
        "evently_password_hash_seconds",
        Unit::Seconds,
        "How long hashes of passwords take",
    ),
    (
        Counter,
        "evently_password_hashes_refused_total",
        Unit::Count,
        "Hashes of passwords that were refused because too many wait",
    ),
    (
        Gauge,
        "evently_pool_connections",
        Unit::Count,
        "Connections to PostgreSQL, by pool and state",
    ),
    (
        Counter,
        "evently_process_actions_total",
        Unit::Count,
        "Attempts of a process, by their outcome",
    ),
    (
        Gauge,
        "evently_process_lag_facts",
        Unit::Count,
        "Facts that a process has not seen yet",
    ),
    (
        Gauge,
        "evently_process_overdue",
        Unit::Count,
        "Subjects whose deadline a process has let pass",
    ),
    (
        Gauge,
        "evently_process_stuck",
        Unit::Count,
        "Subjects that a process failed with and that need a person",
    ),
    (
        Gauge,
        "evently_process_under_way",
        Unit::Count,
        "Subjects that a process has a deadline for",
    ),
    (
        Counter,
        "evently_projection_batches_total",
        Unit::Count,
        "Transactions of a projection",
    ),
    (
        Counter,
        "evently_projection_facts_total",
        Unit::Count,
        "Facts that a projection has applied",
    ),
    (
        Gauge,
        "evently_projection_lag_positions",
        Unit::Count,
        "Facts that a projection has not applied yet",
    ),
    (
        Gauge,
        "evently_projection_lag_seconds",
        Unit::Seconds,
        "How long ago the last fact of a projection that is behind was recorded",
    ),
    (
        Gauge,
        "evently_projection_parked_streams",
        Unit::Count,
        "Streams that a projection leaves out until a rebuild",
    ),
    (
        Counter,
        "evently_projection_parked_total",
        Unit::Count,
        "Times that a projection began to leave a stream out",
    ),
    (
        Counter,
        "evently_projection_retries_total",
        Unit::Count,
        "Times that a projection was begun again after a failure",
    ),
    (
        Gauge,
        "evently_relay_lag_positions",
        Unit::Count,
        "Facts that the leading relay has not published yet",
    ),
    (
        Gauge,
        "evently_relay_leading",
        Unit::Count,
        "Whether the relay of this process leads",
    ),
    (
        Counter,
        "evently_relay_published_total",
        Unit::Count,
        "Facts that the relay has published",
    ),
    (
        Counter,
        "evently_relay_repairs_total",
        Unit::Count,
        "Times that the relay mended the stream in NATS, by the reason",
    ),
    (
        Counter,
        "evently_snapshots_ignored_total",
        Unit::Count,
        "Snapshots that were left aside, by the reason",
    ),
    (
        Counter,
        "query_seat_maps_total",
        Unit::Count,
        "Seat maps that were answered, by where they came from",
    ),
];

/// Gives every metric its meaning and unit, in the recorder that is there.
pub(super) fn describe() {
    for (kind, name, unit, meaning) in METRICS {
        match kind {
            Counter => describe_counter!(name, unit, meaning),
            Gauge => describe_gauge!(name, unit, meaning),
            Histogram => describe_histogram!(name, unit, meaning),
        }
    }
}

#[cfg(test)]
mod tests;
