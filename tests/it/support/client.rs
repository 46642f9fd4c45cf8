//! A client of the gateway: asks, reads whole or piece by piece, leaves.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

use super::recorded::Wire;

/// The longest any test waits for a byte.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Asks one gateway with one key. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Client {
    inner: hyper_util::client::legacy::Client<HttpConnector, Full<Bytes>>,
    address: SocketAddr,
    key: String,
}

/// An answer whose head is here.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    body: Incoming,
    /// Everything read so far.
    pub(crate) read: Vec<u8>,
}

impl Client {
    /// A client with connections of its own.
    pub(crate) fn new(address: SocketAddr, key: &str) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        Self {
            inner: hyper_util::client::legacy::Client::builder(TokioExecutor::new())
                .build(connector),
            address,
            key: key.to_owned(),
        }
    }

    /// Where the gateway is.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The key it asks with.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    /// The same with another key.
    pub(crate) fn with_key(&self, key: &str) -> Self {
        Self {
            key: key.to_owned(),
            ..self.clone()
        }
    }

    /// `POST /v1/chat/completions`
    pub(crate) async fn chat(&self, body: &Value) -> Answer {
        self.post("/v1/chat/completions", &[], body.to_string())
            .await
    }

    /// A request in a wire format.
    pub(crate) async fn ask(&self, wire: Wire, body: &Value) -> Answer {
        match wire {
            Wire::Chat => self.chat(body).await,
            Wire::Messages => self.messages(body).await,
            Wire::Responses => self.responses(body).await,
            Wire::Gemini => self.contents(body).await,
        }
    }

    /// `POST /v1beta/models/{model}:generateContent`, or in pieces: what stands in the address is
    /// taken out of the body.
    pub(crate) async fn contents(&self, body: &Value) -> Answer {
        let mut body = body.clone();
        let fields = body.as_object_mut().expect("a request is an object");
        let model = fields.remove("model").unwrap_or_default();
        let model = model.as_str().expect("a request names its model");
        let verb = match fields.remove("stream") {
            Some(Value::Bool(true)) => "streamGenerateContent?alt=sse",
            _ => "generateContent",
        };
        let path = format!("/v1beta/models/{model}:{verb}");
        self.post(&path, &[], body.to_string()).await
    }

    /// `POST /v1/responses`
    pub(crate) async fn responses(&self, body: &Value) -> Answer {
        self.post("/v1/responses", &[], body.to_string()).await
    }

    /// `POST /v1/messages`
    pub(crate) async fn messages(&self, body: &Value) -> Answer {
        let version = [("anthropic-version", "2023-06-01")];
        self.post("/v1/messages", &version, body.to_string()).await
    }

    /// A request with more headers.
    pub(crate) async fn post(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Answer {
        self.send(Method::POST, path, headers, body.into()).await
    }

    /// A body in parts, the boundary of which is X.
    pub(crate) async fn parts(&self, path: &str, body: impl Into<Bytes>) -> Answer {
        let kind = "multipart/form-data; boundary=X";
        self.typed(Method::POST, path, kind, &[], body.into()).await
    }

    /// `GET` of a path.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], Bytes::new()).await
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Bytes,
    ) -> Answer {
        self.typed(method, path, "application/json", headers, body)
            .await
    }

    async fn typed(
        &self,
        method: Method,
        path: &str,
        kind: &str,
        headers: &[(&str, &str)],
        body: Bytes,
    ) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("http://{}{path}", self.address))
            .header("authorization", format!("Bearer {}", self.key))
            .header("content-type", kind);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(body)).unwrap();
        let response = tokio::time::timeout(PATIENCE, self.inner.request(request))
            .await
            .expect("the gateway answers in time")
            .expect("the gateway answers");
        let (head, body) = response.into_parts();
        Answer {
            status: head.status.as_u16(),
            headers: head.headers,
            body,
            read: Vec::new(),
        }
    }
}

impl Answer {
    /// A header's value; empty when it is absent.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// `x-request-id`
    pub(crate) fn id(&self) -> String {
        self.header("x-request-id").to_owned()
    }

    /// The next piece; `None` at the end.
    pub(crate) async fn piece(&mut self) -> Option<Bytes> {
        loop {
            let frame = tokio::time::timeout(PATIENCE, self.body.frame())
                .await
                .expect("the gateway goes on in time")?;
            let Ok(data) = frame.expect("the gateway ends its answers").into_data() else {
                continue;
            };
            self.read.extend_from_slice(&data);
            return Some(data);
        }
    }

    /// Reads until all that was read contains a text.
    pub(crate) async fn until(&mut self, what: &str) -> String {
        loop {
            let text = String::from_utf8_lossy(&self.read).into_owned();
            if text.contains(what) {
                return text;
            }
            assert!(
                self.piece().await.is_some(),
                "ended without {what:?}: {text}"
            );
        }
    }

    /// All of it.
    pub(crate) async fn bytes(mut self) -> Vec<u8> {
        while self.piece().await.is_some() {}
        self.read
    }

    /// All of it as text.
    pub(crate) async fn text(self) -> String {
        String::from_utf8(self.bytes().await).expect("the gateway sends UTF-8")
    }

    /// All of it as JSON.
    pub(crate) async fn json(self) -> Value {
        let text = self.text().await;
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }
}

/// Fails when something takes too long.
pub(crate) async fn within(limit: Duration, what: &str, work: impl Future<Output = ()>) {
    let done = tokio::time::timeout(limit, work).await;
    assert!(done.is_ok(), "{what} took longer than {limit:?}");
}
