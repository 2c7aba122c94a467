//! Facts in, read tables out.
//!
//! A [`Projection`] turns facts into rows of the tables that queries read. One [`Projector`] runs it: batch by batch it
//! applies what is next and moves the projection's checkpoint in the same transaction, so that every fact counts exactly
//! once whatever crashes. [`run`] keeps all of them up to date; [`rebuild`] makes their tables anew from the log beside the
//! ones that serve, and swaps; [`compare`] proves that what serves is what the log says.
//!
//! # Adding a projection
//!
//! 1. Its table: a migration that creates it in schema `read`, owned by `evently_projector`, with a primary key.
//! 2. Its folder here: the row, declared by `table!`, and a static [`Projection`]. The first line of
//!    the file says what reads the table.
//! 3. One line in [`PROJECTIONS`].
//!
//! It starts at the beginning of the log and catches up while the others go on. Three rules make every one of them right:
//! - SQL names tables without schema: a rebuild runs the same code with another `search_path`.
//! - Every row says by `position` which fact changed it last, and takes only later ones: applying a fact twice gives the
//!   same row.
//! - A batch is folded in memory and written with a fixed number of statements, however many facts it has.

mod analytics;
mod bookings;
mod catalogue;
mod compare;
mod copy;
mod decode;
mod events;
mod fingerprint;
mod ledger;
mod live;
mod parking;
mod projection;
mod projector;
mod rebuild;
mod replay;
mod ring;
mod rows;
mod schema;
mod seat_maps;
mod seating;
mod status;
mod table;

pub use self::analytics::ANALYTICS;
pub use self::bookings::BOOKINGS;
pub use self::catalogue::PROJECTIONS;
pub use self::compare::{Comparison, compare};
pub use self::decode::{Entry, Fact};
pub use self::events::EVENTS;
pub use self::fingerprint::{TableFingerprint, fingerprint};
pub use self::ledger::{LEDGER, Unbalanced, unbalanced};
pub use self::live::{Live, run};
pub use self::parking::{ParkedStream, count_parked, parked};
pub use self::projection::{Apply, ApplyError, Projection};
pub use self::projector::{Absorbed, Projector, ProjectorError};
pub use self::rebuild::{RebuildReport, rebuild, rebuild_these};
pub use self::replay::RebuildError;
pub use self::seat_maps::SEAT_MAPS;
pub use self::status::{ProjectionStatus, Status};
