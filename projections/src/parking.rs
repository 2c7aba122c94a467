//! Applying a batch around facts that cannot be applied: their streams are parked, the others go on.

use std::collections::HashSet;

use domain::text::with_causes;
use event_store::{RecordedFact, StreamId};
use sqlx::{Acquire, PgConnection, Postgres, Transaction};

use crate::{ApplyError, Projection, projection};

/// Applies `facts` but for those of parked streams, and parks the streams of facts that are to blame for a refusal.
///
/// A part that is refused is rolled back to its savepoint and halved, the earlier half first, until one fact is left.
pub(crate) async fn apply_around(
    projection: &Projection,
    tx: &mut Transaction<'_, Postgres>,
    facts: &[&RecordedFact],
    parked: &mut HashSet<StreamId>,
) -> Result<(), ApplyError> {
    let mut parts = vec![facts];
    while let Some(part) = parts.pop() {
        let going: Vec<&RecordedFact> = part
            .iter()
            .copied()
            .filter(|fact| !parked.contains(&fact.stream))
            .collect();
        let mut savepoint = tx.begin().await?;
        match projection::apply(projection, &mut savepoint, &going).await {
            Ok(()) => savepoint.commit().await?,
            Err(error) if error.is_of_data() => {
                savepoint.rollback().await?;
                if let [culprit] = going.as_slice() {
                    park(projection, tx, culprit, &error).await?;
                    parked.insert(culprit.stream.clone());
                } else {
                    let (earlier, later) = part.split_at(part.len() / 2);
                    parts.extend([later, earlier]);
                }
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

async fn park(
    projection: &Projection,
    connection: &mut PgConnection,
    culprit: &RecordedFact,
    error: &ApplyError,
) -> Result<(), sqlx::Error> {
    tracing::error!(
        projection = projection.name,
        stream = %culprit.stream,
        position = culprit.position.get(),
        fact = culprit.event_type,
        error = error as &dyn std::error::Error,
        "projection.stream.parked: its facts are left out until a rebuild"
    );
    metrics::counter!("evently_projection_parked_total", "projection" => projection.name).increment(1);
    sqlx::query!(
        "insert into parked_streams (projection, aggregate_type, aggregate_id, position, error)
         values ($1, $2, $3, $4, $5)
         on conflict (projection, aggregate_type, aggregate_id) do nothing",
        projection.name,
        culprit.stream.aggregate_type.as_ref(),
        culprit.stream.aggregate_id.to_string(),
        culprit.position.get(),
        with_causes(error),
    )
    .execute(connection)
    .await?;
    Ok(())
}
