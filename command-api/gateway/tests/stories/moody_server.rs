//! A gateway on a real socket that is silent, broken or alive, as the story wants; and one that is not there at all.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::sleep;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    /// Takes requests and never answers.
    Silent,
    /// Answers 500.
    Broken,
    /// Captures whatever it is asked for.
    Alive,
    /// Declines it.
    Declining,
    /// Captures it, after a while.
    Slow,
}

pub(crate) struct MoodyServer {
    pub(crate) address: String,
    mood: watch::Sender<Mood>,
    asked: Arc<AtomicUsize>,
    connections: Arc<AtomicUsize>,
}

const CAPTURED: &str = r#"{"id":"ch_1","key":"k","status":"captured","amount":500,"currency":"EUR"}"#;
const DECLINED: &str = r#"{"id":"ch_1","key":"k","status":"declined","decline_reason":"card_declined","amount":500,"currency":"EUR"}"#;

impl MoodyServer {
    /// One on `port`, or on any if 0.
    pub(crate) async fn start(port: u16, mood: Mood) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (sender, moods) = watch::channel(mood);
        let asked = Arc::new(AtomicUsize::new(0));
        let connections = Arc::new(AtomicUsize::new(0));
        let (counter, opened) = (Arc::clone(&asked), Arc::clone(&connections));
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                opened.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(stream, moods.clone(), Arc::clone(&counter)));
            }
        });
        Self {
            address: format!("http://127.0.0.1:{port}"),
            mood: sender,
            asked,
            connections,
        }
    }

    pub(crate) fn becomes(&self, mood: Mood) {
        self.mood.send_replace(mood);
    }

    /// Requests that have arrived.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    /// Connections that were opened.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// A port without a listener.
pub(crate) async fn dead_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap().port()
}

async fn serve(mut stream: TcpStream, moods: watch::Receiver<Mood>, asked: Arc<AtomicUsize>) {
    let mut request = vec![0; 65_536];
    // The requests of these stories are small and come in one piece each, head and body.
    while stream.read(&mut request).await.is_ok_and(|octets| octets > 0) {
        asked.fetch_add(1, Ordering::SeqCst);
        let mood = *moods.borrow();
        let (status, body) = match mood {
            Mood::Silent => return sleep(Duration::from_mins(1)).await,
            Mood::Broken => ("500 Internal Server Error", "{}"),
            Mood::Declining => ("200 OK", DECLINED),
            Mood::Alive => ("200 OK", CAPTURED),
            Mood::Slow => {
                sleep(Duration::from_millis(400)).await;
                ("200 OK", CAPTURED)
            }
        };
        let answer = format!(
            "HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}
