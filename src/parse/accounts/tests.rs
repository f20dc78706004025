use super::*;
use crate::parse::words::{framed, read, told};

fn check(tag: &str, message: &str, expected: &str) {
    let envelope = framed(tag, Some(9), message.as_bytes());
    let expected = match expected {
        "" => "ignored".to_string(),
        change => format!("account_change {tag} change={change}"),
    };
    assert_eq!(told(&read(parse, &envelope)), expected, "{message}");
}

#[test]
fn users() {
    // shadow 4.6 (CentOS 7 has 4.6), 4.8 and later with `from=`
    check(
        "useradd",
        "new user: name=bob, UID=1001, GID=1001, home=/home/bob, shell=/bin/bash",
        "user_added user=bob",
    );
    check(
        "useradd",
        "new user: name=ssm-user, UID=1001, GID=1001, home=/home/ssm-user, shell=/bin/sh, from=none",
        "user_added user=ssm-user",
    );
    check("userdel", "delete user 'bob'#012", "user_removed user=bob");
    check("userdel", "delete user `bob'", "user_removed user=bob");
    check("usermod", "change user 'bob' password", "password_changed user=bob");
    check("usermod", "lock user 'bob' password", "user_changed user=bob");
    check("usermod", "unlock user 'bob' password", "user_changed user=bob");
    check("usermod", "change user name 'bob' to 'rob'", "user_changed user=bob");
    check("usermod", "change user 'bob' UID from '1001' to '0'", "user_changed user=bob");
    check("usermod", "change user 'bob' GID from '1001' to '0'", "user_changed user=bob");
    check("usermod", "change user 'bob' home from '/home/bob' to '/'", "user_changed user=bob");
    check(
        "usermod",
        "change user 'bob' shell from '/bin/sh' to '/bin/bash'",
        "user_changed user=bob",
    );
    check("usermod", "change user 'bob' inactive from '-1' to '3'", "user_changed user=bob");
    check(
        "usermod",
        "change user 'bob' expiration from 'never' to '2030-01-01'",
        "user_changed user=bob",
    );
    check("passwd", "password for 'bob' changed by 'root'", "password_changed user=bob");
    check("passwd", "password for `bob' changed by `root'", "password_changed user=bob");
    check("chage", "changed password expiry for bob", "user_changed user=bob");
    check("chfn", "changed user 'bob' information", "user_changed user=bob");
    check("chsh", "changed user 'bob' shell to '/bin/zsh'", "user_changed user=bob");
    check("vipw", "file /etc/passwd edited", "user_changed");
    check("vipw", "file /etc/gshadow edited", "group_changed");
}

#[test]
fn groups_and_members() {
    check("useradd", "new group: name=bob, GID=1001", "group_added user=bob");
    check("groupadd", "new group: name=test, gid=5006", "group_added user=test");
    check("groupdel", "group 'test' removed", "group_removed user=test");
    check("groupdel", "remove group `test'", "group_removed user=test");
    check("userdel", "removed group 'bob' owned by 'bob'", "group_removed user=bob");
    check(
        "groupmod",
        "group changed in /etc/group (group test/1002, new gid: 1003)",
        "group_changed user=test",
    );
    check("usermod", "add 'bob' to group 'wheel'", "member_added user=bob");
    check("usermod", "add `bob' to group `wheel'", "member_added user=bob");
    check("usermod", "delete 'bob' from group 'wheel'", "member_removed user=bob");
    check("userdel", "delete 'bob' from group 'wheel'#012", "member_removed user=bob");
    check("gpasswd", "user bob added by root to group docker", "member_added user=bob");
    check("gpasswd", "user bob removed by root from group docker", "member_removed user=bob");
    check("gpasswd", "password of group ops changed by root", "group_changed user=ops");
    check("gpasswd", "password of group ops removed by root", "group_changed user=ops");
    check("gpasswd", "access to group ops restricted by root", "group_changed user=ops");
    check("gpasswd", "administrators of group ops set by root to bob", "group_changed user=ops");
    check("gpasswd", "members of group ops set by root to bob,ann", "group_changed user=ops");
}

#[test]
fn what_adds_nothing() {
    for (tag, message) in [
        ("useradd", "add 'bob' to shadow group 'wheel'"),
        ("usermod", "delete 'bob' from shadow group 'wheel'"),
        ("userdel", "removed shadow group 'bob' owned by 'bob'"),
        ("groupadd", "group added to /etc/group: name=test, GID=1002"),
        ("groupadd", "group added to /etc/gshadow: name=test"),
        ("groupdel", "group 'test' removed from /etc/group"),
        ("groupdel", "group 'test' removed from /etc/gshadow"),
        ("groupmod", "group changed in /etc/gshadow (group test/1002, new name: ops)"),
        ("groupmod", "group changed in /etc/passwd (group test/1002, new gid: 1003)"),
        ("gpasswd", "members of group ops set by root to bob in /etc/group"),
        ("gpasswd", "root failed to add user bob to group ops"),
        ("usermod", "change 'bob' to 'rob' in group 'wheel'"),
        ("usermod", "change admin 'bob' to 'rob' in shadow group 'wheel'"),
        ("useradd", "failed adding user 'bob', exit code: 9"),
        ("passwd", "incorrect password for bob"),
        ("passwd", "can't view or modify password information for bob"),
        ("newgrp", "user 'bob' (login 'bob' on pts/0) switched to group 'ops'"),
    ] {
        check(tag, message, "");
    }
}
