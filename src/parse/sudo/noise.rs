//! What is said under sudo's tag without a user in front: by its front end and plugins, by sudo-rs
//! of its own files, and by the modules that it loads.

use crate::parse::rows::Versions::{All, Since};
use crate::parse::rows::{Row, noise};

#[rustfmt::skip]
pub(super) const ROWS: &[Row] = &[
    // plugins/sudoers/auth/sudo_auth.c, src/load_plugins.c, ldap.c, sssd.c
    noise("Invalid authentication methods", All, "Invalid authentication methods compiled into sudo!"),
    noise("There are no authentication methods", All, "There are no authentication methods compiled into sudo!"),
    noise("Unable to initialize", All, "Unable to initialize authentication methods."),
    noise("fatal error", All, "fatal error, unable to load plugins"),
    noise("no valid sudoers sources", All, "no valid sudoers sources found, quitting"),
    noise("sudoers:", All, "sudoers: x"),
    noise("sssd", All, "sssd: x"),
    noise("start_tls", All, "start_tls specified but not supported"),
    noise("ldap", All, "ldap_start_tls_s(): Connect error"),
    noise("host ", All, "host x not found"),
    noise("gkr-pam: ", All, "gkr-pam: unable to locate daemon control file"),
    noise("nss_", All, "nss_ldap: could not search LDAP server"),

    // sudo-rs: src/sudo/pipeline.rs, src/system/timestamp.rs, src/sudoers/mod.rs
    noise("Session records file ", Since("sudo-rs 0.2.0"), "Session records file for user '1000' is invalid, resetting"),
    noise("Found incomplete record ", Since("sudo-rs 0.2.0"), "Found incomplete record in session records file for 1000, clearing rest of the file"),
    noise("Found invalid record ", Since("sudo-rs 0.2.0"), "Found invalid record in session records file for 1000, clearing rest of the file"),
    noise("Could not ", Since("sudo-rs 0.2.0"), "Could not update session record file with new record: x"),
    noise("Unexpected error while reading session information", Since("sudo-rs 0.2.0"), "Unexpected error while reading session information: x"),
    noise("warning: ", Since("sudo-rs 0.2.0"), "warning: non-unix group x was ignored"),
];
