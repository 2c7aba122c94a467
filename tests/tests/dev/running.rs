//! A running `evently dev`, and what a newcomer does with it.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use tests::program;

/// Until the demonstration is made, on a machine that is busy with other tests.
pub(crate) const READY_WITHIN: Duration = Duration::from_mins(2);

/// A running `evently dev`; killed with this, and its servers with it.
pub(crate) struct Dev {
    pub(crate) child: Child,
    /// Where it listens.
    pub(crate) url: String,
    servers: PathBuf,
}

impl Dev {
    pub(crate) fn start(folder: &Path) -> Self {
        let mut child = Command::new(program())
            .args(["dev", "--port", "0", "--data-dir"])
            .arg(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let said = BufReader::new(child.stdout.take().unwrap())
            .lines()
            .map_while(Result::ok);
        let (sender, receiver) = std::sync::mpsc::channel();
        std::thread::spawn(move || said.for_each(|line| drop(sender.send(line))));
        let url = loop {
            let line = receiver
                .recv_timeout(READY_WITHIN)
                .expect("evently dev should say that it is ready");
            if let Some(url) = line.strip_prefix("Evently is ready on ") {
                break url.to_owned();
            }
        };
        // Reads on, so that the pipe never fills.
        std::thread::spawn(move || receiver.iter().for_each(drop));
        Self {
            child,
            url,
            servers: folder.join("servers"),
        }
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(i32::try_from(self.child.id()).unwrap()), signal).unwrap();
    }

    pub(crate) fn kill_9(&mut self) {
        self.signal(Signal::SIGKILL);
        self.child.wait().unwrap();
    }

    pub(crate) fn postgres_pid(&self) -> Option<Pid> {
        let text = std::fs::read_to_string(self.servers.join("postgres/postmaster.pid")).ok()?;
        text.lines().next()?.trim().parse().ok().map(Pid::from_raw)
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        Client::new()
            .get(format!("{}/api/v1{path}", self.url))
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap()
    }

    pub(crate) async fn login(&self, who: &str) -> String {
        let body = json!({"email": format!("{who}@evently.test"), "password": "evently demo only"});
        let answer = Client::new()
            .post(format!("{}/api/v1/auth/login", self.url))
            .json(&body)
            .send()
            .await
            .unwrap();
        let answer: Value = answer.json().await.unwrap();
        answer["access_token"]
            .as_str()
            .expect("a demonstration account should log in")
            .to_owned()
    }

    pub(crate) async fn hold(&self, token: &str, key: &str, body: &Value) -> (StatusCode, Value) {
        let request = Client::new()
            .post(format!("{}/api/v1/bookings", self.url))
            .bearer_auth(token);
        let answer = request
            .header("Idempotency-Key", key)
            .json(body)
            .send()
            .await
            .unwrap();
        (answer.status(), answer.json().await.unwrap())
    }

    pub(crate) async fn event(&self, search: &str) -> String {
        let found = self.get(&format!("/events?q={search}")).await;
        found["items"][0]["id"]
            .as_str()
            .expect("the demonstration event should be listed")
            .to_owned()
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|ended| ended.is_none()) {
            let _ = kill(
                Pid::from_raw(i32::try_from(self.child.id()).unwrap_or(i32::MAX)),
                Signal::SIGTERM,
            );
            drop(self.child.wait());
        }
    }
}

/// Runs the program once with the configuration that a start wrote into `folder`.
pub(crate) fn operate(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(program())
        .arg("--config")
        .arg(folder.join("evently.toml"))
        .args(arguments)
        .output()
        .unwrap()
}

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}
