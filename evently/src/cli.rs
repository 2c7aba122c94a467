//! The command line of `evently`.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use uuid::Uuid;

use crate::roles::Role;

/// Sells seats: an event-sourced ticketing backend.
#[derive(Debug, Parser)]
#[command(version, about, propagate_version = true)]
pub(crate) struct Cli {
    /// Configuration file (TOML); settings of the environment go before it.
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What can be done.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run everything on this machine, with a private PostgreSQL and NATS, and demonstration data on the first start.
    Dev(Dev),
    /// Run roles against the PostgreSQL and NATS of the configuration.
    Serve(Serve),
    /// Bring the database's schema up to date.
    Migrate,
    /// Make the read tables anew from the log, while the old ones serve.
    Rebuild,
    /// What the read tables leave out, because a fact of it could not be applied; exits with 1 where there is something.
    Parked {
        /// What to do; lists if absent.
        #[command(subcommand)]
        command: Option<Parked>,
    },
    /// Replay the whole log and check everything that must hold; exits with 1 on a violation.
    Verify(Verify),
    /// Compare the books of the payment gateways with the log, and record what is missing there; exits with 1 where
    /// something is left for people.
    Reconcile(Reconcile),
    /// Manage accounts from the console.
    Admin {
        /// What to do.
        #[command(subcommand)]
        command: Admin,
    },
    /// Run the sandbox payment gateway, which takes no money, by itself.
    Sandbox(SandboxOptions),
    /// Print the OpenAPI document of the HTTP API.
    Openapi,
}

/// Options of `evently dev`.
#[derive(Debug, clap::Args)]
pub(crate) struct Dev {
    /// Where data and secrets are kept; the next start goes on from there.
    #[arg(long, value_name = "DIR", default_value = ".evently")]
    pub(crate) data_dir: PathBuf,
    /// Port to listen on at 127.0.0.1; 0 takes any free one.
    #[arg(long, value_name = "N", default_value_t = 8080)]
    pub(crate) port: u16,
}

/// Options of `evently sandbox`.
#[derive(Debug, clap::Args)]
pub(crate) struct SandboxOptions {
    /// Address and port to listen on.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8090")]
    pub(crate) listen: std::net::SocketAddr,
    /// Where its journal is kept.
    #[arg(long, value_name = "DIR", default_value = ".evently-sandbox")]
    pub(crate) data_dir: PathBuf,
    /// The key that clients send; the variable keeps it out of the list of processes.
    #[arg(long, value_name = "KEY", env = "SANDBOX_KEY", hide_env_values = true)]
    pub(crate) key: String,
    /// Where it sends webhooks, such as `http://127.0.0.1:8080/webhooks/sandbox`.
    #[arg(long, value_name = "URL", requires = "webhook_secret")]
    pub(crate) webhook_url: Option<String>,
    /// `whsec_` and 24 to 64 bytes in base64: what its webhooks are signed with.
    #[arg(
        long,
        value_name = "SECRET",
        env = "SANDBOX_WEBHOOK_SECRET",
        hide_env_values = true
    )]
    pub(crate) webhook_secret: Option<String>,
}

/// Options of `evently serve`.
#[derive(Debug, clap::Args)]
pub(crate) struct Serve {
    /// Which roles this process takes.
    #[arg(
        long,
        value_enum,
        value_delimiter = ',',
        required = true,
        value_name = "ROLE,…"
    )]
    pub(crate) roles: Vec<Role>,
}

/// What can be done about parked streams.
#[derive(Debug, Subcommand)]
pub(crate) enum Parked {
    /// List them, the earliest first.
    List,
    /// Say of one stream which fact could not be applied, and why.
    Explain {
        /// Id of the event or booking.
        id: Uuid,
    },
    /// Make the read tables anew while the old ones serve, and list what is still left out.
    Retry,
}

/// Options of `evently verify`.
#[derive(Debug, clap::Args)]
pub(crate) struct Verify {
    /// Also compare the read tables with a replay of the log.
    #[arg(long)]
    pub(crate) read_tables: bool,
}

/// Options of `evently reconcile`.
#[derive(Debug, clap::Args)]
pub(crate) struct Reconcile {
    /// How far back, in hours.
    #[arg(long, value_name = "N", default_value_t = 72)]
    pub(crate) hours: u32,
    /// Only list differences.
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// What can be done to accounts.
#[derive(Debug, Subcommand)]
pub(crate) enum Admin {
    /// Create an account in any role: there is no other way to the first administrator.
    Create(CreateAccount),
}

/// Options of `evently admin create`.
#[derive(Debug, clap::Args)]
pub(crate) struct CreateAccount {
    /// E-mail address to log in with.
    #[arg(long)]
    pub(crate) email: String,
    /// What to call the person.
    #[arg(long, default_value = "Administrator")]
    pub(crate) name: String,
    /// What the account may do.
    #[arg(long, value_enum, default_value_t = AccountRole::Admin)]
    pub(crate) role: AccountRole,
    /// Read the password from standard input without asking: others on the machine could read it in the arguments.
    #[arg(long)]
    pub(crate) password_stdin: bool,
}

/// What an account may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum AccountRole {
    /// Buys for themselves.
    User,
    /// Runs events of their own.
    Organizer,
    /// Runs the platform.
    Admin,
    /// Reads history, changes nothing.
    Auditor,
}

impl From<AccountRole> for domain::account::facts::Role {
    fn from(role: AccountRole) -> Self {
        match role {
            AccountRole::User => Self::User,
            AccountRole::Organizer => Self::Organizer,
            AccountRole::Admin => Self::Admin,
            AccountRole::Auditor => Self::Auditor,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn roles_are_given_as_one_list() {
        let cli = Cli::try_parse_from(["evently", "serve", "--roles", "query-api,relay"]).unwrap();
        let Command::Serve(serve) = cli.command else {
            panic!("{cli:?}")
        };
        assert_eq!(serve.roles, [Role::QueryApi, Role::Relay]);
    }

    #[test]
    fn an_unknown_role_is_refused() {
        let refusal = Cli::try_parse_from(["evently", "serve", "--roles", "relay,cashier"]).unwrap_err();
        assert!(refusal.to_string().contains("cashier"), "{refusal}");
    }

    #[test]
    fn a_password_is_no_argument() {
        assert!(
            Cli::try_parse_from([
                "evently",
                "admin",
                "create",
                "--email",
                "a@b.c",
                "--password",
                "x"
            ])
            .is_err()
        );
    }
}
