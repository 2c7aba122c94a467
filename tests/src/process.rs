//! Server processes that belong to one test: found, started unprivileged, killed at the end.

use std::ffi::OsStr;
use std::fs::File;
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, User, chown, geteuid};
use uuid::Uuid;

/// A server that does not answer within this is broken.
pub(crate) const ANSWERS_WITHIN: Duration = Duration::from_secs(30);

/// Where Debian puts server programs that are not on every user's PATH.
fn debian_places() -> Vec<PathBuf> {
    let mut places = vec![PathBuf::from("/usr/sbin"), PathBuf::from("/usr/local/sbin")];
    let versions = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let mut versions: Vec<PathBuf> = versions.map(|each| each.path().join("bin")).collect();
    versions.sort();
    places.extend(versions.into_iter().rev());
    places
}

/// The program of this name, on PATH or in Debian's places.
#[expect(clippy::panic, reason = "without the program the test cannot run")]
pub(crate) fn program(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let candidates = std::env::split_paths(&path)
        .chain(debian_places())
        .map(|place| place.join(name));
    candidates
        .into_iter()
        .find(|each| each.is_file())
        .unwrap_or_else(|| panic!("{name} should be installed"))
}

/// Ports that no system gives to outgoing connections by itself: Linux starts at 32768. One of those might be taken between
/// the death of a server and its return.
const PORTS: std::ops::Range<u16> = 10_000..32_000;

/// A port that was free a moment ago.
pub(crate) fn free_port() -> u16 {
    let width = PORTS.end - PORTS.start;
    loop {
        let [first, second, ..] = Uuid::new_v4().into_bytes();
        let port = PORTS.start + u16::from_be_bytes([first, second]) % width;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// The user that servers run as where the test runs as root: PostgreSQL refuses to be root.
fn unprivileged() -> Option<User> {
    if !geteuid().is_root() {
        return None;
    }
    ["postgres", "nobody"]
        .iter()
        .find_map(|name| User::from_name(name).ok().flatten())
}

/// Gives a directory to whom the servers run as.
#[expect(clippy::expect_used, reason = "a test fails by panic")]
pub(crate) fn hand_over(directory: &Path) {
    if let Some(user) = unprivileged() {
        chown(directory, Some(user.uid), Some(user.gid))
            .expect("root should be able to give a directory away");
    }
}

/// A command that runs unprivileged, in `directory`, and writes its output to `directory/log`.
#[expect(clippy::expect_used, reason = "a test fails by panic")]
pub(crate) fn command(program: &Path, directory: &Path, arguments: &[impl AsRef<OsStr>]) -> Command {
    let log = || {
        File::options()
            .create(true)
            .append(true)
            .open(directory.join("log"))
            .expect("the log should open")
    };
    let mut command = Command::new(program);
    command
        .args(arguments)
        .current_dir(directory)
        .stdin(Stdio::null())
        .stdout(log())
        .stderr(log());
    if let Some(user) = unprivileged() {
        command.uid(user.uid.as_raw()).gid(user.gid.as_raw());
    }
    command
}

/// Kills a process and its children at once, as a machine that loses power does, and waits until they are gone.
pub(crate) fn kill_9_with_children(child: &mut Child) {
    let parent = child.id();
    let children: Vec<u32> = std::fs::read_to_string(format!("/proc/{parent}/task/{parent}/children"))
        .unwrap_or_default()
        .split_whitespace()
        .filter_map(|pid| pid.parse().ok())
        .collect();
    let _ = child.kill();
    let _ = child.wait();
    for pid in &children {
        if let Ok(pid) = i32::try_from(*pid) {
            let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
        }
    }
    while children.iter().any(|pid| lives(*pid)) {
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Whether a process still has memory: a zombie, which waits for its parent only, has none.
fn lives(pid: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    !status.is_empty() && !status.contains(") Z ") && !status.contains(") X ")
}
