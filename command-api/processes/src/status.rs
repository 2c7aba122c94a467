//! How processes stand: how far they have read, what is under way, and what is stuck.

use std::time::Duration;

use chrono::{DateTime, Utc};
use contract::process::{ProcessStatus, StuckSubject};
use event_store::clock::Clock;
use metrics::gauge;
use tokio_util::sync::CancellationToken;

use crate::deadlines::Deadlines;

/// How often metrics are brought up to date.
const MEASURE_EVERY: Duration = Duration::from_secs(5);

/// Stuck subjects that are listed at most: so many have one cause to mend, and are no list to read.
pub const STUCK_LISTED_MAX: i64 = 200;

impl Deadlines {
    /// Every process that ever ran, by name; deadlines are compared with `now`.
    pub async fn statuses(&self, now: DateTime<Utc>) -> Result<Vec<ProcessStatus>, sqlx::Error> {
        sqlx::query_as!(
            ProcessStatus,
            r#"select p.process, p.position,
                  greatest((select coalesce(max(position), 0) from events) - p.position, 0) as "lag_facts!",
                  count(d.subject) as "under_way!",
                  count(d.subject) filter (where d.due_at <= $1) as "overdue!",
                  count(d.subject) filter (where d.stuck is not null) as "stuck!"
             from process_positions p left join deadlines d using (process)
            group by p.process, p.position order by p.process"#,
            now
        )
        .fetch_all(self.pool())
        .await
    }

    /// What is stuck, the longest first, at most [`STUCK_LISTED_MAX`].
    pub async fn stuck(&self) -> Result<Vec<StuckSubject>, sqlx::Error> {
        sqlx::query_as!(
            StuckSubject,
            r#"select process, subject, stream, cause, attempts, stuck as "reason!", coalesce(stuck_since, now()) as "since!"
             from deadlines where stuck is not null order by stuck_since, subject limit $1"#,
            STUCK_LISTED_MAX
        )
        .fetch_all(self.pool())
        .await
    }
}

/// Keeps metrics of `processes` up to date, until `stop`.
pub(super) async fn measure(
    deadlines: Deadlines,
    clock: Clock,
    processes: Vec<String>,
    stop: CancellationToken,
) {
    while stop
        .run_until_cancelled(tokio::time::sleep(MEASURE_EVERY))
        .await
        .is_some()
    {
        let Ok(statuses) = deadlines.statuses(clock.now()).await else {
            continue; // who watches the database knows
        };
        for status in statuses {
            if !processes.contains(&status.process) {
                continue;
            }
            for (metric, value) in [
                ("evently_process_lag_facts", status.lag_facts),
                ("evently_process_under_way", status.under_way),
                ("evently_process_overdue", status.overdue),
                ("evently_process_stuck", status.stuck),
            ] {
                gauge!(metric, "process" => status.process.clone())
                    .set(f64::from(u32::try_from(value).unwrap_or(u32::MAX)));
            }
        }
    }
}
