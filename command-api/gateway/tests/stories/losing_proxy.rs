//! A way to a server on which the answers to POST get lost: what they ask for is done, but no answer comes back.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// The address of such a way to `port`.
pub(crate) async fn start(port: u16) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (client, _) = listener.accept().await.unwrap();
            let server = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
            tokio::spawn(carry(client, server));
        }
    });
    address
}

/// Carries requests over and answers back; hangs up on both when the answer to a POST begins.
async fn carry(mut client: TcpStream, mut server: TcpStream) {
    let (mut request, mut answer) = (vec![0; 65_536], vec![0; 65_536]);
    let mut loses = false;
    loop {
        tokio::select! {
            read = client.read(&mut request) => {
                let Ok(octets @ 1..) = read else { return };
                loses |= request.starts_with(b"POST ");
                server.write_all(&request[..octets]).await.unwrap();
            }
            read = server.read(&mut answer) => {
                let Ok(octets @ 1..) = read else { return };
                if loses {
                    return;
                }
                client.write_all(&answer[..octets]).await.unwrap();
            }
        }
    }
}
