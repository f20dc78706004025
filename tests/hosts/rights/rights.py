"""The shipped unit on this host."""

import os
import pwd
import sys

import agent
import forge
import host
from host import UNIT, check, do, get, property_of, series, total, until


def starts():
    check("the unit starts, and is ready when it says so", do("systemctl", "start", UNIT).returncode == 0)
    check("it is active", property_of(UNIT, "ActiveState") == "active")
    check("it runs as a user of its own", status("Uid").split()[0] not in ("0", ""), status("Uid"))
    check("it has no capability", int(status("CapEff"), 16) == 0, status("CapEff"))
    check("it answers", until(lambda: "login_exporter_build_info" in get()))
    check("it reads the journal", any('choice="journal' in name for name in series()), get())
    exposed = do("systemd-analyze", "security", "--no-pager", UNIT).stdout.splitlines()[-1]
    print("measured", exposed.strip("→ \n"))


def status(field):
    pid = property_of(UNIT, "MainPID")
    with open(f"/proc/{pid}/status") as file:
        return next(line.split(":", 1)[1].strip() for line in file if line.startswith(field))


def counts():
    do("useradd", "-m", "-s", "/bin/bash", "alice")
    do("chpasswd", put="alice:correct horse\n")
    ssh = ["sshpass", "-p", "correct horse", "ssh", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
           "alice@127.0.0.1", "true"]
    do(*ssh)
    alice = ['user="alice"', 'program="sshd"']
    check("a login by ssh is counted", until(lambda: total("login_successes_total", *alice) == 1))
    check("so is the account", total("login_account_changes_total", 'change="user_added"', 'user="alice"') == 1)
    until(lambda: total("login_sessions_active", *alice) == 0)
    before = {name: value for name, value in series().items() if name.startswith("login_") and "_exporter_" not in name}
    check("it restarts", do("systemctl", "restart", UNIT).returncode == 0)
    until(lambda: total("login_successes_total", *alice) == 1)
    after = series()
    changed = {name: (value, after.get(name)) for name, value in before.items() if after.get(name) != value}
    check("its state is kept over a restart", not changed, str(changed))
    pid = property_of(UNIT, "MainPID")
    do("kill", "-9", pid)
    do(*ssh)
    check("a login while it was killed is counted once", until(lambda: total("login_successes_total", *alice) == 2))
    # Her user manager goes ten seconds after her last session: what ends then is no forger's.
    until(lambda: total("login_sessions_active", 'user="alice"') == 0)
    state = "/var/lib/private/login_exporter"
    loose = [name for folder, _, names in os.walk(state) for name in names if os.stat(f"{folder}/{name}").st_mode & 0o077]
    check("nobody else reads its state", os.path.isdir(state) and not loose, str(loose))


for part in (starts, counts, forge.forges, forge.floods, agent.without_rights, agent.with_rights):
    print(f"== {part.__name__}")
    part()
check("the unit never failed", property_of(UNIT, "Result") == "success")
sys.exit(host.failures > 0)
