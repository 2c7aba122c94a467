//! How many charges a second the sandbox takes. To be run by itself, in release:
//! `cargo nextest run -p sandbox --release --run-ignored only`.

use std::net::SocketAddr;
use std::time::Duration;

use futures::future::join_all;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::stage::{SECRET_KEY, Stage};

const CONNECTIONS: usize = 64;
const CHARGES_EACH: usize = 1_000;
const CHARGES_A_SECOND_MIN: u128 = 5_000;

/// Charges over one connection, one after the other. Answers are small: each comes in one piece.
async fn charge_on(address: SocketAddr, connection: usize) {
    let body = r#"{"amount":1200,"currency":"EUR","method":"sandbox_approve","metadata":{"booking":"7"}}"#;
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let mut answer = [0; 2_048];
    for number in 0..CHARGES_EACH {
        let request = format!(
            "POST /v1/charges HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {SECRET_KEY}\r\n\
             idempotency-key: k-{connection}-{number}\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let length = stream.read(&mut answer).await.unwrap();
        assert!(
            answer[..length].starts_with(b"HTTP/1.1 200"),
            "{:?}",
            answer.get(..length)
        );
        assert!(answer[..length].ends_with(b"}"));
    }
}

#[tokio::test]
#[ignore = "a measurement; it needs a release build and a machine with nothing else to do"]
async fn it_is_no_bottleneck() {
    let stage = Stage::set();
    let address = stage.sandbox.address();
    let started = Instant::now();
    join_all((0..CONNECTIONS).map(|connection| charge_on(address, connection))).await;
    let elapsed = started.elapsed().max(Duration::from_micros(1));
    let charges = CONNECTIONS * CHARGES_EACH;
    let a_second = u128::try_from(charges).unwrap() * 1_000_000 / elapsed.as_micros();
    println!("{a_second} charges a second");
    assert_eq!(
        stage.page(u64::try_from(charges).unwrap() - 1, 10).await["entries"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert!(a_second > CHARGES_A_SECOND_MIN, "{a_second}");
}
