//! A connection's way through the gate: requests one after the other, each with its answer.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::oneshot;

use super::{Answered, Freight, Road, Stopped};

/// Carries what `client` asks, until it goes away or the gateway closes the connection.
pub(super) async fn pass(road: Arc<Road>, client: TcpStream) {
    // Whatever breaks closes the connection, and that is what who asked has to live with.
    let _ = carry(&road, client).await;
}

async fn carry(road: &Road, client: TcpStream) -> io::Result<()> {
    let mut client = BufReader::new(client);
    while let Some(request) = message(&mut client).await? {
        let (gateway, silent) = {
            let traffic = road.traffic();
            (traffic.gateway, traffic.silent)
        };
        let Some(gateway) = gateway else { return Ok(()) };
        if silent {
            return std::future::pending().await;
        }
        let stop = freight(&request).and_then(|freight| road.stop_for(freight));
        let answer = match stop {
            None => asked(gateway, &request).await?,
            Some(stop) => stopped(gateway, &request, stop).await?,
        };
        let Some(answer) = answer else { return Ok(()) };
        client.get_mut().write_all(&answer).await?;
    }
    Ok(())
}

/// The answer, once the test that stopped the request has let both through; `None` where one of them is lost.
async fn stopped(
    gateway: SocketAddr,
    request: &[u8],
    stop: oneshot::Sender<Stopped>,
) -> io::Result<Option<Vec<u8>>> {
    let (forward, forwarded) = oneshot::channel();
    let (tell, answered) = oneshot::channel();
    if stop.send(Stopped { forward, answered }).is_err() || forwarded.await.is_err() {
        return Ok(None);
    }
    let answer = asked(gateway, request).await?;
    let (hand_over, handed_over) = oneshot::channel();
    if tell.send(Answered { hand_over }).is_err() || handed_over.await.is_err() {
        return Ok(None);
    }
    Ok(answer)
}

/// What the gateway answers; `None` where it closes the connection without a word.
async fn asked(gateway: SocketAddr, request: &[u8]) -> io::Result<Option<Vec<u8>>> {
    let mut gateway = BufReader::new(TcpStream::connect(gateway).await?);
    gateway.get_mut().write_all(request).await?;
    message(&mut gateway).await
}

fn freight(request: &[u8]) -> Option<Freight> {
    let ways: [(&[u8], Freight); 2] = [
        (b"POST /v1/charges ", Freight::Charge),
        (b"POST /v1/refunds ", Freight::Refund),
    ];
    let way = ways.iter().find(|(way, _)| request.starts_with(way));
    way.map(|(_, freight)| *freight)
}

/// One HTTP/1.1 message whose body has a length (RFC 9112); `None` where the connection ends before it.
async fn message(stream: &mut BufReader<TcpStream>) -> io::Result<Option<Vec<u8>>> {
    let mut message = Vec::new();
    let mut body_bytes = 0_u64;
    loop {
        let line_starts = message.len();
        if stream.read_until(b'\n', &mut message).await? == 0 {
            return Ok(None);
        }
        let line =
            String::from_utf8_lossy(message.get(line_starts..).unwrap_or_default()).to_ascii_lowercase();
        if let Some(length) = line.strip_prefix("content-length:") {
            body_bytes = length.trim().parse().map_err(io::Error::other)?;
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = stream.take(body_bytes);
    body.read_to_end(&mut message).await?;
    Ok(Some(message))
}
