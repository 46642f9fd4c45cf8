//! A whole server in the test's own process, on a port and in a folder of its own.
//!
//! [`Manti::start`] serves the demo models from a fresh SQLite file; [`Manti::with`] changes the
//! settings first. Requests go through real sockets: [`Manti::call`] for well-formed ones,
//! [`Manti::raw`] for bytes as they are.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use manti::auth::{Accounts, NewKey, NewUser};
use manti::config::{Config, Secret};
use manti::models::api_key::{ApiKey, Rules};
use manti::models::user::{Role, User};
use manti::server::{Server, Trouble};
use manti::store::Store;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// The password of every user that [`Manti::user`] makes.
pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// A running server.
pub(crate) struct Manti {
    pub(crate) address: SocketAddr,
    pub(crate) accounts: Accounts,
    pub(crate) store: Store,
    http: reqwest::Client,
    folder: Option<tempfile::TempDir>,
    stop: CancellationToken,
    ended: Option<JoinHandle<Result<(), Trouble>>>,
}

/// An answer that was read whole.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: String,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }
}

impl Manti {
    /// A server with its defaults.
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// A server with settings of its own.
    pub(crate) async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Self::settings(folder.path());
        change(&mut config);
        let mut manti = Self::of(config).await;
        manti.folder = Some(folder);
        manti
    }

    /// What a server over a folder runs with unless a test says otherwise.
    pub(crate) fn settings(data_dir: &Path) -> Config {
        let mut config = Config::defaults(data_dir);
        config.server.listen = ([127, 0, 0, 1], 0).into();
        config.server.drain_timeout = Duration::from_secs(10);
        config
    }

    /// A server with exactly these settings.
    pub(crate) async fn of(config: Config) -> Self {
        let server = Server::build(config).await.unwrap();
        let address = server.local_addr();
        let (accounts, store) = (server.accounts().clone(), server.store().clone());
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        let ended = tokio::spawn(async move { server.run_until(stopped.cancelled()).await });
        Self {
            address,
            accounts,
            store,
            http: reqwest::Client::builder()
                .no_proxy()
                .timeout(Duration::from_secs(30))
                .build()
                .unwrap(),
            folder: None,
            stop,
            ended: Some(ended),
        }
    }

    /// An address of this server.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The client that [`Manti::call`] uses, for streams and other special wishes.
    pub(crate) fn http(&self) -> &reqwest::Client {
        &self.http
    }

    /// Creates a user who can sign in with [`PASSWORD`].
    pub(crate) async fn user(&self, email: &str, role: Role) -> User {
        let new = NewUser {
            email: email.to_owned(),
            name: String::new(),
            role,
            password: Some(Secret::new(PASSWORD)),
            rules: Rules::default(),
        };
        self.accounts.create_user(new).await.unwrap()
    }

    /// Creates a key for a user.
    pub(crate) async fn key_with(&self, user: &str, rules: Rules) -> (ApiKey, String) {
        let new = NewKey {
            user: user.to_owned(),
            name: "test".to_owned(),
            team: None,
            rules,
            expires_at: None,
        };
        self.accounts.create_key(new).await.unwrap()
    }

    /// A member with a key that may do anything a key can; gives its secret.
    pub(crate) async fn key(&self) -> String {
        let name = manti::models::id::mint("m").to_lowercase();
        let user = self
            .user(&format!("{name}@example.com"), Role::Member)
            .await;
        self.key_with(&user.id, Rules::default()).await.1
    }

    /// Signs a user in; gives the access token.
    pub(crate) async fn login(&self, email: &str) -> String {
        let credentials = json!({"email": email, "password": PASSWORD});
        let reply = self
            .call(Method::POST, "/api/v1/auth/login", "", Some(credentials))
            .await;
        assert_eq!(reply.status, 200, "{reply:?}");
        reply.json()["access_token"].as_str().unwrap().to_owned()
    }

    /// Sends a request with a bearer credential, unless that is empty.
    pub(crate) async fn call(
        &self,
        method: Method,
        path: &str,
        credential: &str,
        body: Option<Value>,
    ) -> Reply {
        let mut request = self.http.request(method, self.url(path));
        if !credential.is_empty() {
            request = request.bearer_auth(credential);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        Self::send(request).await
    }

    pub(crate) async fn get(&self, path: &str, credential: &str) -> Reply {
        self.call(Method::GET, path, credential, None).await
    }

    pub(crate) async fn post(&self, path: &str, credential: &str, body: Value) -> Reply {
        self.call(Method::POST, path, credential, Some(body)).await
    }

    /// Sends a request and reads its answer to the end.
    pub(crate) async fn send(request: reqwest::RequestBuilder) -> Reply {
        let response = request.send().await.unwrap();
        Reply {
            status: response.status(),
            headers: response.headers().clone(),
            body: response.text().await.unwrap(),
        }
    }

    /// A connection to write to and read from by hand.
    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends bytes as they are and reads until the server closes, or for a second.
    pub(crate) async fn raw(&self, bytes: &[u8]) -> String {
        let mut socket = self.connect().await;
        // A server that refuses early may close before all is sent.
        let _ = socket.write_all(bytes).await;
        read_for(&mut socket, Duration::from_secs(1)).await
    }

    /// Stops the server in order.
    pub(crate) async fn stop(mut self) {
        self.stop.cancel();
        let ended = self.ended.take().unwrap();
        ended.await.unwrap().unwrap();
    }

    /// Asks the server to stop and gives what ends with it.
    pub(crate) fn begin_stop(&mut self) -> JoinHandle<Result<(), Trouble>> {
        self.stop.cancel();
        self.ended.take().unwrap()
    }
}

impl Drop for Manti {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// What comes until the other side closes, or for so long.
pub(crate) async fn read_for(socket: &mut TcpStream, limit: Duration) -> String {
    let mut bytes = Vec::new();
    let _ = tokio::time::timeout(limit, socket.read_to_end(&mut bytes)).await;
    String::from_utf8_lossy(&bytes).into_owned()
}
