//! A trail's files from S3, piece by piece.

use std::collections::VecDeque;
use std::sync::Arc;

use super::Object;
use crate::source::aws::{Body, Failure, S3};
use crate::source::wrapping::Pushed;
use crate::source::{CallFailure, Problem, ProblemReason};

/// Bytes of records that one delivery brings, about.
const AT_ONCE: usize = 1 << 20;

/// Packed bytes that are unpacked at once: gzip makes at most about a thousand of one.
const PACKED_AT_ONCE: usize = 1 << 10;

/// The files of one message.
#[derive(Debug)]
pub(super) struct Fetch {
    s3: Arc<S3>,
    files: VecDeque<Object>,
    open: Option<Open>,
}

/// A file that is being read.
#[derive(Debug)]
struct Open {
    file: Object,
    body: Body,
    chunk: Chunk,
    records: Pushed,
}

/// A piece of a body, taken in parts.
#[derive(Debug, Default)]
struct Chunk {
    bytes: Vec<u8>,
    at: usize,
}

impl Chunk {
    fn take(&mut self, most: usize) -> &[u8] {
        let begin = self.at;
        self.at = self.bytes.len().min(begin + most);
        &self.bytes[begin..self.at]
    }
}

impl Fetch {
    pub(super) fn new(s3: &Arc<S3>, files: Vec<Object>) -> Self {
        Fetch { s3: s3.clone(), files: files.into(), open: None }
    }

    /// Adds the next records; returns whether there is more.
    ///
    /// # Errors
    /// A file that cannot be fetched or read. What was added before stays good.
    pub(super) async fn next(&mut self, records: &mut Vec<Vec<u8>>) -> Result<bool, Problem> {
        if self.open.is_none() {
            let Some(file) = self.files.pop_front() else { return Ok(false) };
            self.open = Some(self.open(file).await?);
        }
        let mut bytes = 0;
        while bytes < AT_ONCE
            && let Some(open) = self.open.as_mut()
        {
            let before = records.len();
            if !open.read_on(records).await? {
                self.open = None;
            }
            bytes += records[before..].iter().map(Vec::len).sum::<usize>();
        }
        Ok(self.open.is_some() || !self.files.is_empty())
    }

    async fn open(&self, file: Object) -> Result<Open, Problem> {
        match self.s3.get(&file.bucket, &file.key).await {
            Ok(body) => {
                Ok(Open { file, body, chunk: Chunk::default(), records: Pushed::default() })
            }
            Err(failure) => Err(of_call(&file, &failure)),
        }
    }
}

impl Open {
    /// Reads a little more; returns whether there is more.
    async fn read_on(&mut self, records: &mut Vec<Vec<u8>>) -> Result<bool, Problem> {
        let part = self.chunk.take(PACKED_AT_ONCE);
        if !part.is_empty() {
            let pushed = self.records.push(part, records);
            return pushed.map(|()| true).map_err(|error| unreadable(&self.file, &error));
        }
        match self.body.next().await {
            Some(Ok(bytes)) => {
                self.chunk = Chunk { bytes, at: 0 };
                Ok(true)
            }
            Some(Err(failure)) => Err(of_call(&self.file, &failure)),
            None => match self.records.finish(records) {
                Ok(()) => Ok(false),
                Err(error) => Err(unreadable(&self.file, &error)),
            },
        }
    }
}

fn of_call(file: &Object, failure: &Failure) -> Problem {
    let Object { bucket, key } = file;
    let (reason, remedy) = match (failure.reason, failure.code.as_str()) {
        (CallFailure::Denied, _) => (
            ProblemReason::Unreadable,
            "allow this principal s3:GetObject on it, and kms:Decrypt where the trail is encrypted (deploy/aws)",
        ),
        (_, "NoSuchKey" | "NoSuchBucket") => (
            ProblemReason::Gap,
            "it is gone: let the bucket keep its files for longer than the queue its messages",
        ),
        _ => (ProblemReason::Unreadable, "its message comes again in some minutes"),
    };
    let message = format!("cannot read s3://{bucket}/{key} ({}): {remedy}", failure.cause);
    Problem { reason, count: 1, message }
}

fn unreadable(file: &Object, error: &crate::source::wrapping::Unreadable) -> Problem {
    let Object { bucket, key } = file;
    let message = format!(
        "s3://{bucket}/{key}: {error}; its message is left for the dead-letter queue: look at the file"
    );
    Problem { reason: ProblemReason::Malformed, count: 1, message }
}
