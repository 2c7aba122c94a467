//! `evently sandbox`: the sandbox gateway by itself, for trying payments against a served Evently.

use std::process::ExitCode;

use crate::signals::asked_to_stop;
use anyhow::{Context, Result};
use sandbox::{Sandbox, SandboxConfig, Webhook};

use crate::cli::SandboxOptions;
use crate::console::say;

/// Serves until a signal says to stop.
pub(crate) async fn run(options: &SandboxOptions) -> Result<ExitCode> {
    let webhook = options.webhook_url.clone().zip(options.webhook_secret.clone());
    let config = SandboxConfig {
        listen: options.listen,
        webhook: webhook.map(|(url, secret)| Webhook { url, secret }),
        ..SandboxConfig::new(&options.data_dir, &options.key)
    };
    let sandbox = Sandbox::start(config).context("the sandbox does not start")?;
    let asked = asked_to_stop()?;
    say(format_args!(
        "The sandbox gateway is ready on http://{}",
        sandbox.address()
    ));
    asked.await;
    sandbox.stop().await;
    Ok(ExitCode::SUCCESS)
}
