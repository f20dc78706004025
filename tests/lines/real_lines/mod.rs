//! The lines that the real sshd, sudo, su, login and account tools write as people and attackers
//! use them, and what `history` reads in them. What is expected is written down from what was
//! done.
//!
//! Each test owns `/dev/log` through a real rsyslogd, does things, waits until all is written, and
//! compares every event. No line of a login program may be unknown to the exporter.
mod accounts;
mod console;
mod formats;
mod hostile;
mod logins;
mod refused;
mod strangers;
mod su;
mod sudo;
