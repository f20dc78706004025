//! This host: its name, its EC2 instance ID, and its last start. Read from files, with no call.

use std::fs;
use std::path::{Path, PathBuf};

use crate::event::Time;

/// What the host says of itself. What cannot be read is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Host {
    pub hostname: String,
    /// `i-…`; empty off EC2.
    pub instance_id: String,
    /// The kernel's random name for this start.
    pub boot_id: Option<String>,
    /// `/etc/machine-id`, which the host's journal names in each entry; empty where there is none.
    pub machine_id: String,
    /// The control group that the first process lies in, without its own part: all of the host
    /// lies below it. `/` but in a container that shares its host's groups.
    pub control_group: String,
    /// When the kernel started.
    pub boot_time: Option<Time>,
    /// What `sudo` is, where it is sudo-rs, which leaves no line of many a refusal.
    pub sudo_rs: Option<PathBuf>,
}

impl Host {
    /// Reads the files below `root`, which is `/` but in tests.
    pub fn read(root: &Path) -> Host {
        let text = |path: &str| fs::read_to_string(root.join(path)).ok();
        let line = |path: &str| text(path).map(|text| text.trim().to_owned());
        Host {
            hostname: line("proc/sys/kernel/hostname").unwrap_or_default(),
            instance_id: INSTANCE_ID_FILES
                .iter()
                .filter_map(|path| line(path))
                .find(|id| is_instance_id(id))
                .unwrap_or_default(),
            boot_id: line("proc/sys/kernel/random/boot_id").filter(|id| !id.is_empty()),
            machine_id: line("etc/machine-id").unwrap_or_default(),
            control_group: text("proc/1/cgroup").as_deref().and_then(own_group).unwrap_or_default(),
            boot_time: boot_time(root),
            sudo_rs: SUDO_FILES.iter().find_map(|path| sudo_rs(&root.join(path))),
        }
    }
}

/// Nitro shows the ID as the board's asset tag; cloud-init keeps it on every kind of instance,
/// for this start below `/run` and for the last one that it saw below `/var/lib`.
const INSTANCE_ID_FILES: [&str; 3] = [
    "sys/devices/virtual/dmi/id/board_asset_tag",
    "run/cloud-init/.instance-id",
    "var/lib/cloud/data/instance-id",
];

/// Where a person's shell finds sudo.
const SUDO_FILES: [&str; 3] = ["usr/bin/sudo", "usr/local/bin/sudo", "run/wrappers/bin/sudo"];

/// The file that a `sudo` stands for, if it is sudo-rs: Ubuntu and Debian put that below
/// `/usr/lib/cargo` and choose by a link; others call the file
/// `sudo-rs`.
fn sudo_rs(sudo: &Path) -> Option<PathBuf> {
    let file = sudo.canonicalize().ok()?;
    let name = file.file_name()?.to_str()?;
    let by_name = name == "sudo-rs" || name.starts_with("sudo-rs-");
    (by_name || file.ancestors().any(|folder| folder.ends_with("lib/cargo/bin"))).then_some(file)
}

/// `i-` and 8 or 17 hexadecimal digits. Other clouds and makers write other things there.
fn is_instance_id(text: &str) -> bool {
    let hex = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
    text.strip_prefix("i-").is_some_and(|id| matches!(id.len(), 8 | 17) && id.bytes().all(hex))
}

/// The group of the unified hierarchy (`0::/init.scope`), or of systemd's own in the older one
/// (cgroups(7)). systemd's first process lies in `init.scope` below the host's root.
fn own_group(groups: &str) -> Option<String> {
    let of = |begin: &str| {
        groups.lines().find_map(|line| {
            let (_, rest) = line.split_once(':')?;
            rest.strip_prefix(begin).filter(|path| path.starts_with('/'))
        })
    };
    let path = of("name=systemd:").or_else(|| of(":"))?;
    Some(path.strip_suffix("/init.scope").unwrap_or(path).trim_end_matches('/').to_owned())
}

/// When the kernel started: the line `btime` of /proc/stat below `root`, seconds since the epoch
/// (proc(5)).
pub fn boot_time(root: &Path) -> Option<Time> {
    let stat = fs::read_to_string(root.join("proc/stat")).ok()?;
    let seconds = stat.lines().find_map(|line| line.strip_prefix("btime "))?;
    Some(Time::new(seconds.trim().parse().ok()?, 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(files: &[(&str, &str)]) -> Host {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        Host::read(root.path())
    }

    const TAG: &str = "sys/devices/virtual/dmi/id/board_asset_tag";
    const CLOUD_INIT: &str = "var/lib/cloud/data/instance-id";

    #[test]
    fn nitro_names_the_instance_on_its_board() {
        let host = host(&[
            ("proc/sys/kernel/hostname", "ip-10-0-0-5\n"),
            (TAG, "i-0abcdef1234567890\n"),
            (CLOUD_INIT, "i-11111111\n"),
        ]);
        assert_eq!(host.hostname, "ip-10-0-0-5");
        assert_eq!(host.instance_id, "i-0abcdef1234567890");
    }

    #[test]
    fn cloud_init_names_it_where_the_board_does_not() {
        let id = |tag: &str| host(&[(TAG, tag), (CLOUD_INIT, "i-0abc1234\n")]).instance_id;
        assert_eq!(id("Not Specified\n"), "i-0abc1234");
        assert_eq!(id(""), "i-0abc1234");
        let this_start = ("run/cloud-init/.instance-id", "i-0abcdef1234567890\n");
        assert_eq!(
            host(&[this_start, (CLOUD_INIT, "i-0abc1234\n")]).instance_id,
            "i-0abcdef1234567890",
            "a disk that moved to another instance still holds the old one's"
        );
    }

    #[test]
    fn off_ec2_there_is_no_instance() {
        let id = |text: &str| host(&[(CLOUD_INIT, text)]).instance_id;
        for text in ["iid-datasource-none", "1234567", "i-0ABC1234", "i-", "i-0abc123g", ""] {
            assert_eq!(id(text), "", "{text:?}");
        }
        assert_eq!(Host::read(Path::new("/nonexistent")), Host::default());
    }

    #[test]
    fn sudo_rs_is_known_by_where_sudo_leads() {
        let leads = |file: &str| {
            let root = tempfile::tempdir().unwrap();
            let root = root.path().canonicalize().unwrap();
            for folder in ["usr/bin", "etc/alternatives"] {
                fs::create_dir_all(root.join(folder)).unwrap();
            }
            fs::create_dir_all(root.join(file).parent().unwrap()).unwrap();
            fs::write(root.join(file), "").unwrap();
            if file != "usr/bin/sudo" {
                let link =
                    |to: PathBuf, from: &str| std::os::unix::fs::symlink(to, root.join(from));
                link(root.join(file), "etc/alternatives/sudo").unwrap();
                link(root.join("etc/alternatives/sudo"), "usr/bin/sudo").unwrap();
            }
            let found = Host::read(&root).sudo_rs;
            found.map(|found| found.strip_prefix(&root).unwrap().to_owned())
        };
        for file in ["usr/lib/cargo/bin/sudo", "usr/bin/sudo-rs"] {
            assert_eq!(leads(file).as_deref(), Some(Path::new(file)));
        }
        for file in ["usr/bin/sudo", "usr/bin/sudo.ws"] {
            assert_eq!(leads(file), None, "{file}");
        }
    }

    #[test]
    fn the_last_start_has_a_name_and_a_time() {
        let host = host(&[
            ("proc/sys/kernel/random/boot_id", "0f4b6a6e-93a3-4c3c-9d43-0a8b51a0f6d2\n"),
            ("proc/stat", "cpu  1 2 3\nintr 5\nbtime 1767225600\nprocesses 7\n"),
        ]);
        assert_eq!(host.boot_id.as_deref(), Some("0f4b6a6e-93a3-4c3c-9d43-0a8b51a0f6d2"));
        assert_eq!(host.boot_time, Some(Time::new(1_767_225_600, 0)));
    }
}
