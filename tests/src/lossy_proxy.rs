//! A way to a server that can lose the answer to what was sent, or all answers.

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Bytes of an answer that are passed on at once.
const CHUNK: usize = 64 * 1024;

/// What happens to what the server sends.
#[derive(Clone, Copy, Debug)]
enum Answers {
    PassOn,
    Cut,
    Swallow,
}

/// A proxy on this machine that treats its server's answers as the test says.
#[derive(Debug)]
pub struct LossyProxy {
    /// Where it listens.
    pub port: u16,
    answers: watch::Sender<Answers>,
}

impl LossyProxy {
    /// Forwards to this port of this machine.
    ///
    /// # Panics
    /// Where no port can be had.
    #[expect(clippy::expect_used, reason = "a test fails by panic")]
    pub async fn to(server: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0))
            .await
            .expect("a port should be free");
        let port = listener
            .local_addr()
            .expect("a listener should have an address")
            .port();
        let (answers, receiver) = watch::channel(Answers::PassOn);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(forward(client, server, receiver.clone()));
            }
        });
        Self { port, answers }
    }

    /// From now on each connection is cut in place of the next answer, which the server has sent by then.
    pub fn lose_answers(&self, lose: bool) {
        self.answers
            .send_replace(if lose { Answers::Cut } else { Answers::PassOn });
    }

    /// From now on nothing comes back and nothing tells why, as if the server's machine had lost its power.
    pub fn fall_silent(&self, silent: bool) {
        self.answers
            .send_replace(if silent { Answers::Swallow } else { Answers::PassOn });
    }
}

async fn forward(client: TcpStream, server: u16, answers: watch::Receiver<Answers>) {
    let Ok(server) = TcpStream::connect(("127.0.0.1", server)).await else {
        return;
    };
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let asking = tokio::spawn(async move { copy(&mut from_client, &mut to_server).await });
    let mut answer = vec![0; CHUNK];
    while let Ok(bytes @ 1..) = from_server.read(&mut answer).await {
        let manner = *answers.borrow();
        match manner {
            Answers::PassOn => {
                let passed = to_client.write_all(answer.get(..bytes).unwrap_or_default());
                if passed.await.is_err() {
                    break;
                }
            }
            Answers::Cut => break,
            Answers::Swallow => {}
        }
    }
    asking.abort();
}
