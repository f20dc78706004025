//! What the user wants: the command line, the file of settings, and both as one checked tree.
//!
//! Owns every flag and key, their defaults and what is wrong with them. A key is read from the
//! tree of the file with the flags put over it, so both are checked by the same code and each
//! error names its place: file, line and key, or the flag. `clap` is named nowhere else.
//!
//! A flag's key is its name: dots nest, dashes become underscores, and what may be repeated is a
//! list in the plural (`--cloudtrail.region` is `cloudtrail.regions`, `--auth-log.path` is
//! `auth_logs`). The one exception is `--web.config.file`, which is `web.config_file`.

mod build;
mod command;
mod documents;
mod doubts;
mod error;
mod flags;
mod keys;
mod moment;
mod print;
mod read;
mod rules;
mod settings;
mod tree;
mod values;

pub use command::{Colour, Command, CommandLine, Exit, History, HistoryFormat};
pub use error::{Problem, Problems};
pub use keys::{LoadedRules, Watched};
pub use moment::Moment;
pub use rules::{Identities, KeyPath, Naming};
pub use settings::{
    Account, AuthLog, AuthLogDefaults, CloudTrail, Environment, Failures, Limits, Log, LogFormat,
    LogLevel, Organization, Settings, SourceChoice, Start, Web,
};
pub use values::ALL_REGIONS;
