//! Requests as bytes, ready to send.

use std::io::Write as _;

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

/// The body of a booking request for named seats.
pub(crate) fn booking_body(out: &mut Vec<u8>, event: &str, seats: &[String]) {
    out.clear();
    drop(write!(out, "{{\"event_id\":\"{event}\",\"seat_ids\":["));
    for (place, seat) in seats.iter().enumerate() {
        drop(write!(out, "{}\"{seat}\"", if place == 0 { "" } else { "," }));
    }
    out.extend_from_slice(b"]}");
}
