//! Where an entry was written: by this host, or by a container on it, or by another machine.

use crate::programs::OtherNames;
use crate::record::JournalEntry;

/// What is known of this host, and what its operator allows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Surroundings {
    /// The host's `/etc/machine-id`; empty where the entries are of a host that is not known.
    pub machine_id: String,
    /// The control group that the host's own lie below; empty where it is the root of all.
    pub control_group: String,
    /// Where programs may be, besides where distributions put them: each with all below it.
    pub folders: Vec<String>,
    /// What its programs are called besides the names that are known.
    pub names: OtherNames,
    /// Containers of this host may speak as its programs.
    pub containers: bool,
    /// So may machines whose journals were merged into this one.
    pub other_machines: bool,
}

impl Surroundings {
    /// Of a host that nothing is known of: containers are told by the usual names of their groups.
    pub const UNKNOWN: &'static Surroundings = &Surroundings {
        machine_id: String::new(),
        control_group: String::new(),
        folders: Vec::new(),
        names: OtherNames::none(),
        containers: false,
        other_machines: false,
    };

    /// Whether the entry comes from where nobody speaks for this host.
    pub(super) fn exclude(&self, entry: &JournalEntry<'_>) -> bool {
        !self.other_machines && self.is_of_another_machine(entry)
            || !self.containers && entry.control_group.is_some_and(|path| self.is_container(path))
    }

    /// Whose session the writer is in, whomever he became since: `/user.slice/user-1000.slice/…`.
    /// No user leaves the group of his own, and what he makes below it stands behind his number.
    pub(super) fn owner(&self, entry: &JournalEntry<'_>) -> Option<u32> {
        let group = entry.control_group?.strip_prefix(self.control_group.trim_end_matches('/'))?;
        let (uid, _) = group.strip_prefix("/user.slice/user-")?.split_once(".slice/")?;
        uid.parse().ok()
    }

    fn is_of_another_machine(&self, entry: &JournalEntry<'_>) -> bool {
        let other = |id: &str| !id.eq_ignore_ascii_case(&self.machine_id);
        !self.machine_id.is_empty() && entry.machine_id.is_some_and(other)
    }

    /// The host may itself be a container, whose groups then lie below that one's.
    fn is_container(&self, path: &str) -> bool {
        let below = path
            .strip_prefix(self.control_group.trim_end_matches('/'))
            .filter(|rest| rest.is_empty() || rest.starts_with('/'));
        below.unwrap_or(path).split('/').any(names_container)
    }
}

/// Whether a part of a control group's path is a container's: Docker's, Podman's, CRI-O's,
/// containerd's (by systemd or by itself), Kubernetes' pods, LXC's, systemd-machined's.
fn names_container(part: &str) -> bool {
    const WHOLE: &[&str] =
        &["docker", "lxc", "libpod_parent", "machine.slice", "garden", "buildkit"];
    const BEGINNINGS: &[&str] = &[
        "docker-",
        "libpod-",
        "libpod_",
        "cri-containerd-",
        "crio-",
        "nerdctl-",
        "kubepods",
        "lxc.payload",
        "machine-",
        "systemd-nspawn@",
    ];
    // A service of the host may be called after what it serves: `docker-registry.service`.
    let service = part.ends_with(".service") && !part.starts_with("systemd-nspawn@");
    WHOLE.contains(&part) || !service && BEGINNINGS.iter().any(|begin| part.starts_with(begin))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn excludes(host: &Surroundings, control_group: &str) -> bool {
        let control_group = Some(control_group);
        host.exclude(&JournalEntry { control_group, ..JournalEntry::default() })
    }

    #[test]
    fn what_runs_in_a_container_is_told_from_what_runs_on_the_host() {
        let host = Surroundings::default();
        for own in [
            "/",
            "/init.scope",
            "/system.slice/ssh.service",
            "/system.slice/system-sshd.slice/sshd@1-192.0.2.1:22.service",
            "/user.slice/user-1000.slice/session-3.scope",
            "/user.slice/user-1000.slice/user@1000.service/app.slice/xterm.scope",
            "/system.slice/docker-registry.service",
            "/system.slice/containerd.service",
            "/lxc.monitor.web",
        ] {
            assert!(!excludes(&host, own), "{own}");
        }
        for container in [
            "/system.slice/docker-0a1b.scope",
            "/docker/0a1b",
            "/machine.slice/libpod-0a1b.scope/container",
            "/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-0a1b.scope",
            "/kubepods.slice/kubepods-burstable.slice/cri-containerd-0a1b.scope",
            "/kubepods/besteffort/pod1/0a1b",
            "/system.slice/crio-0a1b.scope",
            "/lxc.payload.web/system.slice/ssh.service",
            "/machine.slice/machine-web.scope/payload/system.slice/ssh.service",
            "/machine.slice/systemd-nspawn@web.service/payload/init.scope",
        ] {
            assert!(excludes(&host, container), "{container}");
        }
    }

    #[test]
    fn a_session_is_its_owners() {
        let owner = |root: &str, path: &str| {
            let host = Surroundings { control_group: root.to_owned(), ..Surroundings::default() };
            host.owner(&JournalEntry { control_group: Some(path), ..JournalEntry::default() })
        };
        let session = "/user.slice/user-1000.slice/session-3.scope";
        assert_eq!(owner("", session), Some(1000));
        assert_eq!(owner("/", session), Some(1000));
        assert_eq!(owner("/lxc.payload.web", &format!("/lxc.payload.web{session}")), Some(1000));
        let own = "/user.slice/user-1000.slice/user@1000.service/user.slice/user-0.slice/x.scope";
        assert_eq!(owner("", own), Some(1000), "below his own he may call a group what he likes");
        for other in [
            "/system.slice/ssh.service",
            "/x/user.slice/user-0.slice/a",
            "/user.slice/user-x.slice/a",
            "",
        ] {
            assert_eq!(owner("", other), None, "{other}");
        }
    }

    #[test]
    fn a_host_that_is_a_container_is_its_own_host() {
        let control_group = "/lxc.payload.web".to_owned();
        let host = Surroundings { control_group, ..Surroundings::default() };
        assert!(!excludes(&host, "/lxc.payload.web/system.slice/ssh.service"));
        assert!(excludes(&host, "/lxc.payload.web/system.slice/docker-0a1b.scope"));
        assert!(excludes(&host, "/lxc.payload.web2/system.slice/ssh.service"));
    }

    #[test]
    fn another_machines_entries_are_told_from_this_ones() {
        let of = |id| JournalEntry { machine_id: Some(id), ..JournalEntry::default() };
        let host = Surroundings { machine_id: "a1".to_owned(), ..Surroundings::default() };
        assert!(!host.exclude(&of("a1")));
        assert!(host.exclude(&of("b2")));
        assert!(!host.exclude(&JournalEntry::default()), "it tells none");
        assert!(!Surroundings::default().exclude(&of("b2")), "the reader's own is not known");
        assert!(!Surroundings { other_machines: true, ..host }.exclude(&of("b2")));
    }
}
