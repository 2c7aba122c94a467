//! `evently admin create`: an account on the word of the operator.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};
use identity::create_account;

use crate::backend::Backend;
use crate::cli::CreateAccount;
use crate::console::{read_password, say};
use crate::node::WriteSide;
use crate::operate;

/// Creates the account, or leaves the one that is there with this address and role.
pub(crate) async fn create(config: Option<&Path>, options: CreateAccount) -> Result<ExitCode> {
    let (config, _traces) = operate::begin(config)?;
    let password = read_password(options.password_stdin)?;
    let backend = Backend::open(&config).await?;
    let write_side = WriteSide::start(&backend, &config)?;
    let created = create_account(
        &write_side.accounts,
        &options.email,
        &password,
        &options.name,
        options.role.into(),
    )
    .await;
    write_side.api.drain().await;
    backend.close().await;
    let account = created.context("no account was created")?;
    say(format_args!("Account {account} is there."));
    Ok(ExitCode::SUCCESS)
}
