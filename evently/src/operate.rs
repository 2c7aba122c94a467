//! The operator's commands, and the steps that all of them begin with.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};
use domain::text::counted;
use event_store::Log;
use event_store::database::{DatabaseRole, migrate as migrate_schema};
use secrecy::ExposeSecret;
use sqlx::PgPool;

use crate::backend::{pool, url};
use crate::cli::Reconcile;
use crate::config::{Config, environment};
use crate::console::{progress, say};
use crate::node::Node;
use crate::reconcile as reconciliation;
use crate::roles::Role;
use crate::signals::asked_to_stop;
use crate::telemetry::{self, Traces};
use crate::verify as verification;

/// Connections of a command that reads or writes by itself; a rebuild runs a few statements at a time.
const CONNECTIONS_MAX: u32 = 4;

/// Facts with a surplus in the ledger that are named: one is too many.
const UNBALANCED_MAX: u32 = 20;

/// `evently serve`: runs roles until a signal says to stop.
pub(crate) async fn serve(config: Option<&Path>, roles: &[Role]) -> Result<ExitCode> {
    let (config, _traces) = begin(config)?;
    let node = Node::start(&config, roles).await?;
    node.run_until(asked_to_stop()?).await?;
    Ok(ExitCode::SUCCESS)
}

/// `evently migrate`.
pub(crate) async fn migrate(config: Option<&Path>) -> Result<ExitCode> {
    let (config, _traces) = begin(config)?;
    migrate_database(&config).await?;
    say("The schema is up to date.");
    Ok(ExitCode::SUCCESS)
}

/// `evently rebuild`.
pub(crate) async fn rebuild(config: Option<&Path>) -> Result<ExitCode> {
    let (config, _traces) = begin(config)?;
    rebuild_tables(&projector_pool(&config).await?).await?;
    Ok(ExitCode::SUCCESS)
}

/// Makes the read tables anew, and says how that went.
pub(crate) async fn rebuild_tables(pool: &PgPool) -> Result<()> {
    let spinner = progress("Filling new read tables from the log", None);
    let rebuilt = projections::rebuild(pool, &Log::new(pool.clone())).await;
    spinner.finish_and_clear();
    let report = rebuilt.context("nothing was swapped")?;
    say(format_args!(
        "The read tables were made anew up to position {} in {} ms; they stood still for {} ms.",
        report.position,
        report.took.as_millis(),
        report.shut_out.as_millis()
    ));
    Ok(())
}

/// `evently verify`: exits with 1 where something is wrong.
pub(crate) async fn verify(config: Option<&Path>, read_tables: bool) -> Result<ExitCode> {
    let (config, _traces) = begin(config)?;
    let pool = projector_pool(&config).await?;
    let report = verification::verify(&pool).await?;
    say(&report);
    let mut sound = report.findings.sound();
    let parked = projections::count_parked(&pool).await?;
    if parked > 0 {
        sound = false;
        say(format_args!(
            "VIOLATION: {} parked, whose facts the read tables lack: `evently parked` lists them",
            counted(parked.unsigned_abs(), "stream is", "streams are")
        ));
    }
    if read_tables {
        let unbalanced = projections::unbalanced(&pool, UNBALANCED_MAX).await?;
        sound &= unbalanced.is_empty();
        for each in &unbalanced {
            say(format_args!(
                "VIOLATION: the ledger of booking {} at position {} has a surplus of {} minor units",
                each.booking, each.position, each.surplus
            ));
        }
        let comparison = projections::compare(&pool, &Log::new(pool.clone())).await?;
        let differing = comparison.differing();
        sound &= differing.is_empty();
        for table in &differing {
            say(format_args!(
                "VIOLATION: read table {table} differs from a replay of the log"
            ));
        }
        say(format_args!(
            "Compared {} read tables with a replay; {} differ.",
            comparison.serving.len(),
            differing.len()
        ));
    }
    Ok(if sound {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// `evently reconcile`: exits with 1 where something is left for people.
pub(crate) async fn reconcile(config: Option<&Path>, options: &Reconcile) -> Result<ExitCode> {
    let (config, _traces) = begin(config)?;
    reconciliation::run(&config, options).await
}

/// Brings the schema up to date.
pub(crate) async fn migrate_database(config: &Config) -> Result<()> {
    let url = url(&config.database, DatabaseRole::Migrator)?;
    migrate_schema(url.expose_secret())
        .await
        .context("cannot bring the schema up to date")
}

/// Reads the configuration by `file` and the environment, and begins to log and trace as it says.
pub(crate) fn begin(file: Option<&Path>) -> Result<(Config, Traces)> {
    let config = Config::load(file, environment())?;
    let traces = telemetry::start(&config.telemetry)?;
    Ok((config, traces))
}

pub(crate) async fn projector_pool(config: &Config) -> Result<PgPool> {
    pool(&config.database, DatabaseRole::Projector, CONNECTIONS_MAX).await
}
