//! `evently dev` as a newcomer meets it: it comes up, it can be killed, and it goes on from where it was.

#[cfg(test)]
mod a_newcomer {
    use std::io::{BufRead, BufReader};
    use std::path::{Path, PathBuf};
    use std::process::{Child, Command, Output, Stdio};
    use std::time::Duration;

    use nix::sys::signal::{Signal, kill};
    use nix::unistd::Pid;
    use reqwest::{Client, StatusCode};
    use serde_json::{Value, json};
    use tests::eventually;

    /// Until the demonstration is made, on a machine that is busy with other tests.
    const READY_WITHIN: Duration = Duration::from_mins(2);

    /// A running `evently dev`; killed with this, and its servers with it.
    struct Dev {
        child: Child,
        api: String,
        servers: PathBuf,
    }

    fn program() -> PathBuf {
        let test = std::env::current_exe().unwrap();
        let profile = test.ancestors().nth(2).unwrap();
        let program = profile.join("evently");
        assert!(
            program.is_file(),
            "{} is not built: run the tests by script/test",
            program.display()
        );
        program
    }

    impl Dev {
        fn start(folder: &Path) -> Self {
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
            // The rest of what it says has nobody to read it.
            std::thread::spawn(move || receiver.iter().for_each(drop));
            Self {
                child,
                api: format!("{url}/api/v1"),
                servers: folder.join("servers"),
            }
        }

        fn signal(&self, signal: Signal) {
            kill(Pid::from_raw(i32::try_from(self.child.id()).unwrap()), signal).unwrap();
        }

        fn kill_9(&mut self) {
            self.signal(Signal::SIGKILL);
            self.child.wait().unwrap();
        }

        fn postgres_pid(&self) -> Option<Pid> {
            let text = std::fs::read_to_string(self.servers.join("postgres/postmaster.pid")).ok()?;
            text.lines().next()?.trim().parse().ok().map(Pid::from_raw)
        }

        async fn get(&self, path: &str) -> Value {
            Client::new()
                .get(format!("{}{path}", self.api))
                .send()
                .await
                .unwrap()
                .json()
                .await
                .unwrap()
        }

        async fn login(&self, who: &str) -> String {
            let body = json!({"email": format!("{who}@evently.test"), "password": "evently demo only"});
            let answer = Client::new()
                .post(format!("{}/auth/login", self.api))
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

        async fn hold(&self, token: &str, key: &str, body: &Value) -> (StatusCode, Value) {
            let request = Client::new()
                .post(format!("{}/bookings", self.api))
                .bearer_auth(token);
            let answer = request
                .header("Idempotency-Key", key)
                .json(body)
                .send()
                .await
                .unwrap();
            (answer.status(), answer.json().await.unwrap())
        }

        async fn event(&self, search: &str) -> String {
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

    fn operate(folder: &Path, arguments: &[&str]) -> Output {
        Command::new(program())
            .arg("--config")
            .arg(folder.join("evently.toml"))
            .args(arguments)
            .output()
            .unwrap()
    }

    fn stdout(output: &Output) -> String {
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    #[tokio::test]
    async fn what_was_held_survives_kill_9_of_everything() {
        let folder = tempfile::tempdir().unwrap();
        let mut dev = Dev::start(folder.path());
        let event = dev.event("tempest").await;
        let buyer = dev.login("buyer").await;
        let body = json!({"event_id": event, "seat_ids": ["stalls-C-11", "stalls-C-12"]});
        let (status, held) = dev.hold(&buyer, "a", &body).await;
        assert_eq!(status, StatusCode::CREATED, "{held}");

        let postgres = dev.postgres_pid().unwrap();
        dev.kill_9();
        kill(postgres, Signal::SIGKILL).unwrap();

        let dev = Dev::start(folder.path());
        let buyer = dev.login("buyer").await;
        let (status, again) = dev.hold(&buyer, "a", &body).await;
        assert_eq!((status, &again["id"]), (StatusCode::CREATED, &held["id"]));
        let rival = dev.login("organizer").await;
        let (status, refusal) = dev.hold(&rival, "b", &body).await;
        assert_eq!(status, StatusCode::CONFLICT);
        assert_eq!(refusal["seats"], json!(["stalls-C-11", "stalls-C-12"]));

        let verified = operate(folder.path(), &["verify", "--read-tables"]);
        assert!(verified.status.success(), "{}", stdout(&verified));
        assert!(
            stdout(&verified).contains("No violations."),
            "{}",
            stdout(&verified)
        );
    }

    #[tokio::test]
    async fn postgresql_that_dies_comes_back_by_itself() {
        let folder = tempfile::tempdir().unwrap();
        let dev = Dev::start(folder.path());
        let (event, buyer) = (dev.event("night").await, dev.login("buyer").await);
        let before = dev.postgres_pid().unwrap();
        kill(before, Signal::SIGKILL).unwrap();
        eventually("another PostgreSQL runs", READY_WITHIN, || async {
            dev.postgres_pid().is_some_and(|pid| pid != before)
        })
        .await;
        let body = json!({"event_id": event, "section_id": "admission", "quantity": 2});
        eventually("a booking is accepted again", READY_WITHIN, || async {
            dev.hold(&buyer, "after", &body).await.0 == StatusCode::CREATED
        })
        .await;
    }

    #[tokio::test]
    async fn a_stop_leaves_no_server_behind() {
        let folder = tempfile::tempdir().unwrap();
        let mut dev = Dev::start(folder.path());
        let postgres = dev.postgres_pid().unwrap();
        dev.signal(Signal::SIGTERM);
        assert!(dev.child.wait().unwrap().success());
        assert!(kill(postgres, None).is_err(), "PostgreSQL should have ended");
        assert_eq!(dev.postgres_pid(), None);
    }

    #[tokio::test]
    async fn a_data_folder_serves_one_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let _dev = Dev::start(folder.path());
        let second = Command::new(program())
            .args(["dev", "--port", "0", "--data-dir"])
            .arg(folder.path())
            .output()
            .unwrap();
        assert!(!second.status.success());
        assert!(String::from_utf8_lossy(&second.stderr).contains("uses this data folder already"));
    }

    #[tokio::test]
    async fn an_administrator_is_made_on_the_console_with_the_password_from_standard_input() {
        use std::io::Write;
        let folder = tempfile::tempdir().unwrap();
        let dev = Dev::start(folder.path());
        let mut create = Command::new(program())
            .arg("--config")
            .arg(folder.path().join("evently.toml"))
            .args([
                "admin",
                "create",
                "--email",
                "root@example.org",
                "--password-stdin",
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        create
            .stdin
            .take()
            .unwrap()
            .write_all(b"seventeen wet stones\n")
            .unwrap();
        assert!(create.wait().unwrap().success());
        let body = json!({"email": "root@example.org", "password": "seventeen wet stones"});
        let answer = Client::new()
            .post(format!("{}/auth/login", dev.api))
            .json(&body)
            .send()
            .await
            .unwrap();
        let answer: Value = answer.json().await.unwrap();
        assert_eq!(answer["account"]["role"], "admin", "{answer}");
    }
}
