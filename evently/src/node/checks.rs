//! What health tells of this process: the parts that its roles need, and how far behind they are.

use std::sync::Arc;

use async_nats::connection::State;
use domain::text::counted;
use edge::health::Health;
use event_store::database::is_migrated;
use serde_json::json;
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

use gateway::BreakerState;

use super::{RoleStatus, WriteSide};
use crate::backend::Backend;

/// The health of this process. Only the database is required: commands and queries do without everything else.
pub(super) fn health(
    backend: &Backend,
    roles: &Arc<RoleStatus>,
    write_side: Option<&WriteSide>,
    shutdown: CancellationToken,
) -> Health {
    let health = Health::new(env!("CARGO_PKG_VERSION"), shutdown);
    let pool = if write_side.is_some() {
        backend.writer.clone()
    } else {
        backend.reader.clone()
    };
    health.watch("database", true, move || Box::pin(answers(pool.clone())));
    if let Some(nats) = backend.nats.clone() {
        health.watch("nats", false, move || {
            let state = nats.connection_state();
            Box::pin(async move {
                match state {
                    State::Connected => Ok(json!(null)),
                    State::Pending => Err("not connected yet".to_owned()),
                    State::Disconnected => Err("disconnected".to_owned()),
                }
            })
        });
    }
    if let Some(write_side) = write_side {
        watch_payments(&health, write_side);
    }
    if let Some(relay) = roles.relay.clone() {
        health.watch("relay", false, move || {
            let (leading, head, published) = (relay.leading(), relay.head().get(), relay.published().get());
            let details =
                json!({ "leading": leading, "published": published, "head": head, "lag": head - published });
            Box::pin(async move {
                Ok(if leading {
                    details
                } else {
                    json!({ "leading": false })
                })
            })
        });
    }
    if let Some(status) = roles.projections.clone() {
        health.watch("projections", false, move || {
            let found = projections_are_well(&status);
            Box::pin(async move { found })
        });
    }
    health
}

/// How each gateway stands, and what processes are stuck with.
fn watch_payments(health: &Health, write_side: &WriteSide) {
    let gateways = write_side.api.collector.gateways().clone();
    health.watch("gateways", false, move || {
        let statuses: serde_json::Map<_, _> = gateways
            .all()
            .map(|gateway| (gateway.name().to_string(), json!(gateway.status())))
            .collect();
        let open = gateways
            .all()
            .find(|gateway| gateway.status().state != BreakerState::Closed);
        let found = match open {
            Some(gateway) => Err(format!("{} does not answer", gateway.name())),
            None => Ok(statuses.into()),
        };
        Box::pin(async move { found })
    });
    let (deadlines, clock) = (write_side.api.deadlines.clone(), write_side.api.clock.clone());
    health.watch("processes", false, move || {
        let (deadlines, clock) = (deadlines.clone(), clock.clone());
        Box::pin(async move {
            let statuses = deadlines
                .statuses(clock.now())
                .await
                .map_err(|_| "cannot be read".to_owned())?;
            match statuses.iter().find(|status| status.stuck > 0) {
                Some(stuck) => Err(format!(
                    "{} is stuck with {}",
                    stuck.process,
                    counted(stuck.stuck, "subject", "subjects")
                )),
                None => Ok(statuses
                    .into_iter()
                    .map(|each| {
                        let details = json!({ "lag_facts": each.lag_facts, "under_way": each.under_way });
                        (each.process, details)
                    })
                    .collect::<serde_json::Map<_, _>>()
                    .into()),
            }
        })
    });
}

async fn answers(pool: PgPool) -> Result<serde_json::Value, String> {
    // Why it does not answer may name hosts and users; the log has it.
    if !is_migrated(&pool)
        .await
        .map_err(|_| "does not answer".to_owned())?
    {
        return Err("lacks migrations: run `evently migrate`".to_owned());
    }
    Ok(json!({ "connections": pool.size(), "idle": pool.num_idle() }))
}

fn projections_are_well(status: &projections::Status) -> Result<serde_json::Value, String> {
    let projections = status.projections();
    if let Some((name, _)) = projections.iter().find(|(_, each)| each.failing.is_some()) {
        return Err(format!("{name} cannot go on"));
    }
    if let Some((name, each)) = projections.iter().find(|(_, each)| each.parked_streams > 0) {
        return Err(format!(
            "{name} leaves {} out: `evently parked` says why",
            counted(each.parked_streams, "stream", "streams")
        ));
    }
    let details = projections.iter().map(|(name, each)| {
        let shown = json!({
            "position": each.position,
            "lag_positions": each.lag_positions,
            "lag_ms": each.lag_ms,
        });
        ((*name).to_owned(), shown)
    });
    Ok(details.collect::<serde_json::Map<_, _>>().into())
}
