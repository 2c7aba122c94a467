//! A way to a server that can lose the answer to what was sent.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::{TcpListener, TcpStream};

pub(crate) struct LossyProxy {
    pub(crate) port: u16,
    loses_answers: Arc<AtomicBool>,
}

impl LossyProxy {
    /// Forwards to this port of this machine.
    pub(crate) async fn to(server: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let loses_answers = Arc::new(AtomicBool::new(false));
        let losing = loses_answers.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(forward(client, server, losing.clone()));
            }
        });
        Self { port, loses_answers }
    }

    /// From now on each connection is cut in place of the next answer, which the server has sent by then.
    pub(crate) fn lose_answers(&self, lose: bool) {
        self.loses_answers.store(lose, Ordering::SeqCst);
    }
}

async fn forward(client: TcpStream, server: u16, loses_answers: Arc<AtomicBool>) {
    let server = TcpStream::connect(("127.0.0.1", server)).await.unwrap();
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let asking = tokio::spawn(async move { copy(&mut from_client, &mut to_server).await });
    let mut answer = vec![0; 64 * 1024];
    while let Ok(bytes @ 1..) = from_server.read(&mut answer).await {
        if loses_answers.load(Ordering::SeqCst) || to_client.write_all(&answer[..bytes]).await.is_err() {
            break;
        }
    }
    asking.abort();
}
