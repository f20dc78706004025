//! The rules in force: from settings and key files to a policy, and again when a file changes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use tracing::{info, warn};

use crate::config::{CommandLine, Environment, Settings};
use crate::pipeline::{Pipeline, now};
use crate::policy::Policy;
use crate::web::Reloader;
