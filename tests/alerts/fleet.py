"""Three days of ordinary life on a fleet, as the authentication log of all of its hosts: two that are known, and a third that is measured.

Deploys by CI, automation and monitoring by sudo, backups as root, engineers who go through a bastion, guesses from the internet, a package that
adds an account, hosts that are replaced each morning; and on each day a few logins of engineers with their own keys from where they never were.
"""
import random
import time

END = 1795564800  # 2026-11-25T00:00:00Z
DAY = 86400
ENGINEERS = ["alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi"]
WEB = [f"web-{n}" for n in range(1, 11)]
HOSTS = WEB + [f"db-{n}" for n in range(1, 5)] + ["ci-1", "ci-2", "mon-1", "bastion-1", "bastion-2", "dev-1"]
REPLACED, REPLACED_AT = WEB[5:], END - DAY + 6 * 3600

# What a team that wrote ten lines of rules would have.
RULES = """
networks: {office: [203.0.113.0/24], vpc: [10.0.0.0/8]}
expected:
  logins:
    - {user: [ansible, deploy, backup], network: vpc, method: publickey}
    - {user: root, source: 10.0.9.7, method: publickey}
    - {user: [%(people)s], network: [office, vpc], method: publickey}
  sudo:
    - {user: [%(people)s]}
    - {user: ansible}
    - {user: nagios, command: /usr/lib/nagios/plugins/check_raid}
    - {user: deploy, command: "/usr/bin/systemctl restart *"}
    - {user: backup, command: /usr/bin/rsync}
""" % {"people": ", ".join(ENGINEERS)}


class Fleet:
    def __init__(self, seed):
        self.random, self.lines, self.pid = random.Random(seed), [], 1000
        self.keys = {}
        for day in range(3):
            self.midnight = END - (3 - day) * DAY
            self.automation()
            self.people()
            self.accounts(day)
            self.internet()

    def say(self, host, at, tag, text, pid=None):
        self.pid = self.pid % 32000 + 1
        self.lines.append((at, host, f"{tag}[{pid or self.pid}]: {text}"))

    def login(self, host, at, user, source, commands=(), key=None):
        key = self.keys.setdefault(key or user, "".join(self.random.choices("ABCDEFabcdef0123456789", k=43)))
        self.say(host, at, "sshd", f"Accepted publickey for {user} from {source} port {self.random.randint(30000, 60000)} ssh2: ED25519 SHA256:{key}")
        for n, command in enumerate(commands):
            self.sudo(host, at + 5 + 9 * n, user, command)

    def sudo(self, host, at, user, command):
        self.say(host, at, "sudo", f"{user:>8} : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND={command}")

    def automation(self):
        for host in HOSTS:
            for half in range(48):
                self.login(host, self.midnight + half * 1800 + self.random.random() * 60, "ansible", "10.0.9.5", ["/bin/sh -c 'python3 setup'"])
            for quarter in range(96):
                self.sudo(host, self.midnight + quarter * 900 + 30, "nagios", "/usr/lib/nagios/plugins/check_raid")
            self.login(host, self.midnight + 7200 + self.random.random() * 600, "backup", "10.0.9.7", ["/usr/bin/rsync --server"])
        for host in HOSTS[10:14]:
            self.login(host, self.midnight + 3 * 3600, "root", "10.0.9.7", key="backup")
        for _ in range(20):
            at = self.midnight + (8 + self.random.random() * 10) * 3600
            for host in WEB:
                self.login(host, at + self.random.random() * 60, "deploy", self.random.choice(["10.0.9.3", "10.0.9.4"]), ["/usr/bin/systemctl restart app"])

    def people(self):
        for number, user in enumerate(ENGINEERS):
            for _ in range(self.random.randint(1, 3)):
                at = self.midnight + (8 + self.random.random() * 10) * 3600
                # Each third day has one at least.
                away = self.random.random() < 0.1 or (number == 5 and self.midnight == END - DAY)
                source = f"{self.random.randint(20, 200)}.{self.random.randint(0, 255)}.7.7" if away else f"203.0.113.{10 + number}"
                self.login(self.random.choice(["bastion-1", "bastion-2"]), at, user, source)
                for host in self.random.sample(HOSTS[:17], self.random.randint(1, 3)):
                    self.login(host, at + 30, user, "10.0.9.10", self.random.sample(["/usr/bin/journalctl -u app", "/bin/bash", "/usr/bin/apt-get update"], self.random.randint(0, 3)))
            if self.random.random() < 0.5:
                self.say(self.random.choice(HOSTS[:17]), self.midnight + 12 * 3600, "sudo",
                         f"  {user} : 1 incorrect password attempt ; TTY=pts/1 ; PWD=/home/{user} ; USER=root ; COMMAND=/bin/bash")

    def accounts(self, day):
        for host in self.random.sample(HOSTS, 4):
            at = self.midnight + 6.3 * 3600
            self.say(host, at, "groupadd", f"new group: name=_svc{day}, GID=120")
            self.say(host, at, "useradd", f"new user: name=_svc{day}, UID=120, GID=120, home=/nonexistent, shell=/usr/sbin/nologin, from=none")

    def internet(self):
        for host in ("bastion-1", "bastion-2", "dev-1"):
            for _ in range(300):
                at, source = self.midnight + self.random.random() * DAY, ".".join(str(self.random.randint(20, 220)) for _ in range(4))
                user = self.random.choice(["root", "invalid user admin", "invalid user test", "alice"])
                self.say(host, at, "sshd", f"Failed password for {user} from {source} port 40000 ssh2")
            for _ in range(2):
                at = self.midnight + self.random.random() * 80000
                for n in range(200):
                    self.say(host, at + n * 1.5, "sshd", f"Failed password for root from 45.9.7.3 port {40000 + n} ssh2")

    def log(self):
        """The lines of all hosts by time, as a central rsyslog writes them."""
        for at, host, text in sorted(self.lines):
            if at < END:
                yield f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(at))}.{int(at % 1 * 1e6):06}+00:00 {host} {text}"
