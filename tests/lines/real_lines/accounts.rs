//! The account tools of shadow.

use std::process::{Command, Stdio};

use crate::scene::scene;
use crate::support::run;

fn tool(words: &str) {
    let mut words = words.split(' ');
    run(Command::new(words.next().unwrap()).args(words));
}

fn change(tool: &str, user: &str, change: &str) -> String {
    format!("account_change {tool} user={user} change={change}")
}

#[test]
fn each_change_to_an_account_or_group_is_one() {
    let Some(scene) = scene(&["le-member"]) else { return };
    for name in ["le-new", "le-renamed"] {
        let _ = Command::new("userdel").arg(name).stderr(Stdio::null()).status();
    }
    for name in ["le-group", "le-crew", "le-new"] {
        let _ = Command::new("groupdel").arg(name).stderr(Stdio::null()).status();
    }
    scene.settle();
    std::fs::write(&scene.log, "").unwrap();
    tool("useradd --no-create-home le-new");
    tool("groupadd le-group");
    tool("usermod -s /bin/bash le-new");
    tool("usermod -a -G le-group le-new");
    tool("gpasswd -a le-member le-group");
    tool("gpasswd -d le-member le-group");
    run(Command::new("sh").args(["-c", "echo le-new:first | chpasswd"]));
    tool("passwd -l le-new");
    tool("chage -M 90 le-new");
    tool("usermod -l le-renamed le-new");
    tool("groupmod -n le-crew le-group");
    tool("userdel le-renamed");
    tool("groupdel le-crew");
    tool("groupdel le-new");
    scene.check(&[
        change("useradd", "le-new", "group_added"),
        change("useradd", "le-new", "user_added"),
        change("groupadd", "le-group", "group_added"),
        change("usermod", "le-new", "user_changed"),
        change("usermod", "le-new", "member_added"),
        change("gpasswd", "le-member", "member_added"),
        change("gpasswd", "le-member", "member_removed"),
        change("chpasswd", "le-new", "password_changed"),
        change("passwd", "le-new", "password_changed"),
        change("chage", "le-new", "user_changed"),
        change("usermod", "le-new", "user_changed"),
        change("groupmod", "le-group", "group_changed"),
        change("userdel", "le-renamed", "user_removed"),
        change("userdel", "le-renamed", "member_removed"),
        change("groupdel", "le-crew", "group_removed"),
        change("groupdel", "le-new", "group_removed"),
    ]);
}
