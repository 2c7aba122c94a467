//! Ports for the private servers: the remembered one, or a free one.

use std::hash::{BuildHasher, RandomState};
use std::net::TcpListener;

use anyhow::{Context, Result};

/// Ports that no system gives to outgoing connections by itself: Linux starts at 32768. One of those might be taken
/// between the death of a server and its return.
const PORTS: std::ops::Range<u16> = 10_000..32_000;
/// Ports that are tried.
const TRIES_MAX: u16 = 1_000;

/// The `remembered` port if it is free, else another one. 0 stands for none.
pub fn remembered_or_free(remembered: u16) -> Result<u16> {
    if remembered != 0 && is_free(remembered) {
        return Ok(remembered);
    }
    let chance = || u16::try_from(RandomState::new().hash_one(()) % 0xFFFF).unwrap_or_default();
    (0..TRIES_MAX)
        .map(|_| PORTS.start + chance() % (PORTS.end - PORTS.start))
        .find(|port| is_free(*port))
        .context("no free port on 127.0.0.1")
}

/// `wanted`, or where that is 0, a free port.
pub fn chosen(wanted: u16) -> Result<u16> {
    if wanted == 0 {
        remembered_or_free(0)
    } else {
        Ok(wanted)
    }
}

/// Whether `port` of 127.0.0.1 is free. 0 stands for any.
pub fn is_free(port: u16) -> bool {
    TcpListener::bind(("127.0.0.1", port)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_that_is_taken_is_given_up() {
        let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        assert_ne!(remembered_or_free(port).unwrap(), port);
    }
}
