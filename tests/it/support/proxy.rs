//! A way to a server that can be cut.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// How connections fare.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Way {
    /// They reach the server.
    Open,
    /// They are closed, and new ones are refused at once.
    Cut,
    /// They stand and nothing comes through.
    Silent,
}

/// Carries connections to a server while its way is open.
pub(crate) struct Proxy {
    address: SocketAddr,
    way: Arc<watch::Sender<Way>>,
}

impl Proxy {
    /// In front of `server`, such as `127.0.0.1:5432`.
    pub(crate) async fn to(server: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let way = Arc::new(watch::Sender::new(Way::Open));
        let sender = Arc::clone(&way);
        tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                tokio::spawn(carry(client, server.clone(), sender.subscribe()));
            }
        });
        Self { address, way }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on.
    pub(crate) fn set(&self, way: Way) {
        self.way.send_replace(way);
    }
}

async fn carry(mut client: TcpStream, server: String, mut way: watch::Receiver<Way>) {
    let now = *way.borrow();
    if now == Way::Open {
        let mut upstream = TcpStream::connect(server).await.unwrap();
        tokio::select! {
            _ = tokio::io::copy_bidirectional(&mut client, &mut upstream) => return,
            _ = way.changed() => {}
        }
        // Both ends stay as they are for as long as the way is silent.
        let _ = way.wait_for(|way| *way == Way::Cut).await;
    } else {
        let _ = way.wait_for(|way| *way == Way::Cut).await;
    }
}
