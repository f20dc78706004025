//! A socket that tells its seat when the client sends something and when all was sent to it, and
//! that leaves nothing behind when it is cut off.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, ready};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::connection_limits::Seat;

pub(super) struct Socket {
    /// Nobody else has it but for a moment, to ask after the client.
    stream: Arc<TcpStream>,
    seat: Arc<Seat>,
}

/// The client at the other end, of whom the system may know more than was read yet.
#[derive(Clone)]
pub(super) struct Peer {
    stream: Weak<TcpStream>,
    seat: Arc<Seat>,
}

impl Peer {
    pub(super) fn seat(&self) -> &Arc<Seat> {
        &self.seat
    }

    /// Whether the client closed the connection in order; `None` where it is still there.
    pub(super) fn ended(&self) -> Option<bool> {
        if let Some(stream) = self.stream.upgrade() {
            let end = end(&stream);
            if end.is_empty() {
                return None;
            }
            // A reset ends both sides. The error itself is left for the connection's own task.
            match end.intersects(PollFlags::HUP | PollFlags::ERR) && !self.seat.has_shut_down() {
                true => self.seat.broke(),
                false => self.seat.ended(),
            }
        }
        Some(self.seat.was_closed_in_order())
    }
}

/// How the client has closed its side, whatever it sent before that is still to be read; empty where
/// it has not.
fn end(stream: &TcpStream) -> PollFlags {
    let mut asked = [PollFd::new(stream, PollFlags::RDHUP)];
    // HUP and ERR are told unasked.
    match poll(&mut asked, Some(&Timespec::default())) {
        Ok(_) => asked[0].revents(),
        Err(_) => PollFlags::empty(),
    }
}

impl Socket {
    pub(super) fn new(stream: TcpStream, seat: Arc<Seat>) -> Self {
        Socket { stream: Arc::new(stream), seat }
    }

    pub(super) fn peer(&self) -> Peer {
        Peer { stream: Arc::downgrade(&self.stream), seat: self.seat.clone() }
    }

    /// The client sends no more. What was sent to it after it had gone came back as an error.
    fn ended(&self) {
        match self.stream.take_error() {
            Ok(None) => self.seat.ended(),
            _ => self.seat.broke(),
        }
    }

    fn poll_write_by(
        &self,
        context: &mut Context<'_>,
        write: impl Fn(&TcpStream) -> io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        loop {
            ready!(self.stream.poll_write_ready(context))?;
            // Asked before, not after: who has read all of it may be gone by then, in order.
            if !end(&self.stream).is_empty() {
                self.seat.broke();
            }
            match write(&self.stream) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                written => {
                    match written {
                        Ok(_) => self.seat.progressed(),
                        Err(_) => self.seat.broke(),
                    }
                    return Poll::Ready(written);
                }
            }
        }
    }
}

/// A client that was cut off because it does not read gets a reset: with an orderly end, the
/// system would keep what is unsent for as long as the client likes.
impl Drop for Socket {
    fn drop(&mut self) {
        if self.seat.is_cut_off() {
            let _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let room = buffer.remaining();
        loop {
            ready!(self.stream.poll_read_ready(context))?;
            match self.stream.try_read_buf(buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
                Err(error) => {
                    self.seat.broke();
                    return Poll::Ready(Err(error));
                }
                Ok(0) if room > 0 => self.ended(),
                Ok(0) => {}
                Ok(_) => self.seat.hear(),
            }
            return Poll::Ready(Ok(()));
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_by(context, |stream| stream.try_write(bytes))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_by(context, |stream| stream.try_write_vectored(slices))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        // What buffers stand above, hyper's and TLS's, are empty before they flush this one; this one
        // has none.
        self.seat.flushed();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.seat.shut_down();
        let done = rustix::net::shutdown(&*self.stream, rustix::net::Shutdown::Write);
        Poll::Ready(done.map_err(io::Error::from))
    }
}
