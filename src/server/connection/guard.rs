//! The socket as hyper sees it: whole, unambiguous heads in, answers out, and an end that waits
//! for the client to have read them.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Sleep;

use super::framing::{self, Framing, Refused};
use super::link::Link;

/// Begins what stands in for a head that is refused, so that the refusal is answered in turn.
const REFUSED_LINE: &[u8] = b"GET ";

/// Ends it.
const REFUSED_REST: &[u8] = b" HTTP/1.1\r\nconnection: close\r\n\r\n";

/// How long a connection that ends with unread bytes waits for the client to read the answer:
/// closing at once would reset it, and the answer could be lost.
const LINGER: Duration = Duration::from_millis(500);

/// How much of what the client still sends is thrown away meanwhile.
const MOST_DISCARDED: usize = 32 * 1024;

/// A socket that shows hyper only what [`Framing`] lets pass.
#[derive(Debug)]
pub(super) struct Guard {
    socket: TcpStream,
    /// `None` for HTTP/2, whose frames leave no room for doubt.
    framing: Option<Framing>,
    /// Bytes that hyper has not been given.
    held: BytesMut,
    /// How many of them may go on.
    approved: usize,
    /// What comes behind them, once it is known to be refused.
    refusal: Option<Refused>,
    /// The refusal was delivered: nothing more is read.
    ended: bool,
    link: Arc<Link>,
    linger: Option<(Pin<Box<Sleep>>, usize)>,
}

impl Guard {
    /// Guards a socket of which `held` was read already.
    pub(super) fn http1(socket: TcpStream, held: BytesMut, link: Arc<Link>) -> Self {
        let mut guard = Self::http2(socket, held, link);
        guard.framing = Some(Framing::new());
        guard.approved = 0;
        guard.screen();
        guard
    }

    /// Passes everything; only the writes are watched.
    pub(super) fn http2(socket: TcpStream, held: BytesMut, link: Arc<Link>) -> Self {
        Self {
            socket,
            framing: None,
            approved: held.len(),
            held,
            refusal: None,
            ended: false,
            link,
            linger: None,
        }
    }

    /// Looks at what is held.
    fn screen(&mut self) {
        if let Some(framing) = &mut self.framing {
            let screened = framing.screen(&self.held);
            self.approved = screened.pass;
            self.refusal = screened.refused;
        }
        let waits = self.refusal.is_none() && self.approved < self.held.len();
        self.link.head_waits(waits);
    }

    /// Hands over what may go on; tells whether there was anything.
    fn hand_over(&mut self, buf: &mut ReadBuf<'_>) -> bool {
        let count = self.approved.min(buf.remaining());
        if count == 0 {
            return false;
        }
        buf.put_slice(&self.held[..count]);
        self.held.advance(count);
        self.approved -= count;
        if self.held.is_empty() {
            // An idle connection keeps no buffer.
            self.held = BytesMut::new();
        }
        true
    }

    /// Delivers the refusal of what comes next.
    fn deliver(&mut self, why: &Refused, buf: &mut ReadBuf<'_>) -> io::Result<()> {
        self.ended = true;
        let held = std::mem::take(&mut self.held);
        match why {
            Refused::Head(why) => {
                self.link.refuse(*why);
                let room = buf.remaining() - REFUSED_LINE.len() - REFUSED_REST.len();
                let path = framing::path(&held).filter(|path| path.len() <= room);
                buf.put_slice(REFUSED_LINE);
                buf.put_slice(path.unwrap_or("/").as_bytes());
                buf.put_slice(REFUSED_REST);
                Ok(())
            }
            Refused::Body => Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "the chunks of the body are malformed",
            )),
        }
    }

    /// Reads into hyper's own buffer and takes back what may not go on. Gives whether hyper has
    /// something to look at: new bytes or the end.
    fn read_through(
        &mut self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<bool>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.socket).poll_read(cx, buf))?;
        let new = &buf.filled()[before..];
        if new.is_empty() {
            return Poll::Ready(Ok(true));
        }
        let Some(framing) = &mut self.framing else {
            return Poll::Ready(Ok(true));
        };
        let screened = framing.screen(new);
        if screened.pass == new.len() {
            return Poll::Ready(Ok(true));
        }
        self.held.extend_from_slice(&new[screened.pass..]);
        self.approved = 0;
        self.refusal = screened.refused;
        self.link.head_waits(self.refusal.is_none());
        buf.set_filled(before + screened.pass);
        Poll::Ready(Ok(screened.pass > 0))
    }

    /// Reads more behind a head that is not whole. Gives whether the stream ended instead.
    fn gather(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        let mut space = [0; 4096];
        let mut more = ReadBuf::new(&mut space);
        ready!(Pin::new(&mut self.socket).poll_read(cx, &mut more))?;
        if more.filled().is_empty() {
            return Poll::Ready(Ok(true));
        }
        self.held.extend_from_slice(more.filled());
        self.screen();
        Poll::Ready(Ok(false))
    }

    /// Whether bytes of the client are left that nobody has read.
    fn has_unread(&self) -> bool {
        self.ended || !self.held.is_empty() || self.framing.as_ref().is_some_and(Framing::in_body)
    }

    fn note(&self, written: &Poll<io::Result<usize>>) {
        self.link.write_waits(written.is_pending());
    }
}

impl AsyncRead for Guard {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            if this.hand_over(buf) {
                return Poll::Ready(Ok(()));
            }
            if this.ended {
                // Not the end of the stream: hyper would take that for a client that has left.
                return Poll::Pending;
            }
            let asked = this.link.refused().map(Refused::Head);
            if let Some(why) = this.refusal.take().or(asked) {
                return Poll::Ready(this.deliver(&why, buf));
            }
            if this.held.is_empty() {
                if ready!(this.read_through(cx, buf))? {
                    return Poll::Ready(Ok(()));
                }
            } else if ready!(this.gather(cx))? {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

impl AsyncWrite for Guard {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.socket).poll_write(cx, bytes);
        this.note(&written);
        written
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.socket).poll_write_vectored(cx, pieces);
        this.note(&written);
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().socket).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.linger.is_none() {
            ready!(Pin::new(&mut this.socket).poll_shutdown(cx))?;
            if !this.has_unread() {
                return Poll::Ready(Ok(()));
            }
        }
        let (until, discarded) = this
            .linger
            .get_or_insert_with(|| (Box::pin(tokio::time::sleep(LINGER)), 0));
        while *discarded < MOST_DISCARDED {
            let mut space = [0; 4096];
            let mut more = ReadBuf::new(&mut space);
            match Pin::new(&mut this.socket).poll_read(cx, &mut more) {
                Poll::Pending => break,
                Poll::Ready(Ok(())) if !more.filled().is_empty() => {
                    *discarded += more.filled().len();
                }
                Poll::Ready(_) => return Poll::Ready(Ok(())),
            }
        }
        until.as_mut().poll(cx).map(Ok)
    }
}
