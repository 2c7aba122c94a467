//! A NATS that speaks TLS only, with a certificate of an issuer made for it.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use nix::sys::signal::Signal;
use servers::{Process, Program, SystemAccount, ports};
use tempfile::TempDir;
use tokio::net::TcpStream;

const STARTS_WITHIN: Duration = Duration::from_secs(30);

/// The issuer may issue and nothing else; the server's certificate is of its address.
const EXTENSIONS: &str = "[req]\ndistinguished_name=dn\n[dn]\n\
    [issuer]\nbasicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign\n\
    [server]\nbasicConstraints=critical,CA:FALSE\nsubjectAltName=IP:127.0.0.1\n";

pub(crate) struct NatsWithTls {
    process: Process,
    port: u16,
    folder: TempDir,
}

impl NatsWithTls {
    pub(crate) async fn start() -> Self {
        let folder = SystemAccount::temporary_folder().unwrap();
        std::fs::write(folder.path().join("openssl.cnf"), EXTENSIONS).unwrap();
        certificate(folder.path(), "issuer", &[]);
        certificate(
            folder.path(),
            "server",
            &["-CA", "issuer.pem", "-CAkey", "issuer.key"],
        );
        let account = SystemAccount::to_drop_to().unwrap();
        if let Some(account) = &account {
            for entry in std::fs::read_dir(folder.path()).unwrap() {
                account.give(&entry.unwrap().path()).unwrap();
            }
        }
        let port = ports::chosen(0).unwrap();
        let at = |name: &str| folder.path().join(name).display().to_string();
        let listen = port.to_string();
        let (cert, key, store) = (at("server.pem"), at("server.key"), at("store"));
        let arguments = [
            "-a",
            "127.0.0.1",
            "-p",
            &listen,
            "-js",
            "-sd",
            &store,
            "--tls",
            "--tlscert",
            &cert,
            "--tlskey",
            &key,
        ];
        let mut process = Process::new(Program {
            name: "NATS",
            path: nats_server(),
            arguments: arguments.map(str::to_owned).to_vec(),
            environment: Vec::new(),
            folder: folder.path().to_owned(),
            log: folder.path().join("log"),
            account,
            stop: Signal::SIGTERM,
            stops_within: STARTS_WITHIN,
        });
        process.start().unwrap();
        tests::eventually("NATS listens", STARTS_WITHIN, || async {
            TcpStream::connect(("127.0.0.1", port)).await.is_ok()
        })
        .await;
        Self {
            process,
            port,
            folder,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("tls://127.0.0.1:{}", self.port)
    }

    /// The file with the certificate of its issuer.
    pub(crate) fn issuer(&self) -> String {
        self.folder.path().join("issuer.pem").display().to_string()
    }

    pub(crate) fn kill_9(&mut self) {
        self.process.kill_9();
    }
}

/// Makes `name.pem` and `name.key`.
fn certificate(folder: &Path, name: &str, issuer: &[&str]) {
    let made = Command::new("openssl")
        .args(
            "req -config openssl.cnf -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
                .split(' '),
        )
        .args(["-extensions", name, "-subj", &format!("/CN={name}")])
        .args(["-keyout", &format!("{name}.key"), "-out", &format!("{name}.pem")])
        .args(issuer)
        .current_dir(folder)
        .output()
        .expect("openssl should be installed");
    assert!(made.status.success(), "{made:?}");
}

/// Debian puts it where the PATH of a normal user does not look.
fn nats_server() -> std::path::PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin".into()])
        .map(|folder| folder.join("nats-server"))
        .find(|program| program.is_file())
        .expect("nats-server should be installed")
}
