//! Duo Unix: the second factor, told under the tag of the program that asks for it.
//!
//! pam_duo and login_duo (`lib/util.c`, `pam_duo/pam_duo.c`) write without a frame of PAM's. None
//! of it counts: the login is sshd's `Accepted …`, the refusal its `Failed …`, and a user chooses
//! the name in quotes (GECOS). `Skipped`, `Failsafe` and `bypassed` mean that the user came in
//! without a second factor; which login that was no line of Duo's says for certain.

use std::sync::LazyLock;

use super::Parsed;
use super::rows::Versions::{All, Since};
use super::rows::{Index, Known, Line, PROOF, Row, Tells, noise, row};

/// Whether Duo speaks, under whichever tag. The name in its line may hold anything, so this is asked
/// before a message is taken apart.
pub(super) fn speaks(message: &[u8]) -> bool {
    INDEX.begun_by(message).next().is_some_and(|row| row.begins != "User ")
}

static INDEX: LazyLock<Index> = LazyLock::new(|| Index::of(&[ROWS]));

#[rustfmt::skip]
pub(super) const ROWS: &[Row] = &[
    noise("Successful Duo login for '", All, "Successful Duo login for '‹alice›' from 203.0.113.9"),
    noise("Skipped Duo login for '", All, "Skipped Duo login for '‹alice›' from 203.0.113.9: preauth-allowed"),
    noise("Failsafe Duo login for '", All, "Failsafe Duo login for '‹alice›' from 203.0.113.9: Couldn't connect to api: timeout"),
    noise("Failed Duo login for '", All, "Failed Duo login for '‹alice›' from 203.0.113.9: Login request denied."),
    noise("Aborted Duo login for '", All, "Aborted Duo login for '‹alice›' from 203.0.113.9: User enrollment required"),
    noise("Failsecure Duo login for '", All, "Failsecure Duo login for '‹alice›' from 203.0.113.9: Couldn't connect to api: timeout"),
    noise("Error in Duo login for '", All, "Error in Duo login for '‹alice›' from 203.0.113.9: Invalid ikey or skey"),
    noise("Couldn't open Duo API handle for '", All, "Couldn't open Duo API handle for '‹alice›' from 203.0.113.9"),
    noise("Couldn't get groups for '", All, "Couldn't get groups for 'alice': Success"),
    noise("Couldn't open /etc/duo", All, "Couldn't open /etc/duo/pam_duo.conf: Permission denied"),
    noise("/etc/duo", All, "/etc/duo/pam_duo.conf must be readable only by user 'root'"),
    noise("Parse error in /etc/duo", All, "Parse error in /etc/duo/pam_duo.conf, line 3"),
    noise("Missing host, ikey, or skey in ", All, "Missing host, ikey, or skey in /etc/duo/pam_duo.conf"),
    noise("Invalid pam_duo option: '", All, "Invalid pam_duo option: 'x'"),
    noise("Internal error reading ", All, "Internal error reading /etc/duo/pam_duo.conf"),
    noise("starting Duo Unix: ", Since("Duo Unix 2.0.0"), "starting Duo Unix: PAM Duo"),
    noise("Loading config file ", Since("Duo Unix 2.1.0"), "Loading config file /etc/duo/pam_duo.conf"),
    noise("Presenting GECOS-derived Duo username for '", Since("Duo Unix 2.2.4"), "Presenting GECOS-derived Duo username for 'alice': ‹al›"),
    noise("Empty GECOS field for '", All, "Empty GECOS field for 'alice'"),
    noise("Could not parse GECOS field for '", All, "Could not parse GECOS field for 'alice'"),
    noise("fallback_local_ip is replacing ", Since("Duo Unix 2.2.4"), "fallback_local_ip is replacing the remote client address with this server's IP; the address reported to Duo is not the client's from 192.0.2.1"),
    noise("All configured groups are negated", Since("Duo Unix 2.2.4"), "All configured groups are negated; no user can match, so Duo 2FA is disabled for every user"),
    noise("autopush and verified_push cannot both", Since("Duo Unix 2.2.4"), "autopush and verified_push cannot both be enabled in /etc/duo/pam_duo.conf"),
    noise("TLS certificate verification is disabled", Since("Duo Unix 2.2.4"), "TLS certificate verification is disabled by configuration"),
    noise("Unable to start fips_mode: ", All, "Unable to start fips_mode: x"),
    noise("FIPS mode flag specified", All, "FIPS mode flag specified, but OpenSSL not built with FIPS support. Failing the auth."),
    noise("The dev_fips_mode configuration item", Since("Duo Unix 2.2.4"), "The dev_fips_mode configuration item for Duo Unix is deprecated"),
    row("User ", All, bypassed, Tells::Nothing, PROOF, "User alice bypassed Duo 2FA due to user's UNIX group", "ignored"),
];

/// Under sshd's tag other lines begin so.
fn bypassed<'a>(_: &Line<'_, 'a>, rest: &'a [u8], _: &mut Parsed<'a>) -> Known {
    rest.ends_with(b" bypassed Duo 2FA due to user's UNIX group").then_some(())
}
