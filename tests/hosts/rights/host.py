"""What the checks on a booted host share."""

import re
import subprocess
import time
import urllib.request

failures = 0
UNIT = "login_exporter.service"


def check(what, holds, why=""):
    global failures
    failures += not holds
    print(("ok      " if holds else "FAILED  ") + what + (f": {why}" if why and not holds else ""), flush=True)


def do(*argv, put=None):
    done = subprocess.run(argv, input=put, text=True, errors="replace", stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    print("$", " ".join(argv)[:200], "->", done.returncode, done.stdout[-600:], flush=True)
    return done


def get(path="/metrics"):
    with urllib.request.urlopen(f"http://127.0.0.1:10922{path}", timeout=30) as answer:
        return answer.read().decode()


def series(text=None):
    """Name and labels to value, of the families of accesses and of all else."""
    text = get() if text is None else text
    return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line and line[0] != "#"}


def total(family, *labels):
    return sum(value for name, value in series().items()
               if re.match(rf"{family}[{{]|{family}$", name) and all(label in name for label in labels))


def until(check, seconds=60, pause=0.1):
    end = time.time() + seconds
    while time.time() < end:
        try:
            if check():
                return True
        except OSError:
            pass
        time.sleep(pause)
    return False


def property_of(unit, name):
    return do("systemctl", "show", "-p", name, "--value", unit).stdout.strip()
