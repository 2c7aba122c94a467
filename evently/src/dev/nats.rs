//! The private NATS of `evently dev`, with JetStream in the data folder.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use nix::sys::signal::Signal;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep};

use super::folder::Folder;
use servers::child::{Server, Supervised, runs, stop_leftover};
use servers::ports;
use servers::programs::Programs;

/// How long the server may take to answer: it reads its whole store first.
const START_MAX: Duration = Duration::from_secs(30);

/// Starts the server on its remembered port, or on a free one, and waits until it answers.
pub(crate) async fn start(folder: &mut Folder, programs: &Programs) -> Result<Supervised> {
    let data = folder.server("nats");
    std::fs::create_dir_all(&data)?;
    std::fs::set_permissions(&data, Permissions::from_mode(0o700))?;
    let pid_file = data.join("nats.pid");
    cope_with_leftover(&pid_file, &data).await?;
    folder.remembered.nats_port = ports::remembered_or_free(folder.remembered.nats_port)?;
    folder.remember()?;
    write_configuration(folder, &data, &pid_file)?;

    let server = Server {
        name: "NATS",
        program: programs.nats_server.clone(),
        arguments: vec!["-c".to_owned(), data.join("nats.conf").display().to_string()],
        folder: data,
        account: folder.account.clone(),
        setpriv: programs.setpriv.clone(),
        stop: Signal::SIGTERM,
    };
    let log = server.folder.with_extension("log");
    let supervised = server.supervise()?;
    if let Err(error) = wait_until_ready(folder.remembered.nats_port).await {
        supervised.stop().await;
        return Err(error).with_context(|| format!("NATS does not start; its log is {}", log.display()));
    }
    Ok(supervised)
}

/// The URL for clients, with the password.
pub(crate) fn url(folder: &Folder) -> String {
    format!(
        "nats://evently:{}@127.0.0.1:{}",
        folder.remembered.nats_password, folder.remembered.nats_port
    )
}

/// The password goes into a file, because everybody on the machine can read command lines.
fn write_configuration(folder: &Folder, data: &Path, pid_file: &Path) -> Result<()> {
    let text = format!(
        "listen: \"127.0.0.1:{port}\"\npid_file: \"{pid}\"\nauthorization {{ user: evently, password: \"{password}\" }}\n\
         jetstream {{ store_dir: \"{store}\", max_file_store: 8GB }}\n",
        port = folder.remembered.nats_port,
        pid = pid_file.display(),
        password = folder.remembered.nats_password,
        store = data.display(),
    );
    let path = data.join("nats.conf");
    std::fs::write(&path, text)?;
    std::fs::set_permissions(&path, Permissions::from_mode(0o600))?;
    if let Some(account) = &folder.account {
        account.give(data)?;
        account.give(&path)?;
    }
    Ok(())
}

async fn cope_with_leftover(pid_file: &Path, data: &Path) -> Result<()> {
    let Ok(text) = std::fs::read_to_string(pid_file) else {
        return Ok(());
    };
    if let Ok(pid) = text.trim().parse::<i32>()
        && runs(pid, &data.join("nats.conf").display().to_string())
    {
        stop_leftover(pid, Signal::SIGTERM, "NATS").await?;
    }
    Ok(())
}

async fn wait_until_ready(port: u16) -> Result<()> {
    let given_up = Instant::now() + START_MAX;
    while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
        if Instant::now() > given_up {
            bail!("it does not answer on port {port}");
        }
        sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}
