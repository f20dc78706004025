//! Who speaks: the programs of a login by one name across versions, and whose rules read them.
//!
//! Owns every tag and PAM service that the project knows. The names are label values.

/// Whose rules read a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Speaker {
    Sshd,
    Sudo,
    Su,
    Login,
    Logind,
    Accounts,
    InstanceConnect,
    Polkit,
    Journald,
    Rsyslog,
    Other,
}

/// The one name of a program or PAM service, however its version, distribution or log daemon
/// spells it: `sshd-session`, `sshd(pam_unix)` and `/usr/sbin/sshd` are `sshd`. `None` for what is
/// no program of a login.
pub fn program_name(tag: &[u8]) -> Option<&'static str> {
    let name = bare(tag);
    let known = match name {
        b"sshd" | b"sshd-session" | b"sshd-auth" | b"ssh" => "sshd",
        b"sudo" | b"sudo-i" | b"sudo-rs" => "sudo",
        b"su" | b"su-l" | b"su-rs" => "su",
        b"runuser" | b"runuser-l" => "runuser",
        b"login" | b"LOGIN" | b"remote" => "login",
        b"cron" | b"CRON" | b"crond" | b"cronie" => "cron",
        b"atd" => "atd",
        b"systemd-user" => "systemd-user",
        b"systemd-logind" => "systemd-logind",
        b"ec2-instance-connect" => "ec2-instance-connect",
        b"polkit" | b"polkit-1" | b"polkitd" | b"polkit-agent-helper-1" | b"pkexec" => "polkit",
        _ => return family(name).or_else(|| account_tool(name)),
    };
    Some(known)
}

/// Programs with rules of their own, besides [`ACCOUNT_TOOLS`].
const SPEAKERS: [&str; 11] = [
    "sshd",
    "sudo",
    "su",
    "runuser",
    "login",
    "systemd-logind",
    "ec2-instance-connect",
    "polkit",
    "pkexec",
    "pam",
    "cloudtrail",
];

/// The programs that change accounts and groups.
const ACCOUNT_TOOLS: [&str; 20] = [
    "useradd",
    "userdel",
    "usermod",
    "groupadd",
    "groupdel",
    "groupmod",
    "groupmems",
    "gpasswd",
    "passwd",
    "chpasswd",
    "chgpasswd",
    "newusers",
    "chage",
    "chfn",
    "chsh",
    "adduser",
    "addgroup",
    "deluser",
    "vipw",
    "vigr",
];

/// Every program that a record may be unknown of: the values of the label `program` of
/// `login_exporter_records_unrecognized_total`, but for display managers.
pub fn programs() -> impl Iterator<Item = &'static str> {
    SPEAKERS.into_iter().chain(ACCOUNT_TOOLS)
}

/// Programs of many parts: `gdm-password`, `gdm-launch-environment`, `cockpit-session`.
fn family(name: &[u8]) -> Option<&'static str> {
    const FAMILIES: [&str; 6] = ["gdm", "cockpit", "lightdm", "sddm", "kdm", "xdm"];
    FAMILIES.into_iter().find(|family| {
        let rest = name.strip_prefix(family.as_bytes());
        rest.is_some_and(|rest| matches!(rest, b"" | b"3") || rest.starts_with(b"-"))
    })
}

fn account_tool(name: &[u8]) -> Option<&'static str> {
    ACCOUNT_TOOLS.into_iter().find(|tool| tool.as_bytes() == name)
}

/// The name without its folder (`/usr/sbin/cron`), its PAM module (`sshd(pam_unix)`) and a bracket
/// that a pid's took along (`gdm-password]`).
fn bare(tag: &[u8]) -> &[u8] {
    let tag = memchr::memrchr(b'/', tag).map_or(tag, |slash| &tag[slash + 1..]);
    let tag = memchr::memchr(b'(', tag).map_or(tag, |bracket| &tag[..bracket]);
    tag.strip_suffix(b"]").unwrap_or(tag)
}

/// Whose rules read what this tag says.
pub(super) fn speaker(tag: &[u8]) -> Speaker {
    let name = bare(tag);
    match name {
        // The client's tag, not the daemon's: only PAM's service of old is called so.
        b"ssh" => return Speaker::Other,
        b"systemd-journald" | b"systemd-journal" | b"journal" => return Speaker::Journald,
        _ if name.starts_with(b"rsyslogd") => return Speaker::Rsyslog,
        _ => {}
    }
    match program_name(name) {
        Some("sshd") => Speaker::Sshd,
        Some("sudo") => Speaker::Sudo,
        Some("su" | "runuser") => Speaker::Su,
        Some("login") => Speaker::Login,
        Some("systemd-logind") => Speaker::Logind,
        Some("ec2-instance-connect") => Speaker::InstanceConnect,
        Some("polkit") => Speaker::Polkit,
        Some(_) if account_tool(name).is_some() => Speaker::Accounts,
        _ => Speaker::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::programs;
    use crate::parse::{Envelope, Parsed, message};

    #[test]
    fn every_program_that_can_be_unknown_is_listed() {
        let mut unknown = 0;
        for tag in programs().chain(["sshd-session", "sudo-rs", "su-l", "polkitd", "atd"]) {
            let envelope = Envelope {
                time: crate::event::Time::new(0, 0),
                host: b"h",
                tag: tag.as_bytes(),
                pid: Some(1),
                message: b"words of a version to come",
            };
            if let Parsed::Unrecognized { program } = message(&envelope) {
                assert!(programs().any(|known| known == program), "{program}");
                unknown += 1;
            }
        }
        assert!(unknown > 5, "{unknown}");
    }
}
