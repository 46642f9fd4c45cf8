//! A provider of our own that answers byte by byte: it can send, break off and fall silent where
//! it likes, and sees when the gateway hangs up.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Mutex;

use super::wire::{self, Wire};

/// What the provider was asked, with the connection to answer on.
pub(crate) struct Asked {
    /// With its query.
    pub(crate) path: String,
    /// Names in lower case, in the order they came.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Bytes,
    socket: TcpStream,
}

/// A copy of what the provider was asked.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Bytes,
}

/// A provider that runs until it is dropped.
pub(crate) struct Upstream {
    pub(crate) address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    task: tokio::task::JoinHandle<()>,
}

/// What becomes of a connection after an answer: kept for the next request, or closed.
pub(crate) type After = Option<TcpStream>;

impl Upstream {
    /// Serves every request with `answer`; keeps what it was asked.
    pub(crate) async fn start<A, F>(answer: A) -> Self
    where
        A: Fn(Asked) -> F + Send + Sync + 'static,
        F: Future<Output = std::io::Result<After>> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let answer = Arc::new(answer);
        let noted = Arc::clone(&seen);
        let task = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let (answer, noted) = (Arc::clone(&answer), Arc::clone(&noted));
                tokio::spawn(async move {
                    let _ = socket.set_nodelay(true);
                    let mut next = Some(socket);
                    while let Some(socket) = next.take() {
                        let Ok(asked) = Asked::read(socket).await else {
                            return;
                        };
                        noted.lock().await.push(asked.seen());
                        next = answer(asked).await.ok().flatten();
                    }
                });
            }
        });
        Self {
            address,
            seen,
            task,
        }
    }

    /// Everything it was asked so far.
    pub(crate) async fn seen(&self) -> Vec<Seen> {
        self.seen.lock().await.clone()
    }

    /// The newest question.
    pub(crate) async fn last(&self) -> Seen {
        let seen = self.seen.lock().await;
        seen.last().expect("the provider was asked").clone()
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Seen {
    /// The one header of a name; panics when it came twice.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(known, _)| known == name);
        let first = found.next();
        assert!(found.next().is_none(), "{name} came twice");
        first.map(|(_, value)| value.as_str())
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("the provider was sent JSON")
    }
}

/// A body that comes in chunks.
async fn unchunked(socket: &mut TcpStream, mut bytes: Vec<u8>) -> std::io::Result<Bytes> {
    let mut body = Vec::new();
    loop {
        let (size, start) = loop {
            if let Some(at) = memchr::memmem::find(&bytes, b"\r\n") {
                let line = std::str::from_utf8(&bytes[..at]).expect("a chunk has a size");
                break (usize::from_str_radix(line, 16).expect("a size"), at + 2);
            }
            if socket.read_buf(&mut bytes).await? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
        };
        while bytes.len() < start + size + 2 {
            if socket.read_buf(&mut bytes).await? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
        }
        body.extend_from_slice(&bytes[start..start + size]);
        bytes.drain(..start + size + 2);
        if size == 0 {
            return Ok(body.into());
        }
    }
}

impl Asked {
    async fn read(mut socket: TcpStream) -> std::io::Result<Self> {
        let mut bytes = Vec::new();
        let head = loop {
            if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
            if socket.read_buf(&mut bytes).await? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
        };
        let text = String::from_utf8_lossy(&bytes[..head]).into_owned();
        let mut lines = text.split("\r\n");
        let mut first = lines.next().unwrap_or_default().split(' ');
        let method = first.next();
        assert!(matches!(method, Some("POST" | "GET")), "{text}");
        let path = first.next().unwrap_or_default().to_owned();
        let headers: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let length: usize = headers
            .iter()
            .find(|(name, _)| name == "content-length")
            .and_then(|(_, value)| value.parse().ok())
            .unwrap_or(0);
        let chunked = headers
            .iter()
            .any(|(name, value)| name == "transfer-encoding" && value == "chunked");
        let parts = headers
            .iter()
            .any(|(name, value)| name == "content-type" && value.starts_with("multipart/"));
        assert!(
            parts || !chunked,
            "the gateway knows how long its bodies are"
        );
        let body = if chunked {
            let begun = bytes.split_off(head);
            unchunked(&mut socket, begun).await?
        } else {
            while bytes.len() < head + length {
                if socket.read_buf(&mut bytes).await? == 0 {
                    return Err(std::io::ErrorKind::UnexpectedEof.into());
                }
            }
            Bytes::copy_from_slice(&bytes[head..head + length])
        };
        Ok(Self {
            path,
            headers,
            body,
            socket,
        })
    }

    pub(crate) fn seen(&self) -> Seen {
        Seen {
            path: self.path.clone(),
            headers: self.headers.clone(),
            body: self.body.clone(),
        }
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("the provider was sent JSON")
    }

    /// The model asked for.
    pub(crate) fn model(&self) -> String {
        wire::model(&self.path, &self.json())
    }

    /// The wire format of the path.
    pub(crate) fn wire(&self) -> Wire {
        if self.path.contains("/messages") {
            Wire::Messages
        } else if self.path.contains("/responses") {
            Wire::Responses
        } else if self.path.contains("enerateContent") {
            Wire::Gemini
        } else {
            Wire::Chat
        }
    }

    /// A whole answer.
    pub(crate) async fn answer(
        mut self,
        status: u16,
        headers: &[(&str, &str)],
        body: impl AsRef<[u8]>,
    ) -> std::io::Result<After> {
        let body = body.as_ref();
        let mut head = format!("HTTP/1.1 {status} .\r\ncontent-length: {}\r\n", body.len());
        for (name, value) in headers {
            head.extend([*name, ": ", *value, "\r\n"]);
        }
        head.push_str("\r\n");
        let whole = [head.as_bytes(), body].concat();
        self.socket.write_all(&whole).await?;
        Ok(Some(self.socket))
    }

    /// A whole answer of JSON.
    pub(crate) async fn json_answer(self, status: u16, body: &Value) -> std::io::Result<After> {
        let kind = [("content-type", "application/json")];
        self.answer(status, &kind, body.to_string()).await
    }

    /// A stream of these pieces, each as one chunk, ended as it should be.
    pub(crate) async fn stream<P: AsRef<[u8]>>(
        mut self,
        pieces: impl IntoIterator<Item = P>,
    ) -> std::io::Result<After> {
        self.begin().await?;
        for piece in pieces {
            self.piece(piece).await?;
        }
        self.end().await
    }

    /// The head of a stream.
    pub(crate) async fn begin(&mut self) -> std::io::Result<()> {
        self.begin_as("text/event-stream").await
    }

    /// The head of a stream of a kind.
    pub(crate) async fn begin_as(&mut self, kind: &str) -> std::io::Result<()> {
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ntransfer-encoding: chunked\r\n\r\n"
        );
        self.raw(head).await
    }

    /// One chunk.
    pub(crate) async fn piece(&mut self, piece: impl AsRef<[u8]>) -> std::io::Result<()> {
        let piece = piece.as_ref();
        if piece.is_empty() {
            // An empty chunk would be the last one.
            return Ok(());
        }
        let chunk = [format!("{:x}\r\n", piece.len()).as_bytes(), piece, b"\r\n"].concat();
        self.raw(chunk).await
    }

    /// The end of the chunks.
    pub(crate) async fn end(mut self) -> std::io::Result<After> {
        self.raw("0\r\n\r\n").await?;
        Ok(Some(self.socket))
    }

    /// Bytes as they are.
    pub(crate) async fn raw(&mut self, bytes: impl AsRef<[u8]>) -> std::io::Result<()> {
        self.socket.write_all(bytes.as_ref()).await
    }

    /// Closes the connection with a reset.
    pub(crate) fn reset(self) -> std::io::Result<After> {
        socket2::SockRef::from(&self.socket).set_linger(Some(Duration::ZERO))?;
        Ok(None)
    }

    /// Closes the connection.
    #[expect(
        clippy::unnecessary_wraps,
        reason = "the last word of a scene, as all others are"
    )]
    pub(crate) fn close(self) -> std::io::Result<After> {
        drop(self.socket);
        Ok(None)
    }

    /// Waits until the gateway hangs up.
    pub(crate) async fn left(&mut self) {
        let mut rest = [0; 1024];
        while let Ok(read) = self.socket.read(&mut rest).await {
            if read == 0 {
                return;
            }
        }
    }
}
