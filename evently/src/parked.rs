//! `evently parked`: what the read tables leave out, why, and to try it again.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use domain::text::counted;
use projections::{ParkedStream, count_parked, parked};
use sqlx::PgPool;
use uuid::Uuid;

use crate::cli::Parked;
use crate::console::say;
use crate::operate::{begin, projector_pool, rebuild_tables};

/// Streams that are listed: who has more looks at the first ones first.
const LISTED_MAX: u32 = 100;

/// Lists, explains or retries. Exits with 1 where something is left out.
pub(crate) async fn run(config: Option<&Path>, command: Option<&Parked>) -> Result<ExitCode> {
    let (config, _traces) = begin(config)?;
    let pool = projector_pool(&config).await?;
    match command {
        None | Some(Parked::List) => {}
        Some(Parked::Explain { id }) => return explain(&pool, *id).await,
        Some(Parked::Retry) => rebuild_tables(&pool).await?,
    }
    let count = count_parked(&pool).await?;
    for each in parked(&pool, None, LISTED_MAX).await? {
        say(line(&each));
    }
    say(format_args!("{} parked.", streams(count)));
    Ok(code(count == 0))
}

async fn explain(pool: &PgPool, id: Uuid) -> Result<ExitCode> {
    let found = parked(pool, Some(id), LISTED_MAX).await?;
    for each in &found {
        say(line(each));
        say(format_args!(
            "  The fact is {} of version {}, recorded at {}; it was parked at {}.\n  \
             What came before it stands in the tables; from it on, {} left out.\n  \
             Where a newer program reads it, `evently parked retry` takes it in.",
            each.event_type,
            each.event_version,
            each.recorded_at,
            each.parked_at,
            counted(each.left_out.unsigned_abs(), "fact is", "facts are"),
        ));
    }
    if found.is_empty() {
        say("No projection leaves it out.");
    }
    Ok(code(found.is_empty()))
}

fn line(stream: &ParkedStream) -> String {
    format!(
        "{} {} in {}, from position {} on: {}",
        stream.aggregate_type, stream.aggregate_id, stream.projection, stream.position, stream.error
    )
}

fn streams(count: i64) -> String {
    counted(count.unsigned_abs(), "stream is", "streams are")
}

const fn code(sound: bool) -> ExitCode {
    if sound {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
