//! The body of an answer, handed out in pieces so that a client that does not read leaves most
//! of it where it is counted.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use hyper::body::{Body, Bytes, Frame, SizeHint};

use super::connection_limits::Seat;

/// The rest of an answer. The connection rests once the answer is handed out or given up.
pub(super) struct Answer {
    rest: Bytes,
    piece: usize,
    seat: Arc<Seat>,
}

impl Answer {
    pub(super) fn new(bytes: Bytes, piece: usize, seat: Arc<Seat>) -> Self {
        seat.send(bytes.len());
        Answer { rest: bytes, piece, seat }
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        if self.rest.is_empty() {
            self.seat.handed_out();
        }
        self.seat.rest();
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.rest.is_empty() {
            return Poll::Ready(None);
        }
        let length = self.piece.min(self.rest.len());
        let piece = self.rest.split_to(length);
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.len() as u64)
    }
}
