//! A lean HTTP/1.1 client: one connection, one request at a time, no allocation but its buffer's growth.
//!
//! A load generator that shares two cores with what it measures must cost little; this one does two system calls a
//! request and parses only what it needs.

use std::net::SocketAddr;

use anyhow::{Context, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// More headers than any answer here has.
const HEADERS_MAX: usize = 48;

/// Room to read into at once.
const READ_BYTES: usize = 16 * 1024;

/// One keep-alive connection.
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// What the server answered.
#[derive(Debug)]
pub(crate) struct Answer<'a> {
    /// Status code.
    pub(crate) status: u16,
    /// Header section, unparsed.
    head: &'a [u8],
    /// Body as sent.
    pub(crate) body: &'a [u8],
}

impl Answer<'_> {
    /// Position of the last fact of the command; 0 where the answer names none.
    pub(crate) fn position(&self) -> i64 {
        let position = self.header("evently-position").and_then(|text| text.parse().ok());
        position.unwrap_or(0)
    }

    /// The header `name`, if it is there and is text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
        let mut response = httparse::Response::new(&mut headers);
        response.parse(self.head).ok()?;
        let found = response
            .headers
            .iter()
            .find(|header| header.name.eq_ignore_ascii_case(name))?;
        std::str::from_utf8(found.value).ok()
    }
}

impl Connection {
    /// Connects to `address`.
    pub(crate) async fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address)
            .await
            .with_context(|| format!("connecting to {address}"))?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: Vec::with_capacity(READ_BYTES),
        })
    }

    /// Sends `request` as it is and reads the whole answer.
    pub(crate) async fn send(&mut self, request: &[u8]) -> anyhow::Result<Answer<'_>> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        let (status, head, length) = loop {
            self.read_more().await?;
            if let Some(found) = parse_head(&self.buffer)? {
                break found;
            }
        };
        let end = head.checked_add(length).context("absurd content-length")?;
        while self.buffer.len() < end {
            self.read_more().await?;
        }
        let (head, rest) = self.buffer.split_at(head);
        Ok(Answer {
            status,
            head,
            body: rest.get(..length).unwrap_or_default(),
        })
    }

    async fn read_more(&mut self) -> anyhow::Result<()> {
        self.buffer.reserve(READ_BYTES);
        if self.stream.read_buf(&mut self.buffer).await? == 0 {
            bail!("the server closed the connection");
        }
        Ok(())
    }
}

/// Status, length of the head, and length of the body; `None` while the head is incomplete.
fn parse_head(bytes: &[u8]) -> anyhow::Result<Option<(u16, usize, usize)>> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(head) = response.parse(bytes)? else {
        return Ok(None);
    };
    let status = response.code.context("no status")?;
    let length = response
        .headers
        .iter()
        .find(|header| header.name.eq_ignore_ascii_case("content-length"));
    let length = match length {
        Some(header) => std::str::from_utf8(header.value)?.parse()?,
        None if status == 204 || status == 304 => 0,
        None => bail!("an answer without content-length, status {status}"),
    };
    Ok(Some((status, head, length)))
}
