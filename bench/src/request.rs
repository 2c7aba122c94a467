//! Requests as bytes, ready to send.

use std::io::Write as _;

use uuid::Uuid;

/// Writes a request with a JSON body into `out`.
pub(crate) fn post(out: &mut Vec<u8>, path: &str, token: &str, key: &str, body: &[u8]) {
    out.clear();
    // Writing to a Vec cannot fail.
    drop(write!(
        out,
        "POST {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n\
         Idempotency-Key: {key}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    ));
    out.extend_from_slice(body);
}

/// Writes a request without a body into `out`; `headers` are whole lines, each with its line end.
pub(crate) fn get(out: &mut Vec<u8>, path: &str, headers: &str) {
    out.clear();
    drop(write!(out, "GET {path} HTTP/1.1\r\nHost: bench\r\n{headers}\r\n"));
}

/// Booking requests for named seats of one Event.
pub(crate) struct Bookings {
    event: String,
    body: Vec<u8>,
}

impl Bookings {
    pub(crate) fn of(event: &str) -> Self {
        Self {
            event: event.to_owned(),
            body: Vec::with_capacity(256),
        }
    }

    /// Writes a request for `seats` into `out`, under a key of its own.
    pub(crate) fn write(&mut self, out: &mut Vec<u8>, token: &str, seats: &[String]) {
        let (event, body) = (&self.event, &mut self.body);
        body.clear();
        drop(write!(body, "{{\"event_id\":\"{event}\",\"seat_ids\":["));
        for (place, seat) in seats.iter().enumerate() {
            drop(write!(body, "{}\"{seat}\"", if place == 0 { "" } else { "," }));
        }
        body.extend_from_slice(b"]}");
        let mut key = Uuid::encode_buffer();
        let key = Uuid::new_v4().hyphenated().encode_lower(&mut key);
        post(out, "/api/v1/bookings", token, key, body);
    }
}
