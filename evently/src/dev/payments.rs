//! The private payment gateway of `evently dev`: the sandbox, with its journal in the data folder.

use std::net::SocketAddr;

use anyhow::{Context, Result};
use sandbox::{RunningSandbox, Sandbox, SandboxConfig, Webhook};

use super::folder::Folder;
use servers::ports;

/// The folder of its journal, in the data folder.
const JOURNAL: &str = "sandbox";

/// Starts the sandbox on its remembered port, or on a free one. It sends webhooks to `evently` at `port`.
pub(crate) fn start(folder: &mut Folder, port: u16) -> Result<RunningSandbox> {
    folder.remembered.sandbox_port = ports::remembered_or_free(folder.remembered.sandbox_port)?;
    folder.remember()?;
    let remembered = &folder.remembered;
    let config = SandboxConfig {
        listen: SocketAddr::from(([127, 0, 0, 1], remembered.sandbox_port)),
        webhook: Some(Webhook {
            url: format!("http://127.0.0.1:{port}/webhooks/sandbox"),
            secret: remembered.sandbox_webhook_secret.clone(),
        }),
        ..SandboxConfig::new(folder.path(JOURNAL), &remembered.sandbox_key)
    };
    Sandbox::start(config).context("the sandbox gateway does not start")
}

/// The settings that lead to it.
pub(crate) fn settings(folder: &Folder) -> String {
    let remembered = &folder.remembered;
    format!(
        "payment_gateway = \"sandbox\"\n\
         sandbox_url = \"http://127.0.0.1:{port}\"\n\
         sandbox_key = \"{key}\"\n\
         sandbox_webhook_secrets = \"{secret}\"\n",
        port = remembered.sandbox_port,
        key = remembered.sandbox_key,
        secret = remembered.sandbox_webhook_secret,
    )
}
