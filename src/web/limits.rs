//! Every number that bounds what a client can cost, in one place.

use std::time::Duration;

/// How much a client, and all of them together, may take.
///
/// The defaults keep the memory of the listener under 40 MB at the worst: 256 connections with
/// less than 100 KiB of buffers each (with TLS), and 16 MiB of answers that wait for slow readers.
#[derive(Clone, Debug)]
pub struct Limits {
    /// `--web.max-requests`: how many scrapes are waited for at the same time; the next ones get
    /// 503. 0 is no limit.
    pub max_requests: usize,
    /// How many of those are being prepared, each with a whole answer in memory; the others wait.
    pub prepared: usize,
    /// Open connections over all addresses. One more closes the one that has been waiting for
    /// its client the longest, so that a scrape always finds room.
    pub connections: usize,
    /// The largest request head, and the most of an answer that is handed to a connection ahead
    /// of its client. At least 8 KiB.
    pub head_bytes: usize,
    /// What the system keeps of an answer that the client has not taken yet. It doubles it.
    pub socket_bytes: u32,
    /// From the connection (or a request's first byte) to the end of the request's head, the TLS
    /// handshake included.
    pub head_time: Duration,
    /// Preparing an answer, the check of a password included.
    pub prepare_time: Duration,
    /// Sending an answer to its last byte.
    pub send_time: Duration,
    /// Between two requests of a connection. Longer than a series is young, so that no scraper is
    /// cut off that has yet to say that it has had the last answer.
    pub idle_time: Duration,
    /// Answers that wait for slow readers, all together. One more cuts off the slowest.
    pub unsent_bytes: usize,
    /// For the requests that run when the exporter is told to stop.
    pub stop_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            max_requests: 40,
            prepared: 2,
            connections: 256,
            head_bytes: 16 * 1024,
            socket_bytes: 128 * 1024,
            head_time: Duration::from_secs(10),
            prepare_time: Duration::from_secs(30),
            send_time: Duration::from_secs(30),
            idle_time: Duration::from_secs(16 * 60),
            unsent_bytes: 16 * 1024 * 1024,
            stop_time: Duration::from_secs(5),
        }
    }
}
