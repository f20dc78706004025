"""A package's life on this host: `installed` before a reboot, `rebooted` after it."""

import glob
import json
import os
import subprocess
import sys

import host
from host import UNIT, check, do, get, property_of, series, total, until

DEB = next(path for path in glob.glob("/play/login-exporter_*.deb"))
SETTINGS = "/etc/login_exporter/login_exporter.yml"
STATE = "/var/lib/private/login_exporter"
ALICE = ['user="alice"', 'program="sshd"']
# What other programs change meanwhile, and what dpkg and apt keep of a package that was there.
OTHERS = ("/proc", "/sys", "/dev", "/run", "/tmp", "/play", "/var/log", "/var/cache", "/var/lib/apt", "/var/lib/dpkg", "/var/tmp", "/home",
          "/root", "/var/lib/systemd", "/var/spool", "/var/mail")


def files():
    found = set()
    for folder, folders, names in os.walk("/"):
        folders[:] = [name for name in folders if not os.path.join(folder, name).startswith(OTHERS)]
        found.update(os.path.join(folder, name) for name in [*folders, *names])
    return found


def logs_in():
    return do("sshpass", "-p", "correct horse", "ssh", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
              "alice@127.0.0.1", "true").returncode == 0


def successes():
    """-1 where nobody answers."""
    try:
        return total("login_successes_total", *ALICE)
    except OSError:
        return -1


def installed():
    do("useradd", "-m", "-s", "/bin/bash", "alice")
    do("chpasswd", put="alice:correct horse\n")
    until(logs_in)
    with open("/play/before.json", "w") as file:
        json.dump(sorted(files()), file)
    check("it installs", do("apt-get", "install", "-y", DEB).returncode == 0)
    check("it is started", property_of(UNIT, "ActiveState") == "active", do("journalctl", "-u", UNIT, "-o", "cat").stdout)
    check("it is enabled", do("systemctl", "is-enabled", UNIT).stdout.strip() == "enabled")
    check("it is ready", until(lambda: get("/-/ready")))
    check("it is scraped", until(lambda: "login_exporter_build_info" in get()))
    check("what was before is told", until(lambda: successes() >= 1), str(successes()))
    check("nobody else may change what was installed", not loose(), str(loose()))
    check("man page and completions are there", do("login_exporter", "--version").returncode == 0 and all(map(os.path.exists, (
        "/usr/share/man/man1/login_exporter.1.gz", "/usr/share/bash-completion/completions/login_exporter"))) or minimal())
    before = successes()
    check("a login is counted", logs_in() and until(lambda: successes() == before + 1), str(successes()))
    reloads()
    before = successes()
    check("it restarts", do("systemctl", "restart", UNIT).returncode == 0 and until(lambda: successes() == before))
    upgrades(before)


def minimal():
    """A host that leaves documents out (dpkg's path-exclude)."""
    return bool(glob.glob("/etc/dpkg/dpkg.cfg.d/*"))


def loose():
    listed = do("dpkg", "-L", "login-exporter").stdout.split()
    return [path for path in listed if os.path.exists(path) and (os.stat(path).st_mode & 0o022 or os.stat(path).st_uid)]


def reloads():
    pid = property_of(UNIT, "MainPID")
    with open(SETTINGS, "a") as file:
        file.write("\nexpected:\n  logins: [{user: alice, method: password}]\n")
    check("it is reloaded", do("systemctl", "reload", UNIT).returncode == 0)
    rules = until(lambda: total("login_exporter_rules", 'kind="logins"') == 1)
    check("the new rule is in force, in the same process", rules and property_of(UNIT, "MainPID") == pid)
    logs_in()
    check("and judges", until(lambda: total("login_successes_total", *ALICE, 'expected="true"') == 1))
    with open(SETTINGS, "a") as file:
        file.write("nonsense: [\n")
    do("systemctl", "reload", UNIT)
    broken = until(lambda: total("login_exporter_rules_reload_success") == 0)
    check("a broken file keeps the old rules", broken and total("login_exporter_rules", 'kind="logins"') == 1)
    with open(SETTINGS) as file:
        text = file.read().replace("nonsense: [\n", "")
    with open(SETTINGS, "w") as file:
        file.write(text)
    do("systemctl", "reload", UNIT)


def upgrades(before):
    pid = property_of(UNIT, "MainPID")
    check("it is upgraded", do("apt-get", "install", "-y", "/play/next.deb").returncode == 0)
    check("the new one runs", property_of(UNIT, "ActiveState") == "active" and property_of(UNIT, "MainPID") != pid)
    check("its state stays", until(lambda: successes() == before), f"{before}, {successes()}")
    check("so do the settings", "user: alice" in open(SETTINGS).read())
    check("a login is counted after it", logs_in() and until(lambda: successes() == before + 1))
    with open("/play/successes", "w") as file:
        file.write(str(successes()))


def rebooted():
    with open("/play/successes") as file:
        before = float(file.read())
    check("after a reboot it runs", until(lambda: property_of(UNIT, "ActiveState") == "active"))
    check("its state is there", until(lambda: successes() == before), f"{before}, {successes()}")
    check("a login is counted", logs_in() and until(lambda: successes() == before + 1), str(successes()))
    check("it is removed", do("apt-get", "remove", "-y", "login-exporter").returncode == 0)
    check("it is stopped", property_of(UNIT, "ActiveState") == "inactive", property_of(UNIT, "ActiveState"))
    check("state and settings are left", os.path.exists(STATE) and os.path.exists(SETTINGS))
    check("it is installed again", do("apt-get", "install", "-y", "/play/next.deb").returncode == 0)
    check("and goes on", until(lambda: successes() == before + 1), str(successes()))
    check("it is purged", do("apt-get", "purge", "-y", "login-exporter").returncode == 0)
    with open("/play/before.json") as file:
        was = set(json.load(file))
    now = files()
    check("no file is left", not now - was - {"/var/lib/private"}, str(sorted(now - was)[:20]))
    check("none of others is gone", not was - now, str(sorted(was - now)[:20]))
    check("no user is left", "login_exporter" not in open("/etc/passwd").read() + open("/etc/group").read())
    units = do("systemctl", "list-unit-files", "--no-legend").stdout
    check("systemd knows no unit of it", "login_exporter" not in units)


{"installed": installed, "rebooted": rebooted}[sys.argv[1]]()
sys.exit(host.failures > 0)
