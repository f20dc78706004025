//! What comes again and again in the same way is one row with a count; people stand before it.

use std::collections::VecDeque;

use crate::metrics::recent::{Access, MANY};

/// One row: an access, or those that are alike.
#[derive(Debug)]
pub(super) struct Row<'a> {
    pub(super) newest: &'a Access,
    /// The time of the first of them.
    pub(super) since: i64,
    pub(super) count: usize,
}

/// People's rows and those of automation, each newest first.
#[derive(Debug, Default)]
pub(super) struct Folded<'a> {
    pub(super) people: Vec<Row<'a>>,
    pub(super) automation: Vec<Row<'a>>,
}

/// Folds what is told newest first.
pub(super) fn fold<'a>(accesses: &[&'a Access]) -> Folded<'a> {
    let mut folded = Folded::default();
    let mut rest: VecDeque<&Access> = accesses.iter().copied().collect();
    while let Some(newest) = rest.pop_front() {
        let alike = |other: &&&Access| may_fold(other) && newest.is_alike(other);
        let others: Vec<&Access> = match may_fold(newest) {
            true => rest.iter().filter(alike).copied().collect(),
            false => Vec::new(),
        };
        if others.len() + 1 < MANY {
            folded.people.push(Row { newest, since: newest.time, count: 1 });
            continue;
        }
        rest.retain(|other| !(may_fold(other) && newest.is_alike(other)));
        let since = others.last().map_or(newest.time, |oldest| oldest.time);
        let row = Row { newest, since, count: others.len() + 1 };
        match names_a_person(&newest.identity) {
            true => folded.people.push(row),
            false => folded.automation.push(row),
        }
    }
    folded
}

/// What nobody expected stands by itself, and so does who is in now.
fn may_fold(access: &Access) -> bool {
    access.expected != "false" && !access.session.as_ref().is_some_and(|session| session.is_open())
}

/// What jobs are called where their keys have names. The boards' variable begins with the same.
const JOBS: [&str; 16] = [
    "ci",
    "cd",
    "deploy",
    "deployer",
    "ansible",
    "jenkins",
    "gitlab-runner",
    "github-actions",
    "terraform",
    "puppet",
    "salt",
    "nagios",
    "icinga",
    "zabbix",
    "monitoring",
    "prometheus",
];

/// A name that the settings, a certificate or AWS gave; not a key's fingerprint, a service, a role
/// whose session a tool named, or what jobs are called.
fn names_a_person(identity: &str) -> bool {
    !identity.is_empty()
        && !is_fingerprint(identity)
        && !JOBS.contains(&identity)
        && !["service:", "account:", "unknown:", "role:"].iter().any(|of| identity.starts_with(of))
        && !["/*", ":*"].iter().any(|made_up| identity.ends_with(made_up))
}

pub(super) fn is_fingerprint(identity: &str) -> bool {
    ["SHA256:", "MD5:"].iter().any(|kind| identity.starts_with(kind))
}

#[cfg(test)]
mod tests {
    use super::{Access, fold};
    use crate::metrics::recent::Session;

    fn access(user: &str, identity: &str, time: i64) -> Access {
        Access {
            event: "login_success",
            user: user.into(),
            identity: identity.into(),
            expected: "true",
            time,
            ..Access::default()
        }
    }

    /// `user×count`, people before automation.
    fn told(accesses: &[Access]) -> String {
        let folded = fold(&accesses.iter().collect::<Vec<_>>());
        let rows = |rows: &[super::Row<'_>]| {
            let texts: Vec<_> =
                rows.iter().map(|row| format!("{}×{}", row.newest.user, row.count)).collect();
            texts.join(" ")
        };
        format!("{} | {}", rows(&folded.people), rows(&folded.automation))
    }

    fn times(count: i64, user: &str, identity: &str) -> Vec<Access> {
        (0..count).map(|n| access(user, identity, 100 - n)).collect()
    }

    #[test]
    fn automation_is_one_row_behind_people() {
        let mut accesses = times(30, "deploy", "SHA256:abc");
        accesses.insert(9, access("ec2-user", "alice", 95));
        accesses.push(access("backup", "", 1));
        assert_eq!(told(&accesses), "ec2-user×1 backup×1 | deploy×30");
    }

    #[test]
    fn a_few_times_are_no_habit() {
        assert_eq!(told(&times(3, "deploy", "")), "deploy×1 deploy×1 deploy×1 | ");
    }

    #[test]
    fn a_person_who_comes_often_stays_among_people() {
        assert_eq!(told(&times(9, "ec2-user", "alice")), "ec2-user×9 | ");
        for tool in
            ["", "ci", "SHA256:x", "MD5:x", "Ci/*", "federated:*", "service:ssm.amazonaws.com"]
        {
            assert_eq!(told(&times(9, "x", tool)), " | x×9", "{tool}");
        }
    }

    #[test]
    fn what_nobody_expected_is_never_folded() {
        let mut accesses = times(5, "root", "");
        accesses.iter_mut().for_each(|access| access.expected = "false");
        assert_eq!(told(&accesses), "root×1 root×1 root×1 root×1 root×1 | ");
    }

    #[test]
    fn the_boards_fold_the_same_jobs() {
        let mixin = concat!(env!("CARGO_MANIFEST_DIR"), "/mixin/config.libsonnet");
        let mixin = std::fs::read_to_string(mixin).unwrap();
        for job in super::JOBS {
            assert!(
                mixin.contains(&format!("{job}|")) || mixin.contains(&format!("|{job}")),
                "{job}"
            );
        }
    }

    #[test]
    fn open_sessions_are_rows_of_their_own() {
        let session = Session { by_host: true, ..Session::default() };
        let mut accesses = times(6, "ssm-user", "");
        accesses[1].session = Some(Box::new(session));
        assert_eq!(told(&accesses), "ssm-user×1 | ssm-user×5");
    }

    #[test]
    fn a_row_knows_since_when() {
        let accesses = times(7, "deploy", "");
        let folded = fold(&accesses.iter().collect::<Vec<_>>());
        assert_eq!((folded.automation[0].newest.time, folded.automation[0].since), (100, 94));
    }
}
