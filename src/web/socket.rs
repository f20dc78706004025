//! A socket that tells its seat when the client sends something and when all was sent to it, and
//! that leaves nothing behind when it is cut off.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::connection_limits::Seat;

pub(super) struct Socket {
    stream: TcpStream,
    seat: Arc<Seat>,
}

impl Socket {
    pub(super) fn new(stream: TcpStream, seat: Arc<Seat>) -> Self {
        Socket { stream, seat }
    }

    /// The client sends no more. What was sent to it after it had gone came back as an error.
    fn ended(&self) {
        match self.stream.take_error() {
            Ok(None) => self.seat.ended(),
            _ => self.seat.broke(),
        }
    }

    /// Whether the client has closed its side, which may not have been read yet.
    fn is_gone(&self, context: &mut Context<'_>) -> bool {
        let mut byte = [0];
        let peeked = self.stream.poll_peek(context, &mut ReadBuf::new(&mut byte));
        matches!(peeked, Poll::Ready(Ok(0) | Err(_)))
    }

    fn told(&self, written: io::Result<usize>) -> io::Result<usize> {
        match written {
            Ok(_) => self.seat.progressed(),
            Err(_) => self.seat.broke(),
        }
        written
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
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = ready!(Pin::new(&mut self.stream).poll_read(context, buffer));
        match &read {
            Err(_) => self.seat.broke(),
            Ok(()) if buffer.filled().len() > before => self.seat.hear(),
            Ok(()) if buffer.remaining() > 0 => self.ended(),
            Ok(()) => {}
        }
        Poll::Ready(read)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write(context, bytes));
        Poll::Ready(self.told(written))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write_vectored(context, slices));
        Poll::Ready(self.told(written))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_flush(context))?;
        // What buffers stand above, hyper's and TLS's, are empty before they flush this one.
        if self.seat.flushed() && self.is_gone(context) {
            self.seat.broke();
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
