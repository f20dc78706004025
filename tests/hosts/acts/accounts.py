"""Accounts, groups and passwords: root's tools, and what everyone may do to himself."""

import os

from people import PASSWORD
from stage import act, do, has, in_log, talk, tell


def change(program, what, *users):
    for user in users:
        tell("account_change", program=program, change=what, user=user)


def tools():
    act("useradd and usermod")
    do("groupadd", "ops")
    change("groupadd", "group_added", "ops")
    do("useradd", "-m", "-s", "/bin/sh", "-G", "ops,adm", "gina")
    change("useradd", "group_added", "gina")
    change("useradd", "user_added", "gina")
    change("useradd", "member_added", "gina", "gina")
    do("useradd", "-r", "-M", "svc")
    change("useradd", "group_added", "svc")
    change("useradd", "user_added", "svc")
    do("useradd", "gina", ok=False)
    do("usermod", "-aG", "sudo", "gina")
    change("usermod", "member_added", "gina")
    for arguments in (["-s", "/bin/bash"], ["-e", "2030-01-01"], ["-u", "4242"],
                      ["-d", "/home/gina2"]):
        do("usermod", *arguments, "gina", ok=None)
        tell("account_change", program="usermod", change="user_changed", user="gina")
    do("usermod", "-c", "Gina, of ops", "gina")
    act("usermod renames")
    do("usermod", "-l", "georgina", "gina")
    tell("account_change", program="usermod", change="user_changed")
    act("groups")
    do("groupmod", "-n", "operators", "ops")
    tell("account_change", program="groupmod", change="group_changed")
    do("groupmod", "-g", "4343", "operators")
    tell("account_change", program="groupmod", change="group_changed")
    do("gpasswd", "-a", "bob", "operators")
    change("gpasswd", "member_added", "bob")
    do("gpasswd", "-d", "bob", "operators")
    change("gpasswd", "member_removed", "bob")
    do("gpasswd", "-M", "bob,alice", "operators")
    change("gpasswd", "group_changed", "operators")
    do("gpasswd", "-A", "alice", "operators")
    change("gpasswd", "group_changed", "operators")
    talk(["gpasswd", "operators"], ("assword", "gr0up-pass\n"), ("assword", "gr0up-pass\n"))
    change("gpasswd", "group_changed", "operators")
    do("gpasswd", "-R", "operators")
    change("gpasswd", "group_changed", "operators")
    do("gpasswd", "-r", "operators")
    change("gpasswd", "group_changed", "operators")
    act("groupmems")
    if has("groupmems"):
        do("groupmems", "-g", "operators", "-a", "carol", ok=None)
    act("passwords")
    do("chpasswd", put=f"georgina:{PASSWORD}\n")
    change("chpasswd", "password_changed", "georgina")
    do("passwd", "-l", "georgina")
    do("passwd", "-u", "georgina")
    do("passwd", "-e", "georgina")
    do("passwd", "-x", "90", "georgina")
    do("passwd", "-S", "georgina")
    change("passwd", "password_changed", *["georgina"] * 4)
    do("chage", "-M", "99", "-W", "7", "georgina")
    change("chage", "user_changed", "georgina")
    do("chage", "-l", "georgina")
    do("chgpasswd", put="operators:secret\n", ok=None)
    act("many at once")
    do("newusers", put="hank:x:5001:5001:Hank:/home/hank:/bin/bash\n")
    # It says nothing of the account, PAM that it has a password.
    change("newusers", "password_changed", "hank")
    act("the files by hand")
    env = {**os.environ, "EDITOR": "true", "VISUAL": "true"}
    do("vipw", env=env, ok=None)
    do("vigr", env=env, ok=None)
    do("pwck", "-r", ok=None)
    do("grpck", "-r", ok=None)
    do("pwck", "-s", ok=None)
    do("pwconv")
    do("grpconv")
    debians()
    act("userdel and groupdel")
    do("userdel", "-r", "georgina", ok=None)
    change("userdel", "user_removed", "georgina")
    change("userdel", "member_removed", "georgina", "georgina")
    do("userdel", "svc")
    change("userdel", "user_removed", "svc")
    change("userdel", "group_removed", "svc")
    do("groupdel", "operators")
    change("groupdel", "group_removed", "operators")
    do("userdel", "nosuch", ok=False)


def debians():
    act("adduser and deluser")
    do("adduser", "--disabled-password", "--gecos", "Ivy", "ivy")
    # They call shadow's tools, and say on unstable what they do, too.
    change("groupadd", "group_added", "ivy")
    change("useradd", "user_added", "ivy")
    # To 3.134 it has chfn write the name.
    if in_log("changed user 'ivy' information"):
        change("chfn", "user_changed", "ivy")
    change("gpasswd", "group_changed", "users")
    do("adduser", "ivy", "adm")
    change("usermod", "member_added", "ivy")
    do("addgroup", "garden")
    change("groupadd", "group_added", "garden")
    do("deluser", "ivy", "adm")
    change("gpasswd", "group_changed", "adm")
    do("deluser", "ivy")
    change("userdel", "user_removed", "ivy")
    change("userdel", "member_removed", "ivy")
    change("userdel", "group_removed", "ivy")
    do("delgroup", "garden")
    change("groupdel", "group_removed", "garden")


def own():
    act("his own password")
    talk(["passwd"], ("(?i)current password:", f"{PASSWORD}\n"), ("(?i)new password:", "Tr0ub4dor&3 zebra\n"),
         ("(?i)retype", "Tr0ub4dor&3 zebra\n"), user="dave")
    change("passwd", "password_changed", "dave")
    act("his own password, wrong")
    talk(["passwd"], ("(?i)current password:", "wrong\n"), user="dave", ok=False)
    act("his own shell and name")
    talk(["chsh", "-s", "/bin/sh"], ("assword", "Tr0ub4dor&3 zebra\n"), user="dave")
    change("chsh", "user_changed", "dave")
    talk(["chfn", "-r", "12", "dave"], ("assword", "Tr0ub4dor&3 zebra\n"), user="dave")
    change("chfn", "user_changed", "dave")
    act("his own group")
    do("sg", "dave", "-c", "true", user="dave", ok=None)
    if has("newgrp"):
        talk(["newgrp", "adm"], ("(?i)password", "x\n"), user="dave", ok=None)
    act("his own age")
    do("chage", "-l", "dave", user="dave", ok=None)
