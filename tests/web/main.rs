//! The listener as its clients see it: Prometheus, a person with a browser or curl, and those
//! who would keep both from getting an answer.

mod fake;
mod plain;
