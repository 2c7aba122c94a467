//! Ports for the private servers: the remembered one, or a free one that the system picks.

use std::net::TcpListener;

use anyhow::{Context, Result};

/// The `remembered` port if nobody else has it by now, else a free one. 0 stands for none.
pub fn remembered_or_free(remembered: u16) -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", remembered))
        .or_else(|_| TcpListener::bind(("127.0.0.1", 0)))
        .context("no free port on 127.0.0.1")?;
    Ok(listener.local_addr()?.port())
}

/// `wanted`, or where that is 0, a free port that the system picks.
pub fn chosen(wanted: u16) -> Result<u16> {
    if wanted == 0 {
        remembered_or_free(0)
    } else {
        Ok(wanted)
    }
}

/// Whether somebody may listen on `port` of 127.0.0.1. 0 stands for any.
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
