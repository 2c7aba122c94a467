//! `evently dev` as a newcomer meets it: it comes up, it can be killed, and it goes on from where it was.

#[cfg(test)]
#[path = "dev/running.rs"]
mod running;
#[cfg(test)]
#[path = "dev/tour.rs"]
mod tour;

use std::process::{Command, Stdio};

use nix::sys::signal::{Signal, kill};
use reqwest::{Client, StatusCode};
use running::{Dev, READY_WITHIN, operate, stdout};
use serde_json::{Value, json};
use tests::{eventually, program};

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
        .post(format!("{}/api/v1/auth/login", dev.url))
        .json(&body)
        .send()
        .await
        .unwrap();
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(answer["account"]["role"], "admin", "{answer}");
}
