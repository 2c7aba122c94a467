//! What a guard measures, as Prometheus reads it.

use gateway::Caller;
use metrics_exporter_prometheus::PrometheusBuilder;

use crate::breaker::{break_it, guard, pause_ends, pay, settings};
use crate::moody_server::{Mood, MoodyServer};

/// The value of a series, by its name and labels.
fn value(rendered: &str, series: &str) -> Option<f64> {
    let line = rendered.lines().find(|line| {
        line.strip_prefix(series)
            .is_some_and(|rest| rest.starts_with(' '))
    })?;
    line.rsplit(' ').next()?.parse().ok()
}

#[tokio::test]
async fn outcomes_sheds_and_the_breaker_are_counted_by_gateway() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let rendered = recorder.handle();
    let _recording = metrics::set_default_local_recorder(&recorder);

    let server = MoodyServer::start(0, Mood::Alive).await;
    let guard = guard(&server.address, settings());
    let state = r#"evently_gateway_breaker_state{gateway="sandbox"}"#;
    let calls = |outcome: &str| {
        let series = format!(
            r#"evently_gateway_calls_total{{gateway="sandbox",operation="charge",outcome="{outcome}"}}"#
        );
        value(&rendered.render(), &series)
    };
    pay(&guard, Caller::Buyer).await;
    assert_eq!(value(&rendered.render(), state), Some(0.0));
    server.becomes(Mood::Declining);
    pay(&guard, Caller::Buyer).await;
    server.becomes(Mood::Broken);
    break_it(&guard).await;
    pay(&guard, Caller::Buyer).await;

    assert_eq!(
        (calls("captured"), calls("declined"), calls("unknown")),
        (Some(1.0), Some(1.0), Some(5.0))
    );
    let now = rendered.render();
    assert_eq!(value(&now, state), Some(2.0));
    assert_eq!(
        value(
            &now,
            r#"evently_gateway_shed_total{gateway="sandbox",reason="open"}"#
        ),
        Some(1.0)
    );
    assert_eq!(
        value(&now, r#"evently_gateway_in_flight{gateway="sandbox"}"#),
        Some(0.0)
    );
    let took = r#"evently_gateway_call_duration_seconds_count{gateway="sandbox",operation="charge"}"#;
    assert_eq!(value(&now, took), Some(7.0));

    pause_ends(&guard).await;
    let _probe = guard.admit(Caller::Buyer).await.unwrap();
    assert_eq!(value(&rendered.render(), state), Some(1.0));
}
