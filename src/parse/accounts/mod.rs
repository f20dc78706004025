//! Changes to accounts and groups, from the tools of shadow and OpenBSD.
//!
//! Names stand in `'…'` (older: `` `…' ``), or bare in `name=bob,` and in gpasswd's lines. The
//! event's `user` is the account; for `group_…` it is the group. `vipw` names a file and no
//! account, so its change has no user.
//!
//! What adds nothing, and why: lines on shadow groups, `group added to /etc/…`, `group 'x' removed
//! from /etc/…`, `group changed in /etc/gshadow` and gpasswd's ` in /etc/…` tell again what the
//! line on the group tells; `change 'a' to 'b' in group` follows from the renamed user; failures
//! and refusals (`failed adding user`, `incorrect password for`) changed nothing; newgrp and pwck
//! change no account. These tools say much that concerns no change, so nothing that they say is
//! unknown.

mod shape;
#[cfg(test)]
mod tests;

use super::rows::Tells::Changed;
use super::rows::Versions::{All, Between, Since, Until};
use super::rows::{Index, Line, PROOF, Row, Table, named, noise, row};
use super::words::{speaker, trim};
use super::{Envelope, Parsed};
use crate::event::Change::{
    GroupAdded, GroupChanged, GroupRemoved, MemberAdded, MemberRemoved, PasswordChanged, UserAdded,
    UserChanged, UserRemoved,
};
use shape::{
    changed_by, edited, group_changed, group_gone, member, member_by, member_of, new_group,
    new_user, owned_group, quoted_alone, user_field, user_name,
};

pub(super) static TABLE: Table = Table::new("accounts", "useradd", TABLES, || Index::of(TABLES));
const TABLES: &[&[Row]] = &[ROWS];

pub(super) fn parse<'a>(envelope: &Envelope<'a>, into: &mut Parsed<'a>) {
    let message = trim(envelope.message);
    if message.ends_with(b" in /etc/group") || message.ends_with(b" in /etc/gshadow") {
        return;
    }
    let mut line = Line::new(envelope, speaker(envelope), message);
    TABLE.read(&mut line, None, into);
}

#[rustfmt::skip]
const ROWS: &[Row] = &[
    // src/useradd.c, userdel.c; OpenBSD's usr.sbin/user/user.c
    row("new user: name=", Since("shadow 4.0"), new_user, Changed(UserAdded), PROOF,
        "new user: name=bob, UID=1001, GID=1001, home=/home/bob, shell=/bin/bash, from=/dev/pts/0",
        "account_change useradd change=user_added user=bob"),
    row("new user: name=", Until("shadow 4.0"), new_user, Changed(UserAdded), PROOF,
        "new user: name=logr, uid=1, gid=1, home=/h, shell=/bin/sh ",
        "account_change useradd change=user_added user=logr"),
    row("delete user ", Since("shadow 4.0"), quoted_alone, Changed(UserRemoved), PROOF,
        "delete user 'bob'",
        "account_change userdel change=user_removed user=bob").under("userdel"),
    row("removed group ", Since("shadow 4.1"), owned_group, Changed(GroupRemoved), PROOF,
        "removed group 'bob' owned by 'bob'",
        "account_change userdel change=group_removed user=bob").under("userdel"),

    // src/usermod.c, chage.c, chfn.c, chsh.c, passwd.c, vipw.c
    row("change user name ", Since("shadow 4.0"), user_name, Changed(UserChanged), PROOF,
        "change user name 'bob' to 'rob'",
        "account_change usermod change=user_changed user=bob").under("usermod"),
    row("change user ", Since("shadow 4.0"), user_field, Changed(UserChanged), PROOF,
        "change user 'bob' UID from '1001' to '0'",
        "account_change usermod change=user_changed user=bob").under("usermod"),
    row("change user ", Since("shadow 4.0"), user_field, Changed(UserChanged), PROOF,
        "change user 'bob' password",
        "account_change usermod change=password_changed user=bob").under("usermod"),
    row("lock user ", Since("shadow 4.0"), shape::locked, Changed(UserChanged), PROOF,
        "lock user 'bob' password",
        "account_change usermod change=user_changed user=bob").under("usermod"),
    row("unlock user ", Since("shadow 4.0"), shape::locked, Changed(UserChanged), PROOF,
        "unlock user 'bob' password",
        "account_change usermod change=user_changed user=bob").under("usermod"),
    row("changed password expiry for ", Since("shadow 4.0"), named, Changed(UserChanged), PROOF,
        "changed password expiry for bob",
        "account_change chage change=user_changed user=bob").under("chage"),
    row("changed user ", Since("shadow 4.0"), shape::information, Changed(UserChanged), PROOF,
        "changed user 'bob' shell to '/bin/zsh'",
        "account_change chsh change=user_changed user=bob").under("chsh"),
    row("password for ", Since("shadow 4.0"), changed_by, Changed(PasswordChanged), PROOF,
        "password for 'bob' changed by 'root'",
        "account_change passwd change=password_changed user=bob").under("passwd"),
    row("file ", Since("shadow 4.0"), edited, Changed(UserChanged), PROOF,
        "file /etc/passwd edited",
        "account_change vipw change=user_changed").under("vipw"),

    // src/groupadd.c, groupmod.c, groupdel.c
    row("new group: name=", Since("shadow 4.0"), new_group, Changed(GroupAdded), PROOF,
        "new group: name=bob, GID=1001",
        "account_change groupadd change=group_added user=bob").under("groupadd"),
    row("group changed in /etc/group (group ", Since("shadow 4.1"), group_changed, Changed(GroupChanged), PROOF,
        "group changed in /etc/group (group test/1002, new gid: 1003)",
        "account_change groupmod change=group_changed user=test").under("groupmod"),
    row("group ", Since("shadow 4.1"), group_gone, Changed(GroupRemoved), PROOF,
        "group 'test' removed",
        "account_change groupdel change=group_removed user=test").under("groupdel"),
    row("remove group ", Between("shadow 4.0", "shadow 4.0.18"), group_gone, Changed(GroupRemoved), PROOF,
        "remove group `test'",
        "account_change groupdel change=group_removed user=test").under("groupdel"),

    // src/useradd.c, usermod.c, userdel.c, gpasswd.c
    row("add ", Since("shadow 4.0"), member, Changed(MemberAdded), PROOF,
        "add 'bob' to group 'wheel'",
        "account_change usermod change=member_added user=bob").under("usermod"),
    row("delete ", Since("shadow 4.0"), member, Changed(MemberRemoved), PROOF,
        "delete 'bob' from group 'wheel'",
        "account_change userdel change=member_removed user=bob").under("userdel"),
    row("user ", Since("shadow 4.0"), member_by, Changed(MemberAdded), PROOF,
        "user bob added by root to group docker",
        "account_change gpasswd change=member_added user=bob").under("gpasswd"),
    row("add member ", Until("shadow 4.0.18"), member_of, Changed(MemberAdded), PROOF,
        "add member bob to group docker by root",
        "account_change gpasswd change=member_added user=bob").under("gpasswd"),
    row("remove member ", Until("shadow 4.0.18"), member_of, Changed(MemberRemoved), PROOF,
        "remove member bob from group docker by root",
        "account_change gpasswd change=member_removed user=bob").under("gpasswd"),
    row("password of group ", Since("shadow 4.0"), shape::group_by, Changed(GroupChanged), PROOF,
        "password of group ops changed by root",
        "account_change gpasswd change=group_changed user=ops").under("gpasswd"),
    row("access to group ", Since("shadow 4.0"), shape::group_by, Changed(GroupChanged), PROOF,
        "access to group ops restricted by root",
        "account_change gpasswd change=group_changed user=ops").under("gpasswd"),
    row("administrators of group ", Since("shadow 4.0"), shape::group_by, Changed(GroupChanged), PROOF,
        "administrators of group ops set by root to bob",
        "account_change gpasswd change=group_changed user=ops").under("gpasswd"),
    row("members of group ", Since("shadow 4.0"), shape::group_by, Changed(GroupChanged), PROOF,
        "members of group ops set by root to bob,ann",
        "account_change gpasswd change=group_changed user=ops").under("gpasswd"),

    // What adds nothing, a line of each tool
    noise("failed adding user ", All, "failed adding user 'bob', exit code: 9"),
    noise("useradd defaults: ", All, "useradd defaults: GROUP=100, HOME=/home, SHELL=/bin/sh, INACTIVE=-1, EXPIRE=, SKEL=/etc/skel, CREATE_MAIL_SPOOL=no"),
    noise("group added to ", All, "group added to /etc/group: name=test, GID=1002").under("groupadd"),
    noise("group changed in /etc/gshadow", All, "group changed in /etc/gshadow (group test/1002, new name: ops)").under("groupmod"),
    noise("removed shadow group ", All, "removed shadow group 'bob' owned by 'bob'").under("userdel"),
    noise("change admin ", All, "change admin 'bob' to 'rob' in shadow group 'wheel'").under("usermod"),
    noise("incorrect password for ", All, "incorrect password for bob").under("passwd"),
    noise("password locked for ", All, "password locked for 'bob'").under("passwd"),
    noise("can't ", All, "can't view or modify password information for bob").under("passwd"),
    noise("root is not authorized by SELinux", All, "root is not authorized by SELinux to change the password of bob").under("passwd"),
    noise("Cannot determine the user name", All, "Cannot determine the user name of the caller (UID 1000)").under("chfn"),
    noise("unknown GID ", All, "unknown GID '5' used by user 'bob'").under("newgrp"),
    noise("Invalid password for group ", All, "Invalid password for group 'ops' from 'bob'").under("newgrp"),
];
