//! Which login_exporter this is: its version, and the revision that it was built from.

/// As in Cargo.toml.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The commit; empty where the build knew none (`build.rs`).
pub const REVISION: &str = env!("LOGIN_EXPORTER_REVISION");

/// What `--version` says behind the program's name: the version, and the revision where there is one.
pub const TOLD: &str = env!("LOGIN_EXPORTER_TOLD");
