//! Whether the log is a mount of its own: a container that was given the file alone stays on the old
//! one when the host's is renamed.

use std::fs;
use std::path::Path;

use crate::source::{Problem, ProblemReason};

/// Told at a start.
pub(super) fn warning(log: &Path) -> Option<Problem> {
    let path = log.canonicalize().ok()?;
    let mounts = fs::read_to_string("/proc/self/mountinfo").ok()?;
    let message = format!(
        "{}: this file is mounted by itself: when the log is rotated outside, the old file stays \
         here and nothing new comes; mount its folder instead (-v /var/log:/var/log:ro)",
        log.display()
    );
    let problem = Problem { reason: ProblemReason::BindMount, count: 1, message };
    is_mount_point(&mounts, &path.to_string_lossy()).then_some(problem)
}

/// The fifth field of a line of mountinfo is the mount point, blanks and the like in octal (proc(5)).
fn is_mount_point(mounts: &str, path: &str) -> bool {
    let points = mounts.lines().filter_map(|line| line.split(' ').nth(4));
    let escaped = path.replace('\\', "\\134").replace(' ', "\\040").replace('\t', "\\011");
    points.into_iter().any(|point| point == escaped)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "36 35 98:0 / / rw,noatime - ext4 /dev/root rw\n\
        37 36 98:0 /var/log/secure /var/log/secure ro - ext4 /dev/root rw\n\
        38 36 98:0 /l /var/my\\040log rw - ext4 /dev/root rw\n";

    #[test]
    fn a_file_that_is_mounted_by_itself_is_known() {
        assert!(is_mount_point(MOUNTS, "/var/log/secure"));
        assert!(is_mount_point(MOUNTS, "/var/my log"));
        assert!(!is_mount_point(MOUNTS, "/var/log/auth.log"));
    }
}
