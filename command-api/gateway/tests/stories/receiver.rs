//! What takes a gateway's webhooks: a listener, and one request at a time.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::time::timeout;

/// localstripe waits a second before it sends.
const DELIVERED_WITHIN: Duration = Duration::from_secs(10);

/// One request as it came: its headers by lower-case names, and its body.
pub(crate) struct Delivery {
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Delivery {
    pub(crate) fn headers(&self) -> Vec<(&str, &str)> {
        self.headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect()
    }
}

/// Takes one request and answers 200.
pub(crate) async fn receive(listener: &TcpListener) -> Delivery {
    let (mut stream, _) = timeout(DELIVERED_WITHIN, listener.accept())
        .await
        .expect("a webhook comes")
        .unwrap();
    let mut received = Vec::new();
    let end = loop {
        let mut part = [0; 4_096];
        let octets = stream.read(&mut part).await.unwrap();
        assert!(octets > 0, "the request ends early");
        received.extend_from_slice(&part[..octets]);
        if let Some(end) = received.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
    };
    let head = String::from_utf8(received[..end].to_vec()).unwrap();
    let headers: Vec<(String, String)> = head
        .lines()
        .skip(1)
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length: usize = headers
        .iter()
        .find(|(name, _)| name == "content-length")
        .unwrap()
        .1
        .parse()
        .unwrap();
    let mut body = received.split_off(end + 4);
    while body.len() < length {
        let mut part = [0; 4_096];
        let octets = stream.read(&mut part).await.unwrap();
        assert!(octets > 0, "the request ends early");
        body.extend_from_slice(&part[..octets]);
    }
    let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    stream.write_all(answer).await.unwrap();
    Delivery { headers, body }
}
