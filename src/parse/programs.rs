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

/// Programs of many parts: `gdm-password`, `gdm-launch-environment`, `cockpit-session`.
fn family(name: &[u8]) -> Option<&'static str> {
    const FAMILIES: [&str; 6] = ["gdm", "cockpit", "lightdm", "sddm", "kdm", "xdm"];
    FAMILIES.into_iter().find(|family| {
        let rest = name.strip_prefix(family.as_bytes());
        rest.is_some_and(|rest| matches!(rest, b"" | b"3") || rest.starts_with(b"-"))
    })
}

/// The programs that change accounts and groups.
fn account_tool(name: &[u8]) -> Option<&'static str> {
    const TOOLS: [&str; 20] = [
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
    TOOLS.into_iter().find(|tool| tool.as_bytes() == name)
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
