//! Analytics: what was sold, taken and given back, over a period or of one event; docs/analytics.md defines the figures.

mod current;
mod event;
mod figures;
mod period;
mod popular;
mod scope;
mod series;
mod summary;

pub(crate) use self::event::*;
pub(crate) use self::summary::*;
