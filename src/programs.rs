//! The programs of a login, each in one row: what it is called, whose rules read it, as whom it
//! writes, where a distribution puts it, and whether it lets people in.
//!
//! Owns every name of a program and of a PAM service that the project knows. Parsers, PAM and
//! trust read this table and keep no list of their own. The names of the rows are label values.
//! A spelling belongs to one row only; [`INDEX`] finds it with one hash.

/// One program or PAM service, however versions, distributions and log daemons spell it.
#[derive(Debug, PartialEq)]
pub struct Program {
    /// The label `program`.
    pub name: &'static str,
    /// Whose rules read what it says itself. What PAM says in it is read by PAM's rules.
    pub rules: Rules,
    /// Its spellings as a tag, as a PAM service, and as `_COMM` or the name of `_EXE`.
    pub tags: &'static [&'static str],
    /// Names of PAM services that are no tags of it.
    pub services: &'static [&'static str],
    /// Tags under which PAM speaks of its services, besides its own: `(` is any tag in brackets,
    /// as systemd names a child before it runs the command.
    pub speakers: &'static [&'static str],
    /// Has many parts, each with a word behind a dash: `gdm-password`, `cockpit-session`.
    pub has_parts: bool,
    /// What it runs in, where that bears another name than its tags. [`ANY`] where that is open.
    pub processes: &'static [&'static str],
    /// What its own process runs once it has let someone in, so that it may bear that one's name by
    /// the time that journald looks: [`ANY`], or these. For what writes as root.
    pub becomes: &'static [&'static str],
    /// Folders that it is in, besides [`FOLDERS`].
    pub folders: &'static [&'static str],
    pub refusals: Refusals,
    pub writers: Writers,
}

/// Whose rules read a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rules {
    Sshd,
    Dropbear,
    Tailscale,
    Xrdp,
    Sudo,
    Doas,
    Su,
    Login,
    Logind,
    Accounts,
    InstanceConnect,
    Polkit,
    /// journald and rsyslog, who tell what they dropped.
    LogDaemon,
    /// It says nothing itself that counts: what PAM says in it is all.
    Pam,
}

/// What a password that PAM refused in this program is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusals {
    /// A refused login (or su), of which PAM's line is the proof.
    ToldByPam,
    /// A refused login, of which the program writes a line of its own.
    ToldByItself,
    /// Nobody tried to get in.
    NoLogin,
}

/// As whom a program writes to the log, by the real user ID, which journald records as `_UID`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Writers {
    /// Its own lines.
    pub own: Writer,
    /// PAM's lines in it.
    pub pam: Writer,
    /// PAM's line at the end of a session.
    pub closing: Writer,
}

/// Who may write a line, besides root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writer {
    Root,
    /// An account of this name, which the program gives its rights up to.
    Account(&'static str),
    /// Whoever started it, whom the line names as who did.
    Invoker,
    /// Whoever started it; the line names nobody who could be compared.
    Anyone,
    /// The account that the line is about.
    Owner,
    /// The account that a command runs as: the program became it before it said who asked, and the
    /// process bears the command's name by the time that journald looks. Its other lines are the
    /// invoker's.
    Target,
}

/// In [`Program::processes`]: the names of what runs it tell nothing.
pub const ANY: &[&str] = &["*"];

/// Where distributions put programs. A path that ends in a slash is one with versions below it.
pub const FOLDERS: &[&str] = &[
    "/usr/bin",
    "/usr/sbin",
    "/bin",
    "/sbin",
    "/usr/local/bin",
    "/usr/local/sbin",
    "/nix/store/",
    "/gnu/store/",
    "/run/wrappers/",
];

const OPENSSH: &[&str] = &[
    "/usr/lib/openssh",
    "/usr/libexec/openssh",
    "/usr/lib/ssh",
    "/usr/libexec/ssh",
    "/usr/libexec",
    "/usr/local/libexec",
    "/usr/lib/misc",
    "/usr/lib64/misc",
];
const SYSTEMD: &[&str] = &["/usr/lib/systemd", "/lib/systemd"];
const SUDO_RS: &[&str] = &["/usr/lib/cargo/bin"];
const POLKIT: &[&str] = &[
    "/usr/lib/polkit-1",
    "/usr/lib/policykit-1",
    "/usr/libexec",
    "/usr/libexec/polkit-1",
    "/usr/lib64/polkit-1",
];
/// What people log in to.
const SHELLS: &[&str] =
    &["sh", "bash", "rbash", "dash", "zsh", "fish", "ksh", "mksh", "tcsh", "csh", "ash", "nu"];
/// The children of systemd that speak to PAM: `(bash)` before the command runs, `(sd-pam)` to end
/// the session, under systemd's own file or, since 256, its executor's.
const SYSTEMDS_CHILDREN: &[&str] = &["(", "systemd", "systemd-executor"];

impl Program {
    /// What runs as root and lets people in.
    const fn new(name: &'static str, rules: Rules, tags: &'static [&'static str]) -> Self {
        Program {
            name,
            rules,
            tags,
            services: &[],
            speakers: &[],
            has_parts: false,
            processes: &[],
            becomes: &[],
            folders: &[],
            refusals: Refusals::ToldByPam,
            writers: Writers { own: Writer::Root, pam: Writer::Root, closing: Writer::Root },
        }
    }

    /// What people start and what has root's rights: it writes with their ID.
    const fn started_by_users(self) -> Self {
        let writers =
            Writers { own: Writer::Invoker, pam: Writer::Invoker, closing: Writer::Anyone };
        Program { writers, ..self }
    }

    const fn services(self, services: &'static [&'static str]) -> Self {
        Program { services, ..self }
    }

    const fn pam_speaks_as(self, speakers: &'static [&'static str]) -> Self {
        Program { speakers, ..self }
    }

    const fn with_parts(self) -> Self {
        Program { has_parts: true, ..self }
    }

    const fn runs_in(self, processes: &'static [&'static str]) -> Self {
        Program { processes, ..self }
    }

    const fn becomes(self, becomes: &'static [&'static str]) -> Self {
        Program { becomes, ..self }
    }

    const fn in_folders(self, folders: &'static [&'static str]) -> Self {
        Program { folders, ..self }
    }

    const fn tells_refusals(self) -> Self {
        Program { refusals: Refusals::ToldByItself, ..self }
    }

    const fn lets_nobody_in(self) -> Self {
        Program { refusals: Refusals::NoLogin, ..self }
    }

    const fn written_by(self, own: Writer, pam: Writer, closing: Writer) -> Self {
        Program { writers: Writers { own, pam, closing }, ..self }
    }

    /// A tool of shadow or util-linux that changes accounts.
    const fn tool(name: &'static str, tags: &'static [&'static str]) -> Self {
        Program::new(name, Rules::Accounts, tags).lets_nobody_in()
    }

    /// A locker of screens, which runs as the user whose screen it is.
    const fn locker(name: &'static str, tags: &'static [&'static str]) -> Self {
        Program::new(name, Rules::Pam, tags)
            .written_by(Writer::Owner, Writer::Owner, Writer::Owner)
            .runs_in(ANY)
    }

    /// A display manager.
    const fn display(name: &'static str, tags: &'static [&'static str]) -> Self {
        Program::new(name, Rules::Pam, tags).with_parts().runs_in(ANY)
    }
}

/// Every program. Rows of one kind stand together.
pub static PROGRAMS: &[Program] = &[
    Program::new("sshd", Rules::Sshd, &["sshd", "sshd-session", "sshd-auth"])
        // Linux-PAM's service of old; as a tag it is the client.
        .services(&["ssh"])
        .in_folders(OPENSSH)
        .tells_refusals(),
    // Its PAM service is sshd's, and its own lines tell all that PAM does.
    Program::new("dropbear", Rules::Dropbear, &["dropbear"]).runs_in(&["dropbearmulti"]),
    Program::new("tailscaled", Rules::Tailscale, &["tailscaled"]),
    Program::new("xrdp-sesman", Rules::Xrdp, &["xrdp-sesman", "xrdp-sesexec", "xrdp"]),
    Program::new("login", Rules::Login, &["login", "LOGIN"])
        .services(&["remote"])
        // `machinectl shell` and `systemd-run -p PAMName=login`.
        .pam_speaks_as(&["("])
        .runs_in(&["busybox", "(", "systemd", "systemd-executor"])
        .becomes(SHELLS)
        .in_folders(SYSTEMD)
        // `(sd-pam)` ends those sessions as the user whose they are.
        .written_by(Writer::Root, Writer::Root, Writer::Owner)
        .tells_refusals(),
    // Becoming someone else.
    Program::new("sudo", Rules::Sudo, &["sudo", "sudoedit", "sudo-rs", "sudoedit-rs"])
        .services(&["sudo-i"])
        .in_folders(SUDO_RS)
        .started_by_users()
        .tells_refusals(),
    Program::new("su", Rules::Su, &["su", "su-l", "su-rs"])
        .runs_in(&["busybox"])
        .in_folders(SUDO_RS)
        .started_by_users(),
    Program::new("runuser", Rules::Su, &["runuser", "runuser-l"]).lets_nobody_in(),
    Program::new("doas", Rules::Doas, &["doas"]).written_by(
        Writer::Target,
        Writer::Invoker,
        Writer::Anyone,
    ),
    Program::new("pkexec", Rules::Polkit, &["pkexec"])
        // Whom polkit's helper refuses, pkexec refuses.
        .runs_in(&["polkit-agent-helper-1"])
        .becomes(ANY)
        .in_folders(POLKIT)
        .started_by_users(),
    // Only polkitd tells who used run0.
    Program::new("run0", Rules::Polkit, &["run0"])
        .runs_in(&["polkitd"])
        .in_folders(POLKIT)
        .written_by(Writer::Account("polkitd"), Writer::Root, Writer::Root),
    Program::new("polkit", Rules::Polkit, &["polkit", "polkitd", "polkit-agent-helper-1"])
        .services(&["polkit-1"])
        .pam_speaks_as(&["pkexec"])
        .runs_in(&["pkexec"])
        .becomes(ANY)
        .in_folders(POLKIT)
        .written_by(Writer::Account("polkitd"), Writer::Invoker, Writer::Anyone),
    Program::new("systemd-run0", Rules::Pam, &["systemd-run0"])
        .pam_speaks_as(&["("])
        .runs_in(SYSTEMDS_CHILDREN)
        .becomes(ANY)
        .in_folders(SYSTEMD)
        .written_by(Writer::Root, Writer::Root, Writer::Owner)
        .lets_nobody_in(),
    // Sessions that nobody logs in to.
    Program::new("systemd-user", Rules::Pam, &["systemd-user"])
        .runs_in(SYSTEMDS_CHILDREN)
        .becomes(ANY)
        .in_folders(SYSTEMD)
        .written_by(Writer::Root, Writer::Root, Writer::Owner)
        .lets_nobody_in(),
    Program::new("cron", Rules::Pam, &["cron", "CRON", "crond", "cronie"])
        .runs_in(&["busybox"])
        .lets_nobody_in(),
    Program::new("atd", Rules::Pam, &["atd"])
        .written_by(Writer::Root, Writer::Account("daemon"), Writer::Account("daemon"))
        .lets_nobody_in(),
    Program::new("systemd-logind", Rules::Logind, &["systemd-logind", "logind"])
        .in_folders(SYSTEMD)
        .lets_nobody_in(),
    // What else says who comes in, and what the log lost.
    Program::new("ec2-instance-connect", Rules::InstanceConnect, &["ec2-instance-connect"])
        // A shell script that calls logger(1).
        .runs_in(ANY)
        .written_by(Writer::Account("ec2-instance-connect"), Writer::Root, Writer::Root)
        .lets_nobody_in(),
    Program::new(
        "systemd-journald",
        Rules::LogDaemon,
        &["systemd-journald", "systemd-journal", "journal"],
    )
    .in_folders(SYSTEMD)
    .lets_nobody_in(),
    Program::new("rsyslogd", Rules::LogDaemon, &["rsyslogd"])
        .with_parts()
        .runs_in(&["rs:main Q:Reg", "in:imjournal", "in:imuxsock", "in:imklog"])
        // Ubuntu's.
        .written_by(Writer::Account("syslog"), Writer::Root, Writer::Root)
        .lets_nobody_in(),
    // Desktops and the web.
    Program::display("gdm", &["gdm", "gdm3"]),
    Program::display("cockpit", &["cockpit"]),
    Program::display("lightdm", &["lightdm"]),
    Program::display("sddm", &["sddm"]),
    Program::display("kdm", &["kdm"]),
    Program::display("xdm", &["xdm"]),
    Program::locker("gnome-screensaver", &["gnome-screensaver"]),
    Program::locker("cinnamon-screensaver", &["cinnamon-screensaver"]),
    Program::locker("mate-screensaver", &["mate-screensaver"]),
    Program::locker("xfce4-screensaver", &["xfce4-screensaver"]),
    Program::locker("light-locker", &["light-locker"]),
    Program::locker("xscreensaver", &["xscreensaver", "xscreensaver-auth"]),
    Program::locker("kde", &["kde", "kde-fingerprint", "kde-smartcard", "kscreenlocker_greet"]),
    Program::locker("xlock", &["xlock"]),
    Program::locker("vlock", &["vlock"]),
    Program::locker("physlock", &["physlock"]),
    Program::locker("xsecurelock", &["xsecurelock", "authproto_pam"]),
    Program::locker("i3lock", &["i3lock"]),
    Program::locker("swaylock", &["swaylock"]),
    Program::locker("hyprlock", &["hyprlock"]),
    Program::locker("waylock", &["waylock"]),
    Program::locker("gtklock", &["gtklock"]),
    // Accounts: root's tools, then those that everyone may run on himself.
    Program::tool("useradd", &["useradd"]).runs_in(&["newusers"]),
    Program::tool("userdel", &["userdel"]),
    Program::tool("usermod", &["usermod"]),
    Program::tool("groupadd", &["groupadd"]),
    Program::tool("groupdel", &["groupdel"]),
    Program::tool("groupmod", &["groupmod"]),
    Program::tool("groupmems", &["groupmems"]),
    Program::tool("newusers", &["newusers"]),
    Program::tool("chpasswd", &["chpasswd"]),
    Program::tool("chgpasswd", &["chgpasswd"]),
    Program::tool("chage", &["chage"]),
    Program::tool("vipw", &["vipw"]),
    Program::tool("vigr", &["vigr"]).runs_in(&["vipw"]),
    Program::tool("pwck", &["pwck"]),
    Program::tool("grpck", &["grpck"]),
    Program::tool("adduser", &["adduser"]).runs_in(&["perl", "busybox"]),
    Program::tool("addgroup", &["addgroup"]).runs_in(&["adduser", "perl", "busybox"]),
    Program::tool("deluser", &["deluser"]).runs_in(&["perl", "busybox"]),
    Program::tool("delgroup", &["delgroup"]).runs_in(&["deluser", "perl", "busybox"]),
    Program::tool("passwd", &["passwd"]).started_by_users().runs_in(&["busybox"]),
    Program::tool("chfn", &["chfn"]).started_by_users(),
    Program::tool("chsh", &["chsh"]).started_by_users(),
    Program::tool("gpasswd", &["gpasswd"]).started_by_users(),
    Program::tool("newgrp", &["newgrp", "sg"]).started_by_users(),
    Program::new("unix_chkpwd", Rules::Pam, &["unix_chkpwd"])
        .started_by_users()
        .in_folders(&["/usr/lib/security", "/usr/libexec"])
        .lets_nobody_in(),
];

/// The row of what a tag names: `sshd-session`, `/usr/sbin/CRON`, `gdm-password]`,
/// `sshd(pam_unix)`. `None` for what is no program of a login.
pub fn by_tag(tag: &[u8]) -> Option<&'static Program> {
    // Nearly every tag stands in the table as it is.
    exactly(tag, Spelling::Tag).or_else(|| {
        let name = bare(tag);
        exactly(name, Spelling::Tag).or_else(|| by_part(name, Spelling::Tag))
    })
}

/// The row of a PAM service.
pub fn by_service(service: &[u8]) -> Option<&'static Program> {
    exactly(service, Spelling::Service).or_else(|| {
        let name = bare(service);
        exactly(name, Spelling::Service).or_else(|| by_part(name, Spelling::Service))
    })
}

/// The row that has this label.
pub fn by_name(name: &str) -> Option<&'static Program> {
    by_tag(name.as_bytes()).filter(|row| row.name == name)
}

/// What a host calls programs, besides the names of the table.
#[derive(Clone, Debug, Default)]
pub struct OtherNames(Vec<(String, &'static Program)>);

impl OtherNames {
    pub fn new(names: impl IntoIterator<Item = (String, &'static Program)>) -> Self {
        OtherNames(names.into_iter().collect())
    }

    pub const fn none() -> Self {
        OtherNames(Vec::new())
    }

    /// The program that the host calls by this tag.
    #[inline]
    pub fn of(&self, tag: &[u8]) -> Option<&'static Program> {
        if self.0.is_empty() {
            return None;
        }
        self.0.iter().find(|(name, _)| name.as_bytes() == bare(tag)).map(|(_, row)| *row)
    }

    /// Whether `name` is one of this program's.
    pub fn has(&self, program: &Program, is: impl Fn(&str) -> bool) -> bool {
        self.iter().any(|(name, row)| row.name == program.name && is(name))
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &'static Program)> {
        self.0.iter().map(|(name, row)| (name.as_str(), *row))
    }
}

impl PartialEq for OtherNames {
    fn eq(&self, other: &Self) -> bool {
        self.iter().map(|(name, row)| (name, row.name)).eq(other.iter().map(|(n, r)| (n, r.name)))
    }
}

/// The names that the label `program` of `login_exporter_records_unrecognized_total` can have:
/// programs with rules of their own, PAM's modules, CloudTrail, and lines without a known frame.
pub fn may_be_unknown() -> impl Iterator<Item = &'static str> {
    let with_rules = |row: &&Program| !matches!(row.rules, Rules::Pam | Rules::LogDaemon);
    PROGRAMS.iter().filter(with_rules).map(|row| row.name).chain([
        "pam",
        "cloudtrail",
        "ssm-agent",
        UNFRAMED,
    ])
}

/// Instead of a program's name where a line has no frame that is known.
pub const UNFRAMED: &str = "unframed";

/// The name without its folder (`/usr/sbin/cron`), its PAM module (`sshd(pam_unix)`), the dash of a
/// login shell, and a bracket that a pid's took along (`gdm-password]`).
pub fn bare(tag: &[u8]) -> &[u8] {
    let tag = memchr::memrchr(b'/', tag).map_or(tag, |slash| &tag[slash + 1..]);
    let tag = match memchr::memchr(b'(', tag) {
        Some(bracket) => &tag[..bracket],
        None => tag,
    };
    let tag = tag.strip_suffix(b"]").unwrap_or(tag);
    tag.strip_prefix(b"-").unwrap_or(tag)
}

/// `gdm-password` is a part of gdm; `sshd-session.pam` (Alpine) and `sudo.ws` (Ubuntu) are builds
/// of sshd-session and sudo.
fn by_part(name: &[u8], spelling: Spelling) -> Option<&'static Program> {
    if let Some(dot) = memchr::memchr(b'.', name) {
        return exactly(&name[..dot], spelling);
    }
    let dash = memchr::memchr(b'-', name)?;
    exactly(&name[..dash], spelling).filter(|row| row.has_parts)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Spelling {
    Tag,
    Service,
}

fn exactly(name: &[u8], spelling: Spelling) -> Option<&'static Program> {
    let mut slot = hash(name);
    loop {
        let entry = INDEX[slot % SLOTS]?;
        if entry.name.as_bytes() == name {
            let fits = entry.spelling == Spelling::Tag || spelling == Spelling::Service;
            return fits.then_some(entry.row);
        }
        slot += 1;
    }
}

/// One spelling of a row; those that are tags are services too.
#[derive(Clone, Copy)]
struct Entry {
    name: &'static str,
    spelling: Spelling,
    row: &'static Program,
}

/// A power of two, and some three times as many as there are spellings.
const SLOTS: usize = 256;

/// Every spelling at the place that its hash names, or the next free one behind.
static INDEX: [Option<Entry>; SLOTS] = index();

const fn index() -> [Option<Entry>; SLOTS] {
    let mut index = [None; SLOTS];
    let mut at = 0;
    while at < PROGRAMS.len() {
        let row = &PROGRAMS[at];
        enter(&mut index, row, row.tags, Spelling::Tag);
        enter(&mut index, row, row.services, Spelling::Service);
        at += 1;
    }
    index
}

const fn enter(
    index: &mut [Option<Entry>; SLOTS],
    row: &'static Program,
    names: &[&'static str],
    spelling: Spelling,
) {
    let mut at = 0;
    while at < names.len() {
        let name = names[at];
        let mut slot = hash(name.as_bytes()) % SLOTS;
        while index[slot].is_some() {
            slot = (slot + 1) % SLOTS;
        }
        index[slot] = Some(Entry { name, spelling, row });
        at += 1;
    }
}

/// By length, beginning, middle and end, which tell the names of the table apart well.
const fn hash(name: &[u8]) -> usize {
    let length = name.len();
    if length == 0 {
        return 0;
    }
    let (first, middle, last) = (name[0], name[length / 2], name[length - 1]);
    length * 7 + first as usize * 31 + middle as usize * 3 + last as usize * 57
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spellings() -> impl Iterator<Item = (&'static Program, &'static str)> {
        PROGRAMS.iter().flat_map(|row| row.tags.iter().chain(row.services).map(move |s| (row, *s)))
    }

    #[test]
    fn a_spelling_belongs_to_one_row_and_is_found() {
        let mut seen = std::collections::BTreeSet::new();
        for (row, spelling) in spellings() {
            assert!(seen.insert(spelling), "{spelling} stands in two rows");
            let found = by_service(spelling.as_bytes()).map(|row| row.name);
            assert_eq!(found, Some(row.name), "{spelling}");
        }
        assert!(seen.len() * 2 < SLOTS, "{} spellings want more slots", seen.len());
    }

    #[test]
    fn a_label_is_a_tag_of_its_row() {
        for row in PROGRAMS {
            assert_eq!(by_name(row.name).map(|row| row.name), Some(row.name));
        }
    }

    #[test]
    fn a_program_has_one_name_across_versions() {
        for (tags, name) in [
            (
                &["sshd", "sshd-session", "sshd-auth", "sshd(pam_unix)", "/usr/sbin/sshd"][..],
                Some("sshd"),
            ),
            (&["sshd.pam", "sshd-session.pam", "sshd-auth.krb5", "-sshd"], Some("sshd")),
            (&["CRON", "cron", "crond", "/USR/SBIN/CRON", "crond(pam_unix)"], Some("cron")),
            (&["su", "su-l", "su(pam_unix)"], Some("su")),
            (&["sudo", "sudoedit", "sudo-rs", "sudo.ws"], Some("sudo")),
            (&["gdm", "gdm3", "gdm-password", "gdm-launch-environment]"], Some("gdm")),
            (&["cockpit", "cockpit-session"], Some("cockpit")),
            (&["polkitd", "polkit-agent-helper-1", "polkitd(authority=local)"], Some("polkit")),
            (&["pkexec"], Some("pkexec")),
            (&["rsyslogd", "rsyslogd-2177"], Some("rsyslogd")),
            (&["", "systemd", "kernel", "gdmx", "sshd2", "[", "]", "(", ".", "-", "ssh"], None),
        ] {
            for tag in tags {
                assert_eq!(by_tag(tag.as_bytes()).map(|row| row.name), name, "{tag}");
            }
        }
        for (service, name) in [("ssh", "sshd"), ("polkit-1", "polkit"), ("remote", "login")] {
            assert_eq!(by_service(service.as_bytes()).map(|row| row.name), Some(name));
        }
    }
}
