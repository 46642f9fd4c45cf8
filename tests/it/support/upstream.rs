//! A provider on the loopback interface that does as it is told, faults included.
//!
//! It speaks HTTP/1.1 by hand, so that it can break every rule of it. A script is a list of
//! [`Act`]s for each request; a connection stays open for the next request unless it is closed.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// A request that came.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    /// Which connection it came on: 0, 1, 2, …
    pub(crate) connection: usize,
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Seen {
    /// A header by its name in small letters.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(header, _)| header == name);
        found.map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// One step of an answer.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    /// Writes these bytes as they are.
    Send(Bytes),
    /// Writes these bytes until the client is gone.
    Endless(Bytes),
    Wait(Duration),
    /// Says nothing more until the client is gone.
    Hang,
    /// Closes the connection in good order.
    Close,
    /// Resets the connection.
    Reset,
}

/// The head of an answer; without a length or an encoding in it the body ends with the connection.
pub(crate) fn head(status: u16, headers: &[(&str, &str)]) -> Act {
    let mut lines = vec![format!("HTTP/1.1 {status} Status")];
    lines.extend(
        headers
            .iter()
            .map(|(name, value)| format!("{name}: {value}")),
    );
    Act::Send((lines.join("\r\n") + "\r\n\r\n").into())
}

/// A whole answer with its length.
pub(crate) fn answer(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Vec<Act> {
    let length = body.len().to_string();
    let mut all = headers.to_vec();
    all.push(("content-length", &length));
    vec![head(status, &all), Act::Send(Bytes::copy_from_slice(body))]
}

/// A whole JSON answer.
pub(crate) fn json(status: u16, body: &str) -> Vec<Act> {
    answer(
        status,
        &[("content-type", "application/json")],
        body.as_bytes(),
    )
}

/// The head of a stream of events in chunks.
pub(crate) fn events() -> Act {
    head(
        200,
        &[
            ("content-type", "text/event-stream"),
            ("transfer-encoding", "chunked"),
        ],
    )
}

/// One chunk.
pub(crate) fn chunk(bytes: impl AsRef<[u8]>) -> Act {
    let bytes = bytes.as_ref();
    let mut chunk = format!("{:x}\r\n", bytes.len()).into_bytes();
    chunk.extend_from_slice(bytes);
    chunk.extend_from_slice(b"\r\n");
    Act::Send(chunk.into())
}

/// The end of the chunks.
pub(crate) fn end() -> Act {
    Act::Send(Bytes::from_static(b"0\r\n\r\n"))
}

/// Whole events as a stream, each in a chunk of its own.
pub(crate) fn stream<T: AsRef<[u8]>>(pieces: impl IntoIterator<Item = T>) -> Vec<Act> {
    let mut acts = vec![events()];
    acts.extend(pieces.into_iter().map(chunk));
    acts.push(end());
    acts
}

type Script = dyn Fn(&Seen) -> Vec<Act> + Send + Sync;

#[derive(Debug, Default)]
struct Log {
    seen: Vec<Seen>,
    /// How often the client went before an answer was complete.
    gone: usize,
}

/// A provider that runs until it is dropped.
#[derive(Debug)]
pub(crate) struct Upstream {
    address: SocketAddr,
    log: Arc<Mutex<Log>>,
    _running: JoinSet<()>,
}

impl Upstream {
    /// Starts one that answers each request by a script.
    pub(crate) async fn start(script: impl Fn(&Seen) -> Vec<Act> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let log = Arc::new(Mutex::new(Log::default()));
        let script: Arc<Script> = Arc::new(script);
        let mut running = JoinSet::new();
        let shared = Arc::clone(&log);
        running.spawn(async move {
            let mut connections = JoinSet::new();
            for number in 0.. {
                let (socket, _) = listener.accept().await.unwrap();
                socket.set_nodelay(true).unwrap();
                let (script, log) = (Arc::clone(&script), Arc::clone(&shared));
                connections.spawn(async move { serve(socket, number, &*script, &log).await });
            }
        });
        Self {
            address,
            log,
            _running: running,
        }
    }

    /// Starts one that answers every request alike.
    pub(crate) async fn always(acts: Vec<Act>) -> Self {
        Self::start(move |_| acts.clone()).await
    }

    /// Its base address, with `/v1`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// All requests so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.log.lock().unwrap().seen.clone()
    }

    /// How often a client went before its answer was complete.
    pub(crate) fn gone(&self) -> usize {
        self.log.lock().unwrap().gone
    }

    /// Waits until so many clients went early; panics after two seconds.
    pub(crate) async fn wait_gone(&self, count: usize) {
        for _ in 0..200 {
            if self.gone() >= count {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{} of {count} clients went", self.gone());
    }
}

/// Answers the requests of one connection.
async fn serve(mut socket: TcpStream, number: usize, script: &Script, log: &Mutex<Log>) {
    let mut buffer = Vec::new();
    while let Some(mut seen) = read(&mut socket, &mut buffer).await {
        seen.connection = number;
        log.lock().unwrap().seen.push(seen.clone());
        match play(&mut socket, script(&seen)).await {
            Played::Whole => {}
            Played::Closed => return,
            Played::Gone => {
                log.lock().unwrap().gone += 1;
                return;
            }
        }
    }
}

enum Played {
    Whole,
    Closed,
    Gone,
}

async fn play(socket: &mut TcpStream, acts: Vec<Act>) -> Played {
    for act in acts {
        match act {
            Act::Send(bytes) => {
                if socket.write_all(&bytes).await.is_err() {
                    return Played::Gone;
                }
            }
            Act::Endless(bytes) => while socket.write_all(&bytes).await.is_ok() {},
            Act::Wait(time) => {
                if tokio::time::timeout(time, until_gone(socket)).await.is_ok() {
                    return Played::Gone;
                }
            }
            Act::Hang => {
                until_gone(socket).await;
                return Played::Gone;
            }
            Act::Close => {
                let _ = socket.shutdown().await;
                return Played::Closed;
            }
            Act::Reset => {
                let socket = socket2::SockRef::from(&*socket);
                socket.set_linger(Some(Duration::ZERO)).unwrap();
                return Played::Closed;
            }
        }
    }
    Played::Whole
}

/// Waits until the client closes; it has nothing to say before its answer is complete.
async fn until_gone(socket: &mut TcpStream) {
    let mut byte = [0];
    while let Ok(1..) = socket.read(&mut byte).await {}
}

/// Reads one request; `None` when the client closed or what came is no request.
async fn read(socket: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<Seen> {
    let end = loop {
        if let Some(end) = memchr::memmem::find(buffer, b"\r\n\r\n") {
            break end;
        }
        if socket.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    };
    let rest = buffer.split_off(end + 4);
    let head = String::from_utf8(std::mem::replace(buffer, rest)).ok()?;
    let mut lines = head.trim_end().split("\r\n");
    let mut first = lines.next()?.split(' ');
    let mut seen = Seen {
        method: first.next()?.to_owned(),
        target: first.next()?.to_owned(),
        headers: lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect(),
        ..Seen::default()
    };
    let length = seen
        .header("content-length")
        .map_or(Some(0), |value| value.parse().ok())?;
    while buffer.len() < length {
        if socket.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    }
    let rest = buffer.split_off(length);
    seen.body = std::mem::replace(buffer, rest);
    Some(seen)
}
