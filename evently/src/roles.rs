//! The roles that a process can take: any subset of them, on any number of nodes.

use clap::ValueEnum;

/// One role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Role {
    /// Commands over HTTP, and the lanes that decide them.
    CommandApi,
    /// Queries over HTTP.
    QueryApi,
    /// Facts into read tables.
    Projections,
    /// Facts from the log to NATS; one node leads, others stand by.
    Relay,
    /// What happens by itself: holds end, payments and refunds come to an outcome, cancelled events give their places back.
    Processes,
}

impl Role {
    /// Every role, as `evently dev` takes them.
    pub(crate) const ALL: [Self; 5] = [
        Self::CommandApi,
        Self::QueryApi,
        Self::Projections,
        Self::Relay,
        Self::Processes,
    ];

    /// Its name on the command line.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::CommandApi => "command-api",
            Self::QueryApi => "query-api",
            Self::Projections => "projections",
            Self::Relay => "relay",
            Self::Processes => "processes",
        }
    }
}
