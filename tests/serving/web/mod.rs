//! The listener as its clients see it: Prometheus, a person with a browser or curl, and those
//! who would keep both from getting an answer.

mod config_file;
mod fake;
mod login;
mod page;
mod people;
mod plain;
mod scrapers;
mod slow;
mod tls;
mod tools;
